"""What a person set right: reversible entries of the journal, asked for by recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

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
        if self is NONE:
            return thresholds
        return replace(thresholds, treadmill_incline_pct=self.incline_pct, treadmill_distance_m=self.distance_m)


NONE: Final = Correction()


class CorrectionBook:
    """All corrections that hold, read once."""

    def __init__(self, connection: Connection) -> None:
        """Read the view `correction`, the earliest word first."""
        self._said: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        said = ask(connection, "corrections")
        for place, row in enumerate(said):
            self._said.setdefault(row["recording_id"], []).append((place, row))
        self.pairs = {
            frozenset((row["recording_id"], row["other_recording_id"])): row["correction"] == "same"
            for row in said
            if row["correction"] in ("same", "different")
        }

    def of(self, recording_ids: Iterable[str]) -> Correction:
        """Return what was said about a session, whichever of its copies was named; the last word wins."""
        held = sorted(entry for one in set(recording_ids) & self._said.keys() for entry in self._said[one])
        if not held:
            return NONE
        said = {row["correction"]: row["correction_value"] for _, row in held}
        return Correction(
            sport=said.get("sport"),
            distance_m=float(said["distance_m"]) if "distance_m" in said else None,
            incline_pct=float(said["incline_pct"]) if "incline_pct" in said else None,
            is_excluded="exclude" in said,
        )
