"""Which recordings are copies of one session: pairs that are, pairs that look like it, and what `duplicates` says."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.real_runs import NO_THRESHOLDS, Real, apart_m, part_of, thinned
from benchmarks.table import Case, Row, most_row, ratio_row
from pipeline.duplicates import Copy, group_copies
from pipeline.transforms import derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.model import Recording

#: Two receivers on one body: their median distance is a few metres; this leaves room for a phone among houses.
TOGETHER_M: Final = 50.0
SHORTEST_S: Final = 600.0


def copy_of(recording: Recording, name: str) -> Copy:
    """Return what `duplicates` looks at; two names are two files."""
    session = derive(recording, NO_THRESHOLDS, None)
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Copy(
        recording_id=digest[:10],
        content_sha256=digest,
        file_format=recording.format,
        sample_count=len(recording.samples),
        has_barometer=session.measures.altitude_source == "barometric",
        has_cadence=recording.samples.has("cadence_spm"),
        recorded_minutes=session.recorded_minutes,
    )


def is_merged(one: Recording, other: Recording) -> bool:
    """Return whether the two come out as one session."""
    return len(group_copies([copy_of(one, "one"), copy_of(other, "other")]).groups) == 1


def copies_of(recording: Recording, seed: int) -> Iterable[tuple[str, Recording]]:
    """Yield what else may have recorded the same session, or what people make of it."""
    rng = np.random.default_rng(seed)
    phone = replace(recording, format="gpx", timer_events=(), start_utc=recording.start_utc)
    yield "a phone that keeps other rows", thinned(phone, seed)
    behind = timedelta(seconds=float(rng.integers(-5, 6)))  # two clocks
    yield "a second watch, clocks apart", replace(recording, start_utc=recording.start_utc + behind)
    yield "a phone started late", part_of(phone, float(rng.uniform(0.05, 0.35)), 1.0)
    yield "a crop", part_of(recording, float(rng.uniform(0.0, 0.1)), float(rng.uniform(0.5, 0.9)))


def found_row(where: str, recordings: Sequence[tuple[str, Recording]]) -> Row:
    """Return how many of the simulated copies are found."""
    total, lost = 0, []
    for seed, (name, recording) in enumerate(recordings):
        for kind, copied in copies_of(recording, seed):
            total += 1
            if not is_merged(recording, copied):
                lost.append(Case(name, 1.0, kind))
    return ratio_row(
        "duplicates found (simulated)", where, total, 1 - len(lost) / max(total, 1), at_least=0.99, missed=lost
    )


def others_of(recording: Recording) -> Iterable[tuple[str, Recording]]:
    """Yield sessions that are near in time and no copy."""
    end_s = float(recording.samples.t_s[-1])
    for kind, after_s in (
        ("strides right after it", 20.0),
        ("a second run after it", 300.0),
        ("the next day", 86_400.0),
    ):
        yield kind, replace(recording, start_utc=recording.start_utc + timedelta(seconds=end_s + after_s))
    # Half of it again, as a run of its own begun before the first one's timer was stopped at home.
    yield (
        "a cool-down while the other timer was left on",
        part_of(replace(recording, start_utc=recording.start_utc + timedelta(seconds=0.95 * end_s)), 0.0, 0.5),
    )


def false_row(where: str, recordings: Sequence[tuple[str, Recording]]) -> Row:
    """Return how many near sessions are taken for copies."""
    total, wrong = 0, []
    for name, recording in recordings:
        for kind, other in others_of(recording):
            total += 1
            if is_merged(recording, other):
                wrong.append(Case(name, 1.0, kind))
    return most_row("duplicates: others merged (simulated)", where, total, len(wrong), "", at_most=0, missed=wrong)


def corpus_pairs(real: Sequence[Real]) -> list[Row]:
    """Hold the natural pairs of real files, and copies simulated from real runs, against `duplicates`."""
    long_enough = [one for one in real if one.recording.samples.t_s.max(initial=0.0) >= SHORTEST_S]
    runs = [(one.file, one.recording) for one in long_enough if one.session.is_run and one.damage is None]
    wrong, pairs, twins, found = [], 0, 0, 0
    copies = {one.file + str(one.recording.index): copy_of(one.recording, one.file) for one in real}
    for one, other in combinations(real, 2):
        if one.file == other.file:
            continue
        pairs += 1
        both = [copies[each.file + str(each.recording.index)] for each in (one, other)]
        both = [replace(copy, recording_id=name) for copy, name in zip(both, ("one", "other"), strict=True)]
        merged = len(group_copies(both).groups) == 1
        apart = apart_m(one.recording, other.recording) if merged or _touch(one, other) else None
        if apart is not None and apart <= TOGETHER_M:
            twins += 1
            found += merged
        elif merged and apart is not None:
            wrong.append(Case(one.file, apart, f"with {other.file}, {apart:.0f} m apart"))
    return [
        most_row("duplicates: natural pairs merged wrongly", "corpus", pairs, len(wrong), "", at_most=0, missed=wrong),
        ratio_row("duplicates: twins of two formats found", "corpus", twins, found / max(twins, 1), at_least=0.99),
        found_row("corpus runs", runs),
        false_row("corpus runs", runs),
    ]


def _touch(one: Real, other: Real) -> bool:
    a, b = one.session.recorded_minutes, other.session.recorded_minutes
    return bool(len(a) and len(b) and a[0] <= b[-1] and b[0] <= a[-1])
