"""Our numbers against the devices' own, on real files: the targets of METRICS.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from connectors.decode import decode
from pipeline.errors import SkipRecording
from pipeline.model import Recording, Thresholds
from pipeline.places import zone_at
from pipeline.transforms import derive
from support.synthetic_run import RUNNER

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import DerivedSession

pytestmark = pytest.mark.corpus


@dataclass(frozen=True)
class Real:
    """One recording of the corpus and what we made of it."""

    file_name: str
    recording: Recording
    derived: DerivedSession


@pytest.fixture(scope="module")
def everything(corpus: Path) -> list[Real]:
    """Every recording of every file that can be read; deriving it must not fall over."""
    found = []
    for path in sorted(corpus.glob("*/*.*")):
        try:
            decoded = decode(path.read_bytes(), path.name)
        except SkipRecording:
            continue
        found += [Real(path.name, r, derive(r, RUNNER, zone_at)) for r in decoded.recordings]
    assert len(found) > 100
    return found


@pytest.fixture(scope="module")
def fit_runs(everything: list[Real]) -> list[Real]:
    """Whole running FIT recordings of a minute and more."""
    runs = [r for r in everything if r.recording.format == "fit" and r.derived.is_run and len(r.recording.samples) > 60]
    return [r for r in runs if r.recording.totals.timer_s and "strava-android" not in r.file_name]  # half a file


def off(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs - 1.0 if ours is not None and theirs else None


def misses(runs: list[Real], ours: str, theirs: str, limit: float) -> list[str]:
    """Return the files whose measure is further than `limit` from the device's total."""
    told = [(r, off(getattr(r.derived.measures, ours), getattr(r.recording.totals, theirs))) for r in runs]
    assert sum(error is not None for _, error in told) >= 20
    return [f"{r.file_name}: {error:+.2%}" for r, error in told if error is not None and abs(error) > limit]


def test_distance_is_within_a_tenth_of_a_percent(fit_runs: list[Real]):
    assert [] == misses(fit_runs, "distance_m", "distance_m", 0.001)


def test_timer_time_is_within_half_a_percent(fit_runs: list[Real]):
    assert [] == misses([r for r in fit_runs if r.derived.measures.timer_s > 120], "timer_s", "timer_s", 0.005)


def test_ascent_by_barometer_is_within_five_percent_in_the_median(fit_runs: list[Real]):
    """Runs of 50 m and more: median 5 %, p90 15 %, nine of ten inside max(10 m, 10 %)."""
    pairs = [
        (r.derived.measures.ascent_m, r.recording.totals.ascent_m)
        for r in fit_runs
        if r.derived.measures.ascent_m is not None and (r.recording.totals.ascent_m or 0) >= 50
    ]
    error = np.array([ours / theirs - 1 for ours, theirs in pairs])
    inside = [abs(ours - theirs) <= max(10.0, 0.1 * theirs) for ours, theirs in pairs]
    assert len(pairs) >= 8
    assert np.median(np.abs(error)) <= 0.05
    assert np.percentile(np.abs(error), 90) <= 0.15
    assert np.mean(inside) >= 0.9


def test_steps_from_cadence_are_within_one_and_a_half_percent_on_continuous_runs(fit_runs: list[Real]):
    """The device's own count taken away, so that ours stands alone; walks left out, whose cadence is written as 0."""
    errors = []
    for real in fit_runs:
        m, device = real.derived.measures, real.recording.totals.step_count
        if not device or not m.run_s or m.run_s < 600 or m.run_s < 0.97 * m.timer_s:
            continue
        alone = replace(real.recording, totals=replace(real.recording.totals, step_count=None))
        errors.append(abs(off(derive(alone, RUNNER).measures.step_count, device) or 0.0))
    assert len(errors) >= 8
    assert np.percentile(errors, 95) <= 0.015


def test_distance_from_positions_is_within_a_percent_in_the_median(fit_runs: list[Real]):
    """The FIT runs as if they were GPX. The device's own distance is the yardstick: a foot pod's is another measure."""
    errors = []
    for real in fit_runs:
        samples, device_m = real.recording.samples, real.recording.totals.distance_m
        if not samples.has("latitude_deg") or not device_m or device_m < 1000:
            continue
        nothing = np.full(len(samples), np.nan)
        bare = replace(real.recording, samples=replace(samples, distance_m=nothing, speed_mps=nothing))
        errors.append(abs(off(derive(bare, Thresholds()).measures.distance_m, device_m) or 1.0))
    assert len(errors) >= 15
    assert np.median(errors) <= 0.01
    assert np.percentile(errors, 80) <= 0.03


def test_running_is_told_as_garmins_own_splits_tell_it(fit_runs: list[Real]):
    """Seconds labelled run or walk by the watch; its own detector lags some seconds at each change."""
    hit = told = 0
    for real in fit_runs:
        label = np.full(len(real.derived.samples.t_s), -1)
        for split in real.recording.splits:
            if split.kind in ("run", "walk"):
                at = (real.derived.samples.t_s >= split.start_s) & (
                    real.derived.samples.t_s < split.start_s + split.duration_s
                )
                label[at] = split.kind == "run"
        known = label >= 0
        told, hit = told + known.sum(), hit + ((real.derived.samples.gait == 2)[known] == label[known]).sum()
    assert told > 5000
    assert hit / told >= 0.95


def test_gps_altitude_and_treadmills_have_no_hills(everything: list[Real]):
    for real in everything:
        if real.derived.is_run and real.derived.measures.altitude_source != "barometric":
            facts = {fact.name: fact for fact in real.derived.facts}
            assert facts["ascent_m"].status == facts["max_grade_up_100m_pct"].status == "not_assessable", real.file_name
            assert facts["ascent_m"].detail, real.file_name


def test_no_run_was_faster_than_runners_are(fit_runs: list[Real]):
    """Maxima of 30 s: 16-92 % of runs exceed 6 m/s for a second, none does here."""
    speeds = [
        fact.value for r in fit_runs for fact in r.derived.facts if fact.name == "max_30s_speed_mps" and fact.value
    ]
    assert max(speeds) < 6.0
