"""What `make bench` measures: each a few lines of figures, as ratios wherever there is something to divide by."""

from __future__ import annotations

import io
import json
import os
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fitparse
import gpxpy

from benchmarks.bench_files import Inputs, write_copies
from benchmarks.real_runs import NO_THRESHOLDS
from connectors.decode import decode
from connectors.fit import decode_fit
from connectors.fit_records import read_records
from connectors.fit_walk import walk_file
from connectors.gpx import decode_gpx
from pipeline.errors import SkipRecording
from pipeline.places import zone_at
from pipeline.settings import Home
from pipeline.transforms import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS: Final = 3
STARTS: Final = 7
DISK_GOAL_KB: Final = 60
START_GOAL: Final = 2


@dataclass(frozen=True)
class Figure:
    """One line of the bench."""

    what: str
    value: str
    goal: str = ""
    is_met: bool | None = None  #: None: no goal

    @property
    def met(self) -> str:
        """Return the verdict."""
        return "" if self.is_met is None else "met" if self.is_met else "MISSED"


def cpu_seconds() -> float:
    """Return what this process and those that it started and waited for have had of the processors so far."""
    own, started = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + started.ru_utime + started.ru_stime


def _timed(work: Callable[[], object]) -> float:
    before = cpu_seconds()
    work()
    return cpu_seconds() - before


def interleaved(jobs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of each job, run in turn: what slows the machine slows all of them.

    CPU, because a machine is rarely idle; what is measured here waits for nothing but the disk.
    """
    took: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            took[name].append(_timed(job))
    return {name: statistics.median(seconds) for name, seconds in took.items()}


# --------------------------------------------------------------------------------------------------------------------
# Decoding


def fit_decoding(given: Inputs) -> list[Figure]:
    """Hold our decoder against the whole of fitparse, and against the record columns alone."""
    total = {"ours": 0.0, "columns": 0.0, "fitparse": 0.0}
    records = files = 0
    for run in given.runs:
        if not _reads_with_fitparse(run.content):
            continue
        jobs = {
            "ours": lambda content=run.content: decode_fit(content),
            "columns": lambda content=run.content: _columns_alone(content),
            "fitparse": lambda content=run.content: _whole_fitparse(content),
        }
        for name, seconds in interleaved(jobs, ROUNDS).items():
            total[name] += seconds
        records, files = records + run.record_count, files + 1
    ratio = total["fitparse"] / total["ours"]
    each = 1000.0 * total["ours"] / files
    return [
        Figure(f"FIT decode / fitparse, {files} files, {records:,} records", f"{ratio:.1f} x", "≥40 x", ratio >= 40),
        Figure("FIT decode: whole / record columns alone", f"{total['ours'] / total['columns']:.1f} x"),
        Figure("FIT decode, a file", f"{each:.1f} ms, {records / total['ours']:,.0f} records/s"),
    ]


def _whole_fitparse(content: bytes) -> list[object]:
    return list(fitparse.FitFile(io.BytesIO(content)).get_messages())


def _columns_alone(content: bytes) -> None:
    for part in walk_file(content).parts:
        read_records(content, part)


def _reads_with_fitparse(content: bytes) -> bool:
    try:
        fitparse.FitFile(io.BytesIO(content)).get_messages()
        return next(iter(fitparse.FitFile(io.BytesIO(content)).get_messages()), None) is not None
    except (fitparse.FitParseError, ValueError, TypeError):
        return False


def gpx_decoding(given: Inputs) -> list[Figure]:
    """Hold our GPX reader against gpxpy."""
    ours = theirs = 0.0
    files = 0
    for content in given.gpx:
        try:
            decode_gpx(content)
        except SkipRecording:
            continue
        jobs = {
            "ours": lambda content=content: decode_gpx(content),
            "theirs": lambda content=content: gpxpy.parse(content),
        }
        medians = interleaved(jobs, ROUNDS)
        ours, theirs, files = ours + medians["ours"], theirs + medians["theirs"], files + 1
    if not files:
        return []
    ratio = theirs / ours
    return [Figure(f"GPX decode / gpxpy, {files} files", f"{ratio:.1f} x", "≥3 x", ratio >= 3)]


# --------------------------------------------------------------------------------------------------------------------
# Deriving


def deriving(given: Inputs) -> tuple[list[Figure], float]:
    """Time decode and derive beside one another, in one process, the time-zone table loaded; return both in ms/h, too."""
    hours = sum(run.run_s for run in given.runs) / 3600.0
    zone_at(48.0, 2.0)
    jobs = {
        "decode": lambda: [decode(run.content, run.name) for run in given.runs],
        "derive": lambda: [derive(one, NO_THRESHOLDS, zone_at) for run in given.runs for one in run.recordings],
    }
    medians = interleaved(jobs, ROUNDS)
    decode_ms, derive_ms = (1000.0 * medians[name] / hours for name in ("decode", "derive"))
    figures = [
        Figure(f"derive, {hours:.0f} h of running", f"{derive_ms:.1f} ms/h", "≤3 ms/h", derive_ms <= 3),
        Figure("  beside it: decode", f"{decode_ms:.1f} ms/h ({decode_ms / derive_ms:.1f} x derive)"),
    ]
    return figures, decode_ms + derive_ms


# --------------------------------------------------------------------------------------------------------------------
# The whole way, in a process of its own


@dataclass(frozen=True)
class Import:
    """One import of copies."""

    count: int
    hours: float
    wall_s: float
    cpu_s: float
    peak_mb: float
    home: Home
    is_one_core: bool


def imported(given: Inputs, count: int, folder: Path) -> Import:
    """Import `count` copies into a fresh home, on one core where the system lets us say so."""
    hours = write_copies(given.runs, count, folder / f"files-{count}")
    home = folder / f"home-{count}"
    took = _command(
        environment(folder), "--home", str(home), "import", str(folder / f"files-{count}"), "--format", "json"
    )
    (row,) = json.loads(took["output"])
    assert (row["new_count"], row["quarantined_count"], row["merged_count"]) == (count, 0, 0), row
    keys = ("wall_s", "cpu_s", "peak_mb")
    return Import(count, hours, *(took[key] for key in keys), Home(home), took["is_one_core"])


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of an ordinary user: modules are compiled once and kept (in `folder`, not in the checkout)."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "pycache")}


def _command(env: dict[str, str], *words: str) -> dict[str, Any]:
    """Run a command of ours, measured from a small process; statuses 0 and 1 are fine."""
    command = [sys.executable, str(Path(__file__).with_name("measured.py")), sys.executable, "-m", "gaitkeeper", *words]
    took: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    )
    assert took["status"] in (0, 1), took["errors"]
    return took


def importing(given: Inputs, counts: Sequence[int], folder: Path, read_ms: float) -> tuple[list[Figure], list[Import]]:
    """Import copies, with different numbers to part what every start costs from what every hour costs.

    The goal is held against CPU time: on one core of a quiet machine it is the wall time but for some waiting on the
    disk, and on a busy one it is the only one of the two that says something.
    """
    imported(given, 1, folder)  # modules are compiled, the disk is warm
    done = [imported(given, count, folder) for count in counts]
    figures = []
    for one in done:
        ms = 1000.0 * one.cpu_s / one.hours
        where = "one core" if one.is_one_core else "ALL cores"
        what = f"import end to end, {one.count} files, {one.hours:.0f} h of running, {where}"
        figures.append(
            Figure(
                what,
                f"{ms:.1f} ms/h of CPU ({1000.0 * one.wall_s / one.hours:.1f} of wall, {one.wall_s:.1f} s)",
                "≤30 ms/h",
                ms <= 30,
            )
        )
        figures.append(Figure("  peak memory", f"{one.peak_mb:.0f} MB"))
    if len(done) > 1:
        few, many = done[0], done[-1]
        more_ms = 1000.0 * (many.cpu_s - few.cpu_s) / (many.hours - few.hours)
        figures.append(Figure("  each further hour", f"{more_ms:.1f} ms/h of CPU"))
        figures.append(
            Figure("  of it archive, store, publish: but for one decode and derive", f"{more_ms - read_ms:.1f} ms/h")
        )
        figures.append(
            Figure(
                "  memory for each further hour",
                f"{(many.peak_mb - few.peak_mb) / (many.hours - few.hours) * 1000:.0f} KB/h",
            )
        )
    return figures, done


def stored(last: Import) -> list[Figure]:
    """Say what an hour of running takes on disk: all that `rebuild` makes again, the writer's own copy of it, too."""
    home = last.home
    sizes = {
        "published facts (gaitkeeper.duckdb)": home.published_file.stat().st_size,
        "the writer's copy of them": _bytes_in(home.warehouse_folder),
        "samples (Parquet)": _bytes_in(home.sample_folder),
    }
    each_kb = sum(sizes.values()) / last.hours / 1000
    lines = [
        Figure(
            f"warehouse on disk, {last.count} files",
            f"{each_kb:.1f} KB/h",
            f"≤{DISK_GOAL_KB} KB/h",
            each_kb <= DISK_GOAL_KB,
        )
    ]
    sizes["and beside it the raw archive"] = _bytes_in(home.archive_folder)
    return lines + [Figure(f"  {what}", f"{size / last.hours / 1000:.1f} KB/h") for what, size in sizes.items()]


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cold_start(home: Home, folder: Path) -> list[Figure]:
    """Hold the commands that read against the least that anything on DuckDB costs."""
    env = environment(folder)
    ours = [sys.executable, "-m", "gaitkeeper", "--home", str(home.path)]
    commands = {
        "`gaitkeeper sql`": [*ours, "sql", "select 1"],
        "`gaitkeeper week`": [*ours, "week"],
        "`gaitkeeper status`": [*ours, "status"],
        "import duckdb": [sys.executable, "-c", "import duckdb"],
        "bare Python": [sys.executable, "-c", "pass"],
    }
    jobs = {
        name: lambda command=command: subprocess.run(command, capture_output=True, check=False, env=env)
        for name, command in commands.items()
    }
    interleaved(jobs, 1)
    ms = {name: 1000.0 * seconds for name, seconds in interleaved(jobs, STARTS).items()}
    least_ms = ms["import duckdb"]
    figures = [
        Figure(
            f"cold start: {name} / `import duckdb`, {STARTS} starts",
            f"{ms[name] / least_ms:.1f} x ({ms[name]:.0f} ms)",
            f"≤{START_GOAL} x",
            ms[name] <= START_GOAL * least_ms,
        )
        for name in list(commands)[:3]
    ]
    return [
        *figures,
        Figure("  beside them: import duckdb, bare Python", f"{least_ms:.0f} ms, {ms['bare Python']:.0f} ms"),
    ]
