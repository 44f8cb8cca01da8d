"""Messages -> what they mean: sessions, laps, timer events, splits, workout steps, the device, its clock's offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors.fit_products import GARMIN_PRODUCTS, MANUFACTURERS
from connectors.fit_profile import (
    ACTIVITY,
    DEVICE_INFO,
    EVENT,
    FILE_ID,
    FIRST_DATE_TIME,
    FOOT_SPORTS,
    FOOT_SUB_SPORTS,
    LAP,
    LAST_DATE_TIME,
    NEWER_WORDS,
    SPLIT,
    SPLIT_KINDS,
    VAGUE_SPORTS,
    WORKOUT_STEP,
)
from connectors.fit_records import LARGEST_VALUE
from pipeline.model import Device, DeviceTotals, WorkoutStep
from pipeline.units import STEPS_PER_STRIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fit_messages import Message, Messages

#: Offsets from UTC run from -12 to +14 h, all at multiples of 15 min (IANA time zones of this century). Devices take
#: the two stamps some seconds apart.
_MAX_OFFSET_S: Final = 14 * 3600
_OFFSET_STEP_S: Final = 15 * 60
_OFFSET_SLACK_S: Final = 120
#: `device_info.source_type` 5 is "local": a sensor inside the device; `local_device_type` 4 is the barometer.
_LOCAL_SOURCE: Final = "local"
_BAROMETER: Final = 4
_CREATOR_INDEX: Final = 0
#: `message_index` holds flags above its lowest twelve bits (Profile.xlsx, type `message_index`).
_MESSAGE_INDEX_MASK: Final = 0x0FFF
#: `session.workout_feel` (0 very weak, 100 very strong) and `workout_rpe` (ten times the rating), both 0 to 100:
#: younger than fitparse's profile, which hands them over by number (Profile.xlsx).
_WORKOUT_FEEL: Final = "unknown_192"
_WORKOUT_RPE: Final = "unknown_193"
_MOST_RATING: Final = 100
#: Nobody goes this far in less than a stride (the longest are 6 m).
_SOME_STRIDES_M: Final = 10.0
_STOPS: Final = frozenset({"stop", "stop_all", "stop_disable", "stop_disable_all"})


@dataclass(frozen=True, slots=True)
class SessionHead:
    """What a session message says, or what stands in for it where there is none. Times are FIT seconds."""

    start: float | None
    sport: str | None
    sub_sport: str | None
    totals: DeviceTotals
    perceived_exertion_0_10: float | None = None
    feel_0_100: float | None = None


@dataclass(frozen=True, slots=True)
class TimedLap:
    """One lap before its start is counted from the recording's."""

    start: float
    message: Message
    elapsed_s: float | None


def number(message: Message, *names: str) -> float | None:
    """Return the first of the named values that is a number; of several values the first counts."""
    for name in names:
        value = message.get(name)
        if isinstance(value, tuple) and value:
            value = value[0]
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_VALUE:
            return float(value)
    return None


def instant(message: Message, name: str) -> float | None:
    """Return a date_time as FIT seconds; None for seconds since switching on, which say no date."""
    return _dated(number(message, name))


def _dated(value: float | None) -> float | None:
    return value if value is not None and FIRST_DATE_TIME <= value <= LAST_DATE_TIME else None


def word(message: Message, name: str) -> str | None:
    """Return an enumeration's word, the number as text where no profile knows it, None where nothing is said."""
    value = message.get(name)
    if isinstance(value, tuple):
        value = value[0] if value else None
    if isinstance(value, int):
        return NEWER_WORDS.get(name, {}).get(value, str(value))
    return text(value)


def text(value: object) -> str | None:
    """Return a string without what surrounds it, None for an empty one and for anything else."""
    return (value.strip("\x00 \t\r\n") or None) if isinstance(value, str) else None


def session_head(message: Message) -> SessionHead:
    """Read a session message."""
    sport, sub_sport = word(message, "sport"), word(message, "sub_sport")
    totals = _totals(message, is_foot=is_foot(sport, sub_sport))
    feel, exertion = _rated(message, _WORKOUT_FEEL), _rated(message, _WORKOUT_RPE)
    exertion = exertion / 10 if exertion else None  # the watch asks from 1: 0 says nothing
    return SessionHead(_start(message), sport, sub_sport, totals, exertion, feel)


def _rated(message: Message, name: str) -> float | None:
    value = number(message, name)
    return value if value is None or 0 <= value <= _MOST_RATING else None


def _start(message: Message) -> float | None:
    """Return when a session or lap began: its start, else its end less its length."""
    start, end = instant(message, "start_time"), instant(message, "timestamp")
    elapsed_s = number(message, "total_elapsed_time")
    if start is None and end is not None and elapsed_s is not None:
        return _dated(end - elapsed_s)
    return start


def is_foot(sport: str | None, sub_sport: str | None) -> bool:
    """Return whether the sport says that cadence counts strides and cycles are strides."""
    return sport in FOOT_SPORTS or ((sport is None or sport in VAGUE_SPORTS) and sub_sport in FOOT_SUB_SPORTS)


def _totals(message: Message, *, is_foot: bool) -> DeviceTotals:
    distance_m = number(message, "total_distance")
    cadence = number(message, "avg_running_cadence", "avg_cadence") if is_foot else None
    if cadence is not None:
        cadence += number(message, "avg_fractional_cadence") or 0.0
    return DeviceTotals(
        distance_m=distance_m,
        elapsed_s=number(message, "total_elapsed_time"),
        timer_s=number(message, "total_timer_time"),
        ascent_m=number(message, "total_ascent"),
        descent_m=number(message, "total_descent"),
        step_count=steps(message) if is_foot else None,
        mean_cadence_spm=cadence * STEPS_PER_STRIDE if cadence or (cadence == 0 and not distance_m) else None,
        mean_heart_rate_bpm=number(message, "avg_heart_rate") or None,
    )


def steps(message: Message) -> int | None:
    """Return the steps of a session or lap on foot: its strides of one leg, twice.

    No strides over a distance that takes some were not counted: that is not known, not zero.
    """
    strides = number(message, "total_strides", "total_cycles")
    if strides is None or (strides == 0 and (number(message, "total_distance") or 0.0) >= _SOME_STRIDES_M):
        return None
    return round((strides + (number(message, "total_fractional_cycles") or 0.0)) * STEPS_PER_STRIDE)


def timed_laps(messages: Messages) -> list[TimedLap]:
    """Return the laps that say when they began, in the order of the file."""
    laps = []
    for message in messages.of(LAP):
        start = _start(message)
        if start is not None:
            laps.append(TimedLap(start, message, number(message, "total_elapsed_time")))
    return laps


def timer_events(messages: Messages) -> list[tuple[float, bool]]:
    """Return (FIT seconds, is a start) of every start and stop of the timer, in the order of time."""
    events = []
    for message in messages.of(EVENT):
        at, kind = instant(message, "timestamp"), message.get("event_type")
        if message.get("event") == "timer" and at is not None and (kind == "start" or kind in _STOPS):
            events.append((at, kind == "start"))
    return sorted(events, key=lambda event: event[0])


def timed_splits(messages: Messages) -> list[tuple[float, float, str]]:
    """Return (start in FIT seconds, duration in seconds, kind) of every split.

    Splits are newer than fitparse's profile, so their fields come by number, unscaled: 0 split_type, 1 and 2 total
    elapsed and timer time in milliseconds, 9 start_time, 27 end_time.
    """
    splits = []
    for message in messages.of(SPLIT):
        kind, start, end = (number(message, f"unknown_{field}") for field in (0, 9, 27))
        duration_ms = number(message, "unknown_1", "unknown_2")
        if kind is None or start is None or _dated(start) is None:
            continue
        if duration_ms is not None:
            splits.append((start, duration_ms / 1000, SPLIT_KINDS.get(int(kind), str(int(kind)))))
        elif end is not None and end >= start:
            splits.append((start, end - start, SPLIT_KINDS.get(int(kind), str(int(kind)))))
    return sorted(splits)


def workout_steps(messages: Messages) -> tuple[WorkoutStep, ...]:
    """Return the steps of the workout that was loaded, in the order of their indices."""
    found = []
    for place, message in enumerate(messages.of(WORKOUT_STEP)):
        index = number(message, "message_index")
        repeats = number(message, "repeat_steps")
        found.append(
            WorkoutStep(
                index=place if index is None else int(index) & _MESSAGE_INDEX_MASK,
                name=text(message.get("wkt_step_name")),
                intensity=word(message, "intensity"),
                duration_kind=word(message, "duration_type"),
                duration_s=number(message, "duration_time"),
                duration_m=number(message, "duration_distance"),
                repeat_count=None if repeats is None else int(repeats),
            )
        )
    return tuple(sorted(found, key=lambda step: step.index))


def step_index(message: Message) -> int | None:
    """Return which workout step a lap belongs to."""
    value = number(message, "wkt_step_index")
    return None if value is None else int(value) & _MESSAGE_INDEX_MASK


def utc_offset_s(messages: Messages) -> int | None:
    """Return local minus UTC as the device claims it; None where it claims nothing that can be.

    0 counts as nothing: Suunto writes it wherever the runner is, so it can't be told from "not known".
    """
    for message in messages.of(ACTIVITY):
        local, stamp = number(message, "local_timestamp"), instant(message, "timestamp")
        if local is None or stamp is None:
            continue
        claimed_s = local - stamp
        rounded_s = round(claimed_s / _OFFSET_STEP_S) * _OFFSET_STEP_S
        if rounded_s and abs(rounded_s) <= _MAX_OFFSET_S and abs(claimed_s - rounded_s) <= _OFFSET_SLACK_S:
            return rounded_s
    return None


def device(messages: Messages) -> Device:
    """Return what recorded the file: file_id, and where it is silent the creator among the devices."""
    creators = [one for one in messages.of(DEVICE_INFO) if one.get("device_index") in {_CREATOR_INDEX, "creator"}]
    sources = [*messages.of(FILE_ID), *creators]
    manufacturer = _first(_named(one.get("manufacturer"), MANUFACTURERS) for one in sources)
    product = _first(_product(one) for one in sources)
    shown = _first(text(one.get("product_name")) for one in sources)
    serial = _first(number(one, "serial_number") for one in sources)
    return Device(
        manufacturer=manufacturer,
        product=product,
        name=_device_name(manufacturer, product, shown),
        serial=None if serial is None else str(int(float(serial))),
        lists_barometer=_lists_barometer(messages),
    )


def _product(message: Message) -> str | None:
    # fitparse names the field after the maker whose list of products it uses: garmin_product, favero_product.
    field = next((name for name in message if name == "product" or name.endswith("_product")), "product")
    return _named(message.get(field), GARMIN_PRODUCTS if field == "garmin_product" else {})


def _first(values: object) -> str | None:
    for value in values:  # type: ignore[attr-defined] # any iterable of text, numbers and None
        if value is not None:
            return str(value)
    return None


def _named(value: object, newer: Mapping[int, str]) -> str | None:
    if isinstance(value, int):
        return newer.get(value, str(value))
    found = text(value)
    return None if found is None else found.lower()


def _device_name(manufacturer: str | None, product: str | None, shown: str | None) -> str | None:
    maker = None if manufacturer is None else manufacturer.replace("_", " ").title()
    if shown is not None:
        named_already = maker is None or shown.lower().startswith(maker.lower().split()[0])
        return shown if named_already else f"{maker} {shown}"
    # Product 0 is what apps write that have no number.
    return " ".join(part for part in (maker, product) if part and part != "0") or None


def _lists_barometer(messages: Messages) -> bool | None:
    local = [one for one in messages.of(DEVICE_INFO) if one.get("source_type") == _LOCAL_SOURCE]
    # The creator lists itself as local too, without a type of sensor: that says nothing of its sensors.
    kinds = {number(one, "device_type", "local_device_type") for one in local} - {None}
    return (_BAROMETER in kinds) if kinds else None
