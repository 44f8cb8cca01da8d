"""When the night and the weekly report are due, and which were missed: pure, in zones with and without daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest

from flows import nights
from flows.outcome import Outcome
from flows.upstream import note_sync_run
from pipeline.config import NightConfig

if TYPE_CHECKING:
    from pipeline.settings import Home

AT = NightConfig().at


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("Europe/Berlin", "2026-03-28T12:00", "2026-03-28T03:15"),  # winter: one hour ahead of UTC
        ("Europe/Berlin", "2026-03-29T12:00", "2026-03-29T02:15"),  # the night on which 02:00 to 03:00 is skipped
        ("Europe/Berlin", "2026-10-25T12:00", "2026-10-25T03:15"),  # the night on which 02:00 to 03:00 comes twice
        ("Europe/Berlin", "2026-10-25T03:14", "2026-10-24T02:15"),  # a minute too early: yesterday's
        ("Europe/Berlin", "2026-10-25T03:15", "2026-10-25T03:15"),  # the very minute
        ("Pacific/Kiritimati", "2026-01-01T12:00", "2025-12-31T14:15"),
        ("America/Los_Angeles", "2026-01-01T12:00", "2025-12-31T12:15"),
    ],
)
def test_the_last_night_that_was_due_follows_the_clocks_of_the_zone(zone, now, due):
    """04:15 is what the clock on the wall shows, winter and summer."""
    assert utc(due) == nights.last_due_utc(AT, zone, utc(now))


def test_a_quarter_past_four_is_skipped_or_repeated_nowhere_this_year():
    """The default hour of the night exists once on every day of every zone."""
    odd = [
        (name, day)
        for name in sorted(available_timezones())
        for day in (datetime(2026, 1, 1) + timedelta(days=n) for n in range(365))  # noqa: DTZ001 - local days
        if (local := day.replace(hour=AT.hour, minute=AT.minute)).replace(tzinfo=ZoneInfo(name)).utcoffset()
        != local.replace(tzinfo=ZoneInfo(name), fold=1).utcoffset()
    ]
    assert [] == odd


def test_the_weekly_report_is_due_on_its_day():
    """Monday 06:30 in Madrid, seen from Sunday and from Monday."""
    sunday = nights.last_due_utc(time(6, 30), "Europe/Madrid", utc("2026-11-22T23:00"), 0)
    monday = nights.last_due_utc(time(6, 30), "Europe/Madrid", utc("2026-11-23T06:00"), 0)
    assert [utc("2026-11-16T05:30"), utc("2026-11-23T05:30")] == [sunday, monday]


@pytest.mark.parametrize(
    ("weekly_day", "cron"), [(0, "30 6 * * 1"), (5, "30 6 * * 6"), (6, "30 6 * * 0")], ids=["Mon", "Sat", "Sun"]
)
def test_the_weekly_schedule_counts_days_as_cron_does(weekly_day, cron):
    """Cron's week begins on Sunday, ours on Monday."""
    assert cron == nights.weekly_cron(NightConfig(weekly_day=weekly_day))
    assert "15 4 * * *" == nights.night_cron(NightConfig())


NOW = utc("2026-11-20T12:00")
DUE = utc("2026-11-20T04:15")


@pytest.fixture
def two_sources(home: Home) -> Home:
    with home.config_file.open("a", encoding="utf-8") as stream:
        for name in ("watch", "phone"):
            stream.write(f'\n[[source]]\nkind = "folder"\npath = "/nowhere/{name}"\nrunner = "anna"\n')
    return home


def ran(home: Home, source: str, at: datetime, state: str = "success") -> None:
    note_sync_run(home, "anna", source, at, at, state, Outcome(), is_whole=True)


def test_a_home_without_a_source_misses_no_night(home):
    """There is nothing to ask."""
    assert not nights.is_night_missed(home, home.config(), NOW)


def test_a_night_is_missed_until_every_source_was_asked_since_it_was_due(two_sources):
    """The machine was off at 04:15; a sync by hand that ended after one source is no whole night."""
    config = two_sources.config()
    found = [nights.is_night_missed(two_sources, config, NOW)]
    ran(two_sources, "folder:watch", DUE)
    found.append(nights.is_night_missed(two_sources, config, NOW))
    ran(two_sources, "folder:phone", DUE + timedelta(minutes=1), "failed")
    found.append(nights.is_night_missed(two_sources, config, NOW))
    assert [True, True, False] == found
    assert nights.is_night_missed(two_sources, config, NOW + timedelta(days=1))


def test_a_sync_before_the_night_was_due_does_not_stand_for_it(two_sources):
    """Yesterday evening is not tonight, and what a wrong clock dated into the future is nothing."""
    for source in ("folder:watch", "folder:phone"):
        ran(two_sources, source, DUE - timedelta(seconds=1))
        ran(two_sources, source, NOW + timedelta(days=400))
    assert nights.is_night_missed(two_sources, two_sources.config(), NOW)


def test_the_weekly_report_is_missed_only_by_those_who_had_one(home):
    """A new home waits for its first Monday; later a Monday that passed without one is caught up."""
    found = [nights.is_weekly_missed(home, home.config(), NOW)]
    nights.note_weekly(home, utc("2026-11-16T06:30"))
    found.append(nights.is_weekly_missed(home, home.config(), NOW))
    found.append(nights.is_weekly_missed(home, home.config(), NOW + timedelta(days=7)))
    nights.note_weekly(home, utc("2026-11-09T06:30"))  # a report of the past, made again
    found.append(nights.is_weekly_missed(home, home.config(), NOW))
    assert [False, False, True, False] == found
