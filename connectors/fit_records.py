"""The column reader: the `record` messages of a FIT part, straight from the bytes into numpy columns.

A record stream is nine tenths of a file and nearly always of one or two definitions. Every stream becomes one numpy
structured type, so that a field of thousands of messages is decoded by one cast: about 270 times fitparse's speed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from connectors.fit_profile import (
    COMPRESSED_SPEED_DISTANCE_FIELD,
    IGNORED_RECORD_FIELDS,
    RECORD,
    RECORD_FIELDS,
    TIMESTAMP_FIELD,
)
from connectors.fit_walk import COMPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from connectors.fit_walk import Field, Part, Stream
    from pipeline.model import FloatArray

#: Number of a base type (its lower five bits) -> numpy code without byte order, and the value that says "invalid"
#: (FIT SDK, "FIT Base Types"; strings, 7, are no numbers). Floats are invalid as NaN.
BASE_TYPES: Final[Mapping[int, tuple[str, int | None]]] = {
    0: ("u1", 0xFF),
    1: ("i1", 0x7F),
    2: ("u1", 0xFF),
    3: ("i2", 0x7FFF),
    4: ("u2", 0xFFFF),
    5: ("i4", 0x7FFFFFFF),
    6: ("u4", 0xFFFFFFFF),
    8: ("f4", None),
    9: ("f8", None),
    10: ("u1", 0),
    11: ("u2", 0),
    12: ("u4", 0),
    13: ("u1", 0xFF),
    14: ("i8", 0x7FFFFFFFFFFFFFFF),
    15: ("u8", 0xFFFFFFFFFFFFFFFF),
    16: ("u8", 0),
}
BASE_TYPE_MASK: Final = 0x1F

#: No quantity of a sports watch comes near it; damaged floating-point fields do, and overflow in what follows.
LARGEST_VALUE: Final = 1e15

#: `compressed_speed_distance` (Profile.xlsx): 12 bits of speed in 1/100 m/s, 12 bits of distance in 1/16 m, which
#: roll over every 256 m and are accumulated.
_CSD_BYTES: Final = 3
_CSD_MASK: Final = 0xFFF
_CSD_SPEED_SCALE: Final = 100.0
_CSD_DISTANCE_SCALE: Final = 16.0

#: A compressed time holds the last five bits of the seconds (FIT SDK, "Compressed Timestamp Header").
_TIME_BITS: Final = 0x1F


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """The records of one part as columns of equal length, in the order of the file.

    `times` are FIT seconds (NaN: none); `columns` hold what `RECORD_FIELDS` names, in FIT's units, NaN where invalid;
    `unmapped` counts the messages of every field that is neither mapped nor ignored, by number.
    """

    times: FloatArray
    columns: dict[str, FloatArray]
    unmapped: Counter[int]
    developer: Counter[tuple[int, int]]  #: (developer data index, field number) -> messages that hold it
    unusable: Counter[str]  #: mapped fields whose size doesn't fit their type


def read_records(content: bytes, part: Part) -> RecordColumns:
    """Read all `record` messages of a part."""
    streams = list(part.streams_of(RECORD))
    positions = [np.array(stream.positions, dtype=np.int64) for stream in streams]
    order = _file_order(positions)
    times, columns = _columns(content, streams, positions)
    if order is not None:
        times = times[order]
        columns = {name: column[order] for name, column in columns.items()}
    ordered = np.concatenate(positions) if positions else np.empty(0, dtype=np.int64)
    ordered = ordered if order is None else ordered[order]
    times = _expand_compressed_times(content, part, ordered, times)
    columns = _expand_speed_distance(columns)
    unmapped, developer, unusable = _audit(streams)
    return RecordColumns(times, columns, unmapped, developer, unusable)


def compressed_times(content: bytes, part: Part) -> dict[int, float]:
    """Return the full time of every message whose header byte holds only its last five bits, by position.

    Every message with a `timestamp`, of whatever kind, sets the clock that the bits count on from.
    """
    bytes_ = np.frombuffer(content, dtype=np.uint8)
    places, values, is_offset = [], [], []
    for stream in part.streams:
        if not stream.positions:
            continue
        at = np.array(stream.positions, dtype=np.int64)
        offsets = np.where(bytes_[at] & COMPRESSED, bytes_[at] & _TIME_BITS, np.nan)
        clock = _timestamps(content, stream, at)
        for value, kind in ((clock, False), (offsets, True)):
            known = (value >= 0) if kind else ~np.isnan(value)
            places.append(at[known])
            values.append(value[known])
            is_offset.append(np.full(int(known.sum()), kind))
    return _count_on(np.concatenate(places), np.concatenate(values), np.concatenate(is_offset)) if places else {}


def _count_on(places: NDArray[np.int64], values: FloatArray, is_offset: NDArray[np.bool_]) -> dict[int, float]:
    now = 0
    found = {}
    # A message's own timestamp field comes before its header's bits.
    for index in np.lexsort((is_offset, places)).tolist():
        value = int(values[index])
        if is_offset[index]:
            now += (value - now) & _TIME_BITS
            found[int(places[index])] = float(now)
        else:
            now = value
    return found


def _expand_compressed_times(content: bytes, part: Part, positions: NDArray[np.int64], times: FloatArray) -> FloatArray:
    if not len(positions):
        return times
    compressed = (np.frombuffer(content, dtype=np.uint8)[positions] & COMPRESSED) != 0
    if not compressed.any():
        return times
    full = compressed_times(content, part)
    # The field wins where a message has both.
    compressed &= np.isnan(times)
    times[compressed] = [full[position] for position in positions[compressed].tolist()]
    return times


def _file_order(positions: list[NDArray[np.int64]]) -> NDArray[np.int64] | None:
    """Return the order in which messages of several streams lie in the file, None where they already do."""
    return np.argsort(np.concatenate(positions)) if len(positions) > 1 else None


def _columns(
    content: bytes, streams: list[Stream], positions: list[NDArray[np.int64]]
) -> tuple[FloatArray, dict[str, FloatArray]]:
    total = sum(map(len, positions))
    times = np.full(total, np.nan)
    columns: dict[str, FloatArray] = {}
    start = 0
    for stream, at in zip(streams, positions, strict=True):
        here = slice(start, start + len(at))
        start += len(at)
        times[here] = _timestamps(content, stream, at)
        for name, values in _stream_columns(content, stream, at):
            if name not in columns:
                columns[name] = np.full(total, np.nan)
            kept = columns[name][here]
            # The first value of a field that a definition lists twice wins.
            np.copyto(kept, values, where=np.isnan(kept))
    return times, columns


def _stream_columns(content: bytes, stream: Stream, at: NDArray[np.int64]) -> Iterable[tuple[str, FloatArray]]:
    mapped = [one for one in stream.fields if one.number in RECORD_FIELDS and is_usable(one)]
    packed = [one for one in stream.fields if one.number == COMPRESSED_SPEED_DISTANCE_FIELD]
    packed = [one for one in packed if one.size_bytes == _CSD_BYTES]
    rows = _rows(content, stream, at, mapped, packed)
    for index, one in enumerate(mapped):
        meaning = RECORD_FIELDS[one.number]
        value = _as_float(rows[f"f{index}"], one.base_type)
        yield meaning.name, value / meaning.scale - meaning.offset
    for index, _ in enumerate(packed):
        yield from _unpack_speed_distance(rows[f"p{index}"])


def _rows(
    content: bytes, stream: Stream, at: NDArray[np.int64], numbers: list[Field], packed: list[Field]
) -> np.ndarray:
    """Copy the messages at the given positions into one structured array, whatever lies between them."""
    endian = ">" if stream.is_big_endian else "<"
    formats = [endian + BASE_TYPES[one.base_type & BASE_TYPE_MASK][0] for one in numbers]
    layout = np.dtype(
        {
            "names": [f"f{i}" for i in range(len(numbers))] + [f"p{i}" for i in range(len(packed))],
            "formats": formats + [f"({_CSD_BYTES},)u1"] * len(packed),
            "offsets": [one.offset_bytes for one in (*numbers, *packed)],
            "itemsize": stream.native_size_bytes,
        }
    )
    # Overlapping windows, one beginning at every byte; only those that begin a message are copied.
    windows = np.ndarray(len(content) - layout.itemsize + 1, layout, content, strides=(1,))
    return windows[at]


def _timestamps(content: bytes, stream: Stream, at: NDArray[np.int64]) -> FloatArray:
    one = stream.find(TIMESTAMP_FIELD)
    if one is None or not is_usable(one):
        return np.full(len(at), np.nan)
    return _as_float(_rows(content, stream, at, [one], [])["f0"], one.base_type)


def _as_float(raw: np.ndarray, base_type: int) -> FloatArray:
    invalid = BASE_TYPES[base_type & BASE_TYPE_MASK][1]
    if invalid is not None:
        value = raw.astype(np.float64)
        value[raw == invalid] = np.nan
        return value
    with np.errstate(invalid="ignore"):  # damaged bytes can be a signalling NaN
        value = raw.astype(np.float64)
        value[~(np.abs(value) < LARGEST_VALUE)] = np.nan
    return value


def is_usable(one: Field) -> bool:
    """Return whether a field holds at least one whole number of its type (of several, the first counts)."""
    known = BASE_TYPES.get(one.base_type & BASE_TYPE_MASK)
    if known is None:
        return False
    width = int(known[0][1])
    return one.size_bytes >= width and one.size_bytes % width == 0


def _unpack_speed_distance(raw: NDArray[np.uint8]) -> Iterable[tuple[str, FloatArray]]:
    whole = raw[:, 0] | raw[:, 1].astype(np.int64) << 8 | raw[:, 2].astype(np.int64) << 16
    for name, bits in (("packed_speed", whole & _CSD_MASK), ("packed_distance", whole >> 12)):
        value = bits.astype(np.float64)
        value[(bits == _CSD_MASK) | (whole == 0xFFFFFF)] = np.nan
        yield name, value


def _expand_speed_distance(columns: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Unroll the packed distance and fill with both what the plain fields leave open."""
    if "packed_speed" not in columns:
        return columns
    speed = columns.pop("packed_speed") / _CSD_SPEED_SCALE
    packed = columns.pop("packed_distance")
    known = np.flatnonzero(~np.isnan(packed))
    bits = packed[known].astype(np.int64)
    distance = np.full(len(packed), np.nan)
    distance[known] = np.cumsum(np.diff(bits, prepend=0) & _CSD_MASK) / _CSD_DISTANCE_SCALE
    for name, expanded in (("speed", speed), ("distance", distance)):
        columns[name] = np.where(np.isnan(columns[name]), expanded, columns[name]) if name in columns else expanded
    return columns


def _audit(streams: list[Stream]) -> tuple[Counter[int], Counter[tuple[int, int]], Counter[str]]:
    unmapped: Counter[int] = Counter()
    developer: Counter[tuple[int, int]] = Counter()
    unusable: Counter[str] = Counter()
    known = {*RECORD_FIELDS, *IGNORED_RECORD_FIELDS, TIMESTAMP_FIELD, COMPRESSED_SPEED_DISTANCE_FIELD}
    for stream in streams:
        count = len(stream.positions)
        for one in stream.fields:
            if one.number not in known:
                unmapped[one.number] += count
            elif one.number in RECORD_FIELDS and not is_usable(one):
                unusable[RECORD_FIELDS[one.number].name] += count
        for extra in stream.developer_fields:
            developer[extra.developer_index, extra.number] += count
    return unmapped, developer, unusable
