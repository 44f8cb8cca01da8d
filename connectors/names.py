"""File names: which to take, which to look into, which to leave."""

from __future__ import annotations

import os
import re
from enum import Enum
from pathlib import PurePath
from typing import Final

_TAKEN_SUFFIXES: Final = frozenset({".fit", ".gpx", ".tcx", ".zip"})
_GZIP_SUFFIX: Final = ".gz"

#: Left: what export archives, watches and people put beside activities, and files that are still being copied.
_OTHER: Final = (
    "csv json txt md rst html htm yaml yml toml ini cfg log pdf doc docx xls xlsx ods odt "
    "png jpg jpeg gif webp heic svg bmp tif tiff mp4 mov mp3 wav m4a "
    "db sqlite duckdb parquet py js css sh exe dll apk img bin gcd prg iq kml kmz "
    "tmp temp part partial filepart crdownload opdownload download !sync bts aria2 icloud bak swp lock url lnk "
    "tar tgz 7z rar"
)
_OTHER_SUFFIXES: Final = frozenset(f".{word}" for word in _OTHER.split())

#: Folders of a Garmin watch, beside its ACTIVITY, whose .fit files are never activities.
_WATCH: Final = (
    "courses debug device events goals hmd hrvstatus location metrics monitor newfiles records remotesw "
    "schedule segments settings skintemp sleep sports summary text totals weight workouts"
)
_WATCH_FOLDERS: Final = frozenset(_WATCH.split())
_WATCH_ROOT: Final = "garmin"
#: What macOS puts into every zip.
_MAC_FOLDER: Final = "__MACOSX"

#: Control codes, which would write on a terminal what nobody said, and marks that turn the direction of the text.
_UNSPOKEN: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")


class Look(Enum):
    """What to do with a name."""

    TAKE = "take"
    LOOK_INSIDE = "look inside"
    LEAVE = "leave"


def look_at(name: str, *, in_folder: str = "") -> Look:
    """Say what to do with the name of a file or folder; `in_folder` is the name of the folder around it."""
    if name.startswith(".") or name == _MAC_FOLDER:
        return Look.LEAVE
    lowered = name.lower()
    if lowered in _WATCH_FOLDERS and in_folder.lower() == _WATCH_ROOT:
        return Look.LEAVE
    suffix = PurePath(lowered.removesuffix(_GZIP_SUFFIX)).suffix
    if suffix in _TAKEN_SUFFIXES:
        return Look.TAKE
    return Look.LEAVE if suffix in _OTHER_SUFFIXES else Look.LOOK_INSIDE


def shown(name: str) -> str:
    """Return a name that can be stored and printed: bytes that are no Unicode become escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def for_people(name: str) -> str:
    """Return a name as it is told: as `shown`, and what would act on a terminal becomes an escape, too."""
    return _UNSPOKEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), shown(name))
