"""Export archives: what a zip holds, and one member's bytes, within bounds. Nothing is extracted under its own name."""

from __future__ import annotations

import io
import zlib
from functools import lru_cache
from lzma import LZMAError
from struct import Struct
from typing import IO, TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

from connectors.unpack import MAX_FILE_BYTES, MAX_RATIO, RATIO_MATTERS_BYTES, is_bomb
from pipeline.errors import SkipRecording, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zipfile import ZipInfo

#: Garmin's and Strava's exports of the busiest accounts hold tens of thousands of files.
MAX_MEMBERS: Final = 200_000
#: 200,000 entries of 46 bytes and long names; zipfile builds an object of 500 bytes for each before one can count.
MAX_DIRECTORY_BYTES: Final = 64 * 2**20
#: Twenty years of daily hours as GPX are 30 GB; photos and videos of an export come on top.
MAX_TOTAL_BYTES: Final = 256 * 2**30
#: Thousands of small members that each shrink a thousandfold: below this much in all they may do as they like.
DENSITY_MATTERS_BYTES: Final = 2**30
#: Garmin cuts the uploads of an account into zips of some hundred megabytes.
MAX_INNER_BYTES: Final = 8 * 2**30

_END_RECORD: Final = Struct("<4s4H2LH")  # end of central directory (APPNOTE.TXT 4.3.16)
_END64_RECORD: Final = Struct("<4sQ2H2L4Q")  # zip64 end of central directory (4.3.14)
_LONGEST_TAIL_BYTES: Final = _END_RECORD.size + 2**16 + 20 + _END64_RECORD.size  # comment, locator and both records
_IN_ZIP64: Final = 0xFFFFFFFF
_LOCAL_HEADER_BYTES: Final = 30  # before the name (4.3.7)
_ENCRYPTED: Final = 0x1
_PIECE_BYTES: Final = 2**20

#: What zipfile and its decompressors raise on broken, encrypted or exotic archives.
_ZIP_ERRORS: Final = (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)


def member_names(path: Path) -> list[tuple[str, int]]:
    """Return (name, size in bytes) of every file in a zip, sorted by name; of equal names the last counts.

    Raises:
        UnreadableFile: it is no zip, broken, built to unpack without end, or holds more than any export does.
        OSError: it can't be read at all.
    """
    entries = _open(path).infolist()
    _refuse_archive(entries, path.stat().st_size)
    members = {info.filename: info.file_size for info in entries if not info.is_dir()}
    return sorted(members.items())


def hidden_count(path: Path) -> int:
    """Return how many entries a later one of the same name hides: a zip that was added to keeps what it replaced.

    Raises:
        UnreadableFile: it is no zip, or broken.
        OSError: it can't be read at all.
    """
    names = [info.filename for info in _open(path).infolist() if not info.is_dir()]
    return len(names) - len(set(names))


def read_member(path: Path, name: str, limit_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of one member, at most `limit_bytes`.

    Raises:
        SkipRecording: it is not there, encrypted, broken, a bomb, or its name leads out of the archive.
        OSError: the archive can't be read at all.
    """
    archive = _open(path)
    try:
        info = archive.getinfo(name)
        _refuse(info)
        with archive.open(info) as member:
            return member.read(limit_bytes)
    except KeyError:
        raise SkipRecording(f"the archive {path.name} no longer holds it") from None
    except _ZIP_ERRORS as error:
        raise UnreadableFile(f"broken inside the archive {path.name}: {error}") from error


def copy_member(path: Path, name: str, target: IO[bytes]) -> None:
    """Copy one member, a zip of its own, piece by piece: it may be larger than the memory.

    Raises:
        SkipRecording: as `read_member`; no more bytes are taken than it claims to hold.
        OSError: the archive can't be read, or the disk is full.
    """
    archive = _open(path)
    try:
        info = archive.getinfo(name)
        _refuse_entry(info)
        if _is_dense(info.compress_size, info.file_size) or info.file_size > MAX_INNER_BYTES:
            raise SkipRecording(f"the zip {name} in {path.name} unpacks to far more than an export can be; refused")
        with archive.open(info) as member:
            left_bytes = info.file_size
            while piece := member.read(min(_PIECE_BYTES, left_bytes + 1)):
                left_bytes -= len(piece)
                target.write(piece)
    except KeyError:
        raise SkipRecording(f"the archive {path.name} no longer holds it") from None
    except _ZIP_ERRORS as error:
        raise UnreadableFile(f"the zip {name} is broken inside the archive {path.name}: {error}") from error


def unzip(content: bytes) -> dict[str, bytes]:
    """Return what a small zip in memory holds, by name: an activity's original as Garmin packs it.

    Raises:
        UnreadableFile: it is broken or cut.
        SkipRecording: it is encrypted, or unpacks to more than an activity can be.
    """
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
            _refuse_archive(entries, len(content))
            if is_bomb(len(content), sum(info.file_size for info in entries)):
                raise SkipRecording("unpacks to far more than an activity file can be; refused")
            for info in entries:
                _refuse_entry(info)
            return {info.filename: archive.read(info) for info in entries}
    except _ZIP_ERRORS as error:
        raise UnreadableFile(f"a broken zip: {error}") from error


def climbs_out(name: str) -> bool:
    """Return whether a member's name would lead out of the folder that it is unpacked in."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or not parts[0] or parts[0].endswith(":")


def holds(path: Path, name: str) -> bool:
    """Return whether an archive has a member of that name.

    Raises:
        UnreadableFile: it is no zip, or broken.
        OSError: it can't be read at all.
    """
    return name in _open(path).NameToInfo


def is_whole(path: Path) -> bool:
    """Return whether a zip's end is there: it is written last."""
    try:
        _check_directory(path)
    except UnreadableFile:
        return False
    return True


def _refuse(info: ZipInfo) -> None:
    _refuse_entry(info)
    if is_bomb(info.compress_size, info.file_size):
        raise SkipRecording("unpacks to far more than an activity file can be; refused")


def _refuse_entry(info: ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise SkipRecording("encrypted with a password: unpack it first")
    if climbs_out(info.filename):
        raise SkipRecording("its name leads out of the archive, as no export's does; refused")


def _refuse_archive(entries: list[ZipInfo], size_bytes: int) -> None:
    """Refuse what is built to keep us busy: too many entries, too much in all, entries that lie over each other."""
    if len(entries) > MAX_MEMBERS:
        raise UnreadableFile(f"a zip with more than {MAX_MEMBERS} files, which no export has; refused")
    total_bytes = sum(info.file_size for info in entries if not _is_dense(info.compress_size, info.file_size))
    if total_bytes > MAX_TOTAL_BYTES or total_bytes > max(MAX_RATIO * size_bytes, DENSITY_MATTERS_BYTES):
        raise UnreadableFile("a zip that unpacks to far more than an export can be; refused")
    end = 0
    for start, stop in sorted(_places(entries)):
        if start < end:
            raise UnreadableFile("a zip whose files lie over each other, as no export's do; refused")
        end = stop


def _places(entries: list[ZipInfo]) -> Iterator[tuple[int, int]]:
    """Yield where each entry's bytes lie at least: its local header, the shortest name, what is packed."""
    for info in entries:
        yield info.header_offset, info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


def _is_dense(packed_bytes: int, unpacked_bytes: int) -> bool:
    return unpacked_bytes > RATIO_MATTERS_BYTES and unpacked_bytes > MAX_RATIO * max(packed_bytes, 1)


def _open(path: Path) -> ZipFile:
    status = path.stat()
    return _open_as_it_is(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)
def _open_as_it_is(path: Path, _modified_ns: int, _size_bytes: int) -> ZipFile:
    """Keep the last archive open, and the one inside it: reading a directory anew for 5,000 files takes minutes."""
    _check_directory(path)
    try:
        return ZipFile(path)
    except _ZIP_ERRORS as error:
        raise UnreadableFile(f"a broken zip archive: {error}") from error


def _check_directory(path: Path) -> None:
    """Look at the end record before zipfile builds the whole directory in memory."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(-min(stream.tell(), _LONGEST_TAIL_BYTES), 2)
        tail = stream.read()
    start = tail.rfind(b"PK\x05\x06")
    if start < 0 or len(tail) - start < _END_RECORD.size:
        raise UnreadableFile("a broken zip archive: its directory is missing, so that the download was cut short")
    size_bytes = _END_RECORD.unpack_from(tail, start)[5]
    start64 = tail.rfind(b"PK\x06\x06")
    if size_bytes == _IN_ZIP64 and 0 <= start64 <= len(tail) - _END64_RECORD.size:
        size_bytes = _END64_RECORD.unpack_from(tail, start64)[8]
    if size_bytes > MAX_DIRECTORY_BYTES:
        raise UnreadableFile(f"a zip with more than {MAX_MEMBERS} files, which no export has; refused")
