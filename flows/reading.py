"""One archived file read: decoded, and derived ahead where somebody else is to write it. No processes in here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from connectors.decode import decode
from pipeline.ahead import derive_ahead
from pipeline.errors import GaitkeeperError, SkipRecording, own_mistake
from pipeline.places import zone_at
from pipeline.rows import Incoming
from pipeline.transforms import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline.ahead import Expected
    from pipeline.archive import Archive, Received
    from pipeline.model import DecodedFile, DerivedSession, Recording, Thresholds


@dataclass(frozen=True, slots=True)
class Arrived:
    """One file in the archive, with its bytes where they are still at hand."""

    received: Received
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """All that a reader has to know, wherever it works: the bytes lie in the archive, which every reader reaches."""

    archive: Archive
    received: Received
    expected: Expected


class Reader(Protocol):
    """Reads archived files, in the order in which they come."""

    def read(self, arrived: Iterable[Arrived], expected: Callable[[str], Expected]) -> Iterator[Incoming]:
        """Yield what came of each; a file that can't be read is a SkipRecording in its place.

        Args:
            arrived: taken one by one, no more of them ahead than there is room for.
            expected: runner -> what is likely to hold for the runner's next sessions.
        """
        ...

    def derive_many(self, wanted: Sequence[tuple[Recording, Thresholds]]) -> Sequence[DerivedSession]:
        """Derive some recordings, each with its thresholds: those whose log tells others than were expected."""
        ...

    def close(self) -> None:
        """Let go of what was started."""
        ...


class OneByOne:
    """Reads in this process: nothing is started, nothing is derived that may have to be derived again."""

    def __init__(self, archive: Archive) -> None:
        """Read from this archive."""
        self._archive = archive

    def read(self, arrived: Iterable[Arrived], expected: Callable[[str], Expected]) -> Iterator[Incoming]:  # noqa: ARG002 - the writer derives
        """Yield what came of each."""
        for item in arrived:
            yield Incoming(item.received, decoded(self._archive, item.received, item.content))

    def derive_many(self, wanted: Sequence[tuple[Recording, Thresholds]]) -> Sequence[DerivedSession]:
        """Derive one after the other."""
        return [derive_one(one) for one in wanted]

    def close(self) -> None:
        """Nothing was started."""


def derive_one(wanted: tuple[Recording, Thresholds]) -> DerivedSession:
    """Derive one recording with its thresholds."""
    return derive(*wanted, zone_at)


def is_worth_it(arrived: Iterable[Arrived], least_bytes: int) -> tuple[bool, Iterator[Arrived]]:
    """Return whether there is so much to read that others are to help, and all that there is to read.

    As much is taken up, without bytes: they lie in the archive.
    """
    stream = iter(arrived)
    first: list[Arrived] = []
    size_bytes = 0
    while size_bytes < least_bytes:
        item = next(stream, None)
        if item is None:
            return False, iter(first)
        first.append(Arrived(item.received))
        size_bytes += item.received.size_bytes or 0
    return True, chain(first, stream)


def decoded(archive: Archive, received: Received, content: bytes | None = None) -> DecodedFile | SkipRecording:
    """Return what a file holds, or why it can't be read.

    Args:
        archive: where its bytes lie.
        received: how it arrived.
        content: its bytes, where they are at hand.

    Raises:
        TryAgainLater: the archive doesn't answer; NeedsAttention: it can't be reached from here at all.
    """
    sha256 = received.content_sha256
    if sha256 is None:
        return SkipRecording(received.refusal or "it could not be read")
    try:
        return decode(archive.get(sha256) if content is None else content, received.file_name)
    except SkipRecording as error:
        return error
    except GaitkeeperError:  # the archive is out of reach: nothing is said of the file
        raise
    except Exception as error:  # noqa: BLE001 - a file that we fail on must not stop the others, nor lock the home
        return own_mistake("reading", error)


def read_job(job: Job) -> Incoming:
    """Do one job: what a worker of any kind runs."""
    found = decoded(job.archive, job.received)
    if isinstance(found, SkipRecording):
        return Incoming(job.received, found)
    return Incoming(job.received, found, derive_ahead(found, job.expected, zone_at))
