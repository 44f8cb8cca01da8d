"""Zones relative to the runner; seconds over the ceiling without the smear of strides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.model import Thresholds, ZoneTime
from pipeline.transforms import derive
from pipeline.transforms.zones import grade_adjusted_mps
from support.synthetic_run import RUNNER, SyntheticRun, easy, facts_of, strides, values_of, walk

CEILING = 2.897


def real_zones(run: SyntheticRun, thresholds: Thresholds = RUNNER) -> dict[int, float]:
    return {z.zone: z.time_s for z in derive(run.recording(), thresholds).zone_times if not z.grade_adjusted}


def test_running_seconds_fall_into_four_zones():
    """Ceiling 2.897, critical speed 3.52, mile pace 4.05 m/s; walking is in none."""
    run = SyntheticRun((easy(300, 2.7), easy(200, 3.2), easy(100, 3.8), easy(60, 4.4), walk(100)))
    zones = real_zones(run)
    assert [300, 200, 100, 60] == [pytest.approx(zones[zone], abs=10) for zone in (1, 2, 3, 4)]


def test_without_critical_speed_there_are_two_zones():
    zones = real_zones(SyntheticRun((easy(300, 2.7), easy(200, 3.2))), Thresholds(ceiling_mps=CEILING))
    assert [1, 2] == sorted(zones)


def test_without_a_ceiling_there_are_none_and_it_is_said():
    """Not zero seconds over a ceiling that nobody set."""
    run = SyntheticRun((easy(600, 4.0),))
    assert () == derive(run.recording(), Thresholds()).zone_times
    fact = facts_of(run, Thresholds())["over_ceiling_s"]
    assert (None, "not_assessable") == (fact.value, fact.status)
    assert "no ceiling set" in (fact.detail or "")


def test_real_and_grade_adjusted_zones_stand_side_by_side():
    """6:50/km up 5 % asks the effort of about 5:10 (scenario 19): zone 1 on real speed, zone 2 adjusted."""
    run = SyntheticRun((easy(300, 2.6), *(easy(120, 2.6, 160, 5.0), easy(120, 2.5, 160, -5.0)) * 3))
    times = {(z.zone, z.grade_adjusted): z.time_s for z in derive(run.recording(), RUNNER).zone_times}
    assert 0.0 == times[2, False]
    assert times[2, True] > 250
    assert 0.0 == values_of(run)["over_ceiling_s"]


def test_grade_adjusted_pace_never_reaches_1_27_a_kilometre():
    """dreeve #1996: on a wall of noise the adjustment stays within what its fit has seen."""
    assert grade_adjusted_mps(np.array([2.8]), np.array([500.0]))[0] < 2.9 * 2.8
    assert np.isnan(grade_adjusted_mps(np.array([2.8]), np.array([np.nan]))[0])


def test_without_a_barometer_no_grade_adjusted_zones_are_told():
    zones = derive(SyntheticRun((easy(600),), has_barometer=False).recording(), RUNNER).zone_times
    assert not any(zone.grade_adjusted for zone in zones)
    assert ZoneTime(1, 600.0, grade_adjusted=False) == zones[0]


@pytest.mark.parametrize(("ratio", "expected_s"), [(0.97, 0.0), (1.03, 0.0), (1.10, 1200.0)])
def test_over_the_ceiling_begins_at_five_percent(ratio: float, expected_s: float):
    values = values_of(SyntheticRun((easy(1200, CEILING * ratio),)))
    assert expected_s == pytest.approx(values["over_ceiling_s"], abs=10)


def test_strides_are_not_counted_as_running_over_the_ceiling():
    """Over-ceiling time is "besides strides" (EVIDENCE.md section 5), their smear in the 30 s mean included."""
    run = SyntheticRun((easy(900), *strides(6), easy(300)), distance_noise_m=0.7, altitude_noise_m=0.2)
    assert 6.0 == values_of(run)["pickup_count"]
    assert 0.0 == values_of(run)["over_ceiling_s"]


def test_what_is_too_fast_beside_strides_still_counts():
    run = SyntheticRun((easy(900), *strides(4), easy(150, CEILING * 1.1), easy(300)))
    assert 150.0 == pytest.approx(values_of(run)["over_ceiling_s"], abs=15)


def test_tempo_is_over_the_ceiling_but_not_outside_tempo():
    values = values_of(SyntheticRun((easy(600), easy(600, 3.4, 172), easy(300))))
    assert 600.0 == pytest.approx(values["over_ceiling_s"], abs=20)
    assert values["over_ceiling_outside_tempo_s"] < 15


def test_the_longest_stretch_over_the_ceiling_is_shown():
    fact = facts_of(SyntheticRun((easy(600), easy(200, 3.15, 168), easy(400))))["over_ceiling_s"]
    assert (600.0, 800.0) == (pytest.approx(fact.start_s, abs=15), pytest.approx(fact.end_s, abs=15))


def test_on_a_hill_pace_is_not_judged():
    """EVIDENCE.md, definition 2: within 3 % of level only; a fast descent is judged by its grade."""
    run = SyntheticRun((easy(600), easy(200, 3.4, 170, -5.0), easy(600)), altitude_noise_m=0.1)
    assert values_of(run)["over_ceiling_s"] < 20


def test_without_a_barometer_speed_alone_is_judged_and_it_is_said():
    run = SyntheticRun((easy(600), easy(200, 3.15, 168), easy(400)), has_barometer=False)
    fact = facts_of(run)["over_ceiling_s"]
    assert 200.0 == pytest.approx(fact.value, abs=20)
    assert "speed alone" in (fact.detail or "")


def test_heart_rate_zones_are_of_the_runners_own_maximum():
    """140 of 186 is 75 %: easy (DANIELS)."""
    values = values_of(SyntheticRun((easy(600),), heart_rate_bpm=140.0))
    assert (140.0, 600.0, 0.0) == (
        values["mean_run_heart_rate_bpm"],
        values["heart_rate_zone_1_s"],
        values["heart_rate_zone_2_s"],
    )


def test_heart_rate_zones_need_a_maximum_and_a_heart_rate():
    without_maximum = facts_of(SyntheticRun((easy(600),)), replace(RUNNER, max_heart_rate_bpm=None))
    without_sensor = facts_of(SyntheticRun((easy(600),), heart_rate_bpm=None))
    assert "maximum" in (without_maximum["heart_rate_zone_1_s"].detail or "")
    assert "no heart rate" in (without_sensor["mean_run_heart_rate_bpm"].detail or "")
