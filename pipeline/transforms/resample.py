"""Recorded instants to whole seconds, channel by channel, never across a pause and never across a long hole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import FloatArray
    from pipeline.transforms.windows import IndexArray

#: At the edge of a long hole the nearest value holds this long.
HOLD_S: Final = 2.0
#: A record this much outside the running timer still belongs to it: events and records are written in whole seconds.
EDGE_SLACK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """For each row the known values beside it, as long as the same stretch of running timer holds them."""

    left: IndexArray
    right: IndexArray
    to_left_s: FloatArray  #: infinite where the stretch holds no known value before the row
    to_right_s: FloatArray


class Resampler:
    """Interpolates columns of one recording onto rows; remembers the neighbours of each pattern of known values."""

    def __init__(self, t_s: FloatArray, t_row: FloatArray, spans: FloatArray) -> None:
        """Take the recorded instants, the rows, and the stretches of running timer in which the rows lie."""
        self._t_s, self._t_row = t_s, t_row
        at = np.searchsorted(spans[:, 0], t_row, side="right") - 1
        self._start_s, self._end_s = spans[at, 0], spans[at, 1]
        self._known: dict[bytes, _Neighbours] = {}
        self._is_each_row_recorded = np.array_equal(t_s, t_row)

    def __call__(self, values: FloatArray, max_hole_s: float) -> FloatArray:
        """Return the values at the rows; NaN inside holes longer than `max_hole_s`, but for HOLD_S at their edges.

        Where a pause cuts a hole off, the value on this side of it holds up to the pause (smart recording writes the
        first record after a start some seconds late).
        """
        known = np.isfinite(values)
        if not known.any() or len(self._t_row) == 0:
            return np.full(len(self._t_row), np.nan)
        if self._is_each_row_recorded and known.all():
            return values.copy()
        t = self._t_s if known.all() else self._t_s[known]
        held = values if len(t) == len(values) else values[known]
        out = np.interp(self._t_row, t, held)
        if self._is_without_holes(t, max_hole_s):
            return out
        beside = self._neighbours(known, t)
        odd = np.flatnonzero(beside.to_left_s + beside.to_right_s > max_hole_s)
        if len(odd):
            out[odd] = self._held(odd, beside, held, max_hole_s)
        return out

    def _is_without_holes(self, t: FloatArray, max_hole_s: float) -> bool:
        """Return whether each row surely lies between two known values that are near: the cheap look."""
        first_s, last_s = self._t_row[0], self._t_row[-1]
        return bool(
            self._start_s[0] == self._start_s[-1]
            and self._start_s[0] - EDGE_SLACK_S <= t[0] <= first_s
            and last_s <= t[-1] <= self._end_s[0] + EDGE_SLACK_S
            and np.diff(t).max(initial=0.0) < max_hole_s
        )

    def _held(self, rows: IndexArray, beside: _Neighbours, held: FloatArray, max_hole_s: float) -> FloatArray:
        """Return the nearest value of rows without a neighbour on each side, NaN where it is too far."""
        to_left, to_right = beside.to_left_s[rows], beside.to_right_s[rows]
        at_start = np.isinf(to_left) & (self._t_row[rows] - self._start_s[rows] <= max_hole_s)
        at_end = np.isinf(to_right) & (self._end_s[rows] - self._t_row[rows] <= max_hole_s)
        reach_s = np.where(at_start | at_end, max_hole_s, HOLD_S)
        nearest = np.where(to_left <= to_right, beside.left[rows], beside.right[rows])
        return np.where(np.minimum(to_left, to_right) <= reach_s, held[nearest], np.nan)

    def _neighbours(self, known: NDArray[np.bool_], t: FloatArray) -> _Neighbours:
        key = known.tobytes()
        if key not in self._known:
            right = np.searchsorted(t, self._t_row, side="left")
            left = np.maximum(right - 1, 0)
            right = np.minimum(right, len(t) - 1)
            left = np.where(t[right] == self._t_row, right, left)
            to_left, to_right = self._t_row - t[left], t[right] - self._t_row
            to_left[(to_left < 0) | (t[left] < self._start_s - EDGE_SLACK_S)] = np.inf
            to_right[(to_right < 0) | (t[right] > self._end_s + EDGE_SLACK_S)] = np.inf
            self._known[key] = _Neighbours(left, right, to_left, to_right)
        return self._known[key]
