"""What stands between the seconds and the picture: bins that lose no stride, axes with round words, folded pauses."""

from __future__ import annotations

from itertools import pairwise

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reports.charts import theme
from pipeline.reports.charts.scales import TimeAxis, clock, core, pace_ticks, padded, ticks
from pipeline.warehouse.catalog import query


def binned(seconds: list[dict], bin_count: int = 300) -> list[dict]:
    """Run the query of a session's chart over seconds made by hand."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table sample (session_id varchar, t_s integer, speed_mps float, altitude_m float, cadence_spm float, "
            "heart_rate_bpm float, gait varchar)"
        )
        rows = [
            ("aaa", one["t_s"], one.get("v"), one.get("a"), one.get("c"), one.get("h"), one.get("gait"))
            for one in seconds
        ]
        columns = {f"c{place}": list(column) for place, column in enumerate(zip(*rows, strict=True))}
        connection.execute(f"insert into sample select {', '.join(f'unnest(${name})' for name in columns)}", columns)
        cursor = connection.execute(query("chart_session_samples"), {"session_id": "aaa", "bin_count": bin_count})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_a_short_stride_in_a_long_run_does_not_vanish():
    """Eight seconds in five hours: the bin's fastest second is the stride's."""
    found = binned([{"t_s": t, "v": 4.5 if 9000 <= t < 9008 else 2.5, "gait": "run"} for t in range(18_000)])
    assert 300 == len(found)
    assert [4.5] == [row["high_speed_mps"] for row in found if row["start_s"] <= 9000 < row["end_s"]]
    assert 2.5 == min(row["low_speed_mps"] for row in found)


def test_no_bin_reaches_across_a_pause():
    """What lies on both sides of it is never averaged."""
    seconds = [{"t_s": t, "v": 2.5} for t in range(1000)] + [{"t_s": t, "v": 3.5} for t in range(1300, 2000)]
    found = binned(seconds)
    assert {0: 1000, 1: 2000} == {row["piece"]: row["end_s"] for row in found}
    assert {2.5, 3.5} == {row["speed_mps"] for row in found}


def test_a_second_or_two_without_a_row_is_no_pause():
    """Smart recording and a lost packet don't cut the line."""
    assert {0} == {row["piece"] for row in binned([{"t_s": t, "v": 2.5} for t in range(0, 600, 3)])}


def test_the_cadence_is_that_of_the_running():
    """Walk breaks have steps, too: they are not what the band is held against."""
    found = binned(
        [{"t_s": t, "v": 2.5, "c": 170.0 if t < 3 else 112.0, "gait": "run" if t < 3 else "walk"} for t in range(6)], 1
    )
    assert [(170.0, 170.0)] == [(row["cadence_spm"], row["low_cadence_spm"]) for row in found]


def test_what_a_bin_does_not_know_is_missing():
    """NULL, not 0."""
    row = binned([{"t_s": 0}])[0]
    assert {None} == {row[name] for name in ("speed_mps", "altitude_m", "cadence_spm", "heart_rate_bpm")}


@given(
    low=st.floats(0.83, 3.0), span=st.floats(0.5, 5.0), height=st.integers(60, 400)
)  # fmt: skip
def test_pace_labels_are_inside_and_apart(low, span, height):
    """Whatever the axis, no label lies on another, and each says the pace at its place."""
    found = pace_ticks(low, low + span, height)
    places = sorted(found)
    assert all(low - 1e-3 <= place <= low + span + 1e-3 for place in places)
    assert all(b - a >= 15.9 * span / height for a, b in pairwise(places))
    assert all(clock(1000 / place) == text for place, text in found.items())


def test_paces_that_people_know_come_first():
    """6:00 before 5:50."""
    assert {"5:00", "6:00", "7:00"} <= set(pace_ticks(2.2, 3.6, 150).values())


@given(low=st.floats(-100, 1000), span=st.floats(0.5, 5000), count=st.integers(2, 8))
def test_ticks_are_round_inside_and_few(low, span, count):
    """1, 2, 5 and their tens."""
    found = ticks((low, low + span), count)
    assert len(found) <= count + 1
    assert all(low - span / 1000 <= one <= low + span * 1.001 for one in found)


def test_an_axis_holds_its_values_and_is_not_too_narrow():
    """A wobble of half a beat doesn't fill the panel, and missing values don't count."""
    low, high = padded([100.0, None, 100.5], least_span=30.0)
    assert low < 100.0
    assert high > 100.5
    assert high - low >= 30
    assert 0.0 == padded([1.0], least_span=30.0, floor=0.0)[0]


def test_an_axis_need_not_reach_for_one_second():
    """The step in which somebody starts to run is drawn at the edge, not at the cost of everything else."""
    assert core([120.0, *[170.0] * 199])[0] > 160
    assert [120.0, 170.0] == core([120.0, 170.0])
    assert [] == core([])


@given(st.lists(st.tuples(st.integers(1, 4000), st.integers(1, 40_000)), max_size=12))
def test_times_keep_their_order_on_a_folded_axis(stretches):
    """However many pauses: later is further right, running keeps its length, a pause takes at most its part."""
    gaps, now = [], 0.0
    for run_s, pause_s in stretches:
        gaps.append((now + run_s, now + run_s + pause_s))
        now = gaps[-1][1]
    axis = TimeAxis.over(now + 600, gaps)
    places = [axis.at(time) for gap in gaps for time in gap]
    assert places == sorted(places)
    active = now + 600 - sum(end - start for start, end in gaps)
    assert all(axis.at(end) - axis.at(start) <= max(60.0, 0.06 * active) + 0.02 for start, end in gaps)
    assert pytest.approx(600, abs=0.05) == axis.length - axis.at(now)


def test_labels_of_time_stand_apart():
    """On a phone as on a page, for a minute as for a day."""
    for duration in (5, 60, 1800, 7200, 43_200, 400_000):
        for width in (260, 660):
            axis = TimeAxis.over(duration, [])
            at = sorted(axis.ticks(width))
            assert 1 <= len(at) <= width / 30
            assert all((b - a) * width / axis.length >= 30 for a, b in pairwise(at))


def test_long_texts_are_wrapped_and_endless_words_cut():
    """A name without a blank doesn't leave the page."""
    lines = theme.wrapped("a " + "x" * 300 + " b", 200)
    assert max(map(len, lines)) <= 200 / (0.52 * 11)
    assert "".join(lines).replace(" ", "") == "a" + "x" * 300 + "b"
    assert [] == theme.wrapped("   ", 200)
