"""Backup and restore: the truth in one file, and the same log out of it."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from threading import Event, Thread

import pytest

from flows.deep import compare_with_rebuild
from pipeline import backup
from pipeline.archive import Archive, Received
from pipeline.backup import BadBackup, restore_backup, write_backup
from pipeline.compliance.judge import judge_once
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries
from pipeline.kept import KeptFile
from pipeline.settings import Home
from pipeline.warehouse.connection import reading
from pipeline.warehouse.digests import LEFT_OUT, differing, one_digest, relation_digests
from support.command import gaitkeeper
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC, copy_of


def digests(home: Home):
    with reading(home, EXAMPLE_NOW_UTC, EXAMPLE_NOW_UTC.date()) as connection:
        judge_once(connection)
        return relation_digests(connection)


@pytest.fixture
def own_example(example_home, tmp_path):
    return copy_of(example_home, tmp_path / "own")


class TestThereAndBack:
    """A home that went through a file is the same home."""

    def test_a_restored_home_is_the_old_one(self, example_home, tmp_path):
        """Every relation, by its digest; and the commands say the same."""
        saved = gaitkeeper("--home", example_home.path, "backup", tmp_path / "b.zip")
        assert (0, True) == (saved.status, "28 originals" in saved.out)
        back = gaitkeeper("--home", tmp_path / "new", "restore", tmp_path / "b.zip")
        assert (0, True) == (back.status, "28 files, 28 recordings" in back.out)
        new = Home(tmp_path / "new")
        assert [] == differing(digests(example_home), digests(new))
        weeks = [gaitkeeper("--home", home.path, "week", "--as-of", EXAMPLE_DAY).out for home in (example_home, new)]
        assert weeks[0] == weeks[1]

    def test_file_and_home_are_for_their_owner_alone(self, example_home, tmp_path):
        """Whatever the umask says."""
        before = os.umask(0)
        try:
            write_backup(example_home, tmp_path / "b.zip")
            restore_backup(tmp_path / "b.zip", Home(tmp_path / "new"))
        finally:
            os.umask(before)
        assert 0o600 == stat.S_IMODE((tmp_path / "b.zip").stat().st_mode)
        modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (tmp_path / "new").rglob("*")}
        assert {(True, 0o700), (False, 0o600)} == modes
        assert 0o700 == stat.S_IMODE((tmp_path / "new").stat().st_mode)

    def test_secrets_go_along_only_when_asked(self, own_example, tmp_path):
        """Tokens have no place on a shelf; what sources remember has."""
        KeptFile(own_example.secret_folder / "mail.json").write({"password": "hidden"})
        KeptFile(own_example.source_folder / "strava-me.json").write({"cursor": 7})
        for asked in (False, True):
            write_backup(own_example, tmp_path / "b.zip", with_secrets=asked)
            names = zipfile.ZipFile(tmp_path / "b.zip").namelist()
            assert asked == ("secrets/mail.json" in names)
            assert "sources/strava-me.json" in names
        restore_backup(tmp_path / "b.zip", Home(tmp_path / "new"))
        assert {"password": "hidden"} == KeptFile(tmp_path / "new/secrets/mail.json").read()

    def test_a_folder_that_is_there_and_empty_will_do(self, example_home, tmp_path):
        """A disk of its own is mounted before it is restored to, and brings lost+found along."""
        write_backup(example_home, tmp_path / "b.zip")
        (tmp_path / "new/lost+found").mkdir(parents=True)
        assert 28 == restore_backup(tmp_path / "b.zip", Home(tmp_path / "new")).original_count

    def test_a_restore_that_was_stopped_can_be_run_again(self, example_home, tmp_path, monkeypatch):
        """What it left is no home, and not in the way."""
        write_backup(example_home, tmp_path / "b.zip")
        new = Home(tmp_path / "new")
        with monkeypatch.context() as patched:
            patched.setattr(backup, "_move_up", _stop)
            patched.setattr(backup.shutil, "rmtree", lambda *_, **__: None)
            with pytest.raises(KeyboardInterrupt):
                restore_backup(tmp_path / "b.zip", new)
        assert not new.exists()
        assert any(new.path.iterdir())
        restore_backup(tmp_path / "b.zip", new)
        assert new.exists()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


class TestWhileANightIsRunning:
    """Every original that a list names is in the file, and every line is whole."""

    def test_a_backup_beside_a_writer_is_consistent(self, own_example, tmp_path):
        """Files arrive and things are said all the while."""
        stop = Event()

        def write() -> None:
            archive = Archive(own_example)
            place = 0
            while not stop.is_set():
                place += 1
                sha256 = archive.put(f"no activity {place}".encode() * 50)
                archive.note(
                    [Received("example", "folder", f"{place}.fit", f"{place}.fit", sha256, 1, EXAMPLE_NOW_UTC)]
                )
                entry = new_entry("rehab", "example", {"note": sha256}, by="example", now_utc=EXAMPLE_NOW_UTC)
                write_entries(own_example, [entry])

        writer = Thread(target=write)
        writer.start()
        try:
            outcomes = [write_backup(own_example, tmp_path / f"{place}.zip") for place in range(5)]
        finally:
            stop.set()
            writer.join()
        assert [()] * 5 == [one.missing for one in outcomes]
        for place in range(5):
            with zipfile.ZipFile(tmp_path / f"{place}.zip") as file:
                received = [json.loads(line) for line in file.read("journal/received.jsonl").splitlines()]
                said = [json.loads(line) for line in file.read("journal/journal.jsonl").splitlines()]
                names = set(file.namelist())
            shas = {line["content_sha256"] for line in received}
            assert {f"archive/{sha256[:2]}/{sha256}" for sha256 in shas} <= names
            assert {line["data"]["note"] for line in said if "note" in line["data"]} <= shas
        assert outcomes[0].original_count < outcomes[-1].original_count

    def test_a_torn_last_line_is_left_where_it_is(self, own_example, tmp_path):
        """A line that is being written belongs to the next backup."""
        with own_example.journal_file.open("ab") as stream:
            stream.write(b'{"half": ')
        write_backup(own_example, tmp_path / "b.zip")
        assert zipfile.ZipFile(tmp_path / "b.zip").read("journal/journal.jsonl").endswith(b"}\n")


class TestOut:
    """What is told when a backup can't be what it should be."""

    def test_an_original_that_is_gone_or_altered_is_told(self, own_example, tmp_path):
        """The backup is written all the same: it holds what there is."""
        first, second = sorted(path for path in own_example.archive_folder.rglob("*") if path.is_file())[:2]
        first.unlink()
        second.write_bytes(b"altered")
        assert (first.name, second.name) == write_backup(own_example, tmp_path / "b.zip").missing
        answer = gaitkeeper("--home", own_example.path, "backup", tmp_path / "b.zip")
        assert (1, True) == (answer.status, "2 original(s) are gone or altered" in answer.err)

    def test_a_backup_inside_the_home_is_refused(self, own_example):
        """It would go with the disk that it is for."""
        with pytest.raises(NeedsAttention, match="lies in the home that it saves"):
            write_backup(own_example, own_example.path / "b.zip")

    def test_a_full_disk_leaves_the_old_backup(self, own_example, tmp_path, monkeypatch):
        """Written under another name first, and given its own when it was read back."""
        (tmp_path / "b.zip").write_bytes(b"the old one")
        monkeypatch.setattr(backup, "_write", _full)
        with pytest.raises(NeedsAttention, match="No space left on device"):
            write_backup(own_example, tmp_path / "b.zip")
        assert b"the old one" == (tmp_path / "b.zip").read_bytes()
        assert ["b.zip", "own"] == sorted(path.name for path in tmp_path.iterdir())


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


class TestRefused:
    """What is no backup is refused whole, and nothing of it stays."""

    @pytest.fixture
    def good(self, example_home, tmp_path):
        write_backup(example_home, tmp_path / "good.zip")
        return tmp_path / "good.zip"

    def changed(self, good, change) -> object:
        """Write a backup with its members and manifest changed."""
        with zipfile.ZipFile(good) as file:
            members = {name: file.read(name) for name in file.namelist()}
        manifest = json.loads(members.pop("manifest.json"))
        change(members, manifest)
        bad = good.with_name("bad.zip")
        with zipfile.ZipFile(bad, "w") as file:
            for name, content in members.items():
                file.writestr(name, content)
            if manifest is not None:
                file.writestr("manifest.json", json.dumps(manifest))
        return bad

    @pytest.mark.parametrize(
        "name",
        [
            "../evil",
            "/etc/evil",
            "archive/../../evil",
            "journal/..",
            "sources/.hidden",
            "secrets\\evil",
            "prefect/x",
            "a.py",
        ],
    )
    def test_a_name_that_leads_elsewhere_is_refused(self, good, tmp_path, name):
        """Whoever made the file, it writes below the new home and nowhere else."""

        def change(members, manifest) -> None:
            members[name] = b"evil"
            manifest["members"][name] = {"sha256": backup.hashlib.sha256(b"evil").hexdigest(), "size_bytes": 4}

        self.refused(self.changed(good, change), tmp_path, "which no backup holds")

    def test_an_altered_member_is_refused(self, good, tmp_path):
        """One byte of the journal."""

        def change(members, _manifest) -> None:
            members["journal/journal.jsonl"] = members["journal/journal.jsonl"].replace(b"S1", b"S4", 1)

        self.refused(self.changed(good, change), tmp_path, "the checksum of journal/journal.jsonl differs")

    def test_a_member_too_many_or_too_few_is_refused(self, good, tmp_path):
        """The manifest lists what there is."""
        self.refused(self.changed(good, lambda members, _: members.popitem()), tmp_path, "not what its manifest lists")
        extra = self.changed(good, lambda members, _: members.update({"sources/x.json": b"{}"}))
        self.refused(extra, tmp_path, "not what its manifest lists")

    def test_a_member_larger_than_the_manifest_says_is_refused(self, good, tmp_path):
        """A bomb is read up to the size that it was said to have."""

        def change(members, _manifest) -> None:
            members["config.toml"] += b"\n" * 100_000_000

        self.refused(self.changed(good, change), tmp_path, "the checksum of config.toml differs")

    def test_another_format_names_the_program_that_wrote_it(self, good, tmp_path):
        """A newer program's backup is for a newer program."""
        bad = self.changed(good, lambda _, manifest: manifest.update({"format": 2, "program_version": "9.0"}))
        self.refused(bad, tmp_path, "made by Gaitkeeper 9.0")

    def test_what_is_no_zip_or_cut_short_or_not_there_is_refused(self, good, tmp_path):
        """A download that stopped, a wrong name."""
        cut = tmp_path / "cut.zip"
        cut.write_bytes(good.read_bytes()[:-1000])
        self.refused(cut, tmp_path, "it is no whole backup")
        cut.write_text("no zip", "utf-8")
        self.refused(cut, tmp_path, "it is no whole backup")
        self.refused(tmp_path / "none.zip", tmp_path, "there is no such file")
        with zipfile.ZipFile(cut, "w") as file:
            file.writestr("activity.fit", b"")
        self.refused(cut, tmp_path, "it has no manifest")

    def refused(self, bad, tmp_path, why: str) -> None:
        new = Home(tmp_path / "new")
        with pytest.raises(BadBackup, match=why):
            restore_backup(bad, new)
        assert [] == list(new.path.iterdir())
        assert not (tmp_path / "evil").exists()

    def test_a_home_with_something_in_it_is_left_alone(self, good, own_example):
        """Nothing is ever overwritten by a restore."""
        answer = gaitkeeper("--home", own_example.path, "restore", good)
        assert (2, True) == (answer.status, "is not empty" in answer.err)


class TestDigests:
    """One digest a relation: the same rows in any order, and no others."""

    def test_a_rebuild_gives_the_same_digests(self, example_home):
        """What `doctor --deep` rests on: nothing depends on the order of arrival or of threads."""
        compared = compare_with_rebuild(example_home, EXAMPLE_NOW_UTC)
        assert () == compared.differences
        assert not compared.was_written
        assert compared.relation_count > 50
        assert compared.row_count > 50_000
        assert [] == list(example_home.warehouse_folder.glob("deep-*"))

    @pytest.mark.parametrize(
        ("relation", "change"),
        [
            ("measured_fact", "update measured_fact set value = value * 1.000001 where fact = 'run_s'"),
            ("lap", "update lap set elapsed_s = null where lap_index = 1"),
            ("surge", "delete from surge where start_s = (select min(start_s) from surge)"),
            ("surge", "insert into surge from surge limit 1"),
            ("measured_session", "update measured_session set title = '' where title is null"),
        ],
    )
    def test_every_change_of_a_row_shows(self, own_example, relation, change):
        """A digit, a NULL, a row less, a row twice, an empty text for a missing one."""
        import duckdb

        with duckdb.connect(str(own_example.published_file)) as connection:
            before = one_digest(connection, relation)
            connection.execute(change)
            assert before != one_digest(connection, relation)

    def test_what_is_left_out_has_its_reason_and_is_little(self):
        """A relation on the list is not compared: only what each reader lays in front itself."""
        assert {"as_of", "distrusted_entry", "source_sharing"} == set(LEFT_OUT)
