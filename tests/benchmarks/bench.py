"""`make bench`: speed, in one run, interleaved, medians, as ratios; a goal that is missed reads MISSED.

    python tests/benchmarks/bench.py             # 100 and 300 copies of real runs, each on a day of its own
    python tests/benchmarks/bench.py --few       # 20 and 60: a look, not a measurement
    python tests/benchmarks/bench.py --profile   # where the import spends its time, besides
    python tests/benchmarks/bench.py --long      # a log of 3,000, too: what must not grow with the history (minutes)
    python tests/benchmarks/bench.py --chart docs/new-run.svg   # the plot of one new run against the length of the log

GAITKEEPER_BENCH_PYTHON names the Python of a venv with fitfast, pyroparse or garmin-fit-sdk to be held against.

Absolute figures belong to the machine that is named; ratios travel better.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import bench_files, bench_history, bench_pages, bench_profile, bench_readers, bench_runs
from benchmarks.accuracy import machine

EXAMPLE = Path(__file__).parents[2] / "data" / "example"


def show(figures: list[bench_runs.Figure]) -> list[bench_runs.Figure]:
    """Print the lines and hand them on."""
    for one in figures:
        print(f"{one.what:<66} {one.value:<44} {one.goal:<9} {one.met}".rstrip(), flush=True)
    return figures


def _load() -> str | None:
    """Say so where others are at work on this machine: wall times are too long then, ratios and CPU times less so."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f"BUSY: a load of {load:.1f} on {cores} cores; wall times are too long" if load > 0.5 * cores else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="fewer copies")
    parser.add_argument("--long", action="store_true", help="a log of 3,000, too")
    parser.add_argument("--chart", type=Path, help="write the plot of one new run as SVG")
    parser.add_argument("--profile", action="store_true", help="profile the import, too")
    wants = parser.parse_args()
    counts = (20, 60) if wants.few else (30, 100, 300, 3000) if wants.long else (30, 100, 300)
    given = bench_files.inputs(EXAMPLE)
    print(f"{machine()}\n{len(given.runs)} {given.words}, {len(given.gpx)} GPX\n")
    if (busy := _load()) is not None:
        print(f"{busy}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = show(bench_readers.readers(given)) + show(bench_runs.fit_decoding(given))
        figures += show(bench_runs.gpx_decoding(given))
        lines, read_ms = bench_runs.deriving(given)
        figures += show(lines)
        lines, logs = bench_runs.importing(given, counts, folder, read_ms)
        figures += show(lines) + show(bench_runs.stored(logs[-1]))
        lines, points = bench_history.growing(given, logs, folder)
        figures += show(lines) + show(bench_history.weekly(logs)) + show(bench_runs.cold_start(logs[-1].home, folder))
        figures += show(bench_pages.pages(logs[-1].home))
        if wants.chart is not None:
            bench_history.draw(points, wants.chart)
        if wants.profile:
            print("\n" + bench_profile.profile(given, counts[0], folder))
    goals = [one for one in figures if one.is_met is not None]
    print(f"\n{sum(bool(one.is_met) for one in goals)} of {len(goals)} goals met.")


if __name__ == "__main__":
    main()
