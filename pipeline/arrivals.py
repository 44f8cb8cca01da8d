"""What stands of all that ever arrived: an edit at its source supersedes, a deletion withdraws, old bytes are kept.

Files have no identity but their content: whatever a folder ever held stands. An account's activity has one: the last
word on it holds. Lines count in the order in which they were written, not by their clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.archive import Received

#: Runner, source and the source's own name for one thing.
Key = tuple[str, str, str]


@dataclass(slots=True)
class Arrivals:
    """The list of what arrived, read in order."""

    in_order: list[Received] = field(default_factory=list)  #: every line
    standing: list[Received] = field(default_factory=list)  #: what the warehouse is made of, refusals among it
    superseded: set[tuple[str, str]] = field(default_factory=set)  #: (runner, content) that no longer stands
    withdrawn: list[Received] = field(default_factory=list)  #: gone at their source, the last word on each
    last_word: dict[Key, Received] = field(default_factory=dict)  #: of things that have a version

    @classmethod
    def of(cls, received: Iterable[Received]) -> Arrivals:
        """Read the whole list."""
        kept: dict[tuple[object, ...], Received] = {}
        last_word: dict[Key, Received] = {}
        refused: dict[Key, Received] = {}  # versions that could not be had, until a later word answers them
        ever: set[tuple[str, str]] = set()
        in_order = list(received)
        for item in in_order:
            key = (item.runner_id, item.source, item.source_ref)
            if item.content_sha256 is not None:
                ever.add((item.runner_id, item.content_sha256))
            if item.version is None:
                kept.setdefault((*key, item.content_sha256 or item.refusal), item)
            elif item.content_sha256 is None and not item.is_withdrawn:
                refused[key] = item
            else:
                last_word[key] = item
                refused.pop(key, None)
        standing = [*kept.values(), *refused.values()]
        standing += [item for item in last_word.values() if not item.is_withdrawn]
        standing = _once(standing, in_order)
        held = {(item.runner_id, item.content_sha256) for item in standing}
        withdrawn = [item for item in last_word.values() if item.is_withdrawn]
        return cls(in_order, standing, ever - held, withdrawn, last_word)

    def knows(self, runner_id: str, source: str, ref: str, version: str | None) -> bool:
        """Return whether this very version of a thing is here: then it needs no fetch."""
        item = self.last_word.get((runner_id, source, ref))
        return version is not None and item is not None and not item.is_withdrawn and item.version == version


def _once(standing: Iterable[Received], in_order: Iterable[Received]) -> list[Received]:
    """Return each content once, as it arrived first: from a folder and from an account it is one recording.

    A night derives what is new only, so the first arrival names its source; after a rebuild it has to be the same one.
    """
    place = {id(item): at for at, item in enumerate(in_order)}
    first: dict[object, Received] = {}
    for item in standing:
        key = id(item) if item.content_sha256 is None else (item.runner_id, item.content_sha256)
        if key not in first or place[id(item)] < place[id(first[key])]:
            first[key] = item
    return list(first.values())
