"""Export archives: Garmin's account export (zips in a zip, one activity among twenty files) and Strava's bulk export."""

from __future__ import annotations

import gc
import gzip
import io
import os
import stat
import tempfile
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from connectors import export_archive, inner_zips, zips
from connectors.decode import decode
from connectors.folder import FolderSource
from connectors.inner_zips import inner_zip
from pipeline.errors import NeedsAttention, SkipRecording
from support.command import gaitkeeper
from support.fit_file import FitWriter, fit_other
from support.gpx_file import gpx_run
from support.small_log import as_fit
from support.synthetic_run import START, SyntheticRun, easy

FIT = as_fit(SyntheticRun((easy(60),)))
GPX = gpx_run(5).encode()
PART = "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip"


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def encrypted(content: bytes) -> bytes:
    spoilt = bytearray(content)
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        spoilt[spoilt.index(mark) + flags_at] |= 1
    return bytes(spoilt)


def fit_of_type(number: int, *, with_records: bool = False) -> bytes:
    """A FIT file of a kind that no profile names; with records it is an activity all the same."""
    writer = FitWriter()
    writer.write("file_id", type=number, manufacturer=1, time_created=START)
    for second in range(60 if with_records else 0):
        writer.write("record", timestamp=START + timedelta(seconds=second), distance=3.0 * second)
    return writer.to_bytes()


@pytest.fixture
def garmin_export(tmp_path):
    """As Garmin gives it out: uploads in a zip of their own, everything else about a person beside it."""
    uploads = {
        "runner@example.org_1.fit": FIT,
        "runner@example.org_2.fit": fit_other("monitoring_b"),
        "runner@example.org_3.fit": fit_other("settings"),
        "runner@example.org_4.fit": fit_other("monitoring_b"),
        "runner@example.org_5.gpx": GPX,
        "runner@example.org_6.json": b"{}",
    }
    members = {
        PART: zip_of(uploads),
        "DI_CONNECT/DI-Connect-Fitness/runner_summarizedActivities.json": b"[]",
        "DI_CONNECT/DI-Connect-Wellness/sleep.json": b"[]",
        "customer_data/customer.json": b"{}",
        "IT_BIKE/readme.txt": b"x",
    }
    (tmp_path / "export.zip").write_bytes(zip_of(members))
    return FolderSource(tmp_path)


def refs(source) -> list[str]:
    return [ref.ref for ref in source.refs(None)]


def fetched(source, ref):
    (found,) = [key for key in source.refs(None) if key.ref == ref]
    return source.fetch(found)


class TestGarminsAccountExport:
    def test_activities_are_found_in_the_zips_inside(self, garmin_export):
        expected = [f"export.zip!{PART}!runner@example.org_{name}" for name in ("1.fit", "5.gpx")]
        assert expected == refs(garmin_export)
        assert refs(garmin_export) == refs(garmin_export)
        found = fetched(garmin_export, expected[0])
        assert (FIT, "runner@example.org_1.fit") == (found.content, found.file_name)

    def test_what_is_no_activity_is_counted_and_told_once(self, garmin_export):
        """353 activities among 9,182 files: the rest must not flood the quarantine."""
        refs(garmin_export)
        assert {"json": 4, "monitoring": 2, "settings": 1, "txt": 1} == dict(garmin_export.tally.left_out)
        expected = "8 file(s) that are no activities were left out (4 json, 2 monitoring, 1 settings, 1 txt)"
        assert expected == garmin_export.tally.sentence()

    def test_a_kind_without_a_name_is_judged_by_what_it_holds(self, tmp_path):
        """Sleep and the like have numbers that no profile names; so may an odd device's activity."""
        members = {"1.fit": fit_of_type(49), "2.fit": fit_of_type(49, with_records=True)}
        (tmp_path / "export.zip").write_bytes(zip_of(members))
        source = FolderSource(tmp_path)
        assert ["export.zip!2.fit"] == refs(source)
        assert {"other": 1} == dict(source.tally.left_out)
        assert 1 == len(decode(fetched(source, "export.zip!2.fit").content, "2.fit").recordings)

    def test_a_fit_file_that_is_broken_from_its_start_is_told(self, tmp_path):
        (tmp_path / "export.zip").write_bytes(zip_of({"1.fit": b"garbage", "2.fit": b"", "3.fit": FIT[:30]}))
        source = FolderSource(tmp_path)
        assert ["export.zip!1.fit", "export.zip!2.fit", "export.zip!3.fit"] == refs(source)

    def test_daily_files_of_a_watch_are_left_out_of_a_folder_too(self, tmp_path):
        """An export that somebody unpacked. A workout somebody may have taken for a run, and is told."""
        for name, content in {"1.fit": FIT, "2.fit": fit_other("monitoring_b"), "3.fit": fit_other("workout")}.items():
            (tmp_path / name).write_bytes(content)
        source = FolderSource(tmp_path)
        assert ["1.fit", "3.fit"] == refs(source)
        assert {"monitoring": 1} == dict(source.tally.left_out)
        assert ["2.fit"] == refs(FolderSource(tmp_path / "2.fit"))

    def test_names_with_marks_of_our_own_are_found(self, tmp_path):
        inner = zip_of({"pb!.gpx": GPX})
        (tmp_path / "e!.zip").write_bytes(zip_of({"a!b.zip": inner, "x!y.gpx": GPX}))
        source = FolderSource(tmp_path)
        assert ["e!.zip!a!b.zip!pb!.gpx", "e!.zip!x!y.gpx"] == refs(source)
        assert {GPX} == {source.fetch(ref).content for ref in source.refs(None)}


class TestStravasBulkExport:
    def test_activities_come_and_the_rest_is_counted(self, tmp_path):
        members = {
            "activities.csv": b"Activity ID,Activity Name\n1,Run\n",
            "activities/1.fit.gz": gzip.compress(FIT),
            "activities/2.gpx.gz": gzip.compress(GPX),
            "activities/3.tcx.gz": gzip.compress(b"<x/>"),
            "media/a.jpg": b"x",
            "media/b.mp4": b"x",
            "routes.csv": b"",
            "profile.csv": b"",
        }
        (tmp_path / "export_1.zip").write_bytes(zip_of(members))
        source = FolderSource(tmp_path / "export_1.zip")
        expected = [f"export_1.zip!activities/{name}" for name in ("1.fit.gz", "2.gpx.gz", "3.tcx.gz")]
        assert expected == refs(source)
        assert {"csv": 3, "jpg": 1, "mp4": 1} == dict(source.tally.left_out)

    @pytest.mark.parametrize("is_packed", [True, False], ids=["packed", "unpacked"])
    @pytest.mark.parametrize("file_head", ["Filename", "Dateiname"])
    def test_planned_routes_are_no_recordings_and_what_has_no_file_is_told(self, tmp_path, file_head, is_packed):
        """200 saved routes must not be 200 damaged files, nor a treadmill run that was typed in vanish without a word."""
        lines = f'ID,Name,{file_head}\n1,"a, ""b""\nc",activities/1.gpx\n2,typed in,\n3,typed in, \n\n'.encode()
        members = {
            "activities.csv": lines,
            "activities/1.gpx": GPX,
            "routes/1.gpx": b"<gpx/>",
            "routes/2.gpx": b"<gpx/>",
        }
        if is_packed:
            (tmp_path / "export.zip").write_bytes(zip_of({f"export/{name}": text for name, text in members.items()}))
        else:
            for name, content in members.items():
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_bytes(content)
        source = FolderSource(tmp_path)
        assert 1 == len(refs(source))
        expected = "activities of Strava's activities.csv that came without a file and were not taken: 2"
        assert expected in (source.tally.sentence() or "")
        assert 2 == source.tally.left_out["planned route"]

    @pytest.mark.parametrize("lines", [b"", b"\xff\xfe\x00", b"ID,Filename\n1\n", b'ID,"' + b"x" * 200_000, b"\0,\n\0"])
    def test_a_list_that_is_none_hurts_nothing(self, tmp_path, lines):
        (tmp_path / "e.zip").write_bytes(zip_of({"activities.csv": lines, "activities/1.gpx": GPX}))
        source = FolderSource(tmp_path)
        assert ["e.zip!activities/1.gpx"] == refs(source)
        assert {"csv": 1} == dict(source.tally.left_out)

    def test_a_folder_of_that_name_without_stravas_list_is_read(self, tmp_path):
        (tmp_path / "e.zip").write_bytes(zip_of({"routes/1.gpx": GPX}))
        assert ["e.zip!routes/1.gpx"] == refs(FolderSource(tmp_path))

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_a_file_that_another_of_its_name_hides_is_told(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
            archive.writestr("1.gpx", gpx_run(9))
            archive.writestr("1.gpx", GPX)
        source = FolderSource(tmp_path)
        assert GPX == fetched(source, "e.zip!1.gpx").content
        assert "files of an archive hidden by a later one of the same name: 1" == source.tally.sentence()

    def test_names_written_on_windows_are_read(self, tmp_path):
        (tmp_path / "e.zip").write_bytes(
            zip_of({"activities\\1.gpx": GPX, "__MACOSX\\1.gpx": GPX, "media\\.x.gpx": GPX})
        )
        source = FolderSource(tmp_path)
        assert ["e.zip!activities\\1.gpx"] == refs(source)
        assert GPX == fetched(source, "e.zip!activities\\1.gpx").content


class TestWhatIsRefused:
    def refused(self, folder, content, ref, words):
        (folder / "e.zip").write_bytes(content)
        with pytest.raises(SkipRecording, match=words):
            fetched(FolderSource(folder), ref)

    def test_a_zip_three_deep(self, tmp_path):
        deep = zip_of({"b.zip": zip_of({"c.zip": zip_of({"1.gpx": GPX}), "2.gpx": GPX})})
        self.refused(
            tmp_path, deep, "e.zip!b.zip!c.zip", r"a zip inside a zip inside the zip e\.zip: unpack the outer one"
        )
        assert GPX == fetched(FolderSource(tmp_path), "e.zip!b.zip!2.gpx").content

    def test_a_zip_that_holds_itself_ends(self, tmp_path):
        """A quine of zips unpacks for ever: one level is opened, no more."""
        one = zip_of({"r.zip": b""})
        for _ in range(5):
            one = zip_of({"r.zip": one})
        (tmp_path / "e.zip").write_bytes(one)
        assert ["e.zip!r.zip!r.zip"] == refs(FolderSource(tmp_path))

    @pytest.mark.parametrize(
        ("inner", "words"),
        [
            (zip_of({"1.gpx": GPX})[:-30], "cut short"),
            (b"no zip", "cut short"),
            (b"", "cut short"),
        ],
    )
    def test_a_broken_zip_inside_is_told_alone(self, tmp_path, inner, words):
        self.refused(tmp_path, zip_of({"b.zip": inner, "2.gpx": GPX}), "e.zip!b.zip", words)
        assert GPX == fetched(FolderSource(tmp_path), "e.zip!2.gpx").content

    def test_an_encrypted_zip_inside(self, tmp_path):
        content = encrypted(zip_of({"b.zip": zip_of({"1.gpx": GPX})}))
        self.refused(tmp_path, content, "e.zip!b.zip", "encrypted with a password")

    def test_encrypted_files_inside(self, tmp_path):
        content = zip_of({"b.zip": encrypted(zip_of({"1.gpx": GPX}))})
        self.refused(tmp_path, content, "e.zip!b.zip!1.gpx", "encrypted with a password")

    def test_a_bomb_inside_does_not_cost_the_others(self, tmp_path):
        content = zip_of({"b.zip": zip_of({"1.fit": bytes(20 * 2**20), "2.gpx": GPX})})
        self.refused(tmp_path, content, "e.zip!b.zip!1.fit", "far more than an activity file can be")
        assert GPX == fetched(FolderSource(tmp_path), "e.zip!b.zip!2.gpx").content

    def test_a_zip_inside_that_is_a_bomb_is_never_unpacked(self, tmp_path):
        blank = io.BytesIO(zip_of({"1.gpx": GPX}, zipfile.ZIP_STORED))
        content = zip_of({"b.zip": bytes(30 * 2**20) + blank.getvalue()})
        self.refused(tmp_path, content, "e.zip!b.zip", "far more than an export can be")

    def test_many_small_bombs(self, tmp_path, monkeypatch):
        """Each is below the size at which density matters; together they are what they are."""
        monkeypatch.setattr(zips, "DENSITY_MATTERS_BYTES", 2**20)
        content = zip_of({f"{n}.fit": bytes(9 * 2**20) for n in range(3)})
        self.refused(tmp_path, content, "e.zip", "unpacks to far more than an export can be")

    def test_more_in_all_than_a_life_of_running(self, tmp_path, monkeypatch):
        monkeypatch.setattr(zips, "MAX_TOTAL_BYTES", 1000)
        self.refused(
            tmp_path, zip_of({"1.gpx": GPX, "2.gpx": GPX}), "e.zip", "unpacks to far more than an export can be"
        )

    def test_files_that_lie_over_each_other(self, tmp_path):
        """A zip whose entries all point at the same bytes unpacks to any size (D. Fifield, 2019)."""
        content = bytearray(zip_of({"1.gpx": GPX, "2.gpx": GPX}, zipfile.ZIP_STORED))
        second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
        content[second + 42 : second + 46] = bytes(4)  # its local header lies where the first one's does
        self.refused(tmp_path, bytes(content), "e.zip", "lie over each other")

    def test_more_files_than_any_export_holds_the_inner_ones_counted(self, tmp_path, monkeypatch):
        monkeypatch.setattr(export_archive, "MAX_MEMBERS", 5)
        inner = zip_of({f"{n}.gpx": GPX for n in range(3)})
        self.refused(tmp_path, zip_of({"a.zip": inner, "b.zip": inner}), "e.zip", "which no export has; refused")

    def test_a_truncated_directory(self, tmp_path):
        content = zip_of({PART: zip_of({"1.gpx": GPX})})
        self.refused(tmp_path, content[:-25], "e.zip", "cut short")

    @pytest.mark.parametrize("name", ["../1.gpx", "/etc/1.gpx", "..\\1.gpx"])
    def test_names_that_lead_out_of_a_zip_inside(self, tmp_path, name):
        self.refused(
            tmp_path, zip_of({"b.zip": zip_of({name: GPX})}), f"e.zip!b.zip!{name}", "leads out of the archive"
        )

    def test_a_zip_inside_whose_own_name_leads_out(self, tmp_path):
        self.refused(
            tmp_path, zip_of({"../b.zip": zip_of({"1.gpx": GPX})}), "e.zip!../b.zip", "leads out of the archive"
        )

    def test_an_entry_that_holds_more_than_it_claims(self, tmp_path):
        content = bytearray(zip_of({"b.zip": zip_of({"1.gpx": GPX})}, zipfile.ZIP_STORED))
        at = content.index(b"PK\x01\x02", len(content) - 100)
        content[at + 24 : at + 28] = (10).to_bytes(4, "little")
        self.refused(tmp_path, bytes(content), "e.zip!b.zip", "broken|cut short")


class TestRoom:
    def test_a_large_zip_inside_needs_no_memory(self, tmp_path):
        """Half a gigabyte of uploads: it goes through the memory in pieces."""
        big = {f"{n}.fit": os.urandom(4 * 2**20) for n in range(10)} | {"run.gpx": GPX}
        (tmp_path / "e.zip").write_bytes(zip_of({"b.zip": zip_of(big, zipfile.ZIP_STORED)}, zipfile.ZIP_STORED))
        del big
        source = FolderSource(tmp_path)
        tracemalloc.start()
        try:
            assert 11 == len(refs(source))
            assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
        finally:
            tracemalloc.stop()

    def test_what_is_unpacked_is_private_and_goes_away(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        (tmp_path / "tmp").mkdir()
        for name in ("a", "b"):
            (tmp_path / f"{name}.zip").write_bytes(zip_of({"i.zip": zip_of({f"{name}.gpx": GPX})}))
        opened = inner_zip(tmp_path / "a.zip", "i.zip")
        folder = opened.path.parent
        assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
        assert [folder] == list((tmp_path / "tmp").iterdir())
        del opened
        inner_zip(tmp_path / "b.zip", "i.zip")
        gc.collect()
        assert not folder.exists()
        inner_zips._as_it_is.cache_clear()
        gc.collect()
        assert [] == list((tmp_path / "tmp").iterdir())

    def test_a_full_disk_says_what_to_do(self, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        (tmp_path / "e.zip").write_bytes(zip_of({"b.zip": zip_of({"1.gpx": GPX})}))
        monkeypatch.setattr(inner_zips, "copy_member", full)
        with pytest.raises(NeedsAttention, match=r"no room in .* to open b\.zip of e\.zip.*TMPDIR"):
            FolderSource(tmp_path).refs(None)

    def test_the_archive_is_left_as_it_is(self, garmin_export):
        before = sorted(path.name for path in Path(garmin_export.path).iterdir())
        for ref in garmin_export.refs(None):
            garmin_export.fetch(ref)
        assert before == sorted(path.name for path in Path(garmin_export.path).iterdir())


def test_an_import_tells_once_what_was_left_out_and_takes_up_where_it_ended(garmin_export, tmp_path):
    """Through the command: nothing of it in the quarantine, one sentence, and the second time nothing is read again."""
    home = tmp_path / "home"
    first = gaitkeeper("--home", home, "import", garmin_export.path / "export.zip", "--format", "json")
    assert (2, 2, 0) == tuple(first.rows[0][name] for name in ("seen_count", "new_count", "quarantined_count"))
    assert 1 == first.err.count(
        "8 file(s) that are no activities were left out (4 json, 2 monitoring, 1 settings, 1 txt)."
    )
    again = gaitkeeper("--home", home, "import", garmin_export.path / "export.zip", "--format", "json")
    assert (0, 2) == tuple(again.rows[0][name] for name in ("new_count", "duplicate_count"))
