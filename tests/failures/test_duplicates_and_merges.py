"""FAILURES, "Duplicates and merges": every symptom that somebody reported elsewhere, tried here in a home."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.fit_file import FitDevice, FitOptions
from support.gpx_file import START as TCX_START
from support.gpx_file import tcx_run
from support.small_log import as_fit, as_gpx, log_of
from support.synthetic_run import SyntheticRun, easy

if TYPE_CHECKING:
    from pathlib import Path

#: Where and when the TCX documents of tests are run.
RUN = SyntheticRun(
    (easy(600, 3.0),), start_utc=TCX_START, start_latitude_deg=10.0, start_longitude_deg=20.0, position_noise_m=0.5
)
LATER = SyntheticRun(
    (easy(540, 3.0),),
    start_utc=TCX_START + timedelta(seconds=40),
    start_latitude_deg=10.001,
    start_longitude_deg=20.0,
    has_barometer=False,
)
GARMIN = as_fit(RUN, totals={"total_distance": 1800.0})


@pytest.mark.parametrize(
    "again",
    [
        as_gpx(RUN, cadence="steps", creator="StravaGPX"),
        as_fit(RUN, options=FitOptions(header_crc=False, byte_order=">"), device=FitDevice(265, None)),
        tcx_run(600, RunCadence=82).encode(),
        as_gpx(LATER, every_s=3),
        gzip.compress(as_fit(RUN, totals={"total_distance": 1801.0})),
        as_fit(LATER, device=FitDevice(32, None, sensors=None), without=["altitude_m"]),
    ],
    ids=[
        "tapiriik#418: Strava's GPX of the Garmin run",
        "tapiriik#241: the same written anew by another service",
        "FitTrackee#85: the same as TCX",
        "workout-tracker#94: a phone that ran along and started later",
        "dreeve#2672: the .gz of an export, edited",
        "peloton-to-garmin#823: the treadmill's own file",
    ],
)
def test_a_run_from_two_services_is_one_run(tmp_path: Path, again: bytes):
    """The same run twice, from Garmin and from somewhere else: one session, two recordings, one run in the week."""
    log = log_of(tmp_path / "log", {"garmin.fit": GARMIN, "again": again})
    assert 2 == log.one("select count(*) as n from recording")["n"]
    session = log.one("from session")
    assert 1800.0 == pytest.approx(session["distance_m"], rel=0.005)
    week = log.one("from week_summary where run_count > 0")
    assert (1, 1) == (week["session_count"], week["run_count"])
    assert 1800.0 == pytest.approx(week["run_distance_m"], rel=0.005)


def test_the_next_day_in_utc_breaks_no_match(tmp_path: Path):
    """jat255/strava-to-fittrackee#14: 19:30 in New York is tomorrow in UTC, and the two copies no longer meet.

    One copy tells the offset, one the place, one neither.
    """
    run = SyntheticRun(
        (easy(400),),
        start_utc=datetime(2026, 3, 11, 0, 30, tzinfo=UTC),
        start_latitude_deg=40.78,
        start_longitude_deg=-73.96,
    )
    log = log_of(
        tmp_path / "log",
        {"watch.fit": as_fit(run, without=["latitude_deg", "longitude_deg"], local_offset_s=-4 * 3600)},
        {"phone.gpx": as_gpx(run)},
        {"pod.fit": as_fit(run, without=["latitude_deg", "longitude_deg", "altitude_m"], local_offset_s=None)},
    )
    session = log.one("from session")
    assert datetime(2026, 3, 10).date() == session["session_date"]  # noqa: DTZ001 - a local day
    assert (-4 * 3600, "place") == (session["utc_offset_s"], session["time_zone_source"])
    assert 3 == log.one("select count(*) as n from recording")["n"]


def test_two_runs_of_a_day_stay_two(tmp_path: Path):
    """And the reverse, jovandeginste/workout-tracker#94: a commute there and back is no duplicate."""
    back = SyntheticRun(
        (easy(600, 3.0),),
        start_utc=TCX_START + timedelta(minutes=11),
        start_latitude_deg=10.016,
        start_longitude_deg=20.0,
    )
    log = log_of(tmp_path / "log", {"there.fit": GARMIN, "back.fit": as_fit(back)})
    assert 2 == log.one("from week_summary where run_count > 0")["run_count"]
    assert [] == log.ask("from duplicate_question")
