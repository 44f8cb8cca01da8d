"""`gaitkeeper doctor`: what is wrong and what to do."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import click

from gaitkeeper.cli import EXIT_ATTENTION, EXIT_CLEAN, EXIT_FINDINGS
from gaitkeeper.commands.doctor_home import home_rows
from gaitkeeper.commands.doctor_sources import source_rows
from gaitkeeper.options import as_of_option, format_option, home_option, now_in, open_log
from gaitkeeper.output import print_rows, progress_bar, say
from pipeline.archive import Archive
from pipeline.compliance.judge import home_protocol
from pipeline.errors import GaitkeeperError, SkipRecording
from pipeline.lines import damaged_lines
from pipeline.warehouse.checks import run_checks
from pipeline.warehouse.connection import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

Row = dict[str, Any]

#: What each library is trusted with; a report of a fault names them.
_LIBRARIES: Final = ("gaitkeeper", "duckdb", "fitparse", "gpxpy", "numpy", "pandas", "prefect", "stravalib")

_ORDER: Final = ("wrong", "look", "fine")


def _row(check: str, state: str, message: str, what_to_do: str | None = None) -> Row:
    return {"check": check, "state": state, "message": message, "what_to_do": what_to_do}


@click.command("doctor")
@home_option
@format_option
@as_of_option
@click.option("--deep", is_flag=True, help="Read every archived original, rebuild beside the home, and compare.")
def doctor_command(home: Home, output_format: str, as_of: datetime | None, deep: bool) -> None:
    """Say what is wrong and what to do: config, sources, quarantine, warehouse, journal, disk, versions."""
    found = sorted(_checks(home, as_of, deep=deep), key=lambda row: _ORDER.index(row["state"]))
    if output_format == "table":
        for row in found:
            click.echo(f"{row['state']:<6} {row['check']}: {row['message']}")
            if row["what_to_do"]:
                click.echo(f"       -> {row['what_to_do']}")
    else:
        print_rows(found, output_format)
    states = {row["state"] for row in found}
    status = EXIT_ATTENTION if "wrong" in states else EXIT_FINDINGS if "look" in states else EXIT_CLEAN
    raise click.exceptions.Exit(status)


def _checks(home: Home, as_of: datetime | None, *, deep: bool) -> Iterator[Row]:
    yield _row("versions", "fine", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES))
    if not home.exists():
        yield _row("home", "wrong", f"there is no home in {home.path}", "run `gaitkeeper init`")
        return
    yield from _config(home, as_of)
    yield from home_rows(home, None if as_of is not None else now_in(home, None))
    yield from _truth(home, deep=deep)
    yield from _warehouse(home, as_of)
    if deep and home.published_file.exists():
        yield from _rebuilt(home, as_of)


def _config(home: Home, as_of: datetime | None) -> Iterator[Row]:
    try:
        config = home.config()
        protocol = home_protocol(home)
    except GaitkeeperError as error:
        yield _row("config", "wrong", str(error), f"edit {home.config_file}")
        return
    yield _row("config", "fine", f"time zone {config.time_zone}, protocol {protocol.version}")
    yield from source_rows(home, now_in(home, as_of))


def _truth(home: Home, *, deep: bool) -> Iterator[Row]:
    for file in (home.journal_file, home.received_file, home.sync_run_file):
        damaged = damaged_lines(file)
        if damaged:
            yield _row(
                "journal",
                "look",
                f"{damaged} line(s) of {file} are torn or altered; they are left out",
                "compare with a backup; the other lines are whole",
            )
    archive = Archive(home)
    received = archive.received()
    if not deep:
        yield _row("archive", "fine", f"{len(received)} file(s) arrived")
        return
    for item in received:
        if item.content_sha256 is not None:
            try:
                archive.get(item.content_sha256)
            except SkipRecording as error:
                yield _row("archive", "wrong", f"{item.file_name}: {error}", "restore it from a backup")
    yield _row("archive", "fine", f"{len(received)} file(s) arrived, every checksum read")


def _warehouse(home: Home, as_of: datetime | None) -> Iterator[Row]:
    try:
        with open_log(home, as_of) as connection:
            yield from _contents(connection)
            yield from _quarantine(connection)
            yield from _questions(connection)
            yield from _syncs(connection)
            yield from _silences(connection)
    except GaitkeeperError as error:
        yield _row("warehouse", "wrong" if home.published_file.exists() else "look", str(error))


def _rebuilt(home: Home, as_of: datetime | None) -> Iterator[Row]:
    """Rebuild the log beside the home, and tell every relation that comes out otherwise."""
    from flows.deep import compare_with_rebuild

    say("The log is made again beside the home, and compared relation by relation.")
    try:
        with progress_bar("making it again") as progress:
            compared = compare_with_rebuild(home, now_in(home, as_of), progress)
    except GaitkeeperError as error:
        yield _row("rebuild", "look", f"the log could not be made again beside the home: {error}")
        return
    for one in compared.differences:
        counts = f"{one.row_count} row(s) here, {one.rebuilt_row_count} when made again"
        if compared.was_written:
            told = f"{one.relation} differs ({counts}), and somebody wrote to the home meanwhile"
            yield _row("rebuild", "look", told, "run `gaitkeeper doctor --deep` again when no night is running")
        else:
            told = f"{one.relation} is not what archive and journal give: {counts}"
            yield _row("rebuild", "wrong", told, "run `gaitkeeper rebuild`; report it if it comes again")
    if not compared.differences:
        told = f"{compared.relation_count} relations with {compared.row_count} rows are what archive and journal give"
        yield _row("rebuild", "fine", told)


def _contents(connection: Connection) -> Iterator[Row]:
    counts = ask(connection, "warehouse_counts")[0]
    listed = ", ".join(f"{counts[f'{name}_count']} {name}s" for name in ("file", "recording", "session"))
    yield _row("warehouse", "fine", listed)
    for result in run_checks(connection):
        if result.row_count:
            state, mend = ("wrong", "run `gaitkeeper rebuild`") if result.stops else ("look", None)
            yield _row(f"check {result.name}", state, f"{result.row_count} x {result.guards_against}", mend)


def _quarantine(connection: Connection) -> Iterator[Row]:
    for row in ask(connection, "quarantined", {"runner_id": None}):
        where = "" if row["offset_bytes"] is None else f" at byte {row['offset_bytes']}"
        kept = f"; {row['salvaged_samples']} samples before it are kept" if row["salvaged_samples"] else ""
        yield _row("quarantine", "look", f"{row['file_name']}: {row['reason']}{where}{kept}")


def _questions(connection: Connection) -> Iterator[Row]:
    for row in ask(connection, "duplicate_questions"):
        pair = f"{row['recording_id']} {row['other_recording_id']}"
        yield _row(
            "same run?",
            "look",
            f"{row['file_name']} and {row['other_file_name']} of {row['start_utc']:%Y-%m-%d %H:%M} UTC {row['why']}",
            f"gaitkeeper correct same {pair}, or: gaitkeeper correct different {pair}",
        )


def _silences(connection: Connection) -> Iterator[Row]:
    what_to_do = {
        "no_sync": "see that `gaitkeeper serve` or the cron job runs",
        "source_silent": "see that the watch still sends its runs there",
        "no_answer": "gaitkeeper pain last --during 0 --after 0",
    }
    for row in ask(connection, "silences", {"runner_id": None}):
        yield _row("silence", "look", f"{row['runner_id']}: {row['message']}", what_to_do[row["kind"]])


def _syncs(connection: Connection) -> Iterator[Row]:
    for row in ask(connection, "last_syncs"):
        state = "fine" if row["state"] == "success" else "look"
        when = f"{row['ended_utc']:%Y-%m-%d %H:%M} UTC"
        yield _row("sync", state, f"{row['source']}: {row['state']} at {when}", row["message"])
