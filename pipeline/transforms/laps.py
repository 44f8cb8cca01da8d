"""Bouts that the runner marked: laps pressed by hand or closed by a workout. They come before any detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.transforms.bouts import Bout, mean_speed_mps

if TYPE_CHECKING:
    from pipeline.model import Lap
    from pipeline.transforms.workings import Workings

#: METRICS.md, "strides (pick-ups)": at least 3 non-final laps of 8-45 s at 1.10 x their neighbours or faster.
MIN_LAP_S: Final = 8.0
MAX_SHORT_LAP_S: Final = 45.0
MIN_LAPS: Final = 3
FASTER_RATIO: Final = 1.10
#: EVIDENCE.md definitions 2 and 3: over the ceiling is 5 % above it, a surge 15 %.
OVER_RATIO: Final = 1.05
ALONE_RATIO: Final = 1.15
#: EVIDENCE.md definition 3: intervals last up to 180 s, plus some seconds until the button is found; longer bouts show
#: in the speed.
MAX_LAP_S: Final = 190.0
#: Laps that the watch closes by itself mark no intention: a kilometre, a place passed.
AUTOMATIC: Final = frozenset({"distance", "position_start", "position_lap", "position_waypoint", "position_marked"})
#: Fragments of a few metres come from GPS, not from a runner (FAILURES.md, "5-11 m GPS-fragment laps").
MIN_LAP_M: Final = 20.0
#: Steps of a workout that are meant to be fast.
FAST_STEPS: Final = frozenset({"active", "interval"})


def lap_bouts(w: Workings) -> list[Bout]:
    """Return the laps that are bouts of faster running, in the order of time."""
    laps = [(lap, _rows(w, lap)) for lap in w.recording.laps[:-1] if _is_marked(lap)]
    found = [(lap, bout) for lap, bout in laps if bout is not None and _is_candidate(w, bout)]
    if len([1 for lap, _ in found if not _is_fast_step(lap)]) < MIN_LAPS:
        found = [(lap, bout) for lap, bout in found if _is_fast_step(lap)]
    easy_mps = _easy_speed_mps(w, [bout for _, bout in found])
    return [bout for _, bout in found if _is_faster(w, bout, easy_mps)]


def _is_marked(lap: Lap) -> bool:
    length_s = lap.timer_s if lap.timer_s is not None else lap.elapsed_s
    if length_s is None or not MIN_LAP_S <= length_s <= MAX_LAP_S:
        return False
    return lap.trigger not in AUTOMATIC and (lap.distance_m is None or lap.distance_m >= MIN_LAP_M)


def _is_fast_step(lap: Lap) -> bool:
    return lap.workout_step_index is not None and lap.intensity in FAST_STEPS


def _rows(w: Workings, lap: Lap) -> Bout | None:
    length_s = lap.elapsed_s if lap.elapsed_s is not None else lap.timer_s
    if length_s is None:
        return None
    first = int(np.searchsorted(w.grid.t_s, round(lap.start_s)))
    end = int(np.searchsorted(w.grid.t_s, round(lap.start_s + length_s)))
    return Bout(first, end, detail="a lap of its own") if end > first else None


def _is_candidate(w: Workings, bout: Bout) -> bool:
    """Return whether the lap was run faster than what lies before and after it."""
    if w.gait.is_run[bout.first : bout.end].mean() < 0.5:
        return False
    length = bout.end - bout.first
    around = [Bout(max(bout.first - length, 0), bout.first), Bout(bout.end, min(bout.end + length, len(w.grid)))]
    beside = [mean_speed_mps(w, other) for other in around if other.end > other.first]
    speed_mps = mean_speed_mps(w, bout)
    return bool(beside) and all(speed_mps >= FASTER_RATIO * other for other in beside if np.isfinite(other))


def _easy_speed_mps(w: Workings, found: list[Bout]) -> float | None:
    """Return the median speed of running outside the bouts; None where there is no minute of it (a run/walk ladder)."""
    outside = w.gait.is_run & np.isfinite(w.grid.step_m)
    for bout in found:
        outside[bout.first : bout.end] = False
    return float(np.median(w.grid.step_m[outside])) if np.count_nonzero(outside) >= 60 else None


def _is_faster(w: Workings, bout: Bout, easy_mps: float | None) -> bool:
    """Return whether it is faster than the easy running of the day and, where there is one, than the ceiling.

    A run/walk ladder has no other running: there only what is clearly beyond the ceiling is a bout.
    """
    speed_mps, ceiling_mps = mean_speed_mps(w, bout), w.said_thresholds.ceiling_mps
    if easy_mps is None:
        return ceiling_mps is not None and speed_mps >= ALONE_RATIO * ceiling_mps
    return speed_mps >= FASTER_RATIO * easy_mps and (ceiling_mps is None or speed_mps > OVER_RATIO * ceiling_mps)
