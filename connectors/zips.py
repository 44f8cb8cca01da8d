"""Export archives: what a zip holds, and one member's bytes, within bounds. Nothing is ever extracted to disk."""

from __future__ import annotations

import zlib
from functools import lru_cache
from lzma import LZMAError
from struct import Struct
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

from connectors.unpack import MAX_FILE_BYTES, is_bomb
from pipeline.errors import SkipRecording, UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipInfo

#: Garmin's and Strava's exports of the busiest accounts hold tens of thousands of files.
MAX_MEMBERS: Final = 200_000
#: 200,000 entries of 46 bytes and long names; zipfile builds an object of 500 bytes for each before one can count.
MAX_DIRECTORY_BYTES: Final = 64 * 2**20

_END_RECORD: Final = Struct("<4s4H2LH")  # end of central directory (APPNOTE.TXT 4.3.16)
_END64_RECORD: Final = Struct("<4sQ2H2L4Q")  # zip64 end of central directory (4.3.14)
_LONGEST_TAIL_BYTES: Final = _END_RECORD.size + 2**16 + 20 + _END64_RECORD.size  # comment, locator and both records
_IN_ZIP64: Final = 0xFFFFFFFF
_ENCRYPTED: Final = 0x1

#: What zipfile and its decompressors raise on broken, encrypted or exotic archives.
_ZIP_ERRORS: Final = (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)


def member_names(path: Path) -> list[tuple[str, int]]:
    """Return (name, size in bytes) of every file in a zip, sorted by name; of equal names the last counts.

    Raises:
        UnreadableFile: it is no zip, broken, or holds more than any export does.
        OSError: it can't be read at all.
    """
    entries = _open(path).infolist()
    if len(entries) > MAX_MEMBERS:
        raise UnreadableFile(f"a zip with more than {MAX_MEMBERS} files, which no export has; refused")
    members = {info.filename: info.file_size for info in entries if not info.is_dir()}
    return sorted(members.items())


def read_member(path: Path, name: str, limit_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of one member, at most `limit_bytes`.

    Raises:
        SkipRecording: it is not there, encrypted, broken, or a bomb.
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


def _refuse(info: ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise SkipRecording("encrypted with a password: unpack it first")
    if is_bomb(info.compress_size, info.file_size):
        raise SkipRecording("unpacks to far more than an activity file can be; refused")


def _open(path: Path) -> ZipFile:
    status = path.stat()
    return _open_as_it_is(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _open_as_it_is(path: Path, _modified_ns: int, _size_bytes: int) -> ZipFile:
    """Keep the last archive open: reading the directory of an export anew for each of 5,000 files takes minutes."""
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
