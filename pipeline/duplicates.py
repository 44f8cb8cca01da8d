"""Which recordings are copies of one session: the share of recorded minutes that two of them have in common.

METRICS measured it: shared minutes over the shorter one's, at least 0.6 and 3 minutes, merged none of 3,681 natural
non-pairs and found every simulated pair of phone and watch, late start and crop. Starts within 300 s (14 wrong) and
overlapping intervals (64 wrong) are no substitute: a timer left on overnight overlaps everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

SAME_SHARE_RATIO: Final = 0.6
ASK_SHARE_RATIO: Final = 0.2  #: between the two a person is asked
LEAST_SHARED_MINUTES: Final = 3

#: What people said of pairs of recordings: the same session, or not.
Said = Mapping[frozenset[str], bool]

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
    held = (copy for copy in copies if copy.recorded_minutes.size)
    ordered = sorted(held, key=lambda copy: (copy.recorded_minutes[0], copy.recording_id))
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other.recorded_minutes[0] > one.recorded_minutes[-1]:
                break
            if one.content_sha256 != other.content_sha256:
                yield one, other


@dataclass(frozen=True, slots=True)
class Grouping:
    """The sessions that some recordings make, and the pairs that a person should be asked about."""

    groups: list[list[Copy]]  #: copies of one session, the best one first
    overlaps: list[tuple[str, str, float]]  #: recording ids, the smaller first, and their shared ratio where it counts


def components(ranked: Sequence[str], overlaps: Iterable[tuple[str, str, float]], said: Said) -> dict[str, str]:
    """Return which recordings belong together: each one's id -> the id of the copy that leads its session.

    The best copy leads, and those that share enough of their minutes with it join it; the best of the rest leads the
    next session. So a phone that ran through both halves of a run whose watch was restarted joins one half and doesn't
    swallow the other. What a person said goes before the share.

    Args:
        ranked: recording ids, the best copy first.
        overlaps: pairs of them and the share of recorded minutes that they have in common.
        said: what a person said of a pair: the same session, or not.
    """
    near: dict[str, set[str]] = {member: set() for member in ranked}
    called_same: dict[str, set[str]] = {member: set() for member in ranked}
    links = [(near, {one, other}) for one, other, ratio in overlaps if ratio >= SAME_SHARE_RATIO]
    links += [(called_same, set(pair)) for pair, is_same in said.items() if is_same]
    for neighbours, pair in links:
        if pair <= neighbours.keys():
            one, other = pair
            neighbours[one].add(other)
            neighbours[other].add(one)
    leader_of: dict[str, str] = {}
    rank = {member: place for place, member in enumerate(ranked)}
    for leader in ranked:
        if leader in leader_of:
            continue
        group = [leader]
        for member in sorted(near[leader] | called_same[leader], key=rank.__getitem__):
            is_apart = any(said.get(frozenset((member, other))) is False for other in group)
            if member not in leader_of and not is_apart:
                group.append(member)
        for member in group:
            group += [other for other in sorted(called_same[member]) if other not in group and other not in leader_of]
        leader_of |= dict.fromkeys(group, leader)
    return leader_of


def group_copies(copies: Sequence[Copy], said: Said | None = None) -> Grouping:
    """Sort recordings into sessions; the result does not depend on the order in which they are given.

    Args:
        copies: recordings of one runner.
        said: what a person said of a pair of recording ids: the same session, or not.
    """
    overlaps: list[tuple[str, str, float]] = []
    for one, other in _pairs(copies):
        ratio = shared_ratio(one, other)
        if ratio >= ASK_SHARE_RATIO:
            low, high = sorted((one.recording_id, other.recording_id))
            overlaps.append((low, high, ratio))
    ranked = sorted(copies, key=lambda copy: copy.rank)
    leader_of = components([copy.recording_id for copy in ranked], overlaps, said or {})
    groups: dict[str, list[Copy]] = {}
    for copy in ranked:
        groups.setdefault(leader_of[copy.recording_id], []).append(copy)
    led = sorted(groups.values(), key=lambda group: group[0].recording_id)
    return Grouping(led, sorted(overlaps))
