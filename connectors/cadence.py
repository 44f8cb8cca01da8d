"""One leg or both? What a cadence of GPX or TCX counts, decided once per recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Issue
from pipeline.units import STEPS_PER_STRIDE

if TYPE_CHECKING:
    from pipeline.model import FloatArray

#: One leg takes 75 to 100 strides a minute in running, both take 150 to 200 steps; 0 of 3,218 FIT runs (one leg) have
#: a median of 120 or more while running.
STEPS_WHILE_RUNNING: Final = 120.0
#: Walking is 45 to 65 strides a minute of one leg, 90 to 130 steps of both.
STEPS_WHILE_WALKING: Final = 80.0
#: Between fast walking and slow running (the usual walk-run transition).
RUNNING_MPS: Final = 2.0
WALKING_MPS: Final = 0.7
#: Fewer points say too little of a median.
MIN_POINTS: Final = 10
#: FIT's and TCX's marker for "no value", which exporters copy.
INVALID: Final = 255.0
#: Longer steps between two points are gaps, not speed.
_LONGEST_STEP_S: Final = 30.0
_M_PER_DEG: Final = 111_195.0  # of latitude, on a sphere of 6,371 km


def steps_per_minute(cadence: FloatArray, speed_mps: FloatArray) -> tuple[FloatArray, Issue | None]:
    """Turn a cadence into steps a minute of both feet: of one leg, as the formats mean it, unless it is too high.

    Args:
        cadence: (n,) a minute, of one leg or of both.
        speed_mps: (n,) NaN where unknown.

    Returns:
        (n,) steps a minute, and an issue that tells the decision; None where there is no cadence.
    """
    cadence = np.where(cadence == INVALID, np.nan, cadence)
    moving = cadence > 0
    if not moving.any():
        return cadence, None
    median, limit, gait = _typical(cadence, speed_mps, moving)
    if median >= limit:
        detail = f"taken as steps of both feet: median {median:.0f} {gait}"
        return cadence, Issue("cadence_meaning", "cadence_spm", int(moving.sum()), detail)
    detail = f"taken as strides of one leg and doubled: median {median:.0f} {gait}"
    return cadence * STEPS_PER_STRIDE, Issue("cadence_meaning", "cadence_spm", int(moving.sum()), detail)


def _typical(cadence: FloatArray, speed_mps: FloatArray, moving: np.ndarray) -> tuple[float, float, str]:
    running = moving & (speed_mps >= RUNNING_MPS)
    walking = moving & (speed_mps >= WALKING_MPS) & (speed_mps < RUNNING_MPS)
    if running.sum() >= MIN_POINTS:
        return float(np.median(cadence[running])), STEPS_WHILE_RUNNING, "while running"
    if walking.sum() >= MIN_POINTS:
        return float(np.median(cadence[walking])), STEPS_WHILE_WALKING, "while walking"
    return float(np.median(cadence[moving])), STEPS_WHILE_RUNNING, "while moving"


def rough_speed(times_s: FloatArray, latitude_deg: FloatArray, longitude_deg: FloatArray) -> FloatArray:
    """Return (n,) metres a second from the point before, NaN across gaps: good enough to tell walking from running."""
    north_m = np.diff(latitude_deg, prepend=np.nan) * _M_PER_DEG
    east_m = np.diff(longitude_deg, prepend=np.nan) * _M_PER_DEG * np.cos(np.radians(latitude_deg))
    step_s = np.diff(times_s, prepend=np.nan)
    step_s[~((step_s > 0) & (step_s <= _LONGEST_STEP_S))] = np.nan
    return np.asarray(np.hypot(north_m, east_m) / step_s, dtype=np.float64)
