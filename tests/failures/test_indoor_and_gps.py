"""FAILURES, "Indoor, GPS, files", the first half: what sensors get wrong or leave out, tried from bytes to facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from connectors.decode import decode
from pipeline.places import zone_at
from pipeline.transforms import derive
from support.fit_file import Activity, FitLap, FitStep, fit_file
from support.gpx_file import tcx_activity, tcx_lap, tcx_text
from support.small_log import as_fit, as_gpx, derived, log_of, values
from support.synthetic_run import RUNNER, START, Part, SyntheticRun, easy, walk

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Recording

TREADMILL = SyntheticRun((easy(900, 3.0),), has_positions=False, has_altitude=False, sub_sport="treadmill")


def test_a_run_without_gps_is_a_run(tmp_path: Path):
    """SamR1/FitTrackee#941: no-GPS rejected."""
    log = log_of(tmp_path / "log", {"treadmill.fit": as_fit(TREADMILL)})
    found = log.one("from session")
    assert (True, True) == (found["is_run"], found["is_indoor"])
    assert 2700.0 == pytest.approx(found["distance_m"], rel=0.001)
    assert [] == log.ask("from quarantine")


def test_a_treadmill_run_loads_the_hip(tmp_path: Path):
    """thomaschampagne/elevate#733: a manual treadmill run has no load. Steps are load, whatever the belt says."""
    log = log_of(tmp_path / "log", {"treadmill.fit": as_fit(TREADMILL, without=["distance_m", "speed_mps"])})
    found = log.one("from session")
    assert TREADMILL.truth.step_count / 2 == pytest.approx(found["stride_cycle_count"], rel=0.01)
    assert 900.0 == pytest.approx(found["run_s"], abs=5)
    assert None is found["distance_m"]
    assert "neither" in log.fact("distance_m")["detail"]
    assert found["stride_cycle_count"] == log.one("from week_summary where run_count > 0")["stride_cycle_count"]


def test_a_run_entered_by_hand_is_kept_with_what_it_has(tmp_path: Path):
    """ethanopp/fitly#8, thomaschampagne/elevate#441: a manual activity without streams stops the refresh."""
    text = tcx_text(tcx_activity(tcx_lap(0, 1800, distance_m=5000)))
    log = log_of(tmp_path / "log", {"by-hand.tcx": text.encode(), "run.fit": as_fit(TREADMILL)})
    found = log.one("from session where session_date = '2024-03-02'")
    assert (5000.0, 1800.0) == (found["device_distance_m"], found["device_timer_s"])
    assert (None, None, None) == (found["distance_m"], found["run_s"], found["step_count"])
    statuses = log.ask(
        f"select distinct status from measured_fact where session_id = '{found['session_id']}' and fact = 'distance_m'"
    )
    assert ["not_assessable"] == [row["status"] for row in statuses]
    assert 2 == log.one("select sum(session_count) as n from week_summary")["n"]


def spiked(recording: Recording, row: int, metres_north: float) -> Recording:
    latitude_deg = recording.samples.latitude_deg.copy()
    latitude_deg[row] += metres_north / 111_195
    return replace(recording, samples=replace(recording.samples, latitude_deg=latitude_deg))


@pytest.mark.parametrize("off_m", [97.5, 500.0, 50_000.0])
def test_nobody_walks_at_351_kmh(off_m: float):
    """SamR1/FitTrackee#226: 351 km/h walk (97.5 m in a second); martin-ueding/geo-activity-playground#345: spikes."""
    run = SyntheticRun((walk(1200),), sport="walking")
    found = derived(as_gpx(spiked(run.recording(), 600, off_m)), RUNNER)
    assert run.truth.distance_m == pytest.approx(found.measures.distance_m, rel=0.01)
    assert np.nanmax(found.samples.speed_mps) < 3.0


@pytest.mark.parametrize("off_m", [97.5, 500.0])
def test_a_spike_in_a_run_is_no_stride(off_m: float):
    """martin-ueding/geo-activity-playground#345, on the way to a verdict: nothing fast was run."""
    run = SyntheticRun((easy(1200),)).recording()
    for row in (300, 500, 700):
        run = spiked(run, row, off_m)
    found = derived(as_gpx(run, cadence="strides"), RUNNER)
    facts = {fact.name: fact.value for fact in found.facts}
    assert () == found.surges
    assert 2.8 == pytest.approx(facts["max_30s_speed_mps"], rel=0.03)
    assert 0.0 == facts["over_ceiling_s"]


def test_the_last_session_of_a_multisport_file_overwrites_nothing(tmp_path: Path):
    """tcgoetz/GarminDB#289, GoldenCheetah/GoldenCheetah#3211, arpanghosh8453/fit-dashboard#21: one of three is kept."""
    t_s = np.arange(300.0)
    legs = [
        Activity(START, {"distance_m": 1.0 * t_s}, sport="swimming"),
        Activity(START + timedelta(seconds=310), {"distance_m": 8.0 * t_s}, sport="cycling"),
        Activity(
            START + timedelta(seconds=620),
            {"distance_m": 3.0 * t_s, "cadence_strides_per_min": np.full(300, 82.0)},
            sport="running",
        ),
    ]
    log = log_of(tmp_path / "log", {"triathlon.fit": fit_file(legs)})
    found = log.ask("select sport, distance_m, elapsed_s, step_count from session order by start_utc")
    assert ["swimming", "cycling", "running"] == [row["sport"] for row in found]
    assert [299.0, 2392.0, 897.0] == pytest.approx([row["distance_m"] for row in found], rel=0.01)
    assert [299.0] * 3 == pytest.approx([row["elapsed_s"] for row in found], abs=1)
    assert [None, None, pytest.approx(820, rel=0.02)] == [row["step_count"] for row in found]
    assert 1 == log.one("from week_summary where session_count > 0")["run_count"]


def test_a_cliff_in_the_altitude_makes_no_pace_of_1_27(tmp_path: Path):
    """dreeveapp/dreeve#1996: a grade-adjusted pace of 1:27/km, by a wall of 40 m in a second and a slope of 300 %."""
    run = SyntheticRun((easy(900),)).recording()
    wall = run.samples.altitude_m + np.where(run.samples.t_s > 450, 40.0, 0.0)
    spike = np.where(np.abs(run.samples.t_s - 200) < 2, wall + 120.0, wall)
    content = as_fit(replace(run, samples=replace(run.samples, altitude_m=spike)))
    found = derived(content, RUNNER)
    adjusted_s = {zone.zone: zone.time_s for zone in found.zone_times if zone.grade_adjusted}
    assert 900.0 == pytest.approx(sum(adjusted_s.values()), abs=5)
    assert (0.0, 0.0) == (adjusted_s[3], adjusted_s[4])
    assert found.measures.ascent_m < 5


# --- What the run was made of ----------------------------------------------------------------------------------------


def test_the_plan_in_the_file_is_used(tmp_path: Path):
    """the-momentum/open-wearables#1075, arpanghosh8453/fit-dashboard#33: plan structure is in the FIT but dropped."""
    run = SyntheticRun((easy(600), *(easy(120, 3.8, 176.0), easy(90, 2.4, 158.0)) * 3, easy(300)))
    edges = np.cumsum([0, 600, *[120, 90] * 3, 300]).tolist()
    words = ["warmup", *["active", "recovery"] * 3, "cooldown"]
    laps = [
        FitLap(a, b, "manual", {"intensity": word, "wkt_step_index": step})
        for a, b, word, step in zip(edges, edges[1:], words, [0, 1, 2, 1, 2, 1, 2, 4], strict=False)
    ]
    plan = [
        FitStep("time", 600_000, "warmup"),
        FitStep("time", 120_000, "active"),
        FitStep("time", 90_000, "recovery"),
        FitStep("repeat_until_steps_cmplt", 1, target_value=3),
        FitStep("open", None, "cooldown"),
    ]
    content = as_fit(run, laps=laps, workout=plan)
    assert 5 == len(decode(content, "x").recordings[0].workout_steps)
    log = log_of(tmp_path / "log", {"run.fit": content})
    stored = log.ask("select intensity, workout_step_index from lap order by lap_index")
    assert words == [row["intensity"] for row in stored]
    assert [0, 1, 2, 1, 2, 1, 2, 4] == [row["workout_step_index"] for row in stored]
    found = derive(decode(content, "x").recordings[0], RUNNER, zone_at).surges
    assert ["interval"] * 3 == [surge.kind for surge in found]
    assert [600.0, 810.0, 1020.0] == pytest.approx([surge.start_s for surge in found], abs=2)


def test_terrain_is_no_interval():
    """GoldenCheetah/GoldenCheetah#1568: interval detection from pace fails on terrain: even effort, uneven pace."""
    hill = (easy(90, 2.1, 160.0, 7.0), easy(60, 3.3, 170.0, -7.0), easy(120, 2.7, 164.0))
    run = SyntheticRun((easy(300), *hill * 5), distance_noise_m=1.0, altitude_noise_m=0.2, seed=3)
    found = values(as_fit(run), RUNNER)
    assert (0.0, 0.0) == (found["pickup_count"], found["interval_count"])


def test_intervals_on_terrain_are_intervals():
    """And the reverse of the same: on rolling ground the fast ones are still found."""
    rolling = (easy(120, 2.4, 161.0, 3.0), easy(120, 2.8, 165.0, -3.0))
    run = SyntheticRun((*rolling * 2, *(easy(120, 3.9, 178.0), *rolling) * 3), altitude_noise_m=0.2, seed=3)
    assert 3.0 == values(as_fit(run), RUNNER)["interval_count"]


def test_a_test_run_at_the_threshold_is_not_eleven_strides():
    """ImmortalDemonGod/Holistic-Performance-Enhancement: a fixed threshold counts a re-test as 11 strides.

    Twenty hard minutes whose speed crosses 3.6 m/s eleven times: one hard block, no stride.
    """
    wave = (Part(50, 3.75, 178.0), Part(55, 3.5, 176.0))
    run = SyntheticRun((easy(600), *wave * 11, easy(300)), distance_noise_m=0.5, seed=1)
    found = derived(as_fit(run), RUNNER)
    facts = {fact.name: fact.value for fact in found.facts}
    assert (0.0, 0.0) == (facts["pickup_count"], facts["interval_count"])
    assert 1155.0 == pytest.approx(sum(surge.duration_s for surge in found.surges), rel=0.1)
