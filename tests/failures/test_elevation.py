"""FAILURES, "Elevation": every symptom that somebody reported elsewhere, tried here from bytes to facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.fit_file import FitDevice, FitOptions
from support.small_log import as_fit, as_gpx, derived, log_of, values
from support.synthetic_run import RUNNER, Part, SyntheticRun, easy

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Recording

#: 1,165 m up in two climbs, and down again.
MOUNTAIN = SyntheticRun(
    (easy(300), Part(2900, 1.6, 146.0, 15.0), Part(1000, 2.2, 160.0, -12.0), Part(1955, 1.6, 146.0, 15.0), easy(300)),
    sampling="smart",
    altitude_noise_m=0.2,
)
#: 104 m up and down.
HILL = SyntheticRun((easy(120), easy(400, 2.6, 164.0, 10.0), easy(400, 2.6, 164.0, -10.0), easy(120)), seed=1)


def with_channel(run: SyntheticRun, name: str, values_: np.ndarray) -> Recording:
    recording = run.recording()
    return replace(recording, samples=replace(recording.samples, **{name: values_}))


@pytest.mark.parametrize("step_m", [0.2, 1.0])
def test_a_mountain_is_as_high_as_it_is(step_m: float):
    """thomaschampagne/elevate#1101: 39 m shown for 1165 m. Also on a watch that writes whole metres."""
    found = values(as_fit(replace(MOUNTAIN, altitude_step_m=step_m)), RUNNER)
    assert 1165.0 == pytest.approx(MOUNTAIN.truth.ascent_m, abs=1)
    assert MOUNTAIN.truth.ascent_m == pytest.approx(found["ascent_m"], rel=0.03)


def test_noise_adds_up_to_no_mountain():
    """GoldenCheetah/GoldenCheetah#3067: 1684 m for a file in which others find 130 or 169 m."""
    run = SyntheticRun((easy(150, 2.6, 164.0, 5.0), easy(1500), easy(150, 2.6, 164.0, -5.0)) * 3, altitude_noise_m=0.5)
    samples = run.recording().samples
    assert np.clip(np.diff(samples.altitude_m), 0, None).sum() > 700  # what adding up every rise would tell
    assert run.truth.ascent_m == pytest.approx(values(as_fit(run), RUNNER)["ascent_m"], abs=8)


def test_a_flat_run_does_not_gain_58_m_by_a_drifting_barometer():
    """alex-hhh/ActivityLog2#51: flat 2 km, 58 m. It ends where it began, so what the altitude gained is weather."""
    run = SyntheticRun((easy(720),), altitude_drift_m_per_h=290.0, altitude_noise_m=0.2)
    latitude_deg = run.recording().samples.latitude_deg
    back = np.concatenate((latitude_deg[:361], latitude_deg[:360][::-1]))
    found = values(as_fit(with_channel(run, "latitude_deg", back)), RUNNER)
    assert found["ascent_m"] < 3


@pytest.mark.parametrize("enhanced", [True, False, "both"])
def test_the_altitude_is_found_in_either_field(enhanced: bool | str):
    """GoldenCheetah/GoldenCheetah#3161: altitude moved to enhanced_altitude; #2541: the gain is zero."""
    found = derived(as_fit(HILL, options=FitOptions(enhanced=enhanced)), RUNNER)
    assert "barometric" == found.measures.altitude_source
    assert HILL.truth.ascent_m == pytest.approx(found.measures.ascent_m, abs=3)


def test_a_gain_that_nobody_knows_is_not_zero():
    """GoldenCheetah/GoldenCheetah#2541: a watch without a barometer has no gain, and says why; 0 would be a claim."""
    found = derived(as_fit(HILL, device=FitDevice(product=2503, sensors=())), RUNNER)
    (fact,) = [fact for fact in found.facts if fact.name == "ascent_m"]
    assert (None, "not_assessable") == (fact.value, fact.status)
    assert "GPS" in fact.detail


@pytest.mark.parametrize("ele", ["", "nan", "-32768", "99999", "abc", "1,5e9"])
def test_an_invalid_elevation_keeps_no_run_out(ele: str):
    """SamR1/FitTrackee#1015: an invalid elevation blocks the upload."""
    text = as_gpx(SyntheticRun((easy(300),), has_altitude=False)).decode()
    found = derived(text.replace("<time>", f"<ele>{ele}</ele><time>").encode(), RUNNER).measures
    assert 840.0 == pytest.approx(found.distance_m, rel=0.01)
    assert (None, "none") == (found.ascent_m, found.altitude_source)


def test_the_devices_own_gain_stands_beside_ours(tmp_path: Path):
    """sports-alliance/sports-lib#43: the gain differs from Garmin's and Strava's by more than 5 m in tests."""
    log = log_of(tmp_path / "log", {"run.fit": as_fit(HILL, totals={"total_ascent": 109}), "run.gpx": as_gpx(HILL)})
    found = log.one("from session")
    assert 109 == found["device_ascent_m"]
    assert HILL.truth.ascent_m == pytest.approx(found["ascent_m"], abs=5)
