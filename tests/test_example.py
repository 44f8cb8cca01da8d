"""The bundled example log is what its script writes, holds nobody's data, and shows what it is there to show."""

from __future__ import annotations

import io
import itertools
import runpy
import tomllib
from collections import Counter
from datetime import UTC, date, timedelta
from pathlib import Path

import fitparse
import gpxpy
import numpy as np
import pytest
from timezonefinder import TimezoneFinder

from support.course import Leg, Route, Runner, live_through, straight
from support.example_log import SESSIONS, ZONE

DATA = Path(__file__).resolve().parent.parent / "data"
EXAMPLE = DATA / "example"
CEILING_MPS = 2.897
TOLERATED_MPS = 1.05 * CEILING_MPS  #: the default protocol's 5 % tolerance
CRITICAL_SPEED_MPS = 3.52
OVER_CEILING_DAYS = {"2026-03-10", "2026-04-02", "2026-04-06", "2026-04-10"}  #: strides, strides, strides, tempo


def read_watch(name: str) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Return the session message (empty where the file was cut) and the records as columns with `t_s`."""
    messages = fitparse.FitFile(io.BytesIO((EXAMPLE / "watch" / name).read_bytes()), check_crc=False).get_messages()
    session: dict[str, object] = {}
    rows = []
    try:
        for message in messages:
            if message.name == "record":
                rows.append(message.get_values())
            elif message.name == "session":
                session = message.get_values()
    except fitparse.FitParseError:
        assert name.startswith("2026-03-27"), "only the file of the watch that died is cut"
    names = sorted({name for row in rows for name in row} - {"timestamp"})
    columns = {key: np.array([np.nan if row.get(key) is None else row[key] for row in rows], float) for key in names}
    columns["t_s"] = np.array([(row["timestamp"] - rows[0]["timestamp"]).total_seconds() for row in rows])
    return session, columns


def best_30s_mps(columns: dict[str, np.ndarray]) -> float:
    seconds = np.arange(columns["t_s"][-1] + 1)
    distance = np.interp(seconds, columns["t_s"], columns["distance"])
    return float(((distance[30:] - distance[:-30]) / 30).max())


def steepest_100m_pct(columns: dict[str, np.ndarray]) -> float:
    smooth = np.convolve(np.pad(columns["enhanced_altitude"], 2, mode="edge"), np.ones(5) / 5, "valid")
    every_m = np.arange(0, columns["distance"][-1], 5.0)
    altitude = np.interp(every_m, columns["distance"], smooth)
    return float(np.abs(altitude[20:] - altitude[:-20]).max())


@pytest.fixture(scope="module")
def watch() -> dict[str, tuple[dict[str, object], dict[str, np.ndarray]]]:
    """Every watch file, by its local day."""
    return {path.name[:10]: read_watch(path.name) for path in sorted(EXAMPLE.glob("watch/*.fit"))}


def test_the_script_writes_the_committed_bytes(tmp_path):
    """Run again, the script gives the committed files, byte for byte, and there are no others."""
    runpy.run_path(str(DATA / "make_example.py"))["write_example"](tmp_path)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    committed = {path.relative_to(EXAMPLE): path.read_bytes() for path in EXAMPLE.rglob("*") if path.is_file()}
    assert sorted(committed) == sorted(written)
    assert [name for name in written if written[name] != committed[name]] == []


def test_it_is_small():
    """The log travels with the package: under 1.5 MB."""
    assert sum(path.stat().st_size for path in EXAMPLE.rglob("*") if path.is_file()) < 1_500_000


def test_it_spans_eight_weeks_and_a_clock_change():
    """Eight ISO weeks have a run each, and the zone's offset changes among them."""
    starts = [session.start_utc.astimezone(ZONE) for session in SESSIONS]
    assert sorted(starts) == starts
    assert set(range(8, 16)) == {start.isocalendar().week for start in starts}
    assert {timedelta(hours=1), timedelta(hours=2)} == {start.utcoffset() for start in starts}


def test_its_places_are_the_synthetic_course(watch):
    """Every point lies within 3 km of the course's origin, in the runner's time zone."""
    latitudes, longitudes = [], []
    for _, columns in watch.values():
        if "position_lat" in columns:
            latitudes.append(columns["position_lat"] * 180 / 2**31)
            longitudes.append(columns["position_long"] * 180 / 2**31)
    for path in EXAMPLE.glob("phone/*.gpx"):
        points = gpxpy.parse(path.read_text()).tracks[0].segments[0].points
        latitudes.append(np.array([point.latitude for point in points]))
        longitudes.append(np.array([point.longitude for point in points]))
    assert np.abs(np.concatenate(latitudes) - 42.12).max() * 111_195 < 3000
    assert np.abs(np.concatenate(longitudes) + 5.02).max() * 82_479 < 3000
    assert TimezoneFinder().timezone_at(lat=42.12, lng=-5.02) == ZONE.key


def test_runs_within_plan_are_clearly_within(watch):
    """Runs meant to be within plan stay under the ceiling and flat, with room to spare; the others are clearly not."""
    for day, (session, columns) in watch.items():
        if session.get("sport") == "cycling":
            continue
        assert (best_30s_mps(columns) > TOLERATED_MPS) == (day in OVER_CEILING_DAYS), day
        if day == "2026-03-18":
            assert 4.8 < steepest_100m_pct(columns) < 5.6
            assert session["total_ascent"] / session["total_distance"] * 1000 > 13
            continue
        assert best_30s_mps(columns) < 0.98 * CEILING_MPS or day in OVER_CEILING_DAYS, day
        assert steepest_100m_pct(columns) < 1.6, day
        assert session.get("total_ascent", 0) < 20


def test_strides_are_as_fast_as_they_say(watch):
    """Too early and over 1.15 of critical speed in March; under it in April."""
    fastest = {day: best_30s_mps(watch[day][1]) / CRITICAL_SPEED_MPS for day in OVER_CEILING_DAYS}
    speeds = {day: np.quantile(watch[day][1]["enhanced_speed"], 0.99) / CRITICAL_SPEED_MPS for day in OVER_CEILING_DAYS}
    assert speeds["2026-03-10"] > 1.18
    assert speeds["2026-04-06"] < 1.12
    assert 0.9 < fastest["2026-04-10"] <= 1.01


def test_cadence_is_one_leg_and_in_the_seventies(watch):
    """FIT holds strides of one leg; in steps a minute the runs from S1 on lie at 170 to 176."""
    for day, (session, columns) in watch.items():
        if day < "2026-03-01" or session.get("sport") == "cycling":
            continue
        spm = 2 * (columns["cadence"] + columns["fractional_cadence"])
        assert 170 <= spm[spm >= 140].mean() <= 176, day


def test_the_treadmill_has_no_place(watch):
    """Indoors there is no position and no ascent, but steps and distance."""
    session, columns = watch["2026-03-12"]
    assert session["sub_sport"] == "treadmill"
    assert "position_lat" not in columns
    assert "total_ascent" not in session
    assert session["total_strides"] > 2000


def test_the_cut_file_keeps_its_first_part(watch):
    """The watch died: records but no session message."""
    session, columns = watch["2026-03-27"]
    assert session == {}
    assert columns["t_s"][-1] > 900


def test_one_run_was_recorded_twice():
    """On 16 March the phone's recording starts 40 s after the watch's, on the same way."""
    points = gpxpy.parse((EXAMPLE / "phone" / "2026-03-16-07-40.gpx").read_text()).tracks[0].segments[0].points
    (start_utc,) = [session.start_utc for session in SESSIONS if session.recorder == "both"]
    assert start_utc + timedelta(seconds=40) == points[0].time.astimezone(UTC)
    _, columns = read_watch("2026-03-16-07-40.fit")
    seconds = np.array([(point.time.astimezone(UTC) - start_utc).total_seconds() for point in points])
    latitude_deg = np.interp(seconds, columns["t_s"], columns["position_lat"] * 180 / 2**31)
    apart_m = np.abs(latitude_deg - [point.latitude for point in points]) * 111_195
    assert np.median(apart_m) < 6
    assert apart_m.max() < 25


def test_the_timer_stops_at_the_traffic_light(watch):
    """Elapsed time holds the 48 s that timer time leaves out, and nothing is recorded in them."""
    session, columns = watch["2026-03-04"]
    assert session["total_elapsed_time"] - session["total_timer_time"] == 48
    assert np.diff(columns["t_s"]).max() >= 48


def test_the_plan_keeps_to_its_own_limits():
    """Rest between runs, runs a week, and growth from week to week are within plan, so that only the meant flags rise."""
    runs = [session for session in SESSIONS if session.sport == "running"]
    days = [date.fromisoformat(session.start[:10]) for session in runs]
    assert min((b - a).days for a, b in itertools.pairwise(days)) == 2
    weeks = Counter(day.isocalendar().week for day in days)
    assert max(weeks.values()) <= 4
    assert max(weeks[8], weeks[9]) <= 3
    metres = Counter()
    for session, day in zip(runs, days, strict=True):
        metres[day.isocalendar().week] += session.kept_share * session.truth().distance_m[-1]
    growth = [metres[week + 1] / metres[week] for week in range(8, 15)]
    assert max(growth) < 1.20


def test_the_journal_speaks_of_the_sessions_that_are_there():
    """Every symptom belongs to a run of the log; stages follow each other; the last morning is still due."""
    entries = tomllib.loads((EXAMPLE / "journal.toml").read_text())["entry"]
    assert {"runner", "stage", "symptom", "rehab"} == {entry["kind"] for entry in entries}
    symptoms = [entry for entry in entries if entry["kind"] == "symptom"]
    run_days = {date.fromisoformat(session.start[:10]) for session in SESSIONS if session.sport == "running"}
    assert {entry["session_date"] for entry in symptoms} < run_days
    assert all(0 <= entry["pain_0_10"] <= 10 and entry["entry_utc"].tzinfo for entry in symptoms)
    assert [entry["stage_id"] for entry in entries if entry["kind"] == "stage"] == ["S0", "S1", "S2"]
    answered = {entry["session_date"] for entry in symptoms if entry["moment"] == "next_morning"}
    assert date(2026, 4, 12) not in answered
    assert date(2026, 4, 10) in answered


def test_the_hip_answers_the_morning_after():
    """The hills are followed by two points more than before, the strides by one."""
    entries = tomllib.loads((EXAMPLE / "journal.toml").read_text())["entry"]
    pain = {
        (entry["session_date"], entry["moment"]): entry["pain_0_10"] for entry in entries if entry["kind"] == "symptom"
    }
    rises = [pain[day, "next_morning"] - pain[day, "before"] for day in (date(2026, 3, 18), date(2026, 3, 10))]
    assert rises == [2, 1]
    early = [entry for entry in entries if entry.get("moment") == "next_morning"]
    ends = {date.fromisoformat(session.start[:10]): session.end_utc for session in SESSIONS}
    waits = [entry["entry_utc"] - ends[entry["session_date"]] for entry in early]
    assert min(waits) >= timedelta(hours=8)
    assert max(waits) <= timedelta(hours=36)


def test_truth_of_a_constant_run():
    """Ten minutes at 3 m/s are 1,800 m and, at the runner's own cadence, the steps that the formula says."""
    truth = live_through([Leg("run", 660, 3.0)], straight(700.0, (5000, 0.0)), seed=1, runner=Runner(cadence_ratio=1.0))
    assert truth.distance_m[660 - 1] - truth.distance_m[60] == pytest.approx(599 * 3.0, rel=0.01)
    steps = sum(truth.cadence_spm[60:]) / 60
    assert steps == pytest.approx(10 * (164 + 9 * 0.2), rel=0.01)
    assert truth.ascent_descent_m() == (0, 0)


def test_truth_of_a_climb_and_a_pause():
    """Up and down again gives the climb twice; in a pause nothing moves."""
    route = straight(700.0, (500, 25.0))
    truth = live_through([Leg("run", 300, 2.5), Leg("pause", 60), Leg("run", 98, 2.5)], route, seed=2)
    up, down = truth.ascent_descent_m()
    assert up == pytest.approx(25, abs=0.3)
    assert down == pytest.approx(up - truth.height_m[-1] + 700, abs=0.1)
    assert truth.pauses == [(300, 360)]
    assert truth.distance_m[301] == truth.distance_m[359]


def test_a_loop_comes_back():
    """A loop's way starts again after each round."""
    loop = Route(((0, 0, 1), (30, 0, 2), (30, 40, 3)), is_loop=True)
    assert loop.at(15) == (15, 0, 1.5)
    assert loop.at(120 + 15) == (15, 0, 1.5)
    assert loop.at(95) == (15, 20, 2)
