"""Window arithmetic on one-second rows that never looks across a pause.

Rows come in *pieces*: stretches of consecutive seconds without a pause or a hole. Every window here is cut off at the
borders of its row's piece, because what lies on the other side of a pause is another minute of the day
(FAILURES.md, "smoothing across intervals and pauses").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipeline.model import FloatArray

BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pieces:
    """For each row the first row of its piece, the row after its last, and whether it is the first itself."""

    start: IndexArray
    end: IndexArray
    is_first: BoolArray
    #: The windows that were asked for, since a session is looked at through a few of them many times.
    windows: dict[tuple[int, int], tuple[IndexArray, IndexArray]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def from_breaks(cls, is_break: BoolArray) -> Pieces:
        """Build from one flag a row: True where a new piece begins (the first row always does)."""
        count = len(is_break)
        if count == 0:
            empty = np.zeros(0, dtype=np.intp)
            return cls(empty, empty, is_break)
        is_break = is_break.copy()
        is_break[0] = True
        firsts = np.flatnonzero(is_break)
        lasts = np.append(firsts[1:], count)
        lengths = lasts - firsts
        return cls(np.repeat(firsts, lengths), np.repeat(lasts, lengths), is_break)

    @classmethod
    def single(cls, count: int) -> Pieces:
        """Build one piece that holds all rows."""
        return cls.from_breaks(np.zeros(count, dtype=np.bool_))


def bounds(pieces: Pieces, before: int, after: int) -> tuple[IndexArray, IndexArray]:
    """Return the half-open window [row - before, row + after) of every row, cut off at its piece."""
    if (before, after) not in pieces.windows:
        rows = np.arange(len(pieces.start))
        low, high = np.maximum(rows - before, pieces.start), np.minimum(rows + after, pieces.end)
        low.flags.writeable = high.flags.writeable = False  # whoever asks next has the same ones
        pieces.windows[before, after] = (low, high)
    return pieces.windows[before, after]


def window_sum(values: FloatArray, low: IndexArray, high: IndexArray) -> FloatArray:
    """Return the sum of `values[low:high]` for each pair; `values` must be finite."""
    total = np.zeros(len(values) + 1)
    np.cumsum(values, out=total[1:])
    return total.take(high) - total.take(low)


def window_mean(values: FloatArray, pieces: Pieces, width: int, mask: BoolArray | None = None) -> FloatArray:
    """Return the mean of the finite (and unmasked-in) values of the window of `width` rows around each row.

    Args:
        values: one value a row; NaN is left out.
        pieces: the windows are cut off at their borders.
        width: rows of the whole window; an even one reaches one row further back.
        mask: True where a row counts; None counts all.

    Returns:
        The means; NaN where no row of the window counts.
    """
    low, high = bounds(pieces, width // 2, width - width // 2)
    counts = np.isfinite(values) if mask is None else np.isfinite(values) & mask
    if counts.all():
        mean: FloatArray = window_sum(values, low, high) / np.maximum(high - low, 1)
        return mean
    held = window_sum(counts.astype(np.float64), low, high)
    total = window_sum(np.where(counts, values, 0.0), low, high)
    return np.where(held > 0.5, total / np.maximum(held, 1.0), np.nan)


def median_of_5(values: FloatArray) -> FloatArray:
    """Return the running median of five rows; the two rows at either end keep their own value. NaN spreads.

    A sorting network of minima and maxima: twenty times faster than sorting windows.
    """
    if len(values) < 5:
        return values.copy()
    a, b, c, d, e = (values[i : len(values) - 4 + i] for i in range(5))
    low, high = np.minimum(a, b), np.maximum(a, b)
    low2, high2 = np.minimum(d, e), np.maximum(d, e)
    inner_low, inner_high = np.maximum(low, low2), np.minimum(high, high2)
    middle = np.maximum(np.minimum(inner_low, inner_high), np.minimum(np.maximum(inner_low, inner_high), c))
    out = values.copy()
    out[2:-2] = middle
    return out


def hysteresis(is_on: BoolArray, is_off: BoolArray, pieces: Pieces) -> BoolArray:
    """Return a state that switches on at `is_on`, off at `is_off` and holds in between; off at each piece's start."""
    decided = np.flatnonzero(is_on | is_off | pieces.is_first)  # the first row always is
    lengths = np.diff(decided, append=len(is_on))
    state: BoolArray = np.repeat(is_on[decided] & ~is_off[decided], lengths)
    return state


def stretches(mask: BoolArray, pieces: Pieces | None = None) -> tuple[IndexArray, IndexArray]:
    """Return the first row and the row after the last of every stretch of True, broken at the pieces' borders."""
    if len(mask) == 0:
        empty = np.zeros(0, dtype=np.intp)
        return empty, empty
    first, last = mask.copy(), mask.copy()
    changes = mask[1:] != mask[:-1]
    if pieces is not None:
        changes |= pieces.is_first[1:]
    first[1:] &= changes
    last[:-1] &= changes
    return np.flatnonzero(first), np.flatnonzero(last) + 1
