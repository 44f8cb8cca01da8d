"""GPX -> recordings. The sole user of gpxpy.

Points go through expat (`gpx_scan`): four times as fast as gpxpy, and whole up to a cut. gpxpy reads the document
without its points, and the whole of it where a test wants a second opinion.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Literal

import gpxpy
import gpxpy.gpx

from connectors.gpx_recordings import TrackWords, Words, recordings_of
from connectors.gpx_scan import CHANNELS, GpxDocument, Segment, scan_gpx
from connectors.xml_points import TIME, PointColumns
from pipeline.errors import NotAnActivity, NoTimestamps, SkipRecording, UnreadableFile
from pipeline.model import Damage, DecodedFile, Issue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

    from gpxpy.gpx import GPXTrackPoint

#: What read the file, as `Recording.decoder` tells it.
DECODER: Final = f"gpx_scan+gpxpy {version('gpxpy')}"


def decode_gpx(content: bytes, *, engine: Literal["expat", "gpxpy"] = "expat") -> DecodedFile:
    """Read a GPX document.

    Args:
        content: the whole document, in any encoding.
        engine: "expat" for the points; "gpxpy" reads all with gpxpy, for cross-checks only (UTF-8, no salvage).

    Returns:
        One recording for each outing; `damage` tells where a broken document stopped being readable.

    Raises:
        UnreadableFile: no XML, entities, or cut before its first point.
        NoTimestamps: routes, waypoints, or points without times.
        NotAnActivity: nothing in it.
    """
    document = scan_gpx(content)
    words, issues = _words(document)
    if engine == "gpxpy":
        document = _gpxpy_document(content)
    document.issues.extend(issues)
    recordings = recordings_of(document, words)
    if not recordings:
        raise _nothing_recorded(document)
    if document.fault is None:
        return DecodedFile("gpx", recordings)
    salvaged = sum(len(recording.samples) for recording in recordings)
    damage = Damage(document.fault.reason, document.fault.offset_bytes, salvaged)
    return DecodedFile("gpx", recordings, damage=damage)


def _words(document: GpxDocument) -> tuple[Words, list[Issue]]:
    """Ask gpxpy for creator, names and types; without its answer there are still the points."""
    count = max([document.track_count, *(segment.track + 1 for segment in document.segments)])
    unknown = [TrackWords()] * count
    if not document.skeleton:
        return Words(DECODER, None, tuple(unknown)), []
    try:
        parsed = gpxpy.parse(document.skeleton)
    except gpxpy.gpx.GPXException as error:
        return Words(DECODER, None, tuple(unknown)), [Issue("message_fault", "gpx", 1, str(error)[:200])]
    tracks = [TrackWords(track.name or None, track.type or None) for track in parsed.tracks]
    return Words(DECODER, parsed.creator or None, tuple([*tracks, *unknown][:count])), []


def _nothing_recorded(document: GpxDocument) -> SkipRecording:
    """Say why there is no recording in it, as precisely as can be told."""
    point_count = len(document.columns[TIME])
    if document.fault and not point_count:
        return UnreadableFile(f"no track point before {document.fault.reason}", document.fault.offset_bytes)
    if point_count:
        return NoTimestamps(f"none of its {point_count} track points has a usable time (1990 to 2100): no recording")
    if document.route_point_count:
        return NoTimestamps(f"holds a planned route of {document.route_point_count} points, not a recording")
    if document.waypoint_count:
        return NoTimestamps(f"holds {document.waypoint_count} waypoints, but no recorded track")
    return NotAnActivity("a GPX file without a single track point")


# The second opinion


def _gpxpy_document(content: bytes) -> GpxDocument:
    try:
        parsed = gpxpy.parse(content)
    except (gpxpy.gpx.GPXException, ValueError) as error:
        raise UnreadableFile(f"gpxpy can't read it: {error}") from error
    document, points = GpxDocument(track_count=len(parsed.tracks)), PointColumns()
    for track_index, track in enumerate(parsed.tracks):
        for segment in track.segments:
            first = len(points)
            for point in segment.points:
                points.append(_gpxpy_row(point))
            if len(points) > first:
                document.segments.append(Segment(first, len(points), track_index))
    document.columns, document.issues = points.finish()
    return document


def _gpxpy_row(point: GPXTrackPoint) -> dict[str, str]:
    row = {"latitude_deg": str(point.latitude), "longitude_deg": str(point.longitude)}
    if point.elevation is not None:
        row["altitude_m"] = str(point.elevation)
    if point.time is not None:
        row[TIME] = point.time.isoformat()
    if point.speed is not None:
        row["speed_mps"] = str(point.speed)
    for element in _elements(point.extensions):
        channel = CHANNELS.get(element.tag.rpartition("}")[2].rpartition(":")[2].lower())
        if channel and element.text:
            row.setdefault(channel, element.text)
    return row


def _elements(roots: Iterable[Element]) -> Iterable[Element]:
    return (element for root in roots for element in root.iter())
