"""Which recordings are copies of one session: by the minutes they share, whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates import Copy, group_copies, shared_ratio


def copy(name: str, start: int, minutes: int, **changed: object) -> Copy:
    """Return a recording of some minutes in a row."""
    fields = {
        "recording_id": name, "content_sha256": f"sha of {name}", "file_format": "fit", "sample_count": 60 * minutes,
        "has_barometer": False, "has_cadence": True, "recorded_minutes": np.arange(start, start + minutes, dtype=np.int32),
    }  # fmt: skip
    return Copy(**{**fields, **changed})


def grouped(copies: list[Copy]) -> list[list[str]]:
    return [[one.recording_id for one in group] for group in group_copies(copies).groups]


COPIES = st.lists(
    st.builds(
        copy,
        st.uuids().map(str),
        st.integers(0, 200),
        st.integers(0, 60),
        file_format=st.sampled_from(["fit", "gpx", "tcx"]),
        has_barometer=st.booleans(),
        has_cadence=st.booleans(),
    ),
    max_size=7,
    unique_by=lambda one: one.recording_id,
)


@given(copies=COPIES, data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_order_does_not_matter(copies, data):
    """Which file came first says nothing."""
    assert grouped(copies) == grouped(data.draw(st.permutations(copies)))


@given(copies=COPIES)
@settings(max_examples=100, deadline=None)
def test_every_recording_is_in_one_session_and_the_best_one_leads(copies):
    """Nothing is lost, nothing is counted twice."""
    groups = group_copies(copies).groups
    assert sorted(one.recording_id for one in copies) == sorted(one.recording_id for group in groups for one in group)
    assert all(group[0].rank == min(one.rank for one in group) for group in groups)


@given(one=COPIES.filter(len).map(lambda found: found[0]), shift=st.integers(-80, 80))
@settings(max_examples=100, deadline=None)
def test_the_share_is_symmetric_and_between_nothing_and_all(one, shift):
    """Of two recordings, neither is asked first."""
    other = copy("other", int(one.recorded_minutes[0]) + shift if one.recorded_minutes.size else 0, 30)
    assert shared_ratio(one, other) == shared_ratio(other, one)
    assert 0.0 <= shared_ratio(one, other) <= 1.0


def test_watch_and_phone_are_one_session_led_by_the_watch():
    """The phone was started four minutes later and stopped earlier."""
    phone = copy("phone", 4, 20, file_format="gpx", has_cadence=False)
    watch = copy("watch", 0, 30, has_barometer=True)
    assert [["watch", "phone"]] == grouped([phone, watch])


def test_a_crop_is_a_copy_of_the_whole():
    """Shared minutes are held against the shorter one's."""
    assert 1.0 == shared_ratio(copy("a", 0, 60), copy("crop", 20, 10))


def test_two_runs_one_after_the_other_are_two():
    """A shared minute at the border is no copy."""
    assert 2 == len(grouped([copy("a", 0, 30), copy("b", 29, 30)]))


def test_a_timer_left_on_overnight_is_no_copy_of_the_morning_run():
    """Only recorded minutes count, not the span from start to end."""
    night = copy("night", 0, 0, recorded_minutes=np.array([*range(30), 600], dtype=np.int32))
    assert 2 == len(grouped([night, copy("morning", 590, 30)]))


def test_under_three_shared_minutes_nothing_is_told():
    """Two short tests of a watch."""
    assert 0.0 == shared_ratio(copy("a", 0, 2), copy("b", 0, 2))


def test_two_sessions_of_one_file_are_never_copies():
    """A multisport file with overlapping sessions."""
    assert 2 == len(grouped([copy("a", 0, 30, content_sha256="one"), copy("b", 0, 30, content_sha256="one")]))


def test_a_recording_without_minutes_stands_alone():
    """A manual entry has no seconds to share."""
    assert 2 == len(grouped([copy("a", 0, 0), copy("b", 0, 30)]))


@pytest.mark.parametrize("better", [{"has_barometer": True}, {"file_format": "tcx"}, {"has_cadence": True}])
def test_the_better_copy_leads(better):
    """FIT with barometer and cadence, then by format, then by cadence."""
    worse = {"file_format": "gpx", "has_cadence": False} if "has_barometer" not in better else {}
    found = grouped([copy("1 worse", 0, 30, **worse), copy("2 better", 0, 30, **{**worse, **better})])
    assert [["2 better", "1 worse"]] == found


def test_what_a_person_said_goes_before_the_minutes():
    """`same` and `different` are the last word, and can be taken back."""
    a, b, c = copy("a", 0, 30), copy("b", 0, 30), copy("c", 500, 30)
    assert [["a"], ["b"]] == [
        [one.recording_id for one in group] for group in group_copies([a, b], {frozenset("ab"): False}).groups
    ]
    assert [["a", "c"]] == [
        [one.recording_id for one in group] for group in group_copies([a, c], {frozenset("ac"): True}).groups
    ]


def test_a_watch_that_was_restarted_beside_a_phone_that_ran_on_loses_no_half():
    """Two files of the watch, one of the phone over both: the two halves are no copies of each other."""
    halves = [copy("first", 0, 30, has_barometer=True), copy("second", 31, 30, has_barometer=True)]
    phone = copy("phone", 0, 61, file_format="gpx", has_cadence=False)
    for group in grouped([*halves, phone]):
        assert {"first", "second"} != {"first", "second"} & set(group)
