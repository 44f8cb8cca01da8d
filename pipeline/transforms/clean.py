"""Repairs of the raw channels: spikes out, distance made to grow, a distance from positions where there is none.

Works on the recorded instants; `grid.py` brings the result to whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.transforms.windows import median_of_5

if TYPE_CHECKING:
    from pipeline.model import FloatArray

    Degrees = FloatArray | np.float64

#: Nobody runs faster: 12.4 m/s is the peak of the 100 m world record. 17 % of real runs hold a step over 12 m/s
#: (METRICS.md).
MAX_FOOT_SPEED_MPS: Final = 12.0
#: The same for everything that rolls or glides.
MAX_OTHER_SPEED_MPS: Final = 40.0

#: A value this far from the median of its five neighbours, beyond what the top speed explains, is a spike.
DISTANCE_SPIKE_M: Final = 50.0
#: A fall of the accumulated distance by more than this is a counter that began again, a smaller one is a correction.
COUNTER_RESET_M: Final = 50.0
#: What a watch may add in one go when it finds its position again, beyond the top speed since its distance last grew.
CATCH_UP_SLACK_M: Final = 100.0
#: A distance that grows slower than this stands still.
STALL_MPS: Final = 0.1

#: Positions further apart in time are no neighbours for the mean of three: at 4 s apart it cuts 0.5 % off the corners.
POSITION_NEIGHBOUR_S: Final = 2.5
#: Mean radius of the Earth (IUGG).
EARTH_RADIUS_M: Final = 6_371_008.8

#: Altitude this far from the median of its five neighbours is a spike: a staircase gives 1 m/s.
ALTITUDE_SPIKE_M: Final = 8.0


@dataclass(frozen=True, slots=True)
class DistanceTrack:
    """Accumulated distance at the instants at which it is known, in two readings."""

    t_s: FloatArray
    distance_m: FloatArray  #: never falls; ends at the device's own total
    paced_m: FloatArray  #: the same with corrections of position smoothed away: what speed is differentiated from


def repair_distance(t_s: FloatArray, distance_m: FloatArray, max_speed_mps: float) -> DistanceTrack:
    """Return the distance without spikes, falls and impossible jumps.

    Args:
        t_s: seconds, strictly increasing.
        distance_m: accumulated distance, NaN where not recorded.
        max_speed_mps: nothing moves faster.

    A jump that the standstill before it explains (the watch lost its position and found it again) stays in
    `distance_m` and is spread over that standstill in `paced_m`; another one is replaced by the pace around it.
    """
    known = np.isfinite(distance_m)
    t, d = t_s[known], distance_m[known]
    if len(d) < 2:
        return DistanceTrack(t, d, d)
    if len(d) >= 5:
        off_m = np.abs(d - median_of_5(d))  # none at the two first and last, which are their own median
        if off_m.max() > DISTANCE_SPIKE_M:
            reach_m = np.full(len(t), np.inf)
            reach_m[2:-2] = max_speed_mps * (t[4:] - t[:-4])
            kept = off_m <= np.maximum(DISTANCE_SPIKE_M, reach_m)
            t, d = t[kept], d[kept]
    dt, step = np.diff(t), np.diff(d)
    usual_mps = float(np.median(step / dt))
    lowest_m = step.min()
    if lowest_m < -COUNTER_RESET_M:
        step = np.where(step < -COUNTER_RESET_M, max(usual_mps, 0.0) * dt, step)
    d = d[0] + np.concatenate(([0.0], np.cumsum(step)))
    if lowest_m < 0.0:
        d = np.maximum.accumulate(d)
    return _without_jumps(t, d, max_speed_mps, max(usual_mps, 0.0))


def _without_jumps(t: FloatArray, d: FloatArray, max_speed_mps: float, usual_mps: float) -> DistanceTrack:
    dt, step = np.diff(t), np.diff(d)
    jumps = np.flatnonzero(step > max_speed_mps * dt)
    if len(jumps) == 0:
        return DistanceTrack(t, d, d)
    stalled = step <= STALL_MPS * dt
    moved_before = np.maximum.accumulate(np.where(stalled, 0, np.arange(1, len(step) + 1)))
    paced, kept = step.copy(), step.copy()
    normal = step.copy()
    normal[jumps] = np.nan
    for i in jumps:
        first = int(moved_before[i - 1]) if i else 0
        waited_s = t[i + 1] - t[first]
        around = normal[max(i - 10, 0) : i + 11] / dt[max(i - 10, 0) : i + 11]
        pace_mps = float(np.nanmedian(around)) if np.isfinite(around).any() else usual_mps
        if step[i] > max_speed_mps * waited_s + CATCH_UP_SLACK_M:
            kept[i] = paced[i] = pace_mps * dt[i]
        elif step[i] <= max_speed_mps * waited_s:
            paced[first : i + 1] = step[i] / waited_s * dt[first : i + 1]
        else:
            paced[i] = pace_mps * dt[i]
    start = np.array([d[0]])
    return DistanceTrack(
        t, np.concatenate((start, d[0] + np.cumsum(kept))), np.concatenate((start, d[0] + np.cumsum(paced)))
    )


def distance_from_positions(
    t_s: FloatArray, latitude_deg: FloatArray, longitude_deg: FloatArray, piece: FloatArray, max_speed_mps: float
) -> FloatArray:
    """Return the accumulated haversine distance over three-point mean positions; NaN where there is no position.

    Args:
        t_s: seconds, strictly increasing.
        latitude_deg: degrees, NaN where not recorded.
        longitude_deg: degrees, NaN where not recorded.
        piece: the number of the timer span of each instant, NaN in a pause; steps between two spans count nothing.
        max_speed_mps: nothing moves faster; a faster step is an error of position and counts nothing.

    The mean of three takes the positions' noise out, which else makes a run 1 % longer (METRICS.md, "distance").
    """
    out = np.full(len(t_s), np.nan)
    known = np.flatnonzero(np.isfinite(latitude_deg) & np.isfinite(longitude_deg) & np.isfinite(piece))
    if len(known) == 0:
        return out
    known = known[_plausible_positions(t_s[known], latitude_deg[known], longitude_deg[known], max_speed_mps)]
    t, part = t_s[known], piece[known]
    lat = latitude_deg[known]
    lon = np.unwrap(longitude_deg[known], period=360.0)
    near = (np.diff(t) <= POSITION_NEIGHBOUR_S) & (np.diff(part) == 0)
    lat, lon = _mean_of_3(lat, near), _mean_of_3(lon, near)
    step = haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    counts = (np.diff(part) == 0) & (step <= max_speed_mps * np.diff(t))
    out[known] = np.concatenate(([0.0], np.cumsum(np.where(counts, step, 0.0))))
    return out


def _plausible_positions(t: FloatArray, lat: FloatArray, lon: FloatArray, max_speed_mps: float) -> np.ndarray:
    """Return True for positions that are no spike: too fast to reach and to leave again, with a sane way past them."""
    keep = np.ones(len(t), dtype=np.bool_)
    for _ in range(3):  # a spike may last a few points
        rows = np.flatnonzero(keep)
        if len(rows) < 3:
            break
        a, o, s = lat[rows], lon[rows], t[rows]
        fast = haversine_m(a[:-1], o[:-1], a[1:], o[1:]) > max_speed_mps * np.diff(s)
        past = haversine_m(a[:-2], o[:-2], a[2:], o[2:]) <= max_speed_mps * (s[2:] - s[:-2])
        spike = fast[:-1] & fast[1:] & past
        if not spike.any():
            break
        keep[rows[1:-1][spike]] = False
    return keep


def _mean_of_3(values: FloatArray, near: np.ndarray) -> FloatArray:
    """Return the mean of each value with its two neighbours where both are near; else the value itself."""
    out = values.copy()
    both = near[:-1] & near[1:]
    out[1:-1] = np.where(both, (values[:-2] + values[1:-1] + values[2:]) / 3.0, values[1:-1])
    return out


def haversine_m(lat1: Degrees, lon1: Degrees, lat2: Degrees, lon2: Degrees) -> FloatArray:
    """Return great-circle distances between pairs of positions in degrees."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    distance: FloatArray = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return distance


def without_spikes(values: FloatArray, limit: float) -> FloatArray:
    """Return the values with those NaN that lie further than `limit` from the median of their five known neighbours."""
    known = np.flatnonzero(np.isfinite(values))
    held = values[known]
    spike = np.abs(held - median_of_5(held)) > limit
    if not spike.any():
        return values
    out = values.copy()
    out[known[spike]] = np.nan
    return out
