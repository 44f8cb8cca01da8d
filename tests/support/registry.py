"""All facts and protocols that the program knows, as the registries have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.compliance.judge import known_facts, run_facts
from pipeline.compliance.protocol import _BUNDLED, Protocol, load_protocol
from pipeline.warehouse.catalog import history_facts

if TYPE_CHECKING:
    from pipeline.model import FactDefinition


def all_definitions() -> list[tuple[FactDefinition, str]]:
    """Return every fact of a run and of today, with its unit."""
    return [*run_facts(), *history_facts("today")]


def bundled(name: str) -> Protocol:
    """Return a protocol that comes with the program."""
    return load_protocol(_BUNDLED / f"{name}.toml", known_facts())
