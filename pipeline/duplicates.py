"""Which recordings are copies of one session: the share of recorded minutes that two of them have in common.

METRICS measured it: shared minutes over the shorter one's, at least 0.6 and 3 minutes, merged none of 3,681 natural
non-pairs and found every simulated pair of phone and watch, late start and crop. Starts within 300 s (14 wrong) and
overlapping intervals (64 wrong) are no substitute: a timer left on overnight overlaps everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

SAME_SHARE_RATIO: Final = 0.6
ASK_SHARE_RATIO: Final = 0.2  #: between the two a person is asked
LEAST_SHARED_MINUTES: Final = 3

#: Which copy speaks for the session, best first (DESIGN, duplicates and provenance).
FORMAT_RANK: Final = ("fit", "tcx", "gpx", "strava_streams")


@dataclass(frozen=True, slots=True)
class Copy:
    """What is needed of a recording to tell whether it is a copy of another."""

    recording_id: str
    content_sha256: str  #: two sessions of one file are never copies of each other
    file_format: str
    sample_count: int
    has_barometer: bool
    has_cadence: bool
    recorded_minutes: NDArray[np.int32]  #: minutes since 1970 that hold a record, increasing

    @property
    def rank(self) -> tuple[bool, int, bool, int, str]:
        """Sort key: the best copy is the smallest."""
        is_full_fit = self.file_format == "fit" and self.has_barometer and self.has_cadence
        return (
            not is_full_fit,
            FORMAT_RANK.index(self.file_format),
            not self.has_cadence,
            -self.sample_count,
            self.recording_id,
        )


def shared_ratio(one: Copy, other: Copy) -> float:
    """Return shared recorded minutes over the shorter one's; 0.0 below three shared minutes."""
    shared = np.intersect1d(one.recorded_minutes, other.recorded_minutes, assume_unique=True).size
    if shared < LEAST_SHARED_MINUTES:
        return 0.0
    return float(shared / min(one.recorded_minutes.size, other.recorded_minutes.size))


def _pairs(copies: Sequence[Copy]) -> Iterable[tuple[Copy, Copy]]:
    """Yield the pairs whose recorded spans touch, in the order of their starts."""
    ordered = sorted(
        (c for c in copies if c.recorded_minutes.size), key=lambda c: (c.recorded_minutes[0], c.recording_id)
    )
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other.recorded_minutes[0] > one.recorded_minutes[-1]:
                break
            if one.content_sha256 != other.content_sha256:
                yield one, other


def group_copies(copies: Sequence[Copy]) -> list[list[Copy]]:
    """Return the sessions: lists of copies of one another, the best copy of each first.

    The result does not depend on the order in which the copies are given.
    """
    parent = {copy.recording_id: copy.recording_id for copy in copies}

    def root(recording_id: str) -> str:
        while parent[recording_id] != recording_id:
            recording_id = parent[recording_id]
        return recording_id

    for one, other in _pairs(copies):
        if shared_ratio(one, other) >= SAME_SHARE_RATIO:
            low, high = sorted((root(one.recording_id), root(other.recording_id)))
            parent[high] = low
    groups: dict[str, list[Copy]] = {}
    for copy in copies:
        groups.setdefault(root(copy.recording_id), []).append(copy)
    return sorted((sorted(group, key=lambda c: c.rank) for group in groups.values()), key=lambda g: g[0].recording_id)
