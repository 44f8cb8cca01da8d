"""What everybody may rely on: every fact has a row, every row a value or a reason, and nothing but our errors escapes."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import SkipRecording
from pipeline.model import CHANNELS, Device, DeviceTotals, Lap, Recording, Samples, Thresholds, TimerEvent
from pipeline.transforms import FACTS, TRANSFORMS, derive
from pipeline.units import unit_of
from support.synthetic_run import RUNNER, SyntheticRun, easy, strides, walk

#: "Facts that a limit may name", as far as one session can tell them.
PROMISED = {
    "over_ceiling_s", "max_30s_speed_mps", "hard_s",
    "pickup_count", "pickup_max_duration_s", "pickup_min_recovery_s", "pickup_max_speed_ratio", "pickup_max_grade_pct",
    "interval_count", "interval_max_duration_s", "tempo_s", "tempo_max_speed_ratio", "tempo_max_grade_pct",
    "max_grade_up_100m_pct", "max_grade_down_100m_pct", "longest_climb_s", "longest_descent_s", "ascent_m",
    "ascent_m_per_km", *(f"{way}hill_{pct}pct_s" for way in ("up", "down") for pct in (2, 3, 4, 6, 8)),
    "run_s", "run_distance_m", "longest_run_bout_s", "stride_cycle_count", "mean_run_cadence_spm",
}  # fmt: skip


def test_the_promised_facts_are_there():
    """CONTRACT.md names facts that protocols are written against."""
    assert set() == PROMISED - {definition.name for definition in FACTS}


def test_every_fact_is_defined_once_with_a_unit_a_meaning_and_a_source():
    names = [definition.name for definition in FACTS]
    assert len(names) == len(set(names))
    for definition in FACTS:
        assert unit_of(definition.name) is not None, definition.name
        assert definition.meaning.endswith("."), definition.name
        assert definition.source, definition.name


def check_facts(recording: Recording, thresholds: Thresholds) -> None:
    """Hold all that is promised of one derivation."""
    derived = derive(recording, thresholds)
    wanted = {d.name for t in TRANSFORMS if derived.is_run or not t.runs_only for d in t.definitions}
    names = [fact.name for fact in derived.facts]
    assert len(names) == len(set(names))
    assert set(names) <= wanted
    assert set() == wanted - set(names)
    for fact in derived.facts:
        nothing_to_measure = "_min_" in fact.name and fact.status == "ok" and fact.detail is not None
        assert (fact.status == "ok") == (fact.value is not None) or nothing_to_measure, fact
        assert fact.value is None or (fact.value >= 0 and np.isfinite(fact.value)), fact
        assert fact.status == "ok" or fact.detail, fact
    columns = [getattr(derived.samples, field.name) for field in fields(derived.samples)]
    assert {len(derived.samples.t_s)} == {len(column) for column in columns}
    assert (np.diff(derived.samples.t_s) > 0).all()
    assert (np.diff(derived.samples.distance_m[np.isfinite(derived.samples.distance_m)]) >= -1e-6).all()
    assert derived.measures.timer_s <= derived.measures.elapsed_s + 1e-6


RANGES = {
    "latitude_deg": (46.99, 47.01), "longitude_deg": (7.99, 8.01), "altitude_m": (-400.0, 8000.0),
    "distance_m": (0.0, 1e6), "speed_mps": (0.0, 50.0), "cadence_spm": (0.0, 250.0), "heart_rate_bpm": (30.0, 220.0),
    "power_w": (0.0, 900.0), "temperature_degc": (-30.0, 45.0), "ground_contact_ms": (100.0, 500.0),
    "vertical_oscillation_m": (0.0, 0.3), "step_length_m": (0.0, 2.5),
}  # fmt: skip


@st.composite
def wild_recordings(draw: st.DrawFn) -> Recording:
    """Draw anything that the types allow: holes, repeats of one value, lonely points, stops without starts."""
    count = draw(st.sampled_from([0, 1, 2, 3, 7, 61, 200]))
    gaps = draw(hnp.arrays(np.float64, count, elements=st.sampled_from([0.2, 1.0, 1.0, 1.0, 5.0, 40.0, 4e3, 1e5])))
    t_s = np.cumsum(gaps)
    columns = {}
    for name in CHANNELS:
        low, high = RANGES[name]
        kind = draw(st.sampled_from(["none", "even", "any", "rising"]))
        if kind != "none":
            seed = draw(st.integers(0, 2**16))
            rng = np.random.default_rng(seed)
            values = np.full(count, rng.uniform(low, high)) if kind == "even" else rng.uniform(low, high, count)
            values = np.sort(values) if kind == "rising" else values
            values[rng.random(count) < draw(st.sampled_from([0.0, 0.2, 0.97]))] = np.nan
            columns[name] = values
    instants = st.floats(-100.0, 1e5, allow_nan=False)
    events = draw(st.lists(st.builds(TimerEvent, instants, st.booleans()), max_size=6))
    seconds = st.none() | st.floats(0.0, 400.0)
    laps = st.builds(
        Lap,
        st.floats(-10.0, 400.0),
        seconds,
        seconds,
        st.none(),
        st.sampled_from(["manual", "distance", None]),
        st.sampled_from(["active", None]),
        st.none() | st.integers(0, 5),
    )
    return Recording(
        format="fit",
        decoder="drawn",
        index=0,
        sport=draw(st.sampled_from(["running", "running", "cycling", "walking", None])),
        sub_sport=draw(st.sampled_from(["treadmill", "generic", None])),
        start_utc=datetime(2026, 3, 1, 6, 0, tzinfo=UTC),
        utc_offset_s=draw(st.sampled_from([None, 0, 3600, 99_999])),
        samples=Samples.from_columns(t_s, columns),
        timer_events=tuple(events),
        laps=tuple(draw(st.lists(laps, max_size=6))),
        device=Device(lists_barometer=draw(st.sampled_from([True, True, False, None]))),
        totals=DeviceTotals(
            step_count=draw(st.none() | st.integers(0, 5000)), timer_s=draw(st.none() | st.floats(0.0, 500.0))
        ),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    wild_recordings(),
    st.builds(
        Thresholds,
        ceiling_mps=st.sampled_from([None, 2.9]),
        critical_speed_mps=st.sampled_from([None, 3.5]),
        max_heart_rate_bpm=st.sampled_from([None, 180.0]),
        treadmill_incline_pct=st.sampled_from([None, None, 2.0]),
        treadmill_distance_m=st.sampled_from([None, None, 3000.0]),
    ),
)
def test_whatever_comes_in_every_fact_has_a_value_or_a_reason(recording: Recording, thresholds: Thresholds):
    """No recording that the types allow makes a derivation fall over, warn, or leave a fact out."""
    check_facts(recording, thresholds)


@pytest.mark.parametrize(
    "channel", ["altitude_m", "cadence_spm", "distance_m", "heart_rate_bpm", "latitude_deg", "speed_mps"]
)
def test_a_channel_that_is_missing_gives_a_reason_not_a_gap(channel: str):
    run = SyntheticRun((easy(600), *strides(4), easy(200), walk(60))).recording()
    columns = {name: getattr(run.samples, name) for name in CHANNELS if name != channel}
    samples = Samples.from_columns(run.samples.t_s, columns)
    check_facts(Recording(**{f.name: getattr(run, f.name) for f in fields(run)} | {"samples": samples}), RUNNER)


def test_a_ride_yields_the_session_and_its_climbing_and_no_row_that_only_a_run_has():
    """For a ride there is nothing to be missing: rows of `not_assessable` would be noise."""
    derived = derive(SyntheticRun((easy(900, 7.0),), sport="cycling").recording(), RUNNER)
    names = {fact.name for fact in derived.facts}
    assert {"elapsed_s", "timer_s", "moving_s", "distance_m", "ascent_m"} <= names
    assert set() == names & {"run_s", "pickup_count", "over_ceiling_s", "max_grade_up_100m_pct"}
    assert not derived.is_run


def test_the_same_recording_gives_the_same_facts_twice():
    recording = SyntheticRun((easy(900), *strides(5)), distance_noise_m=1.0, altitude_noise_m=0.3).recording()
    assert derive(recording, RUNNER).facts == derive(recording, RUNNER).facts


def test_times_that_claim_years_are_refused_with_a_sentence_before_memory_goes():
    """A record a minute for four years would be two million rows: the clock is broken, not the runner tireless."""
    t_s = np.arange(0.0, 2_000_000.0 * 60, 60.0)
    recording = Recording(
        "fit", "x", 0, "running", None, datetime(2026, 1, 1, tzinfo=UTC), None, Samples.from_columns(t_s, {})
    )
    with pytest.raises(SkipRecording, match="days of recorded time"):
        derive(recording, RUNNER)
