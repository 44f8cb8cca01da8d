"""What a person set right: reversible entries of the journal, asked for by recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from pipeline.warehouse.connection import Connection, ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Recording, Thresholds

CorrectionKind = Literal["exclude", "sport", "distance_m", "incline_pct", "same", "different"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What holds for one session."""

    sport: str | None = None
    distance_m: float | None = None
    incline_pct: float | None = None
    is_excluded: bool = False

    def recording(self, recording: Recording) -> Recording:
        """Return the recording with the sport that the runner says it was."""
        return recording if self.sport is None else replace(recording, sport=self.sport, sub_sport=None)

    def thresholds(self, thresholds: Thresholds) -> Thresholds:
        """Return the thresholds with what the runner read off the treadmill."""
        return replace(thresholds, treadmill_incline_pct=self.incline_pct, treadmill_distance_m=self.distance_m)


NONE: Final = Correction()


class CorrectionBook:
    """All corrections that hold, read once."""

    def __init__(self, connection: Connection) -> None:
        """Read the view `correction`, the earliest word first."""
        self._said = ask(connection, "corrections")
        self.pairs = {
            frozenset((row["recording_id"], row["other_recording_id"])): row["correction"] == "same"
            for row in self._said
            if row["correction"] in ("same", "different")
        }

    def of(self, recording_ids: Iterable[str]) -> Correction:
        """Return what was said about a session, whichever of its copies was named; the last word wins."""
        ids = set(recording_ids)
        said = {row["correction"]: row["correction_value"] for row in self._said if row["recording_id"] in ids}
        return Correction(
            sport=said.get("sport"),
            distance_m=float(said["distance_m"]) if "distance_m" in said else None,
            incline_pct=float(said["incline_pct"]) if "incline_pct" in said else None,
            is_excluded="exclude" in said,
        )
