"""Rows for charts, made by hand: a session in bins, a week, a block, runs with steady minutes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pipeline.reports.charts import BlockChart, CadenceChart, SessionChart, WeekChart

SESSION: dict[str, Any] = {
    "session_id": "aaa", "session_date": date(2026, 3, 2), "sport": "running", "is_run": True, "is_indoor": False,
    "is_excluded": False, "elapsed_s": 600.0, "timer_s": 600.0, "moving_s": 600.0, "run_s": 600.0, "distance_m": 1600.0,
    "run_distance_m": 1600.0, "altitude_source": "barometric", "ceiling_mps": 2.897, "critical_speed_mps": 3.52,
    "critical_speed_source": "configured", "mean_run_cadence_spm": 170.0, "verdict": "within_plan", "stage_id": "S1",
    "pain_before": 0, "pain_during": 1, "pain_after": 1, "pain_next_morning": 0, "is_pending": False,
    "may_reach_clinician": True,
}  # fmt: skip


def session(**changed: Any) -> dict[str, Any]:
    return {**SESSION, **changed}


def bins(
    count: int = 100, *, width_s: int = 6, piece: int = 0, start_s: int = 0, **changed: Any
) -> list[dict[str, Any]]:
    """Return bins of a steady run at 2.7 m/s, 170 steps a minute, on flat ground at 100 m."""
    row = {
        "speed_mps": 2.7, "low_speed_mps": 2.6, "high_speed_mps": 2.8, "run_speed_mps": 2.7, "altitude_m": 100.0,
        "cadence_spm": 170.0, "low_cadence_spm": 168.0, "high_cadence_spm": 172.0, "heart_rate_bpm": 140.0,
    }  # fmt: skip
    return [
        {
            "piece": piece,
            "start_s": start_s + place * width_s,
            "end_s": start_s + (place + 1) * width_s,
            **row,
            **changed,
        }
        for place in range(count)
    ]


def session_rows(**changed: Any) -> SessionChart:
    fields: dict[str, Any] = {
        "session": session(), "samples": bins(), "surges": [], "climbs": [], "findings": [],
        "baseline": {"baseline_spm": 164.0, "baseline_speed_mps": 2.8, "slope_spm_per_mps": 9.0},
        "least_cadence_ratio": 0.05, "most_cadence_ratio": 0.10,
    }  # fmt: skip
    return SessionChart(**{**fields, **changed})


def finding(fact: str, start_s: float, end_s: float, message: str, **changed: Any) -> dict[str, Any]:
    fields = {
        "fact": fact,
        "outcome": "outside_plan",
        "start_s": start_s,
        "end_s": end_s,
        "message": message,
        "overridden_by": None,
    }
    return {**fields, **changed}


def surge(start_s: float, kind: str = "pickup", **changed: Any) -> dict[str, Any]:
    return {
        "start_s": start_s,
        "duration_s": 20.0,
        "speed_mps": 3.8,
        "kind": kind,
        "is_possible_only": False,
        **changed,
    }


def climb(start_s: float, grade_pct: float = 4.0, direction: str = "up", **changed: Any) -> dict[str, Any]:
    fields = {
        "direction": direction,
        "start_s": start_s,
        "duration_s": 60.0,
        "gain_m": 8.0,
        "mean_grade_pct": grade_pct,
    }
    return {**fields, **changed}


def week_rows(**changed: Any) -> WeekChart:
    fields: dict[str, Any] = {
        "iso_week": "2026-W10", "week_start_date": date(2026, 3, 2), "as_of_date": date(2026, 3, 8), "stage_id": "S1",
        "limit_run_s": 3000.0, "sessions": [session()], "rehab": [{"rehab_date": date(2026, 3, 3)}],
    }  # fmt: skip
    return WeekChart(**{**fields, **changed})


def week(place: int, run_count: int = 1, run_distance_m: float | None = 5000.0) -> dict[str, Any]:
    return {
        "week_start_date": date(2026, 3, 2) + timedelta(days=7 * place), "run_count": run_count, "run_distance_m": run_distance_m,
    }  # fmt: skip


def stage(stage_id: str | None, first: date, last: date, name: str | None = "conversational running") -> dict[str, Any]:
    return {"stage_id": stage_id, "stage_name": name, "from_date": first, "to_date": last, "set_by": "Dr Example"}


def block_rows(weeks: int = 4, **changed: Any) -> BlockChart:
    first = date(2026, 3, 2)
    fields: dict[str, Any] = {
        "weeks": [week(place) for place in range(weeks)],
        "stages": [stage("S1", first, first + timedelta(days=7 * weeks - 1))],
        "runs": [session(session_date=first + timedelta(days=7 * place)) for place in range(weeks)],
        "pain_limit_0_10": 2.0, "as_of_date": first + timedelta(days=7 * weeks - 1),
    }  # fmt: skip
    return BlockChart(**{**fields, **changed})


def cadence_rows(runs: int = 8, **changed: Any) -> CadenceChart:
    fields: dict[str, Any] = {
        "runs": [
            {
                "session_id": str(place), "session_date": date(2026, 3, 2) + timedelta(days=place), "minute_count": 20,
                "speed_mps": 2.6 + 0.02 * place, "cadence_spm": 170.0 + place, "cadence_ratio": 0.06,
            }
            for place in range(runs)
        ],
        "minutes": [
            {"session_id": str(place), "speed_mps": 2.5 + 0.01 * minute, "cadence_spm": 168.0 + minute % 7}
            for place in range(runs)
            for minute in range(20)
        ],
        "baseline": {"baseline_spm": 164.0, "baseline_speed_mps": 2.8, "slope_spm_per_mps": 9.0, "is_said": True},
        "least_cadence_ratio": 0.05, "most_cadence_ratio": 0.10,
    }  # fmt: skip
    return CadenceChart(**{**fields, **changed})
