"""The data dictionary against the database, and the database against the public contract."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from support.example_home import asked, columns_of, open_home
from support.registry import all_definitions
from support.source_tree import ROOT

if TYPE_CHECKING:
    from pipeline.settings import Home

#: CONTRACT.md, relations: names that people and scripts rely on.
CONTRACT = {
    "recording": "recording_id runner_id session_id source source_ref content_sha256 file_name decoder device_name is_primary",
    "session": "session_id runner_id session_date start_utc utc_offset_s sport is_run is_indoor elapsed_s moving_s run_s walk_s "
    "distance_m run_distance_m ascent_m descent_m altitude_source mean_run_speed_mps mean_run_cadence_spm step_count "
    "stride_cycle_count mean_heart_rate_bpm device_ascent_m device_distance_m device_step_count stage_id verdict",
    "sample": "session_id t_s time_utc latitude_deg longitude_deg altitude_m distance_m speed_mps grade_pct cadence_spm "
    "heart_rate_bpm gait zone",
    "surge": "session_id start_s duration_s distance_m speed_mps recovery_s grade_pct kind",
    "climb": "session_id direction start_s duration_s distance_m gain_m mean_grade_pct max_grade_pct",
    "zone_time": "session_id zone time_s grade_adjusted",
    "session_fact": "runner_id session_id fact value unit status detail",
    "finding": "runner_id session_id session_date stage_id fact observed limit_value bound unit outcome start_s end_s message "
    "protocol_version source",
    "week_summary": "runner_id iso_week week_start_date stage_id session_count run_count run_s run_distance_m ascent_m "
    "step_count stride_cycle_count pickup_count tempo_s mean_run_cadence_spm matched_cadence_ratio flagged_count "
    "max_pain_during rehab_count",
    "stage_on_date": "runner_id stage_date stage_id set_by",
    "symptom": "runner_id session_id entry_utc moment pain_0_10 side place phase red_flags",
    "rehab": "runner_id rehab_date kind exercise sets reps load_kg duration_s",
    "quarantine": "runner_id file_name content_sha256 reason offset_bytes salvaged_samples first_seen_utc",
    "sync_run": "sync_id runner_id source started_utc ended_utc state seen_count new_count duplicate_count quarantined_count "
    "message",
}

#: CONTRACT.md, facts that a limit may name.
CONTRACT_FACTS = [
    "over_ceiling_s",
    "max_30s_speed_mps",
    "hard_s",
    "pickup_count",
    "pickup_max_duration_s",
    "pickup_min_recovery_s",
    "pickup_max_speed_ratio",
    "pickup_max_grade_pct",
    "pickup_sessions_7d",
    "interval_count",
    "interval_max_duration_s",
    "interval_week_share_ratio",
    "tempo_s",
    "tempo_max_speed_ratio",
    "tempo_max_grade_pct",
    "tempo_week_share_ratio",
    "tempo_sessions_7d",
    "max_grade_up_100m_pct",
    "max_grade_down_100m_pct",
    "longest_climb_s",
    "longest_descent_s",
    "ascent_m",
    "ascent_m_per_km",
    "uphill_2pct_s",
    "uphill_3pct_s",
    "uphill_4pct_s",
    "uphill_6pct_s",
    "uphill_8pct_s",
    "downhill_2pct_s",
    "downhill_3pct_s",
    "downhill_4pct_s",
    "downhill_6pct_s",
    "downhill_8pct_s",
    "run_s",
    "run_distance_m",
    "longest_run_bout_s",
    "stride_cycle_count",
    "distance_to_longest_30d_ratio",
    "week_distance_change_ratio",
    "runs_7d",
    "rest_days_before",
    "days_between_hard_sessions",
    "days_since_previous_run",
    "changed_variables_7d",
    "mean_run_cadence_spm",
    "matched_cadence_ratio",
    "pain_during",
    "pain_after_rise",
    "pain_next_morning_rise",
    "red_flag_count",
    "rehab_adherence_ratio",
]

#: Facts of the contract whose derivation is still to come, with what it comes with. Shorter with every step.
STILL_TO_COME: dict[str, str] = {}


def dictionary() -> dict:
    return tomllib.loads((ROOT / "sql/columns.toml").read_text("utf-8"))


def relations(home: Home) -> dict[str, list[str]]:
    """Return the columns of every relation of the published database."""
    found: dict[str, list[str]] = {}
    for relation, column, _ in columns_of(home):
        found.setdefault(relation, []).append(column)
    return found


@pytest.fixture(scope="module")
def log(example_home):
    """The example's log, opened once."""
    with open_home(example_home) as connection:
        yield connection


@pytest.mark.parametrize("relation", CONTRACT)
def test_every_column_of_the_contract_exists(example_home, relation):
    """People and scripts rely on these names."""
    assert [] == [name for name in CONTRACT[relation].split() if name not in relations(example_home)[relation]]


@pytest.mark.parametrize("relation", CONTRACT)
def test_every_relation_of_the_contract_can_be_read(log, relation):
    """A view that compiles may still fail on real rows; all of them are read."""
    assert log.execute(f'from "{relation}"').fetchall() or relation == "sync_run"


@pytest.mark.parametrize("fact", CONTRACT_FACTS)
def test_every_fact_of_the_contract_is_defined(log, fact):
    """A protocol may name it today, or it stands on the list of those still to come."""
    known = log.execute("select count(*) > 0 from fact_definition where fact = ?", [fact]).fetchone()[0]
    assert known != (fact in STILL_TO_COME)


def test_every_column_is_in_the_dictionary(example_home):
    """Nothing is in the database that nobody has explained."""
    words = dictionary()
    unknown = [
        f"{relation}.{column}"
        for relation, columns in relations(example_home).items()
        for column in columns
        if column not in words["shared"] and column not in words["relation"].get(relation, {})
    ]
    assert [] == unknown


def test_nothing_in_the_dictionary_is_unused(example_home):
    """An explanation of what is gone misleads whoever reads it."""
    words, found = dictionary(), relations(example_home)
    own = [(relation, column) for relation, entries in words["relation"].items() for column in entries]
    used = {column for relation, columns in found.items() for column in columns if (relation, column) not in own}
    assert [] == [(relation, column) for relation, column in own if column not in found.get(relation, [])]
    assert set() == set(words["shared"]) - used


def test_every_entry_of_the_dictionary_is_a_sentence():
    """Meanings are read by people: they start large and end with a full stop."""
    words = dictionary()
    entries = [*words["shared"].items(), *(one for part in words["relation"].values() for one in part.items())]
    odd = [name for name, entry in entries if not entry["meaning"][:1].isalnum() or not entry["meaning"].endswith(".")]
    assert set() == set(odd) - {"issue_kind"}  # a list that goes on
    assert set() == {key for _, entry in entries for key in entry} - {"meaning", "unit"}


def test_the_dictionary_stands_in_the_database_as_comments(example_home):
    """Any DuckDB client shows what a column means."""
    bare = asked(
        example_home,
        "select table_name, column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'main' and not internal and comment is null",
    )
    assert [] == bare


def test_every_relation_says_what_a_row_is(example_home):
    """The leading comment of its file is the comment of the relation."""
    said = asked(
        example_home,
        "select table_name as name, comment from duckdb_tables() where database_name = current_database() "
        "union all select view_name, comment from duckdb_views() where database_name = current_database() and not internal",
    )
    assert set(relations(example_home)) == {row["name"] for row in said}
    assert [] == [row["name"] for row in said if not (row["comment"] or "").startswith("One row")]


def test_every_fact_has_a_meaning_and_a_source(example_home):
    """`session_fact` lists what every fact means, with unit and source."""
    empty = [
        row
        for row in asked(example_home, "from fact_definition")
        if not (row["meaning"] and row["source"] and row["unit"])
    ]
    assert [] == empty
    assert len(all_definitions()) == len({definition.name for definition, _ in all_definitions()})
