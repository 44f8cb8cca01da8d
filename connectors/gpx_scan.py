"""GPX through expat: the points as columns, and the document without its points for gpxpy to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from connectors.xml_points import MAX_DEPTH, TIME, ChannelNames, PointColumns, point_reader
from connectors.xml_read import read_xml
from pipeline.errors import UnreadableFile

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

    from connectors.xml_read import Fault
    from pipeline.model import FloatArray, Issue

#: A raw channel that is not one of `Samples`: one leg or both is decided later.
CADENCE: Final = "cadence"

#: Local name inside a point, lower case -> channel. GPX 1.0/1.1; Garmin TrackPointExtension v1 and v2; Cluetrust
#: GPXData (Suunto, RubiTrack); bare names (Strava's `power`, Apple's `speed`); Garmin PowerExtension.
CHANNELS: Final = {
    "ele": "altitude_m",
    "time": TIME,
    "hr": "heart_rate_bpm",
    "heartrate": "heart_rate_bpm",
    "cad": CADENCE,
    "cadence": CADENCE,
    "runcadence": CADENCE,
    "atemp": "temperature_degc",
    "temp": "temperature_degc",
    "temperature": "temperature_degc",
    "power": "power_w",
    "watts": "power_w",
    "powerinwatts": "power_w",
    "speed": "speed_mps",
    "distance": "distance_m",
}

#: Inside a point, not ours: containers, quality of the fix, what people wrote beside it, headings, derived values.
_IGNORED_WORDS: Final = (
    "extensions trackpointextension powerextension "
    "hdop vdop pdop sat fix geoidheight magvar ageofdgpsdata dgpsid "
    "hacc vacc accuracy accuracy_horizontal accuracy_vertical "
    "name desc cmt src sym type link text url urlname "
    "course bearing heading wtemp depth gain loss altitude verticalspeed energy sealevelpressure calories"
)
IGNORED: Final = frozenset(_IGNORED_WORDS.split())

#: Paths outside points that are kept for gpxpy, and those of them whose text is.
_TEXT_PATHS: Final = frozenset({("gpx", "trk", "name"), ("gpx", "trk", "type")})
_SEGMENT_PATH: Final = ("gpx", "trk", "trkseg")
_KEPT_PATHS: Final = frozenset({("gpx",), ("gpx", "trk"), _SEGMENT_PATH}) | _TEXT_PATHS
#: OpenTracks writes `type` in the user's language, and its own word beside it.
_OWN_TYPE: Final = ("gpx", "trk", "extensions", "typetranslated")

#: The log of a lifetime in one file has fewer; each costs a few KB, and a hostile file could hold millions.
MAX_SEGMENTS: Final = 20_000
#: A longer name is no name.
_MAX_TEXT_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class Segment:
    """One `trkseg`: a stretch recorded without a break."""

    first: int  #: index of its first point
    end: int  #: index after its last point
    track: int  #: index of its `trk`


@dataclass(slots=True)
class GpxDocument:
    """What a GPX file holds, in its own order."""

    columns: dict[str, FloatArray] = field(default_factory=dict)  #: `time` and channels, (n,) each
    segments: list[Segment] = field(default_factory=list)
    track_count: int = 0  #: whole ones; a cut may leave one more open
    own_types: dict[int, str] = field(default_factory=dict)  #: track -> OpenTracks' word for the sport
    skeleton: str = ""  #: the document without points: well-formed even where the file is cut
    route_point_count: int = 0
    waypoint_count: int = 0
    fault: Fault | None = None
    issues: list[Issue] = field(default_factory=list)


def scan_gpx(content: bytes) -> GpxDocument:
    """Read every whole point of a document, and all before a cut.

    Raises:
        UnreadableFile: it declares entities, or is no document that could be an activity.
    """
    scan, fault, issues = read_xml(content, _Scan)
    document = scan.finish()
    document.fault = fault
    document.issues = [*issues, *document.issues]
    return document


class _Scan:
    """Expat's handlers outside points, and what they fill."""

    def __init__(self, parser: XMLParserType) -> None:
        self._document = GpxDocument()
        self._points = PointColumns()
        self._channels = ChannelNames(CHANNELS, IGNORED)
        self._begin_point = point_reader(parser, self._channels, self._points.append, self._attach)
        self._parser = parser
        self._path: list[str] = []
        self._segment_first = 0
        self._skeleton: list[str] = []
        self._text: list[str] | None = None
        self._attach()

    def finish(self) -> GpxDocument:
        """Close what a cut has left open, and hand over."""
        if self._path[2:3] == ["trkseg"]:
            self._close_segment()
        open_paths = (tuple(self._path[:depth]) for depth in range(len(self._path), 0, -1))
        self._skeleton.extend(f"</{path[-1]}>" for path in open_paths if path in _KEPT_PATHS)
        document = self._document
        document.columns, issues = self._points.finish()
        document.issues = [*issues, *self._channels.issues()]
        document.skeleton = "".join(self._skeleton)
        return document

    def _attach(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2].lower()
        if local == "trkpt" and self._path[2:] == ["trkseg"]:
            self._begin_point(_position(attributes))
            return
        self._path.append(local)
        if len(self._path) > MAX_DEPTH:
            raise UnreadableFile(f"XML nested more than {MAX_DEPTH} deep, which no activity is")
        self._document.waypoint_count += local == "wpt"
        self._document.route_point_count += local == "rtept"
        if len(self._path) <= len(_OWN_TYPE):
            self._open(tuple(self._path), attributes)

    def _open(self, path: tuple[str, ...], attributes: dict[str, str]) -> None:
        if path == ("gpx",):
            creator = quoteattr(attributes.get("creator", "")[:_MAX_TEXT_CHARS])
            self._skeleton.append(f'<gpx version="1.1" creator={creator}>')
        elif path in _KEPT_PATHS:
            self._skeleton.append(f"<{path[-1]}>")
        if path in _TEXT_PATHS or path == _OWN_TYPE:
            self._text = []
            self._parser.CharacterDataHandler = self._text.append
        elif path == _SEGMENT_PATH:
            self._segment_first = len(self._points)

    def _end(self, _name: str) -> None:
        path = tuple(self._path) if len(self._path) <= len(_OWN_TYPE) else ()
        self._path.pop()
        if path in _TEXT_PATHS or path == _OWN_TYPE:
            self._close_text(path)
        if path == _SEGMENT_PATH:
            self._close_segment()
        if path in _KEPT_PATHS:
            self._skeleton.append(f"</{path[-1]}>")
        if path == ("gpx", "trk"):
            self._document.track_count += 1

    def _close_text(self, path: tuple[str, ...]) -> None:
        text = "".join(self._text or ())[:_MAX_TEXT_CHARS].strip()
        self._text = None
        self._parser.CharacterDataHandler = None
        if path == _OWN_TYPE:
            self._document.own_types[self._document.track_count] = text
        else:
            self._skeleton.append(escape(text, {'"': "&quot;", "'": "&apos;"}))

    def _close_segment(self) -> None:
        segments = self._document.segments
        if len(segments) >= MAX_SEGMENTS:
            raise UnreadableFile(f"more than {MAX_SEGMENTS} track segments, which no activity has")
        if len(self._points) > self._segment_first:
            segments.append(Segment(self._segment_first, len(self._points), self._document.track_count))


def _position(attributes: dict[str, str]) -> dict[str, str]:
    """Start a point's row with the attributes that are channels; a point without a place can still have a pulse."""
    row = {}
    if "lat" in attributes:
        row["latitude_deg"] = attributes["lat"]
    if "lon" in attributes:
        row["longitude_deg"] = attributes["lon"]
    return row
