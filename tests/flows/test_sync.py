"""The nightly flow, run by a real Prefect: sources, retries, what is remembered, reports."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from connectors.folder import FolderSource
from gaitkeeper.commands.demo import example_folder
from gaitkeeper.commands.home import make_home
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.lines import read_lines
from pipeline.settings import Home
from pipeline.warehouse.connection import reading, rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # Prefect's own; ours are errors everywhere else

NOW_UTC = datetime(2026, 4, 12, 18, 0, tzinfo=UTC)


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """A folder with three of the example's runs and the one that was cut short."""
    folder = tmp_path / "watch"
    folder.mkdir()
    for name in ("2026-04-06-09-30", "2026-04-08-07-35", "2026-04-12-09-20", "2026-03-27-07-30"):
        copied = shutil.copy(example_folder() / "watch" / f"{name}.fit", folder)
        os.utime(copied, (NOW_UTC.timestamp(),) * 2)  # long ago: one that is cut is no copy that goes on
    return folder


@pytest.fixture
def synced_home(tmp_path: Path, watched: Path) -> Home:
    home = Home(tmp_path / "home")
    make_home(home, "anna", "Europe/Madrid")
    with home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[source]]\nkind = "folder"\npath = "{watched}"\nrunner = "anna"\n')
    return home


def test_a_night_brings_in_every_source_and_writes_the_week(synced_home: Home):
    from flows.sync import sync

    result = sync(str(synced_home.path), NOW_UTC)

    assert (4, 4, 0, 1) == tuple(
        result[name] for name in ("seen_count", "new_count", "duplicate_count", "quarantined_count")
    )
    assert ["week-2026-W15.txt", "flagged.md"] == [name.rpartition("/")[2] for name in result["report_files"]]
    week = (synced_home.report_folder / "anna" / "week-2026-W15.txt").read_text("utf-8")
    assert "Running   3 runs, " in week
    assert ["Mon 6 Apr", "Wed 8 Apr", "Sun 12 Apr"] == [
        line[2:12].strip() for line in week.splitlines() if " running " in line
    ]
    remembered = list(read_lines(synced_home.sync_run_file))
    assert [("anna", "folder:watch", "partial", 4, 1)] == [
        (row["runner_id"], row["source"], row["state"], row["new_count"], row["quarantined_count"])
        for row in remembered
    ]


def test_the_night_after_finds_everything_here_already(synced_home: Home):
    from flows.sync import sync

    sync(str(synced_home.path), NOW_UTC)
    result = sync(str(synced_home.path), NOW_UTC)

    assert (4, 0, 4) == tuple(result[name] for name in ("seen_count", "new_count", "duplicate_count"))
    with reading(synced_home, NOW_UTC, NOW_UTC.date()) as connection:
        states = rows(connection, "select state from sync_run order by started_utc")
    assert ["partial", "success"] == [row["state"] for row in states]


class FailingSource(FolderSource):
    """A folder that fails as it is told, a number of times."""

    failures: list[Exception] = []  # noqa: RUF012 - the test fills and empties it

    def fetch(self, ref):
        if self.failures:
            raise self.failures.pop(0)
        return super().fetch(ref)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Let the flow's sources fail, and let it wait no time between tries."""
    from flows import sync as flow_module

    monkeypatch.setattr(flow_module, "open_source", lambda _home, config: FailingSource(config.path))
    quick = flow_module.import_batch.with_options(retry_delay_seconds=0)
    monkeypatch.setattr(flow_module, "import_batch", quick)
    FailingSource.failures = []
    return FailingSource.failures


def test_a_source_that_is_busy_is_asked_again_the_same_night(synced_home: Home, failing: list[Exception]):
    from flows.sync import sync

    failing += [TryAgainLater("folder", "the disk is waking up"), TryAgainLater("folder", "still waking up")]
    result = sync(str(synced_home.path), NOW_UTC)

    assert [] == failing
    assert None is result["message"]
    with reading(synced_home, NOW_UTC, NOW_UTC.date()) as connection:
        found = rows(connection, "select count(*) as n from recording")
    assert 4 == found[0]["n"]


def test_a_source_that_stays_busy_is_left_to_the_next_night(synced_home: Home, failing: list[Exception]):
    from flows.sync import RETRY_DELAYS_S, sync

    failing += [TryAgainLater("folder", "the disk is gone")] * (len(RETRY_DELAYS_S) + 1)
    result = sync(str(synced_home.path), NOW_UTC)

    assert "the disk is gone" in result["message"]
    assert ["failed"] == [row["state"] for row in read_lines(synced_home.sync_run_file)]


def test_what_time_does_not_mend_is_not_tried_again(synced_home: Home, failing: list[Exception]):
    from flows.sync import sync

    failing += [NeedsAttention("The token was taken back. Link the account again."), TryAgainLater("folder", "unused")]
    result = sync(str(synced_home.path), NOW_UTC)

    assert "Link the account again" in result["message"]
    assert 1 == len(failing)


def test_one_file_that_cannot_be_had_does_not_hold_up_the_others(synced_home: Home, failing: list[Exception]):
    from flows.sync import sync

    failing += [SkipRecording("it is locked by another program")]
    result = sync(str(synced_home.path), NOW_UTC)

    assert None is result["message"]
    with reading(synced_home, NOW_UTC, NOW_UTC.date()) as connection:
        reasons = rows(connection, "select reason from quarantine order by reason")
        found = rows(connection, "select count(*) as n from recording")
    assert "it is locked by another program" in {row["reason"] for row in reasons}
    assert 3 == found[0]["n"]


def test_a_flow_stores_no_health_data_with_the_orchestrator(synced_home: Home):
    """Prefect keeps parameters in clear: the home's path, ids and instants only."""
    import inspect

    from flows import sync as flow_module

    names = {
        name
        for task in (
            flow_module.list_source,
            flow_module.import_batch,
            flow_module.judge_again,
            flow_module.weekly_summary,
        )
        for name in inspect.signature(task.fn).parameters
    }
    assert {"home_path", "source_index", "since", "refs", "now_utc"} == names
