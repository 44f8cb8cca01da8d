"""Readers never fail, never wait and never see half a night, however often the log is written."""

from __future__ import annotations

import subprocess
import sys

from flows.report import iso_week, load_week
from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.settings import local_today
from pipeline.warehouse.checks import run_checks
from pipeline.warehouse.connection import ask, reading
from support.chaos import IMPORT, ROOT, RUNNER_ID, empty_home
from support.example_home import EXAMPLE_NOW_UTC as NOW_UTC

READS = 200

#: Rebuilds the warehouse file by file, over and over: each batch publishes.
_WRITER = """
import sys
from datetime import datetime
from pathlib import Path
import flows.work as work
import flows.writing as writing
from pipeline.settings import Home
writing.BATCH_FILES = 1
while True:
    work.rebuild(Home(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]))
    print("rebuilt", flush=True)
"""


def test_two_hundred_reads_during_writes(tmp_path):
    """What a page, a report and a week need is asked for while a night is being written: 0 failures, always whole."""
    home = empty_home(tmp_path / "home")
    IMPORT.finish(home)
    today = local_today(NOW_UTC, "Europe/Madrid")
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(home.path), NOW_UTC.isoformat()],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    seen_files = set()
    try:
        for number in range(READS):
            with reading(home, NOW_UTC, today) as connection:
                assert [] == [result.name for result in run_checks(connection) if result.row_count]
                counts = ask(connection, "warehouse_counts")[0]
                if number % 20 == 0:  # judging costs more than all the rest
                    lay_protocols_over(connection, home)
                    judge_once(connection)
                    load_week(connection, RUNNER_ID, iso_week(today))
            assert (13, 12) == (counts["recording_count"], counts["session_count"])
            seen_files.add(home.published_file.stat().st_ino)
        is_at_work = writer.poll() is None
    finally:
        writer.kill()
        out, _ = writer.communicate()
    assert is_at_work
    assert len(seen_files) > 1, "nothing was written meanwhile"
    assert "rebuilt" in out
