"""Distance that grows, without spikes, resets and leaps; a distance from positions where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.transforms import derive
from pipeline.transforms.clean import distance_from_positions, repair_distance, without_spikes
from support.synthetic_run import RUNNER, Pause, SyntheticRun, easy, facts_of, values_of, walk

if TYPE_CHECKING:
    from pipeline.model import Recording


def changed(run: SyntheticRun, channel: str, change) -> Recording:
    """Return the recording with one channel passed through a function of (t_s, values)."""
    recording = run.recording()
    values = change(recording.samples.t_s, getattr(recording.samples, channel).copy())
    return replace(recording, samples=replace(recording.samples, **{channel: values}))


def test_a_thousand_seconds_at_3_mps_are_3000_m():
    values = values_of(SyntheticRun((easy(1000, 3.0),)))
    assert 3000.0 == pytest.approx(values["distance_m"], abs=0.01)
    assert 3.0 == pytest.approx(values["mean_run_speed_mps"], abs=0.001)


def test_distance_is_the_devices_own_to_a_tenth_of_a_percent():
    run = SyntheticRun((easy(3600),), distance_noise_m=1.5, sampling="smart")
    recording = run.recording()
    assert recording.samples.distance_m[-1] == pytest.approx(values_of(recording)["distance_m"], rel=0.001)


def test_a_spike_of_the_counter_leaves_no_trace():
    """One record says 60 km: the total and the greatest speed stay what they were."""
    run = SyntheticRun((easy(1200),))

    def spike(_: np.ndarray, d: np.ndarray) -> np.ndarray:
        d[600] = 60_000.0
        return d

    values = values_of(changed(run, "distance_m", spike))
    assert run.truth.distance_m == pytest.approx(values["distance_m"], rel=0.001)
    assert 2.8 == pytest.approx(values["max_30s_speed_mps"], abs=0.02)


def test_a_small_spike_of_the_counter_leaves_no_trace():
    """80 m too many in one record and gone in the next: less than a watch may add when it finds itself again."""
    run = SyntheticRun((easy(1200),))
    values = values_of(changed(run, "distance_m", lambda t, d: d + 80.0 * (t == 600)))
    assert run.truth.distance_m == pytest.approx(values["distance_m"], rel=0.001)


def test_a_counter_that_begins_again_goes_on():
    run = SyntheticRun((easy(1200),))
    values = values_of(changed(run, "distance_m", lambda t, d: np.where(t > 700, d - d[700], d)))
    assert run.truth.distance_m == pytest.approx(values["distance_m"], rel=0.005)


def test_what_a_watch_adds_when_it_finds_its_position_again_is_no_sprint():
    """Distance stood still for 60 s under trees, then caught up in one second: all of it counts, none of it is fast."""
    run = SyntheticRun((easy(1200),))
    lost = changed(run, "distance_m", lambda t, d: np.where((t > 600) & (t <= 660), d[600], d))
    values = values_of(lost)
    assert run.truth.distance_m == pytest.approx(values["distance_m"], rel=0.001)
    assert values["max_30s_speed_mps"] < 2.9
    assert 0.0 == values["pickup_count"] + values["possible_pickup_count"] + values["interval_count"]


def test_a_correction_of_position_is_no_pickup():
    """17 % of real runs hold a step over 12 m/s (METRICS.md): 25 m in one second stay distance and make no speed."""
    run = SyntheticRun((easy(1200),))
    leap = changed(run, "distance_m", lambda t, d: d + 25.0 * (t > 600))
    values = values_of(leap)
    assert run.truth.distance_m + 25.0 == pytest.approx(values["distance_m"], rel=0.001)
    assert values["max_30s_speed_mps"] < 2.9


def test_a_walk_reaches_no_351_kmh():
    """FitTrackee #226: positions jump two kilometres and back; the walk is as long as it was."""
    run = SyntheticRun((walk(1200),), sport="walking", has_distance=False, position_noise_m=1.0)
    recording = run.recording()
    latitude_deg = recording.samples.latitude_deg.copy()
    latitude_deg[600] += 0.02
    spiked = replace(recording, samples=replace(recording.samples, latitude_deg=latitude_deg))
    samples = derive(spiked, RUNNER).samples
    assert run.truth.distance_m == pytest.approx(samples.distance_m[-1], rel=0.02)
    assert np.nanmax(samples.speed_mps) < 3.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise_m", [0.0, 2.0])
def test_distance_from_positions_is_within_a_percent(seed: int, noise_m: float):
    """GPX: haversine over means of three positions (METRICS.md; the raw sum is 1 % too long)."""
    run = SyntheticRun((easy(1800),), has_distance=False, position_noise_m=noise_m, seed=seed)
    values = values_of(run)
    assert run.truth.distance_m == pytest.approx(values["distance_m"], rel=0.02 if noise_m else 0.002)
    assert "from positions" in (facts_of(run)["distance_m"].detail or "")


def test_what_lies_between_two_segments_is_no_way():
    """A kilometre by car during the pause isn't run."""
    run = SyntheticRun((easy(600),), has_distance=False, pauses=(Pause(300, 120),))
    moved = changed(run, "latitude_deg", lambda t, lat: lat + np.where(t > 400, 0.01, 0.0))
    assert run.truth.distance_m == pytest.approx(values_of(moved)["distance_m"], rel=0.01)


def test_the_date_line_is_no_journey_around_the_world():
    run = SyntheticRun((easy(600),), has_distance=False)
    t_s = run.recording().samples.t_s
    longitude_deg = 179.99 + t_s * 2.8 / 111_194.93
    longitude_deg = np.where(longitude_deg > 180, longitude_deg - 360, longitude_deg)
    way_m = distance_from_positions(t_s, np.zeros(len(t_s)), longitude_deg, np.zeros(len(t_s)), 12.0)
    assert run.truth.distance_m == pytest.approx(way_m[-1], rel=0.01)


def test_missing_distance_is_not_zero():
    """Positions, distance and speed are all missing: a reason, not 0 m."""
    run = SyntheticRun((easy(600),), has_distance=False, has_positions=False, sub_sport="treadmill")
    fact = facts_of(run)["distance_m"]
    assert (None, "not_assessable") == (fact.value, fact.status)


def test_a_distance_of_one_point_is_left_as_it_is():
    track = repair_distance(np.array([0.0]), np.array([5.0]), 12.0)
    assert [5.0] == track.distance_m.tolist()


def test_a_steep_but_steady_line_has_no_spikes():
    """A climb of a metre a second isn't a spike however far apart its records are."""
    line = np.arange(0.0, 2000.0, 40.0)
    assert line.tolist() == without_spikes(line, 8.0).tolist()
