"""What every member of SOURCES promises, whatever it reads from."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC

import numpy as np
import pytest

from connectors import SOURCES
from connectors.base import Source
from connectors.channels import RANGES
from connectors.decode import decode
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.model import CHANNELS
from support.gpx_file import gpx_run, tcx_run


def folder_source(tmp_path):
    """A folder with a file of each kind, one of them cut short, and an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("activities/1.gpx.gz", gzip.compress(gpx_run(60, hr=150).encode()))
    log = tmp_path / "log"
    log.mkdir()
    (log / "export.zip").write_bytes(stream.getvalue())
    (log / "a.gpx").write_text(gpx_run(120, hr=150, cad=85))
    (log / "b.tcx").write_text(tcx_run(120, heart_rate=150, RunCadence=85))
    (log / "cut.gpx").write_text(gpx_run(120)[:6000])
    return SOURCES[0].load()(log)


#: A source with something in it, for every kind that needs no account.
MADE = {"folder": folder_source}


@pytest.fixture(params=[kind.name for kind in SOURCES])
def source(request, tmp_path):
    if request.param not in MADE:
        pytest.skip(f"{request.param} needs an account: its own tests talk to a local server")
    return MADE[request.param](tmp_path)


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
            assert recording.samples.t_s[0] >= 0, ref
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
    damages = [decoded.damage for _, decoded in read(source) if decoded.damage]
    assert damages
    assert all(damage.offset_bytes and damage.salvaged_samples for damage in damages)


def test_only_the_permitted_errors_escape_from_a_ref_that_nobody_listed(source):
    ref = next(source.refs(None))
    for text in ("", "nothing", "../../etc/hostname\0", "x" * 5000, "a!b!c", "export.zip!", "/", "a.gpx/b"):
        try:
            source.fetch(type(ref)(source.name, text, "x"))
        except (SkipRecording, TryAgainLater, NeedsAttention):
            continue
