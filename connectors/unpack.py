"""Compressed bytes -> bytes, within bounds: no small file may fill the memory."""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import dataclass
from typing import Final

from pipeline.errors import UnreadableFile

#: A day of one-second FIT is 10 MB, an ultra as GPX with every extension 60 MB.
MAX_FILE_BYTES: Final = 256 * 2**20
#: Zero bytes shrink a thousandfold, the wordiest GPX thirtyfold. Small files may do as they like.
MAX_RATIO: Final = 200
RATIO_MATTERS_BYTES: Final = 10 * 2**20

#: Deflate grows a piece a thousandfold at most: 16 KB become 16 MB before the bound is looked at.
_PIECE_BYTES: Final = 2**14
_GZIP_MAGIC: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class UnpackFault:
    """Where unpacking stopped, and why."""

    reason: str  #: a clause without a full stop
    offset_bytes: int


def is_bomb(packed_bytes: int, unpacked_bytes: int) -> bool:
    """Return whether something unpacks to more than an activity file can be, or to suspiciously much."""
    too_dense = unpacked_bytes > RATIO_MATTERS_BYTES and unpacked_bytes > MAX_RATIO * max(packed_bytes, 1)
    return too_dense or unpacked_bytes > MAX_FILE_BYTES


def gunzip(content: bytes) -> tuple[bytes, UnpackFault | None]:
    """Unpack a .gz of one or several members.

    Returns:
        What comes out of it, and the fault that ended it (None: whole).

    Raises:
        UnreadableFile: it unpacks to more than `MAX_FILE_BYTES`, or is packed more densely than an activity can be.
    """
    parts: list[bytes] = []
    offset, fault = 0, None
    while fault is None and content.startswith(_GZIP_MAGIC, offset):
        offset, fault = _gunzip_member(content, offset, parts)
    return b"".join(parts), fault


def _gunzip_member(content: bytes, offset: int, parts: list[bytes]) -> tuple[int, UnpackFault | None]:
    """Append what one member holds; return where the next one would begin."""
    member = zlib.decompressobj(wbits=31)
    total = sum(map(len, parts))
    while not member.eof:
        piece = content[offset : offset + _PIECE_BYTES]
        if not piece:
            return offset, UnpackFault("the .gz ends in the middle", len(content))
        before = member.copy()
        try:
            part = member.decompress(piece)
        except zlib.error as error:
            parts.append(_before_fault(before, piece))
            return offset, UnpackFault(f"the .gz is broken: {error}", offset)
        parts.append(part)
        total += len(part)
        if is_bomb(len(content), total):
            raise UnreadableFile("unpacks to far more than an activity file can be; refused")
        offset += len(piece) - len(member.unused_data)
    return offset, None


def _before_fault(member: zlib._Decompress, piece: bytes) -> bytes:
    """Return what a piece gives before the byte that zlib stumbles over: it drops all of a piece that it fails in."""
    parts: list[bytes] = []
    with contextlib.suppress(zlib.error):
        parts.extend(member.decompress(piece[index : index + 1]) for index in range(len(piece)))
    return b"".join(parts)
