"""TCX through expat: trackpoints as columns, and what laps and activities say beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.xml_points import MAX_DEPTH, TIME, ChannelNames, PointColumns, point_reader
from connectors.xml_read import read_xml
from pipeline.errors import UnreadableFile

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

    from connectors.xml_read import Fault
    from pipeline.model import FloatArray, Issue

#: Raw channels: what they count depends on the sport and the writer. Training Center's `Cadence` is a bike's crank, but
#: Polar and others write it for runs; Garmin's `RunCadence` (ActivityExtension v2) wins where both are there.
CADENCE: Final = "cadence"
RUN_CADENCE: Final = "run_cadence"

#: Local name inside a Trackpoint, lower case -> channel (TrainingCenterDatabase v2, ActivityExtension v2).
_CHANNELS: Final = {
    "time": TIME,
    "latitudedegrees": "latitude_deg",
    "longitudedegrees": "longitude_deg",
    "altitudemeters": "altitude_m",
    "distancemeters": "distance_m",
    "value": "heart_rate_bpm",  # the only element that has one is HeartRateBpm
    "cadence": CADENCE,
    "runcadence": RUN_CADENCE,
    "speed": "speed_mps",
    "watts": "power_w",
}
#: Containers, and whether a sensor was there.
_IGNORED: Final = frozenset({"position", "heartratebpm", "sensorstate", "extensions", "tpx", "cadencesensor"})

#: (parent, element), lower case, whose text is kept: of a lap, of an activity.
_LAP_TEXTS: Final = frozenset(
    {
        ("lap", "totaltimeseconds"),
        ("lap", "distancemeters"),
        ("lap", "intensity"),
        ("lap", "triggermethod"),
        ("lap", "cadence"),
        ("averageheartratebpm", "value"),
        ("lx", "avgruncadence"),
        ("lx", "steps"),
    }
)
_ACTIVITY_TEXTS: Final = frozenset(
    {
        ("activity", "notes"),
        ("creator", "name"),
        ("creator", "unitid"),
        ("creator", "productid"),
    }
)

#: Training Center kept a whole history in one file; ten years of daily runs with ten laps each have fewer.
MAX_LAPS: Final = 50_000
#: Longer notes are cut: only their first line is shown.
_MAX_TEXT_CHARS: Final = 500


@dataclass(slots=True)
class TcxLap:
    """One `Lap` as its text says it."""

    start_text: str
    texts: dict[tuple[str, str], str] = field(default_factory=dict)  #: (parent, element) -> text
    tracks: list[tuple[int, int]] = field(default_factory=list)  #: (first point, end), end exclusive


@dataclass(slots=True)
class TcxActivity:
    """One `Activity`, whether it stands alone or in a `MultiSportSession`."""

    sport_text: str
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    laps: list[TcxLap] = field(default_factory=list)


@dataclass(slots=True)
class TcxDocument:
    """What a TCX file holds, in its own order."""

    columns: dict[str, FloatArray] = field(default_factory=dict)  #: `time` and channels, (n,) each
    activities: list[TcxActivity] = field(default_factory=list)
    course_count: int = 0
    workout_count: int = 0
    fault: Fault | None = None
    issues: list[Issue] = field(default_factory=list)


def scan_tcx(content: bytes) -> TcxDocument:
    """Read every whole trackpoint of a document's activities, and all before a cut.

    Raises:
        UnreadableFile: it declares entities, or is no document that could be an activity.
    """
    scan, fault, issues = read_xml(content, _Scan)
    document = scan.finish()
    document.fault = fault
    document.issues = [*issues, *document.issues]
    return document


class _Scan:
    """Expat's handlers outside trackpoints, and what they fill."""

    def __init__(self, parser: XMLParserType) -> None:
        self._document = TcxDocument()
        self._points = PointColumns()
        self._channels = ChannelNames(_CHANNELS, _IGNORED)
        self._begin_point = point_reader(parser, self._channels, self._points.append, self._attach)
        self._parser = parser
        self._path: list[str] = []
        self._activity: TcxActivity | None = None
        self._lap_count = 0
        self._track_first: int | None = None
        self._text: list[str] = []
        self._attach()

    def finish(self) -> TcxDocument:
        """Close what a cut has left open, and hand over."""
        self._close_track()
        self._document.columns, issues = self._points.finish()
        self._document.issues = [*issues, *self._channels.issues()]
        return self._document

    def _attach(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2].lower()
        if local == "trackpoint" and self._track_first is not None:
            self._begin_point({})
            return
        parent = self._path[-1] if self._path else ""
        self._path.append(local)
        if len(self._path) > MAX_DEPTH:
            raise UnreadableFile(f"XML nested more than {MAX_DEPTH} deep, which no activity is")
        self._document.course_count += (parent, local) == ("courses", "course")
        self._document.workout_count += (parent, local) == ("workouts", "workout")
        if local == "activity":
            self._activity = TcxActivity(attributes.get("Sport", ""))
            self._document.activities.append(self._activity)
        elif self._activity:
            self._start_inside(self._activity, parent, local, attributes)

    def _start_inside(self, activity: TcxActivity, parent: str, local: str, attributes: dict[str, str]) -> None:
        if local == "lap" or (local == "track" and not activity.laps):
            self._lap_count += 1
            if self._lap_count > MAX_LAPS:
                raise UnreadableFile(f"more than {MAX_LAPS} laps, which no log has")
            activity.laps.append(TcxLap(attributes.get("StartTime", "")))
        if local == "track":
            self._track_first = len(self._points)
        elif (parent, local) in _LAP_TEXTS or (parent, local) in _ACTIVITY_TEXTS:
            self._text = []
            self._parser.CharacterDataHandler = self._text.append

    def _end(self, _name: str) -> None:
        local = self._path.pop()
        parent = self._path[-1] if self._path else ""
        if local == "track":
            self._close_track()
        elif local == "activity":
            self._activity = None
        elif self._activity and (parent, local) in _ACTIVITY_TEXTS:
            self._keep_text(self._activity.texts, (parent, local))
        elif self._activity and self._activity.laps and (parent, local) in _LAP_TEXTS:
            self._keep_text(self._activity.laps[-1].texts, (parent, local))

    def _keep_text(self, texts: dict[tuple[str, str], str], key: tuple[str, str]) -> None:
        self._parser.CharacterDataHandler = None
        text = "".join(self._text)[:_MAX_TEXT_CHARS].strip()
        if text:
            texts.setdefault(key, text)

    def _close_track(self) -> None:
        if self._track_first is not None and self._activity and len(self._points) > self._track_first:
            self._activity.laps[-1].tracks.append((self._track_first, len(self._points)))
        self._track_first = None
