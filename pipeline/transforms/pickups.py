"""Strides (pick-ups) found in the speed: short accelerations in a series, each a jump in speed and in steps.

METRICS.md, "strides (pick-ups)": P .91, R .85 on 149 true ones; a fixed threshold flags 76-100 % of sessions without.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.transforms.bouts import Bout, cadence_rise_spm, lowest, mean_grade_pct, seconds, sharpened
from pipeline.transforms.windows import stretches

if TYPE_CHECKING:
    from pipeline.model import FloatArray
    from pipeline.transforms.windows import IndexArray
    from pipeline.transforms.workings import Workings

#: METRICS.md, "strides (pick-ups)".
PEAK_RATIO: Final = 1.18
PROMINENCE_RATIO: Final = 0.18
BASE_WINDOW_S: Final = 301
BASE_CRITICAL_RATIO: Final = 0.90
MIN_WIDTH_S: Final = 6.0
MAX_WIDTH_S: Final = 45.0
MIN_CADENCE_RISE_SPM: Final = 6.0
MIN_GRADE_PCT: Final = -3.0
MAX_GRADE_PCT: Final = 5.0
MIN_EVENTS: Final = 3
MIN_APART_S: Final = 20.0
MAX_APART_S: Final = 330.0
WARM_UP_S: Final = 120
#: Without a critical speed the peak has no second hold; a higher one over the base stands in for it.
PEAK_RATIO_ALONE: Final = 1.25
#: EVIDENCE.md definition 3: a surge is 1.15 x ceiling. Uphill the pace hides the effort (scenario 5: strides at 1.11 x
#: ceiling up 6 %), so there a jump of 20 % over the minute before will do, above the ceiling with its tolerance of 5 %
#: (definition 2). Steeper than a road is no place for strides: a scramble.
SURGE_RATIO: Final = 1.15
HILL_CEILING_RATIO: Final = 1.05
HILL_JUMP_RATIO: Final = 1.20
HILL_PCT: Final = 3.0
STEEPEST_PCT: Final = 15.0
#: How far around a peak its valleys are looked for.
VALLEY_S: Final = 60
#: The running median is taken of every fifth second, every thirtieth: a two-hundredth of the work, 0.5 % of difference.
THINNED_S: Final = 5
HOP: Final = 6
#: More separate peaks than this come from noise; bounds the work.
MAX_PEAKS: Final = 400


def pickup_bouts(w: Workings) -> list[Bout]:
    """Return the bouts that look like strides; single ones and those that a sensor can't confirm are only possible."""
    speed_mps = w.speed_11s_mps
    base_mps = _base_mps(w)
    if base_mps is None:
        return []
    found: list[Bout] = []
    first, end = stretches(speed_mps >= PEAK_RATIO * base_mps, w.grid.pieces)
    for a, b in _worth_a_look(w, first, end, base_mps)[:MAX_PEAKS].tolist():
        bout = _judged(w, a, b, float(base_mps[a]))
        if bout is not None and not any(bout.overlaps(other) for other in found):
            found.append(bout)
    return _in_series(w, found)


def _base_mps(w: Workings) -> FloatArray | None:
    """Return for each row the speed of the running around it: running median, at most the session's and 0.90 CS."""
    rows = np.flatnonzero(w.gait.is_run & np.isfinite(w.speed_11s_mps))
    if len(rows) < WARM_UP_S:
        return None
    held = w.speed_11s_mps[rows]
    base = np.full(len(w.grid), float(np.median(held)))
    thin = held[::THINNED_S]
    width = BASE_WINDOW_S // THINNED_S
    if len(thin) > width:
        windows = np.lib.stride_tricks.sliding_window_view(thin, width)[::HOP]
        middles = np.arange(len(windows)) * HOP + width // 2
        running = np.median(windows, axis=1)
        base = np.minimum(base, np.interp(np.arange(len(w.grid)), rows[middles * THINNED_S], running))
    critical_mps = w.said_thresholds.critical_speed_mps
    return base if critical_mps is None else np.minimum(base, BASE_CRITICAL_RATIO * critical_mps)


def _worth_a_look(w: Workings, first: IndexArray, end: IndexArray, base_mps: FloatArray) -> IndexArray:
    """Return the stretches (first, end) that may be strides by time, length and peak; the rest needs no look."""
    if len(first) == 0:
        return np.zeros((0, 2), dtype=np.intp)
    length, t_s = end - first, w.grid.t_s[first] - w.grid.t_s[0]
    fits = (length >= 3) & (length <= 2 * MAX_WIDTH_S) & (t_s >= WARM_UP_S)
    filled = np.fmax(w.speed_11s_mps, -1.0)
    peak_mps = np.maximum.reduceat(filled, first)  # up to the next stretch, all of which lies lower
    ceiling_mps, critical_mps = w.said_thresholds.ceiling_mps, w.said_thresholds.critical_speed_mps
    least_mps = PEAK_RATIO_ALONE * base_mps[first] if critical_mps is None else np.full(len(first), critical_mps)
    if ceiling_mps is not None:
        least_mps = np.minimum(np.maximum(least_mps, ceiling_mps), HILL_CEILING_RATIO * ceiling_mps)
    pairs: IndexArray = np.column_stack((first, end))[fits & (peak_mps >= least_mps)]
    return pairs


def _judged(w: Workings, first: int, end: int, base_mps: float) -> Bout | None:
    """Return the bout of one stretch, None where it is no stride. The cheapest looks come first."""
    speed_mps = w.speed_11s_mps
    peak_row = first + int(np.argmax(speed_mps[first:end]))
    peak_mps = float(speed_mps[peak_row])
    low, high = (
        max(first - VALLEY_S, int(w.grid.pieces.start[first])),
        min(end + VALLEY_S, int(w.grid.pieces.end[first])),
    )
    valley_mps = max(lowest(speed_mps[low : peak_row + 1]), lowest(speed_mps[peak_row:high]))
    if peak_mps - valley_mps < PROMINENCE_RATIO * base_mps:
        return None
    rise_spm = cadence_rise_spm(w, Bout(first, end))
    if rise_spm is not None and rise_spm < MIN_CADENCE_RISE_SPM:
        return None
    bout = sharpened(w, Bout(first, end))
    if not MIN_WIDTH_S <= seconds(w, bout) <= MAX_WIDTH_S or 2 * np.count_nonzero(w.gait.is_run[bout.rows]) < len(bout):
        return None
    grade_pct = mean_grade_pct(w, bout)
    if not _is_fast_enough(w, bout, peak_mps, base_mps, grade_pct):
        return None
    missing = ["cadence"] if rise_spm is None else []
    missing += ["a barometer"] if grade_pct is None and not w.is_indoor else []
    return replace(bout, is_possible_only=True, detail=f"without {' and '.join(missing)}") if missing else bout


def _is_fast_enough(w: Workings, bout: Bout, peak_mps: float, base_mps: float, grade_pct: float | None) -> bool:
    ceiling_mps, critical_mps = w.said_thresholds.ceiling_mps, w.said_thresholds.critical_speed_mps
    if grade_pct is not None and not MIN_GRADE_PCT <= grade_pct <= STEEPEST_PCT:
        return False
    if grade_pct is not None and grade_pct > HILL_PCT and ceiling_mps is not None:
        before = w.grid.step_m[max(bout.first - VALLEY_S, 0) : bout.first]
        before_mps = float(np.nanmean(before)) if np.isfinite(before).any() else base_mps
        return peak_mps >= HILL_CEILING_RATIO * ceiling_mps and peak_mps >= HILL_JUMP_RATIO * before_mps
    if grade_pct is not None and grade_pct > MAX_GRADE_PCT:
        return False
    if ceiling_mps is not None and peak_mps <= ceiling_mps:
        return False
    return peak_mps >= (PEAK_RATIO_ALONE * base_mps if critical_mps is None else critical_mps)


def _in_series(w: Workings, found: list[Bout]) -> list[Bout]:
    """Return the bouts, those outside a series of MIN_EVENTS marked as possible only."""
    out: list[Bout] = []
    chain: list[Bout] = []
    for bout in [*found, None]:
        gap_s = None if bout is None or not chain else float(w.grid.t_s[bout.first] - w.grid.t_s[chain[-1].end - 1])
        if bout is None or (gap_s is not None and not MIN_APART_S <= gap_s <= MAX_APART_S):
            alone = len(chain) < MIN_EVENTS
            out += [replace(b, is_possible_only=True, detail=b.detail or "on its own") if alone else b for b in chain]
            chain = []
        if bout is not None:
            chain.append(bout)
    return out
