"""Hills whose truth is known: climbing, steepest stretches, exposure; and flat ground, on which there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.real_runs import NO_THRESHOLDS
from benchmarks.table import Case, Row, error_row, mean, most_row, percentile, ratio_row
from pipeline.transforms import derive
from support.synthetic_run import SyntheticRun, easy

if TYPE_CHECKING:
    from pipeline.model import DerivedSession

#: The noise of a barometer's reading in one second (METRICS.md, hill exposure).
NOISE_M: Final = 0.3
RUNS: Final = 24
CLIMB_PCT: Final = 3.0
#: A rise under this isn't asked for (METRICS.md: at least 50 m long and 3 m high).
LEAST_HILL_M: Final = 60.0
LEAST_GAIN_M: Final = 3.6


def hilly_run(seed: int, *, noise_seed: int | None = None) -> SyntheticRun:
    """Return about an hour up and down, flat stretches between; every third with the whole metres of a COROS."""
    rng = np.random.default_rng(1000 + seed)
    parts = [easy(180)]
    sign = 1.0
    while sum(part.duration_s for part in parts) < 3300:
        grade_pct = float(rng.uniform(2.0, 10.0)) * sign
        sign = -sign
        speed_mps = float(np.clip(2.8 - 0.12 * grade_pct, 1.9, 3.4))
        parts += [easy(int(rng.integers(90, 500)), speed_mps, 164.0, grade_pct), easy(int(rng.integers(30, 120)))]
    return SyntheticRun(
        tuple(parts),
        sampling="smart" if seed % 2 else "1s",
        altitude_noise_m=NOISE_M,
        altitude_drift_m_per_h=3.0 if seed % 4 < 2 else -3.0,
        altitude_step_m=1.0 if seed % 3 == 2 else 0.2,
        seed=seed if noise_seed is None else noise_seed,
    )


def flat_run(seed: int) -> SyntheticRun:
    """Return 40 min on the flat."""
    return SyntheticRun(
        (easy(2400, 2.4 + 0.05 * (seed % 16)),),
        sampling="smart" if seed % 2 else "1s",
        altitude_noise_m=NOISE_M,
        altitude_drift_m_per_h=float(seed % 7) - 3.0,
        seed=seed,
    )


def hill_rows(where: str) -> list[Row]:
    """Return the rows about hills."""
    runs = [hilly_run(seed) for seed in range(RUNS)]
    derived = [derive(run.recording(), NO_THRESHOLDS) for run in runs]
    return [
        *_climbing_rows(where, runs, derived),
        *_thinning_rows(where, runs),
        *_steepness_rows(where, runs, derived),
        *_exposure_rows(where, runs, derived),
        *_flat_rows(where),
        *_repeat_rows(where),
    ]


def _fact(session: DerivedSession, name: str) -> float:
    value = next(fact.value for fact in session.facts if fact.name == name)
    return float("nan") if value is None else value


def _profile(run: SyntheticRun) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true distance and height at the beginning of each second, and the grade in it."""
    seconds = run._seconds
    step_m, grade_pct = seconds["speed_mps"], seconds["grade_pct"]
    way_m = np.concatenate(([0.0], np.cumsum(step_m)))
    height_m = np.concatenate(([0.0], np.cumsum(step_m * grade_pct / 100.0)))
    return way_m, height_m, grade_pct


def _name(seed: int, run: SyntheticRun) -> str:
    return f"seed {seed}, {run.sampling}, altitude in steps of {run.altitude_step_m:g} m"


def _climbing_rows(where: str, runs: list[SyntheticRun], derived: list[DerivedSession]) -> list[Row]:
    rows = []
    for name in ("ascent_m", "descent_m"):
        cases = []
        for seed, (run, session) in enumerate(zip(runs, derived, strict=True)):
            # Drift is weather, not climbing, but no barometer can know.
            truth, ours = getattr(run.truth, name), getattr(session.measures, name)
            cases.append(Case(_name(seed, run), 100.0 * (ours / truth - 1.0), f"{ours:.1f} m, truth {truth:.1f} m"))
        rows.append(error_row(f"{name[:-2]}, hilly", where, cases, "%", percentile(90, 3, "%")))
    return rows


def _thinning_rows(where: str, runs: list[SyntheticRun]) -> list[Row]:
    cases = []
    for seed, run in enumerate(runs):
        every, smart = (
            derive(replace(run, sampling=sampling).recording(), NO_THRESHOLDS).measures.ascent_m
            for sampling in ("1s", "smart")
        )
        assert every is not None
        assert smart is not None
        cases.append(
            Case(_name(seed, run), 100.0 * (smart / every - 1.0), f"{smart:.1f} m smart, {every:.1f} m at 1 s")
        )
    return [error_row("ascent, 1 s thinned to smart", where, cases, "%", percentile(90, 3, "%"))]


def _steepness_rows(where: str, runs: list[SyntheticRun], derived: list[DerivedSession]) -> list[Row]:
    steepest, longest = [], []
    for seed, (run, session) in enumerate(zip(runs, derived, strict=True)):
        way_m, height_m, _ = _profile(run)
        starts_m = np.arange(0.0, way_m[-1] - 100.0, 1.0)
        rise_pct = np.interp(starts_m + 100.0, way_m, height_m) - np.interp(starts_m, way_m, height_m)
        for direction, truth in (("up", float(rise_pct.max())), ("down", float(-rise_pct.min()))):
            ours = _fact(session, f"max_grade_{direction}_100m_pct")
            steepest.append(Case(_name(seed, run), ours - truth, f"{direction} {ours:.2f} %, truth {truth:.2f} %"))
        truth, ours = _greatest_climb_m(height_m), _fact(session, "longest_climb_gain_m")
        longest.append(Case(_name(seed, run), ours - truth, f"{ours:.1f} m, truth {truth:.1f} m"))
    return [
        error_row("max 100 m grade, up and down", where, steepest, "pt", mean(1.2, "pt")),
        error_row("longest climb", where, longest, "m", percentile(90, 5, "m")),
    ]


def _greatest_climb_m(height_m: np.ndarray, drawdown_m: float = 5.0) -> float:
    """Return the greatest gain between two losses of `drawdown_m`."""
    best = 0.0
    low = high = float(height_m[0])
    for height in height_m.tolist():
        if high - height >= drawdown_m:
            low = high = height
        low, high = (height, height) if height < low else (low, max(high, height))
        best = max(best, high - low)
    return best


def _exposure_rows(where: str, runs: list[SyntheticRun], derived: list[DerivedSession]) -> list[Row]:
    """Hold the stretches of `climb` second by second against the true grade at 3 % or more."""
    both = ours_only = truth_only = 0
    off = []
    for run, session in zip(runs, derived, strict=True):
        way_m, _, grade_pct = _profile(run)
        for sign, direction in ((1.0, "up"), (-1.0, "down")):
            truth = sign * grade_pct >= CLIMB_PCT
            ours = np.zeros(len(truth), dtype=bool)
            for climb in session.climbs:
                if climb.direction == direction:
                    ours[int(climb.start_s) : int(climb.start_s + climb.duration_s)] = True
            both += int((truth & ours).sum())
            ours_only += int((ours & ~truth).sum())
            truth_only += int((truth & ~ours).sum())
        row_pct = session.samples.grade_pct
        length = min(len(row_pct), len(grade_pct))
        settled = _away_from_edges(way_m, grade_pct)[:length]
        off.append((row_pct[:length] - grade_pct[:length])[settled])
    errors = np.concatenate(off)
    return [
        ratio_row("hill exposure ≥3 %, recall, s", where, both + truth_only, both / (both + truth_only), at_least=0.95),
        ratio_row("hill exposure ≥3 %, precision, s", where, both + ours_only, both / (both + ours_only), at_least=0.8),
        most_row("grade, SD on even slopes", where, len(errors), float(np.nanstd(errors)), "pt", at_most=2),
    ]


def _away_from_edges(way_m: np.ndarray, grade_pct: np.ndarray) -> np.ndarray:
    """Return True for the seconds whose grade holds for 50 m before and behind."""
    here_m = way_m[:-1]
    edges_m = here_m[1:][np.diff(grade_pct) != 0]
    apart_m = np.abs(here_m[:, None] - edges_m[None, :]).min(axis=1) if len(edges_m) else np.full(len(here_m), np.inf)
    return apart_m > 50.0


def _flat_rows(where: str) -> list[Row]:
    metres = kilometres = 0.0
    steep, wrong = [], []
    for seed in range(RUNS):
        run = flat_run(seed)
        session = derive(run.recording(), NO_THRESHOLDS)
        false_m = sum(_fact(session, f"{direction}hill_2pct_m") for direction in ("up", "down"))
        if false_m:
            wrong.append(Case(f"seed {seed}, {run.sampling}", false_m, f"{false_m:.0f} m at 2 % or more"))
        metres, kilometres = metres + false_m, kilometres + run.truth.distance_m / 1000.0
        steepest = max(_fact(session, f"max_grade_{direction}_100m_pct") for direction in ("up", "down"))
        steep.append(Case(f"seed {seed}, {run.sampling}", steepest, f"{steepest:.2f} % on the flat"))
    return [
        most_row(
            f"hills on the flat, {NOISE_M:g} m of noise",
            where,
            RUNS,
            metres / kilometres,
            "m/km",
            at_most=0,
            missed=wrong,
        ),
        error_row("max 100 m grade on the flat", where, steep, "pt", percentile(95, 3, "pt")),
    ]


def _repeat_rows(where: str) -> list[Row]:
    """Run eight routes eight times each: how much do climbing and exposure vary by noise and sampling alone?"""
    words = {"ascent_m": "ascent", "uphill_4pct_m": "hill exposure ≥4 %"}
    spread: dict[str, list[Case]] = {name: [] for name in words}
    for route in range(8):
        found: dict[str, list[float]] = {name: [] for name in spread}
        for again in range(8):
            run = hilly_run(2 * route, noise_seed=100 * route + again)
            session = derive(replace(run, sampling="smart" if again % 2 else "1s").recording(), NO_THRESHOLDS)
            for name, values in found.items():
                values.append(_fact(session, name))
        slopes = ", ".join(f"{p.grade_pct:.1f}" for p in hilly_run(2 * route).parts if p.grade_pct > 0)
        for name, values in found.items():
            cv_pct = 100.0 * float(np.std(values) / np.mean(values))
            figures = f"{min(values):.0f} to {max(values):.0f} m in 8 runs; slopes of {slopes} %"
            spread[name].append(Case(f"route {route}", cv_pct, figures))
    return [
        error_row(f"{words[name]}, same route again (CV)", where, cases, "%", replace(mean(5, "%"), case_limit=5.0))
        for name, cases in spread.items()
    ]
