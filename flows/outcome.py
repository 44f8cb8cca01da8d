"""What came of bringing something in, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Told (done, total) after each batch.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of listing and reading one source, or a part of it; outcomes add up."""

    seen_count: int = 0
    new_count: int = 0
    duplicate_count: int = 0  #: content that was here already
    merged_count: int = 0  #: further copies of a session that was recorded twice
    quarantined_count: int = 0
    withdrawn_count: int = 0  #: gone at their source
    session_ids: tuple[str, ...] = ()
    message: str | None = None

    def __add__(self, other: Outcome) -> Outcome:
        """Return both together."""
        return Outcome(
            self.seen_count + other.seen_count,
            self.new_count + other.new_count,
            self.duplicate_count + other.duplicate_count,
            self.merged_count + other.merged_count,
            self.quarantined_count + other.quarantined_count,
            self.withdrawn_count + other.withdrawn_count,
            tuple(dict.fromkeys(self.session_ids + other.session_ids)),
            other.message or self.message,
        )
