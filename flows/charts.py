"""Puts the warehouse's rows into charts: what each picture is made of, from a connection that is open for reading.

Charts for a clinician leave out what a source's terms withhold from other people's eyes, and say how many runs that is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts.block import BlockChart
from pipeline.reports.charts.cadence import CadenceChart
from pipeline.reports.charts.session import SessionChart
from pipeline.reports.charts.week import WeekChart
from pipeline.warehouse.connection import ask

if TYPE_CHECKING:
    from pipeline.warehouse.connection import Connection

Row = dict[str, Any]

#: Bins of a session's chart: about as many as a phone has CSS pixels across, and half of what a page has.
BIN_COUNT: Final = 300
#: Runs of the chart of cadence: the newest ones, a training block's worth.
CADENCE_RUNS: Final = 40


def session_chart_of(connection: Connection, session_id: str, *, is_for_clinician: bool = False) -> SessionChart | None:
    """Collect what the chart of one session is made of.

    Args:
        connection: open for reading.
        session_id: the whole id.
        is_for_clinician: leave out what may not be shown to one.

    Returns:
        None where there is no such session, no second of it, or nothing of it that may be shown.
    """
    key = {"session_id": session_id}
    sessions = ask(connection, "one_session", key)
    if not sessions or (is_for_clinician and sessions[0]["may_reach_clinician"] is False):
        return None
    samples = ask(connection, "chart_session_samples", {**key, "bin_count": BIN_COUNT})
    if not samples:
        return None
    cadence = ask(connection, "chart_session_baseline", key)[0]
    return SessionChart(
        session=sessions[0],
        samples=samples,
        surges=ask(connection, "session_surges", key),
        climbs=ask(connection, "session_climbs", key),
        findings=ask(connection, "chart_session_findings", key),
        baseline=cadence if cadence["baseline_spm"] is not None else None,
        least_cadence_ratio=cadence["least_cadence_ratio"],
        most_cadence_ratio=cadence["most_cadence_ratio"],
    )


def week_chart_of(
    connection: Connection, runner_id: str, iso_week: str, *, is_for_clinician: bool = False
) -> WeekChart | None:
    """Collect what the chart of one week is made of; None where the log does not reach it."""
    found = ask(connection, "week", {"runner_id": runner_id, "iso_week": iso_week})
    if not found:
        return None
    week = found[0]
    start = week["week_start_date"]
    span = {"runner_id": runner_id, "first_date": start, "before_date": start + timedelta(days=7)}
    stage = {"runner_id": runner_id, "stage_id": week["stage_id"], "last_date": start + timedelta(days=6)}
    known = ask(connection, "chart_week_limit", stage)[0]
    sessions, withheld = _shown(ask(connection, "chart_week_sessions", span), is_for_clinician=is_for_clinician)
    return WeekChart(
        iso_week=iso_week,
        week_start_date=start,
        as_of_date=known["as_of_date"],
        stage_id=week["stage_id"],
        limit_run_s=known["limit_run_s"],
        sessions=sessions,
        rehab=ask(connection, "chart_week_rehab", span),
        withheld=withheld,
    )


def block_chart_of(connection: Connection, runner_id: str, *, is_for_clinician: bool = False) -> BlockChart | None:
    """Collect what the chart of the whole block is made of; None where the log has no session."""
    weeks = ask(connection, "week", {"runner_id": runner_id, "iso_week": None})
    if not weeks:
        return None
    first, last = weeks[0]["week_start_date"], weeks[-1]["week_start_date"] + timedelta(days=7)
    span = {"runner_id": runner_id, "first_date": first, "before_date": last}
    runs = [row for row in ask(connection, "chart_week_sessions", span) if row["is_run"] and not row["is_excluded"]]
    shown, withheld = _shown(runs, is_for_clinician=is_for_clinician)
    known = ask(connection, "chart_today_limits", {"runner_id": runner_id})[0]
    return BlockChart(
        weeks=_without(weeks, withheld) if withheld else weeks,
        stages=ask(connection, "chart_block_stages", {"runner_id": runner_id}),
        runs=shown,
        pain_limit_0_10=known["pain_limit_0_10"],
        as_of_date=known["as_of_date"],
        withheld=withheld,
    )


def cadence_chart_of(connection: Connection, runner_id: str, *, is_for_clinician: bool = False) -> CadenceChart | None:
    """Collect what the chart of cadence against speed is made of; None where no run has a steady minute to show."""
    every = ask(connection, "chart_cadence_runs", {"runner_id": runner_id})
    shown, withheld = _shown(every, is_for_clinician=is_for_clinician)
    runs = shown[-CADENCE_RUNS:]
    if not runs:
        return None
    known = ask(connection, "chart_today_limits", {"runner_id": runner_id})[0]
    line = ask(connection, "chart_session_baseline", {"session_id": runs[-1]["session_id"]})[0]
    return CadenceChart(
        runs=runs,
        minutes=ask(connection, "chart_cadence_minutes", {"session_ids": [run["session_id"] for run in runs]}),
        baseline=line if line["baseline_spm"] is not None else None,
        least_cadence_ratio=known["least_cadence_ratio"],
        most_cadence_ratio=known["most_cadence_ratio"],
        withheld=withheld,
    )


def _shown(rows: list[Row], *, is_for_clinician: bool) -> tuple[list[Row], list[Row]]:
    """Return (what may be shown, what may not)."""
    if not is_for_clinician:
        return rows, []
    return (
        [row for row in rows if row["may_reach_clinician"] is not False],
        [row for row in rows if row["may_reach_clinician"] is False],
    )


def _without(weeks: list[Row], withheld: list[Row]) -> list[Row]:
    """Take withheld runs off the sums of their weeks: a total would tell what its parts may not."""
    found = []
    for week in weeks:
        start = week["week_start_date"]
        hidden = [run for run in withheld if start <= run["session_date"] < start + timedelta(days=7)]
        taken_m = sum(run["run_distance_m"] or run["distance_m"] or 0.0 for run in hidden)
        distance_m = week["run_distance_m"]
        found.append(
            {
                **week,
                "run_count": week["run_count"] - len(hidden),
                "run_distance_m": None if distance_m is None else max(0.0, distance_m - taken_m),
            }
        )
    return found
