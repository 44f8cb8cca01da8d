"""What has fallen silent: no sync, a source without anything new, no answer. Three states, each told by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.outcome import Outcome
from flows.upstream import note_sync_run
from support.command import gaitkeeper
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC, asked, copy_of
from support.sql_case import open_bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sql_case import Bench, Case

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


@pytest.fixture
def log(bench: Bench) -> Iterator[Case]:
    """An empty log at NOW, without a sync."""
    bench.home.sync_run_file.write_text("")
    with bench.case(NOW.isoformat()) as case:
        yield case


def night(bench: Bench, source: str, ago: timedelta, state: str = "success", **told: Any) -> datetime:
    """Write one run of the sync; return when it was."""
    at = NOW - ago
    note_sync_run(bench.home, "me", source, at, at + timedelta(seconds=5), state, Outcome(**told), is_whole=True)
    return at


def silences(log: Case) -> list[tuple[str, str | None, datetime]]:
    return [(row["kind"], row["source"], row["since_utc"]) for row in log.ask("from silence order by kind, source")]


def test_a_home_that_never_synced_is_not_silent(bench, log):
    """Files come in by hand: there is no sync to miss."""
    assert [] == silences(log)


def test_thirty_six_hours_without_a_sync_are_a_silence(bench, log):
    """One night may be late; after a day and a half somebody has to look."""
    at = night(bench, "garmin", timedelta(hours=36, seconds=1), new_count=1)
    assert [("no_sync", "garmin", at)] == silences(log)
    assert log.ask("select message from silence")[0]["message"].startswith(
        "Nothing was synced from garmin since 2026-11-18"
    )


def test_up_to_thirty_six_hours_are_none(bench, log):
    """The limit itself is not over it."""
    night(bench, "garmin", timedelta(hours=36), new_count=1)
    assert [] == silences(log)


def test_syncs_that_fail_are_no_syncs_and_say_why(bench, log):
    """Three nights of a taken-back token: silent since the last success, with the reason."""
    at = night(bench, "garmin", timedelta(days=4), new_count=1)
    for days in (3, 2, 1):
        night(bench, "garmin", timedelta(days=days), "failed", message="The token was taken back. Link it again.")
    assert [("no_sync", "garmin", at)] == silences(log)
    message = log.ask("select message from silence")[0]["message"]
    assert "the last try, 2026-11-19 12:00 UTC, failed: The token was taken back. Link it again." in message


def test_a_source_that_failed_from_the_first_night_on_is_silent_since_then(bench, log):
    """It has no success to count from."""
    at = night(bench, "strava", timedelta(days=5), "failed")
    night(bench, "strava", timedelta(hours=2), "failed")
    assert [("no_sync", "strava", at)] == silences(log)
    assert "strava was never synced" in log.ask("select message from silence")[0]["message"]


def test_one_source_that_fails_is_silent_beside_one_that_works(bench, log):
    """The other one's success is not its own."""
    at = night(bench, "garmin", timedelta(days=3), new_count=1)
    night(bench, "garmin", timedelta(hours=8), "failed")
    night(bench, "folder:watch", timedelta(hours=8), new_count=1)
    assert [("no_sync", "garmin", at)] == silences(log)


def test_a_source_that_was_taken_out_of_the_config_is_gone_not_silent(bench, log):
    """It is not tried any more, while the other one is: nobody waits for it."""
    night(bench, "strava", timedelta(days=20), new_count=9)
    night(bench, "garmin", timedelta(hours=8), new_count=1)
    assert [] == silences(log)


def test_a_source_without_anything_new_for_a_fortnight_is_silent_while_another_one_is_not(bench, log):
    """The watch was unlinked from Strava, and goes on to Garmin."""
    last = night(bench, "strava", timedelta(days=15), new_count=2)
    for days in (10, 5, 1):
        night(bench, "strava", timedelta(days=days))
        night(bench, "garmin", timedelta(days=days), new_count=1)
    assert [("source_silent", "strava", last)] == silences(log)


def test_sources_that_are_all_quiet_are_a_runner_who_does_not_run(bench, log):
    """No run is not a broken source."""
    for source in ("strava", "garmin"):
        night(bench, source, timedelta(days=20), new_count=2)
        night(bench, source, timedelta(hours=3))
    assert [] == silences(log)


def test_what_comes_after_today_does_not_count(bench, log):
    """A report of a past day knows what was known then."""
    at = night(bench, "garmin", timedelta(days=3), new_count=1)
    night(bench, "garmin", timedelta(days=-2), new_count=1)
    assert [("no_sync", "garmin", at)] == silences(log)


def runs(log: Case, *days: str) -> None:
    log.put(
        "measured_session",
        [{"session_id": day, "session_date": day, "elapsed_s": "1800", "is_run": "true"} for day in days],
    )


def answer(log: Case, day: str) -> None:
    said = {
        "kind": "symptom",
        "session_id": day,
        "moment": "during",
        "pain_0_10": "1",
        "entry_utc": f"{day}T08:00:00+00:00",
    }
    log.put("journal_entry", [said])


def test_runs_of_a_fortnight_without_any_answer_are_a_silence_since_the_last_answer(bench, log):
    """Since the last answer, which stays the same while runs come and go."""
    log.put("journal_entry", [{"kind": "runner"}])
    runs(log, "2026-11-01", "2026-11-10", "2026-11-17")
    answer(log, "2026-11-01")
    assert [("no_answer", None, datetime(2026, 11, 1, 8, tzinfo=UTC))] == silences(log)
    assert "None of the 2 runs of the last fortnight" in log.ask("select message from silence")[0]["message"]


def test_one_answer_in_the_fortnight_breaks_the_silence(bench, log):
    """Some runs without an answer are told session by session."""
    log.put("journal_entry", [{"kind": "runner"}])
    runs(log, "2026-11-10", "2026-11-17")
    answer(log, "2026-11-10")
    assert [] == silences(log)


def test_an_answer_that_is_not_due_yet_is_no_silence(bench, log):
    """Yesterday evening's run has until noon; this is noon of the run's own day."""
    log.put("journal_entry", [{"kind": "runner"}])
    runs(log, "2026-11-20")
    assert [] == silences(log)


def test_no_run_is_no_missing_answer(bench, log):
    """A fortnight without running asks nobody anything."""
    log.put("journal_entry", [{"kind": "runner"}])
    runs(log, "2026-10-01")
    assert [] == silences(log)


def test_the_three_states_are_told_apart_on_the_status_page(example_home, tmp_path):
    """No sync, no run and no answer in one place, none of them as another one."""
    home = copy_of(example_home, tmp_path / "home")
    before = gaitkeeper("--home", home.path, "status", "--as-of", EXAMPLE_DAY).out
    at = EXAMPLE_NOW_UTC - timedelta(days=3)
    note_sync_run(home, "example", "folder:watch", at, at, "success", Outcome(new_count=1), is_whole=True)
    after = gaitkeeper("--home", home.path, "status", "--as-of", EXAMPLE_DAY).out
    assert "No sync has run yet." in before
    assert "Nothing was synced from folder:watch since 2026-04-09" in " ".join(after.split())
    assert [] == asked(home, "from silence where kind = 'no_answer'")
    doctor = gaitkeeper("--home", home.path, "doctor", "--as-of", EXAMPLE_DAY)
    assert "silence: example: Nothing was synced" in " ".join(doctor.out.split())
    assert 1 == doctor.status
