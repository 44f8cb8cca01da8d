"""When the night and the weekly report run, and which were missed. Pure, and without Prefect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.kept import KeptFile
from pipeline.lines import read_lines

if TYPE_CHECKING:
    from datetime import time

    from pipeline.config import Config, NightConfig
    from pipeline.settings import Home


def night_cron(night: NightConfig) -> str:
    """Return when the sync runs, as cron has it, in the home's zone."""
    return f"{night.at.minute} {night.at.hour} * * *"


def weekly_cron(night: NightConfig) -> str:
    """Return when the weekly report runs, as cron has it, where Sunday is 0 and Monday 1."""
    return f"{night.weekly_at.minute} {night.weekly_at.hour} * * {(night.weekly_day + 1) % 7}"


def last_due_utc(at: time, zone: str, now_utc: datetime, weekday: int | None = None) -> datetime:
    """Return the last instant, not after now, at which clocks of the zone showed this time.

    Args:
        at: local time of day.
        zone: IANA name.
        now_utc: aware.
        weekday: 0 is Monday; None is every day.
    """
    local = ZoneInfo(zone)
    day = now_utc.astimezone(local).date()
    for back in range(9):  # today may lie ahead, and a week has seven more days
        candidate = datetime.combine(day - timedelta(days=back), at, tzinfo=local)
        instant = candidate.astimezone(UTC)
        if instant <= now_utc and weekday in (None, candidate.weekday()):
            return instant
    raise AssertionError(zone)


def is_night_missed(home: Home, config: Config, now_utc: datetime) -> bool:
    """Return whether some configured source was not asked since the night was last due.

    A sync by hand counts, and so does a night in which the source failed: that one is left to the next night, not to
    every restart. A line from the future (a clock that was wrong) counts for nothing.
    """
    due_utc = last_due_utc(config.night.at, config.time_zone, now_utc)
    asked = {
        (line.get("runner_id"), line.get("source"))
        for line in read_lines(home.sync_run_file)
        if due_utc <= datetime.fromisoformat(line["started_utc"]) <= now_utc
    }
    return any((source.runner_id, source.name) not in asked for source in config.sources)


def _done_file(home: Home) -> KeptFile:
    return KeptFile(home.prefect_folder / "done.json")


def is_weekly_missed(home: Home, config: Config, now_utc: datetime) -> bool:
    """Return whether the weekly report did not run since it was last due.

    A home that never had one did not miss it: the first comes when it is due.
    """
    done = (_done_file(home).read() or {}).get("weekly_utc")
    if done is None:
        return False
    night = config.night
    return datetime.fromisoformat(done) < last_due_utc(night.weekly_at, config.time_zone, now_utc, night.weekly_day)


def note_weekly(home: Home, now_utc: datetime) -> None:
    """Remember that the weekly report was made; of two, the later one holds."""
    done = (_done_file(home).read() or {}).get("weekly_utc")
    if done is None or datetime.fromisoformat(done) < now_utc:
        _done_file(home).write({"weekly_utc": now_utc.isoformat()})
