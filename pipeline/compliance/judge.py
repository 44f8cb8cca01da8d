"""Brings a protocol's limits to the warehouse; the view `finding` does the judging.

A reader whose protocol file is newer than the snapshot lays its own limits over it (temporary tables), so that editing
the file changes the verdicts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.compliance.protocol import Protocol, find_protocol, load_protocol
from pipeline.transforms import FACTS
from pipeline.units import unit_of
from pipeline.warehouse.catalog import history_facts, sql_files
from pipeline.warehouse.connection import Connection, first_row
from pipeline.warehouse.store import insert_rows, replace_definitions

if TYPE_CHECKING:
    from pipeline.model import FactDefinition
    from pipeline.settings import Home


def fact_definitions() -> list[tuple[FactDefinition, str]]:
    """Return every fact with its unit: by its suffix where samples tell it, else as `sql/facts.toml` says."""
    measured = [(definition, unit_of(definition.name) or "1") for definition in FACTS]
    return [*measured, *history_facts()]


def home_protocol(home: Home) -> Protocol:
    """Read the protocol that the home's config names.

    Raises:
        NeedsAttention: there is none, or it can't be followed.
    """
    units = {definition.name: unit for definition, unit in fact_definitions()}
    return load_protocol(find_protocol(home, home.config().protocol), units)


def bring_limits(connection: Connection, protocol: Protocol) -> None:
    """Write the dictionary of facts and the protocol's limits into the writer's warehouse."""
    replace_definitions(connection, fact_definitions())
    for table in ("protocol_stage", "stage_limit"):
        connection.execute(f"delete from {table}")
    _insert(connection, protocol)


def lay_limits_over(connection: Connection, protocol: Protocol) -> None:
    """Let a reader see this protocol where the snapshot was judged by another one."""
    row = first_row(connection, "select protocol_version from stage_limit limit 1")
    if row is not None and row[0] == protocol.version:
        return
    for file in sql_files("tables"):
        if file.name in ("protocol_stage", "stage_limit"):
            connection.execute(file.text.replace("create table", "create temporary table"))
    _insert(connection, protocol)


def _insert(connection: Connection, protocol: Protocol) -> None:
    insert_rows(
        connection,
        "protocol_stage",
        [
            {
                "protocol_name": protocol.name,
                "protocol_version": protocol.version,
                "stage_id": stage.stage_id,
                "stage_position": place,
                "stage_name": stage.name,
            }
            for place, stage in enumerate(protocol.stages)
        ],
    )
    insert_rows(
        connection,
        "stage_limit",
        [
            {
                "protocol_version": protocol.version,
                "stage_id": limit.stage_id,
                "limit_position": place,
                "fact": limit.fact,
                "bound": limit.bound,
                "limit_value": limit.limit_value,
                "outcome": limit.outcome,
                "basis": limit.basis,
                "source": limit.source,
                "sentence": limit.sentence,
            }
            for place, limit in enumerate(protocol.limits)
        ],
    )
