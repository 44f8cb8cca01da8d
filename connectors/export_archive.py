"""What of an export archive is an activity, one zip deep: Garmin's account export, Strava's bulk export.

Most of what they hold is none: of 9,182 uploaded files in one part of a Garmin export 353 were activities. What is left
out is counted by its kind, and told once, not file by file.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from connectors.fit_kind import SHORT_HEAD_BYTES, other_kind
from connectors.inner_zips import inner_zip
from connectors.names import Look, look_at
from connectors.sniff import HEAD_BYTES, holds_activity, kind_of
from connectors.strava_export import INDEX, MAX_INDEX_BYTES, is_route, list_folders, without_file_count
from connectors.unpack import MAX_FILE_BYTES
from connectors.zips import MAX_MEMBERS, climbs_out, hidden_count, holds, member_names, read_member
from pipeline.errors import SkipRecording, UnreadableFile

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: Between an archive and its member in a ref: archive.zip!activities/1.fit.gz.
INSIDE: Final = "!"
#: Kinds of what is left out that are no kinds of file.
ROUTE: Final = "planned route"
WITHOUT_FILE: Final = "activity without a file"
HIDDEN: Final = "older copy"
_ZIP_SUFFIX: Final = ".zip"
_FIT_SUFFIX: Final = ".fit"


class Member(NamedTuple):
    """One candidate."""

    name: str  #: as `read_from` takes it; of a zip inside the archive "inner.zip!name"
    file_name: str  #: the last part of it, for people
    size_bytes: int


def list_members(archive: Path, left_out: Counter[str]) -> Iterator[Member]:
    """Yield every candidate, in the order of names; those of zips inside it, too.

    Args:
        archive: the zip.
        left_out: what is no activity is counted here, by its kind.

    Raises:
        SkipRecording: it is broken, or built to keep us busy.
        OSError: it can't be read at all.
    """
    total_count = 0
    names = member_names(archive)
    lists = list_folders([name for name, _ in names])
    left_out.update(_told_beside(archive, lists))
    for name, size_bytes in names:
        total_count += 1
        if not _is_wanted(name):
            left_out[_kind_by_name(name)] += 1
        elif is_route(name, lists):
            left_out[ROUTE] += 1
        elif name.lower().endswith(_ZIP_SUFFIX) and not climbs_out(name):
            for inner in _inner_members(archive, name, size_bytes, left_out):
                total_count += 1
                yield inner
        elif _is_activity(name, lambda name, limit: read_member(archive, name, limit), left_out):
            yield Member(name, _last(name), size_bytes)
        if total_count > MAX_MEMBERS:
            raise UnreadableFile(f"a zip with more than {MAX_MEMBERS} files, which no export has; refused")


def read_from(archive: Path, member: str) -> bytes:
    """Return the bytes of a member as `list_members` named it.

    Raises:
        SkipRecording: it is gone, encrypted, broken, a bomb, or a zip too deep.
        OSError: the archive can't be read at all.
    """
    outer, inner = _split(archive, member)
    if inner is not None:
        content = inner_zip(archive, outer).read(inner, MAX_FILE_BYTES)
        if kind_of(content) == "zip":
            raise SkipRecording(
                f"a zip inside a zip inside the zip {archive.name}: unpack the outer one and import its folder"
            )
        return content
    content = b"" if outer.lower().endswith(_ZIP_SUFFIX) else read_member(archive, outer)
    if not content or kind_of(content) == "zip":
        if not outer.lower().endswith(_ZIP_SUFFIX):
            return content
        inner_zip(archive, outer).members()  # says what is wrong with it
        raise SkipRecording(
            f"a zip inside the zip {archive.name} that could not be listed; the next run takes it up again"
        )
    return content


def _told_beside(archive: Path, lists: frozenset[str]) -> dict[str, int]:
    """Count what an archive speaks of and does not hand over; a list that can't be read is one of its other files."""
    counts = {HIDDEN: hidden_count(archive), WITHOUT_FILE: 0}
    for folder in lists:
        with suppress(SkipRecording):
            content = read_member(archive, f"{folder}/{INDEX}".removeprefix("/"), MAX_INDEX_BYTES)
            counts[WITHOUT_FILE] += without_file_count(content)
    return {kind: count for kind, count in counts.items() if count}


def _split(archive: Path, member: str) -> tuple[str, str | None]:
    """Tell a zip inside the archive from a name that holds a "!" of its own."""
    at = -1 if holds(archive, member) else member.find(INSIDE)
    while at >= 0:
        if holds(archive, member[:at]):
            return member[:at], member[at + 1 :]
        at = member.find(INSIDE, at + 1)
    return member, None


def _inner_members(archive: Path, name: str, size_bytes: int, left_out: Counter[str]) -> Iterator[Member]:
    try:
        inner = inner_zip(archive, name)
        members = inner.members()
    except SkipRecording:
        yield Member(name, _last(name), size_bytes)  # fetching it says why
        return
    for inside, inside_bytes in members:
        if not _is_wanted(inside):
            left_out[_kind_by_name(inside)] += 1
        elif inside.lower().endswith(_ZIP_SUFFIX) or _is_activity(inside, inner.read, left_out):
            yield Member(f"{name}{INSIDE}{inside}", _last(inside), inside_bytes)


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _is_wanted(name: str) -> bool:
    """Return whether no part of a name says that it is no activity."""
    *folders, last = name.replace("\\", "/").split("/")
    places = zip(["", *folders], [*folders, last], strict=True)
    return Look.LEAVE not in {look_at(part, in_folder=folder) for folder, part in places if part not in {"", ".", ".."}}


def _kind_by_name(name: str) -> str:
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return suffix[1:] if suffix[1:].isalnum() else "other"


def _is_activity(name: str, read: Callable[[str, int], bytes], left_out: Counter[str]) -> bool:
    """Look into a member where its name says too little; one that can't be looked into is told when fetched."""
    is_vague = look_at(_last(name)) is Look.LOOK_INSIDE
    if not is_vague and not name.lower().endswith(_FIT_SUFFIX):
        return True
    try:
        head = read(name, HEAD_BYTES if is_vague else SHORT_HEAD_BYTES)
        kind = other_kind(head)
        if kind == "other" and not is_vague:
            kind = other_kind(read(name, HEAD_BYTES))
    except (OSError, SkipRecording):
        return not is_vague
    if kind is None and is_vague and not holds_activity(head):
        kind = _kind_by_name(name)
    if kind is not None:
        left_out[kind] += 1
    return kind is None
