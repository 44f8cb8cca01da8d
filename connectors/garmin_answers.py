"""Garmin's list of activities: every field is read, left out by name with the reason, or told once."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from connectors.garmin_faults import GarminFault, Trouble
from pipeline.model import RefKey

#: What changes when an activity is edited or uploaded anew. Names, descriptions and privacy are not among them: the
#: original file that is fetched holds none, so that a new name would fetch the same bytes again.
_TELLING: Final = (
    "activityType",
    "startTimeGMT",
    "startTimeLocal",
    "distance",
    "duration",
    "elapsedDuration",
    "manualActivity",
    "deviceId",
    "directWorkoutFeel",
    "directWorkoutRpe",
    "workoutFeel",
    "workoutRpe",
)
_READ: Final = frozenset({"activityId", "parentId", "isParent", "parent", *_TELLING})

#: Left out by name, each with the reason. The source of every number is the original file, never this list.
_LEFT_OUT: Final = (
    # totals that we derive from the file's own samples
    r"(avg|average|max|min|total|hrTimeInZone_|powerTimeInZone_|fastestSplit_|norm|difference|begin|end|start)[A-Z0-9_]\w*",
    r"(hrTimeInZone|powerTimeInZone|fastestSplit|maxAvgPower)_\d+",
    r"(moving|elevation|floors|active|lap|jump|step|stroke)[A-Z]\w*|steps|strokes|calories\w*|bmrCalories|vO2MaxValue",
    r"\w*(TrainingEffect|TrainingLoad|Stamina|IntensityMinutes|StressScore|IntensityFactor|Threshold\w*|Balance)\w*",
    r"water\w*|\w*[cC]ompliance\w*|splitSummaries|summarizedExerciseSets|trainingEffectLabel|intensityFactor|pr",
    # of the bicycle, the water, the golf course and the game
    r"(left|right|summarizedDive|surface|deco|dive|bottom|qualifying|pool|unitOfPool|game|group|curated|matched)\w*",
    r"flow|grit|conversation\w*|calendarEvent\w*|course\w*|workoutId|atpActivity|purposeful|favorite|\w*HeatMap",
    # who people are, what they wrote and where: text and places of the account, which the file doesn't hold
    r"activityName|description|comments|locationName|owner\w*|userRoles|userPro|privacy|requestorRelationship|eventType",
    r"activityLike\w*|numberOf\w*|\w+ByUser|activityUUID|activityUuid|timeZoneId|sportTypeId|manufacturer",
    r"has[A-Z]\w*|videoUrl|exclude\w*|autoCalc\w*|childIds|activityImages|metadataDTO|device\w*Name",
)
_IS_LEFT_OUT: Final = re.compile("|".join(f"(?:{one})" for one in _LEFT_OUT))

#: Ids are numbers; anything else must not become part of an address.
_ID: Final = re.compile(r"[1-9]\d{0,19}")
_VERSION_DIGITS: Final = 16
#: Ends the version of an activity that was typed in: there is no file to ask for, not tonight and not any other night.
BY_HAND: Final = "-by-hand"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    activity_id: str
    parent_id: str | None  #: of a leg of a multisport activity, whose original file is its parent's
    version: str  #: a digest of what an edit would change
    is_manual: bool  #: entered by hand: there is no file

    def ref(self, source: str) -> RefKey:
        """Return it as a source offers it."""
        version = self.version + (BY_HAND if self.is_manual else "")
        return RefKey(source, self.activity_id, f"{self.activity_id}.fit", None, version)


def read_page(answer: object, unmapped: set[str]) -> list[Listed]:
    """Read one page; the names of fields that nobody here knows are added to `unmapped`.

    Raises:
        GarminFault: it is no list of activities.
    """
    if not isinstance(answer, list):
        raise GarminFault(Trouble.CHANGED, "the list of activities is no list")
    return [_read(one, unmapped) for one in answer]


def _read(line: object, unmapped: set[str]) -> Listed:
    fields: dict[str, Any] = dict(line) if isinstance(line, dict) else {}
    activity_id, parent_id = _id(fields.get("activityId")), _id(fields.get("parentId"))
    if activity_id is None:
        raise GarminFault(Trouble.CHANGED, "an activity without an id in the list")
    unmapped.update(str(name)[:80] for name in fields if name not in _READ and not _IS_LEFT_OUT.fullmatch(str(name)))
    return Listed(activity_id, parent_id, _version(fields), fields.get("manualActivity") is True)


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return text if _ID.fullmatch(text) else None


def _version(fields: dict[str, Any]) -> str:
    telling = {name: fields.get(name) for name in _TELLING}
    kind = telling["activityType"]
    telling["activityType"] = kind.get("typeKey") if isinstance(kind, dict) else kind
    return hashlib.sha256(json.dumps(telling, sort_keys=True).encode()).hexdigest()[:_VERSION_DIGITS]
