"""The outside world -> recordings. Sole user of the FIT, GPX and TCX decoders and of the accounts' libraries."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from connectors.base import Source


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source; its module is imported when it is loaded, so that a folder never waits for an account."""

    name: str
    module: str
    class_name: str
    meaning: str  #: one sentence for people
    is_account: bool  #: its refs have versions, and what a whole listing leaves out is gone

    def load(self) -> type[Source]:
        """Import and return the class."""
        found: type[Source] = getattr(import_module(self.module), self.class_name)
        return found


#: Every kind of source there is.
SOURCES: Final = (
    SourceKind(
        "folder",
        "connectors.folder",
        "FolderSource",
        "A folder, a mounted watch, an export archive, a file.",
        is_account=False,
    ),
    SourceKind("strava", "connectors.strava", "StravaSource", "A Strava account.", is_account=True),
    SourceKind("garmin", "connectors.garmin", "GarminSource", "A Garmin account.", is_account=True),
)
