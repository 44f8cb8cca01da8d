"""What every source of recordings is: something that lists what it has, and hands over the bytes of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pipeline.model import RefKey


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of one thing, as the source holds them."""

    content: bytes
    file_name: str  #: what to call it in front of people
    source_ref: str  #: `RefKey.ref`
    modified_utc: datetime | None  #: aware; None when the source doesn't tell


class Keeper(Protocol):
    """Where a source keeps something between two nights, as JSON: durable and private when `write` returns."""

    def read(self) -> dict[str, Any] | None:
        """Return what was written last; None where nothing was."""

    def write(self, values: dict[str, Any]) -> None:
        """Replace it whole, or (on a full disk) leave it as it was and raise NeedsAttention."""


@dataclass(frozen=True, slots=True)
class SourceSetup:
    """All that a source is given by the home; a folder needs the path alone, an account the rest."""

    runner_id: str
    path: Path | None  #: None for an account
    secrets: Keeper  #: tokens; never in a log, an exception or a backup
    memory: Keeper  #: limits, cool-downs, cursors: nothing secret
    now: Callable[[], datetime]  #: the clock, aware, UTC
    sleep: Callable[[float], None]  #: waits so many seconds
    shared: Keeper | None = None  #: the memory of all accounts of this kind in the home: what is counted by application


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What a source knows of itself without asking anybody: for `doctor` and `status`."""

    is_linked: bool
    message: str  #: linked to whom, or why not
    backlog_count: int | None = None  #: things it knows of and could not hand over yet; None: not known
    free_again_utc: datetime | None = None  #: when a limit or cool-down ends; None: nothing stands against it now
    what_to_do: str | None = None


@runtime_checkable
class Source(Protocol):
    """One place that recordings come from."""

    @classmethod
    def open(cls, setup: SourceSetup) -> Self:
        """Make one for a home; nothing is asked of the outside world yet."""

    def status(self) -> SourceStatus:
        """Return what it knows of itself; never asks the network."""

    @property
    def name(self) -> str:
        """Return the name under which its recordings are stored."""

    def refs(self, since: datetime | None) -> Iterator[RefKey]:
        """List what there is, in a stable order; never the content.

        Args:
            since: what has not changed since then may be left out, never must; None asks for everything, and then what
                is not listed is gone.

        Raises:
            TryAgainLater: the source is out of reach now.
            NeedsAttention: it can't be used at all until somebody edits something.
        """

    def fetch(self, ref: RefKey) -> Fetched:
        """Hand over one thing that `refs` listed.

        Raises:
            TryAgainLater: the source is out of reach now.
            SkipRecording: this one can't be had; others may be.
            NeedsAttention: the source can't be used at all until somebody edits something.
        """
