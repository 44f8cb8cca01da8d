"""A folder that other programs write to and watches are unplugged from: what to wait for, and what is only away."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors.copying import QUIET_S, is_incomplete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from connectors.base import SourceSetup

#: What a drive says that is no longer there, or that stopped answering: unplugged USB, a network folder that went away.
_AWAY: Final = frozenset(
    {
        errno.ENODEV,
        errno.ENXIO,
        errno.EIO,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENOMEDIUM if hasattr(errno, "ENOMEDIUM") else errno.ENODEV,
    }
)

_KEY: Final = "folders"

#: A copy that pauses (a sleepy phone, a network drive that writes in bursts) pauses for less than this. A file that is
#: cut and younger waits a night more, which costs nothing; read now it would be half a run.
MAY_GO_ON_S: Final = 60.0


def is_away(error: OSError, root: Path, *, is_watched: bool) -> bool:
    """Return whether the drive is gone, rather than one of its files.

    Args:
        error: what came in place of a file or a listing.
        root: the folder of the source.
        is_watched: it is read night after night: an empty one is a mount point whose drive was taken out.
    """
    if error.errno in _AWAY:
        return True
    if error.errno not in (errno.ENOENT, errno.ENOTDIR):
        return False
    try:
        return not root.is_dir() or (is_watched and next(root.iterdir(), None) is None)
    except OSError:
        return True


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched folder, with the clock and the memory that the home gives."""

    setup: SourceSetup

    def still_copied(self, paths: Iterable[Path]) -> set[Path]:
        """Return which of some files are being written now, after waiting for them for some seconds at most.

        A file counts as being written when it is shorter than it says itself and changed within the last minute. One
        that bears a time to come (a watch's clock) counts only while it grows.
        """
        before = {path: stamp for path in paths if (stamp := self._recent(path)) is not None and _cut(path)}
        if not before:
            return set()
        started = self.setup.now()
        self.setup.sleep(QUIET_S)
        is_short = (self.setup.now() - started).total_seconds() < QUIET_S
        return {
            path
            for path, stamp in before.items()
            if (is_short or _stamp(path) != stamp or self._age_s(stamp) >= 0) and _cut(path)
        }

    def remember(self, path: Path, told: Mapping[str, Any]) -> None:
        """Write down what was left out, for `told`; a runner's folders share one memory."""
        memory = self.setup.memory.read() or {}
        folders = dict(memory.get(_KEY) or {})
        if folders.get(str(path)) != told:
            folders[str(path)] = dict(told)
            self.setup.memory.write({**memory, _KEY: folders})

    def told(self, path: Path) -> Mapping[str, Any]:
        """Return what was written down last."""
        found = ((self.setup.memory.read() or {}).get(_KEY) or {}).get(str(path))
        return found if isinstance(found, dict) else {}

    def _recent(self, path: Path) -> tuple[int, int] | None:
        """Return a file's size and time where it changed just now; a time to come (a watch's clock) is recent."""
        stamp = _stamp(path)
        return stamp if stamp is not None and self._age_s(stamp) < MAY_GO_ON_S else None

    def _age_s(self, stamp: tuple[int, int]) -> float:
        return self.setup.now().timestamp() - stamp[1] / 1e9


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _cut(path: Path) -> bool:
    try:
        return is_incomplete(path)
    except OSError:
        return False
