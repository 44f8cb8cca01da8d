"""Any bytes: told apart by content, unpacked within bounds, refused in a clear sentence."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zipfile

import pytest

from connectors.decode import decode
from connectors.sniff import kind_of, xml_root
from connectors.unpack import MAX_FILE_BYTES, gunzip
from pipeline.errors import SkipRecording, UnreadableFile
from support.gpx_file import gpx_run, tcx_run

GPX = gpx_run(200, hr=150, cad=85).encode()
TCX = tcx_run(50, heart_rate=150).encode()


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GPX, "gpx"),
        (TCX, "tcx"),
        (b"\xef\xbb\xbf" + GPX, "gpx"),
        (b" \r\n\t" + GPX, "gpx"),
        (GPX.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "gpx"),
        (b"<!-- a > b --><?pi x?><!DOCTYPE gpx [<!ELEMENT gpx ANY>]>\n<x:gpx a='1'>", "gpx"),
        (b"<gpx/>", "gpx"),
        (gzip.compress(GPX), "gzip"),
        (zipped(a=GPX), "zip"),
        (b"\x0e\x10\xd9\x07\x00\x00\x00\x00.FIT", "fit"),
        (b"<kml><gpx/></kml>", None),
        (b"<gpxtra>", None),
        (b"<" * 70_000, None),
        (b"<!--" * 20_000, None),
        (b"", None),
    ],
)
def test_the_content_tells_the_kind(content, expected):
    assert expected == kind_of(content)


@pytest.mark.parametrize(("content", "expected"), [(GPX, "gpx"), (TCX, "tcx")])
@pytest.mark.parametrize("name", ["run.fit", "run", "run.csv"])
def test_the_name_does_not(content, expected, name):
    assert expected == decode(content, name).format


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "run.fit", "empty"),
        (b"\0" * 5000, "run.fit", "zero bytes"),
        (b"Dear diary, today I ran.", "run.fit", "^text, not .* although its name ends in .fit"),
        (b"Dear diary, today I ran.", "diary", "^text, not a FIT, GPX or TCX file$"),
        (bytes(range(256)) * 20, "run.gpx", "bytes that no decoder knows"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "run.gpx", "web page"),
        (b'\n{"error": "not found"}', "run.tcx", "JSON"),
        (b"<?xml version='1.0'?><kml><Document/></kml>", "run.gpx", "first element is <kml>"),
        (GPX[:3], "run.gpx", "text"),
        (b"\x0e\x10\xd9", "run.fit", "although its name ends in .fit"),
    ],
)
def test_what_is_no_activity_file_is_told_in_a_clause(content, name, words):
    with pytest.raises(UnreadableFile, match=words):
        decode(content, name)


def test_a_zip_is_to_be_unpacked_first():
    with pytest.raises(SkipRecording, match="unpack it first"):
        decode(zipped(a=GPX), "run.zip")


class TestGzip:
    def test_it_is_unpacked_by_content_whatever_its_name(self):
        assert 200 == len(decode(gzip.compress(GPX), "run.gpx").recordings[0].samples)

    def test_twice_packed_and_in_several_members(self):
        halves = gzip.compress(GPX[:5000]) + gzip.compress(GPX[5000:])
        assert 200 == len(decode(gzip.compress(halves), "run.gpx.gz").recordings[0].samples)

    def test_bytes_behind_it_do_no_harm(self):
        decoded = decode(gzip.compress(GPX) + b"\0" * 512, "run.gpx.gz")
        assert (None, 200) == (decoded.damage, len(decoded.recordings[0].samples))

    @pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.99])
    def test_a_cut_one_gives_what_comes_out_of_it(self, share):
        packed = gzip.compress(GPX)
        cut = int(len(packed) * share)
        decoded = decode(packed[:cut], "run.gpx.gz")
        whole = decode(GPX, "run.gpx").recordings[0].samples
        samples = decoded.recordings[0].samples
        assert (cut, len(samples)) == (decoded.damage.offset_bytes, decoded.damage.salvaged_samples)
        assert 0 < len(samples) <= 200
        assert "the .gz ends in the middle" == decoded.damage.reason
        assert whole.heart_rate_bpm[: len(samples)].tolist() == samples.heart_rate_bpm.tolist()

    def test_a_wrong_checksum_is_damage_that_loses_nothing(self):
        packed = bytearray(gzip.compress(GPX))
        packed[-8] ^= 0xFF
        decoded = decode(bytes(packed), "run.gpx.gz")
        assert (200, 200) == (len(decoded.recordings[0].samples), decoded.damage.salvaged_samples)

    def test_one_that_gives_nothing_is_unreadable(self):
        with pytest.raises(UnreadableFile, match="ends in the middle"):
            decode(gzip.compress(GPX)[:12], "run.gpx.gz")

    def test_a_bomb_is_refused_long_before_it_is_unpacked(self):
        packed = gzip.compress(b"\0" * (64 * 2**20), 9)
        with pytest.raises(UnreadableFile, match="refused"):
            decode(packed, "run.fit.gz")

    def test_nothing_larger_than_the_bound_comes_out(self):
        packed = gzip.compress(b"ab" * (MAX_FILE_BYTES // 2 // 8), 1)
        with pytest.raises(UnreadableFile, match="refused"):
            gunzip(packed * 9)

    def test_layers_without_end_are_no_activity(self):
        content = GPX
        for _ in range(5):
            content = gzip.compress(content)
        with pytest.raises(UnreadableFile):
            decode(content, "run.gz")


def test_the_root_is_found_behind_a_long_prologue():
    assert "gpx" == xml_root(b"<!-- " + b"x" * 50_000 + b" --><gpx>")


def test_importing_the_decoder_brings_in_no_library():
    """A folder of FIT files never waits for gpxpy, nor a folder for an account's library."""
    code = "import sys, connectors, connectors.decode, connectors.folder; print(sorted({'gpxpy', 'fitparse', 'stravalib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
