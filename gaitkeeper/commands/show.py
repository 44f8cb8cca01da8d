"""`gaitkeeper week`, `session`, `flagged`, `status` and `sql`: what reads the log."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gaitkeeper.cli import EXIT_CLEAN, EXIT_FINDINGS
from gaitkeeper.options import (
    as_of_option,
    day_option,
    format_option,
    home_option,
    one_runner,
    open_log,
    runner_option,
    today_in,
)
from gaitkeeper.output import print_rows
from gaitkeeper.terminal import page_columns, show_page
from pipeline.errors import NeedsAttention
from pipeline.warehouse.connection import ask

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection


@click.command("week")
@home_option
@runner_option
@format_option
@as_of_option
@click.option("--week", "iso_week", metavar="2026-W12", help="An ISO week; default: this one.")
def week_command(
    home: Home, runner_id: str | None, output_format: str, as_of: datetime | None, iso_week: str | None
) -> None:
    """Print the weekly summary."""
    from flows import report
    from pipeline.reports.weekly import render_week

    runner_id = one_runner(home, runner_id)
    if iso_week is not None and not re.fullmatch(r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])", iso_week):
        raise click.UsageError(f"{iso_week!r} is no ISO week. Write it as 2026-W12.")
    wanted = iso_week or report.iso_week(today_in(home, as_of))
    try:
        days = report.days_of_week(runner_id, wanted)
    except ValueError as error:  # most years end with week 52
        raise click.UsageError(f"There is no week {wanted}: its year ends with week 52.") from error
    with open_log(home, as_of, judge=days) as connection:
        week = report.load_week(connection, runner_id, wanted)
        if week is None and not ask(connection, "week", {"runner_id": runner_id, "iso_week": None}):
            raise NeedsAttention(f"The log of {runner_id} has no session yet. Run `gaitkeeper import FOLDER`.")
        if week is None:
            raise NeedsAttention(f"The log of {runner_id} does not reach the week {wanted}.")
        if output_format == "table":
            show_page(render_week(week, page_columns()))
        else:
            print_rows([week.summary], output_format)
    raise click.exceptions.Exit(EXIT_FINDINGS if week.summary["flagged_count"] else EXIT_CLEAN)


@click.command("session")
@home_option
@runner_option
@format_option
@as_of_option
@click.argument("wanted", metavar="ID")
def session_command(home: Home, runner_id: str | None, output_format: str, as_of: datetime | None, wanted: str) -> None:
    """Print one session, named by its id (or the start of it), its local day, or `last`."""
    from gaitkeeper.session_text import session_lines
    from pipeline.compliance.judge import Days, judge_once

    home.require()
    with open_log(home, as_of) as connection:
        session_id = find_session(connection, runner_id, wanted)
        judge_once(connection, Days(runner_id, **ask(connection, "days_of_sessions", {"session_ids": [session_id]})[0]))
        key = {"session_id": session_id}
        session = ask(connection, "one_session", key)[0]
        parts = {
            name: ask(connection, f"session_{name}", key)
            for name in ("findings", "facts", "recordings", "fields", "corrections", "surges", "climbs", "zones")
        }
    if output_format == "json":
        print_rows([{**session, **parts}], "json")
    elif output_format == "csv":
        print_rows(parts["facts"], "csv")
    else:
        click.echo("\n".join(session_lines(session, parts)))
    flagged = session["verdict"] in ("contact_clinician", "hold", "outside_plan")
    raise click.exceptions.Exit(EXIT_FINDINGS if flagged else EXIT_CLEAN)


def find_session(connection: Connection, runner_id: str | None, wanted: str) -> str:
    """Return the id of the one session that is meant.

    Raises:
        NeedsAttention: none matches, or several do.
    """
    found = ask(connection, "session_matches", {"runner_id": runner_id, "wanted": wanted})
    if not found:
        raise NeedsAttention(
            f"No session matches {wanted!r}. Name it by its id, by its local day (2026-03-02) or as `last`; "
            "`gaitkeeper week` lists them."
        )
    if len(found) > 1:
        listed = ", ".join(f"{row['session_id']} ({row['session_date']})" for row in found[:8])
        raise NeedsAttention(f"{len(found)} sessions match {wanted!r}: {listed}. Name one by its id.")
    return str(found[0]["session_id"])


@click.command("flagged")
@home_option
@runner_option
@format_option
@as_of_option
@day_option("--since", "Only sessions from this local day on.")
def flagged_command(
    home: Home, runner_id: str | None, output_format: str, as_of: datetime | None, since: date | None
) -> None:
    """List the flagged sessions with what was found, newest first."""
    from flows.report import flagged_report
    from pipeline.compliance.judge import NO_DAY, Days

    home.require()
    if runner_id is not None:
        runner_id = one_runner(home, runner_id)
    judge = True if since is None else Days(runner_id, since, NO_DAY)
    with open_log(home, as_of, judge=judge) as connection:
        found = ask(connection, "flagged_since", {"runner_id": runner_id, "since_date": since})
        if output_format == "table":
            click.echo(flagged_report(connection, runner_id, since), nl=False)
        else:
            print_rows(found, output_format)
    raise click.exceptions.Exit(EXIT_FINDINGS if found else EXIT_CLEAN)


@click.command("status")
@home_option
@runner_option
@format_option
@as_of_option
def status_command(home: Home, runner_id: str | None, output_format: str, as_of: datetime | None) -> None:
    """Print the stage today, what it allows, what is unknown, and the last sync of each source."""
    from flows.report import limits_between
    from gaitkeeper.status_text import RED_FLAG_DAYS, status_lines
    from pipeline.compliance.judge import NO_DAY, Days, hold_today, judge_once

    home.require()
    if runner_id is not None:
        runner_id = one_runner(home, runner_id)
    with open_log(home, as_of) as connection:
        asked = {"runner_id": runner_id, "day_count": RED_FLAG_DAYS}
        reach = {row.pop("runner_id"): row for row in ask(connection, "days_of_status", asked)}
        from_date = min((row.pop("from_date") for row in reach.values()), default=NO_DAY)
        judge_once(connection, Days(runner_id, from_date, NO_DAY))
        hold_today(connection)
        found = ask(connection, "status", {"runner_id": runner_id})
        for row in found:
            row.update(reach[row["runner_id"]])  # of the whole log, of which only these days were judged
            row["limits"] = ask(connection, "stage_limits", {"runner_id": row["runner_id"]})
            since = row["as_of_date"] - timedelta(days=RED_FLAG_DAYS)
            flagged = ask(connection, "flagged_since", {"runner_id": row["runner_id"], "since_date": since})
            row["red_flags"] = [finding for finding in flagged if finding["outcome"] == "contact_clinician"]
            week_ago = row["as_of_date"] - timedelta(days=6)
            row["held_limits"] = limits_between(connection, row["runner_id"], week_ago, days=7)
            row["silences"] = ask(connection, "silences", {"runner_id": row["runner_id"]})
            row["criteria"] = ask(connection, "stage_criteria", {"runner_id": row["runner_id"]})
            row["last_syncs"] = [s for s in ask(connection, "last_syncs") if s["runner_id"] == row["runner_id"]]
    if output_format == "table":
        for row in found:
            show_page("\n".join(status_lines(row, page_columns())) + "\n")
    else:
        print_rows(found, output_format)
    raise click.exceptions.Exit(EXIT_FINDINGS if any(row["flagged_7d_count"] for row in found) else EXIT_CLEAN)


@click.command("sql")
@home_option
@format_option
@as_of_option
@click.argument("statement")
def sql_command(home: Home, output_format: str, as_of: datetime | None, statement: str) -> None:
    """Run any read-only query, such as: from session_fact where fact = 'ascent_m'."""
    from pipeline.warehouse.connection import read_rows

    home.require()
    with open_log(home, as_of) as connection:
        print_rows(read_rows(connection, statement), output_format, nothing="No row.")
