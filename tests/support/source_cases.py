"""A source with something in it, for every kind of `SOURCES`: what the contract is tried on."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors import SOURCES
from support.garmin_home import WEBS, Linked
from support.garmin_server import GarminServer
from support.gpx_file import gpx_run, tcx_run
from support.small_log import as_fit
from support.strava_activity import by_hand, strava_run
from support.strava_home import linked_strava
from support.synthetic_run import SyntheticRun, easy, walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from connectors.base import Source


def folder_case(folder: Path, _stack: ExitStack) -> Source:
    """A folder with a file of each kind, one of them cut short, and an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("activities/1.gpx.gz", gzip.compress(gpx_run(60, hr=150).encode()))
    log = folder / "log"
    log.mkdir()
    (log / "export.zip").write_bytes(stream.getvalue())
    (log / "a.gpx").write_text(gpx_run(120, hr=150, cad=85))
    (log / "b.tcx").write_text(tcx_run(120, heart_rate=150, RunCadence=85))
    (log / "cut.gpx").write_text(gpx_run(120)[:6000])
    return SOURCES[0].load()(log)


def strava_case(_folder: Path, stack: ExitStack) -> Source:
    """An account with a run, a walk, a treadmill, a ride with power, and a run that was typed in."""
    linked = stack.enter_context(linked_strava())
    treadmill = SyntheticRun((easy(120),), has_positions=False, has_altitude=False)
    ride = strava_run(20_000_000_003, type="Ride", sport_type="GravelRide", device_watts=True)
    ride.streams["watts"] = [200] * len(ride.streams["time"])
    ride.streams["temp"] = [21] * len(ride.streams["time"])
    linked.strava.add(
        strava_run(20_000_000_001, description="pain 2/10", perceived_exertion=4),
        strava_run(20_000_000_002, SyntheticRun((walk(120),)), type="Walk", sport_type="Walk"),
        ride,
        strava_run(20_000_000_004, treadmill, trainer=True),
        by_hand(20_000_000_005, datetime(2026, 3, 8, 9, 0, tzinfo=UTC), 1800, 5000.0),
    )
    return linked.open()


def garmin_case(_folder: Path, stack: ExitStack) -> Source:
    """An account with a run of the watch, one that was uploaded as GPX, and a leg that is in its parent's file.

    With the real library where it is installed (Python 3.12 and newer), else in plain HTTP.
    """
    server = stack.enter_context(GarminServer())
    parent = server.add(as_fit(SyntheticRun((easy(120),))))
    server.add(gpx_run(120, hr=150, cad=85).encode(), member="activity.gpx")
    server.add(None, parentId=parent)
    return Linked(server, WEBS[-1]).source


#: Kind of source -> a function (folder, stack) that makes one; what has to be closed goes on the stack.
CASES: dict[str, Callable[[Path, ExitStack], Source]] = {
    "folder": folder_case,
    "strava": strava_case,
    "garmin": garmin_case,
}
