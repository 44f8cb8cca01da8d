"""Where the altitude comes from, and how much was climbed.

Altitude from satellites invents about 146 m of climbing an hour on flat ground (METRICS.md, traps): only a barometer
supports ascent and hills. A treadmill's altitude says nothing of its incline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Fact, FactDefinition
from pipeline.transforms.barometers import has_barometer
from pipeline.transforms.clean import haversine_m
from pipeline.transforms.definitions import Transform, not_assessable
from pipeline.transforms.windows import window_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import AltitudeSource, FloatArray, Recording
    from pipeline.transforms.grid import Grid
    from pipeline.transforms.windows import IndexArray
    from pipeline.transforms.workings import Workings

#: METRICS.md, "ascent": centred mean of 15 s, then a zigzag that turns at 2 m. A 3 m threshold loses half of the
#: climbing on files quantised to 1 m.
SMOOTH_S: Final = 15
REVERSAL_M: Final = 2.0
#: A mean of 15 s changes little in 3 s: a third of its values tell its turns.
THINNED_S: Final = 3
#: A climb ends where 5 m are lost (METRICS.md, "longest climb").
DRAWDOWN_M: Final = 5.0
#: A change of altitude that no runner makes: the watch calibrated itself. Fast descents on fells reach 2 m/s.
CALIBRATION_MPS: Final = 5.0
#: A loop that ends this much higher than it began has a drifting barometer (FAILURES.md, "flat 2 km run gains 58 m").
#: Less is left alone: weather moves a barometer by metres an hour, and places within SAME_PLACE_M differ by as much.
MIN_DRIFT_M: Final = 10.0
SAME_PLACE_M: Final = 60.0
#: On flat ground an even drift is nearly all of the climbing, and levelling takes that away; in hills it takes nothing
#: (what it adds to the ups the downs lose), and a drift that wasn't even would make new ones.
DRIFT_SHARE: Final = 0.7
#: Slower than this is standing: positions creep about as much.
STANDING_MPS: Final = 0.2
#: Distance below which "per km" says nothing.
MIN_DISTANCE_M: Final = 500.0
#: Share of the rows that must have an altitude before the climbing is told.
MIN_COVERAGE_RATIO: Final = 0.8


@dataclass(frozen=True, slots=True)
class Elevation:
    """The altitude of a session, made ready for climbing."""

    source: AltitudeSource
    why_not: str | None  #: why hills can't be assessed; None when they can
    smooth_m: (
        FloatArray  #: a row each: mean of SMOOTH_S, calibration jumps and changes during pauses taken out; may be NaN
    )
    incline_pct: float | None = None  #: what the runner entered for this treadmill session
    turns: IndexArray | None = None  #: rows between which the altitude goes up or down by REVERSAL_M or more


def prepare(grid: Grid, recording: Recording, incline_pct: float | None, *, is_indoor: bool) -> Elevation:
    """Find the source of the altitude, smooth it and add up the climbing."""
    coverage = float(np.isfinite(grid.altitude_m).mean()) if len(grid) else 0.0
    smooth_m = _smoothed(grid)
    if is_indoor:
        why = "indoors: the altitude says nothing of a treadmill's incline; enter the incline to have it assessed"
        return Elevation("none", None if incline_pct is not None else why, smooth_m, incline_pct)
    if coverage == 0:
        return Elevation("none", "no altitude was recorded", smooth_m)
    if not has_barometer(recording.device):
        why = "altitude is from GPS only (no barometer is known for this device): it can't tell a hill from noise"
        return Elevation("gps", why, smooth_m)
    if coverage < MIN_COVERAGE_RATIO:
        return Elevation("barometric", f"the altitude covers only {coverage:.0%} of the time", smooth_m)
    as_it_is = _with_turns(smooth_m)
    off_m = _off_at_the_end_m(grid, smooth_m)
    if abs(off_m) < MIN_DRIFT_M:
        return as_it_is
    levelled = _with_turns(smooth_m - off_m * np.linspace(0.0, 1.0, len(smooth_m)))
    saved_m = sum(climbed(as_it_is) or ()) - sum(climbed(levelled) or ())
    return levelled if saved_m >= DRIFT_SHARE * abs(off_m) else as_it_is


def _with_turns(smooth_m: FloatArray) -> Elevation:
    rows = np.flatnonzero(np.isfinite(smooth_m))[::THINNED_S]
    return Elevation("barometric", None, smooth_m, None, rows[pivots(smooth_m[rows], REVERSAL_M)])


def _off_at_the_end_m(grid: Grid, smooth_m: FloatArray) -> float:
    """Return how much higher a run ends than it began, if it ends where it began; else 0."""
    at = np.flatnonzero(np.isfinite(smooth_m) & np.isfinite(grid.latitude_deg))
    if len(at) == 0:
        return 0.0
    first, last = at[0], at[-1]
    lat, lon = grid.latitude_deg, grid.longitude_deg
    apart_m = float(haversine_m(lat[first], lon[first], lat[last], lon[last]))
    return float(smooth_m[last] - smooth_m[first]) if apart_m <= SAME_PLACE_M else 0.0


def _smoothed(grid: Grid) -> FloatArray:
    """Return the altitude as one line over all pieces.

    What changed in a pause, while standing or by calibration is taken out: weather, a lift or the watch, no climbing.
    """
    known = np.flatnonzero(np.isfinite(grid.altitude_m))
    if len(known) < 2:
        return grid.altitude_m
    held = grid.altitude_m[known]
    step = np.diff(held)
    seconds = np.diff(grid.t_s[known])
    is_new_piece = grid.pieces.start[known[1:]] != grid.pieces.start[known[:-1]]
    stands = window_mean(grid.step_m, grid.pieces, SMOOTH_S)[known[1:]] < STANDING_MPS
    step[is_new_piece | stands | (np.abs(step) > CALIBRATION_MPS * seconds)] = 0.0
    joined = np.full(len(grid), np.nan)
    joined[known] = held[0] + np.concatenate(([0.0], np.cumsum(step)))
    return window_mean(joined, grid.pieces, SMOOTH_S)


def pivots(values: FloatArray, reversal: float) -> IndexArray:
    """Return the indices at which a line turns, wobbles under `reversal` left out: the ends of its legs, in order.

    `values` must be finite. A line that never moves by `reversal` has none.
    """
    turns = _turning_points(values)
    heights: list[float] = values[turns].tolist()  # plain floats: five times faster in a loop than an array's
    found: list[int] = []
    low = high = direction = 0
    for i, height in enumerate(heights):
        high = i if height > heights[high] else high
        low = i if height < heights[low] else low
        if direction <= 0 and height - heights[low] >= reversal:
            found.append(low)
            high, direction = i, 1
        elif direction >= 0 and heights[high] - height >= reversal:
            found.append(high)
            low, direction = i, -1
    if direction:
        found.append(high if direction > 0 else low)
    return turns[found] if found else turns[:0]


def _turning_points(values: FloatArray) -> IndexArray:
    """Return the indices of local extremes, both ends included: all that a zigzag needs to look at."""
    slope = np.sign(np.diff(values))
    moved = np.flatnonzero(slope)
    if len(moved) == 0:
        return np.zeros(0, dtype=np.intp)
    turns = moved[1:][slope[moved[1:]] != slope[moved[:-1]]]
    return np.concatenate(([0], turns, [len(values) - 1]))


def climbed(elevation: Elevation) -> tuple[float, float] | None:
    """Return ascent and descent in metres, both positive; None where the altitude can't tell."""
    if elevation.turns is None:
        return None
    change = np.diff(elevation.smooth_m[elevation.turns])
    return float(change[change > 0].sum()), float(-change[change < 0].sum())


_SOURCE: Final = "barometer; 15 s mean, zigzag with a 2 m reversal (METRICS.md)"

DEFINITIONS: Final = (
    FactDefinition("ascent_m", "Metres climbed.", _SOURCE, error_abs=10.0, error_ratio=0.10),
    FactDefinition("descent_m", "Metres descended.", _SOURCE, error_abs=10.0, error_ratio=0.10),
    FactDefinition(
        "ascent_m_per_km",
        "Metres climbed for each kilometre; a flat track shows up to 4 (AMMANN16).",
        _SOURCE,
        error_abs=2.0,
        error_ratio=0.10,
    ),
    FactDefinition(
        "longest_climb_gain_m",
        "Metres gained in the greatest climb; it ends where 5 m are lost.",
        "barometer; zigzag with a 5 m reversal (METRICS.md)",
        error_abs=5.0,
    ),
    FactDefinition(
        "longest_descent_loss_m",
        "Metres lost in the greatest descent; it ends where 5 m are gained.",
        "barometer; zigzag with a 5 m reversal (METRICS.md)",
        error_abs=5.0,
    ),
)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the climbing of the session."""
    elevation, distance_m = w.elevation, w.grid.total_distance_m
    if elevation.why_not is not None:
        yield from not_assessable(DEFINITIONS, elevation.why_not)
        return
    if elevation.incline_pct is not None:
        yield from _entered(elevation.incline_pct, distance_m)
        return
    climb = climbed(elevation)
    assert climb is not None
    yield Fact("ascent_m", climb[0])
    yield Fact("descent_m", climb[1])
    yield _per_km(climb[0], distance_m)
    yield from _greatest_legs(w, elevation)


def _per_km(ascent_m: float, distance_m: float | None) -> Fact:
    if distance_m is None or distance_m < MIN_DISTANCE_M:
        return Fact("ascent_m_per_km", None, "not_assessable", f"less than {MIN_DISTANCE_M:.0f} m of distance")
    return Fact("ascent_m_per_km", ascent_m / distance_m * 1000.0)


def _entered(incline_pct: float, distance_m: float | None) -> Iterator[Fact]:
    """Yield the climbing of a treadmill whose incline the runner entered."""
    if distance_m is None:
        yield from not_assessable(DEFINITIONS, "the incline was entered, but the distance isn't known")
        return
    gain_m = distance_m * incline_pct / 100.0
    detail = f"from the incline of {incline_pct:g} % that was entered"
    yield Fact("ascent_m", max(gain_m, 0.0), detail=detail)
    yield Fact("descent_m", max(-gain_m, 0.0), detail=detail)
    yield Fact("ascent_m_per_km", max(incline_pct, 0.0) * 10.0, detail=detail)
    yield Fact("longest_climb_gain_m", max(gain_m, 0.0), detail=detail)
    yield Fact("longest_descent_loss_m", max(-gain_m, 0.0), detail=detail)


def _greatest_legs(w: Workings, elevation: Elevation) -> Iterator[Fact]:
    # What turns at 5 m also turns at 2 m: the turns that are there already are all that need looking at.
    turns = elevation.turns if elevation.turns is not None else np.zeros(0, dtype=np.intp)
    turns = turns[pivots(elevation.smooth_m[turns], DRAWDOWN_M)]
    change = np.diff(elevation.smooth_m[turns])
    for name, sign in (("longest_climb_gain_m", 1.0), ("longest_descent_loss_m", -1.0)):
        if not (sign * change > 0).any():
            yield Fact(name, 0.0, detail=f"nothing of {DRAWDOWN_M:.0f} m or more")
            continue
        best = int(np.argmax(sign * change))
        start_s, end_s = float(w.grid.t_s[turns[best]]), float(w.grid.t_s[turns[best + 1]])
        yield Fact(name, sign * float(change[best]), start_s=start_s, end_s=end_s)


TRANSFORM: Final = Transform("elevation", DEFINITIONS, facts, runs_only=False)
