"""Walk the bytes of a FIT file: where each message lies and what its definition says. Nothing is decoded here.

A FIT file is one part or several chained ones; a part is a header, definition and data messages, and a checksum (FIT
SDK, "FIT Protocol"). The walk stops at the first byte that can't be followed and says where: everything before is kept.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fastcrc import crc16

from pipeline.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The two header sizes of the SDK; a longer one is legal ("may be increased in future").
MIN_HEADER_BYTES: Final = 12
SIGNATURE: Final = b".FIT"
CRC_BYTES: Final = 2

# Bits of a record header byte (FIT SDK, "Record Header Byte").
COMPRESSED: Final = 0x80
_DEFINITION: Final = 0x40
_DEVELOPER: Final = 0x20
_LOCAL_TYPES: Final = 16
_COMPRESSED_LOCAL_TYPES: Final = 4  # two bits are left beside the five of the time


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a definition: where its bytes lie in a data message."""

    number: int
    size_bytes: int
    base_type: int  #: as the file writes it
    offset_bytes: int  #: from the message's header byte


@dataclass(frozen=True, slots=True)
class DeveloperField:
    """One developer field of a definition."""

    number: int
    developer_index: int


@dataclass(slots=True)
class Stream:
    """All data messages of equal definition, in the order of the file."""

    global_number: int
    is_big_endian: bool
    fields: tuple[Field, ...]
    developer_fields: tuple[DeveloperField, ...]
    native_size_bytes: int  #: header byte and native fields
    size_bytes: int  #: the same with developer fields
    positions: list[int] = field(default_factory=list)  #: of the header byte of every data message
    definition_positions: list[int] = field(default_factory=list)

    def find(self, number: int) -> Field | None:
        """Return the first field of that number, None where the definition has none."""
        return next((one for one in self.fields if one.number == number), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why reading stopped (a clause), and at which byte of the content."""

    reason: str
    offset_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """One FIT file of a chain, walked."""

    start: int
    next_start: int  #: where the next part begins
    profile_version: int
    streams: tuple[Stream, ...]
    crc_ok: bool | None  #: None: the device never wrote one (data size 0)
    fault: Fault | None

    def streams_of(self, global_number: int) -> Iterator[Stream]:
        """Yield the streams of one message number that hold data."""
        return (one for one in self.streams if one.global_number == global_number and one.positions)


@dataclass(frozen=True, slots=True)
class Chain:
    """All parts of a file, and what follows them."""

    parts: tuple[Part, ...]
    trailing_bytes: int  #: behind the last part; harmless
    fault: Fault | None  #: where a further part begins but can't be read


def walk_file(content: bytes) -> Chain:
    """Walk every part of a file.

    Raises:
        UnreadableFile: the content is empty or doesn't begin with a FIT header.
    """
    if not content:
        raise UnreadableFile("the file is empty", 0)
    if not _is_header(content, 0):
        raise UnreadableFile(_no_header(content), 0)
    parts: list[Part] = []
    start = 0
    while _is_header(content, start):
        parts.append(_walk_part(content, start))
        start = parts[-1].next_start
        if parts[-1].fault is not None:
            # What follows a torn part can't be trusted to begin where its header says; but it may.
            start = start if _is_header(content, start) else len(content)
    fault = None
    if _is_broken_header(content, start):
        fault = Fault("a further part of the file begins here, but its header is damaged", start)
    return Chain(tuple(parts), len(content) - start, fault)


def _is_header(content: bytes, start: int) -> bool:
    return (
        len(content) - start >= MIN_HEADER_BYTES
        and content[start + 8 : start + 12] == SIGNATURE
        and content[start] >= MIN_HEADER_BYTES
    )


def _is_broken_header(content: bytes, start: int) -> bool:
    """Tell a header with a flipped bit from harmless trailing bytes: most of its signature is still there."""
    found = content[start + 8 : start + 12]
    return sum(a == b for a, b in zip(found, SIGNATURE, strict=False)) >= len(SIGNATURE) - 1


def _no_header(content: bytes) -> str:
    if len(content) < MIN_HEADER_BYTES:
        return f"not a FIT file: only {len(content)} bytes long, too short for its header"
    if content[8:12] == SIGNATURE:
        return f"the FIT header is damaged: it claims a length of {content[0]} bytes"
    return "not a FIT file: the header does not say .FIT"


def _walk_part(content: bytes, start: int) -> Part:
    header_bytes, _, profile_version, data_bytes = struct.unpack_from("<BBHI", content, start)
    data_start = min(start + header_bytes, len(content))
    claimed_end = data_start + data_bytes
    end, crc_ok = _extent(content, start, data_start, claimed_end)
    streams, stopped, fault = _Walker(content).walk(data_start, min(end, len(content)))
    if fault is None and end + CRC_BYTES > len(content) and crc_ok is False:
        fault = Fault(f"the file is cut off: its header promises {claimed_end + CRC_BYTES - start} bytes", stopped)
    return Part(start, min(end + CRC_BYTES, len(content)), profile_version, tuple(streams), crc_ok, fault)


def _extent(content: bytes, start: int, data_start: int, claimed_end: int) -> tuple[int, bool | None]:
    """Return where the data of a part ends, and whether its checksum is right; None where none was written.

    A device that stopped before it closed the file leaves a size of 0, some tools write one that is too large: a right
    checksum at the very end tells a whole file. Else a size of 0 means everything that is there.
    """
    if claimed_end > data_start and claimed_end + CRC_BYTES <= len(content):
        return claimed_end, _is_crc_right(content, start, claimed_end)
    last = len(content) - CRC_BYTES
    if last > data_start and _is_crc_right(content, start, last):
        return last, True
    return (len(content), None) if claimed_end == data_start else (claimed_end, False)


def _is_crc_right(content: bytes, start: int, end: int) -> bool:
    # The checksum of a stretch followed by its own (little-endian) CRC-16/ARC is 0.
    return crc16.arc(content[start : end + CRC_BYTES]) == 0


class _Walker:
    """The state of one part's walk: which local type stands for what just now."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._sizes = [0] * 256  # header byte -> size of the whole data message, 0: undefined
        self._keep: list[Callable[[int], object]] = [_forget] * 256  # header byte -> where its positions go
        self._streams: dict[tuple[bool, bytes], Stream] = {}
        self._assigned: list[Stream | None] = [None] * _LOCAL_TYPES

    def walk(self, start: int, end: int) -> tuple[list[Stream], int, Fault | None]:
        """Follow the messages; return the streams, the first byte not read, and why the walk stopped early."""
        content, sizes, keep = self._content, self._sizes, self._keep
        position = start
        fault = None
        while position < end:
            header = content[position]
            size = sizes[header]
            if not size:
                length = self._define(position, end)
                if isinstance(length, str):
                    fault = Fault(length, position)
                    break
                position += length
                continue
            if position + size > end:
                fault = Fault("the last message is cut off", position)
                break
            keep[header](position)
            position += size
        return list(self._streams.values()), position, fault

    def _define(self, position: int, end: int) -> int | str:
        """Take up a definition message; return its length in bytes, or why it is none."""
        header = self._content[position]
        if header & COMPRESSED or not header & _DEFINITION:
            return f"a message of a type that was never defined (header byte 0x{header:02x})"
        has_developer = bool(header & _DEVELOPER)
        length = 6 + 3 * self._content[position + 5] if position + 5 < end else 6
        if has_developer and position + length < end:
            length += 1 + 3 * self._content[position + length]
        elif has_developer:
            length += 1
        if position + length > end:
            return "the last message is cut off"
        body = self._content[position + 1 : position + length]
        stream = self._streams.get((has_developer, body))
        if stream is None:
            stream = self._streams[has_developer, body] = _stream(body, has_developer=has_developer)
        stream.definition_positions.append(position)
        self._assign(header & (_LOCAL_TYPES - 1), stream)
        return length

    def _assign(self, local_type: int, stream: Stream) -> None:
        if self._assigned[local_type] is stream:  # some devices repeat the same definition before every record
            return
        self._assigned[local_type] = stream
        # A definition without fields has nothing to keep; its messages could be as many as the file has bytes.
        keep = stream.positions.append if stream.size_bytes > 1 else _forget
        headers = [local_type | reserved for reserved in (0x00, 0x10, 0x20, 0x30)]
        if local_type < _COMPRESSED_LOCAL_TYPES:
            first = COMPRESSED | local_type << 5
            headers += range(first, first + 32)
        for header in headers:
            self._sizes[header] = stream.size_bytes
            self._keep[header] = keep


_forget: Final = deque[int](maxlen=0).append


def _stream(body: bytes, *, has_developer: bool) -> Stream:
    is_big_endian = body[1] != 0
    (global_number,) = struct.unpack_from(">H" if is_big_endian else "<H", body, 2)
    count = body[4]
    fields, offset = [], 1
    for at in range(5, 5 + 3 * count, 3):
        number, size, base_type = body[at : at + 3]
        fields.append(Field(number, size, base_type, offset))
        offset += size
    native_size = offset
    developer = []
    if has_developer:
        for at in range(6 + 3 * count, len(body), 3):
            number, size, index = body[at : at + 3]
            developer.append(DeveloperField(number, index))
            offset += size
    return Stream(global_number, is_big_endian, tuple(fields), tuple(developer), native_size, offset)
