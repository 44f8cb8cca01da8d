"""FIT's record columns -> the channels of `Samples`: enhanced fields win, feet are counted twice, units are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from connectors.fit_profile import FIRST_DATE_TIME, FIT_EPOCH_UTC_S, FOOT_ACTIVITY_TYPES, LAST_DATE_TIME, VAGUE_SPORTS
from pipeline.model import Issue
from pipeline.units import DEG_PER_SEMICIRCLE, STEPS_PER_STRIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pipeline.model import FloatArray

#: Fastest that legs go: the 100 m record peaks at 12.4 m/s. A watch on foot that shows more has lost its satellites.
#: Kept wide (54 km/h), because some "runs" are rides under a wrong name and that must stay visible.
MAX_FOOT_SPEED_MPS: Final = 15.0

#: The longest race on foot that is run without a finish line in between, six days, with as much again for a clock
#: left on. Farther from the middle of a file's records is a clock that was not set.
MAX_DAYS_FROM_MIDDLE: Final = 12
_S_PER_DAY: Final = 86_400
#: One record this far from both its neighbours, which follow each other, has a wrong time and no other explanation.
_LONE_JUMP_S: Final = 3_600.0
_MM_PER_M: Final = 1000.0

#: Channels that only a foot pod, a chest strap or a wrist in running mode writes: they show what the cadence counts.
_FOOT_CHANNELS: Final = ("stance_time", "vertical_oscillation", "step_length")

#: Channel -> FIT fields that it is made of, the better one first.
_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "latitude_deg": ("position_lat",),
    "longitude_deg": ("position_long",),
    "altitude_m": ("enhanced_altitude", "altitude"),
    "distance_m": ("distance",),
    "speed_mps": ("enhanced_speed", "speed"),
    "heart_rate_bpm": ("heart_rate",),
    "power_w": ("power",),
    "temperature_degc": ("temperature",),
    "ground_contact_ms": ("stance_time",),
    "vertical_oscillation_m": ("vertical_oscillation",),
    "step_length_m": ("step_length",),
}
_FACTORS: Final[Mapping[str, float]] = {"latitude_deg": DEG_PER_SEMICIRCLE, "longitude_deg": DEG_PER_SEMICIRCLE}
_DIVISORS: Final[Mapping[str, float]] = {"vertical_oscillation_m": _MM_PER_M, "step_length_m": _MM_PER_M}


def utc_seconds(times: FloatArray, issues: list[Issue]) -> tuple[FloatArray, NDArray[np.bool_] | None]:
    """Turn FIT seconds into seconds since 1970, without those that can't be the time of this file's records.

    A date_time below 0x10000000 counts from switching on. One that is many days from the middle of all others comes
    from a clock that was not set yet, or from damage.

    Args:
        times: (n,) FIT seconds, NaN where a record has no time.
        issues: what was left out is told here.

    Returns:
        (m,) seconds since 1970, NaN where a record has no time, and which of the n are left; None for all.
    """
    relative = times < FIRST_DATE_TIME
    if relative.any():
        issues.append(Issue("time_without_date", "timestamp", int(relative.sum()), "seconds since switching on"))
    dated = (times >= FIRST_DATE_TIME) & (times <= LAST_DATE_TIME)
    middle = np.median(times[dated]) if dated.any() else np.nan
    far = (times > LAST_DATE_TIME) | (np.abs(times - middle) > MAX_DAYS_FROM_MIDDLE * _S_PER_DAY)
    far &= ~relative
    if far.any():
        detail = f"more than {MAX_DAYS_FROM_MIDDLE} days from the middle of the records"
        issues.append(Issue("implausible_time", "timestamp", int(far.sum()), detail))
    lone = _lone_jumps(times) & ~relative & ~far
    if lone.any():
        detail = "an hour or more from both neighbours, which follow each other"
        issues.append(Issue("implausible_time", "timestamp", int(lone.sum()), detail))
    rejected = relative | far | lone
    if not rejected.any():
        return times + FIT_EPOCH_UTC_S, None
    return times[~rejected] + FIT_EPOCH_UTC_S, ~rejected


def _lone_jumps(times: FloatArray) -> NDArray[np.bool_]:
    before, here, after = times[:-2], times[1:-1], times[2:]
    jumps = np.zeros(len(times), dtype=bool)
    away = (here > after + _LONE_JUMP_S) | (here < before - _LONE_JUMP_S)
    jumps[1:-1] = (before <= after) & away
    return jumps


def channels(fields: Mapping[str, FloatArray], *, is_foot: bool, issues: list[Issue]) -> dict[str, FloatArray]:
    """Make the channels of the records of one session; a channel without any source is left out."""
    made = {}
    for channel, names in _SOURCES.items():
        value = _first_known([fields[name] for name in names if name in fields])
        if value is not None:
            made[channel] = value * _FACTORS.get(channel, 1.0) / _DIVISORS.get(channel, 1.0)
    cadence = _cadence(fields)
    if cadence is not None and is_foot:
        made["cadence_spm"] = cadence * STEPS_PER_STRIDE
    if is_foot and "speed_mps" in made:
        _blank_above(made["speed_mps"], MAX_FOOT_SPEED_MPS, issues)
    return made


def is_on_foot(
    fields: Mapping[str, FloatArray], sport: str | None, *, sport_is_foot: bool, issues: list[Issue]
) -> bool:
    """Decide whether cadence counts strides: by the sport, and where that is vague or missing by what was recorded.

    85 a minute is a runner's leg as well as a cyclist's: without evidence the cadence is left out, and said so.
    """
    if sport_is_foot:
        return True
    if sport is not None and sport not in VAGUE_SPORTS:
        return False
    kinds = fields.get("activity_type")
    said = np.empty(0) if kinds is None else kinds[~np.isnan(kinds)]
    if len(said):
        return bool(np.isin(said, FOOT_ACTIVITY_TYPES).mean() >= 0.5)
    if any(bool((fields[name] > 0).any()) for name in _FOOT_CHANNELS if name in fields):
        return True
    cadence = _cadence(fields)
    if cadence is not None and (cadence > 0).any():
        detail = "strides of one leg or turns of a crank: nothing in the file tells which"
        issues.append(Issue("cadence_meaning", "cadence", int((cadence > 0).sum()), detail))
    return False


def _cadence(fields: Mapping[str, FloatArray]) -> FloatArray | None:
    """Strides or revolutions a minute with their fraction."""
    whole = fields.get("cadence")
    if whole is not None and "fractional_cadence" in fields:
        fraction = fields["fractional_cadence"]
        whole = whole + np.where(np.isnan(fraction), 0.0, fraction)
    return _first_known([column for column in (whole, fields.get("cadence256")) if column is not None])


def _first_known(columns: list[FloatArray]) -> FloatArray | None:
    if not columns:
        return None
    value = columns[0]
    for other in columns[1:]:
        value = np.where(np.isnan(value), other, value)
    return value


def _blank_above(column: FloatArray, highest: float, issues: list[Issue]) -> None:
    above = column > highest
    if above.any():
        detail = f"first is {column[above][0]:g}: not on foot"
        issues.append(Issue("out_of_range", "speed_mps", int(above.sum()), detail))
        column[above] = np.nan
