"""`gaitkeeper runner` and `gaitkeeper stage`: intake and the clinician's decisions, one journal entry each."""

from __future__ import annotations

import getpass
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from gaitkeeper.commands.home import add_runner, check_runner_id
from gaitkeeper.options import (
    as_of_option,
    day_option,
    format_option,
    home_option,
    now_in,
    one_runner,
    open_log,
    runner_option,
    today_in,
)
from gaitkeeper.output import print_rows, progress_bar, say
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, runner_ids, write_entries
from pipeline.units import mps_from_pace

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.settings import Home

#: Running speeds that a person can mean, metres a second: 15 min/km to 2 min/km.
SPEED_RANGE_MPS = (1.1, 8.4)


class Pace(click.ParamType[float]):
    """A pace such as 5:45/km, or a speed such as 2.9 (metres a second); stored in metres a second."""

    name = "pace"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's signature
        """Return metres a second."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(?:(\d{1,2}):([0-5]\d)(?:\s*/?\s*km)?|(\d+(?:\.\d+)?)(?:\s*m/s)?)", str(value).strip())
        if not found:
            self.fail(f"{value!r} is no pace. Write it as 5:45/km.", param, ctx)
        minutes, seconds, speed = found.groups()
        speed_mps = float(speed) if speed else mps_from_pace(60 * int(minutes) + int(seconds) or 1)
        if not SPEED_RANGE_MPS[0] <= speed_mps <= SPEED_RANGE_MPS[1]:
            self.fail(f"{value!r} is no running pace. Write it as 5:45/km.", param, ctx)
        return round(speed_mps, 4)


class CadenceAtSpeed(click.ParamType[tuple[float, float]]):
    """A cadence at a speed such as 164@2.80: steps a minute at metres a second."""

    name = "cadence@speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:  # noqa: ANN401 - click's signature
        """Return steps a minute and metres a second."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)@(.+)", str(value).strip())
        if not found or not 100 <= float(found[1]) <= 260:
            self.fail(
                f"{value!r} is no cadence at a speed. Write steps a minute at metres a second: 164@2.80.", param, ctx
            )
        return float(found[1]), Pace().convert(found[2], param, ctx)


@click.group("runner")
def runner_command() -> None:
    """Add runners, and set their thresholds."""


@runner_command.command("add")
@home_option
@click.argument("new_id", metavar="ID")
@click.option("--time-zone", metavar="ZONE", help="IANA name, such as Europe/Berlin.")
def add_command(home: Home, new_id: str, time_zone: str | None) -> None:
    """Add a runner to this home."""
    home.require()
    check_runner_id(new_id)
    if new_id in runner_ids(home):
        raise NeedsAttention(f"There already is a runner {new_id!r}.")
    _check_zone(time_zone)
    add_runner(home, new_id, time_zone)
    say(f"Added {new_id}.")


@runner_command.command("list")
@home_option
@format_option
def list_command(home: Home, output_format: str) -> None:
    """List the runners of this home."""
    home.require()
    print_rows([{"runner_id": runner_id} for runner_id in runner_ids(home)], output_format, nothing="No runner yet.")


@runner_command.command("show")
@home_option
@runner_option
@format_option
@as_of_option
def show_command(home: Home, runner_id: str | None, output_format: str, as_of: datetime | None) -> None:
    """Show what was said about a runner, and from when it holds."""
    from pipeline.warehouse.connection import ask

    runner_id = one_runner(home, runner_id)
    _publish_first(home)
    with open_log(home, as_of) as connection:
        print_rows(
            ask(connection, "runner_settings", {"runner_id": runner_id}), output_format, nothing="Nothing is set."
        )


@runner_command.command("set")
@home_option
@runner_option
@click.option("--time-zone", metavar="ZONE", help="Where a run has no place of its own; IANA name.")
@click.option(
    "--ceiling", "ceiling_mps", type=Pace(), help="Conversational ceiling (talk-test speed), such as 5:45/km."
)
@click.option("--critical-speed", "critical_speed_mps", type=Pace(), help="Critical speed, such as 4:44/km.")
@click.option("--hr-max", "max_heart_rate_bpm", type=click.FloatRange(120, 230), help="Maximum heart rate.")
@click.option("--cadence-baseline", type=CadenceAtSpeed(), help="Steps a minute at metres a second: 164@2.80.")
@click.option(
    "--cadence-slope", "cadence_slope", type=click.FloatRange(3, 18), help="Steps a minute for each metre a second."
)
@click.option("--contact", help="Whom to contact on a red flag.")
@click.option("--by", "said_by", help="Who says so; default: you.")
@day_option(
    "--from", "First local day on which it holds; default today. The first word said holds for all days before."
)
def set_command(
    home: Home,
    runner_id: str | None,
    cadence_baseline: tuple[float, float] | None,
    cadence_slope: float | None,
    said_by: str | None,
    **said: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Set thresholds and intake data, a journal entry each."""
    runner_id = one_runner(home, runner_id)
    from_date: date | None = said.pop("from")
    _check_zone(said["time_zone"])
    settings = {
        **said,
        "cadence_baseline_spm": cadence_baseline and cadence_baseline[0],
        "cadence_baseline_speed_mps": cadence_baseline and cadence_baseline[1],
        "cadence_slope_spm_per_mps": cadence_slope,
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    if not settings:
        raise click.UsageError("Say what to set; `gaitkeeper runner set --help` lists it.")
    now = now_in(home, None)
    day = (from_date or today_in(home, None)).isoformat()
    write_entries(
        home,
        [
            new_entry(
                "runner",
                runner_id,
                {"setting": name, "value": str(value), "from_date": day},
                by=said_by or _user(),
                now_utc=now,
            )
            for name, value in settings.items()
        ],
    )
    say(f"Set for {runner_id} from {day}: {', '.join(settings)}.")
    derive_anew(home)


def derive_anew(home: Home) -> None:
    """Derive what the new thresholds touch, or say that the running sync will do it."""
    from flows.work import refresh

    try:
        with progress_bar("deriving anew") as progress:
            outcome = refresh(home, now_in(home, None), progress)
    except NeedsAttention as error:
        say(f"Recorded. The sessions are derived anew with the next import or sync: {error}")
        return
    if outcome.seen_count:
        say(f"Derived anew: {outcome.seen_count} session(s).")


def _publish_first(home: Home) -> None:
    if not home.published_file.exists():
        derive_anew(home)


def _check_zone(time_zone: str | None) -> None:
    if time_zone is not None:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise NeedsAttention(f"{time_zone!r} is no time zone. Use an IANA name such as Europe/Berlin.") from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@click.group("stage")
def stage_command() -> None:
    """Set and list the stages: the clinician's decisions."""


@stage_command.command("set")
@home_option
@runner_option
@click.argument("stage_id", metavar="STAGE")
@click.option("--by", "set_by", required=True, metavar="NAME", help="Who decides: a clinician's name.")
@click.option("--reason", help="Why.")
@day_option("--from", "First local day of the stage; default today.")
def stage_set_command(
    home: Home,
    runner_id: str | None,
    stage_id: str,
    set_by: str,
    reason: str | None,
    **said: date | None,
) -> None:
    """Set the stage from a day on. Nothing but this ever changes a stage."""
    from pipeline.entries import stage_entry

    runner_id = one_runner(home, runner_id)
    from_date = said["from"] or today_in(home, None)
    with ExitStack() as stack:
        is_published = home.published_file.exists()
        connection = stack.enter_context(open_log(home, None, judge=True)) if is_published else None
        entry, stage = stage_entry(
            connection,
            home,
            runner_id,
            stage_id,
            set_by=set_by,
            reason=reason,
            from_date=from_date,
            now_utc=now_in(home, None),
        )
    write_entries(home, [entry])
    say(f"{runner_id} is in stage {stage.stage_id} ({stage.name}) from {from_date}, set by {entry.by}.")


@stage_command.command("history")
@home_option
@runner_option
@format_option
def stage_history_command(home: Home, runner_id: str | None, output_format: str) -> None:
    """List every decision, also those that a later one replaced."""
    from pipeline.warehouse.connection import ask

    runner_id = one_runner(home, runner_id)
    _publish_first(home)
    with open_log(home, None) as connection:
        print_rows(
            ask(connection, "stage_history", {"runner_id": runner_id}), output_format, nothing="No stage was set yet."
        )


@stage_command.command("override")
@home_option
@runner_option
@click.argument("wanted", metavar="SESSION")
@click.argument("fact")
@click.option("--by", "said_by", required=True, metavar="NAME", help="Who decides: a clinician's name.")
@click.option("--reason", help="Why; needed, unless the override is taken back.")
@click.option("--undo", is_flag=True, help="Take the override back.")
def override_command(
    home: Home, runner_id: str | None, wanted: str, fact: str, said_by: str, reason: str | None, undo: bool
) -> None:
    """Set a finding of a session aside, with the reason; it stays visible and no longer counts."""
    from gaitkeeper.commands.show import find_session
    from pipeline.entries import override_entry

    runner_id = one_runner(home, runner_id)
    now_utc = now_in(home, None)
    with open_log(home, None) as connection:
        session_id = find_session(connection, runner_id, wanted)
        entry = override_entry(
            connection, runner_id, session_id, fact, said_by=said_by, reason=reason, undo=undo, now_utc=now_utc
        )
    write_entries(home, [entry])
    say(f"{fact} of session {session_id}: {'counts again' if undo else 'set aside'}, by {entry.by}.")
