"""A run belongs to the runner's own day: by the place, else by the device's claim, else by the home zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.places import zone_at
from pipeline.transforms import derive
from pipeline.transforms.local_day import local_start
from support.synthetic_run import RUNNER, SyntheticRun, easy

if TYPE_CHECKING:
    from pipeline.model import Recording


def run_at(
    utc: datetime, *, place: tuple[float, float] | None = (47.37, 8.54), offset_s: int | None = None
) -> Recording:
    lat, lon = place or (0.0, 0.0)
    run = SyntheticRun(
        (easy(60),),
        start_utc=utc,
        utc_offset_s=offset_s,
        has_positions=place is not None,
        start_latitude_deg=lat,
        start_longitude_deg=lon,
    )
    return run.recording()


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "place", "expected"),
    [
        (utc(2026, 3, 8, 23, 30), (47.37, 8.54), ("2026-03-09", 3600, "place")),
        (utc(2026, 3, 29, 0, 30), (47.37, 8.54), ("2026-03-29", 3600, "place")),
        (utc(2026, 3, 29, 1, 30), (47.37, 8.54), ("2026-03-29", 7200, "place")),
        (utc(2026, 10, 25, 0, 30), (47.37, 8.54), ("2026-10-25", 7200, "place")),
        (utc(2026, 10, 25, 1, 30), (47.37, 8.54), ("2026-10-25", 3600, "place")),
        (utc(2026, 3, 1, 5, 0), (40.71, -74.01), ("2026-03-01", -18000, "place")),
        (utc(2026, 3, 1, 4, 0), (40.71, -74.01), ("2026-02-28", -18000, "place")),
        (utc(2026, 3, 1, 18, 30), (28.61, 77.21), ("2026-03-02", 19800, "place")),
        (utc(2025, 12, 31, 11, 0), (-36.85, 174.76), ("2026-01-01", 46800, "place")),
    ],
    ids=[
        "late on Sunday in Zurich is Monday",
        "before the spring change",
        "after the spring change",
        "before the autumn change",
        "after the autumn change",
        "midnight in New York",
        "evening before in New York",
        "half-hour zone",
        "new year in Auckland",
    ],
)
def test_the_place_tells_the_day(when: datetime, place: tuple[float, float], expected: tuple[str, int, str]):
    """endurain #326, workout-tracker #635: weeks and days in the runner's zone, change of clocks included."""
    assert expected == local_start(run_at(when, place=place), "UTC", zone_at)


def test_a_travelling_runner_is_where_the_run_is_not_where_home_is():
    """dreeve #2691."""
    run = run_at(utc(2026, 3, 1, 18, 30), place=(28.61, 77.21), offset_s=3600)
    assert ("2026-03-02", 19800, "place") == local_start(run, "Europe/Zurich", zone_at)


def test_a_treadmill_has_no_place_and_takes_the_devices_offset():
    """running_page #485."""
    run = run_at(utc(2026, 3, 8, 23, 30), place=None, offset_s=3600)
    assert ("2026-03-09", 3600, "device") == local_start(run, "UTC", zone_at)


def test_an_offset_of_zero_says_nothing():
    """Suunto often writes 0 (METRICS.md): the home zone decides."""
    run = run_at(utc(2026, 3, 8, 23, 30), place=None, offset_s=0)
    assert ("2026-03-09", 3600, "home") == local_start(run, "Europe/Zurich", zone_at)


@pytest.mark.parametrize("offset_s", [631_065_600, -100_000, 3600 + 400, None])
def test_an_offset_that_can_be_none_is_not_taken(offset_s: int | None):
    """qdomyos-zwift #4939: UTC and local swapped, or the FIT epoch in between."""
    run = run_at(utc(2026, 3, 8, 23, 30), place=None, offset_s=offset_s)
    assert ("2026-03-09", 3600, "home") == local_start(run, "Europe/Zurich", zone_at)


def test_an_offset_a_few_seconds_off_is_brought_to_the_quarter():
    run = run_at(utc(2026, 3, 8, 23, 30), place=None, offset_s=3598)
    assert ("2026-03-09", 3600, "device") == local_start(run, "UTC", zone_at)


def test_an_empty_position_is_not_the_gulf_of_guinea():
    run = run_at(utc(2026, 3, 8, 12, 0), place=(47.0, 8.0))
    latitude_deg, longitude_deg = run.samples.latitude_deg.copy(), run.samples.longitude_deg.copy()
    latitude_deg[:5] = longitude_deg[:5] = 0.0
    run = replace(run, samples=replace(run.samples, latitude_deg=latitude_deg, longitude_deg=longitude_deg))
    seen: list[tuple[float, float]] = []
    local_start(run, "UTC", lambda lat, lon: seen.append((lat, lon)))
    assert [(47.0, 8.0)] == [(pytest.approx(lat, abs=0.01), pytest.approx(lon, abs=0.01)) for lat, lon in seen]


def test_without_a_look_up_places_are_left_out():
    derived = derive(run_at(utc(2026, 3, 8, 23, 30), offset_s=3600), RUNNER)
    assert ("2026-03-09", 3600, "device") == (
        derived.session_date,
        derived.utc_offset_s,
        derived.time_zone_source,
    )


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, 200.0), (float("nan"), 8.0)])
def test_what_is_no_place_has_no_zone(place: tuple[float, float]):
    assert None is zone_at(*place)
