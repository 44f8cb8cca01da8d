"""Puts the warehouse's rows into reports, and reports into files of the home."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.compliance.judge import Days, judge_once, lay_protocols_over
from pipeline.errors import NeedsAttention
from pipeline.reports.flagged import render_flagged
from pipeline.reports.weekly import Week, render_week
from pipeline.settings import PRIVATE_FILE_MODE, local_today
from pipeline.warehouse.connection import ask, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection


def iso_week(day: date) -> str:
    """Return the ISO week of a local day, such as 2026-W12."""
    iso = day.isocalendar()
    return f"{iso.year}-W{iso.week:02d}"


def days_of_week(runner_id: str, week: str) -> Days:
    """Return the days of an ISO week of one runner: enough to judge by for `load_week`."""
    monday = date.fromisoformat(f"{week}-1")
    return Days(runner_id, monday, monday + timedelta(days=6))


def load_week(connection: Connection, runner_id: str, week: str) -> Week | None:
    """Collect one week of one runner; None where the log does not reach it."""
    found = ask(connection, "week", {"runner_id": runner_id, "iso_week": week})
    if not found:
        return None
    summary = found[0]
    span = {"runner_id": runner_id, "week_start_date": summary["week_start_date"]}
    reach = ask(connection, "last_run_date", {"runner_id": runner_id})[0]
    stage = ask(connection, "stage_of_week", {**span, "stage_id": summary["stage_id"]})
    told: dict[str, Any] = stage[0] if stage else {"stage_name": None, "set_by": None, "set_on_date": None}
    return Week(
        summary=summary,
        stage_name=told["stage_name"],
        set_by=told["set_by"],
        set_on_date=told["set_on_date"],
        sessions=ask(connection, "week_sessions", span),
        findings=ask(connection, "week_findings", span),
        last_run_date=reach["last_run_date"],
        as_of_date=reach["as_of_date"],
        limits=limits_between(connection, runner_id, summary["week_start_date"], days=7),
        answers=ask(connection, "week_answers", span),
        withdrawals=_withdrawals(connection, runner_id, summary["week_start_date"], days=7),
        silences=ask(connection, "silences", {"runner_id": runner_id}),
    )


def limits_between(connection: Connection, runner_id: str, first_date: date, *, days: int) -> list[dict[str, Any]]:
    """Return each limit that some days' runs were held against, with the value nearest to it, the worst first."""
    span = {"runner_id": runner_id, "first_date": first_date, "last_date": first_date + timedelta(days=days - 1)}
    return ask(connection, "limits_between", span)


def flagged_report(connection: Connection, runner_id: str | None, since: date | None) -> str:
    """Return the flagged sessions as Markdown."""
    findings = ask(connection, "flagged_since", {"runner_id": runner_id, "since_date": since})
    ids = list({row["session_id"] for row in findings})
    sessions = {row["session_id"]: row for row in ask(connection, "sessions_by_id", {"session_ids": ids})}
    return render_flagged(findings, sessions, _withdrawals(connection, runner_id, since))


def _withdrawals(
    connection: Connection, runner_id: str | None, first_date: date | None, days: int | None = None
) -> list[dict[str, Any]]:
    last_date = None if first_date is None or days is None else first_date + timedelta(days=days - 1)
    asked = {"runner_id": runner_id, "first_date": first_date, "last_date": last_date}
    return ask(connection, "withdrawals", asked)


def write_reports(home: Home, now_utc: datetime) -> list[Path]:
    """Write the newest week with a run and the flagged sessions of every runner below `reports/`; return the files.

    Weeks after it that were written before are written again: the run that they told of is gone.
    """
    today = local_today(now_utc, home.config().time_zone)
    written: list[Path] = []
    with reading(home, now_utc, today) as connection:
        lay_protocols_over(connection, home)
        judge_once(connection)
        for row in ask(connection, "status", {"runner_id": None}):
            newest = row["last_run_date"]
            if newest is not None:
                written += _write_runner(home, connection, row["runner_id"], newest)
    return written


def _write_runner(home: Home, connection: Connection, runner_id: str, newest: date) -> Iterator[Path]:
    folder = home.report_folder / runner_id
    last = iso_week(newest)
    # a week whose only run was deleted since: its file would go on telling of that run
    later = {path.stem.removeprefix("week-") for path in folder.glob("week-????-W??.txt")}
    for name in [last, *sorted(name for name in later if name > last)]:
        week = load_week(connection, runner_id, name)
        if week is not None:
            yield _write(folder / f"week-{name}.txt", render_week(week))
    yield _write(folder / "flagged.md", flagged_report(connection, runner_id, None))


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(text, "utf-8")
        partial.chmod(PRIVATE_FILE_MODE)
        partial.replace(path)
    except OSError as error:
        raise NeedsAttention(f"The report {path} can't be written: {error.strerror}.") from error
    return path
