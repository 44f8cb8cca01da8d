"""Words of the FIT profile that tests may write instead of their numbers; source as in `fit_profile`."""

from __future__ import annotations

from typing import Final

FILE_TYPES: Final = {
    "device": 1,
    "settings": 2,
    "sport": 3,
    "activity": 4,
    "workout": 5,
    "course": 6,
    "monitoring_b": 32,
}
MANUFACTURERS: Final = {"garmin": 1, "dynastream": 15, "suunto": 23, "zwift": 260, "strava": 265, "coros": 294}
SPORTS: Final = {
    "generic": 0,
    "running": 1,
    "cycling": 2,
    "transition": 3,
    "fitness_equipment": 4,
    "swimming": 5,
    "walking": 11,
    "hiking": 17,
    "multisport": 18,
}
SUB_SPORTS: Final = {
    "generic": 0,
    "treadmill": 1,
    "street": 2,
    "trail": 3,
    "track": 4,
    "indoor_cycling": 6,
    "road": 7,
    "indoor_running": 45,
    "virtual_activity": 58,
}
EVENTS: Final = {"timer": 0, "workout": 3, "workout_step": 4, "session": 8, "lap": 9, "activity": 26}
EVENT_TYPES: Final = {"start": 0, "stop": 1, "marker": 3, "stop_all": 4, "stop_disable": 8, "stop_disable_all": 9}
LAP_TRIGGERS: Final = {
    "manual": 0,
    "time": 1,
    "distance": 2,
    "position_start": 3,
    "position_lap": 4,
    "session_end": 7,
    "fitness_equipment": 8,
}
INTENSITIES: Final = {"active": 0, "rest": 1, "warmup": 2, "cooldown": 3, "recovery": 4, "interval": 5}
STEP_DURATIONS: Final = {"time": 0, "distance": 1, "open": 5, "repeat_until_steps_cmplt": 6}
STEP_TARGETS: Final = {"speed": 0, "heart_rate": 1, "open": 2, "cadence": 3}
SPLIT_TYPES: Final = {
    "interval_active": 3,
    "interval_rest": 4,
    "run_active": 12,
    "run_rest": 13,
    "rwd_run": 17,
    "rwd_walk": 18,
    "rwd_stand": 22,
}

#: (message or None for any, field) -> its words.
WORDS: Final[dict[tuple[str | None, str], dict[str, int]]] = {
    ("file_id", "type"): FILE_TYPES,
    (None, "manufacturer"): MANUFACTURERS,
    (None, "sport"): SPORTS,
    (None, "sub_sport"): SUB_SPORTS,
    (None, "event"): EVENTS,
    (None, "event_type"): EVENT_TYPES,
    (None, "lap_trigger"): LAP_TRIGGERS,
    (None, "intensity"): INTENSITIES,
    (None, "duration_type"): STEP_DURATIONS,
    (None, "target_type"): STEP_TARGETS,
    (None, "split_type"): SPLIT_TYPES,
}
