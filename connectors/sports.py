"""Words for sports and makers, as exporters write them -> the words of the FIT profile, which the house uses."""

from __future__ import annotations

import re
from typing import Final

#: What GPX `type`, TCX `Sport` and Strava call a sport -> FIT sport and sub-sport (FIT SDK, Profile.xlsx, `sport`,
#: `sub_sport`). Words: Garmin Connect's activity type keys, Strava's sport types; numbers: Strava's GPX exports until
#: about 2022 (1 ride, 4 hike, 9 run, 10 walk, 16 swim, 23 row, as https://stackoverflow.com/q/61903437 collects them).
_SPORTS: Final[dict[str, tuple[str, str | None]]] = {
    "running": ("running", None),
    "run": ("running", None),
    "jogging": ("running", None),
    "9": ("running", None),
    "street_running": ("running", "street"),
    "road_running": ("running", "street"),
    "trail_running": ("running", "trail"),
    "trail_run": ("running", "trail"),
    "treadmill_running": ("running", "treadmill"),
    "treadmill": ("running", "treadmill"),
    "track_running": ("running", "track"),
    "indoor_running": ("running", "indoor_running"),
    "indoor_run": ("running", "indoor_running"),
    "virtual_run": ("running", "virtual_activity"),
    "ultra_run": ("running", None),
    "ultra_running": ("running", None),
    "obstacle_run": ("running", "obstacle"),
    "walking": ("walking", None),
    "walk": ("walking", None),
    "10": ("walking", None),
    "casual_walking": ("walking", "casual_walking"),
    "speed_walking": ("walking", "speed_walking"),
    "indoor_walking": ("walking", "indoor_walking"),
    "nordic_walking": ("walking", None),
    "hiking": ("hiking", None),
    "hike": ("hiking", None),
    "4": ("hiking", None),
    "mountaineering": ("mountaineering", None),
    "snowshoeing": ("snowshoeing", None),
    "snowshoe": ("snowshoeing", None),
    "cycling": ("cycling", None),
    "biking": ("cycling", None),
    "bike": ("cycling", None),
    "ride": ("cycling", None),
    "1": ("cycling", None),
    "road_biking": ("cycling", "road"),
    "road_cycling": ("cycling", "road"),
    "mountain_biking": ("cycling", "mountain"),
    "mountain_bike_ride": ("cycling", "mountain"),
    "gravel_cycling": ("cycling", "gravel_cycling"),
    "gravel_ride": ("cycling", "gravel_cycling"),
    "indoor_cycling": ("cycling", "indoor_cycling"),
    "virtual_ride": ("cycling", "virtual_activity"),
    "cyclocross": ("cycling", "cyclocross"),
    "e_bike_fitness": ("e_biking", "e_bike_fitness"),
    "e_bike_ride": ("e_biking", "e_bike_fitness"),
    "e_bike_mountain": ("e_biking", "e_bike_mountain"),
    "swimming": ("swimming", None),
    "swim": ("swimming", None),
    "16": ("swimming", None),
    "lap_swimming": ("swimming", "lap_swimming"),
    "open_water_swimming": ("swimming", "open_water"),
    "rowing": ("rowing", None),
    "23": ("rowing", None),
    "indoor_rowing": ("rowing", "indoor_rowing"),
    "elliptical": ("fitness_equipment", "elliptical"),
    "strength_training": ("training", "strength_training"),
    "indoor_cardio": ("training", "cardio_training"),
    "cross_country_skiing": ("cross_country_skiing", None),
    "nordic_ski": ("cross_country_skiing", None),
    "resort_skiing_snowboarding": ("alpine_skiing", "resort"),
    "alpine_skiing": ("alpine_skiing", None),
    "alpine_ski": ("alpine_skiing", None),
    "2": ("alpine_skiing", None),
    "backcountry_ski": ("alpine_skiing", "backcountry"),
    "snowboarding": ("snowboarding", None),
    "snowboard": ("snowboarding", None),
    "inline_skating": ("inline_skating", None),
    "inline_skate": ("inline_skating", None),
    "kayaking": ("kayaking", None),
    "stand_up_paddleboarding": ("stand_up_paddleboarding", None),
    "driving": ("driving", None),
}

#: Words that name no sport: the file doesn't say.
_NO_SPORT: Final = frozenset({"", "other", "generic", "unknown", "uncategorized", "workout", "default", "gpx", "track"})

#: Sports whose cadence is steps. A file that names no sport may be a run: its cadence is kept too.
_ON_FOOT: Final = frozenset({None, "running", "walking", "hiking", "mountaineering", "snowshoeing", "generic"})

#: What a creator's name begins with or holds -> FIT manufacturer word, lower case.
_MAKERS: Final = (
    ("garmin", "garmin"),
    ("forerunner", "garmin"),
    ("fenix", "garmin"),
    ("fēnix", "garmin"),
    ("edge", "garmin"),
    ("etrex", "garmin"),
    ("instinct", "garmin"),
    ("vívoactive", "garmin"),
    ("vivoactive", "garmin"),
    ("venu", "garmin"),
    ("epix", "garmin"),
    ("enduro", "garmin"),
    ("coros", "coros"),
    ("suunto", "suunto"),
    ("movescount", "suunto"),
    ("polar", "polar"),
    ("wahoo", "wahoo_fitness"),
    ("apple", "apple"),
    ("tomtom", "tomtom"),
    ("timex", "timex"),
    ("fitbit", "fitbit"),
    ("amazfit", "amazfit"),
    ("zepp", "amazfit"),
    ("huawei", "huawei"),
    ("samsung", "samsung"),
    ("strava", "strava"),
    ("zwift", "zwift"),
)


def sport_of(text: str | None) -> tuple[str | None, str | None, bool]:
    """Return FIT sport, FIT sub-sport, and whether the text was understood (no text and "other" are: they say none)."""
    key = re.sub(r"[^a-z0-9]+", "_", _words(text or "").casefold()).strip("_")
    if key in _NO_SPORT:
        return None, None, True
    known = _SPORTS.get(key) or _SPORTS.get(key.replace("_", ""))
    return (*known, True) if known else (None, None, False)


def is_on_foot(sport: str | None) -> bool:
    """Return whether a sport's cadence counts steps; True where the file names no sport."""
    return sport in _ON_FOOT


def maker_of(name: str | None) -> str | None:
    """Return the FIT manufacturer that a creator's name gives away, None when it gives none."""
    lowered = (name or "").casefold()
    return next((maker for part, maker in _MAKERS if re.search(rf"\b{part}", lowered)), None)


def _words(text: str) -> str:
    """TrailRun -> Trail_Run, as Strava writes its sport types."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)
