"""`gaitkeeper rehab`: the work beside the runs, its plan, and the strength sessions that a watch recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

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
from gaitkeeper.output import print_rows, say
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries
from pipeline.rehab import ANY_EXERCISE, DRILLS, REHAB_KINDS, check_plan, plain_name, read_exercise

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from pipeline.journal import Entry
    from pipeline.settings import Home

_KIND_HELP = {
    "drill": f"Say that a drill was done, by name: {', '.join(repr(name) for name in DRILLS)}, or another.",
    "strength": "Say that strength work was done.",
    "mobility": "Say that mobility work was done.",
    "manual_therapy": "Say that a therapist worked on the hip.",
    "other": "Say that other work was done.",
}


@click.group("rehab")
def rehab_command() -> None:
    """Say what rehab work was done, plan it, and confirm recorded strength sessions."""


def _kind_command(kind: str) -> Callable[..., None]:
    @rehab_command.command(kind, help=_KIND_HELP[kind])
    @home_option
    @runner_option
    @as_of_option
    @click.argument("exercise")
    @click.option("--sets", type=click.IntRange(1, 100))
    @click.option("--reps", type=click.IntRange(1, 1000))
    @click.option("--load-kg", type=click.FloatRange(0, 1000))
    @click.option("--minutes", type=click.FloatRange(0, 600, min_open=True))
    @day_option("--date", "The local day; default today.")
    def kind_command(
        home: Home,
        runner_id: str | None,
        as_of: datetime | None,
        exercise: str,
        minutes: float | None,
        **said: Any,  # noqa: ANN401 - as click gives them
    ) -> None:
        from pipeline.entries import rehab_entry

        runner_id = one_runner(home, runner_id)
        today = today_in(home, as_of)
        day: date = said.pop("date") or today
        amounts = {**said, "duration_s": None if minutes is None else 60 * minutes}
        now_utc = now_in(home, as_of)
        entry = rehab_entry(
            runner_id, kind, exercise, day=day, today=today, by=runner_id, now_utc=now_utc, amounts=amounts
        )
        _record(home, entry)

    return kind_command


for _kind in REHAB_KINDS:
    _kind_command(_kind)


def _write_work(home: Home, runner_id: str, as_of: datetime | None, data: dict[str, Any]) -> None:
    _record(home, new_entry("rehab", runner_id, data, by=runner_id, now_utc=now_in(home, as_of)))


def _record(home: Home, entry: Entry) -> None:
    write_entries(home, [entry])
    say(
        f"Recorded for {entry.data['rehab_date']}: {entry.data['kind']}, {entry.data['exercise']} "
        f"(to take it back: gaitkeeper rehab undo {entry.entry_id})."
    )


@rehab_command.command("undo")
@home_option
@runner_option
@as_of_option
@click.argument("entry_id", metavar="ENTRY")
def undo_command(home: Home, runner_id: str | None, as_of: datetime | None, entry_id: str) -> None:
    """Take an entry back, by the id that `rehab list` shows."""
    runner_id = one_runner(home, runner_id)
    if entry_id not in {row["entry_id"] for row in _ask(home, as_of, "rehab_entries", runner_id, since_date=None)}:
        raise NeedsAttention(f"No rehab entry {entry_id!r} holds. `gaitkeeper rehab list` shows those that do.")
    data = {"undone_entry_id": entry_id}
    write_entries(home, [new_entry("rehab", runner_id, data, by=runner_id, now_utc=now_in(home, as_of))])
    say("Taken back.")


@rehab_command.command("list")
@home_option
@runner_option
@format_option
@as_of_option
@day_option("--since", "Only work from this local day on.")
def list_command(
    home: Home, runner_id: str | None, output_format: str, as_of: datetime | None, since: date | None
) -> None:
    """List the work that was entered, newest first."""
    found = _ask(home, as_of, "rehab_entries", one_runner(home, runner_id), since_date=since)
    print_rows(found, output_format, nothing="No rehab work was entered.")


def _ask(home: Home, as_of: datetime | None, name: str, runner_id: str, **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a query's parameters
    from pipeline.warehouse.connection import ask

    publish_first(home)
    with open_log(home, as_of) as connection:
        return ask(connection, name, {"runner_id": runner_id, **more})


def publish_first(home: Home) -> None:
    """Make the relations of a home that nothing was imported into yet: what was said can be read all the same."""
    from gaitkeeper.commands.people import derive_anew

    if not home.published_file.exists():
        derive_anew(home)


# --------------------------------------------------------------------------------------------------------------------
# The plan


@rehab_command.command("plan")
@home_option
@runner_option
@as_of_option
@click.argument("kind", type=click.Choice(REHAB_KINDS))
@click.argument("exercise", default=ANY_EXERCISE)
@click.option("--per-week", "per_week_count", type=click.IntRange(1, 14), required=True, help="Days a week.")
@day_option("--until", "Last local day; a plan always ends.")
@day_option("--from", "First local day; default today.")
@click.option("--by", "said_by", metavar="NAME", help="Who plans it; default: the runner.")
def plan_command(
    home: Home,
    runner_id: str | None,
    as_of: datetime | None,
    kind: str,
    exercise: str,
    per_week_count: int,
    said_by: str | None,
    until: date | None,
    **said: date | None,
) -> None:
    """Plan an exercise (or any of its kind) so many days a week until a day; a new plan for it replaces the old one."""
    runner_id = one_runner(home, runner_id)
    from_date = said["from"] or today_in(home, as_of)
    if until is None:
        raise click.UsageError("Say until when: --until DATE. A plan ends, so that it is looked at again.")
    check_plan(from_date, until)
    name = read_exercise(exercise)
    _write_plan(home, runner_id, as_of, kind, name, per_week_count, from_date, until, said_by)
    say(f"Planned for {runner_id}: {kind}, {name}, {per_week_count} a week from {from_date} until {until}.")


def _write_plan(
    home: Home,
    runner_id: str,
    as_of: datetime | None,
    kind: str,
    exercise: str,
    per_week_count: int,
    from_date: date,
    until_date: date,
    said_by: str | None,
) -> None:
    data = {
        "kind": kind,
        "exercise": exercise,
        "per_week_count": per_week_count,
        "from_date": from_date.isoformat(),
        "until_date": until_date.isoformat(),
    }
    by = (said_by or "").strip() or runner_id
    write_entries(home, [new_entry("rehab_plan", runner_id, data, by=by, now_utc=now_in(home, as_of))])


@rehab_command.command("stop")
@home_option
@runner_option
@as_of_option
@click.argument("kind", type=click.Choice(REHAB_KINDS))
@click.argument("exercise", default=ANY_EXERCISE)
@day_option("--from", "First local day on which it is no longer planned; default today.")
@click.option("--by", "said_by", metavar="NAME", help="Who stops it; default: the runner.")
def stop_command(
    home: Home,
    runner_id: str | None,
    as_of: datetime | None,
    kind: str,
    exercise: str,
    said_by: str | None,
    **said: date | None,
) -> None:
    """End a plan before its day; the days before stay planned."""
    runner_id = one_runner(home, runner_id)
    day = said["from"] or today_in(home, as_of)
    name = read_exercise(exercise)
    plans = _ask(home, as_of, "rehab_plans", runner_id)
    if not any(row["kind"] == kind and row["exercise_key"] == plain_name(name) for row in plans):
        listed = "; ".join(f"{row['kind']} {row['exercise']!r}" for row in plans) or "nothing"
        raise NeedsAttention(f"{kind} {name!r} is not planned (planned: {listed}). Nothing was recorded.")
    _write_plan(home, runner_id, as_of, kind, name, 0, day, day, said_by)
    say(f"No longer planned from {day}: {kind}, {name}.")


@rehab_command.command("plans")
@home_option
@runner_option
@format_option
@as_of_option
def plans_command(home: Home, runner_id: str | None, output_format: str, as_of: datetime | None) -> None:
    """List what is planned today and later; where nothing is, the stage's own plan holds."""
    found = _ask(home, as_of, "rehab_plans", one_runner(home, runner_id))
    print_rows(found, output_format, nothing="Nothing of the runner's own is planned; the stage's plan holds.")


# --------------------------------------------------------------------------------------------------------------------
# What a watch recorded


@rehab_command.command("found")
@home_option
@runner_option
@format_option
@as_of_option
@day_option("--since", "Only sessions from this local day on.")
def found_command(
    home: Home, runner_id: str | None, output_format: str, as_of: datetime | None, since: date | None
) -> None:
    """List recorded sessions that may be strength work; they count once they are confirmed."""
    found = _ask(home, as_of, "found_strength", one_runner(home, runner_id), since_date=since)
    print_rows(found, output_format, nothing="No strength or mobility session was recorded.")


@rehab_command.command("confirm")
@home_option
@runner_option
@as_of_option
@click.argument("session_id", metavar="SESSION")
@click.option("--kind", type=click.Choice(REHAB_KINDS), help="What it was; default: as `rehab found` has it.")
@click.option("--exercise", help="What was done, by name; default: strength session, mobility session.")
def confirm_command(
    home: Home, runner_id: str | None, as_of: datetime | None, session_id: str, kind: str | None, exercise: str | None
) -> None:
    """Say that a recorded session was rehab work, by its id as `rehab found` shows it, or by its local day."""
    runner_id = one_runner(home, runner_id)
    found = _ask(home, as_of, "found_strength", runner_id, since_date=None)
    matching = [
        row for row in found if row["session_id"].startswith(session_id) or str(row["session_date"]) == session_id
    ]
    if len(matching) != 1:
        many = f"{len(matching)} recorded sessions match" if matching else "No recorded strength session matches"
        raise NeedsAttention(f"{many} {session_id!r}. `gaitkeeper rehab found` lists them. Nothing was recorded.")
    (row,) = matching
    if row["is_confirmed"]:
        say(f"The session of {row['session_date']} ({row['session_id']}) is confirmed already.")
        return
    data = {
        "rehab_date": row["session_date"].isoformat(),
        "kind": kind or row["kind"],
        "exercise": read_exercise(exercise or f"{(kind or row['kind']).replace('_', ' ')} session"),
        "duration_s": row["duration_s"],
        "session_id": row["session_id"],
    }
    _write_work(home, runner_id, as_of, data)
