"""A watched folder: half-copied files are waited for, an unplugged watch loses nothing; by hand nothing is waited for."""

from __future__ import annotations

import errno
import gzip
import io
import os
import shutil
import threading
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import watching
from connectors.copying import QUIET_S, is_incomplete
from connectors.folder import FolderSource
from connectors.watching import MAY_GO_ON_S
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.errors import SkipRecording, TryAgainLater
from pipeline.settings import Home
from support.example_home import asked
from support.garmin_home import Given
from support.gpx_file import gpx_run, tcx_run
from support.small_log import as_fit
from support.synthetic_run import START, SyntheticRun, easy

FIT = as_fit(SyntheticRun((easy(60),)))
GPX = gpx_run(60).encode()
TCX = tcx_run(60).encode()


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("1.fit", content)
    return stream.getvalue()


WHOLE = {
    "run.fit": FIT,
    "run.gpx": GPX,
    "run.tcx": TCX,
    "utf16.gpx": gpx_run(60).replace("UTF-8", "UTF-16").encode("utf-16"),
    "run.fit.gz": gzip.compress(FIT),
    "export.zip": zipped(FIT),
    "two.fit": FIT + FIT,
}


@pytest.fixture
def given(tmp_path):
    """A home whose clock says what the file system's says."""
    (tmp_path / "watch").mkdir()
    return Given(path=tmp_path / "watch", now_utc=datetime.now(UTC))


def source_of(given) -> FolderSource:
    return FolderSource.open(given.setup())


def names(given) -> list[str]:
    return [ref.ref for ref in source_of(given).refs(None)]


class TestHalfCopied:
    @pytest.mark.parametrize("name", WHOLE)
    def test_a_whole_file_is_taken_at_once(self, given, name):
        """However young it is: what says of itself that it is whole needs no waiting."""
        (given.path / name).write_bytes(WHOLE[name])
        assert 1 == len(names(given))
        assert [] == given.slept_s

    @pytest.mark.parametrize("name", [name for name in WHOLE if name != "two.fit"])
    @pytest.mark.parametrize("part", [0, 0.3, 0.95])
    def test_a_half_copied_file_is_left_to_the_next_night_and_then_taken(self, given, name, part):
        content = WHOLE[name]
        path = given.path / name
        path.write_bytes(content[: int(part * len(content))])
        given.sleep = lambda _: path.write_bytes(content[: int(part * len(content)) + 2])
        assert [] == names(given)
        path.write_bytes(content)
        assert 1 == len(names(given))

    def test_a_copy_that_claims_its_room_first_is_seen(self, given):
        """Some programs make the file as long as it will be, and fill it from the front."""
        path = given.path / "run.fit"
        path.write_bytes(FIT[:600] + bytes(len(FIT) - 600))
        given.sleep = lambda _: path.write_bytes(FIT[:900] + bytes(len(FIT) - 900))
        assert [] == names(given)

    def test_a_copy_that_ends_while_we_wait_is_taken(self, given):
        path = given.path / "run.fit"
        path.write_bytes(FIT[:600])
        given.sleep = lambda _: path.write_bytes(FIT)
        assert ["run.fit"] == names(given)

    def test_the_others_are_taken_meanwhile_and_the_wait_is_one_for_all(self, given):
        (given.path / "whole.fit").write_bytes(FIT)
        for number in range(5):
            (given.path / f"{number}.fit").write_bytes(FIT[:600])
        grow = lambda _: [(given.path / f"{number}.fit").write_bytes(FIT[:700]) for number in range(5)]  # noqa: E731
        slept: list[float] = []
        given.sleep = lambda seconds: (slept.append(seconds), grow(seconds))
        assert ["whole.fit"] == names(given)
        assert [QUIET_S] == slept

    def test_a_damaged_file_that_nobody_writes_to_is_read_as_damaged(self, given):
        """An old one at once; a young one when it is a minute old: a copy that only pauses is no half run tonight."""
        (given.path / "old.fit").write_bytes(FIT[:600])
        os.utime(given.path / "old.fit", (1_700_000_000, 1_700_000_000))
        assert ["old.fit"] == names(given)
        assert [] == given.slept_s
        (given.path / "young.fit").write_bytes(FIT[:600])
        given.now_utc = datetime.now(UTC) + timedelta(seconds=MAY_GO_ON_S / 2)
        assert ["old.fit"] == names(given)
        assert [QUIET_S] == given.slept_s
        given.now_utc += timedelta(seconds=MAY_GO_ON_S)
        assert ["old.fit", "young.fit"] == names(given)
        assert [QUIET_S] == given.slept_s

    def test_a_watch_whose_clock_is_ahead_is_waited_for_once(self, given):
        (given.path / "run.fit").write_bytes(FIT[:600])
        ahead = (given.now_utc + timedelta(hours=7)).timestamp()
        os.utime(given.path / "run.fit", (ahead, ahead))
        assert ["run.fit"] == names(given)

    def test_what_waits_is_told_until_it_came(self, given):
        path = given.path / "run.fit"
        path.write_bytes(FIT[:600])
        given.sleep = lambda _: path.write_bytes(FIT[:700])
        names(given)
        status = source_of(given).status()
        assert 1 == status.backlog_count
        assert "1 still being copied when it was read: run.fit" in status.message
        path.write_bytes(FIT)
        names(given)
        assert (0, f"folder {given.path}") == (
            source_of(given).status().backlog_count,
            source_of(given).status().message,
        )

    def test_two_folders_of_a_runner_share_a_memory_without_harm(self, given, tmp_path):
        (tmp_path / "other").mkdir()
        (given.path / "run.fit").write_bytes(FIT[:600])
        given.sleep = lambda _: (given.path / "run.fit").write_bytes(FIT[:700])
        names(given)
        list(FolderSource.open(replace(given.setup(), path=tmp_path / "other")).refs(None))
        assert 1 == source_of(given).status().backlog_count

    def test_a_file_named_by_hand_is_read_at_once(self, given):
        """`gaitkeeper import`: whoever hands it over means it as it is."""
        (given.path / "run.fit").write_bytes(FIT[:600])
        assert ["run.fit"] == [ref.ref for ref in FolderSource(given.path / "run.fit").refs(None)]
        assert ["run.fit"] == [ref.ref for ref in FolderSource(given.path).refs(None)]

    @pytest.mark.parametrize(
        "name",
        [
            "a.fit.part",
            "a.fit.partial",
            "a.fit.crdownload",
            "a.fit.tmp",
            "a.fit.!sync",
            ".syncthing.a.fit.tmp",
            ".a.fit.x9Qz",
            "~syncthing~a.fit.tmp",
            "a.fit.filepart",
            "a.fit.download",
            "a.fit.opdownload",
            "a.fit.aria2",
            ".a.fit.icloud",
        ],
    )
    def test_names_of_copies_are_left(self, given, name):
        (given.path / name).write_bytes(FIT)
        assert [] == names(given)

    def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_time(self, given, monkeypatch):
        (given.path / "run.fit").write_bytes(FIT)
        source = source_of(given)
        (ref,) = source.refs(None)
        real = Path.open

        def growing(self, *arguments, **options):
            with real(given.path / "run.fit", "ab") as stream:
                stream.write(FIT[:100])
            return real(self, *arguments, **options)

        monkeypatch.setattr(Path, "open", growing)
        with pytest.raises(TryAgainLater, match=r"run\.fit is being written just now"):
            source.fetch(ref)

    def test_a_slow_copy_becomes_one_whole_session(self, tmp_path):
        """A real thread copies while nights come and go: never half a session, in the end the whole one."""
        home = Home(tmp_path / "home")
        make_home(home, "anna", "UTC")
        watch = tmp_path / "watch"
        watch.mkdir()

        def copy_slowly():
            with (watch / "run.fit").open("wb", buffering=0) as stream:
                for at in range(0, len(FIT), 400):
                    stream.write(FIT[at : at + 400])
                    time.sleep(0.01)

        copying = threading.Thread(target=copy_slowly)
        copying.start()
        now_utc = START + timedelta(days=1)
        work.refresh(home, now_utc)
        nights = 0
        while copying.is_alive() or not nights:
            given = Given(path=watch, now_utc=datetime.now(UTC))
            given.sleep = lambda _: time.sleep(0.05)
            work.import_source(home, "anna", source_of(given), now_utc)
            assert [] == asked(home, "from quarantine", now_utc)
            nights += 1
        work.import_source(home, "anna", source_of(Given(path=watch, now_utc=datetime.now(UTC))), now_utc)
        assert 1 == len(asked(home, "from recording", now_utc))


class TestIncomplete:
    @pytest.mark.parametrize("name", WHOLE)
    def test_a_whole_file_is_whole(self, tmp_path, name):
        (tmp_path / name).write_bytes(WHOLE[name])
        assert not is_incomplete(tmp_path / name)

    @pytest.mark.parametrize("name", ["run.fit", "run.gpx", "run.tcx", "utf16.gpx", "run.fit.gz", "export.zip"])
    def test_every_beginning_of_it_is_not(self, tmp_path, name):
        content = WHOLE[name].rstrip()
        for part in range(0, len(content) - 3, max(1, len(content) // 50)):
            (tmp_path / name).write_bytes(content[:part])
            assert is_incomplete(tmp_path / name), part

    def test_text_that_is_no_activity_is_whole(self, tmp_path):
        (tmp_path / "a.gpx").write_bytes(b"Please log in to download.")
        assert not is_incomplete(tmp_path / "a.gpx")

    def test_a_fit_file_that_its_device_has_not_closed_is_not(self, tmp_path):
        for size in (bytes(4), b"\xff" * 4):
            (tmp_path / "a.fit").write_bytes(FIT[:4] + size + FIT[8:])
            assert is_incomplete(tmp_path / "a.fit")


class TestUnplugged:
    def filled(self, given, count=3):
        for number in range(count):
            (given.path / f"{number}.fit").write_bytes(
                as_fit(SyntheticRun((easy(60),), start_utc=START + timedelta(days=number)))
            )
        source = source_of(given)
        return source, list(source.refs(None))

    @pytest.mark.parametrize("error", sorted(watching._AWAY))
    def test_a_drive_that_stops_answering_is_asked_another_night(self, given, monkeypatch, error):
        source, (ref, *_) = self.filled(given)

        def gone(*_, **__):
            raise OSError(error, os.strerror(error))

        monkeypatch.setattr(Path, "open", gone)
        with pytest.raises(TryAgainLater, match="was unplugged or unmounted while it was read"):
            source.fetch(ref)
        with pytest.raises(TryAgainLater, match="was unplugged or unmounted while it was read"):
            source.refs(None)

    def test_a_mount_point_that_vanishes(self, given):
        source, (ref, *_) = self.filled(given)
        shutil.rmtree(given.path)
        with pytest.raises(TryAgainLater, match=f"{given.path.name} can't answer now"):
            source.fetch(ref)

    def test_a_mount_point_that_is_left_empty(self, given):
        source, (ref, *_) = self.filled(given)
        shutil.rmtree(given.path)
        given.path.mkdir()
        with pytest.raises(TryAgainLater, match="unplugged"):
            source.fetch(ref)

    def test_one_file_that_is_gone_is_one_file(self, given):
        source, (ref, *_) = self.filled(given)
        (given.path / ref.ref).unlink()
        with pytest.raises(SkipRecording, match="gone since the folder was listed"):
            source.fetch(ref)

    def test_a_folder_that_vanishes_while_it_is_listed(self, given, monkeypatch):
        self.filled(given)
        real = os.walk

        def walk(top, **options):
            for found in real(top, **options):
                shutil.rmtree(top)
                yield found

        monkeypatch.setattr(os, "walk", walk)
        with pytest.raises(TryAgainLater, match="unplugged"):
            source_of(given).refs(None)

    def test_a_sick_disk_of_files_handed_over_by_hand_is_told_alike(self, tmp_path, monkeypatch):
        (tmp_path / "1.fit").write_bytes(FIT)
        source = FolderSource(tmp_path)
        (ref,) = source.refs(None)

        def sick(*_, **__):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(Path, "open", sick)
        with pytest.raises(TryAgainLater):
            source.fetch(ref)

    def test_what_came_before_it_was_unplugged_is_kept_and_the_rest_comes_later(self, given, tmp_path, monkeypatch):
        home = Home(tmp_path / "home")
        make_home(home, "anna", "UTC")
        now_utc = START + timedelta(days=9)
        source, _ = self.filled(given)
        real = FolderSource.fetch

        def until_unplugged(self, ref):
            if ref.ref == "2.fit":
                given.path.rename(tmp_path / "drawer")
            return real(self, ref)

        monkeypatch.setattr(FolderSource, "fetch", until_unplugged)
        with pytest.raises(TryAgainLater, match="what came before is kept"):
            work.import_source(home, "anna", source, now_utc)
        assert ["0.fit", "1.fit"] == sorted(row["file_name"] for row in asked(home, "from recording", now_utc))
        assert [] == asked(home, "from quarantine", now_utc)
        (tmp_path / "drawer").rename(given.path)
        monkeypatch.setattr(FolderSource, "fetch", real)
        assert 1 == work.import_source(home, "anna", source_of(given), now_utc).new_count
