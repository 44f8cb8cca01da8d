"""The cadence baseline of every run that a batch touches: the line through the 60 days before it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.transforms.baseline import fit_line
from pipeline.warehouse import store
from pipeline.warehouse.connection import Connection, ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.rows import Derived

#: METRICS, cadence at matched speed: a 60-day baseline, in local days, the run's own day left out.
BASELINE_DAYS: Final = 60


def write_baselines(connection: Connection, derived: Sequence[Derived], gone: Sequence[dict[str, Any]] = ()) -> None:
    """Write the baseline of the runs of a batch and of those in the 60 days after, whose baseline they are part of.

    Args:
        connection: the writer's; the sessions of the batch are written.
        derived: the sessions of the batch.
        gone: the sessions that gave way to them (runner_id, session_date): a run may have been on another day before.
    """
    days_of: dict[str, list[date]] = {}
    for item in derived:
        days_of.setdefault(item.runner_id, []).append(date.fromisoformat(item.session.session_date))
    for row in gone:
        days_of.setdefault(row["runner_id"], []).append(row["session_date"])
    for runner_id, days in days_of.items():
        last = max(days) + timedelta(days=BASELINE_DAYS)
        span = {"runner_id": runner_id, "first_date": min(days), "last_date": last}
        runs = ask(connection, "runs_between", span)
        minutes = ask(connection, "minutes_between", {**span, "first_date": min(days) - timedelta(days=BASELINE_DAYS)})
        store.replace_baselines(connection, [_baseline(run, minutes) for run in runs])


def _baseline(run: dict[str, Any], minutes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = run["session_date"] - timedelta(days=BASELINE_DAYS)
    before = [row for row in minutes if first <= row["session_date"] < run["session_date"]]
    speeds = np.concatenate([np.array(row["speeds_mps"]) for row in before]) if before else np.empty(0)
    cadences = np.concatenate([np.array(row["cadences_spm"]) for row in before]) if before else np.empty(0)
    line = fit_line(speeds, cadences)
    return {
        "session_id": run["session_id"],
        "baseline_spm": None if line is None else line.baseline_spm,
        "baseline_speed_mps": None if line is None else line.baseline_speed_mps,
        "slope_spm_per_mps": None if line is None else line.slope_spm_per_mps,
        "min_speed_mps": float(speeds.min()) if len(speeds) else None,
        "max_speed_mps": float(speeds.max()) if len(speeds) else None,
        "minute_count": len(speeds),
        "run_count": len(before),
    }
