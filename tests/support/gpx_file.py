"""Small GPX and TCX documents as text, built from the instants that a test is about. All places and people are made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START = datetime(2024, 3, 2, 6, 30, tzinfo=UTC)

#: North by this many degrees a second is 3 m/s.
_DEG_PER_S = 3.0 / 111_195.0


def at(t_s: float) -> str:
    """Return the instant `t_s` seconds after START as GPX and TCX write it."""
    return (START + timedelta(seconds=t_s)).isoformat().replace("+00:00", "Z")


def gpx_point(
    t_s: float, *, time: str | None = "", ele: float | None = 100.0, extensions: str = "", **trackpoint
) -> str:
    """Return one `trkpt` of a run northward at 3 m/s; `hr=150, cad=82` go into Garmin's TrackPointExtension."""
    stamp = "" if time is None else f"<time>{time or at(t_s)}</time>"
    height = "" if ele is None else f"<ele>{ele}</ele>"
    inner = "".join(f"<gpxtpx:{name}>{value}</gpxtpx:{name}>" for name, value in trackpoint.items())
    extended = f"<gpxtpx:TrackPointExtension>{inner}</gpxtpx:TrackPointExtension>" if inner else ""
    extended = f"<extensions>{extended}{extensions}</extensions>" if extended or extensions else ""
    return f'<trkpt lat="{10 + t_s * _DEG_PER_S:.7f}" lon="20.0000000">{height}{stamp}{extended}</trkpt>\n'


def gpx_track(*segments: Iterable[str], name: str = "Morning Run", kind: str | None = "running") -> str:
    """Return one `trk` of segments, each a sequence of points."""
    typed = "" if kind is None else f"<type>{kind}</type>"
    inner = "".join(f"<trkseg>\n{''.join(points)}</trkseg>" for points in segments)
    return f"<trk><name>{name}</name>{typed}{inner}</trk>"


def gpx_text(*tracks: str, creator: str = "Garmin Connect", before: str = "", encoding: str = "UTF-8") -> str:
    """Return a GPX 1.1 document of tracks; `before` is put in front of them."""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<gpx creator="{creator}" version="1.1" xmlns="http://www.topografix.com/GPX/1/1" '
        'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">'
        f"{before}{''.join(tracks)}</gpx>"
    )


def gpx_run(seconds: int, *, step_s: int = 1, **trackpoint) -> str:
    """Return a document with one steady run of that length."""
    return gpx_text(gpx_track([gpx_point(t, **trackpoint) for t in range(0, seconds, step_s)]))


def tcx_point(t_s: float, *, time: str | None = "", heart_rate: int | None = None, extra: str = "", **tpx) -> str:
    """Return one `Trackpoint` of a run northward at 3 m/s; `RunCadence=82` goes into Garmin's TPX."""
    stamp = "" if time is None else f"<Time>{time or at(t_s)}</Time>"
    pulse = "" if heart_rate is None else f"<HeartRateBpm><Value>{heart_rate}</Value></HeartRateBpm>"
    inner = "".join(f"<ns3:{name}>{value}</ns3:{name}>" for name, value in tpx.items())
    extended = f"<Extensions><ns3:TPX>{inner}</ns3:TPX></Extensions>" if inner else ""
    return (
        f"<Trackpoint>{stamp}<Position><LatitudeDegrees>{10 + t_s * _DEG_PER_S:.7f}</LatitudeDegrees>"
        "<LongitudeDegrees>20.0</LongitudeDegrees></Position><AltitudeMeters>100.0</AltitudeMeters>"
        f"<DistanceMeters>{3 * t_s:.1f}</DistanceMeters>{pulse}{extra}{extended}</Trackpoint>\n"
    )


def tcx_lap(
    start_s: float,
    timer_s: float,
    *tracks: Sequence[str],
    start: str | None = None,
    distance_m: float | None = None,
    words: str = "<Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>",
    lx: str = "",
) -> str:
    """Return one `Lap` of tracks, each a sequence of points."""
    metres = 3 * timer_s if distance_m is None else distance_m
    inner = "".join(f"<Track>{''.join(points)}</Track>" for points in tracks)
    extended = f"<Extensions><ns3:LX>{lx}</ns3:LX></Extensions>" if lx else ""
    return (
        f'<Lap StartTime="{start or at(start_s)}"><TotalTimeSeconds>{timer_s}</TotalTimeSeconds>'
        f"<DistanceMeters>{metres}</DistanceMeters>{words}{inner}{extended}</Lap>"
    )


def tcx_activity(*laps: str, sport: str = "Running", rest: str = "") -> str:
    """Return one `Activity`; `rest` is put behind its laps."""
    return f'<Activity Sport="{sport}"><Id>{at(0)}</Id>{"".join(laps)}{rest}</Activity>'


def tcx_text(*activities: str) -> str:
    """Return a TCX document of activities, or of a MultiSportSession."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" '
        'xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2">'
        f"<Activities>{''.join(activities)}</Activities></TrainingCenterDatabase>"
    )


def tcx_run(seconds: int, **point) -> str:
    """Return a document with one steady run of that length in one lap."""
    return tcx_text(tcx_activity(tcx_lap(0, seconds, [tcx_point(t, **point) for t in range(seconds)])))
