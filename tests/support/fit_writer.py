"""Bytes of FIT files, message by message: what a watch writes, and what a broken one writes.

    writer = FitWriter(byte_order=">")
    writer.write("file_id", type="activity", manufacturer="garmin", product=3113, time_created=start_utc)
    writer.write("record", timestamp=start_utc, heart_rate=142, distance=3.1)
    data = writer.to_bytes()

Values are given in the units of the FIT profile (metres, seconds, strides a minute); None and NaN become the base
type's invalid value; a word of the profile stands for its number ("running").
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import fastcrc

from support.fit_profile import BASE_TYPES, MESSAGES, Field
from support.fit_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = float | str | bytes | datetime | None
ByteOrder = Literal["<", ">"]

#: FIT time counts seconds from here (FIT SDK, type `date_time`).
FIT_EPOCH_UTC: Final = datetime(1989, 12, 31, tzinfo=UTC)
LOCAL_TYPES: Final = 16  #: four bits of a record header
COMPRESSED_LOCAL_TYPES: Final = 4  #: two bits of a compressed-timestamp header
PROTOCOL_VERSION: Final = 0x20  #: 2.0, the first with developer fields
PROFILE_VERSION: Final = 2132


def fit_seconds(instant: datetime) -> int:
    """Return an aware instant as FIT seconds."""
    return round((instant - FIT_EPOCH_UTC).total_seconds())


class DeveloperField(NamedTuple):
    """One developer field of one message; its value goes into `write(..., developer={field: value})`."""

    number: int
    name: str
    base_type: str = "uint16"
    units: str = ""
    developer_index: int = 0
    native_field: int | None = None  #: number of the native record field that it replaces


class _Slot(NamedTuple):
    """One field as a definition message lists it."""

    number: int
    size_bytes: int
    base_type: str
    developer_index: int | None = None


class FitWriter:
    """Collects messages; definitions are written when a message needs one that isn't in force."""

    def __init__(
        self, *, byte_order: ByteOrder = "<", header_bytes: Literal[12, 14] = 14, header_crc: bool = True
    ) -> None:
        """Start an empty file. `header_crc=False` writes 0 there, which the format allows."""
        self.byte_order = byte_order
        self._header_bytes = header_bytes
        self._header_crc = header_crc
        self._body = bytearray()
        self._in_force: dict[int, tuple[object, ...]] = {}  # local type -> its definition
        self._next_local = 0

    def __len__(self) -> int:
        """Return the bytes of the messages so far: where the next one starts, after the header."""
        return len(self._body)

    def write(
        self,
        message: str | int,
        given: Mapping[str, Value] | None = None,
        /,
        *,
        local: int | None = None,
        compressed: bool = False,
        developer: Mapping[DeveloperField, Value] | None = None,
        raw: Mapping[Field, Value] | None = None,
        **values: Value | Sequence[Value],
    ) -> None:
        """Write one message, with its definition before it where needed.

        Args:
            message: name of the profile, or a global number (then all fields go into `raw`).
            given: fields by name; those of `values` come before them.
            local: local message type; None picks one.
            compressed: leave the timestamp out and put its low five bits into the header.
            developer: developer fields, described before by `describe`.
            raw: fields that the profile table doesn't hold, or holds otherwise: stored unscaled.
            values: fields by name.
        """
        values.update(given or {})
        number = message if isinstance(message, int) else MESSAGES[message].number
        timestamp = values.pop("timestamp") if compressed else None
        slots: list[_Slot] = []
        payload = bytearray()
        for field, value in self._stored(message, values, raw or {}):
            payload += self._placed(slots, field, value)
        for own, value in (developer or {}).items():
            payload += self._placed(slots, Field(own.number, own.base_type), value, own.developer_index)
        local = self.define(number, slots, local=local, compressed=compressed)
        header = local if timestamp is None else 0x80 | local << 5 | _seconds(timestamp) & 0x1F
        self._body += bytes([header]) + payload

    def define(self, number: int, slots: Sequence[_Slot], *, local: int | None = None, compressed: bool = False) -> int:
        """Write a definition unless it is in force already; return its local type."""
        key = (number, *slots)
        if local is None:
            local = next((known for known, what in self._in_force.items() if what == key), None)
            if local is None or (compressed and local >= COMPRESSED_LOCAL_TYPES):
                local = self._next_local % (COMPRESSED_LOCAL_TYPES if compressed else LOCAL_TYPES)
                self._next_local += 1
        if self._in_force.get(local) != key:
            self._in_force[local] = key
            self._body += definition_bytes(number, slots, local=local, byte_order=self.byte_order)
        return local

    def describe(self, fields: Sequence[DeveloperField]) -> None:
        """Announce developer fields: one developer_data_id an index, one field_description a field."""
        for index in sorted({field.developer_index for field in fields}):
            self.write("developer_data_id", developer_data_index=index, application_id=[index + 1] * 16)
        for field in fields:
            native: dict[str, Value] = (
                {} if field.native_field is None else {"native_mesg_num": 20, "native_field_num": field.native_field}
            )
            self.write(
                "field_description",
                native,
                developer_data_index=field.developer_index,
                field_definition_number=field.number,
                fit_base_type_id=BASE_TYPES[field.base_type].code,
                field_name=field.name,
                units=field.units,
            )

    def append(self, data: bytes) -> None:
        """Append bytes as they are: a message made by hand, rubbish."""
        self._body += data

    def to_bytes(self, *, data_size: int | None = None, crc: int | None = None, trailing: bytes = b"") -> bytes:
        """Return the file; `data_size` and `crc` override the right ones, `crc=-1` leaves it out, `trailing` follows."""
        size = len(self._body) if data_size is None else data_size
        head = struct.pack("<BBHI4s", self._header_bytes, PROTOCOL_VERSION, PROFILE_VERSION, size, b".FIT")
        if self._header_bytes == 14:
            head += struct.pack("<H", fit_crc(head) if self._header_crc else 0)
        whole = head + bytes(self._body)
        if crc == -1:
            return whole + trailing
        return whole + struct.pack("<H", fit_crc(whole) if crc is None else crc) + trailing

    def _stored(
        self, message: str | int, values: Mapping[str, Value | Sequence[Value]], raw: Mapping[Field, Value]
    ) -> list[tuple[Field, Value | Sequence[Value]]]:
        out: list[tuple[Field, Value | Sequence[Value]]] = []
        for name, value in values.items():
            field = MESSAGES[str(message)].fields[name]
            words = WORDS.get((str(message), name)) or WORDS.get((None, name))
            out.append((field, words[value] if isinstance(value, str) and words else value))
        return out + [(Field(field.number, field.base_type), value) for field, value in raw.items()]

    def _placed(
        self, slots: list[_Slot], field: Field, value: Value | Sequence[Value], developer_index: int | None = None
    ) -> bytes:
        """Add one field's slot to `slots`; return its bytes."""
        if field.base_type == "string":
            data = str(value or "").encode() + b"\0"
        elif isinstance(value, list | tuple):
            data = b"".join(_pack(field, item, self.byte_order) for item in value)
        elif isinstance(value, bytes):
            data = value
        else:
            data = _pack(field, value, self.byte_order)  # type: ignore[arg-type]  # sequences are handled above
        slots.append(_Slot(field.number, len(data), field.base_type, developer_index))
        return data


def definition_bytes(number: int, slots: Sequence[_Slot], *, local: int, byte_order: ByteOrder) -> bytes:
    """Return one definition message."""
    native = [slot for slot in slots if slot.developer_index is None]
    own = [slot for slot in slots if slot.developer_index is not None]
    out = bytearray([0x40 | (0x20 if own else 0) | local, 0, byte_order == ">"])
    out += struct.pack(f"{byte_order}HB", number, len(native))
    for slot in native:
        out += bytes([slot.number, slot.size_bytes, BASE_TYPES[slot.base_type].code])
    if own:
        out += bytes([len(own)])
    for slot in own:
        out += bytes([slot.number, slot.size_bytes, slot.developer_index or 0])
    return bytes(out)


def chain(*files: bytes) -> bytes:
    """Return files one after another, as some devices append to what is there."""
    return b"".join(files)


def fit_crc(data: bytes) -> int:
    """Return the CRC that FIT uses (CRC-16/ARC)."""
    return int(fastcrc.crc16.arc(data))


def _pack(field: Field, value: Value, byte_order: ByteOrder) -> bytes:
    """Return one value's bytes, scaled and rounded half to even as Python does."""
    base = BASE_TYPES[field.base_type]
    if value is None or value != value:  # noqa: PLR0124 - NaN is the one value that is unequal to itself
        if base.pack in "fd":
            return b"\xff" * base.size_bytes
        return struct.pack(byte_order + base.pack, base.invalid)
    number = fit_seconds(value) if isinstance(value, datetime) else float(value)
    if base.pack in "fd":
        return struct.pack(byte_order + base.pack, number)
    return struct.pack(byte_order + base.pack, round((number + field.offset) * field.scale))


def _seconds(timestamp: object) -> int:
    """Return a timestamp given as an instant or as FIT seconds."""
    return fit_seconds(timestamp) if isinstance(timestamp, datetime) else int(timestamp)  # type: ignore[call-overload]  # a number else
