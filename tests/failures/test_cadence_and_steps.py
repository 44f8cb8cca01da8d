"""FAILURES, "Cadence and steps": every symptom that somebody reported elsewhere, tried here from bytes to facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.fit_file import FitLap, fit_activity
from support.gpx_file import tcx_run
from support.small_log import as_fit, as_gpx, derived, log_of, values
from support.synthetic_run import RUNNER, START, SyntheticRun, easy, walk

if TYPE_CHECKING:
    from pathlib import Path

RUN = SyntheticRun((easy(600),))


@pytest.mark.parametrize(
    "content",
    [as_fit(RUN), as_gpx(RUN, cadence="strides"), as_gpx(RUN, cadence="steps")],
    ids=["FIT, one leg", "GPX, one leg", "GPX, both feet"],
)
def test_a_foot_and_both_feet_are_the_same_steps(content: bytes):
    """trevordavies095/tempo#161, tempo#197: FIT counts one leg, GPX often both: one file says 82, the other 164."""
    found = values(content, RUNNER)
    assert 164.0 == pytest.approx(found["mean_run_cadence_spm"], abs=0.1)
    assert RUN.truth.step_count == pytest.approx(found["step_count"], rel=0.01)
    assert found["step_count"] == pytest.approx(2 * found["stride_cycle_count"], abs=1)


def test_a_treadmills_tcx_counts_one_leg_too():
    """trevordavies095/tempo#197, the third format: RunCadence 82 is 164 steps."""
    assert 164.0 == pytest.approx(values(tcx_run(600, RunCadence=82).encode(), RUNNER)["mean_run_cadence_spm"], abs=0.1)


def test_steps_of_two_sources_are_not_added_up(tmp_path: Path):
    """cagnulein/qdomyos-zwift#4083: steps doubled when the sources mix."""
    counted = as_fit(RUN, totals={"total_strides": 820})
    log = log_of(tmp_path / "log", {"watch.fit": counted}, {"phone.gpx": as_gpx(RUN, cadence="steps")})
    week = log.one("from week_summary where run_count > 0")
    assert 1 == week["run_count"]
    assert RUN.truth.step_count == pytest.approx(week["step_count"], rel=0.015)
    assert 1640 == log.one("from session")["device_step_count"]


def test_walk_breaks_do_not_bias_the_cadence_of_running():
    """yamakii/garmin-performance-analysis@3beaa3c: walk breaks bias run cadence by 2 and more in a third of the runs."""
    run = SyntheticRun((easy(240, cadence_spm=168.0), walk(60)) * 5)
    found = values(as_fit(run), RUNNER)
    assert 168.0 == pytest.approx(found["mean_run_cadence_spm"], abs=0.5)
    assert run.truth.step_count == pytest.approx(found["step_count"], rel=0.015)


def test_fragments_of_laps_reverse_no_trend():
    """yamakii/garmin-performance-analysis@5033561: laps of 5 to 11 m by a GPS that lost itself count like kilometres.

    Every minute a lap of 3 s at 95 spm stands among true ones: the mean of the laps falls, ours is that of the seconds.
    """
    laps = [
        lap
        for minute in range(10)
        for lap in (FitLap(60.0 * minute, 60.0 * minute + 57), FitLap(60.0 * minute + 57, 60.0 * minute + 60))
    ]
    found = derived(as_fit(RUN, laps=laps), RUNNER)
    assert 164.0 == pytest.approx(found.measures.mean_run_cadence_spm, abs=0.1)
    assert () == found.surges
    assert 2.8 == pytest.approx(found.measures.mean_run_speed_mps, abs=0.01)


def test_time_counts_and_not_the_number_of_samples():
    """watt-mind/coach#478: averages by sample count bias smart recording.

    Five minutes at 180 written every second, five at 160 written every eight: by records it would be 178.
    """
    t_s = np.concatenate((np.arange(300), np.arange(300, 601, 8)))
    columns = {
        "distance_m": 3.0 * t_s,
        "cadence_strides_per_min": np.where(t_s < 300, 90.0, 80.0),
        "heart_rate_bpm": np.where(t_s < 300, 160.0, 140.0),
    }
    assert columns["cadence_strides_per_min"].mean() * 2 > 177
    found = derived(fit_activity(START, columns, t_s=t_s), RUNNER)
    assert 170.0 == pytest.approx(found.measures.mean_run_cadence_spm, abs=0.5)
    assert 150.0 == pytest.approx(found.measures.mean_heart_rate_bpm, abs=0.5)


def test_revolutions_of_a_crank_are_no_steps(tmp_path: Path):
    """trackerproject/trackeR#21: rpm and spm mixed up."""
    ride = replace(RUN, parts=(easy(600, 8.0, 170.0),), sport="cycling", start_utc=START + timedelta(days=1))
    log = log_of(tmp_path / "log", {"run.fit": as_fit(RUN), "ride.fit": as_fit(ride)})
    found = log.one("from session where sport = 'cycling'")
    assert (None, None) == (found["step_count"], found["mean_run_cadence_spm"])
    assert [] == log.ask("select 1 from sample join session using (session_id) where not is_run and cadence_spm > 0")
    assert 1640 == pytest.approx(log.one("from week_summary where run_count > 0")["step_count"], rel=0.01)
