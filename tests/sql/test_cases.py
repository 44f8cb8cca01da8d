"""Every relation that derives something: rows in, rows out, through the SQL that the program runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.warehouse.catalog import sql_files
from support.sql_case import open_bench, read_csv, told

CASES = Path(__file__).parent / "cases"

#: Relations that hold a rule, and so need a case each.
NEED_A_CASE = {
    "finding", "flagged", "stage_on_date", "run_spacing", "load_change", "week_summary", "symptom_answer", "tempo_week",
    "pickup_week", "matched_cadence", "session_fact", "run_session", "runner_setting", "symptom", "session", "hard_spacing",
    "changed_variables", "symptom_change", "rehab_adherence", "moment_answer", "rehab", "rehab_plan", "prom", "intake",
    "surgery_lock", "symptom_offer",
}  # fmt: skip


def found_cases() -> list[Path]:
    return sorted(path.parent for path in CASES.glob("*/*/expect.csv"))


@pytest.fixture(scope="module")
def bench():
    with open_bench() as opened:
        yield opened


@pytest.mark.parametrize("folder", found_cases(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_rows_in_rows_out(bench, folder):
    """The folder's name says what is held."""
    now = folder / "as_of.txt"
    with bench.case(now.read_text().strip() if now.exists() else "2026-12-31T12:00:00+00:00") as case:
        for path in sorted(folder.glob("*.csv")):
            if path.name != "expect.csv":
                case.put(path.stem, read_csv(path))
        tail = folder / "journal.tail"
        if tail.exists():
            with bench.home.journal_file.open("ab") as stream:
                stream.write(tail.read_bytes())
        expected = read_csv(folder / "expect.csv")
        header = (folder / "expect.csv").read_text("utf-8").splitlines()[0].split(",")
        found = case.ask(f'from "{folder.parent.name}"')
    if "fact" in header:
        found = [row for row in found if row["fact"] in {row["fact"] for row in expected}]
    assert told([{name: value or None for name, value in row.items()} for row in expected], header) == told(
        found, header
    )


def test_every_relation_with_a_rule_has_a_case():
    """A rule without rows in and rows out is believed, not known."""
    assert set() == NEED_A_CASE - {path.parent.name for path in found_cases()}


def test_every_case_is_of_a_relation_that_exists():
    """A case of a relation that was renamed would hold nothing."""
    known = {file.name for folder in ("views", "facts") for file in sql_files(folder)}
    assert set() == {path.parent.name for path in found_cases()} - known
