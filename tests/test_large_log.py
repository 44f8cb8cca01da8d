"""The generator of large logs: what it says is in a run is what the pipeline finds there."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.model import Thresholds
from support.large_log import AGAIN_EVERY, PHONE_EVERY, large_log
from support.small_log import derived

RUN_COUNT = 60


@pytest.fixture(scope="module")
def runs():
    """Twelve weeks of one runner."""
    return list(large_log(RUN_COUNT))


def test_a_log_holds_what_people_record(runs):
    """Every kind of run and of device, a second copy by the phone, and the same bytes twice."""
    assert {"strides", "hills", "tempo", "long", "treadmill", "walk", "easy"} == {run.kind for run in large_log(130)}
    assert {"watch", "smart watch", "plain watch", "phone"} == {run.recorder for run in runs}
    assert RUN_COUNT // PHONE_EVERY == sum(run.is_further_copy for run in runs)
    assert RUN_COUNT // AGAIN_EVERY == sum(run.is_same_file for run in runs)
    days = Counter(run.start_utc.date() for run in runs if not (run.is_further_copy or run.is_same_file))
    assert {1} == set(days.values())


def test_the_same_log_comes_out_every_time_and_each_runner_has_an_own_one(runs):
    """Bytes and all; no two runs are the same file but those that say so."""
    again = list(large_log(RUN_COUNT))
    assert [run.content for run in runs] == [run.content for run in again]
    contents = [run.content for run in large_log(20, runner_count=3) if not run.is_same_file]
    assert len(contents) == len(set(contents))
    assert {"me", "runner-2", "runner-3"} == {run.runner_id for run in large_log(1, runner_count=3)}


def test_each_device_tells_the_truth_within_its_means(runs):
    """Distance within 1 % of a watch's and 4 % of a phone's (its places wander), running time within two minutes."""
    seen = set()
    for run in runs:
        if (run.kind, run.recorder) not in seen:
            seen.add((run.kind, run.recorder))
            found = derived(run.content, Thresholds()).measures
            within = 0.04 if run.recorder == "phone" else 0.01
            assert run.truth.distance_m == pytest.approx(found.distance_m, rel=within), (run.kind, run.recorder)
            assert run.truth.timer_s == pytest.approx(found.timer_s, abs=50), (run.kind, run.recorder)
            if run.recorder in ("watch", "plain watch") and run.kind != "walk":
                assert run.truth.run_s == pytest.approx(found.run_s, abs=120), (run.kind, run.recorder)
    assert len(seen) > 12
