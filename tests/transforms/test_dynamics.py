"""Running dynamics are means of running; loaded time is cycles times ground contact."""

from __future__ import annotations

import pytest

from support.synthetic_run import SyntheticRun, easy, facts_of, values_of, walk


def test_hip_loaded_time_is_cycles_times_ground_contact():
    """600 s at 160 steps are 800 cycles of one leg; at 250 ms each hip bore for 200 s."""
    values = values_of(SyntheticRun((easy(600, cadence_spm=160),), ground_contact_ms=250.0))
    assert 250.0 == values["mean_ground_contact_ms"]
    assert 200.0 == pytest.approx(values["hip_loaded_s"], rel=0.01)


def test_a_watch_without_dynamics_says_so():
    facts = facts_of(SyntheticRun((easy(600),)))
    assert "ground contact was not recorded" in (facts["mean_ground_contact_ms"].detail or "")
    assert "not_assessable" == facts["hip_loaded_s"].status


def test_walking_has_no_running_dynamics():
    assert None is facts_of(SyntheticRun((walk(600),), ground_contact_ms=400.0))["mean_ground_contact_ms"].value
