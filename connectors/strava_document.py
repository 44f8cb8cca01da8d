"""One activity of Strava as one JSON document: what the archive keeps, since Strava has no original files.

The same activity gives the same bytes whenever it is read, until it is edited: keys are sorted, and what changes by
itself is left out (`strava_fields.VOLATILE`, by name). What Strava adds one day is kept, and told by the decoder.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from connectors.strava_fields import TELLS_EDIT, VOLATILE, VOLATILE_OF_LAP

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Stands first in the document, since "_" sorts before every letter of Strava's: `connectors.sniff` knows it by that.
MARK: Final = "gaitkeeper.strava/1"
MARK_KEY: Final = "_format"

#: Sixteen hexadecimal digits: among 100,000 activities no two edits of one look alike.
_VERSION_DIGITS: Final = 16


def document(activity: Mapping[str, Any], streams: Mapping[str, Any]) -> bytes:
    """Return the document of an activity's detail and its streams, both as Strava sends them."""
    kept = {name: value for name, value in activity.items() if name not in VOLATILE}
    if isinstance(kept.get("laps"), list):
        kept["laps"] = [_lap(lap) for lap in kept["laps"]]
    return _canonical({MARK_KEY: MARK, "activity": kept, "streams": streams})


def version_of(summary: Mapping[str, Any]) -> str:
    """Return a digest of what a listing says of an activity, as far as a recording rests on it."""
    told = {name: summary[name] for name in sorted(TELLS_EDIT) if summary.get(name) is not None}
    return hashlib.sha256(_canonical(told)).hexdigest()[:_VERSION_DIGITS]


def _lap(lap: object) -> object:
    if not isinstance(lap, dict):
        return lap
    return {name: value for name, value in lap.items() if name not in VOLATILE_OF_LAP}


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
