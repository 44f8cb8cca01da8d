"""Brings protocols to the warehouse; the views `finding` and `stage_criterion_status` do the judging.

A protocol that a clinician adopted stands in the journal with its whole text, so that a past day is judged by what
held then. Days before any adoption are judged by the file that config.toml names. A reader whose protocols are newer
than the snapshot lays its own over it (temporary tables), so that a change is seen at once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pipeline.compliance.protocol import KnownFacts, Protocol, find_protocol, load_protocol, parse_protocol
from pipeline.transforms import FACTS
from pipeline.units import unit_of
from pipeline.warehouse.catalog import history_facts, sql_files
from pipeline.warehouse.connection import Connection, ask
from pipeline.warehouse.store import insert_rows, replace_definitions

if TYPE_CHECKING:
    from pipeline.model import FactDefinition
    from pipeline.settings import Home

FIRST_DAY: Final = date(1, 1, 1)
NO_DAY: Final = date(9999, 12, 31)

_TABLES: Final = ("protocol_period", "protocol_stage", "stage_limit", "stage_criterion", "stage_rehab")


@dataclass(frozen=True, slots=True)
class Period:
    """Which protocol holds for one runner on which days."""

    runner_id: str
    protocol: Protocol
    valid_from_date: date
    valid_before_date: date


def run_facts() -> list[tuple[FactDefinition, str]]:
    """Return every fact of a run with its unit: by its suffix where samples tell it, else as `sql/facts.toml` says."""
    measured = [(definition, unit_of(definition.name) or "1") for definition in FACTS]
    return [*measured, *history_facts()]


def known_facts() -> KnownFacts:
    """Return what protocols may name."""
    return KnownFacts(
        of_runs={definition.name: unit for definition, unit in run_facts()},
        of_today={definition.name: unit for definition, unit in history_facts("today")},
    )


def home_protocol(home: Home) -> Protocol:
    """Read the protocol that the home's config names.

    Raises:
        NeedsAttention: there is none, or it can't be followed.
    """
    return load_protocol(find_protocol(home, home.config().protocol), known_facts())


def protocol_periods(connection: Connection, home: Home) -> list[Period]:
    """Return which protocol holds when, for every runner."""
    first = home_protocol(home)
    adopted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in ask(connection, "adopted_protocols"):
        adopted[row["runner_id"]].append(row)
    periods: list[Period] = []
    for runner in ask(connection, "runners"):
        runner_id = runner["runner_id"]
        steps = [(FIRST_DAY, first)] + [
            (row["from_date"], parse_protocol(row["protocol_text"], f"adopted on {row['from_date']}", known_facts()))
            for row in adopted[runner_id]
        ]
        ends = [start for start, _ in steps[1:]] + [NO_DAY]
        periods += [
            Period(runner_id, p, start, end) for (start, p), end in zip(steps, ends, strict=True) if start < end
        ]
    return periods


def bring_protocols(connection: Connection, home: Home) -> None:
    """Write the dictionary of facts and all protocols into the writer's warehouse."""
    replace_definitions(connection, [*run_facts(), *history_facts("today")])
    for table in _TABLES:
        connection.execute(f"delete from {table}")
    _insert(connection, protocol_periods(connection, home))


def lay_protocols_over(connection: Connection, home: Home) -> None:
    """Let a reader judge by the protocols of now where the snapshot was judged by others."""
    periods = protocol_periods(connection, home)
    stored = {tuple(row.values()) for row in ask(connection, "protocol_periods")}
    if stored != {(p.runner_id, p.protocol.version, p.valid_from_date, p.valid_before_date) for p in periods}:
        for file in sql_files("tables"):
            if file.name in _TABLES:
                connection.execute(file.text.replace("create table", "create temporary table"))
        _insert(connection, periods)


def judge_once(connection: Connection) -> None:
    """Hold every finding for the rest of this reader's connection: a temporary table goes before the view of its name.

    For a reader that asks several views which all rest on `finding`; each would judge the whole log anew.
    """
    connection.execute("create temporary table finding as from finding")


def _insert(connection: Connection, periods: list[Period]) -> None:
    insert_rows(
        connection,
        "protocol_period",
        [
            {
                "runner_id": period.runner_id,
                "protocol_version": period.protocol.version,
                "valid_from_date": period.valid_from_date,
                "valid_before_date": period.valid_before_date,
            }
            for period in periods
        ],
    )
    for protocol in {period.protocol.version: period.protocol for period in periods}.values():
        for table, rows in _rows(protocol).items():
            insert_rows(connection, table, rows)


def _rows(protocol: Protocol) -> dict[str, list[dict[str, Any]]]:
    version = {"protocol_version": protocol.version}
    return {
        "protocol_stage": [
            {**version, "stage_id": stage.stage_id, "stage_position": place, "stage_name": stage.name}
            for place, stage in enumerate(protocol.stages)
        ],
        "stage_rehab": [
            {**version, "stage_id": stage.stage_id, "kind": kind, "per_week_count": times}
            for stage in protocol.stages
            for kind, times in stage.rehab_per_week
        ],
        "stage_limit": [
            {
                **version,
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
        "stage_criterion": [
            {
                **version,
                "stage_id": criterion.stage_id,
                "criterion_position": place,
                "decision": criterion.decision,
                "fact": criterion.fact,
                "bound": criterion.bound,
                "limit_value": criterion.limit_value,
                "basis": criterion.basis,
                "source": criterion.source,
                "sentence": criterion.sentence,
            }
            for place, criterion in enumerate(protocol.criteria)
        ],
    }
