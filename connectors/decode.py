"""Bytes of any kind -> recordings: told apart by content, never by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.sniff import describe, kind_of
from connectors.unpack import gunzip
from pipeline.errors import SkipRecording, UnreadableFile
from pipeline.model import Damage

if TYPE_CHECKING:
    from pipeline.model import DecodedFile

#: Exporters compress once; some mail and cloud tools once more.
_MAX_GZIP_LAYERS = 2


def decode(content: bytes, file_name: str) -> DecodedFile:
    """Read an activity file of any kind.

    Args:
        content: the whole file.
        file_name: what people call it; only for sentences, the content decides.

    Returns:
        Its recordings; `damage` where it could not be read whole.

    Raises:
        UnreadableFile: no activity file, or broken before its first sample.
        NoTimestamps: points without times.
        NotAnActivity: a file of a right kind that holds no activity.
        SkipRecording: a zip, which is unpacked one level up.
    """
    return _decode(content, file_name, _MAX_GZIP_LAYERS)


def _decode(content: bytes, file_name: str, gzip_layers: int) -> DecodedFile:
    kind = kind_of(content)
    if kind == "gzip" and gzip_layers:
        return _decode_gzip(content, file_name, gzip_layers)
    if kind == "zip":
        raise SkipRecording("a zip inside a zip or another file: unpack it first, then import the folder")
    # Imported here because each brings its own libraries: a folder of FIT files never needs gpxpy.
    if kind == "fit":
        from connectors.fit import decode_fit  # noqa: PLC0415  # see above

        return decode_fit(content)
    if kind == "gpx":
        from connectors.gpx import decode_gpx  # noqa: PLC0415  # see above

        return decode_gpx(content)
    if kind == "tcx":
        from connectors.tcx import decode_tcx  # noqa: PLC0415  # see above

        return decode_tcx(content)
    if kind == "strava":
        from connectors.strava_streams import decode_strava  # noqa: PLC0415  # see above

        return decode_strava(content)
    raise UnreadableFile(describe(content, file_name))


def _decode_gzip(content: bytes, file_name: str, gzip_layers: int) -> DecodedFile:
    """Read what a .gz holds; a broken one gives what comes out of it before the break."""
    inner, fault = gunzip(content)
    if fault is None:
        return _decode(inner, file_name, gzip_layers - 1)
    try:
        decoded = _decode(inner, file_name, gzip_layers - 1)
    except UnreadableFile as error:
        raise UnreadableFile(f"{fault.reason}; what comes out of it: {error.reason}", fault.offset_bytes) from error
    salvaged = sum(len(recording.samples) for recording in decoded.recordings)
    return replace(decoded, damage=Damage(fault.reason, fault.offset_bytes, salvaged))
