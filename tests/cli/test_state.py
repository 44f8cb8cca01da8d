"""The warehouse is disposable: whatever the order, the history or the place, the same truth gives the same rows."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.demo import RUNNER, TIME_ZONE, example_folder
from gaitkeeper.commands.home import make_home
from pipeline.errors import NeedsAttention
from pipeline.ingest import Ingest
from pipeline.journal import new_entry, write_entries
from pipeline.settings import Home
from pipeline.warehouse.connection import writing
from support.broken_files import DAMAGED, fit_run
from support.command import gaitkeeper
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC, asked, everything
from support.gpx_file import gpx_run
from support.source_tree import ROOT


def said(home: Home, setting: str, value: object, from_date: str) -> None:
    """Append one setting to the journal, and derive nothing yet."""
    data = {"setting": setting, "value": str(value), "from_date": from_date}
    write_entries(home, [new_entry("runner", RUNNER, data, by="Dr B", now_utc=datetime.now(UTC))])


@pytest.fixture(scope="module")
def small_rows(small_home):
    """All rows of the small home."""
    return everything(small_home)


class TestTheSameRows:
    def test_importing_twice_adds_no_row(self, own_small, small_rows, small_folder):
        """Every relation is as before, down to the last sample."""
        for name in ("phone", "watch"):
            outcome = work.import_source(
                own_small, RUNNER, FolderSource(small_folder / name), EXAMPLE_NOW_UTC + timedelta(hours=1)
            )
            assert (0, outcome.seen_count) == (outcome.new_count, outcome.duplicate_count)
        assert small_rows == everything(own_small)

    def test_a_rebuild_gives_the_same_rows(self, own_small, small_rows):
        """From the archive and the journal alone: warehouse, snapshot and samples were thrown away."""
        for path in [
            own_small.published_file,
            *own_small.warehouse_folder.iterdir(),
            *own_small.sample_folder.rglob("*.parquet"),
        ]:
            path.unlink()
        work.rebuild(own_small, EXAMPLE_NOW_UTC)
        assert small_rows == everything(own_small)

    def test_the_order_of_files_does_not_matter(self, small_home, small_rows, small_folder, tmp_path):
        """The newest one by one, then the phone's, then the watch's: the same sessions, facts and findings."""
        other = Home(tmp_path / "other")
        make_home(other, RUNNER, TIME_ZONE)
        other.journal_file.write_bytes(small_home.journal_file.read_bytes())
        newest_first = sorted((small_folder / "watch").iterdir(), reverse=True)
        for path in [*newest_first[:3], small_folder / "phone", small_folder / "watch"]:
            work.import_source(other, RUNNER, FolderSource(path), EXAMPLE_NOW_UTC)
        work.refresh(other, EXAMPLE_NOW_UTC)
        assert small_rows == everything(other)

    def test_the_order_does_not_matter_where_the_log_itself_tells_the_thresholds(self, tmp_path):
        """Nobody said a speed: what is estimated from older runs is the same when they come in last."""
        watch = example_folder() / "watch"
        homes = [Home(tmp_path / "forth"), Home(tmp_path / "back")]
        for home, paths in zip(homes, ([watch], [max(watch.iterdir()), watch]), strict=True):
            make_home(home, RUNNER, TIME_ZONE)
            for path in paths:
                gaitkeeper("--home", home.path, "import", path, "--as-of", EXAMPLE_DAY)
        speeds = "select session_id, critical_speed_mps, ceiling_mps from session order by all"
        assert any(row["critical_speed_mps"] for row in asked(homes[0], speeds))
        assert asked(homes[0], speeds) == asked(homes[1], speeds)

    def test_a_better_copy_that_comes_later_takes_over(self, tmp_path):
        """Phone first: its session gives way to the watch's, and what was said about it stays with the run."""
        home = Home(tmp_path / "h")
        make_home(home, RUNNER, TIME_ZONE)
        work.import_source(home, RUNNER, FolderSource(example_folder() / "phone/2026-03-16-07-40.gpx"), EXAMPLE_NOW_UTC)
        (phone,) = asked(home, "from session")
        gaitkeeper("--home", home.path, "pain", phone["session_id"], "--during", 3)
        work.import_source(home, RUNNER, FolderSource(example_folder() / "watch/2026-03-16-07-40.fit"), EXAMPLE_NOW_UTC)
        (watch,) = asked(home, "from session")
        assert phone["session_id"] != watch["session_id"]
        assert [watch["session_id"]] * 2 == [row["session_id"] for row in asked(home, "from recording")]
        assert [{"session_id": watch["session_id"], "pain_0_10": 3}] == asked(
            home, "select session_id, pain_0_10 from symptom"
        )
        assert {watch["session_id"]} == {
            row["session_id"] for row in asked(home, "select distinct session_id from sample")
        }

    def test_the_same_file_of_two_runners_is_two_sessions(self, own_small):
        """A family with one home: nobody's run is taken for the other's copy."""
        gaitkeeper("--home", own_small.path, "runner", "add", "second")
        file = example_folder() / "watch/2026-03-16-07-40.fit"
        outcome = work.import_source(own_small, "second", FolderSource(file), EXAMPLE_NOW_UTC)
        assert (1, 0) == (outcome.new_count, outcome.merged_count)
        assert [{"n": 1}] == asked(own_small, "select count(*) as n from session where runner_id = 'second'")

    def test_a_crash_between_archive_and_warehouse_loses_nothing(self, own_small, monkeypatch, tmp_path):
        """What arrived is noted before it is derived; the next run takes it up, whatever it was asked to do."""
        (tmp_path / "late.fit").write_bytes(fit_run(datetime(2026, 4, 11, 6, tzinfo=UTC)))

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Ingest, "store", crash)
            with pytest.raises(KeyboardInterrupt):
                work.import_source(own_small, RUNNER, FolderSource(tmp_path / "late.fit"), EXAMPLE_NOW_UTC)
        assert [{"n": 11}] == asked(own_small, "select count(*) as n from session")
        work.refresh(own_small, EXAMPLE_NOW_UTC)
        assert [{"n": 12}] == asked(own_small, "select count(*) as n from session")

    def test_a_warehouse_of_another_version_is_made_again_by_itself(self, own_small, small_rows):
        """A newer program finds older tables: it makes them again from the archive at its first write."""
        with writing(own_small) as connection:
            connection.execute("update warehouse_info set schema_digest = 'older'")
            connection.execute("delete from measured_fact")
        work.refresh(own_small, EXAMPLE_NOW_UTC)
        assert small_rows == everything(own_small)


class TestThresholds:
    def test_a_changed_threshold_changes_what_depends_on_it_and_nothing_else(self, own_small):
        """A lower ceiling: seconds above it and zones change; distance, steps and climbs stay."""
        before = everything(own_small)
        said(own_small, "ceiling_mps", 2.5, "2026-02-15")
        outcome = work.refresh(own_small, EXAMPLE_NOW_UTC)
        after = everything(own_small)
        assert outcome.seen_count > 8
        changed = {name for name in before if before[name] != after[name]}
        assert {"measured_session", "measured_fact", "zone_time", "sample", "finding"} <= changed
        assert set() == changed & {
            "recording",
            "recording_issue",
            "climb",
            "lap",
            "best_effort",
            "quarantine",
            "stage_limit",
            "symptom",
        }
        work.rebuild(own_small, EXAMPLE_NOW_UTC)
        assert after == everything(own_small)

    def test_a_threshold_holds_from_its_day_on(self, own_home):
        """The sessions before keep their verdicts and aren't derived again."""
        facts = "select session_date, value from session_fact inner join session using (session_id) where fact = 'over_ceiling_s' order by start_utc"
        before = {row["session_date"]: row["value"] for row in asked(own_home, facts)}
        said(own_home, "ceiling_mps", 2.5, "2026-04-10")
        work.refresh(own_home, EXAMPLE_NOW_UTC)
        after = {row["session_date"]: row["value"] for row in asked(own_home, facts)}
        assert {date(2026, 4, 10), date(2026, 4, 12)} == {day for day in before if before[day] != after[day]}

    def test_the_next_import_takes_up_a_threshold_that_was_said_while_another_wrote(self, own_home, tmp_path):
        """`runner set` promises it when the warehouse was busy."""
        said(own_home, "ceiling_mps", 2.5, "2026-02-15")
        (tmp_path / "new.fit").write_bytes(fit_run(datetime(2026, 4, 11, 6, tzinfo=UTC)))
        gaitkeeper("--home", own_home.path, "import", tmp_path / "new.fit", "--as-of", EXAMPLE_DAY)
        assert [{"ceiling_mps": 2.5}] == asked(own_home, "select distinct ceiling_mps from session")


class TestTheProtocol:
    def test_an_edited_protocol_judges_at_once(self, own_home):
        """Readers lay the file over the snapshot: no import, no rebuild."""
        gaitkeeper("--home", own_home.path, "protocol", "new", "mine")
        file = own_home.protocol_folder / "mine.toml"
        own_home.config_file.write_text(own_home.config_file.read_text().replace('"return_to_run_hip"', '"mine"'))
        before = asked(own_home, "select count(*) as n from flagged where fact = 'run_s'")[0]["n"]
        text = file.read_text()
        assert "max = { S0 = 1800, S1 = 3000, S2 = 3600, S3 = 4200 }" in text
        file.write_text(text.replace("max = { S0 = 1800, S1 = 3000, S2 = 3600, S3 = 4200 }", "max = { S2 = 600 }"))
        answer = gaitkeeper("--home", own_home.path, "flagged", "--format", "json", "--as-of", EXAMPLE_DAY)
        after = [row for row in answer.rows if row["fact"] == "run_s"]
        assert 0 == before
        assert 4 < len(after)
        assert {600.0} == {row["limit_value"] for row in after}
        assert 1 == len({row["protocol_version"] for row in answer.rows})

    def test_a_protocol_with_a_mistake_stops_the_reader_and_says_where(self, own_home):
        """No verdict by half a protocol."""
        gaitkeeper("--home", own_home.path, "protocol", "new", "mine")
        file = own_home.protocol_folder / "mine.toml"
        file.write_text(file.read_text().replace('fact = "run_s"', 'fact = "run_minutes"', 1))
        own_home.config_file.write_text(own_home.config_file.read_text().replace('"return_to_run_hip"', '"mine"'))
        answer = gaitkeeper("--home", own_home.path, "week", "--as-of", EXAMPLE_DAY)
        assert (2, "") == (answer.status, answer.out)
        assert "'run_minutes' is no known fact" in answer.err
        assert "run_s" in answer.err


_HOLD = """
import sys, time
from pathlib import Path
from pipeline.settings import Home
from pipeline.warehouse.connection import writing
with writing(Home(Path(sys.argv[1]))):
    print("writing", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other_writer(own_home):
    """Another process that has the writer's file of `own_home` open."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(own_home.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert "writing\n" == process.stdout.readline()
    yield process
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=30)


class TestTwoAtOnce:
    @pytest.mark.parametrize("words", [("import", "x.fit"), ("rebuild",)], ids=lambda words: words[0])
    def test_the_second_writer_is_told_to_wait(self, own_home, other_writer, words, tmp_path, monkeypatch):
        """Status 2 and a sentence; the log is as it was."""
        monkeypatch.chdir(tmp_path)
        Path("x.fit").write_bytes(fit_run())
        answer = gaitkeeper("--home", own_home.path, *words)
        assert (2, "") == (answer.status, answer.out)
        assert "Another Gaitkeeper is writing to this home right now." in answer.err
        assert [{"n": 27}] == asked(own_home, "select count(*) as n from session")
        assert 20_000 < asked(own_home, "select count(*) as n from sample")[0]["n"]

    def test_readers_and_the_journal_go_on_while_one_writes(self, own_home, other_writer):
        """The week can be read, and how the hip was can be said and judged, also in the middle of the night."""
        week = gaitkeeper("--home", own_home.path, "week", "--as-of", EXAMPLE_DAY)
        said_now = gaitkeeper("--home", own_home.path, "pain", "2026-04-08", "--during", 4, "--as-of", "2026-04-09")
        assert (1, 0) == (week.status, said_now.status)
        assert 1 == gaitkeeper("--home", own_home.path, "session", "2026-04-08").status

    def test_a_threshold_said_while_one_writes_is_recorded(self, own_home, other_writer):
        """It is in the journal, and the answer says when it takes effect."""
        answer = gaitkeeper("--home", own_home.path, "runner", "set", "--ceiling", "6:00/km")
        assert 0 == answer.status
        assert "Recorded. The sessions are derived anew with the next import or sync" in answer.err

    def test_readers_see_whole_batches_only(self, own_home, tmp_path):
        """While imports publish, every reader finds as many recordings as sessions lead or follow."""
        for place in range(3):
            (tmp_path / f"{place}.fit").write_bytes(
                fit_run(datetime(2026, 1, 5, 6, tzinfo=UTC) + timedelta(days=place))
            )
        seen: list[tuple[int, int]] = []
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                (row,) = asked(
                    own_home,
                    "select (select count(*) from recording) as r, (select count(distinct session_id) from sample) as s",
                )
                seen.append((row["r"], row["s"]))
                time.sleep(0.02)

        reader = threading.Thread(target=read)
        reader.start()
        for place in range(3):
            work.import_source(own_home, RUNNER, FolderSource(tmp_path / f"{place}.fit"), EXAMPLE_NOW_UTC)
        done.set()
        reader.join()
        assert len(seen) > 3
        assert set() == set(seen) - {(28 + n, 27 + n) for n in range(4)}


class TestEverythingDerived:
    def test_no_relation_names_a_session_that_is_not_there(self, own_home):
        """After a better copy took over and a file was salvaged, nothing hangs in the air."""
        folder = own_home.path.parent / "more"
        folder.mkdir()
        (folder / "cut.fit").write_bytes(DAMAGED["cut.fit"])
        (folder / "a.gpx").write_text(gpx_run(700))
        work.import_source(own_home, RUNNER, FolderSource(folder), EXAMPLE_NOW_UTC)
        known = "(select session_id from measured_session)"
        for relation in (
            "surge",
            "climb",
            "zone_time",
            "lap",
            "sample",
            "session_fact",
            "finding",
            "flagged",
            "symptom",
        ):
            assert [] == asked(own_home, f'select session_id from "{relation}" where session_id not in {known}'), (
                relation
            )

    def test_the_checks_find_nothing_in_the_example(self, example_home):
        """sql/checks, every one."""
        from pipeline.warehouse.checks import run_checks
        from support.example_home import open_home

        with open_home(example_home) as connection:
            results = list(run_checks(connection))
        assert results
        assert [] == [result for result in results if result.row_count]

    def test_a_failed_check_publishes_nothing(self, own_home):
        """A stopping check names itself and what it guards against; readers keep the old snapshot."""
        published = own_home.published_file.read_bytes()
        with writing(own_home) as connection:
            connection.execute("insert into measured_fact select * from measured_fact limit 1")
        with pytest.raises(NeedsAttention, match="fact_twice"):
            work.refresh(own_home, EXAMPLE_NOW_UTC)
        assert published == own_home.published_file.read_bytes()
