"""Axes: paces at round minutes on a scale of speed, round numbers, and a time axis that folds long pauses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.units import mps_from_pace, pace_from_mps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Paces that people think in, s/km, the rounder first.
_ROUND_PACES_S_PER_KM: Final = (
    (240, 300, 360, 420, 480, 600, 900),
    (180, 210, 270, 330, 390, 540, 720, 1200),
    (150, 165, 195, 225, 255, 285, 315, 345, 375, 405, 450),
)
#: Room that one label of an axis needs above the next.
_LABEL_PX: Final = 16

_ROUND_TIMES_S: Final = (
    10, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
)  # fmt: skip

#: A pause longer than this part of the running is drawn as this much: an hour in a café must not squeeze the run.
PAUSE_SHARE_RATIO: Final = 0.06
#: A pause shorter than this is drawn as long as it was.
FOLD_FROM_S: Final = 60.0


def clock(seconds_s: float) -> str:
    """Return m:ss, or h:mm:ss from an hour on."""
    minutes, seconds = divmod(round(seconds_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def pace_text(speed_mps: float) -> str:
    """Return a speed as m:ss, minutes a kilometre."""
    return clock(pace_from_mps(speed_mps))


def pace_ticks(low_mps: float, high_mps: float, height_px: int) -> dict[float, str]:
    """Return speed -> label for round paces inside an axis, none nearer to another than a label is high."""
    apart_mps = (high_mps - low_mps) * _LABEL_PX / height_px
    chosen: list[float] = []
    for paces in _ROUND_PACES_S_PER_KM:
        for pace in paces:
            speed = mps_from_pace(pace)
            if low_mps <= speed <= high_mps and all(abs(speed - other) >= apart_mps for other in chosen):
                chosen.append(speed)
    return {round(speed, 4): pace_text(speed) for speed in sorted(chosen)}


def _round_step(span: float, count: int) -> float:
    """Return the 1-2-5 step that divides a span into at most `count` parts."""
    rough = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * part for part in (1, 2, 5, 10) if power * part >= rough * 0.999)


def ticks(ends: tuple[float, float], count: int) -> list[float]:
    """Return round numbers inside an axis, about `count` at most."""
    low, high = ends
    step = _round_step(high - low, count)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 6) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def padded(values: Iterable[float | None], *, least_span: float, floor: float | None = None) -> tuple[float, float]:
    """Return the ends of an axis that holds all values with a little room, and is not narrower than `least_span`."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    room = max(0.06 * (high - low), (least_span - (high - low)) / 2)
    low, high = low - room, high + room
    return (low if floor is None else max(low, floor)), high


def core(values: Sequence[float]) -> list[float]:
    """Return the ends of nearly all values: an axis need not reach for the second in which a runner starts or stops."""
    if len(values) < 20:
        return [min(values), max(values)] if values else []
    return [float(end) for end in np.percentile(values, (2.0, 99.5))]


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Seconds since the start -> place on the axis; long pauses are folded."""

    knots_s: Sequence[float]
    places: Sequence[float]

    @classmethod
    def over(cls, duration_s: float, gaps: Sequence[tuple[float, float]]) -> TimeAxis:
        """Lay an axis over a session with its pauses (start_s, end_s), in order, not touching each other."""
        active_s = max(1.0, duration_s - sum(end - start for start, end in gaps))
        most_s = max(FOLD_FROM_S, PAUSE_SHARE_RATIO * active_s)
        knots, places = [0.0], [0.0]
        for start, end in [*gaps, (duration_s, duration_s)]:
            places.append(places[-1] + max(0.0, start - knots[-1]))
            knots.append(start)
            places.append(places[-1] + min(end - start, most_s))
            knots.append(end)
        return cls(knots, places)

    @property
    def length(self) -> float:
        """The axis's end."""
        return max(1.0, self.places[-1])

    def at(self, time_s: float) -> float:
        """Return the place of one instant."""
        return round(float(np.interp(time_s, self.knots_s, self.places)), 2)

    def ticks(self, width_px: int) -> dict[float, str]:
        """Return place -> label; none so near to another that they touch, none inside a fold but its ends."""
        total_s = self.knots_s[-1]
        room = 52 if total_s >= 3600 else 40
        most = max(2, width_px // room)
        step = next((one for one in _ROUND_TIMES_S if self.length / one <= most), _ROUND_TIMES_S[-1])
        while total_s / step > 5000:  # a watch left on for weeks: folded, but counted through
            step *= 2
        found: dict[float, str] = {}
        last = -math.inf
        for place in range(int(total_s // step) + 1):
            at = self.at(place * step)
            if (at - last) * width_px / self.length >= room * 0.8:
                found[at], last = clock(place * step), at
        return found
