"""`gaitkeeper serve` as a process of its own, with a Prefect server of its own: what a user starts and looks at."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from gaitkeeper.commands.demo import example_folder
from gaitkeeper.commands.home import make_home
from pipeline.lines import read_lines
from pipeline.settings import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # Prefect's own; ours are errors everywhere else

#: A machine that does other things at the same time.
PATIENCE_S = 120


@dataclass
class Serving:
    """A running `gaitkeeper serve`."""

    home: Home
    process: subprocess.Popen[bytes]
    api_url: str
    log: Path
    environment: dict[str, str]

    def ask(self, path: str, body: dict[str, Any] | None = None, *, auth: bool = True) -> Any:
        """Ask Prefect's API as its pages do."""
        request = urllib.request.Request(f"{self.api_url}{path}", data=json.dumps(body or {}).encode())
        request.add_header("Content-Type", "application/json")
        if auth:
            word = json.loads((self.home.secret_folder / "prefect.json").read_text())["auth"]
            request.add_header("Authorization", "Basic " + base64.b64encode(word.encode()).decode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the same home."""
        command = [sys.executable, "-m", "gaitkeeper", "--home", str(self.home.path), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )


def wait_for(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.3)
    pytest.fail("it did not come about in time")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A home with a watched folder that was never synced, served."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "watch").mkdir()
    for name in ("2026-03-18-18-20", "2026-03-27-07-30"):  # one on hills, one that was cut short
        for path in (example_folder() / "watch").glob(f"{name[:10]}*.fit"):
            copied = shutil.copy(path, folder / "watch")
            os.utime(copied, (0, 0))  # long ago: one that is cut is no copy that goes on
    home = Home(folder / "home")
    make_home(home, "anna", "Europe/Madrid")
    with home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[source]]\nkind = "folder"\npath = "{folder / "watch"}"\nrunner = "anna"\n')
        stream.write('\n[night]\nat = "04:15"\nweekly = "Sun 20:00"\nred_flag_minutes = 1\n')
    # what the harness of the other tests set in this process is none of this one's business
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    port, log = free_port(), folder / "serve.log"
    said = [sys.executable, "-m", "gaitkeeper", "--home", str(home.path)]
    subprocess.run([*said, "stage", "set", "S1", "--by", "Dr B", "--from", "2026-03-01"], env=environment, check=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*said, "serve", "--port", str(port), "--log-format", "json"],
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    served = Serving(home, process, f"http://127.0.0.1:{port}/api", log, environment)
    try:
        wait_for(lambda: process.poll() is not None or b"Prefect's pages" in log.read_bytes())
        yield served
    finally:
        process.kill()
        process.wait()


def lines_of(serving: Serving) -> list[dict[str, Any]]:
    return [json.loads(line) for line in serving.log.read_text("utf-8").splitlines() if line.startswith("{")]


def events_of(serving: Serving) -> dict[str, dict[str, Any]]:
    return {line["event"]: line for line in lines_of(serving)}


def wait_for_night(serving: Serving) -> None:
    """Wait for the end of the night that is caught up at the start; a failed one fails the test at once."""
    ended = wait_for(lambda: {"night_done", "night_failed", "runner_ended"} & events_of(serving).keys())
    assert {"night_done"} == ended, events_of(serving)


def test_three_deployments_are_kept_one_run_at_a_time(serving: Serving):
    """The night, the weekly report, red flags: in the home's zone, and a second run is cancelled, not queued."""
    kept = {row["name"]: row for row in serving.ask("/deployments/filter")}
    schedules = {
        name: [(one["schedule"]["cron"], one["schedule"]["timezone"]) for one in row["schedules"]]
        for name, row in kept.items()
    }
    assert {
        "nightly": [("15 4 * * *", "Europe/Madrid")],
        "weekly": [("0 20 * * 0", "Europe/Madrid")],
        "red-flags": [],
    } == schedules
    assert {(1, "CANCEL_NEW")} == {
        (row["global_concurrency_limit"]["limit"], row["concurrency_options"]["collision_strategy"])
        for row in kept.values()
    }


def test_parameters_say_where_the_home_is_and_nothing_else(serving: Serving):
    """Prefect stores them in clear."""
    kept = serving.ask("/deployments/filter")
    assert [{"home_path": str(serving.home.path.resolve())}] * 3 == [row["parameters"] for row in kept]


def test_the_next_night_stands_in_prefects_list_at_a_quarter_past_four_local_time(serving: Serving):
    """Without this no night ever comes: the scheduler of the server has to write the runs."""

    def scheduled() -> list[datetime]:
        runs = serving.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
        return [datetime.fromisoformat(run["expected_start_time"]) for run in runs if run["auto_scheduled"]]

    to_come = wait_for(scheduled)
    local = [at.astimezone(ZoneInfo("Europe/Madrid")) for at in to_come]
    assert {(4, 15), (20, 0)} >= {(at.hour, at.minute) for at in local} >= {(4, 15)}
    assert all(at > datetime.now(UTC) for at in to_come)


def test_the_night_that_was_missed_is_caught_up_at_once(serving: Serving):
    """The home was never synced: the first start does what the last night would have done, in seconds."""
    wait_for_night(serving)
    assert [("folder:watch", "partial", 2)] == [
        (row["source"], row["state"], row["new_count"]) for row in read_lines(serving.home.sync_run_file)
    ]
    done = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    (run,) = wait_for(lambda: serving.ask("/flow_runs/filter", done))
    assert run["name"].startswith("catch-up-")
    assert (serving.home.report_folder / "anna" / "flagged.md").is_file()


def test_prefects_pages_show_the_night_and_the_flagged_session(serving: Serving):
    """One table of the sources, one page a flagged session; ids and facts, and no name of anybody."""
    wait_for_night(serving)
    shown = {row["key"]: row for row in serving.ask("/artifacts/filter") if row["key"]}
    night = json.loads(shown["gaitkeeper-night"]["data"])
    assert [("anna", "folder:watch", "partial", 2, 1)] == [
        (row["runner_id"], row["source"], row["state"], row["new"], row["quarantined"]) for row in night
    ]
    (session,) = [row for key, row in shown.items() if key.startswith("flagged-")]
    assert "| outside plan | `longest_climb_s` |" in session["data"]
    assert "Dr B" not in json.dumps(list(shown.values()))
    assert ".fit" not in json.dumps(list(shown.values()))


def test_nothing_that_a_flow_returned_is_stored(serving: Serving):
    """Results live as long as the process."""
    wait_for_night(serving)
    stored = serving.home.prefect_folder / "storage"
    assert [] == (list(stored.iterdir()) if stored.exists() else [])


def test_whoever_has_no_password_reads_nothing(serving: Serving):
    """Other users of the machine, and web pages in a browser on it, can reach the port."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        serving.ask("/artifacts/filter", auth=False)
    assert 401 == refused.value.code
    assert serving.run("serve", "--show-login").stdout.strip().startswith("gaitkeeper:")


def test_what_prefect_writes_is_for_the_owner_alone(serving: Serving):
    """Its database holds ids and findings."""
    files = [path for path in serving.home.prefect_folder.rglob("*") if path.is_file()]
    assert serving.home.prefect_folder / "prefect.db" in files
    assert [] == [path.name for path in files if path.stat().st_mode & 0o077]


def test_a_second_one_is_refused_with_a_sentence(serving: Serving):
    """Two of them would run every night twice."""
    answer = serving.run("serve", "--port", str(free_port()))
    assert (2, True) == (answer.returncode, "is served already: one `gaitkeeper serve` a home" in answer.stderr)


def test_a_sync_by_hand_is_seen_in_the_same_pages(serving: Serving):
    """It finds the server that serves its home, instead of starting another one on the same database."""
    wait_for_night(serving)
    answer = serving.run("sync", "--format", "json")
    assert (0, 2) == (answer.returncode, json.loads(answer.stdout)[0]["duplicate_count"]), answer.stderr
    runs = serving.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}})
    assert 1 == len([run for run in runs if run["deployment_id"] is None])


def test_it_ends_cleanly_when_it_is_told_to(serving: Serving):
    """SIGTERM, as systemd sends it: status 0 within seconds, and nobody is left on the port. (The last test of the room.)"""
    serving.process.send_signal(signal.SIGTERM)
    assert 0 == serving.process.wait(60)
    assert "stopping" in events_of(serving)
    assert None is wait_for_refusal(serving.api_url)
    assert not (serving.home.prefect_folder / "serve.json").exists()
    assert "Traceback" not in serving.log.read_text("utf-8")


def wait_for_refusal(api_url: str) -> None:
    def is_gone() -> bool:
        try:
            urllib.request.urlopen(f"{api_url}/health", timeout=2).close()
        except OSError:
            return True
        return False

    assert wait_for(is_gone, 20)
