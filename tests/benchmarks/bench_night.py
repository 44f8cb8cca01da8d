"""What Prefect costs a night: a back-fill and a night with one new run, through the flow and without it.

    python tests/benchmarks/bench_night.py            # 200 copies of runs, each on a day of its own
    python tests/benchmarks/bench_night.py --few      # 40: a look, not a measurement

Both ways do the same work (import, judge, reports, delivery); the flow has Prefect's tasks, states and artefacts besides,
with a server of its own on this machine, as under `gaitkeeper serve`. Rounds are interleaved; medians are compared.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import bench_files
from benchmarks.bench_runs import Figure
from pipeline.settings import Home

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 3
NIGHTS: Final = 5
NOW_UTC: Final = datetime(2026, 4, 12, 18, 0, tzinfo=UTC)

#: What the project asks of a back-fill through the orchestrator.
GOAL_RATIO: Final = 0.05
#: "Seconds": less than ten.
GOAL_NIGHT_S: Final = 10.0


def night_figures(count: int = 200) -> list[Figure]:
    """Return the lines of the bench; measured in a process of its own, since Prefect changes the one that it is in."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", str(count)], capture_output=True, text=True, check=True
    )
    took: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    share = took["flow_s"] / took["plain_s"] - 1
    return [
        Figure(
            f"back-fill of {count} files through the flow, without it",
            f"{took['flow_s']:.1f} s, {took['plain_s']:.1f} s: {share:+.1%}",
            f"< {GOAL_RATIO:.0%}",
            share < GOAL_RATIO,
        ),
        Figure(
            "a night with one new run, through the flow, without it",
            f"{took['night_s']:.1f} s, {took['plain_night_s']:.1f} s",
            f"< {GOAL_NIGHT_S:.0f} s",
            took["night_s"] < GOAL_NIGHT_S,
        ),
        Figure("Prefect's server ready", f"{took['server_s']:.1f} s"),
        Figure("Prefect's database, per night", f"{took['night_kb']:.0f} KB"),
    ]


def _timed(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def _home(folder: Path, name: str, files: Path) -> Home:
    from gaitkeeper.commands.home import make_home

    home = Home(folder / name)
    make_home(home, "me", "UTC")
    with home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[source]]\nkind = "folder"\npath = {json.dumps(str(files))}\nrunner = "me"\n')
    return home


def _plain(home: Home, now_utc: datetime) -> None:
    """Do what the flow does, without Prefect."""
    from flows import deliver, report, work
    from flows.sources import open_source

    (config,) = home.config().sources
    source = open_source(home, config)
    for batch in work.batches(source.refs(None)):
        work.import_batch(home, config.runner_id, source, batch, now_utc)
    work.refresh(home, now_utc)
    report.write_reports(home, now_utc)
    deliver.deliver_due(home, now_utc)


def _database_kb(home: Home) -> float:
    with sqlite3.connect(home.prefect_folder / "prefect.db", timeout=60) as connection:
        connection.execute("pragma wal_checkpoint(passive)")
        pages, free = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
        return (pages - free) * connection.execute("pragma page_size").fetchone()[0] / 1000


def measure(count: int) -> dict[str, float]:
    """Measure in this process."""
    from flows.environment import prepare_prefect
    from flows.server import own_server

    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        folder = Path(name)
        bench_files.write_copies(bench_files.inputs(Path()).runs[:20], count + 1, folder / "all")
        (folder / "files").mkdir()
        files = sorted((folder / "all").iterdir())
        for file in files[:-1]:
            os.utime(shutil.copy(file, folder / "files"), (0, 0))  # else a cut one is waited for
        keeper = _home(folder, "keeper", folder / "files")
        prepare_prefect(keeper)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        begun = time.perf_counter()
        with own_server(keeper, port) as server:
            server_s = time.perf_counter() - begun
            os.environ["PREFECT_API_URL"], os.environ["PREFECT_API_AUTH_STRING"] = server.api_url, server.auth
            return {"server_s": server_s, **_measure_flows(folder, keeper, files[-1])}


def _measure_flows(folder: Path, keeper: Home, last: Path) -> dict[str, float]:
    from flows.sync import sync

    took: dict[str, list[float]] = {"flow": [], "plain": [], "night": [], "plain_night": []}
    files = folder / "files"
    sync(str(_home(folder, "warm", folder / "none").path), NOW_UTC)  # imports, and the first connection
    for number in range(ROUNDS):
        by_flow, by_hand = (_home(folder, f"{kind}-{number}", files) for kind in ("flow", "plain"))
        took["plain"].append(_timed(lambda home=by_hand: _plain(home, NOW_UTC)))
        took["flow"].append(_timed(lambda home=by_flow: sync(str(home.path), NOW_UTC)))
        shutil.copy(last, files)
        later = NOW_UTC + timedelta(days=1)
        took["plain_night"].append(_timed(lambda home=by_hand, at=later: _plain(home, at)))
        took["night"].append(_timed(lambda home=by_flow, at=later: sync(str(home.path), at)))
        (files / last.name).unlink()
    before_kb = _database_kb(keeper)
    for day in range(NIGHTS):
        sync(str(by_flow.path), NOW_UTC + timedelta(days=2 + day))
    time.sleep(5)  # the server writes events behind
    kept = {f"{name}_s": statistics.median(values) for name, values in took.items()}
    return {**kept, "night_kb": (_database_kb(keeper) - before_kb) / NIGHTS}


def main() -> None:
    """Measure and print."""
    if "--measure" in sys.argv:
        print(json.dumps(measure(int(sys.argv[sys.argv.index("--measure") + 1]))))
        return
    for one in night_figures(40 if "--few" in sys.argv else 200):
        print(f"{one.what:<66} {one.value:<44} {one.goal:<9} {one.met}".rstrip())


if __name__ == "__main__":
    main()
