"""Where the bytes of the archive lie: a folder, or whatever fsspec reaches (an object store); fsspec's sole user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from pipeline.errors import NeedsAttention, TryAgainLater
from pipeline.kept import write_private

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE: Final = "file://"


class Store(Protocol):
    """Bytes by name; small enough to go to another process, which reaches the same bytes."""

    def has(self, name: str) -> bool:
        """Return whether there are bytes of this name."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Keep them, whole or not at all; they last when the call returns.

        Raises:
            NeedsAttention: they can't be written.
        """
        ...

    def get(self, name: str) -> bytes:
        """Return them.

        Raises:
            OSError: they are not there, or can't be read.
            TryAgainLater: the store doesn't answer.
        """
        ...


def store_at(url: str | None, folder: Path) -> Store:
    """Return the store at a URL, or in a folder where there is none.

    Raises:
        NeedsAttention: no such store can be reached from here.
    """
    if url is None:
        return Folder(folder)
    if url.startswith(_FILE):
        return Folder(Path(url.removeprefix(_FILE)))
    return Remote(url)


@dataclass(frozen=True, slots=True)
class Folder:
    """Files below a folder, on this machine or shared by several at the same path."""

    path: Path

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        return (self.path / name).exists()

    def put(self, name: str, content: bytes) -> None:
        """Write one by rename, and wait for the disk."""
        write_private(self.path / name, content, sync_folder=False)  # the list of what arrived is synced right after

    def get(self, name: str) -> bytes:
        """Read one."""
        return (self.path / name).read_bytes()


@dataclass(frozen=True, slots=True)
class Remote:
    """Objects below a URL. A put is one request, which object stores take whole or not at all."""

    url: str

    def has(self, name: str) -> bool:
        """Ask for the object."""
        return bool(self._tried(lambda system, path: system.exists(path), name))

    def put(self, name: str, content: bytes) -> None:
        """Write the object."""

        def write(system: Any, path: str) -> None:  # noqa: ANN401 - fsspec is not typed
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.pipe_file(path, content)

        self._tried(write, name)

    def get(self, name: str) -> bytes:
        """Read the object."""
        system, path = self._at(name)
        try:
            return bytes(system.cat_file(path))
        except FileNotFoundError:
            raise
        except OSError as error:  # not a word about the bytes: nobody may take them for gone
            raise TryAgainLater(self.url, str(error)) from error

    def _tried(self, act: Callable[[Any, str], object], name: str) -> object:
        try:
            return act(*self._at(name))
        except OSError as error:
            raise NeedsAttention(
                f"{self.url} can't be used: {error}. Mend [storage] in config.toml, or the way to it."
            ) from error

    def _at(self, name: str) -> tuple[Any, str]:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - a home that lies here needs none of it

        try:
            system, path = url_to_fs(f"{self.url}/{name}")
        except (ImportError, ValueError) as error:  # "Install s3fs to access S3", "Protocol not known: s4"
            raise NeedsAttention(
                f"{self.url} can't be reached from here: {error}. Install it beside the program, here and "
                "on each worker, or mend [storage] in config.toml."
            ) from error
        return system, path
