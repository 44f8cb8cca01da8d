"""The raw archive: the bytes that arrived, by their SHA-256, never changed; and the list of what arrived from where.

With the journal it is the truth of a home: everything else is made again from the two.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import SkipRecording
from pipeline.kept import write_private
from pipeline.lines import append_lines, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.settings import Home


@dataclass(frozen=True, slots=True)
class Received:
    """One file as it arrived for one runner."""

    runner_id: str
    source: str
    source_ref: str
    file_name: str
    content_sha256: str | None  #: None: the bytes could not be had at all
    size_bytes: int | None
    received_utc: datetime
    refusal: str | None = None  #: why there are no bytes
    version: str | None = None  #: `RefKey.version`: what has one is superseded by its next
    is_withdrawn: bool = False  #: it is gone at its source; `content_sha256` names the bytes that stood before
    start_utc: datetime | None = None  #: of a withdrawn activity
    session_date: date | None = None  #: its local day


def content_sha256(content: bytes) -> str:
    """Return the name of these bytes."""
    return hashlib.sha256(content).hexdigest()


class Archive:
    """Content-addressed originals below `archive/`, two hexadecimal digits a folder."""

    def __init__(self, home: Home) -> None:
        """Use the archive of this home; nothing is read yet."""
        self._home = home

    def _path(self, sha256: str) -> Path:
        return self._home.archive_folder / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their SHA-256; they are on the disk when the call returns.

        Raises:
            NeedsAttention: the disk is full or the home can't be written; nothing half-written stays.
        """
        sha256 = content_sha256(content)
        path = self._path(sha256)
        if not path.exists():
            write_private(path, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes of this name.

        Raises:
            SkipRecording: they are gone, or no longer what their name says.
        """
        try:
            content = self._path(sha256).read_bytes()
        except OSError as error:
            raise SkipRecording(f"the archived original {sha256[:12]} can't be read: {error.strerror}") from error
        if content_sha256(content) != sha256:
            raise SkipRecording(f"the archived original {sha256[:12]} was changed on the disk: its checksum differs")
        return content

    def note(self, received: Iterable[Received]) -> None:
        """Append to the list of what arrived."""
        append_lines(self._home.received_file, (_line(item) for item in received))

    def received(self) -> list[Received]:
        """Return what arrived, in the order in which it was written down."""
        return [_received(line) for line in read_lines(self._home.received_file)]


#: Fields that most lines don't have: written where they say something.
_RARE: Final = ("version", "is_withdrawn", "start_utc", "session_date")


def _line(item: Received) -> dict[str, Any]:
    line = asdict(item)
    for name in ("received_utc", "start_utc", "session_date"):
        if line[name] is not None:
            line[name] = line[name].isoformat()
    return {name: value for name, value in line.items() if name not in _RARE or value}


def _received(line: dict[str, Any]) -> Received:
    read = {
        "received_utc": datetime.fromisoformat,
        "start_utc": datetime.fromisoformat,
        "session_date": date.fromisoformat,
    }
    return Received(**{**line, **{name: of(line[name]) for name, of in read.items() if name in line}})
