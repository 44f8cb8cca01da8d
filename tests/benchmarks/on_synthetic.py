"""Accuracy on synthetic runs, whose truth is known: noise, sampling, pauses, profiles and paces drawn by seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks import local_days, log_truth
from benchmarks.copies import false_row, found_row
from benchmarks.hill_truth import hill_rows
from benchmarks.real_runs import NO_THRESHOLDS, TOO_FAST_MPS, gpx_distance_m
from benchmarks.surge_truth import pickup_rows
from benchmarks.table import Case, Result, each, error_row, inside_row, median_and_p90, percentile, ratio_row
from pipeline.model import GAITS
from pipeline.transforms import derive
from support.synthetic_run import Part, Pause, SyntheticRun, easy, stand, walk

if TYPE_CHECKING:
    from benchmarks.table import Row

DATA_SET: Final = "synthetic"
RUNS: Final = 24


def measure() -> Result:
    """Hold the derivations against the truth of synthetic runs."""
    runs = [mixed_run(seed) for seed in range(RUNS)]
    result = Result()
    result.rows += _distance_time_steps(runs)
    result.rows += _gpx(runs)
    result.rows += _gait(runs)
    result.rows += _speed()
    result.rows += hill_rows(DATA_SET)
    result.rows += pickup_rows(DATA_SET)
    result.rows.append(local_days.row(DATA_SET))
    recordings = [(f"seed {seed}", run.recording()) for seed, run in enumerate(runs)]
    result.rows += [found_row(DATA_SET, recordings), false_row(DATA_SET, recordings)]
    log = log_truth.measure(f"{DATA_SET} log")
    result.rows += log.rows
    result.left_out += log.left_out
    return result


def mixed_run(seed: int) -> SyntheticRun:
    """Return a run of about 40 min: running at several paces, walking, standing, pauses; even seeds every second."""
    rng = np.random.default_rng(seed)
    parts: list[Part] = [walk(int(rng.integers(60, 180)))]
    for _ in range(int(rng.integers(3, 7))):
        parts.append(easy(int(rng.integers(240, 600)), float(rng.uniform(2.3, 3.4)), float(rng.uniform(155, 182))))
        if rng.random() < 0.5:
            parts.append(walk(int(rng.integers(20, 120)), float(rng.uniform(1.1, 1.7)), float(rng.uniform(100, 122))))
        if rng.random() < 0.5:
            parts.append(stand(int(rng.integers(10, 60))))
    length_s = sum(part.duration_s for part in parts)
    at = sorted(rng.integers(100, length_s - 100, size=int(rng.integers(0, 4))).tolist())
    pauses = tuple(Pause(int(a), int(rng.integers(20, 900)), has_events=True) for a in dict.fromkeys(at))
    return SyntheticRun(
        tuple(parts),
        pauses=pauses,
        sampling="smart" if seed % 2 else "1s",
        position_noise_m=1.5,
        altitude_noise_m=0.3,
        cadence_step_spm=2.0 if seed % 3 else 1.0,
        seed=seed,
    )


def _case(name: str, ours: float | None, truth: float, unit: str) -> Case:
    found = float("nan") if ours is None else ours
    error = 100.0 * (found / truth - 1.0) if ours is not None else 100.0
    return Case(name, error, f"{found:.1f} {unit}, truth {truth:.1f} {unit}")


def _distance_time_steps(runs: list[SyntheticRun]) -> list[Row]:
    far, timed, steps = [], [], []
    for seed, run in enumerate(runs):
        measures = derive(run.recording(), NO_THRESHOLDS).measures
        name = f"seed {seed}, {run.sampling}"
        far.append(_case(name, measures.distance_m, run.truth.distance_m, "m"))
        timed.append(_case(name, measures.timer_s, run.truth.timer_s, "s"))
        steps.append(_case(name, measures.step_count, run.truth.step_count, "steps"))
    return [
        error_row("distance, FIT", DATA_SET, far, "%", each(0.1, "%")),
        error_row("timer time", DATA_SET, timed, "%", each(0.5, "%")),
        error_row("steps from cadence, walks and stops in it", DATA_SET, steps, "%", percentile(95, 1.5, "%")),
    ]


def _gpx(runs: list[SyntheticRun]) -> list[Row]:
    cases = []
    for seed, run in enumerate(runs):
        metres = gpx_distance_m(replace(run, has_distance=False).recording(), has_segments=True)
        cases.append(_case(f"seed {seed}, {run.sampling}", metres, run.truth.distance_m, "m"))
    return [error_row("distance, GPX", f"{DATA_SET}, 1.5 m of noise", cases, "%", median_and_p90(1, 3, "%"))]


def _gait(runs: list[SyntheticRun]) -> list[Row]:
    """Hold every second against what the legs did in it."""
    names = {name: GAITS.index(name) for name in GAITS}
    rows = []
    for sampling in ("1s", "smart"):
        right = total = still = still_found = 0
        for run in runs:
            if run.sampling != sampling:
                continue
            whole = replace(run, pauses=())  # then seconds of timer time and of the session are the same
            gait = derive(whole.recording(), NO_THRESHOLDS).samples.gait.astype(int)
            spm, speed_mps = whole._seconds["cadence_spm"], whole._seconds["speed_mps"]
            stands = (spm == 0) & (speed_mps < 0.5)
            truth = np.where(spm >= 140, names["run"], np.where(stands, names["still"], names["walk"]))[: len(gait)]
            right, total = right + int((gait == truth).sum()), total + len(truth)
            stood = truth == names["still"]
            still, still_found = still + int(stood.sum()), still_found + int((gait[stood] == names["still"]).sum())
        where = f"{DATA_SET}, {sampling}"
        rows.append(ratio_row("run/walk/still, s", where, total, right / total, at_least=0.95))
        rows.append(ratio_row("still found, s", where, still, still_found / still, at_least=0.99))
    return rows


def _speed() -> list[Row]:
    """Put leaps of GPS into easy runs: none may show as a fast 30 s."""
    cases = []
    for seed in range(RUNS):
        run = SyntheticRun((easy(1500),), distance_noise_m=1.0, sampling="smart" if seed % 2 else "1s", seed=seed)
        recording = run.recording()
        rng = np.random.default_rng(seed)
        distance_m = recording.samples.distance_m.copy()
        for row in rng.integers(20, len(distance_m) - 20, size=3):
            distance_m[row:] += float(rng.uniform(30, 120))
        leaping = replace(recording, samples=replace(recording.samples, distance_m=distance_m))
        facts = derive(leaping, NO_THRESHOLDS).facts
        value = next(f.value for f in facts if f.name == "max_30s_speed_mps") or 0.0
        figures = f"{value:.2f} m/s, truth 2.80 m/s"
        cases.append(Case(f"seed {seed}, {run.sampling}", value - 2.8, figures, is_missed=value > TOO_FAST_MPS))
    return [
        inside_row(f"fastest 30 s at {TOO_FAST_MPS:g} m/s or less", f"{DATA_SET}, leaps of GPS", cases, 1.0, "all"),
        *(
            error_row(
                "fastest 30 s",
                f"{DATA_SET}, leaps of GPS, {sampling}",
                [c for c in cases if c.name.endswith(sampling)],
                "m/s",
            )
            for sampling in ("1s", "smart")
        ),
    ]
