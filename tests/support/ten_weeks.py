"""Ten weeks of nights with everything that goes wrong, and the same ten weeks without: what each home ends with.

An account (the small Strava), a watch's folder and a mail server, all real over loopback; the nights are the flow's own
steps without Prefect. Time is a value: a night is at 04:15 in Madrid.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

from connectors.folder import FolderSource
from connectors.strava import StravaSource
from flows import sync as nightly
from flows.report import iso_week
from flows.sources import setup_of
from gaitkeeper.commands.home import make_home
from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.journal import new_entry, write_entries
from pipeline.lines import read_lines
from pipeline.settings import Home, local_today
from pipeline.warehouse.connection import reading, rows
from support.mail_server import free_port, mail_server
from support.small_log import as_fit
from support.strava_activity import strava_run
from support.strava_home import running_strava
from support.synthetic_run import SyntheticRun, easy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline.config import SourceConfig
    from support.mail_server import Post
    from support.strava_server import StravaServer

ZONE: Final = ZoneInfo("Europe/Madrid")
FIRST_DAY: Final = date(2026, 2, 16)  # a Monday
DAYS: Final = 70
LAST_DAY: Final = FIRST_DAY + timedelta(days=DAYS - 1)
RUNNER_ID: Final = "me"

#: Relations in which the two homes are held against each other, each with the columns that may differ: when a thing was
#: first seen is what a fault changes, and all that it may change.
COMPARED: Final = {
    "recording": (),
    "session": (),
    "session_fact": (),
    "finding": (),
    "week_summary": (),
    "sample": (),
    "quarantine": ("first_seen_utc",),
    "withdrawal": ("withdrawn_utc",),
}

DOWN: Final = [date(2026, 2, 24), date(2026, 2, 25), date(2026, 2, 26)]
STORM: Final = date(2026, 3, 4)
CORRUPT: Final = date(2026, 3, 11)
MAIL_DOWN: Final = [date(2026, 3, 16), date(2026, 3, 17)]
DST_NIGHT: Final = date(2026, 3, 29)
TRAVEL: Final = date(2026, 4, 2)
DELETED: Final = date(2026, 4, 7)
LATE: Final = date(2026, 4, 10)  #: run on this day, uploaded a week later
UPLOADED: Final = date(2026, 4, 17)


def local(day: date, clock: str) -> datetime:
    """Return a local time of the runner's home as an instant."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=ZONE).astimezone(UTC)


def activity_id(day: date) -> int:
    """Return the account's number for the run of a day."""
    return int(f"{day:%Y%m%d}")


def run_on(day: date) -> SyntheticRun | None:
    """Return what was run on a day: Tuesdays, Thursdays and Saturdays, and what the faults are about."""
    if day == DST_NIGHT:  # through the hour that doesn't exist
        return SyntheticRun((easy(1500),), start_utc=local(day, "01:50"))
    if day == TRAVEL:  # 07:00 in Tokyo, where it is Thursday; in Madrid it is Wednesday night
        start_utc = datetime(2026, 4, 1, 22, 0, tzinfo=UTC)
        return SyntheticRun((easy(900),), start_utc=start_utc, start_latitude_deg=35.68, start_longitude_deg=139.77)
    if day.weekday() in (1, 3, 5) or day == LATE:
        return SyntheticRun((easy(600 + 10 * (day - FIRST_DAY).days),), start_utc=local(day, "07:30"))
    return None


@dataclass
class Weeks:
    """One home, its account, its folder, its mailbox, and seventy nights."""

    folder: Path
    strava: StravaServer
    has_faults: bool
    home: Home = field(init=False)
    mail: Post | None = None
    subjects: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = self.folder / "watch"
        self.inbox.mkdir(parents=True)
        self.port = free_port()
        self.home = Home(self.folder / "home")
        make_home(self.home, RUNNER_ID, "Europe/Madrid")
        with self.home.config_file.open("a", encoding="utf-8") as stream:
            stream.write(
                f'\n[[source]]\nkind = "strava"\n[[source]]\nkind = "folder"\npath = "{self.inbox}"\n'
                '[[delivery]]\nwhat = ["week"]\nto = "runner"\nby = "email"\naddress = "me@example.org"\n'
                f'[mail]\nhost = "localhost"\nport = {self.port}\nsecurity = "none"\nsender = "night@example.org"\n'
            )
        now_utc = local(FIRST_DAY, "06:00")
        said = [
            ("stage", {"stage_id": "S2", "from_date": FIRST_DAY.isoformat()}),
            ("runner", {"setting": "ceiling", "value": 3.0, "from_date": FIRST_DAY.isoformat()}),
        ]
        write_entries(
            self.home, [new_entry(kind, RUNNER_ID, data, by="Dr Example", now_utc=now_utc) for kind, data in said]
        )
        strava_config = self.home.config().sources[0]
        self.strava.clock.now_utc = now_utc
        setup_of(self.home, strava_config).secrets.write(self.strava.linked())

    def live(self) -> None:
        """Live through the seventy days."""
        with ExitStack() as stack:
            for day in (FIRST_DAY + timedelta(days=number) for number in range(DAYS)):
                if day not in MAIL_DOWN or not self.has_faults:
                    if self.mail is None:
                        self.mail = stack.enter_context(mail_server(None, security="none", port=self.port))
                elif self.mail is not None:
                    self._take_mail()
                    stack.close()
                self._yesterday(day - timedelta(days=1))
                self.strava.clock.now_utc = local(day, "04:15")
                self._turn_dial(day)
                if self.has_faults or day.weekday() == 0 or day == LAST_DAY:  # a calm log comes to the same once a week
                    self.night(local(day, "04:15"))
            self._take_mail()

    def _take_mail(self) -> None:
        assert self.mail is not None
        self.subjects += [str(mail["Subject"]) for mail in self.mail.mails]
        self.mail = None

    def _yesterday(self, day: date) -> None:
        """Let the watch and the account have what was run, edited and deleted on a day."""
        run = run_on(day)
        if run is not None and day != LATE:
            self.strava.add(strava_run(activity_id(day), run, offset_s=3600))
        if day == UPLOADED:
            late = run_on(LATE)
            self.strava.add(strava_run(activity_id(LATE), late, offset_s=7200))
        if day == DELETED + timedelta(days=6):
            del self.strava.activities[activity_id(DELETED)]
        if run is not None and day.weekday() == 5:  # Saturdays the watch is plugged in
            (self.inbox / f"{day}.fit").write_bytes(as_fit(run))
        if day == CORRUPT:
            whole = as_fit(SyntheticRun((easy(900),), start_utc=local(day, "18:00")))
            (self.inbox / f"{day}.fit").write_bytes(whole[: len(whole) * 2 // 3])

    def _turn_dial(self, day: date) -> None:
        self.strava._faults.clear()
        if self.has_faults and day in DOWN:
            self.strava.fail("503", times=10_000)
        if self.has_faults and day == STORM:
            self.strava.fail("429", times=10_000)

    def night(self, now_utc: datetime) -> dict[str, Any]:
        """Run the steps of one night as the flow does, without Prefect."""
        with _without_prefect(self._open):
            return nightly._night(self.home, now_utc, is_full=False, accept_deletions=False)

    def _open(self, home: Home, config: SourceConfig) -> StravaSource | FolderSource:
        clock = self.strava.clock
        setup = setup_of(home, config, now=clock.now, sleep=clock.sleep)
        return StravaSource.open(setup) if config.kind == "strava" else FolderSource.open(setup)

    def ask(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of one statement as of the end."""
        now_utc = local(LAST_DAY, "12:00")
        with reading(self.home, now_utc, local_today(now_utc, "Europe/Madrid")) as connection:
            lay_protocols_over(connection, self.home)
            judge_once(connection)
            return rows(connection, statement)

    def everything(self) -> dict[str, list[str]]:
        """Return every compared relation as sorted texts."""
        found = {}
        for relation, but in COMPARED.items():
            without = f" exclude ({', '.join(but)})" if but else ""
            found[relation] = sorted(str(list(row.values())) for row in self.ask(f"select *{without} from {relation}"))
        return found


@contextmanager
def _without_prefect(open_source: Callable[..., Any]) -> Iterator[None]:
    """Take the tasks for the plain functions that they wrap, and the pages of Prefect's own for nothing."""
    with ExitStack() as stack:
        for name in ("list_source", "import_batch", "judge_again", "weekly_summary", "deliver_now"):
            stack.enter_context(patch.object(nightly, name, getattr(nightly, name).fn))
        stack.enter_context(patch.object(nightly, "open_source", open_source))
        for name in ("show_night", "show_flagged"):
            stack.enter_context(patch.object(nightly.artefacts, name, lambda *_: None))
        yield


@contextmanager
def lived(folder: Path, *, has_faults: bool) -> Iterator[Weeks]:
    """Live ten weeks; the servers run as long as the block."""
    with running_strava() as strava:
        weeks = Weeks(folder, strava, has_faults)
        weeks.live()
        yield weeks
        shutil.rmtree(folder)


#: Fault -> what is counted of it, the same in both homes.
def told(weeks: Weeks) -> dict[str, str]:
    """Return what a home holds about each fault, in words."""

    def runs(*days: date) -> str:
        listed = ", ".join(f"'{day}'" for day in days)
        found = weeks.ask(f"select count(*) as n from session where session_date::varchar in ({listed})")
        return f"{found[0]['n']} run(s) in the log"

    travelled = weeks.ask(f"select utc_offset_s, session_date from session where session_date = date '{TRAVEL}'")
    dst = weeks.ask(f"select elapsed_s, session_date from session where session_date = date '{DST_NIGHT}'")
    damaged = weeks.ask("select file_name, salvaged_samples from quarantine")
    weekly = [subject for subject in weeks.subjects if "eek" in subject]
    summary = weeks.ask(f"select run_count from week_summary where iso_week = '{iso_week(LATE)}'")[0]
    return {
        "account down for 3 nights": runs(*(day - timedelta(days=1) for day in DOWN)),
        "storm of 429": runs(STORM - timedelta(days=1)),
        "corrupt file": "; ".join(f"{row['file_name']}: {row['salvaged_samples']} samples kept" for row in damaged),
        "mail server down for 2 nights": f"{len(weekly)} weekly mails, {len(set(weekly))} different",
        "night of the clock change": "; ".join(f"{row['session_date']}: {row['elapsed_s']:.0f} s" for row in dst),
        "runner 9 h ahead": "; ".join(
            f"{row['session_date']} at {row['utc_offset_s'] // 3600:+d} h" for row in travelled
        ),
        "activity deleted at its source": "; ".join(
            f"{row['session_date']} withdrawn" for row in weeks.ask("select session_date from withdrawal")
        ),
        "run of last week uploaded late": f"{summary['run_count']} runs in its week",
        "nights": f"{len(weeks.ask('from session'))} sessions after {DAYS} nights",
    }


def failed_nights(weeks: Weeks) -> int:
    """Return how many nights of the account did not succeed."""
    return sum(
        line["state"] != "success" for line in read_lines(weeks.home.sync_run_file) if line["source"] == "strava"
    )


def table(expected: dict[str, str], reached: dict[str, str]) -> str:
    """Return both beside each other, as Markdown."""
    lines = ["| fault | without it | with it |", "|---|---|---|"]
    lines += [f"| {fault} | {expected[fault]} | {reached[fault]} |" for fault in expected]
    return "\n".join(lines) + "\n"
