"""The part of the FIT profile that tests write: message and field numbers, base types, scales.

Source: the FIT SDK's Profile.xlsx (as carried by fitparse 1.2.0 and fitdecode 0.11; `tests/test_fit_file.py` holds this
table against both). Written down here and not taken from a decoder, so that a decoder's mistake can't hide.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class BaseType(NamedTuple):
    """One FIT base type."""

    code: int  #: base type byte of a definition message; bit 7 says that byte order matters
    pack: str  #: `struct` code
    size_bytes: int
    invalid: int | bytes


#: FIT SDK, "FIT Base Types".
BASE_TYPES: Final = {
    "enum": BaseType(0x00, "B", 1, 0xFF),
    "sint8": BaseType(0x01, "b", 1, 0x7F),
    "uint8": BaseType(0x02, "B", 1, 0xFF),
    "sint16": BaseType(0x83, "h", 2, 0x7FFF),
    "uint16": BaseType(0x84, "H", 2, 0xFFFF),
    "sint32": BaseType(0x85, "i", 4, 0x7FFFFFFF),
    "uint32": BaseType(0x86, "I", 4, 0xFFFFFFFF),
    "string": BaseType(0x07, "s", 1, b""),
    "float32": BaseType(0x88, "f", 4, 0xFFFFFFFF),
    "float64": BaseType(0x89, "d", 8, 0xFFFFFFFFFFFFFFFF),
    "uint8z": BaseType(0x0A, "B", 1, 0),
    "uint16z": BaseType(0x8B, "H", 2, 0),
    "uint32z": BaseType(0x8C, "I", 4, 0),
    "byte": BaseType(0x0D, "B", 1, 0xFF),
    "sint64": BaseType(0x8E, "q", 8, 0x7FFFFFFFFFFFFFFF),
    "uint64": BaseType(0x8F, "Q", 8, 0xFFFFFFFFFFFFFFFF),
}


class Field(NamedTuple):
    """One field of a message: stored = (value + offset) * scale."""

    number: int
    base_type: str
    scale: float = 1
    offset: float = 0


class Message(NamedTuple):
    """One global message."""

    number: int
    fields: dict[str, Field]


#: Fields that `session` and `lap` have under the same name, with (number in session, number in lap).
_TOTALS: Final = {
    "start_position_lat": (3, 3, "sint32", 1),
    "start_position_long": (4, 4, "sint32", 1),
    "total_elapsed_time": (7, 7, "uint32", 1000),
    "total_timer_time": (8, 8, "uint32", 1000),
    "total_distance": (9, 9, "uint32", 100),
    "total_strides": (10, 10, "uint32", 1),
    "total_cycles": (10, 10, "uint32", 1),
    "total_calories": (11, 11, "uint16", 1),
    "avg_speed": (14, 13, "uint16", 1000),
    "max_speed": (15, 14, "uint16", 1000),
    "avg_heart_rate": (16, 15, "uint8", 1),
    "max_heart_rate": (17, 16, "uint8", 1),
    "avg_cadence": (18, 17, "uint8", 1),
    "avg_running_cadence": (18, 17, "uint8", 1),
    "max_running_cadence": (19, 18, "uint8", 1),
    "total_ascent": (22, 21, "uint16", 1),
    "total_descent": (23, 22, "uint16", 1),
    "avg_fractional_cadence": (92, 80, "uint8", 128),
    "enhanced_avg_speed": (124, 110, "uint32", 1000),
    "enhanced_max_speed": (125, 111, "uint32", 1000),
}
_SPAN: Final = {
    "message_index": Field(254, "uint16"),
    "timestamp": Field(253, "uint32"),
    "event": Field(0, "enum"),
    "event_type": Field(1, "enum"),
    "start_time": Field(2, "uint32"),
}

MESSAGES: Final = {
    "file_id": Message(
        0,
        {
            "type": Field(0, "enum"),
            "manufacturer": Field(1, "uint16"),
            "product": Field(2, "uint16"),
            "serial_number": Field(3, "uint32z"),
            "time_created": Field(4, "uint32"),
            "product_name": Field(8, "string"),
        },
    ),
    "sport": Message(
        12,
        {
            "sport": Field(0, "enum"),
            "sub_sport": Field(1, "enum"),
            "name": Field(3, "string"),
        },
    ),
    "session": Message(
        18,
        {
            **_SPAN,
            **{name: Field(in_session, base, scale) for name, (in_session, _, base, scale) in _TOTALS.items()},
            "sport": Field(5, "enum"),
            "sub_sport": Field(6, "enum"),
            "first_lap_index": Field(25, "uint16"),
            "num_laps": Field(26, "uint16"),
            "trigger": Field(28, "enum"),
        },
    ),
    "lap": Message(
        19,
        {
            **_SPAN,
            **{name: Field(in_lap, base, scale) for name, (_, in_lap, base, scale) in _TOTALS.items()},
            "intensity": Field(23, "enum"),
            "lap_trigger": Field(24, "enum"),
            "sport": Field(25, "enum"),
            "sub_sport": Field(39, "enum"),
            "wkt_step_index": Field(71, "uint16"),
        },
    ),
    "record": Message(
        20,
        {
            "timestamp": Field(253, "uint32"),
            "position_lat": Field(0, "sint32"),
            "position_long": Field(1, "sint32"),
            "altitude": Field(2, "uint16", 5, 500),
            "heart_rate": Field(3, "uint8"),
            "cadence": Field(4, "uint8"),
            "distance": Field(5, "uint32", 100),
            "speed": Field(6, "uint16", 1000),
            "power": Field(7, "uint16"),
            "compressed_speed_distance": Field(8, "byte"),
            "temperature": Field(13, "sint8"),
            "vertical_oscillation": Field(39, "uint16", 10),
            "stance_time": Field(41, "uint16", 10),
            "activity_type": Field(42, "enum"),
            "cadence256": Field(52, "uint16", 256),
            "fractional_cadence": Field(53, "uint8", 128),
            "enhanced_speed": Field(73, "uint32", 1000),
            "enhanced_altitude": Field(78, "uint32", 5, 500),
            "step_length": Field(85, "uint16", 10),
        },
    ),
    "event": Message(
        21,
        {
            "timestamp": Field(253, "uint32"),
            "event": Field(0, "enum"),
            "event_type": Field(1, "enum"),
            "data": Field(3, "uint32"),
            "event_group": Field(4, "uint8"),
        },
    ),
    "device_info": Message(
        23,
        {
            "timestamp": Field(253, "uint32"),
            "device_index": Field(0, "uint8"),
            "device_type": Field(1, "uint8"),
            "manufacturer": Field(2, "uint16"),
            "serial_number": Field(3, "uint32z"),
            "product": Field(4, "uint16"),
            "software_version": Field(5, "uint16", 100),
            "source_type": Field(25, "enum"),
            "product_name": Field(27, "string"),
        },
    ),
    "workout": Message(
        26,
        {
            "sport": Field(4, "enum"),
            "num_valid_steps": Field(6, "uint16"),
            "wkt_name": Field(8, "string"),
        },
    ),
    "workout_step": Message(
        27,
        {
            "message_index": Field(254, "uint16"),
            "wkt_step_name": Field(0, "string"),
            "duration_type": Field(1, "enum"),
            "duration_value": Field(2, "uint32"),
            "target_type": Field(3, "enum"),
            "target_value": Field(4, "uint32"),
            "intensity": Field(7, "enum"),
        },
    ),
    "activity": Message(
        34,
        {
            "timestamp": Field(253, "uint32"),
            "total_timer_time": Field(0, "uint32", 1000),
            "num_sessions": Field(1, "uint16"),
            "type": Field(2, "enum"),
            "event": Field(3, "enum"),
            "event_type": Field(4, "enum"),
            "local_timestamp": Field(5, "uint32"),
        },
    ),
    "file_creator": Message(49, {"software_version": Field(0, "uint16")}),
    "hrv": Message(78, {"time": Field(0, "uint16", 1000)}),
    "field_description": Message(
        206,
        {
            "developer_data_index": Field(0, "uint8"),
            "field_definition_number": Field(1, "uint8"),
            "fit_base_type_id": Field(2, "uint8"),
            "field_name": Field(3, "string"),
            "units": Field(8, "string"),
            "native_mesg_num": Field(14, "uint16"),
            "native_field_num": Field(15, "uint8"),
        },
    ),
    "developer_data_id": Message(
        207,
        {
            "application_id": Field(1, "byte"),
            "developer_data_index": Field(3, "uint8"),
            "application_version": Field(4, "uint32"),
        },
    ),
    "split": Message(
        312,
        {
            "message_index": Field(254, "uint16"),
            "split_type": Field(0, "enum"),
            "total_elapsed_time": Field(1, "uint32", 1000),
            "total_timer_time": Field(2, "uint32", 1000),
            "total_distance": Field(3, "uint32", 100),
            "start_time": Field(9, "uint32"),
            "end_time": Field(27, "uint32"),
        },
    ),
}
