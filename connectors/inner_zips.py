"""Zips inside a zip: Garmin's account export keeps the uploaded files so. One level is opened, never a second.

The inner zip is copied to a private file without a name of the archive's, one at a time: it may be half a gigabyte,
and a zip can't be read from its beginning on.
"""

from __future__ import annotations

import errno
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import finalize

from connectors.zips import copy_member, member_names, read_member
from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = "inner.zip"


class InnerZip:
    """One zip of an archive, unpacked into a folder of its own that only its owner may enter, and that goes with it."""

    def __init__(self, archive: Path, name: str) -> None:
        """Copy it.

        Raises:
            SkipRecording: it is broken, encrypted, too large, or no zip.
            OSError: the archive can't be read, or there is no room.
        """
        folder = tempfile.TemporaryDirectory(prefix="gaitkeeper-", ignore_cleanup_errors=True)  # made with mode 0700
        self.close: Callable[[], object] = finalize(self, folder.cleanup)
        self.path = Path(folder.name) / _NAME
        try:
            with self.path.open("wb") as target:
                copy_member(archive, name, target)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise NeedsAttention(
                f"There is no room in {tempfile.gettempdir()} to open {name} of {archive.name}. Make room, set TMPDIR "
                "to a folder on a larger disk, or unpack the archive and import its folder."
            ) from error

    def members(self) -> list[tuple[str, int]]:
        """Return (name, size in bytes) of every file in it."""
        return member_names(self.path)

    def read(self, name: str, limit_bytes: int) -> bytes:
        """Return the bytes of one of its files."""
        return read_member(self.path, name, limit_bytes)


def inner_zip(archive: Path, name: str) -> InnerZip:
    """Open a zip inside a zip; the last one stays open, since its files are asked for one after the other."""
    status = archive.stat()
    return _as_it_is(archive, name, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _as_it_is(archive: Path, name: str, _modified_ns: int, _size_bytes: int) -> InnerZip:
    return InnerZip(archive, name)
