"""Hill exposure, the steepest metres, climbs and descents, and speed uphill: the facts that hill limits name.

Everything here needs a barometer, or the incline that the runner entered for a treadmill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Climb, Fact, FactDefinition
from pipeline.transforms.definitions import Transform, not_assessable
from pipeline.transforms.gait import STILL
from pipeline.transforms.grade import HYSTERESIS_PCT, Hill, Profile, hills, sustained_pct
from pipeline.transforms.windows import window_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import FloatArray
    from pipeline.transforms.workings import Workings

#: The grades whose exposure is told (EVIDENCE.md section 5: the limits of the stages).
EXPOSURE_PCT: Final = (2, 3, 4, 6, 8)
#: A climb is a stretch at or above this grade. Below 3 % a 100 m slope can't be told from flat ground (METRICS.md).
CLIMB_PCT: Final = 3
#: Climbs with less than this between them, without 5 m lost, are one: a bench of a few strides rests no hip.
CLIMB_BRIDGE_M: Final = 50.0
#: The window of "fastest uphill": as for speed on the flat.
UPHILL_SPEED_S: Final = 30
UPHILL_SPEED_PCT: Final = 3.0
#: Windows of the steepest stretch: EVIDENCE.md definition 4 names 100 m.
SUSTAINED_M: Final = (50, 100)

_DIRECTIONS: Final = (("up", 1.0), ("down", -1.0))
_EXPOSURE_SOURCE: Final = (
    "barometer; grade over 50 m, on at g, off at g - 1 point, >= 50 m long, >= 3 m high (METRICS.md)"
)


def _exposure_definitions() -> Iterator[FactDefinition]:
    for direction, _ in _DIRECTIONS:
        for pct in EXPOSURE_PCT:
            where = f"{direction}hill at {pct} % or more"
            name = f"{direction}hill_{pct}pct"
            yield FactDefinition(f"{name}_s", f"Seconds {where}, standing left out.", _EXPOSURE_SOURCE, 15.0, 0.1)
            yield FactDefinition(f"{name}_m", f"Metres {where}.", _EXPOSURE_SOURCE, 40.0, 0.1)


def _steepness_definitions() -> Iterator[FactDefinition]:
    for direction, _ in _DIRECTIONS:
        for window_m in SUSTAINED_M:
            yield FactDefinition(
                f"max_grade_{direction}_{window_m}m_pct",
                f"Steepest {direction}hill grade kept up over {window_m} m. Flat runs show up to 3: "
                "a limit below that is at the limit of measurement.",
                f"barometer; regression over {window_m} m (METRICS.md: repeat SD 0.66 points over 100 m)",
                error_abs=1.0 if window_m >= 100 else 1.5,
            )


CLIMB_DEFINITIONS: Final = (
    FactDefinition(
        "longest_climb_s",
        f"Length of the longest stretch uphill at {CLIMB_PCT} % or more.",
        _EXPOSURE_SOURCE,
        error_abs=15.0,
        error_ratio=0.1,
    ),
    FactDefinition(
        "longest_descent_s",
        f"Length of the longest stretch downhill at {CLIMB_PCT} % or more.",
        _EXPOSURE_SOURCE,
        error_abs=15.0,
        error_ratio=0.1,
    ),
    FactDefinition(
        "max_30s_uphill_speed_mps",
        f"Fastest {UPHILL_SPEED_S} s at {UPHILL_SPEED_PCT:g} % uphill or more, running: speed and grade together load "
        "the hip flexors (KHASS20, YOKOZAWA). 0 where there is no such stretch.",
        "maximum of a 30 s mean over seconds whose 50 m grade is >= 3 %",
        error_abs=0.1,
    ),
)

DEFINITIONS: Final = (*_exposure_definitions(), *_steepness_definitions(), *CLIMB_DEFINITIONS)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the hill facts."""
    if w.elevation.why_not is not None:
        yield from not_assessable(DEFINITIONS, w.elevation.why_not)
    elif w.elevation.incline_pct is not None:
        yield from _entered(w, w.elevation.incline_pct)
    elif w.profile is None:
        yield from not_assessable(DEFINITIONS, "less than 100 m of distance with an altitude")
    else:
        yield from _exposure(w, w.profile)
        yield from _steepest(w, w.profile)
        for name, direction in (("longest_climb_s", "up"), ("longest_descent_s", "down")):
            longest = max((c for c in w.climbs if c.direction == direction), key=lambda c: c.duration_s, default=None)
            if longest is None:
                yield Fact(name, 0.0)
            else:
                yield Fact(
                    name, longest.duration_s, start_s=longest.start_s, end_s=longest.start_s + longest.duration_s
                )
        yield _fastest_uphill(w, w.profile)


def _exposure(w: Workings, profile: Profile) -> Iterator[Fact]:
    moving = _moving_before(w)
    for direction, sign in _DIRECTIONS:
        for pct in EXPOSURE_PCT:
            found = hills(profile, pct, sign)
            seconds = float(sum(_seconds(profile, h, moving) for h in found))
            metres = float(sum(profile.distance_m[h.end] - profile.distance_m[h.first] for h in found))
            longest = max(found, key=lambda h: h.end - h.first, default=None)
            start_s = None if longest is None else float(w.grid.t_s[profile.row_out[longest.first]])
            end_s = None if longest is None else float(w.grid.t_s[profile.row_in[longest.end]])
            yield Fact(f"{direction}hill_{pct}pct_s", seconds, start_s=start_s, end_s=end_s)
            yield Fact(f"{direction}hill_{pct}pct_m", metres, start_s=start_s, end_s=end_s)


def _moving_before(w: Workings) -> FloatArray:
    """Return for each row (and the one after the last) the seconds before it in which the runner didn't stand still."""
    return np.concatenate(([0.0], np.cumsum(w.gait.code != STILL, dtype=np.float64)))


def _seconds(profile: Profile, hill: Hill, moving: FloatArray) -> float:
    """Return the moving seconds on the hill: a rest in it or on its top is no climbing."""
    return float(moving[profile.row_in[hill.end]] - moving[profile.row_out[hill.first]])


def _steepest(w: Workings, profile: Profile) -> Iterator[Fact]:
    for direction, sign in _DIRECTIONS:
        for window_m in SUSTAINED_M:
            name = f"max_grade_{direction}_{window_m}m_pct"
            found = sustained_pct(profile, window_m, sign)
            if found is None:
                yield Fact(name, None, "not_assessable", f"less than {window_m} m of distance with an altitude")
                continue
            value, first, last = found
            yield Fact(name, value, start_s=float(w.grid.t_s[first]), end_s=float(w.grid.t_s[last]))


def _fastest_uphill(w: Workings, profile: Profile) -> Fact:
    uphill = (profile.row_grade_pct >= UPHILL_SPEED_PCT) & w.gait.is_run
    share = window_mean(uphill.astype(np.float64), w.grid.pieces, UPHILL_SPEED_S)
    rows = np.arange(len(share))
    whole = (rows - UPHILL_SPEED_S // 2 >= w.grid.pieces.start) & (rows + UPHILL_SPEED_S // 2 <= w.grid.pieces.end)
    speed_mps = np.where((share > 0.999) & whole, w.speed_30s_mps, np.nan)
    if not np.isfinite(speed_mps).any():
        return Fact("max_30s_uphill_speed_mps", 0.0, detail="no 30 s of running uphill at 3 % or more")
    best = int(np.nanargmax(speed_mps))
    start_s = float(w.grid.t_s[best]) - UPHILL_SPEED_S / 2
    return Fact("max_30s_uphill_speed_mps", float(speed_mps[best]), start_s=start_s, end_s=start_s + UPHILL_SPEED_S)


def _entered(w: Workings, incline_pct: float) -> Iterator[Fact]:
    """Yield the exposure of a treadmill whose incline the runner entered: one slope from start to end."""
    detail = f"from the incline of {incline_pct:g} % that was entered"
    moving_s = w.moving_s or 0.0
    for direction, sign in _DIRECTIONS:
        slope_pct = max(sign * incline_pct, 0.0)
        for pct in EXPOSURE_PCT:
            name = f"{direction}hill_{pct}pct"
            yield Fact(f"{name}_s", moving_s if slope_pct >= pct else 0.0, detail=detail)
            metres = w.grid.total_distance_m if slope_pct >= pct else 0.0
            if metres is None:
                yield Fact(f"{name}_m", None, "not_assessable", "the incline was entered, but the distance isn't known")
            else:
                yield Fact(f"{name}_m", metres, detail=detail)
        for window_m in SUSTAINED_M:
            yield Fact(f"max_grade_{direction}_{window_m}m_pct", slope_pct, detail=detail)
    yield Fact("longest_climb_s", moving_s if incline_pct >= CLIMB_PCT else 0.0, detail=detail)
    yield Fact("longest_descent_s", moving_s if -incline_pct >= CLIMB_PCT else 0.0, detail=detail)
    name = "max_30s_uphill_speed_mps"
    if incline_pct < UPHILL_SPEED_PCT:
        yield Fact(name, 0.0, detail=detail)
    elif w.max_30s_row is None:
        yield Fact(name, None, "not_assessable", "no 30 s of running with a known speed")
    else:
        yield Fact(name, float(w.speed_30s_mps[w.max_30s_row]), detail=detail)


def find_climbs(w: Workings) -> tuple[Climb, ...]:
    """Return the climbs and descents at CLIMB_PCT or more, in the order of time."""
    if w.profile is None:
        return ()
    moving = _moving_before(w)
    found = [
        _climb(w, w.profile, hill, moving, sign)
        for _, sign in _DIRECTIONS
        for hill in _bridged(w.profile, hills(w.profile, CLIMB_PCT, sign), sign)
    ]
    return tuple(sorted(found, key=lambda climb: climb.start_s))


def _bridged(profile: Profile, found: list[Hill], sign: float) -> list[Hill]:
    """Join hills with a short bench between them."""
    joined: list[Hill] = []
    for hill in found:
        if joined:
            before = joined[-1]
            gap_m = profile.distance_m[hill.first] - profile.distance_m[before.end]
            lost_m = sign * (profile.altitude_m[before.end] - profile.altitude_m[hill.first])
            if gap_m < CLIMB_BRIDGE_M and lost_m < HYSTERESIS_PCT:
                joined[-1] = Hill(before.first, hill.end)
                continue
        joined.append(hill)
    return joined


def _climb(w: Workings, profile: Profile, hill: Hill, moving: FloatArray, sign: float) -> Climb:
    distance_m = float(profile.distance_m[hill.end] - profile.distance_m[hill.first])
    gain_m = sign * float(profile.altitude_m[hill.end] - profile.altitude_m[hill.first])
    return Climb(
        direction="up" if sign > 0 else "down",
        start_s=float(w.grid.t_s[profile.row_out[hill.first]]),
        duration_s=_seconds(profile, hill, moving),
        distance_m=distance_m,
        gain_m=gain_m,
        mean_grade_pct=gain_m / distance_m * 100.0,
        max_grade_pct=float((sign * profile.grade_pct[hill.first : hill.end + 1]).max()),
    )


TRANSFORM: Final = Transform("hills", DEFINITIONS, facts)
