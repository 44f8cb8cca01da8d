"""What every source of recordings is: something that lists what it has, and hands over the bytes of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.model import RefKey


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of one thing, as the source holds them."""

    content: bytes
    file_name: str  #: what to call it in front of people
    source_ref: str  #: `RefKey.ref`
    modified_utc: datetime | None  #: aware; None when the source doesn't tell


@runtime_checkable
class Source(Protocol):
    """One place that recordings come from."""

    @property
    def name(self) -> str:
        """Return the name under which its recordings are stored."""

    def refs(self, since: datetime | None) -> Iterator[RefKey]:
        """List what there is, in a stable order; never the content.

        Args:
            since: what has not changed since then may be left out, never must; None asks for everything.

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
