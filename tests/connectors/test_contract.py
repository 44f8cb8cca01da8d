"""What every member of SOURCES promises, whatever it reads from."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC

import numpy as np
import pytest

from connectors import SOURCES
from connectors.base import Source
from connectors.channels import RANGES
from connectors.decode import decode
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.model import CHANNELS
from support.source_cases import CASES


@pytest.fixture(params=[kind.name for kind in SOURCES])
def source(request, tmp_path):
    if request.param not in CASES:
        pytest.skip(f"{request.param}: no case on this Python")
    with ExitStack() as stack:
        yield CASES[request.param](tmp_path, stack)


def read(source):
    return [(ref, decode(source.fetch(ref).content, ref.file_name)) for ref in source.refs(None)]


def comparable(recording):
    """Everything that it holds; NaN equals NaN."""
    columns = [getattr(recording.samples, name).tobytes() for name in ("t_s", *CHANNELS)]
    others = [getattr(recording, name) for name in recording.__slots__ if name != "samples"]
    return columns, others


def test_names_are_unique_and_each_says_what_it_is():
    names = [kind.name for kind in SOURCES]
    assert len(set(names)) == len(names)
    assert all(kind.meaning.endswith(".") for kind in SOURCES)


def test_it_is_a_source(source):
    assert isinstance(source, Source)
    assert source.name in {kind.name for kind in SOURCES}


def test_refs_are_stable_ordered_unique_and_can_be_stored(source):
    refs = list(source.refs(None))
    assert refs == list(source.refs(None))
    assert refs
    assert sorted({ref.ref for ref in refs}) == [ref.ref for ref in refs]
    assert all(ref.source == source.name and ref.ref.encode("utf-8") and ref.file_name for ref in refs)


def test_reading_twice_gives_equal_recordings(source):
    first, second = read(source), read(source)
    assert [ref for ref, _ in first] == [ref for ref, _ in second]
    for (_, one), (_, other) in zip(first, second, strict=True):
        assert (one.format, one.crc_ok, one.damage) == (other.format, other.crc_ok, other.damage)
        assert [comparable(r) for r in one.recordings] == [comparable(r) for r in other.recordings]


def test_times_are_aware_and_increase_and_numbers_are_in_their_range(source):
    for ref, decoded in read(source):
        for index, recording in enumerate(decoded.recordings):
            assert index == recording.index, ref
            assert UTC == recording.start_utc.tzinfo, ref
            assert (recording.samples.t_s >= 0).all(), ref
            assert (np.diff(recording.samples.t_s) > 0).all(), ref
            for name in CHANNELS:
                column = getattr(recording.samples, name)
                low, high = RANGES[name]
                known = column[np.isfinite(column)]
                assert len(column) == len(recording.samples), (ref, name)
                assert ((known >= low) & (known <= high)).all(), (ref, name)


def test_the_fixture_leaves_nothing_unmapped(source):
    issues = [issue for _, decoded in read(source) for recording in decoded.recordings for issue in recording.issues]
    assert [] == [issue for issue in issues if issue.kind == "unmapped_field"]


def test_a_cut_file_tells_its_byte(source):
    """Half a file never becomes a session without a word: it is refused, or what was read of it is told."""
    told = 0
    for ref, content in [(ref, source.fetch(ref).content) for ref in source.refs(None)]:
        found = damage_of(content[: len(content) // 2], ref.file_name)
        assert found, ref
        assert found.reason, ref
        told += bool(found.offset_bytes)
    assert told


def damage_of(content, file_name):
    """What decoding says is wrong: damage, or the refusal."""
    try:
        return decode(content, file_name).damage
    except SkipRecording as error:
        return error


def test_only_the_permitted_errors_escape_from_a_ref_that_nobody_listed(source):
    ref = next(iter(source.refs(None)))
    for text in ("", "nothing", "../../etc/hostname\0", "x" * 5000, "a!b!c", "export.zip!", "/", "a.gpx/b"):
        try:
            source.fetch(type(ref)(source.name, text, "x"))
        except (SkipRecording, TryAgainLater, NeedsAttention):
            continue
