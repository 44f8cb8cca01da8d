"""The meaning: fitparse reads sessions, laps, events and the like from the file with its record messages stripped.

What is left is a small valid FIT of some kilobytes. On its way there everything that makes fitparse stumble over files
that devices really write is mended: sizes that don't fit their type (COROS), fields of no size, developer fields
without description, a wrong checksum, times in header bytes.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import fitparse
from fitparse import records as fitparse_records
from fitparse.profile import MESSAGE_TYPES

from connectors.fit_profile import (
    DEVELOPER_DATA_ID,
    EVENT,
    EVENT_FIELD,
    FIELD_DESCRIPTION,
    SESSION,
    TIMER_EVENT,
    TIMESTAMP_FIELD,
    WANTED_FIELDS,
)
from connectors.fit_records import BASE_TYPE_MASK, BASE_TYPES, compressed_times
from connectors.fit_walk import COMPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.fit_walk import Field, Part, Stream

#: Field name -> value as fitparse renders it: words for enumerations it knows, numbers scaled, times as FIT seconds.
Message = dict[str, Any]

#: More of one kind than any real file holds (a day of laps every 9 s); a crafted file must not take hours.
MAX_MESSAGES_OF_A_KIND: Final = 10_000
#: A triathlon has five sessions; a week of them would not fill this.
MAX_SESSIONS: Final = 100

#: What is read apart when the whole can't be: each kind for itself, a developer field with the application it is of.
_KINDS_APART: Final = (
    *(frozenset({number}) for number in WANTED_FIELDS if number not in {FIELD_DESCRIPTION, DEVELOPER_DATA_ID}),
    frozenset({FIELD_DESCRIPTION, DEVELOPER_DATA_ID}),
)

_STRING: Final = 7
_BYTE: Final = 0x0D
_MULTIBYTE_FLAG: Final = 0x80
_DEFINITION: Final = 0x40
_LOCAL_MASK: Final = 0x0F
_UINT32: Final = 0x86
_HEADER_BYTES: Final = 14
_PROTOCOL_2_0: Final = 0x20


class PlainProcessor:
    """Leaves the values as fitparse read them: times stay FIT seconds instead of becoming naive datetimes.

    fitparse calls its processor for every field; the one that it brings along takes half of its time for nothing that
    we use, and warns of `utcfromtimestamp` from Python 3.12 on.
    """

    def run_type_processor(self, field_data: object) -> None:
        """Leave the value."""

    run_field_processor = run_unit_processor = run_message_processor = run_type_processor


@dataclass(slots=True)
class Messages:
    """All wanted messages of one part by their number, in the order of the file, and what could not be read."""

    by_number: dict[int, list[Message]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)

    def of(self, number: int) -> list[Message]:
        """Return the messages of one kind, none where there are none."""
        return self.by_number.get(number, [])


@cache
def fitparse_version() -> str:
    """Return the version of the fitparse that reads for us."""
    return version("fitparse")


def open_fit(content: bytes) -> fitparse.FitFile:
    """Open a FIT file in fitparse, without what it still knows of the developer fields of the file before."""
    fitparse_records.DEV_TYPES.clear()
    return fitparse.FitFile(content, check_crc=False, data_processor=PlainProcessor())


def read_messages(content: bytes, part: Part) -> Messages:
    """Read every wanted message of a part; a kind that fitparse can't read is told in `faults`, the rest stays."""
    pieces = list(_pieces(content, part))
    messages = Messages()
    fault = _parse(_assemble(pieces, part), messages)
    if fault is None:
        return messages
    # One bad message must not cost the others: each kind for itself.
    messages = Messages()
    for kinds in _KINDS_APART:
        fault = _parse(_assemble([piece for piece in pieces if piece[0] in kinds], part), messages)
        if fault is not None:
            messages.faults.append(f"message {min(kinds)}: {fault}")
    return messages


def _parse(stripped: bytes, messages: Messages) -> str | None:
    """Add what fitparse reads; return why it stopped, None when it read to the end."""
    try:
        for one in open_fit(stripped).get_messages():
            messages.by_number[one.mesg_num].append(as_dict(one))
    except Exception as fault:  # noqa: BLE001 - it raises its own errors and TypeError, KeyError, struct.error, ... alike
        return f"{type(fault).__name__}: {fault}"
    return None


def as_dict(message: fitparse.DataMessage) -> Message:
    """Return a message's native fields by name; the first that holds a value wins, components come last."""
    found: Message = {}
    expanded: Message = {}
    for one in message.fields:
        if one.field_type == "devfield":
            continue
        target = expanded if one.field_def is None else found
        if target.get(one.name) is None:
            target[one.name] = one.value
    for name, value in expanded.items():
        if found.get(name) is None:
            found[name] = value
    return found


def _assemble(pieces: list[tuple[int, bytes]], part: Part) -> bytes:
    body = b"".join(piece for _, piece in pieces)
    header = struct.pack("<BBHI4sH", _HEADER_BYTES, _PROTOCOL_2_0, part.profile_version, len(body), b".FIT", 0)
    return header + body + b"\x00\x00"


def _pieces(content: bytes, part: Part) -> Iterator[tuple[int, bytes]]:
    """Yield (message number, bytes) of every wanted definition and data message, mended, in the order of the file."""
    places: list[tuple[int, _Mended, bool]] = []
    for stream in part.streams:
        if stream.global_number in WANTED_FIELDS and stream.positions:
            mended = _Mended(stream)
            places += [(at, mended, True) for at in stream.definition_positions]
            places += [(at, mended, False) for at in _wanted_positions(content, stream)]
    places.sort(key=lambda place: place[0])
    clock: dict[int, float] | None = None
    for at, mended, is_definition in places:
        header = content[at]
        number = mended.stream.global_number
        if is_definition:
            yield number, mended.definition(header & _LOCAL_MASK)
        elif header & COMPRESSED:
            clock = compressed_times(content, part) if clock is None else clock
            yield number, mended.uncompressed(content, at, int(clock[at]))
        else:
            yield number, bytes((header & _LOCAL_MASK,)) + mended.values(content, at)


def _wanted_positions(content: bytes, stream: Stream) -> list[int]:
    positions = stream.positions
    kind = stream.find(EVENT_FIELD)
    if stream.global_number == EVENT and kind is not None:
        # Gear changes and alerts can be thousands; only the timer's events mean something here.
        positions = [at for at in positions if content[at + kind.offset_bytes] == TIMER_EVENT]
    return positions[: MAX_SESSIONS if stream.global_number == SESSION else MAX_MESSAGES_OF_A_KIND]


class _Mended:
    """One stream as fitparse can follow it: wanted fields only, no developer fields, sizes that fit their type."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        wanted = WANTED_FIELDS[stream.global_number]
        fields = [one for one in stream.fields if one.size_bytes and one.number in wanted]
        self._listed = b"".join(bytes((one.number, one.size_bytes, _mended_type(one))) for one in fields)
        self._slices = [slice(one.offset_bytes, one.offset_bytes + one.size_bytes) for one in fields]

    def definition(self, local_type: int, extra: bytes = b"") -> bytes:
        """Write the definition; `extra` lists a further field."""
        listed = self._listed + extra
        head = struct.pack(
            ">BBBHB" if self.stream.is_big_endian else "<BBBHB",
            _DEFINITION | local_type,
            0,
            int(self.stream.is_big_endian),
            self.stream.global_number,
            len(listed) // 3,
        )
        return head + listed

    def values(self, content: bytes, at: int) -> bytes:
        """Write the values of the message at that position."""
        message = content[at : at + self.stream.native_size_bytes]
        return b"".join([message[one] for one in self._slices])

    def uncompressed(self, content: bytes, at: int, time: int) -> bytes:
        """Write a message whose time is in its header byte as one that has it as a field; then its definition again."""
        local_type = content[at] >> 5 & 0x03
        values = bytes((local_type,)) + self.values(content, at)
        if self.stream.find(TIMESTAMP_FIELD):
            return values
        seconds = struct.pack(">I" if self.stream.is_big_endian else "<I", time & 0xFFFFFFFF)
        with_time = self.definition(local_type, bytes((TIMESTAMP_FIELD, 4, _UINT32)))
        return with_time + values + seconds + self.definition(local_type)


def _mended_type(one: Field) -> int:
    number = one.base_type & BASE_TYPE_MASK
    if number == _STRING:
        return number
    if number not in BASE_TYPES:
        return _BYTE
    width = int(BASE_TYPES[number][0][1])
    if one.size_bytes % width:
        return _BYTE
    return number | _MULTIBYTE_FLAG if width > 1 else number


def known_fields(number: int) -> frozenset[int]:
    """Return the fields of a message that fitparse's profile names."""
    return frozenset(MESSAGE_TYPES[number].fields)
