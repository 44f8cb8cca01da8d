"""The immediate check: a red flag is found when it is new, once, and looking costs nothing while nothing happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows import watch as watch_module
from flows.watch import Watch
from pipeline.journal import new_entry, write_entries
from support.example_home import EXAMPLE_NOW_UTC, copy_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.settings import Home

SESSION = "6a503e4d29"  #: the example's run of 10 April


@pytest.fixture
def watched(example_home: Home, tmp_path: Path) -> Home:
    home = copy_of(example_home, tmp_path / "home")
    home.prefect_folder.mkdir(exist_ok=True)
    return home


def say(home: Home, *red_flags: str) -> None:
    said = {"session_id": SESSION, "moment": "after", "pain_0_10": 6, "red_flags": list(red_flags)}
    write_entries(home, [new_entry("symptom", "example", said, by="example", now_utc=EXAMPLE_NOW_UTC)])


def test_a_log_without_a_red_flag_gives_nothing(watched):
    """Sessions outside the plan are for the morning."""
    assert [] == Watch(watched).look(EXAMPLE_NOW_UTC)


def test_a_red_flag_is_found_when_it_is_said_and_not_again_once_it_is_told(watched):
    """Said at noon, told within minutes; the next look has nothing new."""
    watch = Watch(watched)
    found = [watch.look(EXAMPLE_NOW_UTC)]
    say(watched, "night_or_rest_pain")
    found.append(watch.look(EXAMPLE_NOW_UTC))
    watch.told()
    found.append(watch.look(EXAMPLE_NOW_UTC))
    assert [[], [SESSION], []] == found


def test_what_could_not_be_told_is_found_again(watched):
    """Prefect's server didn't answer: the next look comes back to it."""
    watch = Watch(watched)
    say(watched, "night_or_rest_pain")
    assert [[SESSION], [SESSION]] == [watch.look(EXAMPLE_NOW_UTC), watch.look(EXAMPLE_NOW_UTC)]


def test_a_restart_tells_nothing_anew(watched):
    """What was told stands in the home; a further red flag is new again."""
    first = Watch(watched)
    say(watched, "night_or_rest_pain")
    first.look(EXAMPLE_NOW_UTC)
    first.told()
    found = [Watch(watched).look(EXAMPLE_NOW_UTC)]
    say(watched, "night_or_rest_pain", "cannot_bear_weight")
    found.append(Watch(watched).look(EXAMPLE_NOW_UTC))
    assert [[], [SESSION]] == found


def test_an_old_session_is_left_to_the_night(watched):
    """What is imported with a log of ten years is no news."""
    say(watched, "night_or_rest_pain")
    assert [] == Watch(watched).look(EXAMPLE_NOW_UTC + timedelta(days=watch_module.WATCHED_DAYS + 3))


def test_looking_reads_nothing_while_nothing_was_said(watched, monkeypatch):
    """35,000 looks a year: the clocks of two files, and no database."""
    watch = Watch(watched)
    watch.look(EXAMPLE_NOW_UTC)

    def never(*_: object) -> None:
        pytest.fail("the log was read although nothing was said")

    monkeypatch.setattr(watch_module, "reading", never)
    assert [] == watch.look(EXAMPLE_NOW_UTC)


def test_a_home_without_anything_imported_is_quiet(home):
    """Nothing published, nothing to look at."""
    assert [] == Watch(home).look(EXAMPLE_NOW_UTC)


def test_a_red_flag_counts_without_a_stage_too(watched):
    """Nobody set a plan: there is nothing to judge, and still somebody has to hear of it."""
    kept = [line for line in watched.journal_file.read_text("utf-8").splitlines() if '"kind":"stage"' not in line]
    watched.journal_file.write_text("\n".join(kept) + "\n", "utf-8")
    say(watched, "night_or_rest_pain")
    assert [SESSION] == Watch(watched).look(EXAMPLE_NOW_UTC)
