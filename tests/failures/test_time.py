"""FAILURES, "Time": every symptom that somebody reported elsewhere, tried here from bytes to weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.fit_file import fit_activity
from support.gpx_file import at, gpx_point, gpx_text, gpx_track
from support.small_log import SmallLog, as_fit, as_gpx, derived, log_of
from support.synthetic_run import RUNNER, SyntheticRun, easy

if TYPE_CHECKING:
    from pathlib import Path

RUN = SyntheticRun((easy(300),), start_latitude_deg=47.37, start_longitude_deg=8.54)


def run_at(*when: int, seconds: int = 300, place: tuple[float, float] | None = (47.37, 8.54)) -> SyntheticRun:
    """A run at an instant of UTC; without a place it is a treadmill."""
    start_utc = datetime(*when, tzinfo=UTC)
    if place is None:
        return replace(RUN, start_utc=start_utc, has_positions=False, sub_sport="treadmill")
    return replace(
        RUN,
        parts=(easy(seconds),),
        start_utc=start_utc,
        start_latitude_deg=place[0],
        start_longitude_deg=place[1],
    )


def test_the_week_is_the_runners_own(tmp_path: Path):
    """joaovitoriasilva/endurain#326, martin-ueding/geo-activity-playground#323: the weekly summary is on UTC.

    Monday morning in Auckland is Sunday in UTC; Sunday evening in Los Angeles is Monday in UTC.
    """
    auckland, los_angeles = (-36.85, 174.76), (34.05, -118.24)
    log = log_of(
        tmp_path / "log",
        {
            "monday.fit": as_fit(run_at(2026, 3, 8, 18, 30, place=auckland)),
            "sunday.gpx": as_gpx(run_at(2026, 3, 23, 2, 30, place=los_angeles)),
        },
    )
    days = [row["session_date"] for row in log.ask("select session_date from session order by start_utc")]
    assert [date(2026, 3, 9), date(2026, 3, 22)] == days
    weeks = log.ask(
        "select iso_week, run_count from week_summary where iso_week in ('2026-W10', '2026-W11', '2026-W12', '2026-W13')"
    )
    assert {"2026-W11": 1, "2026-W12": 1} == {row["iso_week"]: row["run_count"] for row in weeks if row["run_count"]}


@pytest.mark.parametrize(
    ("start", "day", "offset_s"),
    [
        ((2026, 3, 28, 22, 59), date(2026, 3, 28), 3600),
        ((2026, 3, 28, 23, 1), date(2026, 3, 29), 3600),
        ((2026, 3, 29, 0, 40), date(2026, 3, 29), 3600),
        ((2026, 3, 29, 21, 59), date(2026, 3, 29), 7200),
        ((2026, 3, 29, 22, 1), date(2026, 3, 30), 7200),
        ((2025, 10, 25, 22, 1), date(2025, 10, 26), 7200),
        ((2025, 10, 26, 0, 40), date(2025, 10, 26), 7200),
        ((2025, 10, 26, 22, 59), date(2025, 10, 26), 3600),
    ],
)
def test_the_night_of_the_change_of_clocks_moves_no_run(start: tuple[int, ...], day: date, offset_s: int):
    """jovandeginste/workout-tracker#635: DST offset. Through the change an hour stays an hour, too."""
    found = derived(as_gpx(run_at(*start, seconds=2700), every_s=5), RUNNER)
    assert (day.isoformat(), offset_s) == (found.session_date, found.utc_offset_s)
    assert 2700.0 == pytest.approx(found.measures.elapsed_s, abs=5)


def test_a_runner_abroad_is_where_the_run_is(tmp_path: Path):
    """dreeveapp/dreeve#2691: travel zone. Seven in the morning in Tokyo is yesterday evening at home."""
    path = tmp_path / "log"
    path.mkdir()
    log = SmallLog(path, "Europe/Zurich")
    log.arrive({"tokyo.fit": as_fit(run_at(2026, 3, 3, 22, 0, place=(35.68, 139.77)), local_offset_s=3600)})
    found = log.one("from session")
    expected = (date(2026, 3, 4), 9 * 3600, "place")
    assert expected == (found["session_date"], found["utc_offset_s"], found["time_zone_source"])


@pytest.mark.parametrize("local_offset_s", [None, 0, 7 * 3600 + 400, 99 * 3600])
def test_a_treadmill_is_at_home(local_offset_s: int | None):
    """yihong0618/running_page#485: no place, hence no zone; cagnulein/qdomyos-zwift#4939: UTC and local swapped.

    An offset that can be none, as swapped fields give it, says as little as a missing one.
    """
    content = as_fit(run_at(2026, 3, 3, 22, 0, place=None), local_offset_s=local_offset_s)
    found = derived(content, replace(RUNNER, home_time_zone="Asia/Tokyo"))
    expected = ("2026-03-04", 9 * 3600, "home")
    assert expected == (found.session_date, found.utc_offset_s, found.time_zone_source)


def test_the_homes_zone_is_that_of_its_settings(tmp_path: Path):
    """The same in a home; then the runner moves, and says so."""
    path = tmp_path / "log"
    path.mkdir()
    log = SmallLog(path, "Asia/Tokyo")
    log.arrive({"treadmill.fit": as_fit(run_at(2026, 3, 3, 22, 0, place=None))})
    assert date(2026, 3, 4) == log.one("from session")["session_date"]
    log.say("runner", setting="time_zone", value="Europe/Zurich", from_date=datetime.now(UTC).date().isoformat())
    log.refresh()
    assert date(2026, 3, 3) == log.one("from session")["session_date"]


def clock_jumps_h(hours: int) -> np.ndarray:
    """Seconds of a run of ten minutes whose clock was set forward in the middle."""
    return np.arange(601) + np.where(np.arange(601) < 300, 0, hours * 3600)


def fit_with_jump(hours: int) -> bytes:
    columns = {"distance_m": 3.0 * np.arange(601), "cadence_strides_per_min": np.full(601, 82.0)}
    return fit_activity(datetime(2026, 3, 4, 8, tzinfo=UTC), columns, t_s=clock_jumps_h(hours))


def gpx_with_jump(hours: int) -> bytes:
    points = [gpx_point(t, time=at(float(clock_jumps_h(hours)[t]))) for t in range(601)]
    return gpx_text(gpx_track(points)).encode()


@pytest.mark.parametrize("content", [fit_with_jump(9), fit_with_jump(100), gpx_with_jump(9), gpx_with_jump(1168)])
def test_a_change_of_zone_makes_no_activity_of_1168_hours(content: bytes):
    """thomaschampagne/elevate#363: the watch set its clock in mid-run, and the activity lasts 1168 h."""
    measures = derived(content, RUNNER).measures
    assert 600.0 == pytest.approx(measures.elapsed_s, abs=3)
    assert 600.0 == pytest.approx(measures.timer_s, abs=3)
    assert 600.0 == pytest.approx(measures.run_s, abs=5)
    assert 1800.0 == pytest.approx(measures.distance_m, rel=0.01)


def test_a_clock_that_jumps_by_weeks_is_told(tmp_path: Path):
    """The same in a FIT file: records more than twelve days from the others are left out, and that is said."""
    log = log_of(tmp_path / "log", {"run.fit": fit_with_jump(1168)})
    assert log.one("from session")["elapsed_s"] <= 600.0
    assert 300 == log.one("from recording_issue where issue_name = 'timestamp'")["issue_count"]


def test_fetching_again_overwrites_no_time(tmp_path: Path):
    """joaovitoriasilva/endurain#215: the same run comes again, once as it is and once with times moved by the service.

    The first is known by its content; the second is a poorer copy and lends, but does not speak.
    """
    fit = as_fit(RUN)
    log = log_of(tmp_path / "log", {"run.fit": fit})
    before = log.one("from session")
    assert 1 == log.arrive({"again.fit": fit}).duplicate_count
    moved = replace(RUN, start_utc=RUN.start_utc + timedelta(seconds=17))
    assert 1 == log.arrive({"edited.gpx": as_gpx(moved)}).merged_count
    assert before == log.one("from session")
