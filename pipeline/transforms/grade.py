"""The slope of the ground over distance, the stretches of hill in it, and the steepest metres that were kept up.

METRICS.md, "grade" and "hill exposure": altitude averaged over 15 s, brought to a 5 m distance grid, a regression over
50 m. Point-wise grade finds hills on every flat run, this on 1-2 % of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.transforms.windows import stretches

if TYPE_CHECKING:
    from pipeline.model import FloatArray
    from pipeline.transforms.elevation import Elevation
    from pipeline.transforms.grid import Grid
    from pipeline.transforms.windows import IndexArray

#: METRICS.md, "grade".
STEP_M: Final = 5.0
GRADE_WINDOW_M: Final = 50.0
#: METRICS.md, "hill exposure": on at g, off at g - 1 point, at least 50 m long and 3 m high.
HYSTERESIS_PCT: Final = 1.0
MIN_HILL_M: Final = 50.0
MIN_GAIN_M: Final = 3.0
#: A distance that nobody covers in one recording (a broken counter); bounds the memory.
MAX_DISTANCE_M: Final = 2_000_000.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Altitude and slope on a distance grid of STEP_M."""

    distance_m: FloatArray
    altitude_m: FloatArray
    grade_pct: FloatArray  #: regression over GRADE_WINDOW_M
    row_in: IndexArray  #: row of the session in which the point was reached
    row_out: IndexArray  #: row in which it was left: later, where the runner stood there
    row_grade_pct: FloatArray  #: the slope in each row of the session


@dataclass(frozen=True, slots=True)
class Hill:
    """A stretch of one slope: first and last index of the profile."""

    first: int
    end: int  #: index after the last


def make_profile(grid: Grid, elevation: Elevation) -> Profile | None:
    """Build the profile; None where hills can't be assessed or the way is shorter than two windows."""
    if elevation.why_not is not None or elevation.incline_pct is not None:
        return None
    known = np.isfinite(elevation.smooth_m) & np.isfinite(grid.distance_m)
    d, z = grid.distance_m[known], elevation.smooth_m[known]
    if len(d) < 2 or not 2 * GRADE_WINDOW_M <= d[-1] - d[0] <= MAX_DISTANCE_M:
        return None
    grid_m = np.arange(d[0], d[-1], STEP_M)
    # Standing still gathers many altitudes at one distance: their mean stands for them, so a drift there makes no wall.
    bins = np.minimum(((d - d[0]) / STEP_M + 0.5).astype(np.intp), len(grid_m) - 1)
    count = np.bincount(bins, minlength=len(grid_m))
    filled = count > 0
    mean_d = np.bincount(bins, weights=d, minlength=len(grid_m))[filled] / count[filled]
    mean_z = np.bincount(bins, weights=z, minlength=len(grid_m))[filled] / count[filled]
    altitude_m = np.interp(grid_m, mean_d, mean_z)
    grade_pct = slope_pct(altitude_m, GRADE_WINDOW_M)
    rows = np.flatnonzero(known)
    return Profile(
        grid_m,
        altitude_m,
        grade_pct,
        rows[np.searchsorted(d, grid_m, side="left")],
        rows[np.searchsorted(d, grid_m, side="right") - 1],
        np.where(np.isfinite(grid.distance_m), np.interp(grid.distance_m, grid_m, grade_pct), np.nan),
    )


def slope_pct(altitude_m: FloatArray, window_m: float) -> FloatArray:
    """Return the slope of a straight line through the window around each point of the distance grid, in per cent.

    At the ends, where the window isn't whole, the nearest whole window's slope holds.
    """
    half = int(window_m / STEP_M) // 2
    if len(altitude_m) < 2 * half + 1:
        return np.full(len(altitude_m), np.nan)
    offset = np.arange(-half, half + 1) * STEP_M
    middle = np.correlate(altitude_m - altitude_m[0], offset / (offset**2).sum(), mode="valid") * 100.0
    return np.concatenate((np.full(half, middle[0]), middle, np.full(half, middle[-1])))


def hills(profile: Profile, threshold_pct: float, sign: float) -> list[Hill]:
    """Return the stretches at or above the threshold: `sign` 1.0 uphill, -1.0 downhill.

    A stretch begins where the slope reaches the threshold and ends where it falls HYSTERESIS_PCT under it.
    """
    slope = sign * profile.grade_pct
    reached = np.flatnonzero(slope >= threshold_pct)
    if len(reached) == 0:
        return []
    first, end = stretches(slope >= threshold_pct - HYSTERESIS_PCT)
    first = np.append(reached, len(slope))[np.searchsorted(reached, first)]  # where each reaches it, if it ever does
    first, end = first[first < end], end[first < end]
    last = np.minimum(end, len(slope) - 1)
    long = profile.distance_m[last] - profile.distance_m[first] >= MIN_HILL_M
    high = sign * (profile.altitude_m[last] - profile.altitude_m[first]) >= MIN_GAIN_M
    return [Hill(int(a), int(b)) for a, b in zip(first[long & high], last[long & high], strict=True)]


def sustained_pct(profile: Profile, window_m: float, sign: float) -> tuple[float, int, int] | None:
    """Return the steepest slope kept up over `window_m` and the rows of its start and end; None on a shorter way.

    The slope is 0 where the session never goes that way.
    """
    slope = sign * slope_pct(profile.altitude_m, window_m)
    if not np.isfinite(slope).any():
        return None
    half = int(window_m / STEP_M) // 2
    middle = int(np.argmax(slope[half : len(slope) - half])) + half
    return max(float(slope[middle]), 0.0), int(profile.row_out[middle - half]), int(profile.row_in[middle + half])
