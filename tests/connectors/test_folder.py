"""Folders, archives, single files: stable refs, nothing lost without a word, no hang."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors import zips
from connectors.decode import decode
from connectors.folder import FolderSource
from pipeline.errors import NeedsAttention, SkipRecording
from pipeline.model import RefKey
from support.gpx_file import gpx_run, tcx_run

GPX = gpx_run(5).encode()
TCX = tcx_run(5).encode()


def names(source: FolderSource) -> list[str]:
    return [ref.ref for ref in source.refs(None)]


def fetched(source: FolderSource, ref: str):
    (found,) = [key for key in source.refs(None) if key.ref == ref]
    return source.fetch(found)


def put(folder, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


class TestListing:
    def test_activity_files_are_listed_in_order_with_their_sizes(self, tmp_path):
        for name in ("b.gpx", "a.FIT", "2024/c.tcx.gz", "2024/03/d.gpx"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(GPX)
        refs = list(FolderSource(tmp_path, "watch").refs(None))
        assert ["2024/03/d.gpx", "2024/c.tcx.gz", "a.FIT", "b.gpx"] == [ref.ref for ref in refs]
        assert RefKey("watch", "2024/03/d.gpx", "d.gpx", len(GPX)) == refs[0]

    def test_what_cant_be_an_activity_is_left_out(self, tmp_path):
        for name in (
            "README.md",
            "manifest.csv",
            "x.json",
            "p.jpg",
            "log.db",
            ".hidden.fit",
            "half.fit.part",
            "t.csv.gz",
            "~.tmp",
        ):
            (tmp_path / name).write_bytes(GPX)
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "a.fit").write_bytes(GPX)
        assert [] == names(FolderSource(tmp_path))

    def test_names_that_say_nothing_are_looked_into(self, tmp_path):
        for name, content in {
            "1234": GPX,
            "5678": b"diary",
            "run.xml": TCX,
            "2021.05.03": gzip.compress(GPX),
            "z": b"\x1f\x8b",
        }.items():
            (tmp_path / name).write_bytes(content)
        assert ["1234", "2021.05.03", "run.xml"] == names(FolderSource(tmp_path))

    def test_a_watch_gives_its_activities_only(self, tmp_path):
        for folder in ("Activity", "Monitor", "SETTINGS", "Sleep"):
            (tmp_path / "GARMIN" / folder).mkdir(parents=True)
            (tmp_path / "GARMIN" / folder / "1.fit").write_bytes(GPX)
        (tmp_path / "settings").mkdir()
        (tmp_path / "settings" / "mine.fit").write_bytes(GPX)
        assert ["GARMIN/Activity/1.fit", "settings/mine.fit"] == names(FolderSource(tmp_path))

    def test_a_single_file_is_always_tried(self, tmp_path):
        (tmp_path / "notes.csv").write_bytes(b"a,b")
        assert ["notes.csv"] == names(FolderSource(tmp_path / "notes.csv"))

    def test_an_empty_folder_gives_nothing(self, tmp_path):
        assert [] == names(FolderSource(tmp_path))

    def test_a_date_leaves_nothing_out(self, tmp_path):
        """A copied file keeps its old time, so that time says nothing of what is new in a folder."""
        (tmp_path / "old.gpx").write_bytes(GPX)
        os.utime(tmp_path / "old.gpx", (0, 0))
        assert ["old.gpx"] == [ref.ref for ref in FolderSource(tmp_path).refs(datetime(2030, 1, 1, tzinfo=UTC))]


class TestLinksAndOddThings:
    def test_a_loop_of_links_does_not_hang(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "run.gpx").write_bytes(GPX)
        (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
        assert ["a/run.gpx"] == names(FolderSource(tmp_path))

    def test_a_linked_file_is_read_and_a_dangling_link_is_told(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "run.gpx").write_bytes(GPX)
        (tmp_path / "link.gpx").symlink_to(tmp_path / "real" / "run.gpx")
        (tmp_path / "gone.gpx").symlink_to(tmp_path / "nowhere")
        source = FolderSource(tmp_path)
        assert ["gone.gpx", "link.gpx", "real/run.gpx"] == names(source)
        assert GPX == fetched(source, "link.gpx").content
        with pytest.raises(SkipRecording, match="gone since"):
            fetched(source, "gone.gpx")

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.fit")
        os.mkfifo(tmp_path / "pipe")
        assert [] == names(FolderSource(tmp_path))
        with pytest.raises(NeedsAttention, match="neither a folder nor a file"):
            FolderSource(tmp_path / "pipe").refs(None)

    @pytest.mark.skipif(os.name == "nt", reason="Windows names are always Unicode")
    def test_a_name_that_is_no_unicode_can_be_stored_and_fetched(self, tmp_path):
        path = tmp_path / os.fsdecode(b"l\xe4ufe") / os.fsdecode(b"r\xfcn.gpx")
        path.parent.mkdir()
        path.write_bytes(GPX)
        source = FolderSource(tmp_path)
        (ref,) = source.refs(None)
        assert "l\\xe4ufe/r\\xfcn.gpx" == ref.ref
        assert ref.ref.encode("utf-8")
        assert GPX == source.fetch(ref).content

    @pytest.mark.parametrize(
        ("name", "told"),
        [("a\x1b[31m.gpx", r"a\x1b[31m.gpx"), ("\u202exp.gpx", r"\u202exp.gpx"), ("läuf 日.gpx", "läuf 日.gpx")],
    )
    def test_a_name_writes_nothing_on_a_terminal(self, tmp_path, name, told):
        """A colour or a turned direction in the name of somebody else's file is told as what it is."""
        (tmp_path / name).write_bytes(GPX)
        with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
            archive.writestr(name, GPX)
        source = FolderSource(tmp_path)
        refs = list(source.refs(None))
        assert [told, told] == [ref.file_name for ref in refs]
        assert [GPX, GPX] == [source.fetch(ref).content for ref in refs]

    def test_a_missing_path_says_what_to_do(self, tmp_path):
        with pytest.raises(NeedsAttention, match=r"does not exist\. Check the path"):
            FolderSource(tmp_path / "nowhere").refs(None)

    def test_a_folder_that_cant_be_opened_says_so(self, tmp_path, monkeypatch):
        shut(tmp_path, monkeypatch)
        with pytest.raises(NeedsAttention, match=r"can't be opened: Permission denied\. Check its permissions"):
            FolderSource(tmp_path).refs(None)

    def test_a_folder_below_that_cant_be_opened_is_told_and_the_rest_is_read(self, tmp_path, monkeypatch):
        put(tmp_path, {"open/a.gpx": GPX, "shut/b.gpx": GPX})
        shut(tmp_path / "shut", monkeypatch)
        source = FolderSource(tmp_path)
        assert ["open/a.gpx", "shut"] == names(source)
        with pytest.raises(SkipRecording, match="permission denied"):
            fetched(source, "shut")


def shut(folder, monkeypatch) -> None:
    """Make a folder that can't be listed, for whoever runs the tests: permissions don't bind root."""
    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, _but(folder, getattr(os, name)))


def _but(folder, real):
    def listing(path="."):
        if os.fspath(path) == os.fspath(folder):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    return listing


class TestFetching:
    def test_it_gives_bytes_name_and_time(self, tmp_path):
        (tmp_path / "run.gpx").write_bytes(GPX)
        os.utime(tmp_path / "run.gpx", (1_700_000_000, 1_700_000_000))
        found = fetched(FolderSource(tmp_path), "run.gpx")
        assert (GPX, "run.gpx", "run.gpx") == (found.content, found.file_name, found.source_ref)
        assert datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC) == found.modified_utc

    def test_a_file_that_is_gone_is_skipped(self, tmp_path):
        (tmp_path / "run.gpx").write_bytes(GPX)
        source = FolderSource(tmp_path)
        (ref,) = source.refs(None)
        (tmp_path / "run.gpx").unlink()
        with pytest.raises(SkipRecording, match="gone since the folder was listed"):
            source.fetch(ref)

    def test_a_file_larger_than_any_activity_is_skipped_unread(self, tmp_path):
        with (tmp_path / "huge.fit").open("wb") as stream:
            stream.truncate(300 * 2**20)
        with pytest.raises(SkipRecording, match="larger than 256 MB"):
            fetched(FolderSource(tmp_path), "huge.fit")

    def test_a_source_can_cross_to_another_process(self, tmp_path):
        (tmp_path / "run.gpx").write_bytes(GPX)
        source = pickle.loads(pickle.dumps(FolderSource(tmp_path)))
        assert GPX == fetched(source, "run.gpx").content


class TestArchives:
    def test_an_export_is_listed_and_read_by_member(self, tmp_path):
        packed = gzip.compress(GPX)
        members = {
            "activities/2.gpx": GPX,
            "activities/1.fit.gz": packed,
            "activities.csv": b"a,b",
            "media/p.jpg": b"x",
            "__MACOSX/activities/._2.gpx": b"x",
            "activities/nothing": b"diary",
            "activities/3": TCX,
        }
        (tmp_path / "export.zip").write_bytes(zip_of(members))
        source = FolderSource(tmp_path)
        expected = ["export.zip!activities/1.fit.gz", "export.zip!activities/2.gpx", "export.zip!activities/3"]
        assert expected == names(source)
        found = fetched(source, expected[0])
        assert (packed, "1.fit.gz", expected[0], None) == (
            found.content,
            found.file_name,
            found.source_ref,
            found.modified_utc,
        )
        assert 5 == len(decode(found.content, found.file_name).recordings[0].samples)

    def test_an_archive_named_alone_gives_the_same(self, tmp_path):
        (tmp_path / "export.zip").write_bytes(zip_of({"a/1.gpx": GPX}))
        source = FolderSource(tmp_path / "export.zip")
        assert ["export.zip!a/1.gpx"] == names(source)
        assert GPX == fetched(source, "export.zip!a/1.gpx").content

    def test_names_with_an_exclamation_mark_are_found(self, tmp_path):
        put(tmp_path, {"wow!": GPX, "pb!.zip": zip_of({"oh!.gpx": GPX}), "done!.gpx": TCX})
        source = FolderSource(tmp_path)
        assert ["done!.gpx", "pb!.zip!oh!.gpx", "wow!"] == names(source)
        assert [TCX, GPX, GPX] == [source.fetch(ref).content for ref in source.refs(None)]

    @pytest.mark.parametrize(
        "name", ["../secret.gpx", "/secret.gpx", "..\\secret.gpx", "a/../../secret.gpx", "C:\\x.gpx"]
    )
    def test_names_that_lead_out_of_the_archive_are_refused(self, tmp_path, name):
        """Nothing is ever unpacked under a member's name, and no export has such: whoever made it means harm."""
        inside = tmp_path / "inside"
        inside.mkdir()
        (tmp_path / "secret.gpx").write_bytes(b"secret")
        (inside / "evil.zip").write_bytes(zip_of({name: GPX, "fine.gpx": TCX}))
        source = FolderSource(inside)
        with pytest.raises(SkipRecording, match="its name leads out of the archive"):
            fetched(source, f"evil.zip!{name}")
        assert TCX == fetched(source, "evil.zip!fine.gpx").content
        assert ["evil.zip"] == [path.name for path in inside.iterdir()]

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda content: content[: len(content) // 2], "cut short"),
            (lambda content: content[:40], "cut short"),
            (lambda content: content.replace(b"PK\x01\x02", b"PK\x01\x03"), "broken zip"),
            (lambda content: content[:-10], "cut short"),
        ],
    )
    def test_a_broken_archive_is_told_once(self, tmp_path, spoil, words):
        (tmp_path / "export.zip").write_bytes(spoil(zip_of({"1.gpx": GPX, "2.gpx": TCX})))
        source = FolderSource(tmp_path)
        assert ["export.zip"] == names(source)
        with pytest.raises(SkipRecording, match=words):
            fetched(source, "export.zip")

    def test_a_member_whose_bytes_are_broken_is_skipped_alone(self, tmp_path):
        content = bytearray(zip_of({"1.gpx": GPX, "2.gpx": TCX}, zipfile.ZIP_STORED))
        content[content.index(b"<gpx") + 50] ^= 0xFF
        (tmp_path / "export.zip").write_bytes(content)
        source = FolderSource(tmp_path)
        with pytest.raises(SkipRecording, match="broken inside the archive"):
            fetched(source, "export.zip!1.gpx")
        assert TCX == fetched(source, "export.zip!2.gpx").content

    def test_an_encrypted_member_is_told(self, tmp_path):
        content = bytearray(zip_of({"1.gpx": GPX}))
        for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            content[content.index(mark) + flags_at] |= 1
        (tmp_path / "export.zip").write_bytes(content)
        with pytest.raises(SkipRecording, match="encrypted"):
            fetched(FolderSource(tmp_path), "export.zip!1.gpx")

    def test_a_bomb_is_refused_unread(self, tmp_path):
        (tmp_path / "export.zip").write_bytes(zip_of({"bomb.fit": b"\0" * (20 * 2**20)}))
        with pytest.raises(SkipRecording, match="refused"):
            fetched(FolderSource(tmp_path), "export.zip!bomb.fit")

    def test_more_members_than_any_export_holds_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(zips, "MAX_MEMBERS", 3)
        (tmp_path / "export.zip").write_bytes(zip_of({f"{n}.gpx": GPX for n in range(4)}))
        with pytest.raises(SkipRecording, match="more than 3 files"):
            fetched(FolderSource(tmp_path), "export.zip")

    def test_a_directory_too_large_to_build_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(zips, "MAX_DIRECTORY_BYTES", 100)
        (tmp_path / "export.zip").write_bytes(zip_of({f"{n}.gpx": GPX for n in range(9)}))
        with pytest.raises(SkipRecording, match="refused"):
            fetched(FolderSource(tmp_path), "export.zip")

    def test_an_archive_that_grew_is_read_anew(self, tmp_path):
        source = FolderSource(tmp_path)
        (tmp_path / "export.zip").write_bytes(zip_of({"1.gpx": GPX}))
        assert ["export.zip!1.gpx"] == names(source)
        (tmp_path / "export.zip").write_bytes(zip_of({"1.gpx": GPX, "2.gpx": TCX}))
        assert ["export.zip!1.gpx", "export.zip!2.gpx"] == names(source)

    def test_a_member_that_is_gone_is_skipped(self, tmp_path):
        (tmp_path / "export.zip").write_bytes(zip_of({"1.gpx": GPX}))
        source = FolderSource(tmp_path)
        (ref,) = source.refs(None)
        with pytest.raises(SkipRecording, match="no longer holds it"):
            source.fetch(replace(ref, ref="export.zip!2.gpx"))

    def test_an_archive_that_is_something_else_is_told(self, tmp_path):
        (tmp_path / "export.zip").write_bytes(b"<html>Please log in</html>")
        source = FolderSource(tmp_path)
        assert ["export.zip"] == names(source)
        with pytest.raises(SkipRecording, match="web page"):
            decode(fetched(source, "export.zip").content, "export.zip")
