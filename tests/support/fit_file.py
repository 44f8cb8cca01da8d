"""Whole FIT files from columns of truth: activities with laps, pauses, sessions, devices; and other kinds of file.

    data = fit_activity(start_utc, {"distance_m": 3.0 * t, "cadence_strides_per_min": np.full(len(t), 85.0)}, t_s=t)

`FitWriter` (re-exported) makes what these can't. Nothing is invented: a total that isn't given and can't be read off the
columns is left out of the file.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from support.fit_parts import FORERUNNER, Activity, FitDevice, FitLap, FitOptions, FitSplit, FitStep
from support.fit_writer import DeveloperField, FitWriter, Value, chain, fit_crc, fit_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

__all__ = [
    "FORERUNNER",
    "Activity",
    "DeveloperField",
    "FitDevice",
    "FitLap",
    "FitOptions",
    "FitSplit",
    "FitStep",
    "FitWriter",
    "chain",
    "fit_activity",
    "fit_crc",
    "fit_file",
    "fit_other",
    "fit_seconds",
    "smart_recording",
]

SEMICIRCLES_PER_DEG: Final = 2**31 / 180

#: Column -> record field, with the factor from the column's unit to the profile's.
_RECORD_FIELDS: Final = {
    "latitude_deg": ("position_lat", SEMICIRCLES_PER_DEG),
    "longitude_deg": ("position_long", SEMICIRCLES_PER_DEG),
    "altitude_m": ("altitude", 1),
    "heart_rate_bpm": ("heart_rate", 1),
    "distance_m": ("distance", 1),
    "speed_mps": ("speed", 1),
    "power_w": ("power", 1),
    "temperature_degc": ("temperature", 1),
    "vertical_oscillation_mm": ("vertical_oscillation", 1),
    "stance_time_ms": ("stance_time", 1),
    "step_length_mm": ("step_length", 1),
}
_CADENCE: Final = "cadence_strides_per_min"  #: one leg for runners, revolutions for riders, as FIT has it


def fit_activity(
    start_utc: datetime,
    columns: Mapping[str, ArrayLike],
    *,
    device: FitDevice = FORERUNNER,
    options: FitOptions | None = None,
    local_offset_s: int | None = 0,
    workout: Sequence[FitStep] = (),
    **activity: object,
) -> bytes:
    """Return a FIT file of one session; `activity` are the further fields of `Activity`, by name.

    Args:
        start_utc: aware start.
        columns: latitude_deg, longitude_deg, altitude_m, distance_m, speed_mps, heart_rate_bpm,
            cadence_strides_per_min, power_w, temperature_degc, stance_time_ms, vertical_oscillation_mm, step_length_mm.
        device: what recorded it.
        options: how it is written.
        local_offset_s: local minus UTC for `activity.local_timestamp`; None leaves it out.
        workout: steps of the workout that was loaded.
        activity: fields of `Activity`.
    """
    one = Activity(start_utc, columns, **activity)  # type: ignore[arg-type]  # passed through by name
    return fit_file([one], device=device, options=options, local_offset_s=local_offset_s, workout=workout)


def fit_file(
    activities: Sequence[Activity],
    *,
    device: FitDevice = FORERUNNER,
    options: FitOptions | None = None,
    local_offset_s: int | None = 0,
    workout: Sequence[FitStep] = (),
) -> bytes:
    """Return a FIT file of one or several sessions (multisport), in the order in which a watch writes."""
    options = options or FitOptions()
    writer = FitWriter(byte_order=options.byte_order, header_bytes=options.header_bytes, header_crc=options.header_crc)
    first = activities[0]
    _write_file_id(writer, "activity", first.start_utc, device)
    writer.write("file_creator", software_version=1350)
    _write_devices(writer, first.start_utc, device)
    _write_workout(writer, workout)
    described = sorted({own for activity in activities for own in activity.developer})
    if described:
        writer.describe(described)
    for activity in activities:
        if options.sport_message:
            writer.write("sport", sport=activity.sport, sub_sport=activity.sub_sport)
        _write_stream(writer, activity, options)
    lap_index = 0
    for index, activity in enumerate(activities):
        lap_index = _write_summary(writer, activity, index, lap_index)
    _write_activity(writer, activities, local_offset_s)
    return writer.to_bytes(data_size=options.data_size, crc=options.crc, trailing=options.trailing)


def fit_other(kind: str, *, created_utc: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> bytes:
    """Return a FIT file that is no activity: "workout", "settings", "course", "monitoring_b"."""
    writer = FitWriter()
    _write_file_id(writer, kind, created_utc, FORERUNNER)
    if kind == "workout":
        _write_workout(writer, [FitStep("time", 600_000, "warmup"), FitStep("distance", 100_000)])
    if kind == "course":
        for second in range(5):
            writer.write("record", timestamp=created_utc + timedelta(seconds=second), distance=3.0 * second)
    return writer.to_bytes()


def smart_recording(t_s: ArrayLike, *, every_s: int = 5) -> np.ndarray:
    """Return the rows that a watch keeps when it saves memory: the first, the last, and one in about `every_s` seconds."""
    times = np.asarray(t_s, float)
    step = np.floor((times - times[0]) / every_s)
    return np.flatnonzero(np.r_[True, np.diff(step) > 0] | (np.arange(len(times)) == len(times) - 1))


def _write_activity(writer: FitWriter, activities: Sequence[Activity], local_offset_s: int | None) -> None:
    last = activities[-1]
    end_s = last.end_s()
    local: dict[str, Value] = {}
    if local_offset_s is not None:
        local["local_timestamp"] = fit_seconds(last.at(end_s)) + local_offset_s
    writer.write(
        "activity",
        local,
        timestamp=last.at(end_s),
        total_timer_time=sum(activity.timer_s(0, activity.end_s()) for activity in activities),
        num_sessions=len(activities),
        type=0,
        event="activity",
        event_type="stop",
    )


def _write_file_id(writer: FitWriter, kind: str, created_utc: datetime, device: FitDevice) -> None:
    name: dict[str, Value] = {} if device.product_name is None else {"product_name": device.product_name}
    writer.write(
        "file_id",
        name,
        type=kind,
        manufacturer=device.manufacturer,
        product=device.product,
        serial_number=device.serial_number,
        time_created=created_utc,
    )


def _write_devices(writer: FitWriter, timestamp: datetime, device: FitDevice) -> None:
    """Write the creator (index 0) and its local sensors (source_type 5)."""
    if device.sensors is None:
        return
    for index, device_type in enumerate((None, *device.sensors)):
        writer.write(
            "device_info",
            timestamp=timestamp,
            device_index=index,
            device_type=device_type,
            manufacturer=device.manufacturer,
            product=device.product,
            serial_number=device.serial_number if index == 0 else None,
            software_version=13.5,
            source_type=5,
        )


def _write_workout(writer: FitWriter, steps: Sequence[FitStep]) -> None:
    if not steps:
        return
    writer.write("workout", sport="running", num_valid_steps=len(steps), wkt_name="Plan")
    for index, step in enumerate(steps):
        writer.write(
            "workout_step",
            message_index=index,
            wkt_step_name=step.name or "",
            duration_type=step.duration_type,
            duration_value=step.duration_value,
            target_type="open",
            target_value=step.target_value,
            intensity=step.intensity,
        )


def _write_stream(writer: FitWriter, activity: Activity, options: FitOptions) -> None:
    """Write records and timer events in the order of time."""
    columns = _record_columns(activity.columns, options)
    own = {known: np.asarray(column, float) for known, column in activity.developer.items()}
    events = activity.timer_events()
    previous = None
    for row, t_s in enumerate(activity.times_s()):
        while events and (events[0][0] < t_s or (events[0][0] == t_s and events[0][1] == "start")):
            _write_event(writer, activity, *events.pop(0))
        values: dict[str, Value] = {name: column[row] for name, column in columns.items()}
        if options.sparse:
            values = {name: value for name, value in values.items() if value == value}  # noqa: PLR0124 - NaN only
        stamp = fit_seconds(activity.at(t_s))
        # Five bits hold the time for 31 s, and need a whole timestamp to start from.
        compressed = options.compressed and previous is not None and 0 <= stamp - previous < 32
        developer = {known: column[row] for known, column in own.items()}
        writer.write("record", values, compressed=compressed, developer=developer, timestamp=stamp)
        previous = stamp
    for event in events:
        _write_event(writer, activity, *event)


def _record_columns(columns: Mapping[str, ArrayLike], options: FitOptions) -> dict[str, list[float]]:
    """Return record field -> column in the profile's unit."""
    out: dict[str, list[float]] = {}
    for name, column in columns.items():
        values = np.asarray(column, float)
        if name == _CADENCE:
            out["cadence"] = (np.floor(values) if options.fractional_cadence else np.rint(values)).tolist()
            if options.fractional_cadence:
                out["fractional_cadence"] = (values - np.floor(values)).tolist()
            continue
        plain, factor = _RECORD_FIELDS[name]
        scaled = (values * factor).tolist()
        has_enhanced = plain in {"altitude", "speed"}
        if not has_enhanced or options.enhanced in {False, "both"}:
            out[plain] = scaled
        if has_enhanced and options.enhanced:
            out[f"enhanced_{plain}"] = scaled
    return out


def _write_event(writer: FitWriter, activity: Activity, t_s: float, kind: str) -> None:
    writer.write("event", timestamp=activity.at(t_s), event="timer", event_type=kind, data=0, event_group=0)


def _write_summary(writer: FitWriter, activity: Activity, index: int, first_lap: int) -> int:
    """Write splits, laps and the session; return the index of the next lap."""
    end_s = activity.end_s()
    for number, split in enumerate(activity.splits):
        writer.write(
            "split",
            message_index=number,
            split_type=split.kind,
            total_elapsed_time=split.end_s - split.start_s,
            total_timer_time=activity.timer_s(split.start_s, split.end_s),
            start_time=activity.at(split.start_s),
            end_time=activity.at(split.end_s),
        )
    laps = activity.laps if activity.laps is not None else [FitLap(0.0, end_s, "session_end")]
    for number, lap in enumerate(laps):
        values: dict[str, Value] = {
            "message_index": first_lap + number,
            "event": "lap",
            "event_type": "stop",
            **_span(activity, lap.start_s, lap.end_s),
            "lap_trigger": lap.trigger,
            **lap.fields,
        }
        writer.write("lap", _given(values))
    values = {
        "message_index": index,
        "event": "session",
        "event_type": "stop",
        **_span(activity, 0.0, end_s),
        "sport": activity.sport,
        "sub_sport": activity.sub_sport,
        "first_lap_index": first_lap,
        "num_laps": len(laps),
        "trigger": 0,
        **activity.totals,
    }
    writer.write("session", _given(values))
    return first_lap + len(laps)


def _span(activity: Activity, start_s: float, end_s: float) -> dict[str, Value]:
    return {
        "timestamp": activity.at(end_s),
        "start_time": activity.at(start_s),
        "total_elapsed_time": end_s - start_s,
        "total_timer_time": activity.timer_s(start_s, end_s),
        "total_distance": activity.distance_m(start_s, end_s),
    }


def _given(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}
