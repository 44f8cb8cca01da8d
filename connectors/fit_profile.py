"""What FIT's numbers mean to us: message and field numbers, scales, words, and what is left out by name.

Source of all numbers: the FIT SDK's Profile.xlsx (message and field numbers, scales, offsets, enumerations).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds from 1970-01-01 to FIT's own zero, 1989-12-31T00:00:00Z.
FIT_EPOCH_UTC_S: Final = 631_065_600
#: Below it a date_time counts seconds since the device was switched on (Profile.xlsx, type `date_time`, value `min`).
FIRST_DATE_TIME: Final = 0x10000000
#: A date_time is an unsigned number of 32 bits whose highest value says "invalid": the year 2126.
LAST_DATE_TIME: Final = 0xFFFFFFFE

FILE_ID: Final = 0
SPORT: Final = 12
SESSION: Final = 18
LAP: Final = 19
RECORD: Final = 20
EVENT: Final = 21
DEVICE_INFO: Final = 23
WORKOUT: Final = 26
WORKOUT_STEP: Final = 27
ACTIVITY: Final = 34
FIELD_DESCRIPTION: Final = 206
DEVELOPER_DATA_ID: Final = 207
SPLIT: Final = 312

#: The messages that fitparse reads for us, and their fields that mean something here (with the fields that fitparse
#: needs to tell what another one means: `sport` for cycles or strides, `manufacturer` for `product`). Everything else
#: is stripped like the records: nine tenths of the time goes to what nobody here looks at.
WANTED_FIELDS: Final[Mapping[int, frozenset[int]]] = {
    # type, manufacturer, product, serial_number, time_created, product_name
    FILE_ID: frozenset({0, 1, 2, 3, 4, 8}),
    # sport, sub_sport
    SPORT: frozenset({0, 1}),
    # start_time, sport, sub_sport, total_elapsed_time, total_timer_time, total_distance, total_cycles (or strides),
    # avg_heart_rate, avg_cadence, total_ascent, total_descent, avg_fractional_cadence, total_fractional_cycles,
    # workout_feel, workout_rpe
    SESSION: frozenset({2, 5, 6, 7, 8, 9, 10, 16, 18, 22, 23, 92, 94, 192, 193, 253}),
    # start_time, total_elapsed_time, total_timer_time, total_distance, total_cycles (or strides), intensity,
    # lap_trigger, sport, sub_sport, wkt_step_index, total_fractional_cycles
    LAP: frozenset({2, 7, 8, 9, 10, 23, 24, 25, 39, 71, 82, 253}),
    # event, event_type
    EVENT: frozenset({0, 1, 253}),
    # device_index, device_type, manufacturer, serial_number, product, source_type, product_name
    DEVICE_INFO: frozenset({0, 1, 2, 3, 4, 25, 27}),
    # sport
    WORKOUT: frozenset({4}),
    # wkt_step_name, duration_type, duration_value, target_value, intensity, message_index
    WORKOUT_STEP: frozenset({0, 1, 2, 3, 4, 7, 254}),
    # local_timestamp
    ACTIVITY: frozenset({5, 253}),
    # developer_data_index, field_definition_number, fit_base_type_id, field_name
    FIELD_DESCRIPTION: frozenset({0, 1, 2, 3}),
    # developer_data_index
    DEVELOPER_DATA_ID: frozenset({3}),
    # split_type, total_elapsed_time, total_timer_time, start_time, end_time
    SPLIT: frozenset({0, 1, 2, 9, 27, 253}),
}

TIMESTAMP_FIELD: Final = 253
COMPRESSED_SPEED_DISTANCE_FIELD: Final = 8
EVENT_FIELD: Final = 0
TIMER_EVENT: Final = 0


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of `record` that we read: value = raw / scale - offset, in FIT's own unit."""

    name: str
    scale: float = 1.0
    offset: float = 0.0


#: Field number of `record` -> what we read it as.
RECORD_FIELDS: Final[Mapping[int, RecordField]] = {
    0: RecordField("position_lat"),  # semicircles
    1: RecordField("position_long"),
    2: RecordField("altitude", 5.0, 500.0),  # m
    3: RecordField("heart_rate"),  # bpm
    4: RecordField("cadence"),  # revolutions or strides a minute
    5: RecordField("distance", 100.0),  # m
    6: RecordField("speed", 1000.0),  # m/s
    7: RecordField("power"),  # W
    13: RecordField("temperature"),  # °C
    39: RecordField("vertical_oscillation", 10.0),  # mm
    41: RecordField("stance_time", 10.0),  # ms
    42: RecordField("activity_type"),  # an enumeration: says whether cadence is of feet where no session does
    52: RecordField("cadence256", 256.0),  # cadence with its fraction, one number
    53: RecordField("fractional_cadence", 128.0),
    73: RecordField("enhanced_speed", 1000.0),
    78: RecordField("enhanced_altitude", 5.0, 500.0),
    85: RecordField("step_length", 10.0),  # mm
}

#: Fields of `record` that we know and leave out, number -> name, grouped by the reason.
IGNORED_RECORD_FIELDS: Final[Mapping[int, str]] = {
    # derived by ourselves, or of no use beside what we derive
    9: "grade",
    18: "cycles",
    19: "total_cycles",
    12: "cycle_length",
    87: "cycle_length16",
    17: "speed_1s",
    32: "vertical_speed",
    33: "calories",
    40: "stance_time_percent",
    83: "vertical_ratio",
    84: "stance_time_balance",
    48: "time128",
    11: "time_from_course",
    50: "zone",
    31: "gps_accuracy",
    62: "device_index",
    91: "absolute_pressure",
    # of the bicycle, its trainer and its motor
    10: "resistance",
    28: "compressed_accumulated_power",
    29: "accumulated_power",
    30: "left_right_balance",
    43: "left_torque_effectiveness",
    44: "right_torque_effectiveness",
    45: "left_pedal_smoothness",
    46: "right_pedal_smoothness",
    47: "combined_pedal_smoothness",
    67: "left_pco",
    68: "right_pco",
    69: "left_power_phase",
    70: "left_power_phase_peak",
    71: "right_power_phase",
    72: "right_power_phase_peak",
    81: "battery_soc",
    82: "motor_power",
    114: "grit",
    115: "flow",
    117: "ebike_travel_range",
    118: "ebike_battery_level",
    119: "ebike_assist_mode",
    120: "ebike_assist_level_percent",
    # of swimming, diving and ball games
    49: "stroke_type",
    51: "ball_speed",
    92: "depth",
    93: "next_stop_depth",
    94: "next_stop_time",
    95: "time_to_surface",
    96: "ndl_time",
    97: "cns_load",
    98: "n2_load",
    123: "air_time_remaining",
    124: "pressure_sac",
    125: "volume_sac",
    126: "rmv",
    127: "ascent_rate",
    129: "po2",
    # of the body, but of no stage limit
    54: "total_hemoglobin_conc",
    55: "total_hemoglobin_conc_min",
    56: "total_hemoglobin_conc_max",
    57: "saturated_hemoglobin_percent",
    58: "saturated_hemoglobin_percent_min",
    59: "saturated_hemoglobin_percent_max",
    99: "respiration_rate",
    108: "enhanced_respiration_rate",
    116: "current_stress",
    139: "core_temperature",
}

#: Words newer than the profile inside fitparse (SDK 20.8, March 2019).
NEWER_WORDS: Final[Mapping[str, Mapping[int, str]]] = {
    "sport": {
        49: "baseball",
        53: "diving",
        62: "hiit",
        64: "racket",
        65: "wheelchair_push_walk",
        66: "wheelchair_push_run",
        67: "meditation",
        69: "disc_golf",
        71: "cricket",
        72: "rugby",
        73: "hockey",
        74: "lacrosse",
        75: "volleyball",
        76: "water_tubing",
        77: "wakesurfing",
        80: "mixed_martial_arts",
        82: "snorkeling",
        83: "dance",
        84: "jump_rope",
    },
    "sub_sport": {
        62: "breathing",
        67: "ultra",
        68: "indoor_climbing",
        69: "bouldering",
        70: "hiit",
        86: "indoor_wheelchair_walk",
        87: "indoor_wheelchair_run",
    },
    "intensity": {4: "recovery", 5: "interval", 6: "other"},
    "duration_type": {31: "time_only"},
}

#: `split.split_type` -> what `Split.kind` says (Profile.xlsx, type `split_type`; message 312 is newer than fitparse).
SPLIT_KINDS: Final[Mapping[int, str]] = {
    1: "ascent_split",
    2: "descent_split",
    3: "interval_active",
    4: "interval_rest",
    5: "interval_warmup",
    6: "interval_cooldown",
    7: "interval_recovery",
    8: "interval_other",
    9: "climb_active",
    10: "climb_rest",
    11: "surf_active",
    12: "run_active",
    13: "run_rest",
    14: "workout_round",
    17: "run",
    18: "walk",
    21: "windsurf_active",
    22: "stand",
    23: "transition",
    28: "ski_lift_split",
    29: "ski_run_split",
}

#: `record.activity_type` values that are done on foot: running, walking.
FOOT_ACTIVITY_TYPES: Final = (1, 6)
#: Sports whose cadence counts strides of one leg.
FOOT_SPORTS: Final = frozenset({"running", "walking", "hiking", "mountaineering", "snowshoeing", "tactical"})
#: Sports that don't say what moves: the sub-sport or the channels must.
VAGUE_SPORTS: Final = frozenset({"generic", "training", "fitness_equipment", "all", "transition", "multisport"})
#: Sub-sports that are done on foot under whatever sport an app writes them.
FOOT_SUB_SPORTS: Final = frozenset(
    {
        "treadmill",
        "street",
        "trail",
        "track",
        "indoor_running",
        "indoor_walking",
        "casual_walking",
        "speed_walking",
        "ultra",
        "obstacle",
    }
)
