"""`gaitkeeper import`, `sync` and `rebuild`: what writes the log."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaitkeeper.cli import EXIT_ATTENTION, EXIT_CLEAN, EXIT_FINDINGS
from gaitkeeper.commands.home import make_home
from gaitkeeper.options import (
    as_of_option,
    format_option,
    home_option,
    log_format_option,
    now_in,
    one_runner,
    open_log,
    processes_option,
    runner_option,
)
from gaitkeeper.output import print_rows, progress_bar, say
from pipeline.errors import NeedsAttention
from pipeline.log_lines import start_log
from pipeline.reports.format import plural

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipeline.settings import Home


@click.command("import")
@home_option
@runner_option
@format_option
@as_of_option
@processes_option
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_command(
    home: Home,
    runner_id: str | None,
    output_format: str,
    as_of: datetime | None,
    processes: int | None,
    paths: tuple[Path, ...],
) -> None:
    """Bring in files, folders, export archives (.zip) and .gz of each."""
    from connectors.folder import FolderSource
    from flows.work import Outcome, default_processes, import_source

    if not home.exists():
        make_home(home, runner_id, None)
        say(f"Made a home in {home.path}.")
    runner_id = one_runner(home, runner_id)
    now_utc = now_in(home, as_of)
    total = Outcome()
    for path in paths:
        with progress_bar(f"reading {path.name}") as progress:
            source = FolderSource(path)
            total += import_source(
                home, runner_id, source, now_utc, progress, processes=processes or default_processes()
            )
        left_out = source.tally.sentence()
        if left_out:
            say(f"{path.name}: {left_out}.")
    flagged_ids = flagged_among(home, as_of, total.session_ids)
    row = {
        "runner_id": runner_id,
        "seen_count": total.seen_count,
        "new_count": total.new_count,
        "duplicate_count": total.duplicate_count,
        "merged_count": total.merged_count,
        "quarantined_count": total.quarantined_count,
        "session_count": len(total.session_ids),
        "flagged_count": len(flagged_ids),
    }
    if output_format == "table":
        _tell(row, paths)
    else:
        print_rows([row], output_format)
    raise click.exceptions.Exit(EXIT_FINDINGS if total.quarantined_count or flagged_ids else EXIT_CLEAN)


def _tell(row: dict[str, object], paths: tuple[Path, ...]) -> None:
    if not row["seen_count"]:
        click.echo(f"No FIT, GPX or TCX file was found in {', '.join(str(path) for path in paths)}.")
        return
    click.echo(
        f"{row['seen_count']} file(s) read: {row['new_count']} new, {row['duplicate_count']} already here, "
        f"{row['merged_count']} further copies of a session, {row['quarantined_count']} quarantined. "
        f"{row['session_count']} session(s) written, {row['flagged_count']} flagged."
    )
    if row["quarantined_count"]:
        click.echo("What could not be read whole, and why: gaitkeeper doctor")
    if row["flagged_count"]:
        click.echo("What is outside the plan, and why: gaitkeeper flagged")


def flagged_among(home: Home, as_of: datetime | None, session_ids: Iterable[str]) -> set[str]:
    """Return which of some sessions are flagged."""
    from pipeline.compliance.judge import Days, judge_once
    from pipeline.warehouse.connection import ask

    asked = set(session_ids)
    if not asked:
        return set()
    with open_log(home, as_of) as connection:
        days = ask(connection, "days_of_sessions", {"session_ids": sorted(asked)})[0]
        if days["from_date"] is None:
            return set()
        judge_once(connection, Days(None, **days))
        found = ask(connection, "flagged_since", {"runner_id": None, "since_date": None})
    return {row["session_id"] for row in found} & asked


@click.command("sync")
@home_option
@format_option
@as_of_option
@log_format_option
@processes_option
@click.option("--full", "is_full", is_flag=True, help="List all that each account has, and find deletions.")
@click.option("--accept-deletions", is_flag=True, help="It is right that many activities are gone from an account.")
def sync_command(
    home: Home,
    output_format: str,
    as_of: datetime | None,
    log_format: str | None,
    processes: int | None,
    is_full: bool,
    accept_deletions: bool,
) -> None:
    """Run the nightly flow once, now: every configured source, judgement, reports."""
    start_log(log_format)
    if processes is not None:
        os.environ["GAITKEEPER_PROCESSES"] = str(processes)
    row = run_sync(home, as_of, is_full=is_full, accept_deletions=accept_deletions)
    if output_format == "table":
        click.echo(
            f"{row['seen_count']} file(s) seen: {row['new_count']} new, {row['duplicate_count']} already here, "
            f"{row['quarantined_count']} quarantined."
        )
        if row["withdrawn_count"]:
            click.echo(f"{row['withdrawn_count']} deleted at the source and taken out; the bytes stay in the archive.")
        for file in row["report_files"]:
            click.echo(f"Written: {file}")
    else:
        print_rows([row], output_format)
    if row["message"]:
        say(f"Error: {row['message']}")
        raise click.exceptions.Exit(EXIT_ATTENTION)
    raise click.exceptions.Exit(EXIT_FINDINGS if row["quarantined_count"] or row["flagged_count"] else EXIT_CLEAN)


def run_sync(
    home: Home, as_of: datetime | None, *, is_full: bool = False, accept_deletions: bool = False
) -> dict[str, Any]:
    """Run the Prefect flow in this process and return its result, with the number of sessions it flagged."""
    from flows.environment import prepare_prefect

    if not home.config().sources:
        raise NeedsAttention(
            f"No source is configured. Add a [[source]] to {home.config_file}, or use `gaitkeeper import FOLDER`."
        )
    prepare_prefect(home)
    if threading.current_thread() is threading.main_thread():
        # as Ctrl-C: Prefect then ends the server that it started for this run, which would stay behind otherwise
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    from flows.sync import sync

    row = dict(sync(str(home.path), now_in(home, as_of), is_full=is_full, accept_deletions=accept_deletions))
    row["flagged_count"] = len(flagged_among(home, as_of, row.pop("session_ids")))
    return row


@click.command("rebuild")
@home_option
@format_option
@as_of_option
@processes_option
def rebuild_command(home: Home, output_format: str, as_of: datetime | None, processes: int | None) -> None:
    """Make the warehouse again from archive and journal; every fact and verdict comes out the same."""
    from flows.verdicts import change_lines, verdicts_of
    from flows.work import default_processes, rebuild

    home.require()
    now_utc = now_in(home, as_of)
    before = verdicts_of(home, now_utc)
    with progress_bar("rebuilding") as progress:
        outcome = rebuild(home, now_utc, progress, processes or default_processes())
    say("\n".join(change_lines(before, verdicts_of(home, now_utc))))
    row = {
        "file_count": outcome.seen_count,
        "recording_count": outcome.new_count,
        "quarantined_count": outcome.quarantined_count,
    }
    if output_format == "table":
        click.echo(
            f"Rebuilt: {plural(outcome.new_count, 'recording')} from {plural(outcome.seen_count, 'file')}, "
            f"{outcome.quarantined_count} quarantined."
        )
    else:
        print_rows([row], output_format)
