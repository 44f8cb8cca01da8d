"""Deriving ahead: what another process may make of a file before the warehouse says whose session it is.

A session is derived from its copies and the thresholds of its day, and only the writer knows both for certain. Most
recordings have no copy, and most thresholds can be told: so it is done with those, and `Ingest` takes it where they
turn out right, and derives anew where not. The result never depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.errors import SkipRecording
from pipeline.transforms import derive
from pipeline.transforms.local_day import local_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.model import DecodedFile, DerivedSession, Recording, Thresholds
    from pipeline.thresholds import ThresholdBook


@dataclass(frozen=True, slots=True)
class Expected:
    """What is likely to hold for the sessions of one runner: small, since it goes to another process with each file."""

    runner_id: str
    book: ThresholdBook  #: of this runner alone
    estimated_mps: float | None = None  #: the critical speed that the log itself told last


@dataclass(frozen=True, slots=True)
class Ahead:
    """One recording, derived with thresholds that are likely to hold."""

    estimated_mps: float | None  #: the log's own critical speed that was expected
    thresholds: Thresholds
    session: DerivedSession


def derive_ahead(
    decoded: DecodedFile, expected: Expected, zone_at: Callable[[float, float], str | None]
) -> tuple[Ahead | None, ...]:
    """Return what each recording of a file makes; None where it can't be derived: the writer tries again and tells why.

    Args:
        decoded: what the file holds.
        expected: the thresholds that are likely to hold.
        zone_at: latitude and longitude to a time zone.
    """
    return tuple(_one(recording, expected, zone_at) for recording in decoded.recordings)


def _one(recording: Recording, expected: Expected, zone_at: Callable[[float, float], str | None]) -> Ahead | None:
    try:
        day, _, _ = local_start(recording, expected.book.time_zone(expected.runner_id), zone_at)
        thresholds = expected.book.on(expected.runner_id, date.fromisoformat(day), expected.estimated_mps)
        return Ahead(expected.estimated_mps, thresholds, derive(recording, thresholds, zone_at))
    except SkipRecording:
        return None
    except Exception:  # noqa: BLE001 - whoever derives it again in the writer's process tells what it was
        return None
