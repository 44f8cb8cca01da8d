"""Timer time is elapsed time minus what lies between a stop and the next start, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.model import DeviceTotals, Recording, Samples, TimerEvent
from pipeline.transforms import derive
from pipeline.transforms.pauses import timer_spans
from support.synthetic_run import RUNNER, Pause, SyntheticRun, easy, facts_of, values_of, walk


def with_events(recording: Recording, *events: tuple[float, bool]) -> Recording:
    return replace(recording, timer_events=tuple(TimerEvent(t, is_start=on) for t, on in events))


def test_a_pause_is_no_timer_time():
    """Ten minutes of running around a 90 s stop: 600 s by the timer, 690 s by the clock."""
    run = SyntheticRun((easy(600),), pauses=(Pause(300, 90),))
    values = values_of(run)
    assert 600.0 == values["timer_s"]
    assert 690.0 == values["elapsed_s"]
    assert 600.0 == values["moving_s"]


def test_a_tunnel_is_no_pause():
    """A hole of 90 s without a stop event is timer time, and the way through it counts (METRICS.md, traps)."""
    run = SyntheticRun((easy(600),), pauses=(Pause(300, 90, has_events=False),))
    values = values_of(run)
    assert 690.0 == values["timer_s"]
    assert run.truth.distance_m == pytest.approx(values["distance_m"], rel=0.001)


def test_smart_recording_is_no_pause():
    """GoldenCheetah #1164, #2161: records up to 50 s apart are a way of saving memory."""
    run = SyntheticRun((easy(1800),), sampling="sparse")
    assert 1800.0 == values_of(run)["timer_s"]
    assert run.truth.step_count == pytest.approx(values_of(run)["step_count"], rel=0.01)


def test_paused_seconds_have_no_row():
    """Nobody finds a sample between stop and start."""
    samples = derive(SyntheticRun((easy(600),), pauses=(Pause(300, 90),)).recording(), RUNNER).samples
    assert not ((samples.t_s >= 301) & (samples.t_s < 390)).any()
    assert 600 == pytest.approx(len(samples.t_s), abs=1)


def test_records_written_during_a_pause_are_left_out():
    """Some watches go on recording while the timer stands (runnerup #1125 and auto-pause)."""
    run = with_events(SyntheticRun((easy(600),)).recording(), (0, True), (200, False), (400, True), (600, False))
    assert 400.0 == values_of(run)["timer_s"]


@pytest.mark.parametrize(
    ("events", "expected_s"),
    [
        ([(0, True), (100, False), (100, False), (160, True), (600, False)], 540.0),
        ([(0, True), (0, True), (100, False), (160, True), (161, True), (600, False)], 540.0),
        ([(100, False), (160, True)], 540.0),
        ([(600, False), (160, True), (100, False), (0, True)], 540.0),
        ([], 600.0),
    ],
    ids=["stopped twice", "started twice", "first start and last stop lost", "out of order", "no events"],
)
def test_stop_semantics(events: list[tuple[float, bool]], expected_s: float):
    """python-fitanalysis #4: only the first stop and the first start after it say anything."""
    run = with_events(SyntheticRun((easy(600),)).recording(), *events)
    assert expected_s == values_of(run)["timer_s"]


def test_a_lost_start_event_is_seen_from_the_records_after_the_stop():
    run = with_events(SyntheticRun((easy(600),)).recording(), (0, True), (200, False))
    assert 600.0 == pytest.approx(values_of(run)["timer_s"], abs=2)


def test_a_timer_left_on_overnight_ends_with_the_records():
    """METRICS.md, traps: the stop event came eight hours after the last record."""
    run = with_events(SyntheticRun((easy(600),)).recording(), (0, True), (8 * 3600.0, False))
    assert 600.0 == values_of(run)["timer_s"]


def test_a_zone_change_makes_no_1168_hour_activity():
    """elevate #363: the clock jumped by weeks in the middle; neither timer nor elapsed time believes it."""
    run = SyntheticRun((easy(600),)).recording()
    t_s = np.where(run.samples.t_s > 300, run.samples.t_s + 1168 * 3600.0, run.samples.t_s)
    samples = Samples(t_s, *(getattr(run.samples, name) for name in run.samples.__slots__[1:]))
    values = values_of(replace(run, samples=samples, timer_events=()))
    assert 600.0 == pytest.approx(values["timer_s"], abs=2)
    assert 600.0 == pytest.approx(values["elapsed_s"], abs=2)


def test_a_night_between_two_stages_is_elapsed_but_no_timer_time():
    """A stop event before the hole: the runner really came back in the morning."""
    run = SyntheticRun((easy(600),), pauses=(Pause(300, 10 * 3600),))
    values = values_of(run)
    assert 600.0 == values["timer_s"]
    assert 600.0 + 10 * 3600 == values["elapsed_s"]


def test_pauses_without_events_are_seen_from_the_devices_own_timer_time():
    """Old devices and TCX tell a shorter timer time and no event: the longest holes are the pauses (tempo #188)."""
    run = SyntheticRun((easy(600),), pauses=(Pause(200, 120, has_events=False), Pause(400, 30, has_events=False)))
    bare = replace(run.recording(), timer_events=(), totals=DeviceTotals(timer_s=600.0))
    assert 600.0 == pytest.approx(values_of(bare)["timer_s"], abs=3)


def test_nothing_is_smoothed_across_a_pause():
    """ttwatch #33: walking up to the stop and running from it on, each keeps its own speed to the last second."""
    run = SyntheticRun((walk(300), easy(300, 3.0)), pauses=(Pause(300, 60),))
    samples = derive(run.recording(), RUNNER).samples
    before, after = samples.speed_mps[samples.t_s < 295], samples.speed_mps[samples.t_s >= 365]
    assert before.max() == pytest.approx(1.4, abs=0.01)
    assert after.min() == pytest.approx(3.0, abs=0.01)


def test_an_empty_recording_has_no_time():
    run = SyntheticRun((easy(60),)).recording()
    empty = replace(run, samples=Samples.from_columns(np.zeros(0), {}), timer_events=(), totals=DeviceTotals())
    assert (0, 2) == timer_spans(empty).shape
    assert 0.0 == facts_of(empty)["timer_s"].value


def test_what_was_typed_in_lasts_as_long_as_it_says():
    """Missing is not zero: without a record the claim is all that is known, and it is said to be one."""
    run = SyntheticRun((easy(60),)).recording()
    typed = replace(
        run,
        samples=Samples.from_columns(np.zeros(0), {}),
        timer_events=(),
        totals=DeviceTotals(elapsed_s=1900.0, timer_s=1800.0, distance_m=5000.0),
    )
    facts = facts_of(typed)
    assert (1900.0, 1800.0) == (facts["elapsed_s"].value, facts["timer_s"].value)
    assert "typed in" in facts["timer_s"].detail
    assert ("not_assessable", None) == (facts["run_s"].status, facts["run_s"].value)
    assert (1900.0, 1800.0) == (derive(typed, RUNNER).measures.elapsed_s, derive(typed, RUNNER).measures.timer_s)
