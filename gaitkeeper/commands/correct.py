"""`gaitkeeper correct`: what a person sets right, each a reversible journal entry, shown with the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gaitkeeper.commands.people import derive_anew
from gaitkeeper.commands.show import find_session
from gaitkeeper.options import format_option, home_option, now_in, one_runner, open_log, runner_option
from gaitkeeper.output import print_rows, say
from pipeline.entries import pair_entry
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries
from pipeline.warehouse.connection import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.journal import Entry
    from pipeline.settings import Home

#: Sports that a watch may have been set to by mistake (FIT SDK, Profile.xlsx, `sport`).
SPORTS = ("running", "walking", "hiking", "cycling", "swimming", "rowing", "cross_country_skiing", "training", "other")

reason_option = click.option("--reason", help="Why; shown wherever the correction is.")


@click.group("correct")
def correct_command() -> None:
    """Set right what a recording gets wrong; every correction can be taken back."""


def _about_session(home: Home, runner_id: str | None, wanted: str, correction: str, **said: Any) -> None:  # noqa: ANN401 - entries hold any text or number
    runner_id = one_runner(home, runner_id)
    with open_log(home, None) as connection:
        session_id = find_session(connection, runner_id, wanted)
    _write(home, runner_id, {"correction": correction, "recording_id": session_id, **said})


def _write(home: Home, runner_id: str, data: dict[str, Any]) -> None:
    _record(home, new_entry("correction", runner_id, data, by=runner_id, now_utc=now_in(home, None)))


def _record(home: Home, entry: Entry) -> None:
    write_entries(home, [entry])
    say(f"Recorded. To take it back: gaitkeeper correct undo {entry.entry_id}")
    derive_anew(home)


@correct_command.command("exclude")
@home_option
@runner_option
@click.argument("session")
@reason_option
def exclude_command(home: Home, runner_id: str | None, session: str, reason: str | None) -> None:
    """Take a session out of the training: it stays in the log and counts for nothing."""
    _about_session(home, runner_id, session, "exclude", reason=reason)


@correct_command.command("sport")
@home_option
@runner_option
@click.argument("session")
@click.argument("sport", type=click.Choice(SPORTS))
@reason_option
def sport_command(home: Home, runner_id: str | None, session: str, sport: str, reason: str | None) -> None:
    """Say what sport a session was: a ride with the watch set to running, or shoes with a pod on a bike."""
    _about_session(home, runner_id, session, "sport", value=sport, reason=reason)


@correct_command.command("distance")
@home_option
@runner_option
@click.argument("session")
@click.argument("kilometres", type=click.FloatRange(0, 500, min_open=True))
@reason_option
def distance_command(home: Home, runner_id: str | None, session: str, kilometres: float, reason: str | None) -> None:
    """Enter the distance that the treadmill showed, in kilometres."""
    _about_session(home, runner_id, session, "distance_m", value=str(1000 * kilometres), reason=reason)


@correct_command.command("incline")
@home_option
@runner_option
@click.argument("session")
@click.argument("percent", type=click.FloatRange(-10, 40))
@reason_option
def incline_command(home: Home, runner_id: str | None, session: str, percent: float, reason: str | None) -> None:
    """Enter the incline that the treadmill was set to, in per cent."""
    _about_session(home, runner_id, session, "incline_pct", value=str(percent), reason=reason)


def _pair_command(name: str, help_text: str) -> Callable[..., None]:
    @correct_command.command(name, help=help_text)
    @home_option
    @runner_option
    @click.argument("one", metavar="RECORDING")
    @click.argument("other", metavar="RECORDING")
    @reason_option
    def pair_command(home: Home, runner_id: str | None, one: str, other: str, reason: str | None) -> None:
        runner_id = one_runner(home, runner_id)
        with open_log(home, None) as connection:
            ids = [_recording(connection, runner_id, wanted) for wanted in (one, other)]
        _record(home, pair_entry(runner_id, name, ids, reason=reason, by=runner_id, now_utc=now_in(home, None)))

    return pair_command


same_command = _pair_command("same", "Two recordings are of the same session.")
different_command = _pair_command("different", "Two recordings are of different sessions.")


def _recording(connection: Any, runner_id: str, wanted: str) -> str:  # noqa: ANN401 - a reader's connection
    found = ask(connection, "recording_matches", {"runner_id": runner_id, "wanted": wanted})
    if len(found) != 1:
        raise NeedsAttention(
            f"{'No recording' if not found else 'More than one recording'} matches {wanted!r}. "
            'Name it by its id: gaitkeeper sql "from recording"'
        )
    return str(found[0]["recording_id"])


@correct_command.command("undo")
@home_option
@runner_option
@click.argument("entry_id", metavar="ENTRY")
def undo_command(home: Home, runner_id: str | None, entry_id: str) -> None:
    """Take a correction back, by the id that `correct list` shows."""
    runner_id = one_runner(home, runner_id)
    with open_log(home, None) as connection:
        if entry_id not in {row["entry_id"] for row in ask(connection, "corrections")}:
            raise NeedsAttention(f"No correction {entry_id!r} holds. `gaitkeeper correct list` shows those that do.")
    data = {"correction": "undo", "undone_entry_id": entry_id}
    write_entries(home, [new_entry("correction", runner_id, data, by=runner_id, now_utc=now_in(home, None))])
    say("Taken back.")
    derive_anew(home)


@correct_command.command("list")
@home_option
@format_option
def list_command(home: Home, output_format: str) -> None:
    """List the corrections that hold."""
    with open_log(home, None) as connection:
        print_rows(ask(connection, "corrections"), output_format, nothing="No correction holds.")
