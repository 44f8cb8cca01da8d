"""A home's truth in one file, and back: archive, journal, config, protocols, what sources remember; secrets if asked.

A backup may be taken while a night is running. What is read first is what points at what is read later: the memory of
the sources (an older cursor only lists more), then the lists of the journal up to their last whole line, then the
archive: it is written before the list that names it, so every original that a list names is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import NeedsAttention
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE, Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

#: Raised when a backup of this kind can't be read by the program before.
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"

#: What may stand in a backup, and nothing else: no way out of the folder, no hidden file, no link.
_MEMBER: Final = re.compile(
    r"config\.toml|archive/[0-9a-f]{2}/[0-9a-f]{64}|(journal|protocols|sources|secrets)/[^/\\\0]{1,200}"
)
_NOT_A_NAME: Final = re.compile(r"\.{1,2}|\..*|.*\.partial")

#: A manifest of a million members is far below this; more is no manifest.
_MAX_MANIFEST_BYTES: Final = 500_000_000

#: Where a restore puts everything before it has all of it.
_PARTIAL_NAME: Final = ".restore-"


@dataclass(frozen=True, slots=True)
class BackupOutcome:
    """What a backup holds, or what was restored from one."""

    file_count: int
    size_bytes: int  #: of the members, as they lie in the home
    original_count: int
    entry_count: int  #: lines of journal.jsonl
    missing: tuple[str, ...] = ()  #: originals that a list names and that are gone or altered, by SHA-256
    program_version: str = ""
    has_secrets: bool = False


class BadBackup(NeedsAttention):
    """The file is no backup, or not the one that was written."""

    def __init__(self, path: Path, why: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"{path} can't be restored: {why}. Nothing was changed; take another backup.")


# --------------------------------------------------------------------------------------------------------------------
# Out


def write_backup(home: Home, target: Path, *, with_secrets: bool = False) -> BackupOutcome:
    """Write a home's truth into one file, for its owner alone, and read it back before it takes its name.

    Raises:
        NeedsAttention: the home can't be read or the file not be written; what was there before stays.
    """
    home.require()
    target = target.absolute()
    if target.is_relative_to(home.path.absolute()):
        raise NeedsAttention(f"{target} lies in the home that it saves. Name a file elsewhere, best on another disk.")
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        with open(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE_MODE), "w+b") as stream:  # noqa: PTH123 - the mode at creation
            outcome = _write(home, stream, with_secrets=with_secrets)
            stream.flush()
            os.fsync(stream.fileno())
        _read(partial, None)  # from its first to its last byte, against its own manifest
        partial.replace(target)
    except OSError as error:
        raise NeedsAttention(
            f"{target} can't be written: {error.strerror or error} ({error.filename or target}). "
            "Make room, or name another file."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return outcome


def _write(home: Home, stream: IO[bytes], *, with_secrets: bool) -> BackupOutcome:
    members: dict[str, dict[str, Any]] = {}
    missing: list[str] = []
    entry_count = 0
    named: set[str] = set()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _small_members(home, with_secrets=with_secrets):
            members[name] = _add(archive, name, content)
            lines = _lines(content) if name.endswith(".jsonl") else []
            named.update(line["content_sha256"] for line in lines if line.get("content_sha256"))
            entry_count += len(lines) if name == "journal/journal.jsonl" else 0
        for name in _originals(home):
            members[name] = _add(archive, name, (home.path / name).read_bytes())
            if members[name]["sha256"] != name.rpartition("/")[2]:
                missing.append(name.rpartition("/")[2])
        missing += [sha256 for sha256 in named if f"archive/{sha256[:2]}/{sha256}" not in members]
        manifest = {
            "format": FORMAT,
            "program_version": version("gaitkeeper"),
            "made_utc": datetime.now(UTC).isoformat(),
            "has_secrets": with_secrets,
            "members": members,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return _outcome(manifest, entry_count, sorted(missing))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> dict[str, Any]:
    entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    entry.external_attr = PRIVATE_FILE_MODE << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
    return {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def _outcome(manifest: dict[str, Any], entry_count: int, missing: list[str]) -> BackupOutcome:
    members = manifest["members"]
    return BackupOutcome(
        file_count=len(members),
        size_bytes=sum(one["size_bytes"] for one in members.values()),
        original_count=sum(name.startswith("archive/") for name in members),
        entry_count=entry_count,
        missing=tuple(missing),
        program_version=manifest["program_version"],
        has_secrets=manifest["has_secrets"],
    )


def _small_members(home: Home, *, with_secrets: bool) -> Iterator[tuple[str, bytes]]:
    """Yield what is read before the archive, in the order that keeps it whole (see above)."""
    folders = [home.source_folder, *([home.secret_folder] if with_secrets else []), home.protocol_folder]
    for folder in folders:
        yield from _files_of(folder)
    yield "config.toml", home.config_file.read_bytes()
    # what people said rests on what arrived: said first, arrived afterwards
    yield from sorted(_files_of(home.journal_folder), key=lambda one: one[0] != "journal/journal.jsonl")


def _files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink() and not _NOT_A_NAME.fullmatch(path.name):
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1] if path.suffix == ".jsonl" else content
            yield f"{folder.name}/{path.name}", whole


def _originals(home: Home) -> Iterator[str]:
    for folder in sorted(home.archive_folder.iterdir()):
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            name = f"archive/{folder.name}/{path.name}"
            if is_member(name):
                yield name


# --------------------------------------------------------------------------------------------------------------------
# Back


def restore_backup(source: Path, home: Home) -> BackupOutcome:
    """Put a backup into a home that is empty or not there; every byte is checked before anything takes its place.

    Raises:
        BadBackup: it is none, it was altered, or it holds what no backup holds.
        NeedsAttention: there is something in the home already, or the disk can't be written.
    """
    try:
        home.path.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
        _require_empty(home)
        partial = home.path / f"{_PARTIAL_NAME}{os.getpid()}"
        partial.mkdir(mode=PRIVATE_FOLDER_MODE)
        try:
            outcome = _read(source, partial)
            restored = Home(partial)
            restored.create(time_zone=restored.config().time_zone)  # the folders that a backup leaves out
            _move_up(partial, home)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise NeedsAttention(
            f"{home.path} can't be written: {error.strerror or error}. Make room, or name another folder with --home."
        ) from error
    return outcome


def _require_empty(home: Home) -> None:
    """Refuse a home with something in it; what a restore left that was stopped is cleared away."""
    for path in list(home.path.iterdir()):
        if path.name.startswith(_PARTIAL_NAME):
            shutil.rmtree(path)
        elif path.name != "lost+found":  # of a disk of its own
            raise NeedsAttention(f"{home.path} is not empty. Restore into a new folder: --home DIR.")


def _move_up(partial: Path, home: Home) -> None:
    """Give everything its place; config.toml comes last, since by it a home is one."""
    home.path.chmod(PRIVATE_FOLDER_MODE)
    for path in sorted(partial.iterdir(), key=lambda one: one.name == home.config_file.name):
        path.replace(home.path / path.name)


def _read(source: Path, folder: Path | None) -> BackupOutcome:
    """Check every member against the manifest, and (where a folder is given) write it there."""
    entry_count = 0
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _manifest(source, archive)
            for name, told in manifest["members"].items():
                content = _content(source, archive, name, told)
                if name == "journal/journal.jsonl":
                    entry_count = len(_lines(content))
                if folder is not None:
                    _put(folder / name, content)
    except FileNotFoundError as error:
        if not source.exists():
            raise BadBackup(source, "there is no such file") from error
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadBackup(source, f"it is no whole backup ({error})") from error
    return _outcome(manifest, entry_count, [])


def _manifest(source: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > _MAX_MANIFEST_BYTES:
        raise BadBackup(source, "it has no manifest, so it is none of Gaitkeeper's backups")
    manifest = json.loads(archive.read(MANIFEST))
    if not isinstance(manifest, dict) or not isinstance(manifest.get("members"), dict):
        raise BadBackup(source, "its manifest can't be followed")
    if manifest.get("format") != FORMAT:
        raise BadBackup(
            source, f"it was made by Gaitkeeper {manifest.get('program_version')}, which writes another format"
        )
    strange = [name for name in names if name != MANIFEST and not is_member(name)]
    if strange:
        raise BadBackup(source, f"it holds {strange[0]!r}, which no backup holds")
    if sorted(names) != sorted([MANIFEST, *manifest["members"]]):
        raise BadBackup(source, "what it holds is not what its manifest lists")
    if "config.toml" not in manifest["members"]:
        raise BadBackup(source, "it holds no config.toml")
    return manifest


def is_member(name: str) -> bool:
    """Return whether a backup may hold a file of this name."""
    return bool(_MEMBER.fullmatch(name)) and not _NOT_A_NAME.fullmatch(name.rpartition("/")[2])


def _content(source: Path, archive: zipfile.ZipFile, name: str, told: dict[str, Any]) -> bytes:
    """Return one member, never more of it than the manifest says that there is."""
    if not isinstance(told, dict) or not isinstance(told.get("size_bytes"), int):
        raise BadBackup(source, "its manifest can't be followed")
    with archive.open(name) as stream:
        content = stream.read(told["size_bytes"] + 1)
    if hashlib.sha256(content).hexdigest() != told.get("sha256"):
        raise BadBackup(source, f"the checksum of {name} differs: it was altered or is damaged")
    return content


def _put(path: Path, content: bytes) -> None:
    for folder in (path.parent.parent, path.parent):  # a mode holds for the last folder that mkdir makes
        folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE_MODE), "wb") as stream:  # noqa: PTH123 - the mode at creation
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _lines(content: bytes) -> list[dict[str, Any]]:
    """Return the lines of a list that can be read."""
    found = []
    for line in content.splitlines():
        with suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found
