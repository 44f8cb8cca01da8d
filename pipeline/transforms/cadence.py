"""Steps: the mean running cadence, the loading cycles of each leg, and the minutes that matched-speed cadence may use.

A stride cycle is two steps: one loading of each hip. Cadence arrives here in steps a minute of both feet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Fact, FactDefinition
from pipeline.transforms.definitions import Transform, not_assessable
from pipeline.transforms.windows import stretches
from pipeline.units import STEPS_PER_STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.transforms.windows import BoolArray, IndexArray, Pieces
    from pipeline.transforms.workings import Workings

#: A device's own count of steps is believed between these shares of ours: it also counts the steps of slow walking, for
#: which Garmin writes a cadence of 0 (METRICS.md, traps), so it may be more; half or double is another unit.
MIN_BELIEVED_RATIO: Final = 0.75
MAX_BELIEVED_RATIO: Final = 1.75
#: Nobody steps faster on average: sprinters reach 280 a minute for seconds.
MAX_MEAN_SPM: Final = 240.0
#: Share of the timer time that the cadence must cover for a count made from it.
MIN_COVERAGE_RATIO: Final = 0.8

#: Minutes for matched-speed cadence (METRICS.md): the first 3 min left out, on the flat (2 %), running all through.
WARM_UP_S: Final = 180
MINUTE_S: Final = 60
FLAT_PCT: Final = 2.0
#: EVIDENCE.md section 3, "eligible minute": speed steady to 5 %; of 15 s means, since single seconds show GPS noise.
STEADY_CV_RATIO: Final = 0.05

_STEPS: Final = "the device's count; else cadence added up over timer time, holes up to 60 s bridged (METRICS.md)"

DEFINITIONS: Final = (
    FactDefinition(
        "mean_run_cadence_spm",
        "Mean steps a minute while running, walks left out.",
        "mean over running seconds, not over records: smart recording would bias it",
        error_abs=1.5,
    ),
    FactDefinition("step_count", "Steps of both feet, walking included.", _STEPS, error_ratio=0.015),
    FactDefinition("stride_cycle_count", "Gait cycles of one leg: steps / 2.", _STEPS, error_ratio=0.015),
    FactDefinition("run_stride_cycle_count", "Gait cycles of one leg while running.", _STEPS, error_ratio=0.02),
    FactDefinition("walk_stride_cycle_count", "Gait cycles of one leg outside running.", _STEPS, error_ratio=0.1),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a session, None where nothing tells them."""

    total_count: float | None
    run_count: float | None  #: by cadence; None without cadence
    detail: str


def count_steps(w: Workings) -> Steps:
    """Count steps: the device's own count where it is believable, else the cadence added up."""
    cadence_spm = w.grid.cadence_spm
    known = np.isfinite(cadence_spm)
    coverage = float(known.mean()) if len(known) else 0.0
    ours = float(np.nansum(cadence_spm) / 60.0) if known.any() else None
    run_rows = known & w.gait.is_run
    run = float(cadence_spm[run_rows].sum() / 60.0) if known.any() else None
    device = w.recording.totals.step_count
    if device is not None and _is_believable(
        float(device), ours if coverage >= MIN_COVERAGE_RATIO else None, len(known)
    ):
        # Both readings of the running are the cadence's; the device can't have fewer steps than were run.
        return Steps(float(device), None if run is None else min(run, float(device)), "the device's own count")
    if ours is None:
        return Steps(None, None, "neither steps nor cadence were recorded")
    if coverage < MIN_COVERAGE_RATIO:
        return Steps(None, None, f"cadence covers only {coverage:.0%} of the time")
    unbelieved = "" if device is None else f"; the device's count of {device} doesn't fit its cadence"
    return Steps(ours, run, f"cadence added up over timer time{unbelieved}")


def _is_believable(device: float, ours: float | None, rows: int) -> bool:
    if not 0 < device <= MAX_MEAN_SPM / 60.0 * max(rows, 1):
        return False
    return ours is None or ours == 0 or MIN_BELIEVED_RATIO <= device / ours <= MAX_BELIEVED_RATIO


def facts(w: Workings) -> Iterator[Fact]:
    """Yield cadence and counts."""
    yield _mean_cadence(w)
    steps = w.steps
    if steps.total_count is None:
        yield from not_assessable(DEFINITIONS[1:], steps.detail)
        return
    yield Fact("step_count", float(round(steps.total_count)), detail=steps.detail)
    yield Fact("stride_cycle_count", float(round(steps.total_count / STEPS_PER_STRIDE)), detail=steps.detail)
    if steps.run_count is None:
        yield from not_assessable(DEFINITIONS[3:], "no cadence was recorded: running and walking steps can't be parted")
        return
    walked = steps.total_count - steps.run_count
    yield Fact(
        "run_stride_cycle_count", float(round(steps.run_count / STEPS_PER_STRIDE)), detail="cadence while running"
    )
    yield Fact("walk_stride_cycle_count", float(round(walked / STEPS_PER_STRIDE)), detail="all steps but those run")


def _mean_cadence(w: Workings) -> Fact:
    mean_spm = mean_run_cadence_spm(w)
    if mean_spm is not None:
        return Fact("mean_run_cadence_spm", mean_spm)
    why = "no cadence was recorded" if not w.grid.has("cadence_spm") else "no second of running"
    return Fact("mean_run_cadence_spm", None, "not_assessable", why)


def mean_run_cadence_spm(w: Workings) -> float | None:
    """Return the mean cadence over running seconds; None without any."""
    held = w.grid.cadence_spm[w.gait.is_run & (w.grid.cadence_spm > 0)]
    return float(held.mean()) if len(held) else None


def steady_minutes(w: Workings) -> tuple[tuple[float, float, float], ...]:
    """Return the minutes that matched-speed cadence may use: (start_s, mean speed_mps, mean cadence_spm).

    Running all through, at a steady speed, after the warm-up, outside surges, on the flat. Where no barometer tells
    the slope the minute is kept: a hill there adds noise, leaving it out would leave such watches without an answer.
    """
    grid = w.grid
    eligible = w.gait.is_run & np.isfinite(grid.cadence_spm) & np.isfinite(grid.step_m)
    eligible &= ~(np.abs(w.grade_pct) > FLAT_PCT)
    eligible &= grid.t_s - (grid.t_s[0] if len(grid) else 0) >= WARM_UP_S
    for surge in w.surges:
        start, end = np.searchsorted(grid.t_s, (surge.start_s, surge.start_s + surge.duration_s))
        eligible[start:end] = False
    starts = _minute_starts(eligible, grid.pieces)
    if len(starts) == 0:
        return ()
    rows = starts[:, None] + np.arange(MINUTE_S)
    quarters_mps = grid.step_m[rows].reshape(len(starts), 4, -1).mean(axis=2)
    mean_mps, mean_spm = quarters_mps.mean(axis=1), grid.cadence_spm[rows].mean(axis=1)
    steady = (mean_mps > 0) & (quarters_mps.std(axis=1) <= STEADY_CV_RATIO * mean_mps)
    columns = (grid.t_s[starts][steady].astype(np.float64), mean_mps[steady], mean_spm[steady])
    return tuple(zip(*(column.tolist() for column in columns), strict=True))


def _minute_starts(eligible: BoolArray, pieces: Pieces) -> IndexArray:
    """Return the first rows of minutes of eligible rows, one after the other in each eligible stretch."""
    first, end = stretches(eligible, pieces)
    minutes = (end - first) // MINUTE_S
    starts = [a + MINUTE_S * np.arange(count) for a, count in zip(first, minutes, strict=True) if count]
    return np.concatenate(starts) if starts else first[:0]


TRANSFORM: Final = Transform("cadence", DEFINITIONS, facts)
