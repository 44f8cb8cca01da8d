"""Every limit of the default protocol, in every stage, held against a value under it, at it, over it, and none.

The view `finding` judges them; an oracle of a few lines says what has to come out. What did come out is written down for
clinicians in `cases.md`: review it like prose, and make it again with `python tests/compliance/test_case_table.py`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import pytest

from pipeline.compliance.judge import home_protocol, lay_protocols_over
from pipeline.reports.format import OUTCOME_WORDS
from pipeline.warehouse.connection import reading, rows
from support.scenario import ScenarioLog, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.compliance.protocol import Limit, Protocol
    from pipeline.warehouse.connection import Connection

TABLE: Final = Path(__file__).with_name("cases.md")
HOW_TO_MAKE: Final = "python tests/compliance/test_case_table.py"

#: The sides on which a limit is tried.
TRIED: Final = ("under", "at", "over", "missing")


@dataclass(frozen=True)
class Case:
    """One limit, tried on one side."""

    limit: Limit
    place: int  #: of the limit in the file
    side: str  #: a word of TRIED; "just_past" and "pending" beside them
    value: float | None
    status: str | None  #: of the fact; None: it has no row at all
    expected: str  #: the outcome that has to come out

    @property
    def session_id(self) -> str:
        """A run of its own."""
        return f"{self.limit.stage_id}/{self.place}/{self.side}"


@dataclass(frozen=True)
class Held:
    """What the view made of one case."""

    outcome: str
    value_text: str | None
    limit_text: str
    message: str


def step_of(limit: Limit, unit: str, error: float) -> float:
    """Return how far from the limit to try: farther than the fact's measured error, in steps that the fact can take."""
    if limit.fact.endswith(("_count", "_7d")) or unit in {"0-10", "days"}:
        return 1.0
    return max(1.5 * error, 0.1 * limit.limit_value, 0.05 if unit in {"1", "share", "change"} else 1.0)


def outcome_of(limit: Limit, value: float, error: float) -> str:
    """Return what the protocol says of a value: the oracle, in words of its own."""
    is_past = value > limit.limit_value if limit.bound == "max" else value < limit.limit_value
    if not is_past:
        return "within_plan"
    is_near = abs(value - limit.limit_value) <= error + 1e-12
    return "note" if is_near and limit.outcome == "outside_plan" else limit.outcome


def cases_of(protocol: Protocol, definitions: dict[str, dict[str, Any]]) -> Iterator[Case]:
    """Yield every case of every limit."""
    for place, limit in enumerate(protocol.limits):
        known = definitions[limit.fact]
        error = max(known["error_abs"] or 0.0, (known["error_ratio"] or 0.0) * abs(limit.limit_value))
        step = step_of(limit, known["unit"], error)
        tried = {"under": limit.limit_value - step, "at": limit.limit_value, "over": limit.limit_value + step}
        if error:
            way = 1 if limit.bound == "max" else -1
            tried["just_past"] = limit.limit_value + way * error / 2
        for side, value in tried.items():
            if value >= 0 or known["unit"] == "change":
                yield Case(limit, place, side, value, "ok", outcome_of(limit, value, error))
        yield Case(limit, place, "missing", None, "not_assessable", "not_assessable")
        yield Case(limit, place, "no_row", None, None, "not_assessable")
        yield Case(limit, place, "pending", None, "pending", "pending")


def judged(connection: Connection, cases: list[Case]) -> dict[str, Held]:
    """Lay one run a case over the log's own relations, and return what `finding` says of each."""
    connection.execute(
        "create temporary table run_session as select c.stage_id as runner_id, c.session_id, date '2026-03-02' as session_date "
        "from (select unnest($stages) as stage_id, unnest($sessions) as session_id) as c",
        {"stages": [case.limit.stage_id for case in cases], "sessions": [case.session_id for case in cases]},
    )
    connection.execute(
        "create temporary table stage_on_date as select distinct runner_id, session_date as stage_date, runner_id as stage_id, "
        "'Dr Example' as set_by, date '2026-03-01' as set_on_date from run_session"
    )
    connection.execute(
        "create temporary table period_of_stage as select distinct runner_id, "
        "(select any_value(protocol_version) from stage_limit) as protocol_version, "
        "date '0001-01-01' as valid_from_date, date '9999-12-31' as valid_before_date from run_session"
    )
    connection.execute("create or replace temporary table protocol_period as from period_of_stage")
    told = [case for case in cases if case.status is not None]
    connection.execute(
        "create temporary table session_fact as select split_part(c.session_id, '/', 1) as runner_id, c.*, "
        "if(c.status = 'ok', null, 'nobody knows') as detail, 60.0 as start_s, 90.0 as end_s "
        'from (select unnest($sessions) as session_id, unnest($facts) as fact, unnest($values::double[]) as "value", '
        "unnest($statuses) as status) as c",
        {
            "sessions": [case.session_id for case in told],
            "facts": [case.limit.fact for case in told],
            "values": [case.value for case in told],
            "statuses": [case.status for case in told],
        },
    )
    places = {
        (c.limit.stage_id, c.limit.fact, c.limit.bound, c.limit.outcome, c.limit.limit_value): c.place for c in cases
    }
    assert len(places) == len({case.place for case in cases})
    found = rows(
        connection,
        "select finding.*, stage_limit.limit_position, format_value(observed, finding.unit) as value_text, "
        "format_value(finding.limit_value, finding.unit) as limit_text from finding "
        "inner join stage_limit on stage_limit.stage_id = finding.stage_id and stage_limit.fact = finding.fact "
        "and stage_limit.bound = finding.bound and stage_limit.limit_value = finding.limit_value "
        "and stage_limit.source = finding.source",
    )
    return {
        row["session_id"]: Held(row["outcome"], row["value_text"], row["limit_text"], row["message"])
        for row in found
        if row["session_id"].split("/")[1] == str(row["limit_position"])
    }


@dataclass(frozen=True)
class Tried:
    """All cases with what came out."""

    protocol: Protocol
    definitions: dict[str, dict[str, Any]]
    cases: list[Case]
    held: dict[str, Held]


def try_all(path: Path) -> Tried:
    """Hold every case of the default protocol against the real views, in a home of its own."""
    log = ScenarioLog(path)
    now_utc = at("2026-03-03 18:00")
    with reading(log.home, now_utc, now_utc.date()) as connection:
        lay_protocols_over(connection, log.home)
        protocol = home_protocol(log.home)
        definitions = {row["fact"]: row for row in rows(connection, "from fact_definition")}
        cases = list(cases_of(protocol, definitions))
        return Tried(protocol, definitions, cases, judged(connection, cases))


# --- The artefact --------------------------------------------------------------------------------------------------


def markdown(tried: Tried) -> str:
    """Return the table for clinicians: one section a stage, one line a limit."""
    lines = [
        "# What each limit says",
        "",
        f"Protocol: {tried.protocol.title} (version {tried.protocol.version.rsplit(' #', 1)[0].rsplit(' ', 1)[1]}).",
        "",
        "Every limit of every stage, held against a value under it, at it and over it, and against no value at all. A value",
        "that is past a limit by less than the measurement's own error is too close to be told: what would be *outside plan*",
        'is a *note* then (the column "just past"). A missing value is never 0 and never compliance: it is *not fully known*,',
        "or *pending* while its answer isn't due yet. The basis says where the number comes from: *source* was read in the",
        "source, *consensus* is a practice of clinics or coaches, *default* is ours until a clinician sets it.",
        "",
        f"This file is made by `{HOW_TO_MAKE}`, by the program itself; a test holds it to what the program does.",
    ]
    for stage in tried.protocol.stages:
        lines += ["", f"## {stage.stage_id}: {stage.name}", ""]
        lines += [
            "| What is measured | Limit | Under | At | Just past | Over | Missing | Basis |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [
            _line(tried, place, limit)
            for place, limit in enumerate(tried.protocol.limits)
            if limit.stage_id == stage.stage_id
        ]
    return "\n".join([*lines, ""])


def _line(tried: Tried, place: int, limit: Limit) -> str:
    cells = {case.side: tried.held[case.session_id] for case in tried.cases if case.place == place}
    words = {side: _words(cells[side]) if side in cells else "–" for side in ("under", "at", "just_past", "over")}
    bound = "at most" if limit.bound == "max" else "at least"
    return " | ".join(
        [
            f"| {limit.sentence}",
            f"{bound} {cells['at'].limit_text}",
            *words.values(),
            OUTCOME_WORDS[cells["missing"].outcome],
            f"{limit.basis} |",
        ]
    )


def _words(held: Held) -> str:
    return f"{held.value_text}: {OUTCOME_WORDS[held.outcome].lower()}"


# --- Tests ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """All cases, tried once."""
    return try_all(tmp_path_factory.mktemp("cases"))


@pytest.mark.parametrize("side", [*TRIED, "just_past", "no_row", "pending"])
def test_every_limit_says_what_the_oracle_says(tried: Tried, side: str) -> None:
    """Under, at, over, missing: each limit of each stage."""
    cases = [case for case in tried.cases if case.side == side]
    assert {c.session_id: c.expected for c in cases} == {c.session_id: tried.held[c.session_id].outcome for c in cases}


def test_every_limit_is_tried_on_every_side(tried: Tried) -> None:
    """No limit goes untested; only a count whose limit is 0 has nothing under it."""
    sides = {place: {c.side for c in tried.cases if c.place == place} for place in range(len(tried.protocol.limits))}
    untried = {place: set(TRIED) - there for place, there in sides.items() if set(TRIED) - there}
    assert {frozenset({"under"})} >= {frozenset(missing) for missing in untried.values()}
    assert {0.0} >= {tried.protocol.limits[place].limit_value for place in untried}


def test_every_case_over_a_limit_names_the_limit_the_clinician_and_the_day(tried: Tried) -> None:
    """A breach says what was measured, what is allowed, who set it and when."""
    for case in tried.cases:
        held = tried.held[case.session_id]
        if case.side in {"under", "over"} and held.outcome != "within_plan":
            assert case.limit.sentence in held.message
            assert held.limit_text in held.message
            assert held.value_text in held.message
            assert "Dr Example on 2026-03-01" in held.message


def test_a_missing_value_is_told_as_missing_and_never_as_a_number(tried: Tried) -> None:
    """ "Not known", with the reason; no 0 anywhere."""
    for case in tried.cases:
        if case.side == "missing":
            assert f"{case.limit.sentence}: not known, nobody knows." == tried.held[case.session_id].message


def test_the_table_for_clinicians_is_what_the_program_does(tried: Tried) -> None:
    """`cases.md` is reviewed like prose, so it has to be true."""
    assert markdown(tried) == TABLE.read_text("utf-8"), f"make it again: {HOW_TO_MAKE}"


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        TABLE.write_text(markdown(try_all(Path(folder))), "utf-8")
