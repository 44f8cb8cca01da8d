"""The farthest stretches of running of 2 to 20 minutes: what critical speed is estimated from, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pipeline.transforms.workings import Workings

#: METRICS.md, "critical speed": 2-20 min.
DURATIONS_S: Final = (120, 180, 240, 300, 420, 600, 720, 900, 1200)
#: Rows of a stretch that must be running by cadence: keeps the drive home out of a run whose timer was left on.
MIN_RUN_SHARE: Final = 0.98


def best_efforts(w: Workings) -> tuple[tuple[float, float], ...]:
    """Return (duration_s, distance_m) of the farthest stretch of each duration, without a pause, running.

    Gated by cadence (METRICS.md): a session without cadence has none, its speed can't tell a run from a ride.
    """
    if w.gait.by != "cadence" or not w.grid.has("step_m"):
        return ()
    way_m = np.concatenate(([0.0], np.cumsum(np.fmax(w.grid.step_m, 0.0))))
    run_s = np.concatenate(([0], np.cumsum(w.gait.is_stepped)))
    rest_s = w.grid.pieces.end - np.arange(len(w.grid))
    found: list[tuple[float, float]] = []
    for duration_s in DURATIONS_S:
        count = len(w.grid) - duration_s + 1
        if count <= 0:
            break
        fits = rest_s[:count] >= duration_s
        fits &= run_s[duration_s:] - run_s[:count] >= MIN_RUN_SHARE * duration_s
        if fits.any():
            found.append((float(duration_s), float((way_m[duration_s:] - way_m[:count])[fits].max())))
    return tuple(found)
