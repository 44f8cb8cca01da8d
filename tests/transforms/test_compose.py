"""Of several copies the best one speaks; what it lacks is lent whole, at its own instants, and never patched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import CHANNELS, Recording, Samples
from pipeline.transforms.compose import LENDABLE, MAX_DISTANCE_S, compose
from support.synthetic_run import START, SyntheticRun, easy


def of(t_s: object, *, start_s: float = 0.0, **columns: object) -> Recording:
    """A recording with only these channels, begun `start_s` after START."""
    times = np.asarray(t_s, float)
    channels = {name: np.broadcast_to(np.asarray(column, float), times.shape) for name, column in columns.items()}
    return replace(
        SyntheticRun((easy(10),)).recording(),
        start_utc=START + timedelta(seconds=start_s),
        samples=Samples.from_columns(times, channels),
    )


def test_one_copy_is_itself():
    run = SyntheticRun((easy(60),)).recording()
    composed, gave = compose([run])
    assert run is composed
    assert {name: 0 for name in CHANNELS if run.samples.has(name)} == gave


def test_a_copy_with_everything_borrows_nothing():
    run = SyntheticRun((easy(60),)).recording()
    other = replace(run, samples=replace(run.samples, heart_rate_bpm=np.full(61, 190.0)))
    composed, gave = compose([run, other])
    assert run is composed
    assert {0} == set(gave.values())


def test_a_hole_is_not_patched():
    """One value of its own is enough: a channel made of two devices would show steps that nobody ran."""
    heart = np.full(61, np.nan)
    heart[7] = 133.0
    composed, gave = compose([of(np.arange(61), heart_rate_bpm=heart), of(np.arange(61), heart_rate_bpm=150.0)])
    assert 0 == gave["heart_rate_bpm"]
    assert 1 == np.isfinite(composed.samples.heart_rate_bpm).sum()


def test_what_is_lent_comes_at_the_borrowers_instants():
    """The phone started 30 s later and wrote every 4 s: each second of the watch takes the nearest value in time."""
    phone_s = np.arange(0, 101, 4.0)
    composed, gave = compose(
        [of(np.arange(121), distance_m=1.0), of(phone_s, start_s=30, heart_rate_bpm=100.0 + phone_s)]
    )
    heart = composed.samples.heart_rate_bpm
    assert 1 == gave["heart_rate_bpm"]
    assert (100.0, 104.0, 188.0) == (heart[30], heart[33], heart[120])
    assert 121 == len(composed.samples)


def test_nothing_is_lent_over_more_than_ten_seconds():
    composed, _ = compose([of(np.arange(121), distance_m=1.0), of([0.0, 1.0, 100.0], start_s=10, heart_rate_bpm=120.0)])
    held = np.flatnonzero(np.isfinite(composed.samples.heart_rate_bpm))
    assert [*range(22), *range(100, 121)] == held.tolist()


def test_the_best_of_the_others_lends_first():
    copies = [
        of(np.arange(61), distance_m=1.0),
        of(np.arange(61), cadence_spm=164.0),
        of(np.arange(61), cadence_spm=170.0, heart_rate_bpm=140.0),
    ]
    composed, gave = compose(copies)
    assert {"distance_m": 0, "cadence_spm": 1, "heart_rate_bpm": 2} == gave
    assert {164.0} == set(composed.samples.cadence_spm)


@pytest.mark.parametrize("name", ["distance_m", "speed_mps", "altitude_m"])
def test_what_carries_the_frame_of_its_device_is_never_lent(name: str):
    composed, gave = compose([of(np.arange(61), cadence_spm=164.0), of(np.arange(61), **{name: 3.0})])
    assert {"cadence_spm": 0} == gave
    assert not composed.samples.has(name)


def test_a_place_is_lent_as_a_pair_or_not_at_all():
    half = of(np.arange(61), latitude_deg=47.0)
    whole = of(np.arange(61), latitude_deg=47.0, longitude_deg=8.0)
    watch = of(np.arange(61), cadence_spm=164.0)
    assert {"cadence_spm": 0} == compose([watch, half])[1]
    assert {"cadence_spm": 0, "latitude_deg": 2, "longitude_deg": 2} == compose([watch, half, whole])[1]


def test_a_copy_of_another_time_lends_nothing():
    """Two that a person called the same, an hour apart (a zone set wrong): there is no instant to lend to."""
    watch = of(np.arange(61), distance_m=1.0)
    composed, gave = compose([watch, of(np.arange(61), start_s=3600, heart_rate_bpm=140.0)])
    assert {"distance_m": 0} == gave
    assert not composed.samples.has("heart_rate_bpm")


def test_a_copy_without_an_instant_in_common_gives_way_to_the_next():
    watch = of(np.arange(61), distance_m=1.0)
    far, near = (of(np.arange(61), start_s=start, heart_rate_bpm=bpm) for start, bpm in ((3600, 99.0), (5, 140.0)))
    composed, gave = compose([watch, far, near])
    assert 2 == gave["heart_rate_bpm"]
    assert 140.0 == composed.samples.heart_rate_bpm[30]


def test_all_that_is_not_a_channel_is_the_best_copys():
    one = SyntheticRun((easy(60),), heart_rate_bpm=None).recording()
    other = SyntheticRun((easy(90),), sport="cycling", seed=2).recording()
    composed, gave = compose([one, other])
    assert 1 == gave["heart_rate_bpm"]
    assert replace(one, samples=composed.samples) == replace(composed, samples=composed.samples)
    assert one.samples.t_s is composed.samples.t_s


@settings(max_examples=60, deadline=None)
@given(
    mine=st.lists(st.integers(0, 300), min_size=1, max_size=40, unique=True).map(sorted),
    theirs=st.lists(st.integers(0, 300), min_size=1, max_size=40, unique=True).map(sorted),
    offset_s=st.integers(-200, 200),
)
def test_every_lent_value_is_the_nearest_within_ten_seconds(mine: list[int], theirs: list[int], offset_s: int):
    composed, _ = compose(
        [of(mine, distance_m=1.0), of(theirs, start_s=offset_s, heart_rate_bpm=np.array(theirs) + 40)]
    )
    for t_s, lent in zip(mine, composed.samples.heart_rate_bpm, strict=True):
        nearest_s = min(abs(t_s - t - offset_s) for t in theirs)
        if nearest_s > MAX_DISTANCE_S:
            assert np.isnan(lent)
        else:
            assert nearest_s == abs(t_s - (lent - 40) - offset_s)


def test_every_lendable_channel_exists():
    assert {name for names in LENDABLE for name in names} < set(CHANNELS)
