"""`gaitkeeper pain`: the hip's answer, one journal entry a moment; what is allowed is said in `pipeline.answers`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from gaitkeeper.options import as_of_option, format_option, home_option, now_in, one_runner, open_log, runner_option
from gaitkeeper.output import say
from pipeline.answer_reader import BadAnswer
from pipeline.answers import (
    MOMENT_WORDS,
    MOMENTS,
    PHASES,
    RED_FLAGS,
    SIDES,
    Symptom,
    answer_digest,
    lateness,
    read_symptom,
    symptom_data,
)
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipeline.answer_file import FileAnswer
    from pipeline.settings import Home

#: Words as people type them: knee-lift for knee_lift.
_TYPED: Final = {word: word.replace("_", "-") for word in PHASES}


@click.command("pain")
@home_option
@runner_option
@as_of_option
@click.argument("wanted", metavar="[SESSION|last]", default="last")
@click.option("--before", metavar="0-10", help="Pain before the run.")
@click.option("--during", metavar="0-10", help="Worst pain during the run.")
@click.option("--after", metavar="0-10", help="Pain an hour after the run.")
@click.option("--next-morning", metavar="0-10", help="Pain the next morning.")
@click.option("--phase", metavar="PHASE", help=f"When in the stride it hurts: {', '.join(_TYPED.values())}.")
@click.option("--side", metavar="SIDE", help=f"Which side: {', '.join(SIDES)}.")
@click.option("--place", help="Where: groin, outer hip, buttock, ...")
@click.option("--onset-minute", metavar="MINUTE", help="The minute of the run in which it began.")
@click.option(
    "--red-flag",
    "red_flags",
    multiple=True,
    metavar="NAME",
    help=f"May be given several times: {', '.join(RED_FLAGS)}.",
)
@click.option("--none", "none_of_them", is_flag=True, help="Asked, and no red flag.")
@click.option("--csv", "csv_file", type=click.Path(), help="Read answers from a file instead; all of it or nothing.")
@click.option("--offers", is_flag=True, help="List what your notes say of pain, with the lines to confirm it.")
@format_option
def pain_command(
    home: Home,
    runner_id: str | None,
    output_format: str,
    as_of: datetime | None,
    wanted: str,
    red_flags: tuple[str, ...],
    none_of_them: bool,
    csv_file: str | None,
    offers: bool,
    **said: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Say how the hip felt: any part of it, at any time. A later word on the same moment corrects an earlier one."""
    runner_id = one_runner(home, runner_id)
    if offers:
        if csv_file is not None or red_flags or none_of_them or any(value is not None for value in said.values()):
            raise click.UsageError("--offers lists and records nothing: leave the answers out.")
        list_offers(home, runner_id, as_of, output_format)
        return
    if red_flags and none_of_them:
        raise click.UsageError("--none says that there is no red flag; leave it out where there is one.")
    flags = ["none"] if none_of_them else list(red_flags) or None
    if csv_file is not None:
        if flags or any(value is not None for value in said.values()) or wanted != "last":
            raise click.UsageError("--csv reads every answer from the file: leave the other answers out.")
        _read_file(home, runner_id, as_of, csv_file)
    else:
        _record(home, runner_id, as_of, wanted, _typed(said, flags))


def _typed(said: dict[str, Any], flags: list[str] | None) -> list[Symptom]:
    """Return one entry a moment, what was said besides with each; without a moment, one that belongs to none."""
    levels = {moment: said.pop(moment) for moment in MOMENTS}
    details = {**said, "red_flags": flags}
    told = {moment: level for moment, level in levels.items() if level is not None}
    mistakes: list[str] = []
    found: list[Symptom] = []
    for moment, level in told.items() or [(None, None)]:
        try:
            found.append(read_symptom({"moment": moment, "pain_0_10": level, **details}))
        except BadAnswer as error:
            mistakes += error.mistakes
    if mistakes:
        raise BadAnswer(mistakes)
    return found


def _record(home: Home, runner_id: str, as_of: datetime | None, wanted: str, symptoms: list[Symptom]) -> None:
    from gaitkeeper.commands.show import find_session
    from pipeline.entries import symptom_entries

    now = now_in(home, as_of)
    with open_log(home, as_of) as connection:
        session_id = find_session(connection, runner_id, wanted)
        session, entries = symptom_entries(connection, runner_id, session_id, symptoms, by=runner_id, now_utc=now)
    write_entries(home, entries)
    _tell_contact(home, runner_id, as_of, [session_id])
    say(f"Recorded for the session of {session.session_date} ({session_id}).")
    for sentence in filter(None, (lateness(symptom, session, now) for symptom in symptoms)):
        say(sentence)


def _tell_contact(home: Home, runner_id: str, as_of: datetime | None, session_ids: list[str]) -> None:
    """Where a red flag stands, or the plan asks for the clinician, say whom to contact: first, and nothing besides."""
    from pipeline.entries import contact_sentence
    from pipeline.warehouse.connection import ask

    with open_log(home, as_of) as connection:
        standing = ask(connection, "standing_red_flags", {"session_ids": session_ids})
        if standing or ask(connection, "contact_asked_for", {"session_ids": session_ids}):
            click.echo(contact_sentence(connection, runner_id))
    for row in standing:
        moment = "" if row["moment"] is None else f", {MOMENT_WORDS.get(row['moment'], row['moment'])}"
        say(f"Reported: {row['red_flag'].replace('_', ' ')} (session {row['session_id']}{moment}).")


# --------------------------------------------------------------------------------------------------------------------
# What notes say


def list_offers(home: Home, runner_id: str, as_of: datetime | None, output_format: str) -> None:
    """Print what the runner's notes offer as answers; nothing is recorded by it."""
    from gaitkeeper.output import print_rows
    from pipeline.journal import runner_ids
    from pipeline.warehouse.connection import ask

    whose = f" --runner {runner_id}" if len(runner_ids(home)) > 1 else ""
    with open_log(home, as_of) as connection:
        found = ask(connection, "symptom_offers", {"runner_id": runner_id})
    rows = [
        {
            **row,
            "confirm": f"gaitkeeper pain {row['session_id']}{whose} "
            f"--{row['moment'].replace('_', '-')} {row['pain_0_10']}",
        }
        for row in found
    ]
    print_rows(rows, output_format, nothing="No note says anything of pain that is not answered already.")
    if rows:
        say("Nothing of it is recorded: run the line under `confirm` where it is right.")


# --------------------------------------------------------------------------------------------------------------------
# A file of answers


def _read_file(home: Home, runner_id: str, as_of: datetime | None, file_name: str) -> None:
    from pathlib import Path

    from pipeline.answer_file import read_answers
    from pipeline.entries import answered_session
    from pipeline.warehouse.connection import ask

    now = now_in(home, as_of)
    content = _content(Path(file_name))
    with open_log(home, as_of) as connection:
        key = {"runner_id": runner_id, "session_id": None}
        sessions = [answered_session(row) for row in ask(connection, "sessions_to_answer", key)]
        before = ask(connection, "symptoms_of_runner", key)
    answers = read_answers(content, file_name, runner_id, sessions, now)
    new = _new_answers(answers, before)
    write_entries(
        home,
        [
            new_entry(
                "symptom",
                runner_id,
                symptom_data(answer.symptom, answer.session.session_id),
                by=answer.said_by or runner_id,
                now_utc=answer.said_utc,
            )
            for answer in new
        ],
    )
    if new:
        _tell_contact(home, runner_id, as_of, list(dict.fromkeys(one.session.session_id for one in new)))
    say(f"{file_name}: {len(new)} answer(s) recorded, {len(answers) - len(new)} here already.")
    for answer in new:
        sentence = lateness(answer.symptom, answer.session, answer.said_utc)
        if sentence:
            say(f"Line {answer.line}: {sentence}")


def _content(path: Path) -> bytes:
    from pipeline.answer_file import MAX_FILE_BYTES

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NeedsAttention(f"{path} can't be read: {error.strerror}.") from error
    if len(content) > MAX_FILE_BYTES:
        raise NeedsAttention(f"{path} has more than {MAX_FILE_BYTES:,} bytes: that is no file of answers.")
    return content


def _new_answers(answers: Sequence[FileAnswer], before: Sequence[Mapping[str, Any]]) -> list[FileAnswer]:
    """Return the answers that the journal does not hold: neither as that entry, nor the same said for the session."""
    known_ids = {row["entry_id"] for row in before}
    known: set[str] = set()
    for row in before:
        symptom = _symptom_of(row)
        known |= {answer_digest(symptom, row["session_id"], said) for said in (None, row["entry_utc"])}
    found: list[FileAnswer] = []
    for answer in answers:
        if answer.entry_id not in known_ids and answer.digest not in known:
            known.add(answer.digest)
            found.append(answer)
    return found


def _symptom_of(row: Mapping[str, Any]) -> Symptom:
    onset = row["onset_s"]
    fields = {name: row[name] for name in ("moment", "pain_0_10", "side", "place", "phase")}
    flags = row["red_flags"]
    symptom = Symptom(**fields, onset_minute=None, red_flags=None if flags is None else tuple(flags))
    return symptom if onset is None else replace(symptom, onset_minute=round(onset / 60))
