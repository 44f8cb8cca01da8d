"""`make bench`: speed, in one run, interleaved, medians, as ratios; a goal that is missed reads MISSED.

    python tests/benchmarks/bench.py             # 100 and 300 copies of real runs, each on a day of its own
    python tests/benchmarks/bench.py --few       # 20 and 60: a look, not a measurement
    python tests/benchmarks/bench.py --profile   # where the import spends its time, besides

Absolute figures belong to the machine that is named; ratios travel better.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import bench_files, bench_profile, bench_runs
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
    parser.add_argument("--profile", action="store_true", help="profile the import, too")
    wants = parser.parse_args()
    counts = (20, 60) if wants.few else (100, 300)
    given = bench_files.inputs(EXAMPLE)
    print(f"{machine()}\n{len(given.runs)} {given.words}, {len(given.gpx)} GPX\n")
    if (busy := _load()) is not None:
        print(f"{busy}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = show(bench_runs.fit_decoding(given)) + show(bench_runs.gpx_decoding(given))
        lines, read_ms = bench_runs.deriving(given)
        figures += show(lines)
        lines, last = bench_runs.importing(given, counts, folder, read_ms)
        figures += show(lines) + show(bench_runs.stored(last)) + show(bench_runs.cold_start(last.home, folder))
        if wants.profile:
            print("\n" + bench_profile.profile(given, counts[0], folder))
    goals = [one for one in figures if one.is_met is not None]
    print(f"\n{sum(bool(one.is_met) for one in goals)} of {len(goals)} goals met.")


if __name__ == "__main__":
    main()
