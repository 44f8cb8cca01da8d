"""The warehouse held against itself: rebuilt from archive and journal in a home for the moment, and compared."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Final

from flows.work import rebuild
from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.settings import PRIVATE_FOLDER_MODE, Home, local_today
from pipeline.warehouse.connection import reading
from pipeline.warehouse.digests import RelationDigest, differing, relation_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

#: Folders of the moment begin so; the number of the process follows, by which a stopped one's is found and cleared.
_PREFIX: Final = "deep-"


@dataclass(frozen=True, slots=True)
class Difference:
    """One relation that a rebuild fills otherwise."""

    relation: str
    row_count: int
    rebuilt_row_count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison."""

    relation_count: int
    row_count: int
    differences: tuple[Difference, ...]
    was_written: bool  #: somebody wrote to the home meanwhile: differences may come from that


def compare_with_rebuild(
    home: Home, now_utc: datetime, progress: Callable[[int, int], None] | None = None
) -> Comparison:
    """Rebuild a home beside itself and compare the digest of every relation; the home itself is only read.

    Raises:
        NeedsAttention: the log can't be read, or there is no room for a second one.
    """
    before = _marks(home)
    with _home_of_the_moment(home) as again:
        rebuild(again, now_utc, progress)
        live, rebuilt = digests_of(home, now_utc), digests_of(again, now_utc)
    none = RelationDigest(0, "")
    return Comparison(
        relation_count=len(live),
        row_count=sum(one.row_count for one in live.values()),
        differences=tuple(
            Difference(name, live.get(name, none).row_count, rebuilt.get(name, none).row_count)
            for name in differing(live, rebuilt)
        ),
        was_written=before != _marks(home),
    )


def digests_of(home: Home, now_utc: datetime) -> dict[str, RelationDigest]:
    """Return the digest of every relation of a home, judged as of an instant."""
    with reading(home, now_utc, local_today(now_utc, home.config().time_zone)) as connection:
        lay_protocols_over(connection, home)
        judge_once(connection)
        return relation_digests(connection)


def _marks(home: Home) -> list[tuple[str, int, int]]:
    """Return what changes when somebody writes: the journal's lists and the published file."""
    files = [*sorted(home.journal_folder.iterdir()), home.published_file]
    return [(path.name, path.stat().st_size, path.stat().st_ino) for path in files if path.exists()]


@contextmanager
def _home_of_the_moment(home: Home) -> Iterator[Home]:
    """Give a home with the same truth and no warehouse: below the home itself, where its disk and its modes protect it.

    A home that can't be written is compared in the machine's folder for temporary files.
    """
    is_writable = os.access(home.warehouse_folder, os.W_OK)
    parent = home.warehouse_folder if is_writable else Path(gettempdir())
    _clear_stopped(parent)
    folder = parent / f"{_PREFIX}{os.getpid()}"
    folder.mkdir(mode=PRIVATE_FOLDER_MODE)
    try:
        again = Home(folder)
        again.archive_folder.symlink_to(home.archive_folder.resolve())
        for part in (home.journal_folder, home.protocol_folder):
            if part.is_dir():
                shutil.copytree(part, folder / part.name)
        shutil.copyfile(home.config_file, again.config_file)
        again.create(time_zone=home.config().time_zone)
        yield again
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_stopped(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        number = folder.name.removeprefix(_PREFIX)
        if number.isdigit() and not _is_alive(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
