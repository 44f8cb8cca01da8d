"""The immediate check of `gaitkeeper serve`: is there a red flag that was not there before? Is something waiting to go?

This is a plain loop, not a schedule of Prefect's. Every quarter of an hour around the clock is 35,000 runs a year, each
of which writes tens of kilobytes into Prefect's database and starts a process of two seconds; nearly all of them would
find nothing. So the loop looks at the clock of two files (a microsecond), reads the log only when something was said or
brought in since, and starts a flow run only for a red flag that is new: that one is in Prefect's pages, with its page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.kept import KeptFile
from pipeline.settings import local_today
from pipeline.warehouse.connection import ask, reading

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pipeline.settings import Home

#: What is older was told when it was new; a red flag that is said about a run of last month is still told by the night.
WATCHED_DAYS: Final = 60

Stamp = tuple[int, int]


class Watch:
    """What was seen last, kept in the home so that a restart tells nothing anew."""

    def __init__(self, home: Home) -> None:
        """Begin with nothing looked at in this process."""
        self._home = home
        self._kept = KeptFile(home.prefect_folder / "watch.json")
        self._stamps: tuple[Stamp, ...] | None = None
        self._looked: tuple[tuple[Stamp, ...], list[str]] | None = None

    def look(self, now_utc: datetime) -> list[str]:
        """Return the sessions with a red flag that nobody was told of since `told`.

        Raises:
            GaitkeeperError: the log can't be read now; the next look takes it up.
        """
        stamps = tuple(_stamp(path) for path in (self._home.journal_file, self._home.published_file))
        if stamps == self._stamps or not self._home.published_file.exists():
            return []
        standing = self._standing(now_utc)
        seen = set((self._kept.read() or {}).get("red_flags", ()))
        self._looked = (stamps, sorted(standing))
        new = sorted(flag for flag in standing if flag not in seen)
        if not new:
            self.told()
        return list(dict.fromkeys(standing[flag] for flag in new))

    def told(self) -> None:
        """Remember that what the last look found is being told: not before it is, or a failed start would lose it."""
        if self._looked is not None:
            self._stamps, flags = self._looked
            if (self._kept.read() or {}).get("red_flags") != flags:
                self._kept.write({"red_flags": flags})

    def _standing(self, now_utc: datetime) -> dict[str, str]:
        """Return the red flags as texts that name session, fact and value, with their session."""
        today = local_today(now_utc, self._home.config().time_zone)
        with reading(self._home, now_utc, today) as connection:
            lay_protocols_over(connection, self._home)
            judge_once(connection)
            found = ask(connection, "red_flag_sessions", {"since_date": today - timedelta(days=WATCHED_DAYS)})
        return {f"{row['session_id']} {row['fact']} {row['mark']}": str(row["session_id"]) for row in found}


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
