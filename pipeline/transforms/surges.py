"""Bouts faster than the ceiling, each with its kind: strides (pick-ups), intervals, tempo, hard blocks.

Laps and workout steps first; then what stays above 1.15 x ceiling for longer than a stride (EVIDENCE.md, definition 3);
then strides by their own detector. Kinds by length: up to 35 s a stride, up to 180 s an interval, longer a tempo up to
critical speed, else a hard block.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from pipeline.model import Surge
from pipeline.transforms.bouts import Bout, mean_grade_pct, mean_speed_mps, seconds, sharpened
from pipeline.transforms.laps import FASTER_RATIO, lap_bouts
from pipeline.transforms.pickups import MIN_GRADE_PCT, SURGE_RATIO, pickup_bouts
from pipeline.transforms.windows import hysteresis, stretches, window_mean

if TYPE_CHECKING:
    from pipeline.transforms.workings import Workings

#: EVIDENCE.md definition 3: 30 s of a stride and 5 s of tolerance in finding its edges.
MAX_PICKUP_S: Final = 35.0
#: EVIDENCE.md definition 3: 180 s of an interval; a hand at the lap button needs some seconds more.
MAX_INTERVAL_S: Final = 190.0
#: (window of the mean in seconds, share of the ceiling under which the bout ends). A tempo run varies with the road,
#: and a second of GPS speed is noise (EVIDENCE.md section 4e); an interval has sharper edges.
STEADY: Final = (30, 1.05)
CHANGING: Final = (15, 1.08)
#: What a steady bout must be on average: slower is running over the ceiling, which has a fact of its own.
STEADY_MEAN_RATIO: Final = 1.12
#: A body takes about two seconds to change its pace: with them a stride of 20 s at 1.24 x critical speed is told as
#: 1.19, too near to a limit of 1.15 (scenario 7). What is left must be long enough for GPS noise: half a bout window.
STRIDE_RAMP_S: Final = 3
SHORTEST_CORE_S: Final = 6
#: An interval is this much faster than the minute before and after: METRICS.md's ratio of a lap to its neighbours.
BESIDE_S: Final = 60
#: How much sharpening its edges may lengthen a bout.
EDGE_S: Final = 10.0
#: A dip shorter than this (a corner, a kerb) doesn't split a long bout.
BRIDGE_S: Final = 10
#: What tells tempo from a hard block: critical speed is known to 5 %, distance to 3 %; up to this it may be at it.
AT_CRITICAL_RATIO: Final = 1.03


def find_surges(w: Workings) -> tuple[Surge, ...]:
    """Return the bouts in the order of time; none for what is no run or has no speed."""
    if not w.is_run or w.gait.by == "none" or not w.grid.has("step_m") or len(w.grid) == 0:
        return ()
    if w.grid.distance_source == "entered" and not w.recording.samples.has("distance_m"):
        return ()
    bouts = lap_bouts(w)
    for more in (_long_bouts(w), pickup_bouts(w)):
        bouts += [bout for bout in more if not any(bout.overlaps(other) for other in bouts)]
    bouts.sort(key=lambda bout: bout.first)
    surges: list[Surge] = []
    end_s: float | None = None
    for bout in bouts:
        start_s = float(w.grid.t_s[bout.first])
        surges.append(_surge(w, bout, None if end_s is None else start_s - end_s))
        end_s = start_s + surges[-1].duration_s
    return tuple(surges)


def _long_bouts(w: Workings) -> list[Bout]:
    """Return the stretches longer than a stride that stay above 1.15 x ceiling, but for those that a slope made.

    Tempo and hard blocks first, in a slow mean that noise doesn't split; what is left is looked through for intervals.
    """
    ceiling_mps = w.said_thresholds.ceiling_mps
    if ceiling_mps is None:
        return []
    steady = [
        bout
        for bout in _fast_stretches(w, ceiling_mps, *STEADY, longer_than_s=MAX_INTERVAL_S)
        if seconds(w, bout) > MAX_INTERVAL_S and mean_speed_mps(w, bout) >= STEADY_MEAN_RATIO * ceiling_mps
    ]
    short = [
        bout
        for bout in _fast_stretches(w, ceiling_mps, *CHANGING, longer_than_s=MAX_PICKUP_S)
        if not any(bout.overlaps(other) for other in steady)
        and MAX_PICKUP_S < seconds(w, bout) <= MAX_INTERVAL_S
        and _stands_out(w, bout)
    ]
    return [_with_doubts(w, bout) for bout in (*steady, *short) if not _is_downhill(w, bout)]


def _fast_stretches(
    w: Workings, ceiling_mps: float, window_s: int, end_ratio: float, *, longer_than_s: float
) -> list[Bout]:
    """Return the stretches of running that begin above 1.15 x ceiling and end under `end_ratio` x ceiling.

    Those that can't be longer than `longer_than_s` with sharp edges are left out.
    """
    speed_mps = np.fmax(window_mean(w.grid.step_m, w.grid.pieces, window_s), 0.0)
    fast = hysteresis(speed_mps >= SURGE_RATIO * ceiling_mps, speed_mps < end_ratio * ceiling_mps, w.grid.pieces)
    first, end = stretches(fast & w.gait.is_run, w.grid.pieces)
    bouts: list[Bout] = []
    for a, b in zip(first.tolist(), end.tolist(), strict=True):
        if bouts and a - bouts[-1].end <= BRIDGE_S and w.grid.pieces.start[a] == w.grid.pieces.start[bouts[-1].first]:
            bouts[-1] = Bout(bouts[-1].first, b)
        else:
            bouts.append(Bout(a, b))
    return [sharpened(w, bout) for bout in bouts if seconds(w, bout) > longer_than_s - EDGE_S]


def _stands_out(w: Workings, bout: Bout) -> bool:
    """Return whether the minute before and the minute after were slower: a wave in a steady run is no interval."""
    before = Bout(max(bout.first - BESIDE_S, 0), bout.first)
    after = Bout(bout.end, min(bout.end + BESIDE_S, len(w.grid)))
    beside = [mean_speed_mps(w, other) for other in (before, after) if other.end > other.first]
    speed_mps = mean_speed_mps(w, bout)
    return all(speed_mps >= FASTER_RATIO * other for other in beside if np.isfinite(other))


def _is_downhill(w: Workings, bout: Bout) -> bool:
    grade_pct = mean_grade_pct(w, bout)
    return grade_pct is not None and grade_pct < MIN_GRADE_PCT


def _with_doubts(w: Workings, bout: Bout) -> Bout:
    """Return the bout, marked as possible only where a sensor that would confirm it is missing."""
    if w.gait.by != "cadence":
        return replace(bout, is_possible_only=True, detail="without cadence")
    if mean_grade_pct(w, bout) is None and not w.is_indoor and seconds(w, bout) <= MAX_INTERVAL_S:
        return replace(bout, is_possible_only=True, detail="without a barometer: a downhill would look the same")
    return bout


def _surge(w: Workings, bout: Bout, recovery_s: float | None) -> Surge:
    duration_s, speed_mps = seconds(w, bout), mean_speed_mps(w, _at_speed(bout))
    return Surge(
        start_s=float(w.grid.t_s[bout.first]),
        duration_s=duration_s,
        distance_m=float(np.nansum(w.grid.step_m[bout.first : bout.end])),
        speed_mps=speed_mps,
        recovery_s=recovery_s,
        grade_pct=mean_grade_pct(w, bout),
        kind=_kind(w, duration_s, speed_mps),
        is_possible_only=bout.is_possible_only,
        detail=bout.detail,
    )


def _at_speed(bout: Bout) -> Bout:
    """Return what speed is told of: a stride without the seconds in which it gathers and loses speed."""
    is_short = len(bout) - 2 * STRIDE_RAMP_S >= SHORTEST_CORE_S and len(bout) <= MAX_PICKUP_S
    return Bout(bout.first + STRIDE_RAMP_S, bout.end - STRIDE_RAMP_S) if is_short else bout


def _kind(w: Workings, duration_s: float, speed_mps: float) -> Literal["pickup", "interval", "tempo", "hard"]:
    if duration_s <= MAX_PICKUP_S:
        return "pickup"
    if duration_s <= MAX_INTERVAL_S:
        return "interval"
    critical_mps = w.said_thresholds.critical_speed_mps
    return "hard" if critical_mps is not None and speed_mps > AT_CRITICAL_RATIO * critical_mps else "tempo"
