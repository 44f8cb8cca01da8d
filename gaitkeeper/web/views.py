"""The list of who looked: a line is written before anything is shown, and brought to the disk within a second.

Nobody waits for the disk to see a page: what a power cut can take is the last second of this list, never a word of the
journal.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pipeline.lines import append_lines, sync_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Lines of this long are brought to the disk together.
TOGETHER_S: Final = 1.0


class ViewList:
    """Appends to one list of views."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def note(self, lines: Sequence[dict[str, Any]]) -> None:
        """Append some lines.

        Raises:
            NeedsAttention: they can't be written: then nothing may be shown.
        """
        append_lines(self._path, lines, wait=False)
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(TOGETHER_S, self._sync)
                self._timer.daemon = True
                self._timer.start()

    def _sync(self) -> None:
        with self._lock:
            self._timer = None
        with suppress(OSError):  # gone with its home, or a disk that fails: the next line says so
            sync_lines(self._path)

    def close(self) -> None:
        """Bring what was written to the disk now."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            with suppress(OSError):
                sync_lines(self._path)
