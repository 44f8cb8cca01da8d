"""What must not grow with the history: one new run, judging a week, memory; and the chart that shows it."""

from __future__ import annotations

import shutil
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.bench_files import DAY_S, FIRST_DAY, shifted
from benchmarks.bench_runs import Figure, Import, interleaved
from connectors.folder import FolderSource
from flows import work
from flows.report import days_of_week, iso_week, load_week
from gaitkeeper.options import open_log
from pipeline.settings import Home

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.bench_files import Inputs

#: The first is warm-up: modules and the time-zone table are loaded by it.
NEW_RUNS: Final = 4
WEEKS: Final = 5
RUNNER: Final = "me"

GROWTH_GOAL: Final = 1.2
NEW_RUN_GOAL_S: Final = 1.0
WEEK_GOAL_MS: Final = 50.0


def new_run_seconds(given: Inputs, one: Import, folder: Path) -> tuple[float, float]:
    """Return the CPU and wall seconds that one more run takes in a copy of that log, beyond start-up.

    CPU, because others may be at work on this machine; each run is the newest of its log, as most are.
    """
    home = Home(folder / f"grown-{one.count}")
    shutil.copytree(one.home.path, home.path)
    run = given.runs[0]
    took: list[tuple[float, float]] = []
    for number in range(NEW_RUNS):
        days = (FIRST_DAY - run.recordings[0].start_utc.date()).days + 2 * one.count + 1 + number
        new = folder / f"new-{one.count}-{number}"
        new.mkdir()
        (new / "new.fit").write_bytes(shifted(run.content, days * DAY_S))
        before = (time.process_time(), time.perf_counter())
        outcome = work.import_source(home, RUNNER, FolderSource(new), datetime.now(UTC))
        took.append((time.process_time() - before[0], time.perf_counter() - before[1]))
        assert outcome.new_count == 1, outcome
    shutil.rmtree(home.path)
    cpu_s, wall_s = (statistics.median(seconds) for seconds in zip(*took[1:], strict=True))
    return cpu_s, wall_s


def growing(given: Inputs, logs: Sequence[Import], folder: Path) -> tuple[list[Figure], list[tuple[int, float]]]:
    """Hold one new run in the longest log against one in the shortest; return the points of the plot, too."""
    seconds = [(one.count, *new_run_seconds(given, one, folder)) for one in logs]
    figures = [
        Figure(
            f"one new run in a log of {count:,}, beyond start-up",
            f"{cpu_s:.2f} s of CPU, {wall_s:.2f} s",
            f"<{NEW_RUN_GOAL_S:.0f} s",
            cpu_s < NEW_RUN_GOAL_S,
        )
        for count, cpu_s, wall_s in seconds
    ]
    few, many = seconds[0], seconds[-1]
    figures.append(
        Figure(
            f"  {many[0]:,} against {few[0]:,}",
            f"{many[1] / few[1]:.2f} x",
            f"≤{GROWTH_GOAL} x",
            many[1] <= GROWTH_GOAL * few[1],
        )
    )
    low, high = logs[0], logs[-1]
    figures.append(
        Figure(
            f"peak memory of an import, {high.count:,} runs against {low.count:,}",
            f"{high.peak_mb / low.peak_mb:.2f} x",
            f"≤{GROWTH_GOAL} x",
            high.peak_mb <= GROWTH_GOAL * low.peak_mb,
        )
    )
    return figures, [(count, cpu_s) for count, cpu_s, _ in seconds]


def weekly(logs: Sequence[Import]) -> list[Figure]:
    """Time the weekly summary in process: judge the week's days, ask for it, put it together."""

    def asked(one: Import, at: datetime, week: str) -> None:
        with open_log(one.home, at, judge=days_of_week(RUNNER, week)) as connection:
            assert load_week(connection, RUNNER, week) is not None

    def opened(one: Import, at: datetime) -> None:
        with open_log(one.home, at):
            pass

    figures = []
    for one in logs:
        last = FIRST_DAY + timedelta(days=2 * (one.count - 1))
        at = datetime(last.year, last.month, last.day, 20, 0)  # noqa: DTZ001 - `--as-of` is a local time
        week = iso_week(date(last.year, last.month, last.day))
        medians = interleaved(
            {
                "asked": lambda one=one, at=at, week=week: asked(one, at, week),
                "opened": lambda one=one, at=at: opened(one, at),
            },
            WEEKS,
        )
        in_process_ms = 1000.0 * (medians["asked"] - medians["opened"])
        figures.append(
            Figure(
                f"weekly summary of an open log of {one.count:,}",
                f"{in_process_ms:.0f} ms (opening it {1000.0 * medians['opened']:.0f} ms)",
                f"≤{WEEK_GOAL_MS:.0f} ms",
                in_process_ms <= WEEK_GOAL_MS,
            )
        )
    return figures


def draw(points: Sequence[tuple[int, float]], target: Path) -> None:
    """Write the plot of seconds per new run against the length of the log, as SVG."""
    import altair as alt

    rows = [{"runs": count, "cpu_s": round(cpu_s, 3)} for count, cpu_s in points]
    chart = (
        alt.Chart(alt.Data(values=rows), width=480, height=240, title="One new run: CPU seconds by length of the log")
        .mark_line(point=True)
        .encode(
            x=alt.X("runs:Q", scale=alt.Scale(type="log"), title="runs in the log"),
            y=alt.Y("cpu_s:Q", scale=alt.Scale(domainMin=0), title="CPU seconds beyond start-up"),
        )
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(target), format="svg")
