"""FAILURES, "Pauses and recording gaps": every symptom that somebody reported elsewhere, tried from bytes to facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.fit_file import FitLap
from support.small_log import as_fit, as_gpx, derived, log_of
from support.synthetic_run import RUNNER, Part, Pause, SyntheticRun, easy, walk

if TYPE_CHECKING:
    from pathlib import Path

PAUSED = SyntheticRun((easy(600, 3.0),), pauses=(Pause(120, 90), Pause(300, 400)))


@pytest.mark.parametrize("content", [as_fit(PAUSED), as_gpx(PAUSED)], ids=["events of a FIT", "segments of a GPX"])
def test_a_pause_is_no_time_of_running(content: bytes):
    """yihong0618/running_page#187: pauses counted. 600 s of running in 1090 s: 3.0 m/s, not 1.65."""
    measures = derived(content, RUNNER).measures
    assert 1090.0 == pytest.approx(measures.elapsed_s, abs=1)
    assert 600.0 == pytest.approx(measures.timer_s, abs=3)
    assert 600.0 == pytest.approx(measures.moving_s, abs=4)
    assert 3.0 == pytest.approx(measures.mean_run_speed_mps, rel=0.01)
    assert 1800.0 == pytest.approx(measures.distance_m, rel=0.01)


def test_a_lap_with_a_pause_has_both_times(tmp_path: Path):
    """trevordavies095/tempo#188: a lap of 10:53 is shown as 12:50."""
    run = SyntheticRun((easy(900, 3.0),), pauses=(Pause(200, 117),), sampling="smart")
    laps = [FitLap(0.0, 770.0), FitLap(770.0, 1017.0, "session_end")]
    log = log_of(tmp_path / "log", {"run.fit": as_fit(run, laps=laps)})
    lap = log.one("from lap where lap_index = 1")
    assert (653.0, 770.0) == (lap["timer_s"], lap["elapsed_s"])
    assert 3.0 * 653 == pytest.approx(lap["distance_m"], abs=3)


@pytest.mark.parametrize(
    ("events", "expected_s"),
    [
        ([(0, "start"), (200, "stop"), (300, "start"), (600, "stop_all")], 500),
        ([(0, "start"), (200, "stop"), (200, "stop_all"), (300, "start"), (600, "stop_all")], 500),
        ([(0, "start"), (200, "stop_all"), (250, "start"), (300, "start"), (600, "stop_all")], 550),
        ([(0, "start"), (200, "stop"), (300, "start")], 500),
        ([(200, "stop"), (300, "start"), (600, "stop_all")], 500),
        ([(0, "start")], 600),
    ],
    ids=["a pause", "stopped twice", "started twice", "never stopped", "never started", "only started"],
)
def test_a_stop_lasts_until_the_next_start(events: list[tuple[float, str]], expected_s: float):
    """mtraver/python-fitanalysis#4: stop semantics."""
    run = SyntheticRun((easy(600),))
    found = derived(as_fit(run, events=events), RUNNER)
    assert expected_s == pytest.approx(found.measures.timer_s, abs=1)


@pytest.mark.parametrize("sampling", ["smart", "sparse"])
def test_what_was_not_written_down_is_no_pause(sampling: str):
    """GoldenCheetah/GoldenCheetah#1164, #2161: smart recording leaves seconds out; they were run all the same."""
    run = SyntheticRun((easy(1200),), sampling=sampling, seed=2)
    measures = derived(as_fit(run), RUNNER).measures
    assert (1200.0, 1200.0) == (measures.timer_s, pytest.approx(measures.run_s, abs=20))
    assert run.truth.distance_m == pytest.approx(measures.distance_m, rel=0.001)
    assert run.truth.step_count == pytest.approx(measures.step_count, rel=0.015)


def test_walking_slowly_is_no_pause():
    """jonasoreland/runnerup#1125: auto-pause fires while moving slowly. Five minutes uphill at 0.8 m/s are a walk."""
    run = SyntheticRun((easy(300), walk(300, 0.8, 76.0), easy(300)), position_noise_m=1.0)
    measures = derived(as_fit(run), RUNNER).measures
    assert (900.0, 900.0) == (measures.timer_s, pytest.approx(measures.moving_s, abs=3))
    assert 300.0 == pytest.approx(measures.walk_s, abs=10)


def test_a_watch_that_pauses_itself_at_every_light_is_believed():
    """The same, seen from the other side: where the watch did stop its timer, time and steps of the stop are left out."""
    stops = tuple(Pause(at_s, 20) for at_s in range(60, 600, 60))
    run = SyntheticRun((easy(600),), pauses=stops)
    measures = derived(as_fit(run), RUNNER).measures
    assert (600.0, 780.0) == (measures.timer_s, measures.elapsed_s)
    assert run.truth.step_count == pytest.approx(measures.step_count, rel=0.02)


def test_nothing_is_smoothed_across_a_pause():
    """ryanbinns/ttwatch#33: smoothing across intervals and pauses: the fast end leaks into the slow beginning."""
    run = SyntheticRun((Part(120, 4.5, 184.0), Part(120, 2.0, 150.0)), pauses=(Pause(120, 300),))
    samples = derived(as_fit(run), RUNNER).samples
    before, after = samples.t_s < 120, samples.t_s >= 420
    assert samples.speed_mps[before][:-4].min() > 4.4
    assert samples.speed_mps[after][4:].max() < 2.1
    assert 0 == np.count_nonzero((samples.t_s >= 121) & (samples.t_s < 420))


def test_no_half_minute_reaches_over_a_pause():
    """The same for the fastest 30 s: two sprints of 20 s before and after a rest are no sprint of 40 s."""
    sprint = Part(20, 6.0, 190.0)
    run = SyntheticRun((easy(300), sprint, sprint, easy(300)), pauses=(Pause(320, 600),))
    joined = replace(run, pauses=())
    apart, together = (
        next(fact.value for fact in derived(as_fit(one), RUNNER).facts if fact.name == "max_30s_speed_mps")
        for one in (run, joined)
    )
    assert 5.8 < together
    assert apart < 5.2
