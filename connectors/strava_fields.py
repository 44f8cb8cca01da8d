"""What Strava's answers hold, field by field: read, left out by name with the reason, or told as unmapped.

Fields as the API sends them (https://developers.strava.com/docs/reference, and the undocumented ones that real answers
hold besides). The tables are by name alone: a value is never what decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from connectors.sports import sport_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: The eleven kinds of stream -> the channel that it becomes; None: see `IGNORED_STREAMS`.
STREAMS: Final[dict[str, str | None]] = {
    "time": "t_s",
    "latlng": "position",
    "distance": "distance_m",
    "altitude": "altitude_m",
    "velocity_smooth": "speed_mps",
    "heartrate": "heart_rate_bpm",
    "cadence": "cadence",
    "watts": "power_w",
    "temp": "temperature_degc",
    "moving": None,
    "grade_smooth": None,
}
IGNORED_STREAMS: Final = {
    "moving": "Strava's own guess, made of the speed; ours is made of speed and steps",
    "grade_smooth": "Strava's own smoothing; ours is made of the altitude, by one rule for every source",
}
#: Of one stream.
STREAM_FIELDS: Final = frozenset({"type", "data", "series_type", "original_size", "resolution"})

#: Of an activity: what a recording is made of.
READ: Final = frozenset(
    {
        "id", "name", "sport_type", "type", "start_date", "start_date_local", "utc_offset", "timezone", "distance",
        "moving_time", "elapsed_time", "total_elevation_gain", "average_cadence", "average_heartrate", "trainer",
        "manual", "device_name", "device_watts", "description", "private_note", "perceived_exertion", "laps",
    }
)  # fmt: skip

_OTHERS: Final = "what other people do with it"
_PLACE: Final = "where it was: the streams say it"
_EXTREME: Final = "an extreme or a mean of a stream that is here"
_SHARING: Final = "who may see it on Strava; here config.toml says it"
_COMPARED: Final = "held against other activities, so that it changes without this one"

#: Of an activity: left out of the stored document, since it changes without the activity being edited (two readings
#: would give two documents), or is a key to something.
VOLATILE: Final[dict[str, str]] = {
    "kudos_count": _OTHERS,
    "comment_count": _OTHERS,
    "athlete_count": _OTHERS,
    "photo_count": _OTHERS,
    "total_photo_count": _OTHERS,
    "photos": "addresses that end",
    "has_kudoed": _OTHERS,
    "highlighted_kudosers": _OTHERS,
    "achievement_count": _COMPARED,
    "pr_count": _COMPARED,
    "suffer_score": _COMPARED,
    "best_efforts": _COMPARED,
    "segment_efforts": _COMPARED,
    "similar_activities": _COMPARED,
    "segment_leaderboard_opt_out": _SHARING,
    "leaderboard_opt_out": _SHARING,
    "gear": "its name and mileage change with every run in the same shoes",
    "embed_token": "a key",
    "map": _PLACE,
    "athlete": "whose it is: the account",
    "stats_visibility": _SHARING,
    "available_zones": "what Strava would draw",
    "partner_brand_tag": "an advertisement",
    "partner_logo_url": "an advertisement",
    "instagram_primary_photo": "an address that ends",
}

#: Of an activity: kept in the document, and not used.
IGNORED: Final[dict[str, str]] = {
    "resource_state": "how much of it Strava sends",
    "external_id": "the name of the uploaded file",
    "upload_id": "of the upload",
    "upload_id_str": "of the upload",
    "guid": "another id",
    "gear_id": "which shoes; nothing here rests on shoes",
    "workout_type": "race, long run or workout, as the runner ticked it; the plan is judged by what was run",
    "commute": "why it was run",
    "private": _SHARING,
    "visibility": _SHARING,
    "hide_from_home": _SHARING,
    "flagged": "disputed on a leader board",
    "from_accepted_tag": "copied from a friend's; the streams say what was run",
    "hide_streams": _SHARING,
    "heartrate_opt_out": _SHARING,
    "display_hide_heartrate_option": _SHARING,
    "has_heartrate": "the stream is there or not",
    "location_city": _PLACE,
    "location_state": _PLACE,
    "location_country": _PLACE,
    "start_latlng": _PLACE,
    "end_latlng": _PLACE,
    "start_latitude": _PLACE,
    "start_longitude": _PLACE,
    "average_speed": _EXTREME,
    "max_speed": _EXTREME,
    "max_heartrate": _EXTREME,
    "average_watts": _EXTREME,
    "max_watts": _EXTREME,
    "weighted_average_watts": _EXTREME,
    "average_temp": _EXTREME,
    "elev_high": _EXTREME,
    "elev_low": _EXTREME,
    "kilojoules": "of power; running power is an estimate",
    "calories": "an estimate from the others",
    "splits_metric": "kilometres, cut from the streams",
    "splits_standard": "miles, cut from the streams",
    "prefer_perceived_exertion": "what Strava draws",
    "workout_id": "of Strava's own plan",
}

#: Of a lap.
READ_OF_LAP: Final = frozenset({"start_date", "start_index", "elapsed_time", "moving_time", "distance", "lap_index"})
VOLATILE_OF_LAP: Final = frozenset({"activity", "athlete"})  # who and what: the same for all
IGNORED_OF_LAP: Final = frozenset(
    {
        "id", "resource_state", "name", "split", "start_date_local", "end_index", "total_elevation_gain",
        "average_speed", "max_speed", "average_cadence", "average_heartrate", "max_heartrate", "average_watts",
        "max_watts", "device_watts", "pace_zone",
    }
)  # fmt: skip

#: What tells of an edit in the listing: the fields that a recording is made of. A field that Strava adds one day must
#: not make every activity look edited. Description, note and exertion are not in the listing: see `strava.LATER`.
TELLS_EDIT: Final = READ - {"description", "private_note", "perceived_exertion", "laps"} | {"upload_id", "external_id"}

#: Strava's words for sports that `connectors.sports` does not know -> FIT sport and sub-sport (FIT SDK, Profile.xlsx).
_SPORTS: Final[dict[str, tuple[str, str | None]]] = {
    "e_mountain_bike_ride": ("e_biking", "e_bike_mountain"),
    "e_bike_ride": ("e_biking", "e_bike_fitness"),
    "backcountry_ski": ("alpine_skiing", "backcountry"),
    "roller_ski": ("cross_country_skiing", None),
    "ice_skate": ("ice_skating", None),
    "handcycle": ("cycling", "hand_cycling"),
    "velomobile": ("cycling", "recumbent"),
    "virtual_row": ("rowing", "virtual_activity"),
    "stand_up_paddling": ("stand_up_paddleboarding", None),
    "surfing": ("surfing", None),
    "kitesurf": ("kitesurfing", None),
    "windsurf": ("windsurfing", None),
    "sail": ("sailing", None),
    "canoeing": ("paddling", None),
    "rock_climbing": ("rock_climbing", None),
    "golf": ("golf", None),
    "soccer": ("soccer", None),
    "tennis": ("tennis", None),
    "basketball": ("basketball", None),
    "volleyball": ("volleyball", None),
    "cricket": ("cricket", None),
    "stair_stepper": ("fitness_equipment", "stair_climbing"),
    "weight_training": ("training", "strength_training"),
    "crossfit": ("training", "cardio_training"),
    "high_intensity_interval_training": ("hiit", None),
    "yoga": ("training", "yoga"),
    "pilates": ("training", "pilates"),
    "physical_therapy": ("training", "flexibility_training"),
    "dance": ("dance", None),
    "wheelchair": ("wheelchair_push_run", None),
    "badminton": ("racket", "badminton"),
    "padel": ("racket", "padel"),
    "pickleball": ("racket", "pickleball"),
    "racquetball": ("racket", "racquetball"),
    "squash": ("racket", "squash"),
    "table_tennis": ("racket", "table_tennis"),
    "skateboard": ("skateboarding", None),
}
#: On a treadmill, a home trainer: what Strava's `trainer` says besides the sport.
_INDOORS: Final = {"running": "treadmill", "walking": "indoor_walking", "cycling": "indoor_cycling"}
_KEPT_INDOORS: Final = frozenset({"virtual_activity", "indoor_running"})


def sport_words(word: object, *, is_trainer: bool) -> tuple[str | None, str | None, bool]:
    """Return FIT sport, FIT sub-sport, and whether Strava's word is known; an unknown word stays as it is."""
    text = word if isinstance(word, str) else ""
    key = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text).casefold()
    key = re.sub(r"[^a-z0-9]+", "_", key).strip("_")
    sport, sub_sport, is_known = sport_of(text)
    if not is_known and key in _SPORTS:
        sport, sub_sport = _SPORTS[key]
        is_known = True
    elif not is_known:
        sport = key[:40] or None
    if is_trainer and sport in _INDOORS and sub_sport not in _KEPT_INDOORS:
        sub_sport = _INDOORS[sport]
    return sport, sub_sport, is_known


def unmapped(activity: Mapping[str, object], laps: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield the names of fields that are neither read nor left out by name; of a lap with "laps." before it."""
    known = READ | VOLATILE.keys() | IGNORED.keys()
    yield from sorted(name for name in activity if name not in known)
    known_of_lap = READ_OF_LAP | VOLATILE_OF_LAP | IGNORED_OF_LAP
    yield from sorted({f"laps.{name}" for lap in laps for name in lap if name not in known_of_lap})
