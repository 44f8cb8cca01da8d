"""Climbing is told by a barometer or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Device, Recording
from pipeline.transforms import derive
from pipeline.transforms.barometers import has_barometer
from pipeline.transforms.elevation import pivots
from support.synthetic_run import RUNNER, Pause, SyntheticRun, easy, facts_of, stand, values_of

HILLY = (easy(200), easy(240, 2.4, 162, 6.0), easy(150), easy(220, 2.9, 166, -6.5), easy(120, 2.6, 163, 3.0), easy(200))


@settings(max_examples=25, deadline=None)
@given(
    climbs=st.lists(st.tuples(st.integers(60, 240), st.floats(3.0, 9.0)), min_size=2, max_size=5),
    noise_m=st.sampled_from([0.0, 0.2, 0.3]),
    step_m=st.sampled_from([0.2, 1.0]),
    seed=st.integers(0, 99),
)
def test_ascent_is_right_to_three_percent_in_hills(climbs, noise_m: float, step_m: float, seed: int):
    """METRICS.md, target; also where the barometer writes whole metres, as COROS does."""
    parts = [part for s, g in climbs for part in (easy(s, 2.5, 162, g), easy(90), easy(s, 2.5, 164, -g), easy(90))]
    run = SyntheticRun(tuple(parts), altitude_noise_m=noise_m, altitude_step_m=step_m, seed=seed)
    values = values_of(run)
    slack_m = 0.03 * run.truth.ascent_m + 0.7 * len(climbs)
    assert run.truth.ascent_m == pytest.approx(values["ascent_m"], abs=slack_m)
    assert run.truth.descent_m == pytest.approx(values["descent_m"], abs=slack_m)


@pytest.mark.parametrize("seed", range(5))
def test_thinning_to_smart_recording_changes_ascent_by_at_most_three_percent(seed: int):
    dense = SyntheticRun(HILLY * 2, altitude_noise_m=0.2, seed=seed)
    smart = replace(dense, sampling="smart")
    assert values_of(dense)["ascent_m"] == pytest.approx(values_of(smart)["ascent_m"], rel=0.03)


@pytest.mark.parametrize("seed", range(5))
def test_a_flat_course_with_noise_gains_nothing(seed: int):
    """The floor of evidence is 4 m a kilometre on a real track (AMMANN16); 0.3 m of noise alone makes none."""
    values = values_of(SyntheticRun((easy(3600),), altitude_noise_m=0.3, seed=seed))
    assert 0.0 == values["ascent_m"]
    assert 0.0 == values["longest_climb_gain_m"]


def test_a_flat_2_km_loop_does_not_gain_58_m_by_drift():
    """ActivityLog2 #51: the barometer drifts, but the run ends where it began."""
    run = SyntheticRun((easy(720),), altitude_drift_m_per_h=290.0, altitude_noise_m=0.2).recording()
    there_and_back = run.samples.latitude_deg.copy()
    there_and_back[361:] = there_and_back[:360][::-1]
    loop = replace(run, samples=replace(run.samples, latitude_deg=there_and_back))
    assert values_of(run)["ascent_m"] > 50
    assert values_of(loop)["ascent_m"] < 3


def test_a_hilly_loop_keeps_its_hills():
    """Levelling is for flat ground: on a loop with 34 m of hills and 12 m of drift nothing is taken away."""
    run = SyntheticRun((*HILLY, easy(900)), altitude_drift_m_per_h=25.0)
    recording = run.recording()
    latitude_deg = recording.samples.latitude_deg.copy()
    latitude_deg[-3:] = latitude_deg[0]
    loop = replace(recording, samples=replace(recording.samples, latitude_deg=latitude_deg))
    assert run.truth.ascent_m == pytest.approx(values_of(loop)["ascent_m"], rel=0.35)
    assert values_of(loop)["ascent_m"] > 0.95 * run.truth.ascent_m


def test_a_drift_that_was_not_even_makes_no_new_hills():
    """The barometer fell by 22 m in the first minutes, getting warm, and stood: levelling would add a climb."""
    run = SyntheticRun((easy(1200),)).recording()
    altitude_m = run.samples.altitude_m - np.interp(run.samples.t_s, [0, 180], [0.0, 22.0])
    latitude_deg = run.samples.latitude_deg.copy()
    latitude_deg[-3:] = latitude_deg[0]
    loop = replace(run, samples=replace(run.samples, altitude_m=altitude_m, latitude_deg=latitude_deg))
    assert 0.0 == values_of(loop)["ascent_m"]


def test_a_calibration_in_mid_run_is_no_climb():
    """The watch finds its altitude: 40 m up in one second."""
    run = SyntheticRun((easy(1200),)).recording()
    altitude_m = run.samples.altitude_m + 40.0 * (run.samples.t_s > 600)
    assert 0.0 == values_of(replace(run, samples=replace(run.samples, altitude_m=altitude_m)))["ascent_m"]


def test_a_spike_of_altitude_is_no_climb():
    """GoldenCheetah #3067: 1684 m instead of 130 for one file."""
    run = SyntheticRun((easy(1200),)).recording()
    altitude_m = run.samples.altitude_m.copy()
    altitude_m[[100, 500, 501, 900]] += [300.0, -400.0, -400.0, 80.0]
    spiked = replace(run, samples=replace(run.samples, altitude_m=altitude_m))
    assert 0.0 == values_of(spiked)["ascent_m"]
    assert {400.0} == set(derive(spiked, RUNNER).samples.altitude_m.tolist())


def test_a_lift_taken_during_a_pause_is_no_climb():
    run = SyntheticRun((easy(1200),), pauses=(Pause(600, 900),)).recording()
    altitude_m = run.samples.altitude_m + 300.0 * (run.samples.t_s > 700)
    lifted = replace(run, samples=replace(run.samples, altitude_m=altitude_m))
    assert 0.0 == values_of(lifted)["ascent_m"]
    assert 0.0 == values_of(lifted)["max_grade_up_100m_pct"]


def test_standing_while_the_weather_changes_builds_no_wall():
    """3 m of drift at one spot are a steep metre only if the spot is taken for a stretch."""
    run = SyntheticRun((easy(600), stand(600), easy(600))).recording()
    t_s = run.samples.t_s
    altitude_m = run.samples.altitude_m + np.interp(t_s, [600, 1200], [0.0, 3.0])
    values = values_of(replace(run, samples=replace(run.samples, altitude_m=altitude_m)))
    assert values["max_grade_up_100m_pct"] < 3.5
    assert 0.0 == values["uphill_4pct_s"]


def test_altitude_on_a_few_records_is_enough():
    """Suunto writes it on 1-50 % of the records (METRICS.md, traps): interpolate, never drop rows."""
    run = SyntheticRun(HILLY * 2)
    recording = run.recording()
    altitude_m = np.where(recording.samples.t_s % 40 == 0, recording.samples.altitude_m, np.nan)
    sparse = replace(recording, samples=replace(recording.samples, altitude_m=altitude_m))
    assert run.truth.ascent_m == pytest.approx(values_of(sparse)["ascent_m"], rel=0.06)


@pytest.mark.parametrize("name", ["ascent_m", "ascent_m_per_km", "max_grade_up_100m_pct", "longest_climb_s"])
def test_gps_altitude_can_not_tell_hills(name: str):
    """+146 m an hour on the flat (METRICS.md, traps): not assessable, with the reason, never a number."""
    derived = derive(SyntheticRun(HILLY, has_barometer=False).recording(), RUNNER)
    fact = {f.name: f for f in derived.facts}[name]
    assert (None, "not_assessable") == (fact.value, fact.status)
    assert "GPS" in (fact.detail or "")
    assert "gps" == derived.measures.altitude_source
    assert derived.measures.ascent_m is None
    assert np.isnan(derived.samples.grade_pct).all()
    assert () == derived.climbs


def test_a_zero_from_the_device_is_not_known():
    """Some COROS write 0 m of ascent without any altitude: ours has a reason instead."""
    assert None is facts_of(SyntheticRun(HILLY, has_altitude=False))["ascent_m"].value


def test_a_treadmills_altitude_says_nothing_of_its_incline():
    run = SyntheticRun(HILLY, has_positions=False, sub_sport="treadmill")
    assert "treadmill" in (facts_of(run)["ascent_m"].detail or "")
    assert "none" == derive(run.recording(), RUNNER).measures.altitude_source


def test_an_incline_that_the_runner_entered_is_taken():
    """Elevate #733: a manual treadmill has a load. 30 min at 2.8 m/s and 4 % are 201.6 m."""
    run = SyntheticRun((easy(1800),), has_positions=False, sub_sport="treadmill")
    values = values_of(run, replace(RUNNER, treadmill_incline_pct=4.0))
    assert 201.6 == pytest.approx(values["ascent_m"], rel=0.01)
    assert (40.0, 4.0) == (values["ascent_m_per_km"], values["max_grade_up_100m_pct"])
    assert (1800.0, 0.0) == (values["uphill_4pct_s"], values["uphill_6pct_s"])
    assert 1800.0 == values["longest_climb_s"]


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=60), st.floats(0.5, 10))
def test_a_zigzag_turns_only_by_its_reversal(heights: list[float], reversal: float):
    """Legs go up and down in turn, none is shorter than the reversal, and none hides a greater fall inside."""
    line = np.array(heights)
    turns = pivots(line, reversal)
    change = np.diff(line[turns])
    assert (np.abs(change) >= reversal).all()
    assert (change[1:] * change[:-1] < 0).all()
    for a, b, step in zip(turns, turns[1:], change, strict=False):
        part = line[a : b + 1] * np.sign(step)
        assert (np.maximum.accumulate(part) - part).max() < reversal


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (Device("garmin", "fr55", "Garmin fr55", lists_barometer=False), False),
        (Device("garmin", "fenix6x", "Garmin fenix6x", lists_barometer=False), False),
        (Device("garmin", "1537", "Garmin 1537"), True),
        (Device("garmin", "fr910xt", None), True),
        (Device("garmin", "fr610", "Garmin fr610"), False),
        (Device("garmin", "2691", "Forerunner 935"), True),
        (Device("garmin", None, "Garmin f\N{LATIN SMALL LETTER E WITH MACRON}nix 7 Pro"), True),
        (Device("garmin", None, "Garmin Connect"), False),
        (Device("garmin", None, "Venu Sq"), False),
        (Device("coros", "802", "COROS PACE 2"), True),
        (Device("suunto", "67", "Suunto Vertical 2"), True),
        (Device("suunto", None, "Suunto 9 Peak Pro"), True),
        (Device("suunto", None, "Suunto 5 Peak"), False),
        (Device("suunto", None, "Suunto Ambit3 Run"), False),
        (Device("strava", None, "StravaGPX with barometer"), True),
        (Device("strava", None, "StravaGPX"), False),
        (Device("polar", None, "Polar M400"), False),
        (Device(), False),
    ],
    ids=lambda value: value.name or value.product if isinstance(value, Device) else None,
)
def test_which_devices_have_a_barometer(device: Device, expected: bool):
    """The file's own list of sensors first; the table of makers where it lists none."""
    assert expected is has_barometer(device)


def test_a_device_outside_the_table_counts_as_without():
    recording: Recording = SyntheticRun(HILLY).recording()
    unknown = replace(recording, device=Device("newmaker", "1", "Newmaker One"))
    assert "gps" == derive(unknown, RUNNER).measures.altitude_source
