"""Append-only files of one JSON object a line, each with a checksum: the form of everything that is truth but bytes.

A line reaches the disk (fsync) before the call returns. A torn last line, what a power cut leaves, is set aside on
reading and closed off with a line end on the next append, so it never swallows the entry after it.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import NeedsAttention
from pipeline.settings import PRIVATE_FILE_MODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: CRC-32 of the line's JSON without this key, in hexadecimal: finds a torn or edited line, guards against no enemy.
CHECKSUM_KEY: Final = "crc32"

#: How the checksum stands in a line (never at its end: other keys come after it), and where its value is over.
_CHECKSUM_MARK: Final = f'"{CHECKSUM_KEY}":"'.encode()
_CHECKSUM_END: Final = len('00000000",')


def _dumped(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _checksum(value: dict[str, Any]) -> str:
    return f"{zlib.crc32(_dumped(value).encode()):08x}"


def append_lines(path: Path, values: Iterable[dict[str, Any]], *, wait: bool = True) -> None:
    """Append one line a value, all of them or (on a full disk) none, and wait until they are on the disk.

    Args:
        path: the list.
        values: one a line.
        wait: False leaves it to `sync_lines` to bring them to the disk: a power cut may lose them till then.

    Raises:
        NeedsAttention: the file can't be written.
    """
    text = "".join(_dumped({**value, CHECKSUM_KEY: _checksum(value)}) + "\n" for value in values)
    if not text:
        return
    try:
        _append_bytes(path, text.encode(), wait=wait)
    except OSError as error:
        raise NeedsAttention(f"{path} can't be written: {error.strerror}. Nothing was recorded.") from error


def sync_lines(path: Path) -> None:
    """Wait until all that was appended to a list is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append_bytes(path: Path, content: bytes, *, wait: bool) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE_FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            content = b"\n" + content
        try:
            written = os.write(descriptor, content)
            while written < len(content):
                written += os.write(descriptor, content[written:])
            if wait:
                os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def read_lines(path: Path, holding: bytes = b"") -> Iterator[dict[str, Any]]:
    """Yield the whole lines in order; torn or altered ones are left out (`damaged_lines` counts them).

    Args:
        path: the file.
        holding: only lines that hold these bytes; the others aren't parsed.
    """
    for value in _parsed(path, holding):
        if value is not None:
            yield value


def parse_lines(content: bytes) -> Iterator[dict[str, Any]]:
    """Yield the whole lines of some bytes in order; torn or altered ones are left out."""
    for line in content.split(b"\n"):
        if line.strip() and (value := _trusted(line)) is not None:
            yield value


def damaged_lines(path: Path) -> int:
    """Return how many lines can't be trusted: torn, or changed since they were written."""
    return sum(value is None for value in _parsed(path))


def altered_values(path: Path, key: str) -> list[str]:
    """Return one value of each line that can still be read and was changed since it was written."""
    found: list[str] = []
    if path.exists():
        for line in path.read_bytes().splitlines():
            if not _is_as_written(line) and _trusted(line) is None:
                with suppress(ValueError, UnicodeDecodeError):
                    value = json.loads(line)
                    if isinstance(value, dict) and isinstance(value.get(key), str):
                        found.append(value[key])
    return found


def _parsed(path: Path, holding: bytes = b"") -> Iterator[dict[str, Any] | None]:
    if not path.exists():
        return
    with path.open("rb") as stream:
        for line in stream:
            if line.strip() and holding in line:
                yield _trusted(line)


def _is_as_written(line: bytes) -> bool:
    """Return whether a line is, to the byte, what `append_lines` wrote: a tenth of the time that parsing it takes.

    False says nothing: a line that somebody set anew without changing its values is trusted, too.
    """
    before, _, rest = line.rstrip(b"\n").partition(_CHECKSUM_MARK)
    checksum = zlib.crc32(rest[_CHECKSUM_END:], zlib.crc32(before))
    return rest[:_CHECKSUM_END] == f'{checksum:08x}",'.encode() and _CHECKSUM_MARK not in rest


def _trusted(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, UnicodeDecodeError):
        return None
    if not isinstance(value, dict):
        return None
    checksum = value.pop(CHECKSUM_KEY, None)
    return value if _is_as_written(line) or checksum == _checksum(value) else None
