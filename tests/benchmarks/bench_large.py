"""A ten-year log imported by one process, by two, and by a Dask cluster of two workers on this machine: `make bench-large`.

Each way runs in a process of its own, into a home of its own, from the same folder of generated files; its memory is
that of all its processes together. Wall time says something on a quiet machine only; CPU time says how much work there
is, and the lesser of the two parts it could be split into. Nothing is written outside of a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

WAYS: Final = ("1 process, one core", "1 process", "2 processes", "Dask, 2 workers")
NOW_UTC: Final = datetime(2030, 1, 1, tzinfo=UTC)
RUN_COUNT: Final = 3000
SPEED_UP_GOAL: Final = 1.8
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """What one way took."""

    way: str
    wall_s: float  #: of the import, the cluster's start left out
    writer_cpu_s: float
    cpu_s: float  #: of all processes, from their start
    peak_mb: float
    files: int


def main() -> None:
    """Generate, import in each way, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUN_COUNT)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.way is not None:
        print(json.dumps(_imported(given.way, given.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="gaitkeeper-large-") as name:
        _bench(given.runs, Path(name))


def _bench(run_count: int, folder: Path) -> None:
    from support.large_log import write_log

    started_s = time.perf_counter()
    written = write_log(folder / "files", run_count)
    hours = sum(run.truth.timer_s for run in written if not (run.is_same_file or run.is_further_copy)) / 3600
    size_mb = sum(path.stat().st_size for path in (folder / "files").rglob("*.*")) / 1e6
    print(f"{len(written)} files, {hours:.0f} hours of running, {size_mb:.0f} MB", end=" ")
    print(
        f"(generated in {time.perf_counter() - started_s:.0f} s); {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    took = [_measured(way, folder) for way in WAYS]
    _print(took, hours)
    _compare(folder)


def _print(took: list[Took], hours: float) -> None:
    print(
        f"\n{'':22}{'wall s':>8}{'CPU s':>8}{'writer CPU s':>14}{'CPU ms/h':>10}{'peak MB':>9}{'speed-up':>10}{'by CPU':>8}"
    )
    first = took[0]
    for one in took:
        # what a quiet machine of two cores could do at best: all the work in two halves, but for what one of them has to do
        least_s = one.cpu_s if one.way.startswith("1 ") else max(one.writer_cpu_s, one.cpu_s / 2)
        print(
            f"{one.way:22}{one.wall_s:8.1f}{one.cpu_s:8.1f}{one.writer_cpu_s:14.1f}{1000 * one.cpu_s / hours:10.1f}"
            f"{one.peak_mb:9.0f}{first.wall_s / one.wall_s:9.2f}x{first.cpu_s / least_s:7.2f}x"
        )
    ratio = first.wall_s / took[2].wall_s
    print(
        f"\ntwo processes / one: {ratio:.2f} x, goal {SPEED_UP_GOAL} x: {'met' if ratio >= SPEED_UP_GOAL else 'MISSED'}"
    )


def _compare(folder: Path) -> None:
    from flows.deep import digests_of
    from pipeline.settings import Home
    from pipeline.warehouse.digests import differing

    digests = {way: digests_of(Home(_home(folder, way)), NOW_UTC) for way in WAYS}
    rows = sum(one.row_count for one in digests[WAYS[0]].values())
    for way in WAYS[1:]:
        names = [name for name in differing(digests[WAYS[0]], digests[way]) if name not in OWN_IDS]
        said = "equal" if not names else f"DIFFERENT in {', '.join(names)}"
        print(f"{way} against {WAYS[0]}: {said} ({len(digests[way])} relations, {rows:,} rows)")


#: Entries of the journal have ids and instants of their own in each home.
OWN_IDS: Final = ("journal_entry", "runner", "runner_setting")


def _home(folder: Path, way: str) -> Path:
    return folder / f"home {WAYS.index(way)}"


# --------------------------------------------------------------------------------------------------------------------
# In a process of its own


def _imported(way: str, folder: Path) -> dict[str, float]:
    if way == WAYS[0] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from connectors.folder import FolderSource
    from flows import work
    from gaitkeeper.commands.home import make_home
    from pipeline.settings import Home

    home = Home(_home(folder, way))
    make_home(home, "me", "UTC")
    if way != WAYS[3]:
        return _timed(
            lambda: (
                work.import_source(
                    home, "me", FolderSource(folder / "files"), NOW_UTC, processes=2 if way == WAYS[2] else 1
                ).new_count
            )
        )
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        with home.config_file.open("a", encoding="utf-8") as stream:
            stream.write(f'\n[cluster]\nscheduler = "{cluster.scheduler_address}"\n')
        return _timed(lambda: work.import_source(home, "me", FolderSource(folder / "files"), NOW_UTC).new_count)


def _timed(job) -> dict[str, float]:
    started_s, cpu_s = time.perf_counter(), time.process_time()
    files = job()
    return {
        "wall_s": time.perf_counter() - started_s,
        "writer_cpu_s": time.process_time() - cpu_s,
        "files": files,
    }


# --------------------------------------------------------------------------------------------------------------------
# Around it


def _measured(way: str, folder: Path) -> Took:
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    tree = _Tree(process.pid)
    watcher = threading.Thread(target=tree.watch, daemon=True)
    watcher.start()
    out, errors = process.communicate()
    tree.is_over = True
    watcher.join()
    assert process.returncode == 0, errors[-3000:]
    told = json.loads(out.splitlines()[-1])
    cpu_s = max(sum(tree.cpu_s.values()), told["writer_cpu_s"])
    return Took(way, told["wall_s"], told["writer_cpu_s"], cpu_s, tree.peak_bytes / 1e6, told["files"])


class _Tree:
    """A process and all that it starts, looked at now and then."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak_bytes = 0
        self.cpu_s: dict[int, float] = {}
        self.is_over = False

    def watch(self) -> None:
        while not self.is_over:
            self._look()
            time.sleep(0.1)

    def _look(self) -> None:
        parents, rss = {}, {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                pid = int(entry.name)
                parents[pid], rss[pid] = int(words[1]), int(words[21]) * PAGE_BYTES
                if pid == self.pid or self._is_ours(pid, parents):
                    self.cpu_s[pid] = (int(words[11]) + int(words[12])) / TICKS
        ours = [size for pid, size in rss.items() if pid == self.pid or self._is_ours(pid, parents)]
        self.peak_bytes = max(self.peak_bytes, sum(ours))

    def _is_ours(self, pid: int, parents: dict[int, int]) -> bool:
        while pid in parents:
            pid = parents[pid]
            if pid == self.pid:
                return True
        return False


if __name__ == "__main__":
    main()
