"""Where an import spends its time: the stages one beside the other, and the dearest functions."""

from __future__ import annotations

import cProfile
import io
import pstats
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.bench_files import Inputs, write_copies
from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.settings import Home

if TYPE_CHECKING:
    from pathlib import Path

#: (module, function, words): what counts as a stage. A stage whose words are indented lies inside the one above it.
STAGES = (
    ("connectors/decode.py", "decode", "decode"),
    ("connectors/fit_walk.py", "walk_file", "  walk the bytes"),
    ("connectors/fit_records.py", "read_records", "  record columns"),
    ("connectors/fit_messages.py", "read_messages", "  messages (fitparse)"),
    ("connectors/fit_sessions.py", "build_recordings", "  build recordings"),
    ("pipeline/ingest.py", "_derived", "derive, group by group"),
    ("transforms/__init__.py", "derive", "  derive, all calls (also under the estimate)"),
    ("pipeline/ingest.py", "_with_estimates", "estimated critical speed, and deriving with it"),
    ("connectors/folder.py", "fetch", "fetch"),
    ("pipeline/archive.py", "put", "archive: put"),
    ("pipeline/archive.py", "note", "archive: note"),
    ("warehouse/store.py", "store_samples", "store: samples (Parquet)"),
    ("pipeline/ingest.py", "_write_recordings", "store: recordings"),
    ("pipeline/ingest.py", "_write_sessions", "store: sessions, facts, surges, ..."),
    ("pipeline/ingest.py", "_write_quarantine", "store: quarantine"),
    ("pipeline/baselines.py", "write_baselines", "cadence baselines"),
    ("pipeline/ingest.py", "_touched", "group copies"),
    ("warehouse/checks.py", "run_stopping", "checks"),
    ("warehouse/connection.py", "publish", "publish"),
    ("flows/work.py", "_catch_up", "catch up"),
    ("warehouse/connection.py", "_opened", "open"),
    ("compliance/judge.py", "bring_protocols", "bring protocols"),
)


def profile(given: Inputs, count: int, folder: Path) -> str:
    """Import `count` copies in this process under cProfile; return the stages and the dearest functions as text.

    cProfile makes Python calls dearer than they are: shares of pure Python (fitparse) look larger than without it.
    """
    hours = write_copies(given.runs, count, folder / "profiled-files")
    home = Home(folder / "profiled-home")
    make_home(home, None, None)
    work.import_source(
        home, "me", FolderSource(_one(given, folder)), datetime.now(UTC), None
    )  # all is imported and made
    now_utc = datetime.now(UTC)
    profiler = cProfile.Profile()
    started = time.perf_counter()
    profiler.runcall(work.import_source, home, "me", FolderSource(folder / "profiled-files"), now_utc, None)
    wall_s = time.perf_counter() - started
    text = io.StringIO()
    stats = pstats.Stats(profiler, stream=text)
    lines = [f"import of {count} files, {hours:.0f} h, under cProfile: {1000 * wall_s / hours:.1f} ms/h in one process"]
    absent: list[str] = []
    for path, function, words in STAGES:
        calls, took_s = _cumulative(stats, path, function)
        lines.append(
            f"  {words:<58} {1000 * took_s / hours:6.2f} ms/h  {100 * took_s / wall_s:5.1f} %  {calls:,} calls"
        )
    if absent:
        lines.append(f"  never called, or under another name by now: {', '.join(absent)}")
    stats.sort_stats("tottime").print_stats(25)
    return "\n".join(lines) + "\n" + _relative(text.getvalue())


def _one(given: Inputs, folder: Path) -> Path:
    """Return a folder with one more file."""
    only = folder / "profiled-first"
    only.mkdir()
    (only / "first.fit").write_bytes(given.runs[0].content)
    return only


def _cumulative(stats: pstats.Stats, path: str, function: str) -> tuple[int, float]:
    found = [
        value
        for (file, _, name), value in stats.stats.items()  # type: ignore[attr-defined]  # untyped in typeshed
        if name == function and file.replace("\\", "/").endswith(path)
    ]
    return sum(value[1] for value in found), sum(value[3] for value in found)


def _relative(text: str) -> str:
    """Return the listing without the folders of this machine."""
    return "\n".join(
        line if "site-packages" not in line and "/" not in line else _shortened(line) for line in text.splitlines()
    )


def _shortened(line: str) -> str:
    head, _, tail = line.rpartition(" ")
    for mark in ("site-packages/", "lib/python", "pipeline/", "connectors/", "flows/", "tests/"):
        if mark in tail:
            return f"{head} {mark if mark not in ('site-packages/', 'lib/python') else ''}{tail.split(mark, 1)[1]}"
    return f"{head} {tail}"
