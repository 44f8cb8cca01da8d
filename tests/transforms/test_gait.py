"""Run, walk and still are told by the steps; bouts and walk share make the run/walk ladder."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.model import GAITS
from pipeline.transforms import derive
from support.synthetic_run import RUNNER, Pause, SyntheticRun, easy, facts_of, stand, values_of, walk


def truth_codes(run: SyntheticRun) -> np.ndarray:
    cadence = np.concatenate([np.full(p.duration_s, p.cadence_spm) for p in run.parts])
    return np.select([cadence >= 140, cadence > 0], [GAITS.index("run"), GAITS.index("walk")], GAITS.index("still"))


LADDER = (*(easy(120, 2.5, 158), walk(60)) * 8, stand(40), easy(300), walk(120))


@pytest.mark.parametrize("sampling", ["1s", "smart"])
def test_every_second_of_a_ladder_is_told(sampling: str):
    """Accuracy at least .95, and nearly all standing seconds found (METRICS.md, target)."""
    run = SyntheticRun(LADDER, distance_noise_m=0.7, sampling=sampling)
    code, truth = derive(run.recording(), RUNNER).samples.gait, truth_codes(run)
    assert (code == truth).mean() >= 0.95
    if sampling == "1s":
        assert (code[truth == GAITS.index("still")] == GAITS.index("still")).mean() >= 0.85


def test_a_ladder_of_eight_runs_has_its_bouts_and_its_walk_share():
    """8 x (2:00 run, 1:00 walk), 5:00 run, 2:00 walk: nine bouts, the longest 5 min."""
    values = values_of(SyntheticRun(LADDER))
    assert 9.0 == values["run_bout_count"]
    assert 300.0 == pytest.approx(values["longest_run_bout_s"], abs=6)
    assert 600 / (600 + 8 * 120 + 300) == pytest.approx(values["walk_share_ratio"], abs=0.02)
    assert 8 * 120 + 300 == pytest.approx(values["run_s"], abs=30)
    assert 40.0 == pytest.approx(values["still_s"], abs=6)


def test_a_longest_bout_says_where_it_lies():
    fact = facts_of(SyntheticRun((easy(300), walk(60), easy(600), walk(60))))["longest_run_bout_s"]
    assert (360.0, 960.0) == (pytest.approx(fact.start_s, abs=5), pytest.approx(fact.end_s, abs=5))


def test_a_few_steps_aside_do_not_end_a_bout_and_a_traffic_light_does():
    aside = SyntheticRun((easy(600), walk(6), easy(600)))
    light = SyntheticRun((easy(600), stand(40), easy(600)))
    paused = SyntheticRun((easy(1200),), pauses=(Pause(600, 40),))
    assert 1206.0 == pytest.approx(values_of(aside)["longest_run_bout_s"], abs=4)
    assert 600.0 == pytest.approx(values_of(light)["longest_run_bout_s"], abs=8)
    assert 600.0 == pytest.approx(values_of(paused)["longest_run_bout_s"], abs=2)


def test_a_brisk_walk_is_no_run_and_a_slow_jog_is_one():
    """Speed would tell both wrong: 2.1 m/s with 125 steps, 1.9 m/s with 155 (DUCHARME23)."""
    assert 0.0 == values_of(SyntheticRun((walk(600, 2.1, 125),)))["run_s"]
    assert 600.0 == pytest.approx(values_of(SyntheticRun((easy(600, 1.9, 155),)))["run_s"], abs=3)


def test_the_band_between_is_told_by_speed():
    """EVIDENCE.md, definition 1: 135-140 steps are running from 2 m/s on."""
    assert 600.0 == pytest.approx(values_of(SyntheticRun((easy(600, 2.4, 137),)))["run_s"], abs=3)
    assert 0.0 == values_of(SyntheticRun((easy(600, 1.7, 137),)))["run_s"]


def test_without_cadence_speed_tells_and_says_so():
    fact = facts_of(SyntheticRun((easy(600), walk(300)), has_cadence=False))["run_s"]
    assert 600.0 == pytest.approx(fact.value, abs=10)
    assert "speed alone" in (fact.detail or "")


def test_a_lost_cadence_sensor_does_not_turn_a_run_into_a_walk():
    """The pod's battery died: cadence 0 at 2.8 m/s is no walk."""
    run = SyntheticRun((easy(600), easy(600, cadence_spm=0.0)))
    assert 1200.0 == pytest.approx(values_of(run)["run_s"], abs=5)
    assert 164.0 == pytest.approx(values_of(run)["mean_run_cadence_spm"], abs=0.5)


def test_steps_counted_twice_in_a_walk_are_a_walk():
    """Some watches write 206-225 steps for five seconds of a walk with 105-112."""
    run = SyntheticRun((*(walk(30, 1.4, 108), walk(6, 1.4, 216)) * 10, easy(300)))
    assert 300.0 == pytest.approx(values_of(run)["run_s"], abs=5)
    assert 1.0 == values_of(run)["run_bout_count"]


def test_neither_cadence_nor_speed_is_said_not_guessed():
    run = SyntheticRun((easy(600),), has_cadence=False, has_distance=False, has_positions=False, sub_sport="treadmill")
    assert {"not_assessable"} == {facts_of(run)[name].status for name in ("run_s", "walk_s", "longest_run_bout_s")}
