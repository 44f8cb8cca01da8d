"""How a derivation says what it yields: its facts' definitions beside the function that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Fact, FactDefinition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.transforms.workings import Workings


@dataclass(frozen=True, slots=True)
class Transform:
    """One derivation: a line of `TRANSFORMS`."""

    name: str
    definitions: tuple[FactDefinition, ...]  #: every fact that it can yield
    facts: Callable[[Workings], Iterable[Fact]]
    runs_only: bool = True  #: False: its facts make sense for a ride or a walk, too


def not_assessable(definitions: Iterable[FactDefinition], why: str) -> Iterator[Fact]:
    """Yield a row without a value for each definition, with the same reason."""
    for definition in definitions:
        yield Fact(definition.name, None, "not_assessable", why)
