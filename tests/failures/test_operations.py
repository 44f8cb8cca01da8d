"""FAILURES, "Operations": what goes wrong when nobody looks. Tried here where no other room does; docs/failures.md has all."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from support.small_log import as_fit, log_of
from support.synthetic_run import START, SyntheticRun, easy

#: Peak memory in MB: half of that machine, the other half is for its system (244 MB when this was written; the
#: bench prints what is reached).
ROOM_MB = 500

_IMPORT_AND_TELL = """
import json, resource, sys
from pathlib import Path
from datetime import UTC, datetime
from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.settings import Home
home = Home(Path(sys.argv[1]))
make_home(home, "me", "UTC")
outcome = work.import_source(home, "me", FolderSource(Path(sys.argv[2])), datetime(2026, 6, 30, 18, tzinfo=UTC))
status = Path("/proc/self/status")  # ru_maxrss is carried over from the process that started this one
if status.exists():
    peak_mb = int(status.read_text().split("VmHWM:")[1].split()[0]) / 1e3
else:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
print(json.dumps({"session_count": len(outcome.session_ids), "peak_mb": peak_mb}))
"""


def run_on(day: int, minutes: int = 10) -> SyntheticRun:
    return SyntheticRun((easy(60 * minutes),), start_utc=START + timedelta(days=day))


def test_one_new_file_is_one_file_to_read(tmp_path: Path):
    """tcgoetz/GarminDB#292: 1324 files are reprocessed for one. Here the others are known by what they hold."""
    files = {f"{day}.fit": as_fit(run_on(day)) for day in range(12)}
    log = log_of(tmp_path / "log", files)
    outcome = log.arrive({**files, "one more.fit": as_fit(run_on(20))})
    assert (13, 1, 12, 1) == (outcome.seen_count, outcome.new_count, outcome.duplicate_count, len(outcome.session_ids))


def test_what_was_read_too_early_is_not_frozen(tmp_path: Path):
    """tcgoetz/GarminDB#203: today is stored incomplete and stays so. Here the whole file takes the place of its half."""
    whole = as_fit(run_on(0, minutes=30))
    log = log_of(tmp_path / "log", {"today.fit": whole[: len(whole) // 2]})
    half = log.one("from session")
    log.arrive({"today.fit": whole})
    found = log.one("from session")
    assert 1800.0 == pytest.approx(found["elapsed_s"], abs=2)
    assert half["elapsed_s"] < found["elapsed_s"]
    assert 1 == log.one("select sum(run_count) as n from week_summary")["n"]


def test_a_long_log_comes_in_on_a_machine_with_1_gb(tmp_path: Path):
    """dreeveapp/dreeve#148: 1 GB of memory is exhausted by an import. Two days of running in one go stay well below."""
    folder = tmp_path / "runs"
    folder.mkdir()
    for day in range(24):
        (folder / f"{day}.fit").write_bytes(as_fit(run_on(day, minutes=120)))
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_AND_TELL, str(tmp_path / "home"), str(folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert 24 == told["session_count"]
    assert told["peak_mb"] < ROOM_MB
