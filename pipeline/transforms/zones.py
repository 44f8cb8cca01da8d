"""Pace zones, and time above the conversational ceiling.

Zones are relative to the runner: 1 up to the ceiling (conversational), 2 up to critical speed (heavy domain: tempo),
3 up to 1.15 x critical speed (severe domain: intervals), 4 beyond (beyond mile pace: 5.09 / 4.37 = 1.16, FOSTER22).
Real speed and grade-adjusted speed are kept apart: the second says effort, never flexion. Heart rate is another module.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Fact, FactDefinition, ZoneTime
from pipeline.transforms.definitions import Transform, not_assessable
from pipeline.transforms.windows import bounds, stretches, window_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.model import FloatArray, Thresholds
    from pipeline.transforms.windows import BoolArray
    from pipeline.transforms.workings import Workings

#: FOSTER22: mile pace over critical speed, rounded down.
MILE_PACE_RATIO: Final = 1.15
#: EVIDENCE.md definition 2: over the ceiling is a 30 s mean above it by 5 % (fixed anchors miss it so: NUUTTILA25) ...
TOLERANCE_RATIO: Final = 1.05
OVER_WINDOW_S: Final = 30
#: ... where the ground is within 3 % of level.
LEVEL_PCT: Final = 3.0
#: Seconds around a pick-up that its acceleration and the 11 s window of its detection reach into.
PICKUP_MARGIN_S: Final = 5.0
#: Counting seconds that a 30 s mean needs.
MIN_COUNTED_S: Final = 10
#: METRICS.md, "grade-adjusted speed": v (1 + 2.2 g + 13.2 g²) leaves 9.76 % against heart rate, none 12.65 %; Minetti
#: is worse than none.
ADJUST_LINEAR: Final = 2.2
ADJUST_SQUARE: Final = 13.2
#: The fit has seen no steeper ground.
MAX_ADJUSTED_GRADE_PCT: Final = 30.0


def borders_mps(thresholds: Thresholds) -> list[float]:
    """Return the upper borders of the zones but the last; none without a ceiling."""
    ceiling, critical = thresholds.ceiling_mps, thresholds.critical_speed_mps
    if ceiling is None:
        return []
    if critical is None or critical <= ceiling:
        return [ceiling]
    return [ceiling, critical, MILE_PACE_RATIO * critical]


def classify(speed_mps: FloatArray, is_run: BoolArray, thresholds: Thresholds) -> NDArray[np.uint8]:
    """Return the zone of each row, from 1; 0 outside running, without a speed or without a ceiling."""
    borders = borders_mps(thresholds)
    if not borders:
        return np.zeros(len(speed_mps), dtype=np.uint8)
    zone = np.searchsorted(borders, speed_mps, side="left") + 1  # a border belongs to the zone below it
    return np.where(is_run & np.isfinite(speed_mps), zone, 0).astype(np.uint8)


def grade_adjusted_mps(speed_mps: FloatArray, grade_pct: FloatArray) -> FloatArray:
    """Return the speed on level ground that asks the same effort; NaN where the slope isn't known."""
    g = np.clip(grade_pct, -MAX_ADJUSTED_GRADE_PCT, MAX_ADJUSTED_GRADE_PCT) / 100.0
    return speed_mps * (1.0 + ADJUST_LINEAR * g + ADJUST_SQUARE * g * g)


def zone_times(w: Workings) -> tuple[ZoneTime, ...]:
    """Return the running seconds in each zone, on real speed and, with a barometer, on grade-adjusted speed."""
    count = len(borders_mps(w.thresholds)) + 1
    if count == 1:
        return ()
    found = _seconds(w.zone, count, grade_adjusted=False)
    if np.isfinite(w.grade_pct).any():
        adjusted = grade_adjusted_mps(w.speed_11s_mps, w.grade_pct)
        found += _seconds(classify(adjusted, w.gait.is_run, w.thresholds), count, grade_adjusted=True)
    return tuple(found)


def _seconds(zone: NDArray[np.uint8], count: int, *, grade_adjusted: bool) -> list[ZoneTime]:
    seconds = np.bincount(zone, minlength=count + 1)
    return [ZoneTime(number, float(seconds[number]), grade_adjusted) for number in range(1, count + 1)]


_SOURCE: Final = "30 s mean of running seconds over ceiling x 1.05 within 3 % of level (EVIDENCE.md, definition 2)"

DEFINITIONS: Final = (
    FactDefinition(
        "over_ceiling_s",
        "Running seconds above the ceiling by more than 5 %, strides (pick-ups) left out, tempo and intervals not.",
        _SOURCE,
        error_abs=10.0,
        rests_on=("ceiling",),
    ),
    FactDefinition(
        "over_ceiling_outside_tempo_s",
        "The same with tempo, interval and hard blocks left out, too: they have facts of their own.",
        _SOURCE,
        error_abs=10.0,
        rests_on=("ceiling",),
    ),
)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the time over the ceiling."""
    if w.thresholds.ceiling_mps is None:
        yield from not_assessable(DEFINITIONS, "no ceiling set: enter the talk-test speed or a critical speed")
    elif not w.grid.has("step_m") or w.gait.by == "none":
        yield from not_assessable(DEFINITIONS, "no speed was recorded")
    else:
        over = _over(w, "over_ceiling_s", ("pickup",), w.thresholds.ceiling_mps)
        yield over
        name, left_out = "over_ceiling_outside_tempo_s", ("pickup", "interval", "tempo", "hard")
        if any(surge.kind != "pickup" for surge in w.surges):
            yield _over(w, name, left_out, w.thresholds.ceiling_mps)
        else:
            yield replace(over, name=name)


def _over(w: Workings, name: str, left_out: tuple[str, ...], ceiling_mps: float) -> Fact:
    """Count seconds over the ceiling; what is left out has no part in the 30 s means around it, so it can't smear."""
    t_s = w.grid.t_s
    counts = w.gait.is_run & np.isfinite(w.grid.step_m) & ~(np.abs(w.grade_pct) > LEVEL_PCT)
    for surge in w.surges:
        if surge.kind in left_out and not surge.is_possible_only:
            end_s = surge.start_s + surge.duration_s + PICKUP_MARGIN_S
            counts[np.searchsorted(t_s, surge.start_s - PICKUP_MARGIN_S) : np.searchsorted(t_s, end_s)] = False
    low, high = bounds(w.grid.pieces, OVER_WINDOW_S // 2, OVER_WINDOW_S // 2)
    counted_s = window_sum(counts.astype(np.float64), low, high)
    excess_m = window_sum(np.where(counts, w.grid.step_m - ceiling_mps * TOLERANCE_RATIO, 0.0), low, high)
    over = counts & (excess_m > 0) & (counted_s >= MIN_COUNTED_S)
    first, end = stretches(over, w.grid.pieces)
    detail = None if np.isfinite(w.grade_pct).any() else "by speed alone: without a barometer a downhill counts, too"
    if len(first) == 0:
        return Fact(name, 0.0, detail=detail)
    longest = int(np.argmax(end - first))
    start_s = float(t_s[first[longest]])
    return Fact(
        name,
        float(np.count_nonzero(over)),
        detail=detail,
        start_s=start_s,
        end_s=float(t_s[end[longest] - 1]) + 1.0,
    )


TRANSFORM: Final = Transform("zones", DEFINITIONS, facts)
