"""A folder, a mounted watch, an export archive from Garmin or Strava, or a single file."""

from __future__ import annotations

import os
import stat
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from connectors.base import Fetched, SourceSetup, SourceStatus
from connectors.export_archive import HIDDEN, INSIDE, ROUTE, WITHOUT_FILE, list_members, read_from
from connectors.fit_kind import DAILY, SHORT_HEAD_BYTES, other_kind
from connectors.names import Look, for_people, look_at, shown
from connectors.sniff import HEAD_BYTES, holds_activity, kind_of
from connectors.strava_export import INDEX, MAX_INDEX_BYTES, ROUTES, without_file_count
from connectors.unpack import MAX_FILE_BYTES
from connectors.watching import Watch, is_away
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.model import RefKey

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Names of files that are being copied, for one sentence; the rest is a number.
_NAMES_TOLD: Final = 5


@dataclass(slots=True)
class Tally:
    """What the last listing left out."""

    left_out: Counter[str] = field(default_factory=Counter)  #: kind of file -> how many
    copied: list[str] = field(default_factory=list)  #: refs of files that are still being copied

    def sentence(self) -> str | None:
        """Say it in one sentence; None where nothing was left out."""
        return _left_out_sentence(self.left_out)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Activity files below a path. Refs are paths relative to it, with "/" on every system.

    Hidden names, names that can't be activities and links to folders are left out; zips are looked into, and zips
    inside them. Nothing is written, moved or extracted there.
    """

    path: Path
    name: str = "folder"
    watch: Watch | None = field(default=None, repr=False, compare=False)  #: None: handed over by hand, read as it is
    tally: Tally = field(default_factory=Tally, repr=False, compare=False)

    @classmethod
    def open(cls, setup: SourceSetup) -> Self:
        """Use the folder or file that the home names."""
        assert setup.path is not None
        return cls(setup.path, watch=Watch(setup))

    def status(self) -> SourceStatus:
        """Say whether it is there, what is still being copied, and how much was left out."""
        told = {} if self.watch is None else self.watch.told(self.path)
        if not self.path.exists():
            return SourceStatus(
                is_linked=False, message=f"{self.path} is not there", what_to_do="mount it, or edit config.toml"
            )
        copied = told.get("copied") or []
        left_out = _left_out_sentence(Counter(told.get("left_out") or {}))
        parts = [f"folder {self.path}"]
        if copied:
            names = ", ".join(map(for_people, copied[:_NAMES_TOLD])) + (", ..." if len(copied) > _NAMES_TOLD else "")
            parts.append(f"{len(copied)} still being copied when it was read: {names}")
        if left_out:
            parts.append(left_out)
        return SourceStatus(is_linked=True, message="; ".join(parts), backlog_count=len(copied))

    def refs(self, since: datetime | None) -> Iterator[RefKey]:
        """List the candidates, sorted by ref; nothing where there is no activity file.

        In a watched folder a file that is still being copied is left to the next time.

        Args:
            since: not used. A folder is quick to list, and a copied file keeps the time of the original: leaving out
                by time would miss old runs that are copied in late.

        Raises:
            NeedsAttention: the path is missing, can't be opened, or is neither folder nor file.
            TryAgainLater: the drive went away in the middle.
        """
        del since
        self.tally.left_out.clear()
        self.tally.copied.clear()
        found = self._found()
        if self.watch is not None:
            found = self._without_copied(found, self.watch)
            self.watch.remember(self.path, {"copied": self.tally.copied, "left_out": dict(self.tally.left_out)})
        return iter(sorted(found, key=attrgetter("ref")))

    def fetch(self, ref: RefKey) -> Fetched:
        """Read one file or archive member, at most `MAX_FILE_BYTES`.

        Raises:
            TryAgainLater: the drive went away, or the file changed while it was read.
            SkipRecording: it is gone, can't be opened, is too large, encrypted or broken.
        """
        try:
            archive, member = self._archive_of(ref.ref)
            if archive:
                return Fetched(read_from(archive, member), ref.file_name, ref.ref, None)
            path = self._resolve(ref.ref)
            before = path.stat()
            content = _file_bytes(path)
            after = path.stat()
        except OSError as error:
            self._check_drive(error)
            raise SkipRecording(_unreadable(error)) from error
        if self.watch is not None and (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise TryAgainLater(str(self.path), f"{ref.ref} is being written just now")
        return Fetched(content, ref.file_name, ref.ref, datetime.fromtimestamp(after.st_mtime, UTC))

    @property
    def _root(self) -> Path:
        return self.path if self.path.is_dir() else self.path.parent

    def _found(self) -> list[RefKey]:
        try:
            mode = self.path.stat().st_mode
            if stat.S_ISDIR(mode):
                next(self.path.iterdir(), None)  # os.walk would pass over a folder that can't be opened
        except OSError as error:
            raise NeedsAttention(_unusable(self.path, error)) from error
        if stat.S_ISDIR(mode):
            found = list(self._walk())
            if not self.path.is_dir():
                raise TryAgainLater(str(self.path), "it was unplugged or unmounted while it was read")
            return found
        if stat.S_ISREG(mode):
            return list(self._file(self.path, is_asked_for=True))
        raise NeedsAttention(f"{self.path} is neither a folder nor a file. Name a folder, a file or a .zip archive.")

    def _walk(self) -> Iterator[RefKey]:
        unreadable: list[OSError] = []
        for folder, folders, files in os.walk(self.path, onerror=unreadable.append):
            here = Path(folder)
            folders[:] = [name for name in folders if look_at(name, in_folder=here.name) is not Look.LEAVE]
            if INDEX in files:
                self._unpacked_export(here, folders)
            for name in files:
                yield from self._file(here / name)
        for error in unreadable:  # fetching it says why it can't be had, so that nothing is lost without a word
            self._check_drive(error)
            yield self._ref(Path(error.filename), None)

    def _unpacked_export(self, here: Path, folders: list[str]) -> None:
        """Leave out the routes of Strava's bulk export, and count the activities that have no file."""
        if ROUTES in folders:
            folders.remove(ROUTES)
            self.tally.left_out[ROUTE] += sum(len(files) for _, _, files in os.walk(here / ROUTES))
        with suppress(OSError):
            count = without_file_count(_head(here / INDEX, MAX_INDEX_BYTES))
            self.tally.left_out.update({WITHOUT_FILE: count} if count else {})

    def _file(self, path: Path, *, is_asked_for: bool = False) -> Iterator[RefKey]:
        """Yield what one file holds: itself, the members of a zip, or nothing that is ours."""
        look = look_at(path.name)
        if look is Look.LEAVE and not is_asked_for:
            return
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return  # a pipe would hang
            is_fit = path.suffix.lower() == ".fit"
            is_known = look is Look.TAKE and path.suffix.lower() not in {".zip", ".fit"}
            head = b"" if is_known else _head(path, SHORT_HEAD_BYTES if is_fit else HEAD_BYTES)
            kind = other_kind(head)
            if kind == "other":
                kind = other_kind(_head(path, HEAD_BYTES))
        except OSError as error:
            self._check_drive(error)
            yield self._ref(path, None)
            return
        if kind_of(head) == "zip":
            yield from self._members(path, status.st_size)
        elif kind in DAILY and not is_asked_for:
            self.tally.left_out[kind or ""] += 1
        elif is_asked_for or look is not Look.LOOK_INSIDE or holds_activity(head):
            yield self._ref(path, status.st_size)

    def _members(self, path: Path, size_bytes: int) -> Iterator[RefKey]:
        archive = self._ref(path, size_bytes)
        try:
            members = list(list_members(path, self.tally.left_out))
        except OSError as error:
            self._check_drive(error)
            yield archive
            return
        except SkipRecording:
            yield archive
            return
        for one in members:
            ref = shown(f"{archive.ref}{INSIDE}{one.name}")
            yield RefKey(self.name, ref, for_people(one.file_name), one.size_bytes)

    def _without_copied(self, found: list[RefKey], watch: Watch) -> list[RefKey]:
        """Leave out what is still being copied; of an archive that is being copied there is one ref, its own."""
        files = {ref.ref: self._root / ref.ref for ref in found}
        copied = watch.still_copied(files.values())
        self.tally.copied += sorted(ref for ref, path in files.items() if path in copied)
        return [ref for ref in found if files[ref.ref] not in copied]

    def _check_drive(self, error: OSError) -> None:
        is_folder = self.path.is_dir() or not self.path.suffix  # of what is gone only the name is left to tell
        root = self.path if is_folder else self.path.parent
        if is_away(error, root, is_watched=self.watch is not None):
            raise TryAgainLater(
                str(self.path), "it was unplugged or unmounted while it was read, what came before is kept"
            ) from error

    def _ref(self, path: Path, size_bytes: int | None) -> RefKey:
        return RefKey(self.name, shown(path.relative_to(self._root).as_posix()), for_people(path.name), size_bytes)

    def _archive_of(self, ref: str) -> tuple[Path | None, str]:
        """Split a ref at the "!" that ends the name of a zip; a name may hold one of its own."""
        at = ref.find(INSIDE)
        while at >= 0:
            path = self._resolve(ref[:at])
            if path.is_file() and kind_of(_head(path, HEAD_BYTES)) == "zip":
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
            list(list_members(path, Counter()))  # says what is wrong with it
            raise SkipRecording("a zip archive that could not be listed before; the next run takes it up again")
        is_small = status.st_size <= MAX_FILE_BYTES  # it may grow while it is read
        content = head + stream.read(MAX_FILE_BYTES - len(head) + 1) if is_small else b""
    if not is_small or len(content) > MAX_FILE_BYTES:
        raise SkipRecording(f"larger than {MAX_FILE_BYTES // 2**20} MB, which no activity file is")
    return content


def _head(path: Path, size_bytes: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size_bytes)


#: What an export speaks of and does not hand over; the rest of what is left out are kinds of files.
_SAID_OF: Final = {
    WITHOUT_FILE: "activities of Strava's activities.csv that came without a file and were not taken: {}",
    HIDDEN: "files of an archive hidden by a later one of the same name: {}",
}


def _left_out_sentence(left_out: Counter[str]) -> str | None:
    parts = []
    if files := Counter({kind: count for kind, count in left_out.items() if kind not in _SAID_OF}):
        kinds = ", ".join(f"{count} {kind}" for kind, count in files.most_common())
        parts.append(f"{files.total()} file(s) that are no activities were left out ({kinds})")
    parts += [words.format(left_out[kind]) for kind, words in _SAID_OF.items() if left_out[kind]]
    return "; ".join(parts) or None


def _unusable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist. Check the path, or connect the watch or disk that it is on."
    return f"{path} can't be opened: {error.strerror}. Check its permissions, or name another folder."


def _unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "gone since the folder was listed"
    return f"can't be read: {(error.strerror or str(error)).lower()}"
