"""Accuracy on real files: our facts against the totals that the devices wrote into them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.copies import corpus_pairs
from benchmarks.real_runs import NO_THRESHOLDS, TOO_FAST_MPS, Real, gpx_distance_m, load, thinned, track_m
from benchmarks.table import (
    Case,
    Result,
    Row,
    device_rows,
    each,
    error_row,
    inside_row,
    median_and_p90,
    percentile,
    ratio_row,
)
from pipeline.model import GAITS
from pipeline.transforms import derive

if TYPE_CHECKING:
    from pathlib import Path

DATA_SET: Final = "corpus"
#: Times in a FIT file are whole seconds: below this length 0.5 % is less than one of them.
SHORTEST_TIMED_S: Final = 200.0
#: METRICS.md: ascent is held against runs of at least this much.
LEAST_CLIMB_M: Final = 50.0
#: A run is continuous where nearly all of its timer time is run.
CONTINUOUS_RATIO: Final = 0.95
#: No step of a runner is longer (3 m is a sprinter's at 12 m/s), nor shorter on average: a count beyond is another unit.
STEP_M: Final = (0.25, 3.0)
#: Totals that differ by this much from the altitude that they were made of contradict it.
CONTRADICTION_M: Final = 10.0
#: Share of rows with a position from which a GPX can be made; a track this far off the distance isn't what it is made of
#: (a foot pod, a calibrated stride).
LOCATED_RATIO: Final = 0.9
TRACK_OFF_PCT: Final = 2.0
#: A recording of fewer rows is a fragment.
LEAST_ROWS: Final = 60
SPLIT_KINDS: Final = {"stand": "still", "walk": "walk", "run": "run"}


def measure(corpus: Path) -> Result:
    """Hold every running recording of the corpus against its device."""
    real = load(corpus)
    result = Result()
    runs = [one for one in real if one.session.is_run]
    whole = [one for one in runs if one.damage is None]
    for one in runs:
        if one.damage is not None and one.recording.totals.distance_m is not None:
            result.left_out.append(f"{one.file}: damaged ({one.damage.reason}); its totals cover what is lost")
    fit = [one for one in whole if one.recording.format == "fit"]
    result.rows += _distance_and_time(fit, result)
    result.rows += _climbing(fit)
    result.rows += _steps(fit, result)
    result.rows += _gpx(fit)
    result.rows += _gait(fit)
    result.rows += _speed(whole, result)
    result.rows += corpus_pairs(real)
    return result


def _ratio_case(one: Real, ours: float, theirs: float, unit: str, reason: str | None = None) -> Case:
    figures = f"{ours:.1f} {unit}, device {theirs:.1f} {unit}"
    return Case(one.file, 100.0 * (ours / theirs - 1.0), figures, one.device, reason)


def _distance_and_time(runs: list[Real], result: Result) -> list[Row]:
    far, timed = [], []
    for one in runs:
        measures, totals = one.session.measures, one.recording.totals
        if measures.distance_m is not None and totals.distance_m:
            far.append(_ratio_case(one, measures.distance_m, totals.distance_m, "m"))
        if totals.timer_s and totals.timer_s >= SHORTEST_TIMED_S:
            timed.append(_ratio_case(one, measures.timer_s, totals.timer_s, "s"))
        elif totals.timer_s:
            result.left_out.append(
                f"{one.file}: timer {measures.timer_s:.1f} s, device {totals.timer_s:.1f} s; under "
                f"{SHORTEST_TIMED_S:.0f} s the whole seconds of FIT are more than 0.5 %"
            )
    return [
        error_row("distance, FIT", DATA_SET, far, "%", each(0.1, "%")),
        error_row("timer time", DATA_SET, timed, "%", each(0.5, "%")),
    ]


def _climbing(runs: list[Real]) -> list[Row]:
    rows = []
    for name in ("ascent", "descent"):
        cases = []
        for one in runs:
            measures, totals = one.session.measures, one.recording.totals
            ours, theirs = getattr(measures, f"{name}_m"), getattr(totals, f"{name}_m")
            if measures.altitude_source != "barometric" or ours is None or not theirs or theirs < LEAST_CLIMB_M:
                continue
            case = _ratio_case(one, ours, theirs, "m", _contradiction(one))
            cases.append(replace(case, is_missed=abs(ours - theirs) > max(10.0, 0.1 * theirs)))
        rows.append(error_row(f"{name}, barometer, ≥50 m", DATA_SET, cases, "%", median_and_p90(5, 15, "%")))
        rows += device_rows(f"{name}, barometer, ≥50 m", cases, "%")
        words = "≥90 % inside max(10 m, 10 %)"
        rows.append(inside_row(f"{name}, inside max(10 m, 10 %)", DATA_SET, cases, 0.9, words))
    cases = []
    for seed, one in enumerate(runs):
        ours, t_s = one.session.measures.ascent_m, one.recording.samples.t_s
        if ours is None or ours < LEAST_CLIMB_M or np.median(np.diff(t_s)) > 1.5:
            continue
        less = derive(thinned(one.recording, seed), NO_THRESHOLDS, None).measures.ascent_m
        figures = f"{less or 0.0:.1f} m thinned, {ours:.1f} m from every second"
        cases.append(Case(one.file, 100.0 * ((less or 0.0) / ours - 1.0), figures, one.device))
    rows.append(error_row("ascent, 1 s thinned to smart", DATA_SET, cases, "%", percentile(90, 3, "%")))
    return rows


def _contradiction(one: Real) -> str | None:
    """Say where the device's own totals don't add up to the change of its own altitude."""
    totals, altitude_m = one.recording.totals, one.recording.samples.altitude_m
    held = altitude_m[np.isfinite(altitude_m)]
    if totals.ascent_m is None or totals.descent_m is None or len(held) < 2:
        return None
    by_totals, by_altitude = totals.ascent_m - totals.descent_m, float(held[-1] - held[0])
    if abs(by_totals - by_altitude) <= CONTRADICTION_M:
        return None
    return (
        f"the device contradicts itself: from start to end {by_totals:+.0f} m by its totals, "
        f"{by_altitude:+.0f} m by its altitude"
    )


def _steps(runs: list[Real], result: Result) -> list[Row]:
    """Count steps from the cadence alone, as for a device without a count, and hold them against the device's count."""
    every, continuous = [], []
    for one in runs:
        totals, distance_m = one.recording.totals, one.session.measures.distance_m
        if not totals.step_count or not one.recording.samples.has("cadence_spm"):
            continue
        if distance_m and not STEP_M[0] <= distance_m / totals.step_count <= STEP_M[1]:
            result.left_out.append(
                f"{one.file}: the device's total of {totals.step_count} steps over {distance_m:.0f} m would be "
                f"{distance_m / totals.step_count:.1f} m a step; ours: {one.session.measures.step_count}"
            )
            continue
        blind = replace(one.recording, totals=replace(totals, step_count=None))
        measures = derive(blind, NO_THRESHOLDS, None).measures
        if measures.step_count is None:
            result.left_out.append(f"{one.file}: no step count can be made from its cadence")
            continue
        case = _ratio_case(one, measures.step_count, totals.step_count, "steps")
        every.append(case)
        if (measures.run_s or 0.0) >= CONTINUOUS_RATIO * measures.timer_s:
            continuous.append(case)
    return [
        error_row("steps from cadence, continuous runs", DATA_SET, continuous, "%", percentile(95, 1.5, "%")),
        error_row("steps from cadence, all runs", DATA_SET, every, "%"),
        *device_rows("steps from cadence, all runs", every, "%"),
    ]


def _gpx(runs: list[Real]) -> list[Row]:
    """Forget everything but positions and times, and hold the distance against the device's."""
    told, hidden = [], []
    for one in runs:
        total_m = one.recording.totals.distance_m
        if not total_m or np.isfinite(one.recording.samples.latitude_deg).mean() < LOCATED_RATIO:
            continue
        off_pct = 100.0 * (track_m(one.recording) / total_m - 1.0)
        reason = f"its own track is {off_pct:+.1f} % off its own distance" if abs(off_pct) > TRACK_OFF_PCT else None
        for cases, has_segments in ((told, True), (hidden, False)):
            metres = gpx_distance_m(one.recording, has_segments=has_segments)
            assert metres is not None
            cases.append(_ratio_case(one, metres, total_m, "m", reason))
    metric = "distance, positions of a FIT run as GPX"
    return [
        error_row(metric, DATA_SET, told, "%", median_and_p90(1, 3, "%")),
        error_row(f"{metric} without its pauses", DATA_SET, hidden, "%"),
    ]


def _gait(runs: list[Real]) -> list[Row]:
    """Compare second by second with the watch's own run/walk/stand stretches, where a file has two kinds or more."""
    pairs = [(_split_codes(one), one.session.samples.gait.astype(int)) for one in runs]
    pairs = [(truth[truth >= 0], ours[truth >= 0]) for truth, ours in pairs]
    pairs = [(truth, ours) for truth, ours in pairs if len(set(truth.tolist())) > 1]
    if not pairs:
        return []
    truth, ours = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    is_run, is_still = truth == GAITS.index("run"), truth == GAITS.index("still")
    right_run = float(((ours == GAITS.index("run")) == is_run).mean())
    where = f"{DATA_SET}, files with splits"
    rows = [
        ratio_row("run or not, by the watch's splits, s", where, len(truth), right_run, at_least=0.95),
        ratio_row(
            "run/walk/still, by the watch's splits, s", where, len(truth), float((truth == ours).mean()), at_least=0.95
        ),
    ]
    if is_still.any():
        found = float((ours[is_still] == GAITS.index("still")).mean())
        rows.append(
            ratio_row("still found, by the watch's splits, s", where, int(is_still.sum()), found, at_least=0.99)
        )
    return rows


def _split_codes(one: Real) -> np.ndarray:
    """Return the code of GAITS for each sample by the watch's splits, -1 where they say nothing."""
    t_s = one.session.samples.t_s
    truth = np.full(len(t_s), -1)
    for split in one.recording.splits:
        if split.kind in SPLIT_KINDS:
            inside = (t_s >= split.start_s) & (t_s < split.start_s + split.duration_s)
            truth[inside] = GAITS.index(SPLIT_KINDS[split.kind])
    return truth


def _speed(runs: list[Real], result: Result) -> list[Row]:
    """Count the runs whose "fastest 30 s" nobody here runs: GPS, not legs."""
    cases = []
    for one in runs:
        value = next((f.value for f in one.session.facts if f.name == "max_30s_speed_mps"), None)
        if value is None:
            continue
        if len(one.recording.samples) < LEAST_ROWS:
            result.left_out.append(
                f"{one.file}: {len(one.recording.samples)} rows are too few to hold a fastest 30 s; ours: {value:.2f} m/s"
            )
            continue
        figures = f"{value:.2f} m/s over 30 s"
        cases.append(Case(one.file, value, figures, one.device, is_missed=value > TOO_FAST_MPS))
    return [inside_row(f"fastest 30 s at {TOO_FAST_MPS:g} m/s or less", DATA_SET, cases, 1.0, "all")]
