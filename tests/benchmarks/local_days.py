"""Starts whose local day and offset were worked out by hand: DST nights, travel, the date line, indoors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from benchmarks.table import Case, Row, inside_row
from pipeline.model import Thresholds
from pipeline.places import zone_at
from pipeline.transforms import derive
from support.synthetic_run import SyntheticRun, easy

HOUR_S: Final = 3600


@dataclass(frozen=True)
class Start:
    """One start and what the runner's calendar says."""

    about: str
    start_utc: str
    local_date: str
    offset_s: int
    place: tuple[float, float] | None = None
    claimed_s: int | None = None  #: the device's offset
    home: str = "UTC"


PARIS, NEW_YORK, TOKYO = (48.8566, 2.3522), (40.7128, -74.0060), (35.6762, 139.6503)

#: Rules of 2026: Europe changes its clocks on 29 March and 25 October at 01:00 UTC, the USA on 8 March and 1 November
#: at 2:00 local time, Lord Howe by half an hour (IANA tz database).
STARTS: Final = (
    Start("evening, summer time", "2026-07-01T22:30", "2026-07-02", 2 * HOUR_S, PARIS),
    Start("an hour before the clocks go forward", "2026-03-29T00:30", "2026-03-29", HOUR_S, PARIS),
    Start("just after they went forward", "2026-03-29T01:05", "2026-03-29", 2 * HOUR_S, PARIS),
    Start("last hour of the day on which they went forward", "2026-03-29T21:59", "2026-03-29", 2 * HOUR_S, PARIS),
    Start("the first 2:30 of the night when they go back", "2026-10-25T00:30", "2026-10-25", 2 * HOUR_S, PARIS),
    Start("the second 2:30 of it", "2026-10-25T01:30", "2026-10-25", HOUR_S, PARIS),
    Start("Saturday 23:30 before the clocks go back", "2026-10-24T21:30", "2026-10-24", 2 * HOUR_S, PARIS),
    Start("Sunday 23:30 after it", "2026-10-25T22:30", "2026-10-25", HOUR_S, PARIS),
    Start("New York, the evening before summer time", "2026-03-08T03:30", "2026-03-07", -5 * HOUR_S, NEW_YORK),
    Start("New York, the morning after", "2026-03-08T11:00", "2026-03-08", -4 * HOUR_S, NEW_YORK),
    Start(
        "nine hours east of home: the place goes first",
        "2026-05-03T21:30",
        "2026-05-04",
        9 * HOUR_S,
        TOKYO,
        None,
        "UTC",
    ),
    Start(
        "the same with a watch still on home time",
        "2026-05-03T21:30",
        "2026-05-04",
        9 * HOUR_S,
        TOKYO,
        2 * HOUR_S,
        "Europe/Paris",
    ),
    Start("west of the date line", "2026-06-10T09:30", "2026-06-09", -11 * HOUR_S, (-14.2756, -170.7020)),
    Start("east of it", "2026-06-10T11:30", "2026-06-11", 13 * HOUR_S, (-13.8333, -171.7667)),
    Start("a quarter of an hour's zone", "2026-06-10T18:20", "2026-06-11", 5 * HOUR_S + 2700, (27.7172, 85.3240)),
    Start("summer time of half an hour", "2026-01-10T12:59", "2026-01-10", 11 * HOUR_S, (-31.5530, 159.0770)),
    Start(
        "treadmill, the device's claim", "2026-05-03T21:30", "2026-05-04", 9 * HOUR_S, None, 9 * HOUR_S, "Europe/Paris"
    ),
    Start(
        "treadmill, a claim a few seconds off",
        "2026-05-03T21:30",
        "2026-05-04",
        9 * HOUR_S,
        None,
        9 * HOUR_S + 40,
        "UTC",
    ),
    Start(
        "treadmill, a claim of 0 (Suunto): home", "2026-07-01T22:30", "2026-07-02", 2 * HOUR_S, None, 0, "Europe/Paris"
    ),
    Start("treadmill, no claim: home", "2026-12-31T23:30", "2027-01-01", HOUR_S, None, None, "Europe/Paris"),
    Start(
        "treadmill, a claim that is no offset: home",
        "2026-07-01T22:30",
        "2026-07-02",
        2 * HOUR_S,
        None,
        90_000,
        "Europe/Paris",
    ),
    Start("a run on New Year's Eve over midnight", "2026-12-31T22:50", "2026-12-31", HOUR_S, PARIS),
)


def row(where: str) -> Row:
    """Return how many of the starts come out on their day, with their offset."""
    cases = []
    for start in STARTS:
        latitude_deg, longitude_deg = start.place or (0.0, 0.0)
        run = SyntheticRun(
            (easy(120),),
            has_positions=start.place is not None,
            start_latitude_deg=latitude_deg,
            start_longitude_deg=longitude_deg,
            utc_offset_s=start.claimed_s,
            start_utc=datetime.fromisoformat(start.start_utc).replace(tzinfo=UTC),
        )
        session = derive(run.recording(), Thresholds(home_time_zone=start.home), zone_at)
        found, due = (session.session_date, session.utc_offset_s), (start.local_date, start.offset_s)
        cases.append(Case(start.about, 0.0, f"{found}, truth {due}", is_missed=found != due))
    return inside_row("local day and offset", where, cases, 1.0, "all")
