"""What every decoder does with the columns it has read: the order of time, repeated instants, physical ranges.

Shared by FIT, GPX, TCX and Strava streams, so that a channel means the same whatever file it came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.model import FloatArray

#: Channel -> lowest and highest value that a body, a place on Earth or a sensor can give; outside it is NaN. Wide on
#: purpose: a range check catches what can't be (half of all bit flips, invalid markers that leak), not what is odd.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 180.0),
    # The Dead Sea's shore is at -430 m, Everest at 8,849 m; FIT itself starts at -500 m (Profile.xlsx).
    "altitude_m": (-500.0, 9000.0),
    # A six-day race is about 1,000 km.
    "distance_m": (0.0, 1_000_000.0),
    # 180 km/h: faster than any sport on foot, wheels or skis that a watch is worn in.
    "speed_mps": (0.0, 50.0),
    # Sprinters reach 300 steps a minute for a second or two; 255 of one leg is FIT's invalid marker.
    "cadence_spm": (0.0, 300.0),
    # 0 is a strap without contact, 255 is FIT's invalid marker.
    "heart_rate_bpm": (25.0, 250.0),
    # Track sprinters peak at 2,500 W; 65,535 is FIT's invalid marker.
    "power_w": (0.0, 3000.0),
    # Weather records are -89 and 57 °C, a watch in the sun reaches 70; 127 is FIT's invalid marker.
    "temperature_degc": (-90.0, 80.0),
    # Below: 0 means that the watch did not measure just then. A stance of slow walking lasts about 1 s.
    "ground_contact_ms": (50.0, 2000.0),
    "vertical_oscillation_m": (0.005, 0.4),
    # The longest steps of world-class sprinting are 2.8 m.
    "step_length_m": (0.05, 3.5),
}

#: 1990-01-01 and 2100-01-01 in seconds since 1970: no sports recorder is older, and FIT's clock starts the day before.
FIRST_TIME_UTC_S: Final = 631_152_000.0
LAST_TIME_UTC_S: Final = 4_102_444_800.0

#: A clock that was not set yet puts its first points years away. Up to this many points, a day or more from the rest
#: of at least twenty times as many, are strays: nobody records five points and goes on a day later.
MAX_STRAY_POINTS: Final = 5
STRAY_GAP_S: Final = 86_400.0
STRAY_SHARE: Final = 20

_POSITION: Final = ("latitude_deg", "longitude_deg")


def clean_columns(
    time_utc_s: FloatArray, columns: Mapping[str, FloatArray]
) -> tuple[FloatArray, dict[str, FloatArray], list[Issue]]:
    """Put columns in the order of time, merge repeated instants, and blank what lies outside its physical range.

    Args:
        time_utc_s: (n,) seconds since 1970-01-01 UTC, NaN where a point has no time, in the file's order.
        columns: channel of `Samples` -> (n,) values in the channel's unit, NaN where nothing was recorded.

    Returns:
        The strictly increasing times (m <= n), the columns belonging to them, and an issue for each kind of change.
        Of a repeated instant every channel keeps its last recorded value.
    """
    issues: list[Issue] = []
    times, kept = _drop_impossible_times(np.asarray(time_utc_s, dtype=np.float64), issues)
    cleaned = {name: np.array(column if kept is None else column[kept], np.float64) for name, column in columns.items()}
    _blank_out_of_range(cleaned, issues)
    _blank_half_positions(cleaned, issues)
    times, cleaned = _order(times, cleaned, issues)
    times, cleaned = _merge_repeated(times, cleaned, issues)
    times, cleaned = _drop_strays(times, cleaned, issues)
    return times, cleaned, issues


def usable_times(time_utc_s: FloatArray) -> FloatArray:
    """Return the times with NaN where they lie outside 1990 to 2100: the ones that `clean_columns` drops."""
    possible = (time_utc_s >= FIRST_TIME_UTC_S) & (time_utc_s < LAST_TIME_UTC_S)
    return np.where(possible, time_utc_s, np.nan)


def _drop_impossible_times(times: FloatArray, issues: list[Issue]) -> tuple[FloatArray, np.ndarray | None]:
    without = int(np.isnan(times).sum())
    possible = (times >= FIRST_TIME_UTC_S) & (times < LAST_TIME_UTC_S)
    outside = len(times) - int(possible.sum()) - without
    if without:
        issues.append(Issue("points_without_time", "time", without))
    if outside:
        issues.append(Issue("out_of_range", "time", outside, "not between 1990 and 2100"))
    return (times[possible], possible) if without or outside else (times, None)


def _blank_out_of_range(columns: dict[str, FloatArray], issues: list[Issue]) -> None:
    for name, column in columns.items():
        low, high = RANGES[name]
        outside = ~((column >= low) & (column <= high)) & ~np.isnan(column)
        count = int(outside.sum())
        if count:
            issues.append(Issue("out_of_range", name, count, f"first is {column[outside][0]:g}"))
            column[outside] = np.nan


def _blank_half_positions(columns: dict[str, FloatArray], issues: list[Issue]) -> None:
    """A position needs both numbers; exactly 0°, 0° is what receivers write before their first fix."""
    if not all(name in columns for name in _POSITION):
        return
    latitude_deg, longitude_deg = (columns[name] for name in _POSITION)
    null_island = (latitude_deg == 0) & (longitude_deg == 0)
    if null_island.any():
        issues.append(Issue("out_of_range", "position", int(null_island.sum()), "0°, 0°: no fix"))
    unusable = null_island | (np.isnan(latitude_deg) != np.isnan(longitude_deg))
    latitude_deg[unusable] = longitude_deg[unusable] = np.nan


def _order(
    times: FloatArray, columns: dict[str, FloatArray], issues: list[Issue]
) -> tuple[FloatArray, dict[str, FloatArray]]:
    backward = int((np.diff(times) < 0).sum())
    if not backward:
        return times, columns
    issues.append(Issue("records_out_of_order", "time", backward))
    order = np.argsort(times, kind="stable")
    return times[order], {name: column[order] for name, column in columns.items()}


def _merge_repeated(
    times: FloatArray, columns: dict[str, FloatArray], issues: list[Issue]
) -> tuple[FloatArray, dict[str, FloatArray]]:
    is_first = np.ones(len(times), dtype=bool)
    is_first[1:] = np.diff(times) > 0
    repeated = len(times) - int(is_first.sum())
    if not repeated:
        return times, columns
    issues.append(Issue("repeated_times", "time", repeated))
    instant = np.cumsum(is_first) - 1
    merged = {}
    for name, column in columns.items():
        out = np.full(int(instant[-1]) + 1, np.nan)
        known = ~np.isnan(column)
        out[instant[known]] = column[known]  # of several assignments to one place numpy keeps the last
        merged[name] = out
    return times[is_first], merged


def _drop_strays(
    times: FloatArray, columns: dict[str, FloatArray], issues: list[Issue]
) -> tuple[FloatArray, dict[str, FloatArray]]:
    borders = np.flatnonzero(np.diff(times) >= STRAY_GAP_S) + 1
    if not len(borders):
        return times, columns
    edges = np.concatenate(([0], borders, [len(times)]))
    sizes = np.diff(edges)
    few = (sizes <= MAX_STRAY_POINTS) & (sizes * STRAY_SHARE <= sizes.max())
    if not few.any():
        return times, columns
    issues.append(Issue("stray_times", "time", int(sizes[few].sum()), "a day or more from all other points"))
    kept = np.repeat(~few, sizes)
    return times[kept], {name: column[kept] for name, column in columns.items()}
