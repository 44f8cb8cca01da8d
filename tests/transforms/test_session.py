"""What sport it was, where, and how the parts are put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.transforms import derive
from support.synthetic_run import RUNNER, START, Pause, SyntheticRun, easy, facts_of, strides, values_of, walk


@pytest.mark.parametrize(
    ("part", "cadence", "expected"),
    [
        (easy(900), True, ("running", "inferred")),
        (easy(900), False, ("running", "inferred")),
        (walk(900), True, ("unknown", "unknown")),
        (easy(900, 7.5, 0.0), False, ("unknown", "unknown")),
        (easy(900, 4.5, 90.0), True, ("unknown", "unknown")),
    ],
    ids=["a run", "a run without cadence", "a walk", "a ride", "a slow ride with a pedal cadence"],
)
def test_a_file_without_a_sport_is_a_run_if_it_moves_like_one(part, cadence: bool, expected: tuple[str, str]):
    derived = derive(SyntheticRun((part,), sport=None, has_cadence=cadence).recording(), RUNNER)
    assert expected == (derived.sport, derived.sport_source)
    assert (expected[0] == "running") is derived.is_run


def test_the_files_word_is_believed():
    assert not derive(SyntheticRun((easy(900),), sport="hiking").recording(), RUNNER).is_run


def test_a_ride_under_a_runs_name_stays_a_run_and_is_told_implausible():
    """METRICS.md, traps: 8 m/s for an hour. People decide what it was; a correction says so."""
    derived = derive(SyntheticRun((easy(3600, 8.0, 0.0),), has_cadence=False).recording(), RUNNER)
    fact = {f.name: f for f in derived.facts}["plausible_run_ratio"]
    assert derived.is_run
    assert 0.0 == fact.value
    assert 0.0 == derived.measures.run_s
    assert "wrong sport" in (fact.detail or "")
    assert 1.0 == values_of(SyntheticRun((easy(3600),)))["plausible_run_ratio"]


def test_a_walk_has_its_gait_but_no_running_facts():
    derived = derive(SyntheticRun((walk(900), easy(60)), sport="walking").recording(), RUNNER)
    assert 900.0 == pytest.approx(derived.measures.walk_s, abs=5)
    assert "walk_s" not in {fact.name for fact in derived.facts}
    assert () == derived.surges


@pytest.mark.parametrize(
    ("sub_sport", "positions", "expected"),
    [("treadmill", True, True), ("generic", True, False), ("generic", False, True), ("indoor_running", False, True)],
)
def test_a_run_without_a_place_is_indoors(sub_sport: str, positions: bool, expected: bool):
    """FitTrackee #941: a file without positions is a run like any other."""
    run = SyntheticRun((easy(900),), sub_sport=sub_sport, has_positions=positions)
    assert expected is derive(run.recording(), RUNNER).is_indoor
    assert run.truth.distance_m == pytest.approx(values_of(run)["distance_m"], rel=0.01)


def test_a_treadmill_distance_that_the_runner_entered_is_taken():
    """The watch guessed 2520 m, the treadmill showed 3000."""
    run = SyntheticRun((easy(900),), sub_sport="treadmill", has_positions=False)
    fact = facts_of(run, replace(RUNNER, treadmill_distance_m=3000.0))["distance_m"]
    assert 3000.0 == pytest.approx(fact.value)
    assert "entered" in (fact.detail or "")
    assert 3000.0 / 900 == pytest.approx(
        values_of(run, replace(RUNNER, treadmill_distance_m=3000.0))["max_30s_speed_mps"]
    )


def test_an_entered_distance_alone_tells_a_mean_but_no_maximum():
    run = SyntheticRun((easy(900),), sub_sport="treadmill", has_positions=False, has_distance=False)
    facts = facts_of(run, replace(RUNNER, treadmill_distance_m=2700.0))
    assert (2700.0, 3.0) == (
        pytest.approx(facts["distance_m"].value),
        pytest.approx(facts["mean_run_speed_mps"].value, rel=0.01),
    )
    for name in ("max_30s_speed_mps", "pickup_count", "tempo_s"):
        assert "not_assessable" == facts[name].status, name


def test_an_entered_distance_is_for_treadmills_only():
    run = SyntheticRun((easy(900),))
    assert run.truth.distance_m == pytest.approx(
        values_of(run, replace(RUNNER, treadmill_distance_m=9000.0))["distance_m"], rel=0.001
    )


def test_the_wide_row_holds_what_the_facts_say():
    derived = derive(SyntheticRun((easy(900), *strides(4), walk(200)), altitude_noise_m=0.2).recording(), RUNNER)
    values = {fact.name: fact.value for fact in derived.facts}
    for name in (
        "elapsed_s", "timer_s", "moving_s", "run_s", "walk_s", "distance_m", "run_distance_m", "ascent_m", "descent_m",
        "mean_run_speed_mps", "mean_run_cadence_spm", "step_count", "stride_cycle_count",
    ):  # fmt: skip
        assert values[name] == getattr(derived.measures, name), name


def test_recorded_minutes_are_those_with_a_record():
    """17:30 to 17:32, a pause until 17:42, on to 17:43: what duplicates are found by."""
    derived = derive(SyntheticRun((easy(190),), pauses=(Pause(130, 600),)).recording(), RUNNER)
    minutes = derived.recorded_minutes - int(START.timestamp() // 60)
    assert [0, 1, 2, 12, 13] == minutes.tolist()


def test_samples_carry_what_was_recorded_second_by_second():
    recording = SyntheticRun((easy(300), walk(60)), ground_contact_ms=240.0).recording()
    samples = derive(recording, RUNNER).samples
    assert 360 == len(samples.t_s)
    assert np.allclose(recording.samples.distance_m[:-1], samples.distance_m)
    assert np.allclose(recording.samples.heart_rate_bpm[:-1], samples.heart_rate_bpm)
    assert {240.0} == set(samples.ground_contact_ms.tolist())
    assert np.isnan(samples.step_length_m).all()
    assert {0, 1} == set(samples.zone.tolist())


def test_channels_are_not_carried_across_a_hole():
    """A minute without heart rate is bridged, ten minutes are not: missing is NaN, never the last value."""
    recording = SyntheticRun((easy(1500),)).recording()
    t_s, heart = recording.samples.t_s, recording.samples.heart_rate_bpm.copy()
    heart[(t_s > 100) & (t_s < 150)] = np.nan
    heart[(t_s > 500) & (t_s < 1100)] = np.nan
    samples = derive(replace(recording, samples=replace(recording.samples, heart_rate_bpm=heart)), RUNNER).samples
    known = np.isfinite(samples.heart_rate_bpm)
    assert known[:500].all()
    assert not known[505:1095].any()
