"""Strides (pick-ups) whose truth is known, and runs that hold none but look lively."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.table import Case, Row, most_row, ratio_row
from pipeline.model import Thresholds
from pipeline.transforms import derive
from support.synthetic_run import Part, Pause, SyntheticRun, easy, stand, strides, walk

if TYPE_CHECKING:
    from pipeline.model import Surge

EASY_MPS: Final = 2.8
CRITICAL_MPS: Final = 3.5
KNOWN: Final = Thresholds(ceiling_mps=0.823 * CRITICAL_MPS, critical_speed_mps=CRITICAL_MPS)
NOTHING: Final = Thresholds()
RUNS: Final = 40
FALSE_RUNS: Final = 100


def pickup_rows(where: str) -> list[Row]:
    """Return the rows about strides."""
    rows = []
    for words, thresholds in (("critical speed known", KNOWN), ("no thresholds", NOTHING)):
        rows += _found_rows(f"{where}, {words}", thresholds)
        rows.append(_false_row(f"{where}, flat, {words}", thresholds, is_trail=False, at_most=3))
        rows.append(_false_row(f"{where}, trail, {words}", thresholds, is_trail=True, at_most=10))
    return rows


def stride_run(seed: int) -> tuple[SyntheticRun, list[tuple[float, float]]]:
    """Return an easy run with 4 to 8 strides at 1.3 to 1.7 x its speed, and where they are."""
    rng = np.random.default_rng(2000 + seed)
    before_s = int(rng.integers(300, 1500))
    count, duration_s, recovery_s = int(rng.integers(4, 9)), int(rng.integers(15, 31)), int(rng.integers(45, 121))
    # Above critical speed as well as 1.3 x base: what is slower is a surge, not a stride (METRICS.md).
    speed_mps = EASY_MPS * float(rng.uniform(1.3, 1.7))
    fast = strides(count, duration_s, speed_mps, recovery_s, cadence_spm=164.0 + float(rng.uniform(10, 30)))
    truth = [(before_s + i * (duration_s + recovery_s), duration_s) for i in range(count)]
    return _noisy((easy(before_s, EASY_MPS), *fast, easy(300, EASY_MPS)), seed), [
        (float(start), float(start + length)) for start, length in truth
    ]


def _noisy(parts: tuple[Part, ...], seed: int, pauses: tuple[Pause, ...] = ()) -> SyntheticRun:
    return SyntheticRun(
        parts,
        pauses=pauses,
        distance_noise_m=1.0,
        altitude_noise_m=0.3,
        sampling="smart" if seed % 4 == 3 else "1s",
        seed=seed,
    )


def _found_rows(where: str, thresholds: Thresholds) -> list[Row]:
    true_count = found_count = hit_count = 0
    missed = []
    for seed in range(RUNS):
        run, truth = stride_run(seed)
        found = _certain(derive(run.recording(), thresholds).surges)
        hits = sum(any(_overlap_s(span, one) >= 0.5 * (span[1] - span[0]) for one in found) for span in truth)
        true_count, found_count, hit_count = true_count + len(truth), found_count + len(found), hit_count + hits
        if hits < len(truth):
            name = f"seed {seed}, {run.sampling}"
            missed.append(Case(name, float(hits - len(truth)), f"{hits} of {len(truth)} found"))
    precision = hit_count / found_count if found_count else 0.0
    return [
        ratio_row("strides, recall", where, true_count, hit_count / true_count, at_least=0.95, missed=missed),
        ratio_row("strides, precision", where, found_count, precision, at_least=0.95),
    ]


def _certain(surges: tuple[Surge, ...]) -> list[tuple[float, float]]:
    sure = [one for one in surges if one.kind == "pickup" and not one.is_possible_only]
    return [(one.start_s, one.start_s + one.duration_s) for one in sure]


def _overlap_s(one: tuple[float, float], other: tuple[float, float]) -> float:
    return min(one[1], other[1]) - max(one[0], other[0])


def lively_run(seed: int, *, is_trail: bool) -> SyntheticRun:
    """Return a run without strides: waves of pace, walks, stops, a ladder, a fast end, tempo; on a trail up and down."""
    rng = np.random.default_rng(3000 + seed)
    kind = seed % 5
    parts: list[Part] = [easy(400)]
    if is_trail:
        while sum(part.duration_s for part in parts) < 2700:
            grade_pct = float(rng.uniform(-12, 12))
            pace = float(np.clip(2.8 - 0.11 * grade_pct - 0.006 * grade_pct**2, 1.2, 3.9))
            spm = 164.0 - 0.8 * grade_pct if pace > 1.7 else 118.0
            parts.append(Part(int(rng.integers(25, 240)), pace, spm, grade_pct))
    elif kind == 0:
        parts += [easy(int(rng.integers(20, 120)), float(rng.uniform(2.55, 3.05))) for _ in range(30)]
    elif kind == 1:
        parts += [part for _ in range(6) for part in (easy(240, 2.7), walk(90))]
    elif kind == 2:
        parts += [part for _ in range(8) for part in (easy(150), stand(int(rng.integers(8, 40))))]
    elif kind == 3:
        parts += [easy(900), easy(1200, 3.3, 172.0), easy(300, 3.8, 178.0)]
    else:
        parts += [easy(int(rng.integers(100, 300)), float(rng.uniform(2.6, 3.0))) for _ in range(8)]
    pauses = tuple(Pause(int(at), 30) for at in np.sort(rng.integers(450, 1500, size=2))) if kind == 4 else ()
    return _noisy(tuple(parts), seed, pauses)


def _false_row(where: str, thresholds: Thresholds, *, is_trail: bool, at_most: float) -> Row:
    wrong = []
    for seed in range(FALSE_RUNS):
        run = lively_run(seed, is_trail=is_trail)
        found = _certain(derive(run.recording(), thresholds).surges)
        if found:
            wrong.append(Case(f"seed {seed}, {run.sampling}", float(len(found)), f"{len(found)} strides that aren't"))
    share_pct = 100.0 * len(wrong) / FALSE_RUNS
    return most_row(
        "strides, sessions that hold none", where, FALSE_RUNS, share_pct, "%", at_most=at_most, missed=wrong
    )
