"""The raw archive: the bytes that arrived, by their SHA-256, never changed; and the list of what arrived from where.

With the journal it is the truth of a home: everything else is made again from the two.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.errors import NeedsAttention, SkipRecording
from pipeline.lines import append_lines, read_lines
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.settings import Home


@dataclass(frozen=True, slots=True)
class Received:
    """One file as it arrived for one runner."""

    runner_id: str
    source: str
    source_ref: str
    file_name: str
    content_sha256: str | None  #: None: the bytes could not be had at all
    size_bytes: int | None
    received_utc: datetime
    refusal: str | None = None  #: why there are no bytes


def content_sha256(content: bytes) -> str:
    """Return the name of these bytes."""
    return hashlib.sha256(content).hexdigest()


class Archive:
    """Content-addressed originals below `archive/`, two hexadecimal digits a folder."""

    def __init__(self, home: Home) -> None:
        """Use the archive of this home; nothing is read yet."""
        self._home = home

    def _path(self, sha256: str) -> Path:
        return self._home.archive_folder / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their SHA-256; they are on the disk when the call returns.

        Raises:
            NeedsAttention: the disk is full or the home can't be written; nothing half-written stays.
        """
        sha256 = content_sha256(content)
        path = self._path(sha256)
        if path.exists():
            return sha256
        partial = path.with_name(f"{sha256}.{os.getpid()}.partial")
        try:
            path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE_MODE), "wb") as stream:  # noqa: PTH123 - the mode at creation
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise NeedsAttention(
                f"The archive {self._home.archive_folder} can't be written: {error.strerror}. "
                "Make room or mend the permissions, and run it again; what came before is kept."
            ) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes of this name.

        Raises:
            SkipRecording: they are gone, or no longer what their name says.
        """
        try:
            content = self._path(sha256).read_bytes()
        except OSError as error:
            raise SkipRecording(f"the archived original {sha256[:12]} can't be read: {error.strerror}") from error
        if content_sha256(content) != sha256:
            raise SkipRecording(f"the archived original {sha256[:12]} was changed on the disk: its checksum differs")
        return content

    def note(self, received: Iterable[Received]) -> None:
        """Append to the list of what arrived."""
        append_lines(
            self._home.received_file,
            ({**asdict(item), "received_utc": item.received_utc.isoformat()} for item in received),
        )

    def received(self) -> list[Received]:
        """Return what arrived, in order; a line that a crash made us write twice counts once, the first time."""
        items: dict[tuple[str, str, str, str | None], Received] = {}
        for line in read_lines(self._home.received_file):
            item = Received(**{**line, "received_utc": datetime.fromisoformat(line["received_utc"])})
            items.setdefault((item.runner_id, item.source, item.source_ref, item.content_sha256 or item.refusal), item)
        return list(items.values())
