"""Is a FIT file an activity? Answered by its first bytes: exports and watches hold twenty others for each one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.fit_profile import FILE_ID, RECORD, SESSION
from connectors.fit_walk import walk_file
from pipeline.errors import UnreadableFile

if TYPE_CHECKING:
    from connectors.fit_walk import Chain

_TYPE_FIELD: Final = 0
_ACTIVITY: Final = 4
_INVALID: Final = 0xFF
#: `file` of the FIT profile (Profile.xlsx): what a file says to be, its words for people.
_KINDS: Final = {
    1: "device",
    2: "settings",
    3: "sport",
    5: "workout",
    6: "course",
    7: "schedules",
    9: "weight",
    10: "totals",
    11: "goals",
    14: "blood pressure",
    15: "monitoring",
    20: "activity summary",
    28: "monitoring",
    32: "monitoring",
    34: "segment",
    35: "segment list",
}
#: What a watch writes every day by itself. Nobody means these when files are handed over; a workout, a course or a
#: device's settings somebody may have taken for an activity, and is told that it is none.
DAILY: Final = frozenset({"monitoring", "goals", "totals", "schedules", "weight", "other"})

#: The file's id is its first message; what it holds is defined soon after.
SHORT_HEAD_BYTES: Final = 256


def other_kind(head: bytes) -> str | None:
    """Return what a FIT file is that is no activity; None for one, and where nothing is sure.

    Args:
        head: its first bytes: 256 tell the kind; of a kind without a name all bytes are looked at for what an activity
            holds, and one that shows none of it is "other" (sleep, heart rate variability and whatever comes).
    """
    try:
        chain = walk_file(head)
    except UnreadableFile:
        return None
    kind = _type_of(chain, head)
    if kind in (None, _ACTIVITY, _INVALID):
        return None
    if kind in _KINDS:
        return _KINDS[kind]
    defined = {stream.global_number for part in chain.parts for stream in part.streams}
    return None if defined & {SESSION, RECORD} else "other"


def _type_of(chain: Chain, head: bytes) -> int | None:
    for part in chain.parts:
        for stream in part.streams_of(FILE_ID):
            found = stream.find(_TYPE_FIELD)
            if found is not None:
                at = stream.positions[0] + found.offset_bytes
                return head[at] if at < len(head) else None
    return None
