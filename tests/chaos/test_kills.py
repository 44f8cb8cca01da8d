"""A night that is killed at any moment loses nothing and doubles nothing: the next one ends where a clean one would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.lines import damaged_lines, read_lines
from support.chaos import IMPORT, REBUILD, SYNC, empty_home, survive

#: Writes words one by one, and says on its standard output which of them are safe.
_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.journal import new_entry, write_entries
from pipeline.settings import Home
home = Home(Path(sys.argv[1]))
for number in range(100_000):
    said = {"moment": "during", "pain_0_10": 1, "session_id": str(number), "note": "x" * 300}
    write_entries(home, [new_entry("symptom", "me", said, by="me", now_utc=datetime.now(UTC))])
    print(number, flush=True)
"""


def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path):
    """Import, rebuild and sync, each stopped with SIGKILL at moments that a seed tells, then run again."""
    toll = survive(tmp_path, {IMPORT: 12, REBUILD: 5, SYNC: 3}, seed=int(os.environ.get("GAITKEEPER_CHAOS_SEED", "7")))
    assert ([], []) == (toll.refused, toll.wrong), toll.lines()
    assert 20 == toll.kill_count
    assert toll.hit_count > 10, "the kills came too late to mean anything"


@pytest.mark.parametrize("words", [3, 40])
def test_no_word_that_was_acknowledged_is_lost(tmp_path, words):
    """The writer of the journal is killed: every entry it called safe is there, at most one more, and the next goes on."""
    home = empty_home(tmp_path / "home")
    before = sum(1 for _ in read_lines(home.journal_file))
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(home.path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    safe = [process.stdout.readline() for _ in range(words)]
    process.send_signal(signal.SIGKILL)
    safe += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    kept = sum(1 for _ in read_lines(home.journal_file)) - before
    assert kept in (len(safe), len(safe) + 1)
    assert damaged_lines(home.journal_file) in (0, 1)
