"""Damage to files, the same every time: cuts, flipped bits, checksums made to fit again."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

from support.fit_writer import fit_crc

if TYPE_CHECKING:
    from collections.abc import Iterator


def truncations(data: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield (length, the first `length` bytes) at `count` places spread evenly from 0 to one byte short."""
    assert count >= 2
    for place in range(count):
        length = place * (len(data) - 1) // (count - 1)
        yield length, data[:length]


def bit_flips(
    data: bytes, count: int, *, seed: int, first: int = 0, last: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Yield (byte, data with one bit of it flipped) at `count` seeded places in [first, last)."""
    chooser = random.Random(seed)
    end = len(data) if last is None else last
    for _ in range(count):
        place = chooser.randrange(first, end)
        broken = bytearray(data)
        broken[place] ^= 1 << chooser.randrange(8)
        yield place, bytes(broken)


def with_right_crc(data: bytes) -> bytes:
    """Return a FIT file with its header's and its own checksum made to fit, so that the damage looks like data.

    Works on whole files and on cut ones: the last two bytes are taken for the checksum. Bytes that are too few to be a
    FIT file come back as they are.
    """
    if len(data) < 16:
        return data
    out = bytearray(data)
    if out[0] == 14:
        out[12:14] = struct.pack("<H", fit_crc(bytes(out[:12])))
    out[-2:] = struct.pack("<H", fit_crc(bytes(out[:-2])))
    return bytes(out)


def closed_after_cut(data: bytes, length: int) -> bytes:
    """Return the first `length` bytes as a formally whole FIT file: data size and checksums say that nothing is missing."""
    header_bytes = data[0]
    out = bytearray(data[:length])
    out[4:8] = struct.pack("<I", length - header_bytes)
    return with_right_crc(bytes(out) + b"\0\0")
