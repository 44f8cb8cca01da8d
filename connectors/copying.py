"""Is a file still being copied? Asked only of files that changed just now, and answered by the file itself."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from connectors.fit_walk import CRC_BYTES, MIN_HEADER_BYTES
from connectors.sniff import HEAD_BYTES, kind_of
from connectors.unpack import MAX_FILE_BYTES, gunzip
from connectors.zips import is_whole
from pipeline.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

#: A copy writes at least every few seconds: so long a cut file is watched, once for all of them.
QUIET_S: Final = 5.0

#: Copies that claim their room first fill it from the front: the end of the file is still blank.
_BLANK_TAIL_BYTES: Final = 64
_TAIL_BYTES: Final = 4096
_CLOSED: Final = re.compile(rb"</(?:[\w.-]+:)?(?:gpx|trainingcenterdatabase)\s*>", re.IGNORECASE)


def is_incomplete(path: Path) -> bool:
    """Return whether a file is shorter than it says itself, or has no end.

    Raises:
        OSError: it can't be read.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(-min(size_bytes, _TAIL_BYTES), 2)
        tail = stream.read()
    if not any(head) or not any(tail[-_BLANK_TAIL_BYTES:]):
        return True
    kind = kind_of(head)
    if kind == "fit":
        return _is_short_fit(head, size_bytes)
    if kind == "zip":
        return not is_whole(path)
    if kind == "gzip":
        return _is_short_gzip(path, size_bytes)
    if kind in ("gpx", "tcx"):
        return not _CLOSED.search(tail.replace(b"\0", b""))  # UTF-16 is ASCII with zeros between
    return size_bytes < MIN_HEADER_BYTES


def _is_short_fit(head: bytes, size_bytes: int) -> bool:
    """Compare with the size in the header; 0 or nothing but ones: the device has not closed the file."""
    data_bytes: int = struct.unpack_from("<I", head, 4)[0]
    return data_bytes == 0 or size_bytes < head[0] + data_bytes + CRC_BYTES


def _is_short_gzip(path: Path, size_bytes: int) -> bool:
    if size_bytes > MAX_FILE_BYTES:
        return False
    try:
        _, fault = gunzip(path.read_bytes())
    except UnreadableFile:
        return False
    return fault is not None
