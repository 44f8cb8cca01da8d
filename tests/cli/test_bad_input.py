"""Bad input through the whole of `import`: a reason, a status, nothing lost, no hang; the rest goes on."""

from __future__ import annotations

import gzip
import json
import os
import resource
import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.archive import Archive, content_sha256
from pipeline.settings import Home
from support.broken_files import DAMAGED, REFUSED, fit_run, zip_of
from support.command import gaitkeeper, is_sentence
from support.damage import bit_flips, truncations
from support.example_home import asked, copy_of
from support.gpx_file import gpx_run

NOW_UTC = datetime(2026, 4, 12, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Home:
    """A home with one runner and a warehouse without a row."""
    home = Home(tmp_path_factory.mktemp("empty") / "home")
    make_home(home, "me", "UTC")
    work.refresh(home, NOW_UTC)
    return home


@pytest.fixture
def ready(empty, tmp_path) -> Home:
    """A copy of it."""
    return copy_of(empty, tmp_path / "home")


@pytest.fixture(scope="module")
def refused(empty, tmp_path_factory):
    """All that is refused, imported at once: the answer of the command, and the rows of quarantine by file name."""
    folder = tmp_path_factory.mktemp("refused")
    for name, (content, _) in REFUSED.items():
        (folder / name).write_bytes(content)
    home = copy_of(empty, tmp_path_factory.mktemp("home") / "home")
    answer = gaitkeeper("--home", home.path, "import", folder, "--format", "json")
    return home, answer, {row["file_name"]: row for row in asked(home, "from quarantine", NOW_UTC)}


@pytest.fixture
def inbox(tmp_path):
    """A folder of files to come in."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def take_in(home: Home, path) -> work.Outcome:
    return work.import_source(home, "me", FolderSource(path), NOW_UTC)


def count(home: Home, relation: str) -> int:
    return asked(home, f"select count(*) as n from {relation}", NOW_UTC)[0]["n"]


class TestOneBadFile:
    @pytest.mark.parametrize("name", REFUSED)
    def test_it_is_quarantined_with_its_reason_and_its_bytes_are_kept(self, refused, name):
        """One row of quarantine that says why, and the original in the archive."""
        content, says = REFUSED[name]
        home, _, rows = refused
        assert says in rows[name]["reason"]
        assert 0 == rows[name]["salvaged_samples"]
        if name != "zipped.gpx":  # a zip is looked into, not kept
            assert content == Archive(home).get(rows[name]["content_sha256"])

    def test_none_of_them_is_a_session_and_the_status_says_so(self, refused):
        """Exit status 1: something could not be read."""
        home, answer, rows = refused
        assert (1, "") == (answer.status, answer.err)
        assert len(REFUSED) == answer.rows[0]["quarantined_count"] == len(rows)
        assert 0 == count(home, "session")

    def test_no_reason_ends_in_a_full_stop_or_holds_a_path_of_ours(self, refused):
        """Reasons are clauses that other sentences are built from."""
        home, _, rows = refused
        reasons = [row["reason"] for row in rows.values()]
        assert [] == [
            reason for reason in reasons if reason.endswith(".") or str(home.path) in reason or "\n" in reason
        ]

    @pytest.mark.parametrize("name", DAMAGED)
    def test_what_comes_before_the_damage_is_a_session_and_marked(self, ready, inbox, name):
        """Half a run is better than none; the recording says that it is half."""
        (inbox / name).write_bytes(DAMAGED[name])
        answer = gaitkeeper("--home", ready.path, "import", inbox, "--format", "json")
        assert (1, 1) == (answer.status, answer.rows[0]["quarantined_count"])
        (row,) = asked(ready, "from quarantine", NOW_UTC)
        (recording,) = asked(ready, "from recording", NOW_UTC)
        assert 200 < row["salvaged_samples"] == recording["sample_count"]
        assert row["reason"] == recording["damage"]
        assert 1 == count(ready, "session")

    def test_a_wrong_checksum_is_told_and_the_run_is_whole(self, ready, inbox):
        """`crc_ok` is kept a recording."""
        (inbox / "a.fit").write_bytes(DAMAGED["bad-crc.fit"])
        take_in(ready, inbox)
        assert [{"crc_ok": False, "sample_count": 601}] == asked(
            ready, "select crc_ok, sample_count from recording", NOW_UTC
        )


class TestAFolder:
    def test_a_half_broken_folder_goes_on(self, ready, inbox):
        """Every good file becomes a session, every bad one a row of quarantine; nothing else is in either."""
        for name, (content, _) in REFUSED.items():
            (inbox / name).write_bytes(content)
        for name, content in DAMAGED.items():
            (inbox / name).write_bytes(content)
        (inbox / "good.fit").write_bytes(fit_run(datetime(2026, 3, 6, 6, 40, tzinfo=UTC)))
        (inbox / "good.gpx.gz").write_bytes(gzip.compress(gpx_run(600).encode()))
        (inbox / "export.zip").write_bytes(
            zip_of({"activities/z.fit": fit_run(datetime(2026, 3, 8, 6, 40, tzinfo=UTC)), "bad/empty.gpx": b""})
        )
        outcome = take_in(ready, inbox)
        good = {"good.fit", "good.gpx.gz", "z.fit"}
        names = {row["file_name"] for row in asked(ready, "from recording", NOW_UTC)}
        assert good | set(DAMAGED) == names
        assert len(REFUSED) + len(DAMAGED) + 4 == outcome.seen_count
        assert len(REFUSED) + len(DAMAGED) == outcome.quarantined_count  # the empty file in the zip is the empty file
        assert 0 == take_in(ready, inbox).new_count

    def test_a_folder_without_files_says_so(self, ready, inbox):
        """Nothing to do is not a fault."""
        (inbox / "notes.txt").write_text("no run today")
        answer = gaitkeeper("--home", ready.path, "import", inbox)
        assert 0 == answer.status
        assert f"No FIT, GPX or TCX file was found in {inbox}." in answer.out

    @pytest.mark.parametrize("kind", ["missing", "below a file", "a pipe", "a dangling link"])
    def test_a_path_that_cannot_be_read_is_told(self, ready, inbox, kind):
        """Status 2, or a row of quarantine, and no waiting for a pipe."""
        path = inbox / "x.gpx"
        if kind == "below a file":
            path.write_text("")
            path /= "below.gpx"
        elif kind == "a pipe":
            os.mkfifo(path)
        elif kind == "a dangling link":
            path.symlink_to(inbox / "gone.gpx")
        answer = gaitkeeper("--home", ready.path, "import", path)
        assert 2 == answer.status
        assert is_sentence(answer.err)
        assert "x.gpx" in answer.err

    def test_a_link_to_nowhere_inside_a_folder_is_told_and_the_rest_goes_on(self, ready, inbox):
        """What can't be opened has a row of quarantine without bytes."""
        (inbox / "a.fit").write_bytes(fit_run())
        (inbox / "b.gpx").symlink_to(inbox / "gone.gpx")
        outcome = take_in(ready, inbox)
        assert (2, 1) == (outcome.new_count, outcome.quarantined_count)
        (row,) = asked(ready, "from quarantine", NOW_UTC)
        assert ("b.gpx", None) == (row["file_name"], row["content_sha256"])

    def test_a_file_that_was_cut_and_is_whole_the_next_night_is_one_run(self, ready, inbox):
        """Both versions are kept, the whole one speaks for the session, and a rebuild says the same."""
        (inbox / "a.fit").write_bytes(fit_run()[:5000])
        take_in(ready, inbox)
        assert 1 == count(ready, "quarantine")
        (inbox / "a.fit").write_bytes(fit_run())
        take_in(ready, inbox)
        live = asked(ready, "select source_ref, reason from quarantine", NOW_UTC)
        speaking = asked(ready, "select sample_count from recording where is_primary", NOW_UTC)
        assert ([{"sample_count": 601}], 1) == (speaking, count(ready, "session"))
        work.rebuild(ready, NOW_UTC)
        assert live == asked(ready, "select source_ref, reason from quarantine", NOW_UTC)

    def test_a_link_that_is_mended_leaves_the_quarantine_for_good(self, ready, inbox):
        """The mount was missing for a night: no row stays, and a rebuild brings none back."""
        (inbox / "a.fit").symlink_to(inbox / "later.bin")
        take_in(ready, inbox)
        assert 1 == count(ready, "quarantine")
        (inbox / "later.bin").write_bytes(fit_run())
        take_in(ready, inbox)
        assert (0, 1) == (count(ready, "quarantine"), count(ready, "session"))
        work.rebuild(ready, NOW_UTC)
        assert (0, 1) == (count(ready, "quarantine"), count(ready, "session"))


class TestDamageInNumbers:
    def test_fifty_cuts_of_one_file_come_in_as_one_run(self, ready, inbox):
        """Each cut is read as far as it goes, quickly; they are copies of one session, and the longest speaks for it."""
        whole = fit_run()
        for length, content in truncations(whole, 50):
            (inbox / f"cut-{length:06}.fit").write_bytes(content)
        started = time.monotonic()
        outcome = take_in(ready, inbox)
        assert 60 > time.monotonic() - started
        assert (50, 50) == (outcome.new_count, outcome.quarantined_count)
        recordings = asked(ready, "from recording order by sample_count", NOW_UTC)
        samples = [row["sample_count"] for row in recordings]
        assert len(recordings) > 30
        assert max(samples) >= 600
        long_enough = asked(
            ready, "select count(distinct session_id) as n from recording where sample_count >= 240", NOW_UTC
        )
        assert [{"n": 1}] == long_enough
        (speaker,) = asked(ready, "select max(sample_count) as n from recording where is_primary", NOW_UTC)
        assert max(samples) == speaker["n"]

    def test_a_hundred_flipped_bits_end_in_sessions_or_reasons(self, ready, inbox):
        """One bit a file: nothing escapes, nothing is lost, and no run of such a file passes for whole."""
        runs = [fit_run(datetime(2026, 3, 2, 6, 40, tzinfo=UTC) + timedelta(days=day), 240) for day in range(5)]
        for day, content in enumerate(runs):
            for number, (place, broken) in enumerate(bit_flips(content, 20, seed=day)):
                (inbox / f"{day}-{number:02}-{place}.fit").write_bytes(broken)
        take_in(ready, inbox)
        told = asked(ready, "select content_sha256 from recording union select content_sha256 from quarantine", NOW_UTC)
        files = {content_sha256(path.read_bytes()) for path in inbox.iterdir()}
        assert files == {row["content_sha256"] for row in told}
        unmarked = asked(ready, "select file_name from recording where damage is null or crc_ok", NOW_UTC)
        assert [] == unmarked

    def test_memory_is_bounded_by_the_batch_not_by_the_log(self, ready, inbox):
        """Forty-five runs of half an hour: the process grows by far less than all their samples together would take."""
        for day in range(45):
            start = datetime(2026, 1, 1, 6, 40, tzinfo=UTC) + timedelta(days=day)
            (inbox / f"{day:02}.fit").write_bytes(fit_run(start, 1800))
        take_in(ready, inbox / "00.fit")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        take_in(ready, inbox)
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert 300 > grown_mb
        assert 45 == count(ready, "session")


def test_the_summary_line_tells_what_was_not_whole(ready, inbox):
    """What a person reads after an import, and where it says why."""
    (inbox / "a.fit").write_bytes(DAMAGED["cut.fit"])
    answer = gaitkeeper("--home", ready.path, "import", inbox)
    assert "1 quarantined" in answer.out
    assert "gaitkeeper doctor" in answer.out
    (row,) = [
        row
        for row in json.loads(gaitkeeper("--home", ready.path, "doctor", "--format", "json").out)
        if row["check"] == "quarantine"
    ]
    assert "samples before it are kept" in row["message"]
