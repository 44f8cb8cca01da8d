"""docs/failures.md: every symptom that somebody reported has a test by its name, or the sentence why it can't happen."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from support.source_tree import ROOT

PAGE = ROOT / "docs" / "failures.md"

#: The list that the page answers, where it lies beside the checkout.
LIST = Path(__file__).parents[3] / "shared" / "FAILURES.md"

_TEST = re.compile(r"`(tests/[\w/]+\.py)((?:::\w+)+)`")


def lines() -> list[tuple[str, str, str]]:
    """Return (symptom, where it was reported, what holds it) of every row of the page."""
    rows = [line.strip().strip("|").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line[:1] == "|"]
    found = [(one[0].strip(), one[1].strip(), one[2].strip()) for one in rows if len(one) == 3]
    return [one for one in found if one[0] != "symptom"]


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the tests of one file as pytest names them, without their parameters."""
    path = ROOT / file
    return frozenset(_names(ast.parse(path.read_text("utf-8")).body, "")) if path.is_file() else frozenset()


def _names(body: list[ast.stmt], prefix: str) -> list[str]:
    found = []
    for node in body:
        if isinstance(node, ast.ClassDef):
            found += _names(node.body, f"{prefix}::{node.name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            found.append(f"{prefix}::{node.name}")
    return found


@pytest.mark.parametrize(("symptom", "held_by"), [(symptom, held_by) for symptom, _, held_by in lines()])
def test_a_symptom_is_held_by_tests_that_are_there(symptom: str, held_by: str):
    """A test that was renamed or removed leaves its line without one."""
    named = _TEST.findall(held_by)
    said = _TEST.sub("", held_by).strip(" ,.")
    assert named or len(said) > 40, f"{symptom}: neither a test nor a reason"
    assert [] == [f"{file}{name}" for file, name in named if name not in names_in(file)]


def test_every_report_of_the_list_is_on_the_page():
    """By its link, or by its name and number where the list has no link."""
    if not LIST.is_file():
        pytest.skip("the list of failures (../shared/FAILURES.md) is not beside this checkout")
    listed = LIST.read_text("utf-8")
    reported = set(re.findall(r"https?://[^\s,;)]+[^\s,;).]", listed))
    reported |= set(re.findall(r"(?:PR|SparkyFitness|openpace|OpenTracks) #\d+", listed))
    page = PAGE.read_text("utf-8")
    assert len(reported) > 75
    assert [] == sorted(one for one in reported if not re.search(rf"{re.escape(one)}(?!\w)", page))


def test_the_page_is_not_empty():
    """Otherwise the first test would hold nothing."""
    assert len(lines()) > 50
