"""Every number carries its unit in its name: in records, parameters, columns, facts; and conversions come back."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.transforms import FACTS
from pipeline.units import DEG_PER_SEMICIRCLE, STEPS_PER_STRIDE, UNIT_OF_SUFFIX, mps_from_pace, pace_from_mps, unit_of
from support.example_home import columns_of
from support.registry import all_definitions
from support.source_tree import ROOT, modules, tree_of

#: Numbers without a unit suffix, each with its reason. Names of records (`pipeline.model`) and of columns.
WITHOUT_SUFFIX = {
    "best_efforts": "pairs whose units the record's comment gives",
    "cadence_minutes": "triples whose units the record's comment gives",
    "count": "whole things: the name is the unit",
    "error_abs": "in the fact's own unit, which stands beside it",
    "gait": "a code of GAITS",
    "index": "a position",
    "first_change": "in the questionnaire's own points",
    "highest_score": "in the questionnaire's own points",
    "limit_value": "in the fact's own unit, which stands beside it",
    "lowest_score": "in the questionnaire's own points",
    "mcid": "in the questionnaire's own points",
    "mdc": "in the questionnaire's own points",
    "observed": "in the fact's own unit, which stands beside it",
    "previous_change": "in the questionnaire's own points",
    "recorded_minutes": "minutes since 1970: instants, not a length",
    "reps": "whole things: the name is the unit",
    "salvaged_samples": "whole things: the name is the unit (CONTRACT)",
    "score": "in the questionnaire's own points",
    "sets": "whole things: the name is the unit",
    "value": "in the fact's own unit, which stands beside it",
    "zone": "a code: 1 to 4",
}

#: Names that say a position: there is nothing to measure.
_POSITION = re.compile(r"_(position|place|index|version)$")

#: Facts whose name ends in no suffix: pattern of the name -> the unit that sql/facts.toml must say.
FACTS_WITHOUT_SUFFIX = {
    r"(^|_)days(_|$)": "days",
    r"_7d$": "1",
    r"(^|_)pain(_|$)": "0-10",
}

_NUMBER = re.compile(r"\b(float|int|FloatArray|NDArray)\b")
_NUMERIC_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "FLOAT", "DOUBLE", "DECIMAL")
#: A parameter that holds one measured number; columns and counts are named by what they are.
_PARAMETER = re.compile(r"float( \| None)?")

#: Parameters without a suffix, each with its reason.
PARAMETERS_WITHOUT_SUFFIX = {
    "at": "an instant of the caller's own clock, as the docstring says",
    "cadence_slope": "click's name of an option; stored as cadence_slope_spm_per_mps",
    "floor": "in the unit of the axis it ends",
    "highest": "in the unit of the column it bounds",
    "kilometres": "click's name of an argument; stored as distance_m",
    "least_span": "in the unit of the axis it is a part of",
    "limit": "in the unit of the column it bounds",
    "minutes": "click's name of an option; stored as duration_s",
    "percent": "click's name of an argument; stored as incline_pct",
    "ratio": "the name is the unit",
    "reversal": "in the unit of the column that is zigzagged",
    "s_per_km": "the name is the unit",
    "sign": "1 up, -1 down",
    "value": "any number: the unit is printed beside it",
    "width": "in the unit of the axis it is a part of",
}


def record_fields(module: str) -> list[tuple[str, str]]:
    """Return (class, field) of every annotated field that holds numbers."""
    return [
        (node.name, statement.target.id)
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and _NUMBER.search(ast.unparse(statement.annotation))
    ]


def says_its_unit(name: str) -> bool:
    is_named = any(re.search(pattern, name) for pattern in FACTS_WITHOUT_SUFFIX)
    return unit_of(name) is not None or is_named or bool(_POSITION.search(name)) or name in WITHOUT_SUFFIX


def test_every_number_of_the_records_has_a_unit():
    """What travels through the house says what it is measured in."""
    bare = [f"{record}.{name}" for record, name in record_fields("pipeline.model") if not says_its_unit(name)]
    assert [] == bare


def test_every_public_parameter_that_measures_something_has_a_unit():
    """A speed handed over as minutes a kilometre is found by reading the call."""
    bare = [
        f"{module}.{node.name}({argument.arg})"
        for module in modules()
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for argument in [*node.args.args, *node.args.kwonlyargs]
        if argument.annotation is not None
        and _PARAMETER.fullmatch(ast.unparse(argument.annotation))
        and not argument.arg.startswith("_")
        and unit_of(argument.arg) is None
        and argument.arg not in PARAMETERS_WITHOUT_SUFFIX
    ]
    assert [] == bare


def test_every_numeric_column_has_a_unit(example_home):
    """Whoever reads a table in any DuckDB client knows the unit."""
    bare = [
        f"{relation}.{column}"
        for relation, column, kind in columns_of(example_home)
        if kind.startswith(_NUMERIC_TYPES) and not says_its_unit(column)
    ]
    assert [] == bare


def test_days_and_instants_and_flags_are_told_apart_by_name(example_home):
    """`_date` is a local day, `_utc` an aware instant, and both are nothing else."""
    wrong = [
        f"{relation}.{column} is {kind}"
        for relation, column, kind in columns_of(example_home)
        if (kind == "DATE") != column.endswith("_date")
        or (kind == "TIMESTAMP WITH TIME ZONE") != column.endswith("_utc")
        or kind in ("TIMESTAMP", "TIME", "INTERVAL")
    ]
    assert [] == wrong


def test_flags_are_questions(example_home):
    """A column of truth values starts with is_, has_ or may_; the contract's own two are older than the rule."""
    flags = {column for _, column, kind in columns_of(example_home) if kind == "BOOLEAN"}
    assert {"crc_ok", "grade_adjusted"} == {name for name in flags if not name.startswith(("is_", "has_", "may_"))}


def test_every_list_of_exceptions_is_used(example_home):
    """An exception for a name that is gone hides the next mistake."""
    names = {name for _, name in record_fields("pipeline.model")} | {name for _, name, _ in columns_of(example_home)}
    assert set() == set(WITHOUT_SUFFIX) - names


def test_the_dictionary_says_the_unit_that_the_name_says():
    """columns.toml and the suffix are held against each other, which keeps both true."""
    dictionary = tomllib.loads((ROOT / "sql/columns.toml").read_text("utf-8"))
    entries = [
        *dictionary["shared"].items(),
        *(one for part in dictionary["relation"].values() for one in part.items()),
    ]
    wrong = {name: (entry.get("unit"), unit_of(name)) for name, entry in entries if entry.get("unit") != unit_of(name)}
    assert {} == wrong


def test_every_fact_has_a_unit_in_its_name():
    """A limit names a fact, and with it the unit of its own number."""
    assert [] == [definition.name for definition in FACTS if unit_of(definition.name) is None]


def test_facts_of_history_say_the_unit_of_their_suffix():
    """What sql/facts.toml says by hand is what the name says; `share` and `change` are ratios that people read in per cent."""
    wrong = {}
    for definition, unit in all_definitions():
        by_pattern = [said for pattern, said in FACTS_WITHOUT_SUFFIX.items() if re.search(pattern, definition.name)]
        expected = unit_of(definition.name) or next(iter(by_pattern), None)
        if expected != ("1" if unit in ("share", "change") and definition.name.endswith("_ratio") else unit):
            wrong[definition.name] = (unit, expected)
    assert {} == wrong


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("ascent_m_per_km", "m/km"),
        ("mean_pace_s_per_km", "s/km"),
        ("mean_run_speed_mps", "m/s"),
        ("ground_contact_ms", "ms"),
        ("distance_m", "m"),
        ("t_s", "s"),
        ("pain_0_10", "0-10"),
        ("temperature_degc", "°C"),
        ("latitude_deg", "°"),
        ("verdict", None),
        ("rms", None),
    ],
)
def test_the_longest_suffix_wins(name, unit):
    """Metres a kilometre are not kilometres, milliseconds not metres."""
    assert unit == unit_of(name)


def test_no_suffix_says_two_things():
    """One suffix, one unit; and every suffix stands apart from the word before it."""
    assert all(suffix.startswith("_") for suffix in UNIT_OF_SUFFIX)
    assert len(UNIT_OF_SUFFIX) == len({suffix.lower() for suffix in UNIT_OF_SUFFIX})


@given(st.floats(min_value=0.1, max_value=15))
def test_pace_and_speed_come_back(speed_mps):
    """Out to people and in again changes nothing."""
    assert speed_mps == pytest.approx(mps_from_pace(pace_from_mps(speed_mps)), rel=1e-12)


def test_conversions_have_known_answers():
    """Four minutes a kilometre; the half circle of FIT; two steps a stride."""
    assert 240.0 == pytest.approx(pace_from_mps(1000 / 240))
    assert 180.0 == DEG_PER_SEMICIRCLE * 2**31
    assert 2 == STEPS_PER_STRIDE
