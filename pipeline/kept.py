"""Small private files of JSON that are replaced whole: tokens, cool-downs, accounts, the outbox."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import NeedsAttention
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One such file. Its content never stands in an error: it may be a secret."""

    path: Path

    def read(self) -> dict[str, Any] | None:
        """Return what was written last; None where nothing was.

        Raises:
            NeedsAttention: it can't be read, or is not what was written.
        """
        try:
            value = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NeedsAttention(f"{self.path} can't be read: {error.strerror}. Mend its permissions.") from error
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise NeedsAttention(
                f"{self.path} is damaged. Remove it, and link the account or set it up again."
            ) from None
        return value

    def write(self, values: dict[str, Any]) -> None:
        """Replace it: private from the first byte, on the disk when the call returns, whole or not at all.

        Raises:
            NeedsAttention: the disk is full or the folder can't be written; the old content stays.
        """
        write_private(self.path, (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode())

    def forget(self) -> None:
        """Remove it; nothing happens where there is none."""
        self.path.unlink(missing_ok=True)


def write_private(path: Path, content: bytes, *, sync_folder: bool = True) -> None:
    """Write one file for its owner alone, by rename, durable when the call returns.

    Args:
        path: the file.
        content: its bytes.
        sync_folder: wait for the rename, too. Who syncs another file of the same disk right after may leave that to
            it: a journalling file system writes down its changes of names in their order.

    Raises:
        NeedsAttention: it can't be written; what was there stays.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE_MODE), "wb") as stream:  # noqa: PTH123 - the mode at creation
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
        if sync_folder:
            _sync_folder(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise NeedsAttention(
            f"{path} can't be written: {error.strerror}. Make room or mend the permissions."
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
