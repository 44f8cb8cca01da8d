"""Window arithmetic, cut off at pauses."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.transforms.windows import Pieces, hysteresis, median_of_5, stretches, window_mean

FLAGS = st.lists(st.booleans(), min_size=1, max_size=60).map(np.array)


def test_a_mean_stops_at_the_border_of_its_piece():
    pieces = Pieces.from_breaks(np.array([True, False, False, True, False]))
    assert [1.0, 1.0, 1.0, 9.0, 9.0] == window_mean(np.array([1.0, 1, 1, 9, 9]), pieces, 5).tolist()


def test_a_mean_leaves_out_what_is_missing_and_what_is_masked():
    values, mask = np.array([1.0, np.nan, 3.0, 100.0]), np.array([True, True, True, False])
    assert [1.0, 2.0, 3.0, 3.0] == window_mean(values, Pieces.single(4), 3, mask).tolist()


@given(hnp.arrays(np.float64, st.integers(5, 40), elements=st.floats(-1e6, 1e6)))
def test_the_median_of_five_is_numpys(values: np.ndarray):
    expected = np.median(np.lib.stride_tricks.sliding_window_view(values, 5), axis=1)
    assert expected.tolist() == median_of_5(values)[2:-2].tolist()


@given(FLAGS, st.data())
def test_a_state_holds_between_on_and_off_and_ends_with_its_piece(is_on: np.ndarray, data: st.DataObject):
    """Against the plain loop that a state machine is."""
    draw = st.lists(st.booleans(), min_size=len(is_on), max_size=len(is_on)).map(np.array)
    is_off, is_break = data.draw(draw) & ~is_on, data.draw(draw)
    pieces = Pieces.from_breaks(is_break)
    state, expected = False, []
    for on, off, first in zip(is_on, is_off, pieces.is_first, strict=True):
        state = bool(on) or (state and not off and not first)
        expected.append(state)
    assert expected == hysteresis(is_on, is_off, pieces).tolist()


@given(FLAGS)
def test_stretches_cover_exactly_what_is_true(mask: np.ndarray):
    first, end = stretches(mask)
    covered = np.zeros(len(mask), dtype=bool)
    for a, b in zip(first, end, strict=True):
        covered[a:b] = True
    assert mask.tolist() == covered.tolist()
    assert all(gap >= 1 for gap in first[1:] - end[:-1])
