"""What the derivations share: each intermediate is worked out once, when the first of them asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.transforms import cadence, efforts, elevation, gait, grade, hills, pauses, surges, zones
from pipeline.transforms.windows import bounds, window_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Climb, FloatArray, Recording, Surge, Thresholds
    from pipeline.transforms.grid import Grid

#: METRICS.md, "strides (pick-ups)": the window in which a bout shows and GPS noise doesn't.
BOUT_WINDOW_S: Final = 11
#: METRICS.md, "speed limits": a maximum is taken over 20-30 s.
SPEED_LIMIT_WINDOW_S: Final = 30
#: Share of a 30 s window that must be running for it to count: a step aside doesn't end it, a walk does.
RUNNING_SHARE: Final = 0.9


@dataclass(frozen=True)
class Workings:
    """One session on its way from a recording to facts."""

    recording: Recording
    thresholds: Thresholds
    grid: Grid
    is_run: bool
    is_indoor: bool

    @cached_property
    def said_thresholds(self) -> Thresholds:
        """The thresholds without the log's own estimates: what bouts are told by.

        An estimate is a lower bound where nothing was run hard, and would make tempo of every easy run.
        """
        said = self.thresholds
        if said.is_ceiling_estimated:
            said = replace(said, ceiling_mps=None)
        return replace(said, critical_speed_mps=None) if said.is_critical_speed_estimated else said

    @cached_property
    def gait(self) -> gait.Gait:
        """What the legs did, second by second."""
        return gait.classify(self.grid)

    @cached_property
    def elevation(self) -> elevation.Elevation:
        """Altitude, its source and the climbing."""
        incline_pct = self.thresholds.treadmill_incline_pct
        return elevation.prepare(self.grid, self.recording, incline_pct, is_indoor=self.is_indoor)

    @cached_property
    def profile(self) -> grade.Profile | None:
        """Altitude and slope over distance; None where hills can't be assessed."""
        return grade.make_profile(self.grid, self.elevation)

    @cached_property
    def grade_pct(self) -> FloatArray:
        """The slope in each row; NaN without a barometer."""
        if self.elevation.incline_pct is not None:
            return np.full(len(self.grid), self.elevation.incline_pct)
        return np.full(len(self.grid), np.nan) if self.profile is None else self.profile.row_grade_pct

    @cached_property
    def climbs(self) -> tuple[Climb, ...]:
        """Climbs and descents in the order of time."""
        return hills.find_climbs(self)

    @cached_property
    def speed_11s_mps(self) -> FloatArray:
        """Mean speed over BOUT_WINDOW_S."""
        return window_mean(self.grid.step_m, self.grid.pieces, BOUT_WINDOW_S)

    @cached_property
    def speed_30s_mps(self) -> FloatArray:
        """Mean speed over SPEED_LIMIT_WINDOW_S."""
        return window_mean(self.grid.step_m, self.grid.pieces, SPEED_LIMIT_WINDOW_S)

    @cached_property
    def max_30s_row(self) -> int | None:
        """The row around which the fastest whole 30 s of running lie; None where there are none."""
        half = SPEED_LIMIT_WINDOW_S // 2
        low, high = bounds(self.grid.pieces, half, half)
        share = window_mean(self.gait.is_run.astype(np.float64), self.grid.pieces, SPEED_LIMIT_WINDOW_S)
        counts = (high - low == SPEED_LIMIT_WINDOW_S) & (share >= RUNNING_SHARE)
        speed_mps = np.where(counts, self.speed_30s_mps, np.nan)
        return int(np.nanargmax(speed_mps)) if np.isfinite(speed_mps).any() else None

    @cached_property
    def elapsed_s(self) -> float:
        """Seconds from the first start to the last end."""
        return pauses.elapsed_s(self.recording)

    @cached_property
    def moving_s(self) -> float | None:
        """Seconds not standing still; None where neither speed nor cadence tells."""
        if not self.grid.has("step_m") and self.gait.by == "none":
            return None
        return float(np.count_nonzero(self.gait.code != gait.STILL))

    @cached_property
    def steps(self) -> cadence.Steps:
        """The steps in all and those of running."""
        return cadence.count_steps(self)

    @cached_property
    def surges(self) -> tuple[Surge, ...]:
        """Bouts faster than the ceiling, in the order of time."""
        return surges.find_surges(self)

    @cached_property
    def zone(self) -> NDArray[np.uint8]:
        """Pace zone of each row on real speed; 0 outside running or without thresholds."""
        return zones.classify(self.speed_11s_mps, self.gait.is_run, self.thresholds)

    @cached_property
    def best_efforts(self) -> tuple[tuple[float, float], ...]:
        """The farthest stretches of running of given lengths: (duration_s, distance_m)."""
        return efforts.best_efforts(self)
