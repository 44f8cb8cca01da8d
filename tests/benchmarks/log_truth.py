"""What takes a whole log to tell: critical speed, and cadence at matched speed. Files in, facts out, through the house."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.table import Case, Result, Row, each, error_row, inside_row, percentile
from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import add_runner, make_home
from pipeline.settings import Home
from pipeline.warehouse.connection import reading, rows
from support.fit_file import fit_activity
from support.synthetic_run import Part, SyntheticRun, easy, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST: Final = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
NOW: Final = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)

#: The runner whose cadence is known: steps a minute at 2.8 m/s, and steps more for each m/s.
BASE_SPM: Final = 164.0
SLOPE: Final = 9.0
BASELINE_RUNS: Final = 28
#: After the baseline, cadence is this much above it.
RATIOS: Final = (0.0, 0.0, 0.03, 0.03, 0.05, 0.05, 0.07, 0.10)

#: (critical speed in m/s, D' in m) of the runners whose critical speed is known.
RUNNERS: Final = ((3.0, 120.0), (3.3, 180.0), (3.6, 150.0), (3.9, 220.0), (4.2, 180.0), (4.5, 250.0))
EFFORTS_S: Final = (180, 420, 720, 1200)


def measure(where: str) -> Result:
    """Return the rows about whole logs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = Home(folder / "home")
        make_home(home, "cadence", "UTC")
        truths = _bring_in(home, "cadence", folder / "cadence", cadence_log())
        for number, (critical_mps, reserve_m) in enumerate(RUNNERS):
            runner_id = f"speed{number}"
            add_runner(home, runner_id, "UTC")
            _bring_in(home, runner_id, folder / runner_id, effort_log(number, critical_mps, reserve_m))
        with reading(home, NOW, NOW.date()) as connection:
            cadence = rows(connection, _CADENCE)
            speeds = rows(connection, _SPEED)
            hard = rows(connection, _HARD)
    result = _cadence_rows(where, cadence, truths)
    result.rows += [_speed_row(where, speeds), _hard_row(f"{where}, easy, no threshold set", hard)]
    return result


_CADENCE: Final = (
    "select recording.file_name, fact.value, fact.status, fact.detail from session_fact as fact "
    "inner join recording on recording.session_id = fact.session_id "
    "where fact.fact = 'matched_cadence_ratio' and fact.runner_id = 'cadence' order by recording.file_name"
)
#: Which of the runs of `cadence_log`, none of which is hard, are said to hold something hard.
_HARD: Final = (
    "select recording.file_name, session.ceiling_mps, session.ceiling_source, "
    "string_agg(surge.kind || ' of ' || round(surge.duration_s) || ' s', ', ') filter (surge.kind is not null) as kinds "
    "from session inner join recording on recording.session_id = session.session_id "
    "left join surge on surge.session_id = session.session_id and not surge.is_possible_only "
    "where session.runner_id = 'cadence' group by all order by recording.file_name"
)
_SPEED: Final = (
    "select session.runner_id, arg_max(estimate.critical_speed_mps, session.start_utc) as critical_speed_mps "
    "from critical_speed_estimate as estimate inner join session using (session_id) "
    "where session.runner_id <> 'cadence' group by session.runner_id order by session.runner_id"
)


def cadence_log() -> list[tuple[datetime, SyntheticRun, float]]:
    """Return runs every other day, each with how far its cadence is above the baseline: 0 at first, then RATIOS."""
    log = []
    for number in range(BASELINE_RUNS + len(RATIOS)):
        rng = np.random.default_rng(5000 + number)
        ratio = 0.0 if number < BASELINE_RUNS else RATIOS[number - BASELINE_RUNS]
        day_off = float(rng.normal(0.0, 0.005))  # legs differ from day to day (METRICS.md: SD 0.66-1.5 %)
        parts = [walk(120)]
        for _ in range(6):
            speed_mps = float(rng.uniform(2.4, 3.2))
            spm = (BASE_SPM + SLOPE * (speed_mps - 2.8)) * (1 + ratio) * (1 + day_off)
            parts.append(easy(420, speed_mps, spm))
        run = SyntheticRun(tuple(parts), distance_noise_m=0.6, altitude_noise_m=0.2, seed=number)
        log.append((FIRST + timedelta(days=2 * number), run, ratio))
    return log


def effort_log(number: int, critical_mps: float, reserve_m: float) -> list[tuple[datetime, SyntheticRun, float]]:
    """Return 16 weeks: maximal efforts, four of each length, none quite the best possible, and easy runs between."""
    log = []
    rng = np.random.default_rng(6000 + number)
    for place, length_s in enumerate(EFFORTS_S * 4):
        best_mps = critical_mps + reserve_m / length_s
        speed_mps = best_mps * float(rng.uniform(0.985, 1.0))
        hard = Part(length_s, speed_mps, 180.0)
        parts = (easy(600, 0.75 * critical_mps), hard, easy(300, 0.7 * critical_mps))
        run = SyntheticRun(parts, distance_noise_m=1.0, altitude_noise_m=0.2, seed=100 * number + place)
        log.append((FIRST + timedelta(days=7 * place), run, critical_mps))
    return log


def as_fit(run: SyntheticRun, start_utc: datetime) -> bytes:
    """Return the run as the watch's file."""
    samples = run.recording().samples
    columns = {
        name: getattr(samples, name)
        for name in ("latitude_deg", "longitude_deg", "altitude_m", "distance_m", "speed_mps", "heart_rate_bpm")
    }
    columns["cadence_strides_per_min"] = samples.cadence_spm / 2
    return fit_activity(start_utc, columns, t_s=samples.t_s)


def _bring_in(
    home: Home, runner_id: str, folder: Path, log: Sequence[tuple[datetime, SyntheticRun, float]]
) -> dict[str, float]:
    """Write the files and import them; return file name -> truth."""
    folder.mkdir()
    truths = {}
    for number, (start_utc, run, truth) in enumerate(log):
        path = folder / f"{number:03d}.fit"
        path.write_bytes(as_fit(run, start_utc))
        truths[path.name] = truth
    work.import_source(home, runner_id, FolderSource(folder), NOW)
    return truths


def _cadence_rows(where: str, found: list[dict[str, Any]], truths: dict[str, float]) -> Result:
    told, refused, refused_late = [], [], []
    for number, row in enumerate(found):
        ours, truth = row["value"], truths[row["file_name"]]
        if number < 4:
            figures = f"{row['status']}: {row['detail']}"
            refused.append(Case(f"run {number + 1} of the log", 0.0, figures, is_missed=row["status"] == "ok"))
        elif number >= BASELINE_RUNS:
            if ours is None:  # to say nothing is no error, but it is said here
                refused_late.append(f"{where}, run {number + 1} of the log: cadence at matched speed: {row['detail']}")
            else:
                figures = f"{100 * ours:+.1f} %, truth {100 * truth:+.1f} %"
                told.append(Case(f"run {number + 1} of the log", 100.0 * (ours - truth), figures))
    told_rows = [
        error_row("cadence at matched speed", where, told, "pt", each(2, "pt")),
        inside_row("cadence at matched speed, refused without a baseline", where, refused, 1.0, "all"),
    ]
    return Result(told_rows, refused_late)


def _speed_row(where: str, found: list[dict[str, Any]]) -> Row:
    by_runner = {row["runner_id"]: row["critical_speed_mps"] for row in found}
    cases = []
    for number, (truth, reserve_m) in enumerate(RUNNERS):
        ours = by_runner.get(f"speed{number}")
        error = -100.0 if ours is None else 100.0 * (ours / truth - 1.0)
        figures = "no estimate" if ours is None else f"{ours:.2f} m/s, truth {truth:.2f} m/s"
        cases.append(Case(f"D' {reserve_m:.0f} m", error, figures))
    return error_row("critical speed from maximal efforts", where, cases, "%", percentile(90, 5, "%"))


def _hard_row(where: str, found: list[dict[str, Any]]) -> Row:
    """Return how many runs of an easy log are said to hold tempo or more, where nobody set a threshold."""
    cases = []
    for number, row in enumerate(found):
        ceiling = "no ceiling" if row["ceiling_mps"] is None else f"ceiling {row['ceiling_mps']:.2f} m/s"
        figures = f"{row['kinds']}; {ceiling}, {row['ceiling_source']}"
        cases.append(Case(f"run {number + 1} of the log", 0.0, figures, is_missed=row["kinds"] is not None))
    return inside_row("easy runs without a bout of tempo, hard or strides", where, cases, 1.0, "all")
