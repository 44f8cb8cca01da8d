"""What is held and planned once for a reader says what the plain views say, and leaves the connection as it was."""

from __future__ import annotations

from datetime import datetime

import pytest

from gaitkeeper.commands.demo import RUNNER
from gaitkeeper.options import open_log
from gaitkeeper.status_text import RED_FLAG_DAYS
from pipeline.compliance.judge import NO_DAY, Days, hold_today, judge_once
from pipeline.warehouse.connection import ask, rows
from support.command import gaitkeeper
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC

AS_OF = EXAMPLE_NOW_UTC.replace(tzinfo=None)
#: Early in the log, amid it, and at its end.
EVENINGS = ("2026-03-01", "2026-03-20", EXAMPLE_DAY)


def setting(connection, name: str) -> object:
    """Return a setting of DuckDB."""
    return rows(connection, "select current_setting($name) as said", {"name": name})[0]["said"]


@pytest.mark.parametrize("view", ["finding", "flagged", "session", "session_fact", "week_summary"])
def test_held_is_what_the_view_says(example_home, view):
    """Every row is the same, whether it was held step by step or the view was asked alone."""
    with open_log(example_home, AS_OF) as connection:
        plain = sorted(connection.execute(f"from {view}").fetchall(), key=str)
        judge_once(connection)
        assert plain == sorted(connection.execute(f"from {view}").fetchall(), key=str)
    assert plain


def test_plans_are_looked_for_again_after_judging(example_home):
    """Who asks for samples after judging has all processors and a plan."""
    with open_log(example_home, AS_OF) as connection:
        before = [setting(connection, name) for name in ("threads", "enable_optimizer")]
        judge_once(connection)
        assert before == [setting(connection, name) for name in ("threads", "enable_optimizer")]


@pytest.mark.parametrize("day", EVENINGS)
def test_status_is_what_the_whole_log_says(example_home, day):
    """The status judges the days of the stage alone and says what judging the whole log does."""
    said = gaitkeeper("--home", example_home.path, "status", "--as-of", day, "--format", "json").rows[0]
    at = datetime.fromisoformat(f"{day}T23:59")
    with open_log(example_home, at, judge=True) as connection:
        whole = ask(connection, "status", {"runner_id": RUNNER})[0]
        criteria = ask(connection, "stage_criteria", {"runner_id": RUNNER})
    assert {name: str(value) for name, value in whole.items() if name != "last_sync_utc"} == {
        name: str(said[name]) for name in whole if name != "last_sync_utc"
    }
    assert [(row["fact"], row["criterion_state"], row["observed"]) for row in criteria] == [
        (row["fact"], row["criterion_state"], row["observed"]) for row in said["criteria"]
    ]
    assert criteria


def test_days_of_status_reach_back_to_the_stage(example_home):
    """A long stage is judged from its first day, a short one from the days whose red flags are shown."""
    with open_log(example_home, AS_OF) as connection:
        asked = {"runner_id": RUNNER, "day_count": RED_FLAG_DAYS}
        reach = ask(connection, "days_of_status", asked)[0]
        judge_once(connection, Days(RUNNER, reach["from_date"], NO_DAY))
        hold_today(connection)
        stage = rows(connection, "select * from stage_today")[0]
        whole = rows(connection, "select count(*) as run_count from stage_run")[0]["run_count"]
    assert reach["from_date"] <= stage["set_on_date"]
    assert (stage["as_of_date"] - reach["from_date"]).days >= RED_FLAG_DAYS
    assert 0 < whole <= reach["run_count"]


def test_a_week_that_a_year_does_not_have(example_home):
    """2025 ends with week 52: week 53 is a slip of the hand, not a mistake of the program's."""
    done = gaitkeeper("--home", example_home.path, "week", "--week", "2025-W53")
    assert done.status == 2
    assert "week 52" in done.err
