"""A folder, a mounted watch, an export archive from Garmin or Strava, or a single file."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from connectors.base import Fetched, SourceSetup, SourceStatus
from connectors.names import Look, look_at, shown
from connectors.sniff import HEAD_BYTES, holds_activity, kind_of
from connectors.unpack import MAX_FILE_BYTES
from connectors.zips import member_names, read_member
from pipeline.errors import NeedsAttention, SkipRecording
from pipeline.model import RefKey

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Between an archive and its member in a ref: archive.zip!activities/1.fit.gz.
INSIDE: Final = "!"


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Activity files below a path. Refs are paths relative to it, with "/" on every system.

    Hidden names, names that can't be activities and links to folders are left out; zips are looked into, zips inside
    them are told, not opened. Nothing is written, moved or extracted.
    """

    path: Path
    name: str = "folder"

    @classmethod
    def open(cls, setup: SourceSetup) -> Self:
        """Use the folder or file that the home names."""
        assert setup.path is not None
        return cls(setup.path)

    def status(self) -> SourceStatus:
        """Say whether it is there."""
        if self.path.exists():
            return SourceStatus(is_linked=True, message=f"folder {self.path}")
        return SourceStatus(
            is_linked=False, message=f"{self.path} is not there", what_to_do="mount it, or edit config.toml"
        )

    def refs(self, since: datetime | None) -> Iterator[RefKey]:
        """List the candidates, sorted by ref; nothing where there is no activity file.

        Args:
            since: not used. A folder is quick to list, and a copied file keeps the time of the original: leaving out
                by time would miss old runs that are copied in late.

        Raises:
            NeedsAttention: the path is missing, can't be opened, or is neither folder nor file.
        """
        del since
        try:
            mode = self.path.stat().st_mode
            if stat.S_ISDIR(mode):
                next(self.path.iterdir(), None)  # os.walk would pass over a folder that can't be opened
        except OSError as error:
            raise NeedsAttention(_unusable(self.path, error)) from error
        if stat.S_ISDIR(mode):
            found = self._walk()
        elif stat.S_ISREG(mode):
            found = self._file(self.path, is_asked_for=True)
        else:
            raise NeedsAttention(
                f"{self.path} is neither a folder nor a file. Name a folder, a file or a .zip archive."
            )
        return iter(sorted(found, key=attrgetter("ref")))

    def fetch(self, ref: RefKey) -> Fetched:
        """Read one file or archive member, at most `MAX_FILE_BYTES`.

        Raises:
            SkipRecording: it is gone, can't be opened, is too large, encrypted or broken.
        """
        try:
            archive, member = self._archive_of(ref.ref)
            if archive:
                return Fetched(_member_bytes(archive, member), ref.file_name, ref.ref, None)
            path = self._resolve(ref.ref)
            content = _file_bytes(path)
            modified_utc = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise SkipRecording(_unreadable(error)) from error
        return Fetched(content, ref.file_name, ref.ref, modified_utc)

    @property
    def _root(self) -> Path:
        return self.path if self.path.is_dir() else self.path.parent

    def _walk(self) -> Iterator[RefKey]:
        unreadable: list[OSError] = []
        for folder, folders, files in os.walk(self.path, onerror=unreadable.append):
            here = Path(folder)
            folders[:] = [name for name in folders if look_at(name, in_folder=here.name) is not Look.LEAVE]
            for name in files:
                yield from self._file(here / name)
        for error in unreadable:  # fetching it says why it can't be had, so that nothing is lost without a word
            yield self._ref(Path(error.filename), None)

    def _file(self, path: Path, *, is_asked_for: bool = False) -> Iterator[RefKey]:
        """Yield what one file holds: itself, the members of a zip, or nothing that is ours."""
        look = look_at(path.name)
        if look is Look.LEAVE and not is_asked_for:
            return
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return  # a pipe would hang
            is_known = look is Look.TAKE and path.suffix.lower() != ".zip"
            head = b"" if is_known else _head(path)
        except OSError:
            yield self._ref(path, None)
            return
        if kind_of(head) == "zip":
            yield from self._members(path, status.st_size)
        elif is_asked_for or look is not Look.LOOK_INSIDE or holds_activity(head):
            yield self._ref(path, status.st_size)

    def _members(self, path: Path, size_bytes: int) -> Iterator[RefKey]:
        archive = self._ref(path, size_bytes)
        try:
            members = member_names(path)
        except (OSError, SkipRecording):
            yield archive
            return
        for name, member_bytes in members:
            if _is_candidate(path, name):
                ref = f"{archive.ref}{INSIDE}{name}"
                yield RefKey(self.name, ref, name.rpartition("/")[2], member_bytes)

    def _ref(self, path: Path, size_bytes: int | None) -> RefKey:
        return RefKey(self.name, shown(path.relative_to(self._root).as_posix()), shown(path.name), size_bytes)

    def _archive_of(self, ref: str) -> tuple[Path | None, str]:
        """Split a ref at the "!" that ends the name of a zip; a name may hold one of its own."""
        at = ref.find(INSIDE)
        while at >= 0:
            path = self._resolve(ref[:at])
            if path.is_file() and kind_of(_head(path)) == "zip":
                return path, ref[at + 1 :]
            at = ref.find(INSIDE, at + 1)
        return None, ref

    def _resolve(self, ref: str) -> Path:
        """Find the path that a ref shows: the same, unless its name is no Unicode."""
        parts = ref.split("/")
        if "\0" in ref or {"", ".."} & set(parts):
            raise SkipRecording("no name of a file in this folder")
        path = self._root / ref
        if os.path.lexists(path):
            return path
        path = self._root
        for part in parts:
            children = path.iterdir() if path.is_dir() else ()
            path = next((child for child in children if shown(child.name) == part), path / part)
        return path


def _is_candidate(archive: Path, member: str) -> bool:
    *folders, name = member.split("/")
    places = zip(["", *folders], [*folders, name], strict=True)
    looks = {look_at(part, in_folder=folder) for folder, part in places if part not in {"", ".", ".."}}
    if Look.LEAVE in looks:
        return False
    if look_at(name) is not Look.LOOK_INSIDE:
        return True
    try:
        return holds_activity(read_member(archive, member, HEAD_BYTES))
    except (OSError, SkipRecording):
        return False


def _member_bytes(archive: Path, member: str) -> bytes:
    content = read_member(archive, member)
    if kind_of(content) == "zip":
        raise SkipRecording(f"a zip inside the zip {archive.name}: unpack the outer one and import its folder")
    return content


def _file_bytes(path: Path) -> bytes:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        next(path.iterdir(), None)  # says why it could not be opened
        raise SkipRecording("a folder that could not be opened when it was listed; the next run takes it up again")
    if not stat.S_ISREG(status.st_mode):
        raise SkipRecording("no longer a file since the folder was listed")
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if kind_of(head) == "zip":
            member_names(path)  # says what is wrong with it
            raise SkipRecording("a zip archive that could not be listed before; the next run takes it up again")
        is_small = status.st_size <= MAX_FILE_BYTES  # it may grow while it is read
        content = head + stream.read(MAX_FILE_BYTES - len(head) + 1) if is_small else b""
    if not is_small or len(content) > MAX_FILE_BYTES:
        raise SkipRecording(f"larger than {MAX_FILE_BYTES // 2**20} MB, which no activity file is")
    return content


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def _unusable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist. Check the path, or connect the watch or disk that it is on."
    return f"{path} can't be opened: {error.strerror}. Check its permissions, or name another folder."


def _unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "gone since the folder was listed"
    return f"can't be read: {(error.strerror or str(error)).lower()}"
