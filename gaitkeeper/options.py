"""The options that every command shares: the home, the runner, the form of the output, and what "today" is."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from pipeline.errors import NeedsAttention
from pipeline.log_lines import LOG_FORMATS
from pipeline.settings import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.compliance.judge import Days
    from pipeline.warehouse.connection import Connection

Command = TypeVar("Command", bound="Callable[..., Any]")


def default_home() -> Path:
    """Return GAITKEEPER_HOME, else the platform's folder for user data."""
    named = os.environ.get("GAITKEEPER_HOME")
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("gaitkeeper", appauthor=False)


def _home(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Home:
    chosen = value or ctx.find_root().obj
    return Home(Path(chosen).expanduser() if chosen else default_home())


home_option = click.option("--home", metavar="DIR", callback=_home, help="The home; also GAITKEEPER_HOME.")
runner_option = click.option(
    "--runner", "runner_id", metavar="ID", help="The runner; may be left out where there is one."
)
format_option = click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
as_of_option = click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Judge as if it were this local day (its last minute) or time.",
)
processes_option = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Read a long import in so many processes at most; left out: as many as help here.",
)
log_format_option = click.option(
    "--log-format",
    type=click.Choice(LOG_FORMATS),
    help="One line a fact on standard error; also GAITKEEPER_LOG.",
)


def day_option(name: str, help_text: str) -> Callable[[Command], Command]:
    """Return an option that takes a local day."""

    def as_day(_ctx: click.Context, _parameter: click.Parameter, value: datetime | None) -> date | None:
        return None if value is None else value.date()

    return click.option(name, type=click.DateTime(["%Y-%m-%d"]), callback=as_day, metavar="DATE", help=help_text)


def now_in(home: Home, as_of: datetime | None) -> datetime:
    """Return the instant that "now" means, aware, in UTC."""
    if as_of is None:
        return datetime.now(UTC)
    if as_of.time() == time.min:
        as_of = as_of.replace(hour=23, minute=59)
    zone = home.config().time_zone if home.exists() else "UTC"
    return as_of.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def today_in(home: Home, as_of: datetime | None) -> date:
    """Return the local day that "today" means in this home."""
    return now_in(home, as_of).astimezone(ZoneInfo(home.config().time_zone)).date()


def one_runner(home: Home, runner_id: str | None) -> str:
    """Return the runner meant: the one named, or the only one.

    Raises:
        NeedsAttention: the name is unknown, or there are several and none is named.
    """
    from pipeline.journal import runner_ids

    home.require()
    known = runner_ids(home)
    if runner_id is None and len(known) == 1:
        return known[0]
    if runner_id in known:
        return runner_id
    listed = ", ".join(known) or "none yet: gaitkeeper runner add ID"
    if runner_id is None:
        raise NeedsAttention(f"Which runner? Name one with --runner ({listed}).")
    raise NeedsAttention(f"There is no runner {runner_id!r} in this home ({listed}).")


@contextmanager
def open_log(home: Home, as_of: datetime | None, *, judge: bool | Days = False) -> Iterator[Connection]:
    """Open the published log for reading, judged by the protocols as they stand now.

    A log that another version of the program published is brought up to date first.

    Args:
        home: the home.
        as_of: what "now" means; None asks the clock.
        judge: several questions will be asked that rest on the findings: judge once for all of them; where they are
            about some days only, these (the longer the log, the more that saves).
    """
    from pipeline.compliance.judge import judge_once, lay_protocols_over
    from pipeline.warehouse.connection import OutdatedWarehouse, reading

    now_utc, today = now_in(home, as_of), today_in(home, as_of)
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(reading(home, now_utc, today))
        except OutdatedWarehouse:
            _bring_up_to_date(home, now_utc)
            connection = stack.enter_context(reading(home, now_utc, today))
        lay_protocols_over(connection, home)
        if judge:
            judge_once(connection, None if judge is True else judge)
        yield connection


def _bring_up_to_date(home: Home, now_utc: datetime) -> None:
    from flows.verdicts import change_lines, verdicts_of
    from flows.work import refresh
    from gaitkeeper.output import progress_bar, say

    before = verdicts_of(home, now_utc)
    say("This log was made by another version of Gaitkeeper: it is made again from archive and journal.")
    with progress_bar("bringing up to date") as progress:
        refresh(home, now_utc, progress)
    say("\n".join(change_lines(before, verdicts_of(home, now_utc))))
