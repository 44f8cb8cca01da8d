"""Steps a minute of both feet, stride cycles of one leg, and the minutes for matched-speed cadence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import DeviceTotals
from pipeline.transforms import derive
from support.synthetic_run import RUNNER, Pause, SyntheticRun, easy, facts_of, stand, strides, values_of, walk


def test_170_steps_a_minute_for_600_s_are_850_stride_cycles():
    values = values_of(SyntheticRun((easy(600, cadence_spm=170),)))
    assert (850.0, 1700.0, 170.0) == (
        values["stride_cycle_count"],
        values["step_count"],
        values["mean_run_cadence_spm"],
    )


@settings(max_examples=25, deadline=None)
@given(
    cadences=st.lists(st.integers(150, 190), min_size=1, max_size=5),
    sampling=st.sampled_from(["1s", "smart"]),
    pause_s=st.sampled_from([0, 20, 400]),
    seed=st.integers(0, 99),
)
def test_steps_are_counted_to_one_and_a_half_percent(cadences: list[int], sampling: str, pause_s: int, seed: int):
    """METRICS.md, target: whatever the sampling and the pauses (a 5 s gap cap would lose a third)."""
    parts = tuple(easy(400, cadence_spm=c) for c in cadences)
    pauses = (Pause(200, pause_s),) if pause_s else ()
    run = SyntheticRun(parts, sampling=sampling, pauses=pauses, seed=seed)
    assert run.truth.step_count == pytest.approx(values_of(run)["step_count"], rel=0.015)


def test_walk_breaks_do_not_bias_the_running_cadence():
    """garmin-performance-analysis 3beaa3c: 106 of 370 activities were off by 2 steps or more."""
    values = values_of(SyntheticRun((*(easy(240, cadence_spm=168), walk(60, cadence_spm=112)) * 6,)))
    assert 168.0 == pytest.approx(values["mean_run_cadence_spm"], abs=1.0)


def test_time_counts_not_records():
    """watt-mind PR #478: smart recording writes more records where the pace changes; they must not weigh more."""
    recording = SyntheticRun((easy(900, cadence_spm=160), easy(900, cadence_spm=180)), sampling="1s").recording()
    thinned = [i for i in range(len(recording.samples)) if i > 900 or i % 30 == 0]
    samples = replace(
        recording.samples, **{n: getattr(recording.samples, n)[thinned] for n in recording.samples.__slots__}
    )
    assert 170.0 == pytest.approx(values_of(replace(recording, samples=samples))["mean_run_cadence_spm"], abs=0.5)


def test_running_and_walking_cycles_add_up():
    """Each leg: 600 s x 160 / 2 of running, 300 s x 110 / 2 of walking."""
    values = values_of(SyntheticRun((easy(600, cadence_spm=160), walk(300))))
    assert 800.0 == pytest.approx(values["run_stride_cycle_count"], rel=0.02)
    assert 275.0 == pytest.approx(values["walk_stride_cycle_count"], rel=0.06)
    assert values["stride_cycle_count"] == pytest.approx(
        values["run_stride_cycle_count"] + values["walk_stride_cycle_count"], abs=1
    )


def test_the_devices_own_count_wins_where_it_fits():
    """It holds the steps of slow walking, for which Garmin writes a cadence of 0 (METRICS.md, traps)."""
    recording = SyntheticRun((easy(900), walk(200, 0.8, 0.0))).recording()
    counted = replace(recording, totals=DeviceTotals(step_count=2600))
    fact = facts_of(counted)["step_count"]
    assert 2600.0 == fact.value
    assert "device" in (fact.detail or "")


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_device_count_in_the_wrong_unit_is_not_believed(factor: float):
    """qdomyos-zwift PR #4083: steps doubled where sources mix; strides taken for steps halve them."""
    run = SyntheticRun((easy(900),))
    wrong = replace(run.recording(), totals=DeviceTotals(step_count=round(run.truth.step_count * factor)))
    fact = facts_of(wrong)["step_count"]
    assert run.truth.step_count == pytest.approx(fact.value, rel=0.015)
    assert "doesn't fit" in (fact.detail or "")


def test_a_walks_count_in_both_legs_twice_is_not_believed():
    """Twice 110 steps a minute could be a sprinter's; the cadence says that it is a walk's."""
    run = SyntheticRun((walk(900),))
    wrong = replace(run.recording(), totals=DeviceTotals(step_count=round(run.truth.step_count * 2)))
    assert run.truth.step_count == pytest.approx(values_of(wrong)["step_count"], rel=0.015)


def test_a_cadence_that_covers_half_the_time_makes_no_count():
    recording = SyntheticRun((easy(1200),)).recording()
    cadence = recording.samples.cadence_spm.copy()
    cadence[600:] = float("nan")
    facts = facts_of(replace(recording, samples=replace(recording.samples, cadence_spm=cadence)))
    assert (None, "not_assessable") == (facts["step_count"].value, facts["step_count"].status)
    assert "%" in (facts["step_count"].detail or "")


def test_no_cadence_is_no_zero():
    facts = facts_of(SyntheticRun((easy(900),), has_cadence=False))
    for name in ("mean_run_cadence_spm", "step_count", "stride_cycle_count"):
        assert (None, "not_assessable") == (facts[name].value, facts[name].status), name


def test_steady_flat_minutes_are_eligible_and_nothing_else():
    """METRICS.md: the first 3 min, hills, walks, surges and changes of pace are left out."""
    run = SyntheticRun(
        (easy(780, 2.8, 166), easy(300, 2.5, 160, 5.0), *strides(4), walk(120), easy(120, 2.8, 166), stand(30))
    )
    minutes = derive(run.recording(), RUNNER).cadence_minutes
    # Between the warm-up and the hill 10 minutes, a minute in each of three recoveries, one or two after the walk.
    assert 11 <= len(minutes) <= 16
    assert all(start_s >= 180 for start_s, _, _ in minutes)
    assert not any(790 < start_s < 1080 for start_s, _, _ in minutes)
    on_the_flat = [(v, c) for start_s, v, c in minutes if start_s < 780]
    assert all((2.8, 166.0) == (pytest.approx(v, abs=0.05), pytest.approx(c, abs=0.5)) for v, c in on_the_flat)


def test_the_first_record_after_a_pause_may_come_late():
    """Smart recording: nothing is known for 7 s after the start, and they count like the seconds after them."""
    recording = SyntheticRun((easy(600, cadence_spm=160),), pauses=(Pause(300, 400),)).recording()
    kept = [i for i, t in enumerate(recording.samples.t_s) if not 699 <= t < 707]
    samples = replace(
        recording.samples, **{n: getattr(recording.samples, n)[kept] for n in recording.samples.__slots__}
    )
    assert 1600.0 == pytest.approx(values_of(replace(recording, samples=samples))["step_count"], abs=3)


def test_a_treadmill_needs_no_barometer_for_its_minutes():
    run = SyntheticRun((easy(900),), has_positions=False, has_altitude=False, sub_sport="treadmill")
    assert 12 == len(derive(run.recording(), RUNNER).cadence_minutes)
