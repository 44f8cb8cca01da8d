"""The raw archive: the bytes that arrived, by their SHA-256, never changed; and the list of what arrived from where.

With the journal it is the truth of a home: everything else is made again from the two.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import SkipRecording
from pipeline.lines import append_lines, parse_lines
from pipeline.storage import store_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.settings import Home
    from pipeline.storage import Store


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


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


class Archive:
    """Content-addressed originals below `archive/`, two hexadecimal digits a folder; or where [storage] says.

    Goes to other processes and machines with the way to the bytes, not with the home: they may have none.
    """

    def __init__(self, home: Home) -> None:
        """Use the archive of this home; nothing is read yet."""
        self._home = home
        self._bytes: Store | None = None

    def __getstate__(self) -> tuple[Home, Store]:
        """Find the bytes here, where config.toml is."""
        return self._home, self._store

    def __setstate__(self, state: tuple[Home, Store]) -> None:
        """Take them as they were found."""
        self._home, self._bytes = state

    @property
    def _store(self) -> Store:
        if self._bytes is None:
            url = self._home.config().storage.archive if self._home.exists() else None
            self._bytes = store_at(url, self._home.archive_folder)
        return self._bytes

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their SHA-256; they are on the disk when the call returns.

        Raises:
            NeedsAttention: the disk is full or the archive can't be written; nothing half-written stays.
        """
        sha256 = content_sha256(content)
        name = _name(sha256)
        if not self._store.has(name):
            self._store.put(name, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes of this name.

        Raises:
            SkipRecording: they are gone, or no longer what their name says.
            TryAgainLater: they lie elsewhere, and that doesn't answer.
        """
        try:
            content = self._store.get(_name(sha256))
        except OSError as error:
            why = error.strerror or str(error)
            raise SkipRecording(f"the archived original {sha256[:12]} can't be read: {why}") from error
        if content_sha256(content) != sha256:
            raise SkipRecording(f"the archived original {sha256[:12]} was changed on the disk: its checksum differs")
        return content

    def note(self, received: Iterable[Received]) -> None:
        """Append to the list of what arrived."""
        append_lines(self._home.received_file, (_line(item) for item in received))

    def received(self) -> list[Received]:
        """Return what arrived, in the order in which it was written down.

        A process asks several times a night: what it read before is taken up where the file still begins with it, byte
        for byte, and only the rest is parsed.
        """
        return _read_on(self._home.received_file)


@dataclass(frozen=True, slots=True)
class _ReadBefore:
    """What this process read of one list last time."""

    size_bytes: int = 0
    digest: bytes = b""  #: of so many bytes
    received: tuple[Received, ...] = ()


#: One home's list at a time: a process that goes through many homes must not keep them all.
_read_before: dict[Path, _ReadBefore] = {}


def _read_on(file: Path) -> list[Received]:
    """Return the whole list, of which only what is new is parsed."""
    content = file.read_bytes() if file.exists() else b""
    before = _read_before.get(file, _ReadBefore())
    if _digest(content[: before.size_bytes]) != before.digest:  # altered, cut off, or another file
        before = _ReadBefore()
    received = [*before.received, *map(_received, parse_lines(content[before.size_bytes :]))]
    whole_bytes = content.rfind(b"\n") + 1  # a torn last line is closed off by the next append, and read again
    _read_before.clear()
    if whole_bytes == len(content):
        _read_before[file] = _ReadBefore(len(content), _digest(content), tuple(received))
    return received


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() if content else b""


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
