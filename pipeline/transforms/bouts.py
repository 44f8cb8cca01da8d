"""A bout of faster running before it has a kind, and the looks at the session around it that all detectors share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pipeline.model import FloatArray
    from pipeline.transforms.workings import Workings

#: Seconds before a bout that stand for "the steps before" and "the speed before".
BEFORE_S: Final = 25
#: Seconds between those and the bout: the acceleration.
RAMP_S: Final = 5


@dataclass(frozen=True, slots=True)
class Bout:
    """Rows [first, end) of a stretch that is faster than what is around it."""

    first: int
    end: int
    is_possible_only: bool = False
    detail: str | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.end - self.first

    @property
    def rows(self) -> slice:
        """The rows, to index columns with."""
        return slice(self.first, self.end)

    def overlaps(self, other: Bout) -> bool:
        """Return whether the two share a row."""
        return self.first < other.end and other.first < self.end


def seconds(w: Workings, bout: Bout) -> float:
    """Return the length of a bout by the clock."""
    return float(w.grid.t_s[bout.end - 1] + 1 - w.grid.t_s[bout.first])


def mean_speed_mps(w: Workings, bout: Bout) -> float:
    """Return the mean speed over a bout; NaN without any known second."""
    return _mean(w.grid.step_m[bout.rows])


def mean_grade_pct(w: Workings, bout: Bout) -> float | None:
    """Return the mean slope over a bout, None without a barometer."""
    grade_pct = _mean(w.grade_pct[bout.rows])
    return None if np.isnan(grade_pct) else grade_pct


def cadence_rise_spm(w: Workings, bout: Bout) -> float | None:
    """Return by how much the steps are quicker than before the bout; None where cadence doesn't tell."""
    stop = max(bout.first - RAMP_S, 0)
    rise_spm = _middle(w.grid.cadence_spm[bout.rows]) - _middle(w.grid.cadence_spm[max(stop - BEFORE_S, 0) : stop])
    return None if np.isnan(rise_spm) else rise_spm


def sharpened(w: Workings, bout: Bout, room_s: int = 12) -> Bout:
    """Return the bout with its edges where the speed is half way between outside and inside.

    A smoothed speed crosses a fixed threshold early for a fast bout and late for a slow one; half height is unbiased.
    Only `room_s` around each edge is looked at: a dip in the middle of a long bout is no edge.
    """
    speed_mps = w.speed_11s_mps
    low = max(bout.first - room_s, int(w.grid.pieces.start[bout.first]))
    high = min(bout.end + room_s, int(w.grid.pieces.end[bout.end - 1]))
    inside = _middle(speed_mps[bout.rows])
    reach = min(room_s, len(bout) // 2)
    first, end = bout.first, bout.end
    before, after = speed_mps[low : first + reach], speed_mps[end - reach : high]
    slow_before = np.flatnonzero(before < (lowest(before) + inside) / 2)
    slow_after = np.flatnonzero(after < (lowest(after) + inside) / 2)
    if len(slow_before):
        first = low + int(slow_before[-1]) + 1
    if len(slow_after):
        end = bout.end - reach + int(slow_after[0])
    return Bout(first, max(end, first + 1), bout.is_possible_only, bout.detail)


def lowest(values: FloatArray) -> float:
    """Return the lowest known value; NaN where there is none."""
    return float(np.fmin.reduce(values)) if len(values) else float("nan")


def _mean(values: FloatArray) -> float:
    held = values[np.isfinite(values)]
    return float(held.sum() / len(held)) if len(held) else float("nan")


def _middle(values: FloatArray) -> float:
    """Return the median of the known values (the upper one of two middles); NaN where there is none."""
    held = np.sort(values[np.isfinite(values)])
    return float(held[len(held) // 2]) if len(held) else float("nan")
