"""The registries that a person reads: sources, transforms, facts, limits, commands, checks. Each is whole and unique."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from itertools import chain

import click
import pytest

from connectors import SOURCES
from connectors.base import Source
from gaitkeeper.cli import COMMANDS
from pipeline.compliance.protocol import bundled_names
from pipeline.transforms import FACTS, TRANSFORMS
from pipeline.warehouse.catalog import history_facts, sql_files
from support.registry import all_definitions, bundled


def twice(names) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def is_said(text: str | None) -> bool:
    return text is not None and len(text.strip()) > 3


@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind.name)
def test_every_source_can_be_loaded_and_keeps_the_protocol(kind):
    """A line of SOURCES leads to a class with the methods of a source, and a sentence for people."""
    found = kind.load()
    assert {"refs", "fetch"} <= set(dir(found))
    assert isinstance(found(".") if kind.name == "folder" else found, (Source, type))
    assert kind.meaning.endswith(".")


def test_the_names_of_sources_are_unique():
    """One name, one kind of source."""
    assert [] == twice(kind.name for kind in SOURCES)


def test_the_names_of_transforms_and_facts_are_unique():
    """One fact has one derivation, of its samples or of the history."""
    assert [] == twice(transform.name for transform in TRANSFORMS)
    assert [] == twice(definition.name for definition, _ in all_definitions())


def test_every_fact_of_a_transform_is_in_the_registry():
    """FACTS is what TRANSFORMS can yield, no more and no less."""
    assert list(FACTS) == list(chain.from_iterable(transform.definitions for transform in TRANSFORMS))


@pytest.mark.parametrize("definition", [one for one, _ in all_definitions()], ids=lambda one: one.name)
def test_every_fact_has_a_meaning_a_source_and_honest_errors(definition):
    """A fact says what it is, where its algorithm comes from, and how far it can be off."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*", definition.name)
    assert definition.meaning.endswith(".")
    assert is_said(definition.source)
    assert all(error is None or error > 0 for error in (definition.error_abs, definition.error_ratio))


@pytest.mark.parametrize("name", bundled_names())
def test_every_limit_of_a_bundled_protocol_has_a_source_and_a_sentence(name):
    """Every threshold carries its source; what is ours says so."""
    protocol = bundled(name)
    assert protocol.limits
    for limit in protocol.limits:
        assert is_said(limit.source), limit
        assert is_said(limit.sentence), limit
        assert limit.basis in ("source", "consensus", "default")
        assert (limit.basis != "source") or re.search(r"[A-Z]{3,}\d*", limit.source), limit


@pytest.mark.parametrize("name", bundled_names())
def test_every_stage_of_a_bundled_protocol_holds_the_hips_answer(name):
    """No stage is without a limit on pain and red flags, whatever else it allows."""
    protocol = bundled(name)
    for stage in protocol.stages:
        held = {limit.fact for limit in protocol.limits if limit.stage_id == stage.stage_id}
        assert {"red_flag_count", "pain_during", "pain_next_morning_rise"} <= held


@pytest.mark.parametrize("name", bundled_names())
def test_stages_only_ever_allow_more(name):
    """A later rung never allows less than the one before it: the ladder goes up."""
    protocol = bundled(name)
    order = [stage.stage_id for stage in protocol.stages]
    shrinking = {"pickup_sessions_7d": "strides make room for the tempo session in S3"}
    for fact, bound, outcome in {(limit.fact, limit.bound, limit.outcome) for limit in protocol.limits}:
        by_stage = {
            limit.stage_id: limit.limit_value
            for limit in protocol.limits
            if (limit.fact, limit.bound, limit.outcome) == (fact, bound, outcome)
        }
        values = [by_stage[stage_id] for stage_id in order if stage_id in by_stage]
        is_rising = values == sorted(values, reverse=bound == "min")
        assert is_rising or fact in shrinking, f"{fact} {bound}: {by_stage}"


def test_every_fact_file_is_declared_and_every_declared_fact_is_made(example_home):
    """sql/facts.toml and sql/facts/*.sql say the same."""
    from support.example_home import asked

    made = {
        row["fact"]
        for file in sql_files("facts")
        for row in asked(example_home, f"select distinct fact from {file.name}")
    }
    assert {definition.name for definition, _ in history_facts()} == made


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_says_what_it_does(name):
    """A line of COMMANDS leads to a command whose help is a sentence."""
    module, text = COMMANDS[name]
    command = getattr(importlib.import_module(f"gaitkeeper.commands.{module}"), f"{name}_command")
    assert isinstance(command, click.Command)
    assert text.endswith(".")
    assert is_said(command.help)


@pytest.mark.parametrize("file", sql_files("checks"), ids=lambda file: file.name)
def test_every_check_says_what_it_guards_against(file):
    """The first line says whether it stops or warns, and why."""
    assert re.match(r"-- (stop|warn): \w", file.text)


@pytest.mark.parametrize(
    "file",
    [file for folder in ("tables", "views", "facts", "macros", "checks", "queries") for file in sql_files(folder)],
    ids=lambda file: f"{file.folder}/{file.name}",
)
def test_every_sql_file_is_one_plain_statement(file):
    """One statement a file, no template language, a sentence on top: it runs in any DuckDB shell as it stands."""
    code = "\n".join(line.partition("--")[0] for line in file.text.splitlines())
    assert file.text.startswith("-- ")
    assert ";" not in re.sub(r"'[^']*'", "", code)
    assert not re.search(r"{{|}}|{%|%\(", file.text)


@pytest.mark.parametrize("file", [*sql_files("views"), *sql_files("facts")], ids=lambda file: file.name)
def test_no_view_asks_a_clock(file):
    """ "Now" is a row of as_of: the same log judged for the same day gives the same verdicts."""
    assert not re.search(
        r"\b(now|today|current_date|current_timestamp|current_localtime\w*|random|get_current_\w+)\b\s*\(?",
        _code(file.text),
    )


def _code(text: str) -> str:
    return re.sub(r"'[^']*'", "''", "\n".join(line.partition("--")[0] for line in text.splitlines()))
