"""Laps of a TCX activity: when they ran, where the timer stood still, what the device added up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from connectors.cadence import STEPS_WHILE_RUNNING
from connectors.channels import usable_times
from connectors.xml_points import instant, number, utc_seconds
from pipeline.model import DeviceTotals, Lap, TimerEvent
from pipeline.units import STEPS_PER_STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.tcx_scan import TcxActivity, TcxLap
    from pipeline.model import FloatArray

#: Smart recording leaves up to about 8 s between points; a longer gap may be a pause.
MAX_RECORDING_GAP_S: Final = 10.0
#: Gaps explain the time that a timer left out when no more than this remains: each is longer than its pause by up to
#: one sampling interval.
MIN_LEFT_S: Final = 3.0
MAX_LEFT_RATIO: Final = 0.1

#: TCX word -> FIT profile word (`lap_trigger`, `intensity`).
_TRIGGERS: Final = {"location": "position_lap"}
_INTENSITIES: Final = {"resting": "rest"}


@dataclass(frozen=True, slots=True)
class TimedLap:
    """One lap with its numbers; None where the file gives none, or none that can be."""

    start_utc_s: float | None
    spans: tuple[tuple[float, float], ...]  #: first and last usable time of each of its tracks, seconds since 1970 UTC
    timer_s: float | None
    distance_m: float | None
    heart_rate_bpm: float | None
    cadence_spm: float | None
    step_count: int | None  #: Garmin's LX/Steps counts both feet in runs (and turns of the crank in rides)
    trigger: str | None
    intensity: str | None

    @property
    def breaks(self) -> Iterator[tuple[float, float]]:
        """Return the ends and beginnings (seconds since 1970 UTC) between which a new Track was opened."""
        return ((stop, start) for (_, stop), (start, _) in pairwise(self.spans) if start > stop)


@dataclass(frozen=True, slots=True)
class Breaks:
    """Where the timer was stopped and started again."""

    events: tuple[TimerEvent, ...]
    found_count: int  #: pauses that the file tells only by the lap's timer


def timed_laps(activity: TcxActivity, times: FloatArray) -> list[TimedLap]:
    """Read the laps of an activity.

    Args:
        activity: as scanned.
        times: (n,) seconds since 1970 UTC of all points of the document, NaN where unusable.
    """
    return [_timed(lap, times) for lap in activity.laps]


def _timed(lap: TcxLap, times: FloatArray) -> TimedLap:
    texts = lap.texts
    parts = [times[first:end] for first, end in lap.tracks]
    spans = tuple((float(np.nanmin(part)), float(np.nanmax(part))) for part in parts if np.isfinite(part).any())
    start = instant(lap.start_text)
    start_utc_s = float(usable_times(np.array([utc_seconds(start)]))[0]) if start else math.nan
    steps = _positive(texts.get(("lx", "steps")))
    return TimedLap(
        start_utc_s=start_utc_s if math.isfinite(start_utc_s) else next((first for first, _ in spans), None),
        spans=spans,
        timer_s=_positive(texts.get(("lap", "totaltimeseconds"))),
        distance_m=_positive(texts.get(("lap", "distancemeters"))),
        heart_rate_bpm=_positive(texts.get(("averageheartratebpm", "value"))) or None,
        cadence_spm=_steps(_positive(texts.get(("lx", "avgruncadence"), texts.get(("lap", "cadence"))))),
        step_count=None if steps is None else round(steps),
        trigger=_word(texts.get(("lap", "triggermethod")), _TRIGGERS),
        intensity=_word(texts.get(("lap", "intensity")), _INTENSITIES),
    )


def laps_of(timed: Sequence[TimedLap], start_utc_s: float, last_s: float) -> tuple[Lap, ...]:
    """Return the laps in seconds since the recording's start; `last_s` is its last sample's."""
    starts: list[float] = []
    for index, lap in enumerate(timed):
        follows_s = starts[-1] + (timed[index - 1].timer_s or 0.0) if starts else 0.0
        start_s = follows_s if lap.start_utc_s is None else max(lap.start_utc_s - start_utc_s, 0.0)
        starts.append(round(start_s, 6))
    ends: list[float | None] = [*starts[1:], last_s if timed and timed[-1].spans else None]
    return tuple(
        Lap(
            start_s=start_s,
            elapsed_s=None if end_s is None or end_s < start_s else round(end_s - start_s, 6),
            timer_s=lap.timer_s,
            distance_m=lap.distance_m,
            trigger=lap.trigger,
            intensity=lap.intensity,
            workout_step_index=None,
            step_count=lap.step_count,
        )
        for lap, start_s, end_s in zip(timed, starts, ends, strict=True)
    )


def timer_events_of(timed: Sequence[TimedLap], laps: Sequence[Lap], t_s: FloatArray, start_utc_s: float) -> Breaks:
    """Find where the timer stood still.

    A new Track inside a lap says so. Garmin Connect writes none, but each lap says how long the timer ran: where a few
    gaps between points add up to what the timer leaves out, those gaps are the pauses.

    Args:
        timed: the laps as the file gives them.
        laps: the same as `laps_of` returns them.
        t_s: (n,) times of the samples, seconds since the recording's start.
        start_utc_s: that start.
    """
    told = [(stop - start_utc_s, start - start_utc_s) for lap in timed for stop, start in lap.breaks]
    found = [gap for lap in laps for gap in _left_out(lap, t_s, told)]
    events: list[TimerEvent] = []
    for stop_s, start_s in sorted({*told, *found}):
        if 0 <= stop_s < start_s and (not events or stop_s >= events[-1].t_s):
            events.append(TimerEvent(round(stop_s, 6), is_start=False))
            events.append(TimerEvent(round(start_s, 6), is_start=True))
    return Breaks(tuple(events), len(found))


def _left_out(lap: Lap, t_s: FloatArray, told: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the gaps that explain what a lap's timer leaves out, none where no few of them do."""
    if lap.elapsed_s is None or lap.timer_s is None:
        return []
    told_s = sum(start_s - stop_s for stop_s, start_s in told if 0 <= stop_s - lap.start_s < lap.elapsed_s)
    missing_s = left_s = lap.elapsed_s - lap.timer_s - told_s
    gaps_s = np.diff(t_s)
    inside = (t_s[:-1] >= lap.start_s) & (t_s[:-1] < lap.start_s + lap.elapsed_s) & (gaps_s > MAX_RECORDING_GAP_S)
    if missing_s <= MAX_RECORDING_GAP_S:
        return []
    chosen = []
    for index in sorted(np.flatnonzero(inside), key=lambda index: -gaps_s[index]):
        if gaps_s[index] <= left_s + MAX_RECORDING_GAP_S:
            chosen.append((float(t_s[index]), float(t_s[index + 1])))
            left_s -= float(gaps_s[index])
        if left_s <= MIN_LEFT_S:
            break
    return chosen if abs(left_s) <= MIN_LEFT_S + MAX_LEFT_RATIO * missing_s else []


def totals_of(timed: Sequence[TimedLap], *, is_on_foot: bool) -> DeviceTotals:
    """Add up what the device says of its laps; a total of which one lap lacks its part is None."""
    steps = [lap.step_count for lap in timed]
    mean_cadence_spm = _weighted([(lap.cadence_spm, lap.timer_s) for lap in timed])
    return DeviceTotals(
        distance_m=_sum([lap.distance_m for lap in timed]),
        timer_s=_sum([lap.timer_s for lap in timed]),
        step_count=sum(filter(None, steps)) if is_on_foot and None not in steps else None,
        mean_cadence_spm=mean_cadence_spm if is_on_foot else None,
        mean_heart_rate_bpm=_weighted([(lap.heart_rate_bpm, lap.timer_s) for lap in timed]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _weighted(pairs: Sequence[tuple[float | None, float | None]]) -> float | None:
    known = [(value, weight) for value, weight in pairs if value is not None and weight]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _steps(cadence: float | None) -> float | None:
    """A lap's mean cadence is of one leg unless it is too high for one."""
    if cadence is None:
        return None
    return cadence if cadence >= STEPS_WHILE_RUNNING else cadence * STEPS_PER_STRIDE


def _positive(text: str | None) -> float | None:
    value = None if text is None else number(text)
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def _word(text: str | None, words: dict[str, str]) -> str | None:
    lowered = (text or "").strip().lower()
    return words.get(lowered, lowered) or None
