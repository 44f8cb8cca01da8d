"""The runner's own line of cadence on speed: what a cadence is compared with at the same speed.

A fit that a few odd minutes can't bend (Huber 1964): METRICS measured 0.66-1.5 % as the spread of a run's residual,
where a constant baseline leaves 1.1-2.35 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pipeline.model import FloatArray

#: Huber's constant: 95 % efficiency on clean data (Huber 1981, "Robust Statistics").
HUBER_K: Final = 1.345
#: A normal distribution's standard deviation is 1.4826 of its median absolute deviation.
SIGMA_PER_MAD: Final = 1.4826
#: Steps a minute for each metre a second, where the runner's own minutes say little: 7.8 (LEACOX25) to 12 (VANOEV17).
PRIOR_SLOPE_SPM_PER_MPS: Final = 10.0
#: How much spread of speed weighs as much as that prior: 100 minutes with a deviation of 0.1 m/s. A rehab log is run at
#: one speed, and a slope drawn through its noise would be one that no legs have.
PRIOR_WEIGHT_M2PS2: Final = 1.0
#: The weights settle within ten rounds; more change nothing that can be seen.
ROUNDS: Final = 20
#: A spread below this is rounding, not noise: FIT cadence has a resolution of 1/64 of a revolution at best.
LEAST_SIGMA_SPM: Final = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """Cadence = baseline + slope x (speed - baseline speed)."""

    baseline_spm: float
    baseline_speed_mps: float  #: the mean speed of the minutes: the point at which the line is known best
    slope_spm_per_mps: float


def fit_line(speed_mps: FloatArray, cadence_spm: FloatArray) -> Line | None:
    """Fit cadence on speed robustly; None with fewer than three minutes."""
    if len(speed_mps) < 3:
        return None
    center = float(speed_mps.mean())
    x = speed_mps - center
    weight = np.ones_like(x)
    level, slope = 0.0, 0.0
    for _ in range(ROUNDS):
        mean_x = np.average(x, weights=weight)
        mean_y = np.average(cadence_spm, weights=weight)
        rise = float((weight * (x - mean_x) * (cadence_spm - mean_y)).sum())
        spread = float((weight * (x - mean_x) ** 2).sum())
        slope = (rise + PRIOR_WEIGHT_M2PS2 * PRIOR_SLOPE_SPM_PER_MPS) / (spread + PRIOR_WEIGHT_M2PS2)
        level = float(mean_y - slope * mean_x)
        residual = np.abs(cadence_spm - level - slope * x)
        sigma = max(SIGMA_PER_MAD * float(np.median(residual)), LEAST_SIGMA_SPM)
        weight = np.minimum(1.0, HUBER_K * sigma / np.maximum(residual, 1e-12))
    return Line(level, center, slope)
