"""Brings protocols to the warehouse; the views `finding` and `stage_criterion_status` do the judging.

A protocol that a clinician adopted stands in the journal with its whole text, so that a past day is judged by what
held then. Days before any adoption are judged by the file that config.toml names. A reader whose protocols are newer
than the snapshot lays its own over it (temporary tables), so that a change is seen at once.

A reader pays for what it asks: numpy and the dictionary of facts are imported where a protocol has to be read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pipeline.compliance.protocol import (
    KnownFacts,
    Protocol,
    find_protocol,
    load_protocol,
    parse_protocol,
    read_protocol_text,
    version_mark,
)
from pipeline.units import unit_of
from pipeline.warehouse.catalog import history_facts, query, sql_files
from pipeline.warehouse.connection import Connection, ask
from pipeline.warehouse.plans import plan_for_few_rows, plan_for_many_rows

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


@dataclass(frozen=True, slots=True)
class _Span:
    """The text of the protocol that holds for one runner on some days, unread."""

    runner_id: str
    text: str
    origin: str
    valid_from_date: date
    valid_before_date: date


def run_facts() -> list[tuple[FactDefinition, str]]:
    """Return every fact of a run with its unit: by its suffix where samples tell it, else as `sql/facts.toml` says."""
    from pipeline.transforms import FACTS

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
    return _periods(_spans(connection, home))


def _spans(connection: Connection, home: Home) -> list[_Span]:
    path = find_protocol(home, home.config().protocol)
    first = (FIRST_DAY, read_protocol_text(path), str(path))
    adopted: dict[str, list[tuple[date, str, str]]] = defaultdict(list)
    for row in ask(connection, "adopted_protocols"):
        step = (row["from_date"], row["protocol_text"], f"adopted on {row['from_date']}")
        adopted[row["runner_id"]].append(step)
    spans: list[_Span] = []
    for runner in ask(connection, "runners"):
        steps = [first, *adopted[runner["runner_id"]]]
        ends = [start for start, _, _ in steps[1:]] + [NO_DAY]
        spans += [
            _Span(runner["runner_id"], text, origin, start, end)
            for (start, text, origin), end in zip(steps, ends, strict=True)
            if start < end
        ]
    return spans


def _periods(spans: list[_Span]) -> list[Period]:
    known = known_facts()
    protocols = {span.text: parse_protocol(span.text, span.origin, known) for span in reversed(spans)}
    return [Period(s.runner_id, protocols[s.text], s.valid_from_date, s.valid_before_date) for s in spans]


def bring_protocols(connection: Connection, home: Home) -> None:
    """Write the dictionary of facts and all protocols into the writer's warehouse."""
    from pipeline.warehouse.store import replace_definitions

    replace_definitions(connection, [*run_facts(), *history_facts("today")])
    for table in _TABLES:
        connection.execute(f"delete from {table}")
    _insert(connection, protocol_periods(connection, home))


def lay_protocols_over(connection: Connection, home: Home) -> None:
    """Let a reader judge by the protocols of now where the snapshot was judged by others.

    Those of the snapshot were read when it was made: a text that is still the same isn't read again.
    """
    _hold_journal(connection)
    spans = _spans(connection, home)
    stored = {
        (row["runner_id"], row["protocol_version"][-len(version_mark("")) :], *list(row.values())[2:])
        for row in ask(connection, "protocol_periods")
    }
    if stored != {(s.runner_id, version_mark(s.text), s.valid_from_date, s.valid_before_date) for s in spans}:
        periods = _periods(spans)
        for file in sql_files("tables"):
            if file.name in _TABLES:
                connection.execute(file.text.replace("create table", "create temporary table"))
        _insert(connection, periods)


@dataclass(frozen=True, slots=True)
class Days:
    """The local days that a reader asks about, both included, of one runner (None: of all)."""

    runner_id: str | None
    from_date: date
    last_date: date


#: What `finding` rests on, each after those that it reads; first what was said, and which sessions count.
_SAID: Final = (
    "correction", "excluded_session", "intake", "runner_setting", "symptom", "moment_answer", "rehab", "rehab_plan",
    "override",
)  # fmt: skip
_STANDING: Final = (
    "run_session", "run_effort", "stage_on_date", "symptom_answer", "matched_cadence", "session_fact", "finding",
    "session",
)  # fmt: skip

#: Up to so many sessions (ten years of one runner) judging all of them takes no longer with plain plans: 74 against
#: 112 ms for 27 sessions, 215 against 218 ms for 1,620.
FEW_SESSIONS: Final = 2_000

#: What is about today and the whole log, held before only some days of it are left.
_OF_TODAY: Final = ("silence",)

#: What is laid over tables where only some days are asked about: relation -> the query of `sql/queries`.
_REACH: Final = {"measured_session": "sessions_judged_by", "measured_fact": "facts_judged_by"}
_ASKED: Final = {"session_fact": "facts_of_days", "finding": "findings_of_days"}


def judge_once(connection: Connection, days: Days | None = None) -> None:
    """Hold every finding for the rest of this reader's connection: a temporary table goes before the view of its name.

    For a reader that asks several views which all rest on `finding`; each would judge the whole log anew. Step by step:
    a view is written out wherever it is named, so that `finding` alone holds the journal thirty times, and planning
    that takes longer than answering it.

    Args:
        connection: a reader's.
        days: judge these days only, however long the log is. Every relation then shows no more than they rest on:
            facts, findings and verdicts of other days are not there, and nothing is to be counted over the log. What
            is asked after is planned for few rows, too.
    """
    said = {} if days is None else {name: getattr(days, name) for name in days.__slots__}
    is_short = bool(said) or ask(connection, "session_count")[0]["session_count"] <= FEW_SESSIONS
    if is_short:
        plan_for_few_rows(connection)
    _hold_journal(connection)
    for name in _SAID:
        _lay(connection, name, f'from "{name}"', {})
    if said:
        for name in _OF_TODAY:
            _lay(connection, name, f'from "{name}"', {})
        for name, text in _REACH.items():
            _lay(connection, name, query(text), said)
    for name in _STANDING:
        of_days = bool(said) and name in _ASKED
        _lay(connection, name, query(_ASKED[name]) if of_days else f'from "{name}"', said if of_days else {})
    if is_short and not said:
        plan_for_many_rows(connection)


def hold_today(connection: Connection) -> None:
    """Hold the stages of today and their runs, too: what is asked about them names them many times."""
    for name in ("stage_today", "stage_run"):
        _lay(connection, name, f'from "{name}"', {})


def _hold_journal(connection: Connection) -> None:
    """Read the journal once for all that is asked after."""
    connection.execute("create temporary table if not exists journal_entry as from journal_entry")


def _lay(connection: Connection, name: str, text: str, said: dict[str, Any]) -> None:
    named = {key: value for key, value in said.items() if f"${key}" in text}
    connection.execute(f'create or replace temporary table "{name}" as {text}', named)


def _insert(connection: Connection, periods: list[Period]) -> None:
    from pipeline.warehouse.store import insert_rows

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
