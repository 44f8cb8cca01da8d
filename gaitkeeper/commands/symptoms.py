"""`gaitkeeper pain` and `gaitkeeper rehab`: the hip's answer and the work beside the runs, a journal entry each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from gaitkeeper.options import (
    as_of_option,
    day_option,
    home_option,
    now_in,
    one_runner,
    open_log,
    runner_option,
    today_in,
)
from gaitkeeper.output import say
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pipeline.settings import Home

MOMENTS: Final = ("before", "during", "after", "next_morning")
PHASES: Final = ("knee-lift", "foot-on-ground", "both", "unsure")
SIDES: Final = ("left", "right", "both")
REHAB_KINDS: Final = ("drill", "strength", "mobility", "manual_therapy", "other")

#: The red-flag questions (EVIDENCE section 4d; ROBERTSON17, MEDSCAPE).
RED_FLAGS: Final = (
    "cannot_bear_weight_or_hop",
    "limp_persisting",
    "night_or_rest_pain",
    "pain_each_footfall_increasing",
    "sudden_sharp_or_crack",
    "locking_or_giving_way",
    "fever_or_unwell_or_weight_loss",
    "numb_weak_leg_or_bladder_saddle",
    "calf_swelling_or_breathless_postop",
)

_PAIN = click.IntRange(0, 10)


@click.command("pain")
@home_option
@runner_option
@as_of_option
@click.argument("wanted", metavar="[SESSION|last]", default="last")
@click.option("--before", type=_PAIN, help="Pain before the run, 0 to 10.")
@click.option("--during", type=_PAIN, help="Worst pain during the run, 0 to 10.")
@click.option("--after", type=_PAIN, help="Pain an hour after the run, 0 to 10.")
@click.option("--next-morning", type=_PAIN, help="Pain the next morning, 0 to 10.")
@click.option("--phase", type=click.Choice(PHASES), help="When in the stride it hurts.")
@click.option("--side", type=click.Choice(SIDES))
@click.option("--place", help="Where: groin, outer hip, buttock, ...")
@click.option("--onset-minute", type=click.IntRange(0, 6000), help="The minute of the run in which it began.")
@click.option(
    "--red-flag", "red_flags", multiple=True, type=click.Choice(RED_FLAGS), help="May be given several times."
)
@click.option("--none", "none_of_them", is_flag=True, help="Asked, and no red flag.")
def pain_command(
    home: Home,
    runner_id: str | None,
    as_of: datetime | None,
    wanted: str,
    red_flags: tuple[str, ...],
    none_of_them: bool,
    **said: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Say how the hip felt: any part of it, at any time."""
    runner_id = one_runner(home, runner_id)
    if red_flags and none_of_them:
        raise click.UsageError("--none says that there is no red flag; leave it out where there is one.")
    levels = {moment: said.pop(moment) for moment in MOMENTS}
    told = {moment: level for moment, level in levels.items() if level is not None}
    if not told and not red_flags and not none_of_them:
        raise click.UsageError("Say something: --before, --during, --after, --next-morning, --red-flag or --none.")
    session = _session(home, runner_id, wanted, as_of)
    now = now_in(home, as_of)
    _check_morning(session, told, now)
    details = {
        "session_id": session["session_id"],
        "phase": said["phase"] and said["phase"].replace("-", "_"),
        "side": said["side"],
        "place": said["place"],
        "onset_minute": said["onset_minute"],
        "red_flags": list(red_flags) if red_flags or none_of_them else None,
    }
    answers: list[dict[str, Any]] = [{"moment": moment, "pain_0_10": level} for moment, level in told.items()] or [{}]
    write_entries(
        home,
        [new_entry("symptom", runner_id, {**details, **answer}, by=runner_id, now_utc=now) for answer in answers],
    )
    say(f"Recorded for the session of {session['session_date']} ({session['session_id']}).")
    if red_flags:
        _tell_red_flag(home, runner_id)


def _session(home: Home, runner_id: str, wanted: str, as_of: datetime | None) -> Mapping[str, Any]:
    from gaitkeeper.commands.show import find_session
    from pipeline.warehouse.connection import ask

    with open_log(home, as_of) as connection:
        session_id = find_session(connection, runner_id, wanted)
        return ask(connection, "one_session", {"session_id": session_id})[0]


def _check_morning(session: Mapping[str, Any], told: Mapping[str, int], now: datetime) -> None:
    """Refuse a next-morning answer on the day of the run itself."""
    local_now = now + timedelta(seconds=session["utc_offset_s"])
    if "next_morning" in told and local_now.date() <= session["session_date"]:
        raise NeedsAttention(
            f"The run was on {session['session_date']}: its next morning has not come yet. "
            "Enter --next-morning tomorrow; nothing was recorded."
        )


def _tell_red_flag(home: Home, runner_id: str) -> None:
    from pipeline.warehouse.connection import ask

    with open_log(home, None) as connection:
        settings = ask(connection, "runner_settings", {"runner_id": runner_id})
    contact = [row["setting_value"] for row in settings if row["setting"] == "contact"]
    whom = contact[-1] if contact else "your clinician or urgent care"
    click.echo(f"Stop running and contact {whom} now. This program is not watched by anybody in real time.")


@click.command("rehab")
@home_option
@runner_option
@as_of_option
@click.argument("kind", type=click.Choice(REHAB_KINDS))
@click.argument("exercise")
@click.option("--sets", type=click.IntRange(1, 100))
@click.option("--reps", type=click.IntRange(1, 1000))
@click.option("--load-kg", type=click.FloatRange(0, 1000))
@click.option("--minutes", type=click.FloatRange(0, 600, min_open=True))
@day_option("--date", "The local day; default today.")
def rehab_command(
    home: Home,
    runner_id: str | None,
    as_of: datetime | None,
    kind: str,
    exercise: str,
    minutes: float | None,
    **said: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Say what rehab work was done: drills by name, strength, mobility, manual therapy."""
    runner_id = one_runner(home, runner_id)
    day: date = said.pop("date") or today_in(home, as_of)
    if day > today_in(home, as_of):
        raise NeedsAttention(f"{day} has not come yet: rehab work is entered when it is done. Nothing was recorded.")
    data = {
        "rehab_date": day.isoformat(),
        "kind": kind,
        "exercise": exercise,
        **said,
        "duration_s": None if minutes is None else 60 * minutes,
    }
    write_entries(home, [new_entry("rehab", runner_id, data, by=runner_id, now_utc=now_in(home, as_of))])
    say(f"Recorded for {day}: {kind}, {exercise}.")
