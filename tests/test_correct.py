"""What a person sets right holds at once, is shown, survives a better copy, and can be taken back without a trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows import work, writing
from pipeline.ingest import Ingest
from support.command import gaitkeeper, is_sentence
from support.small_log import NOW_UTC, SmallLog, as_fit, as_gpx, log_of
from support.synthetic_run import START, SyntheticRun, easy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = SyntheticRun((easy(420), easy(60, 3.6, 172.0), easy(420)), sampling="smart", seed=3)
#: The last minutes of the run and more of its own: 44 % of the run's.
TAIL = replace(RUN, parts=(easy(900, 2.6),), start_utc=START + timedelta(seconds=540), seed=5)
#: The same recording, its clock an hour off.
TWIN = replace(RUN, start_utc=START + timedelta(days=1, hours=1), seed=4)
TWINS_TWIN = replace(TWIN, start_utc=START + timedelta(days=1, hours=2))
TREADMILL = replace(
    RUN, parts=(easy(600),), start_utc=START + timedelta(days=7), has_positions=False, sub_sport="treadmill"
)

FILES = {
    "run.fit": as_fit(RUN),
    "run.gpx": as_gpx(RUN, cadence="strides"),
    "tail.gpx": as_gpx(TAIL),
    "twin.fit": as_fit(TWIN),
    "twins-twin.fit": as_fit(TWINS_TWIN),
    "treadmill.fit": as_fit(TREADMILL),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    log = SmallLog(tmp_path_factory.mktemp("correct"))
    log.say("runner", setting="ceiling_mps", value="2.9", from_date="2026-01-01")
    log.arrive(FILES)
    return log


@pytest.fixture(scope="module")
def untouched(shared: SmallLog) -> dict[str, list[str]]:
    return shared.everything()


@pytest.fixture
def log(shared: SmallLog, untouched: dict[str, list[str]], tmp_path: Path) -> Iterator[SmallLog]:
    """A log that a test may correct; whatever it corrected is taken back at the end, and nothing of it is left."""
    log = shared.copy(tmp_path / "log")
    yield log
    while entries := log.ask("from correction order by entry_utc"):
        assert 0 == gaitkeeper("correct", "undo", entries[-1]["entry_id"], "--home", log.home.path).status
    assert untouched == log.everything()


def correct(log: SmallLog, *words: object) -> None:
    answer = gaitkeeper("correct", *words, "--home", log.home.path)
    assert (0, "") == (answer.status, answer.out), answer.err


def recording(log: SmallLog, file_name: str) -> str:
    return str(log.one(f"select recording_id from recording where file_name = '{file_name}'")["recording_id"])


def session(log: SmallLog, file_name: str) -> dict[str, object]:
    return log.one(
        f"select session.* from session join recording using (session_id) where recording.file_name = '{file_name}'"
    )


def sessions(log: SmallLog) -> int:
    return int(log.one("select count(*) as n from session")["n"])


# --- One session -----------------------------------------------------------------------------------------------------


def test_an_excluded_session_counts_for_nothing_and_stays(log: SmallLog):
    week = "from week_summary where iso_week = '2026-W11'"
    before = log.one(week)
    correct(log, "exclude", recording(log, "treadmill.fit"), "--reason", "lent the watch")
    after = log.one(week)
    assert (1, 0) == (before["run_count"], after["run_count"])
    assert (None, None) == (after["run_distance_m"], after["step_count"])
    found = session(log, "treadmill.fit")
    assert found["is_excluded"]
    assert found["distance_m"] is not None
    assert [] == log.ask(f"from run_session where session_id = '{found['session_id']}'")
    assert [] == log.ask(f"from finding where session_id = '{found['session_id']}'")
    shown = gaitkeeper("session", found["session_id"], "--home", log.home.path).out
    assert "lent the watch" in shown


def test_a_sport_set_right_takes_the_facts_of_running_with_it(log: SmallLog):
    id_ = session(log, "treadmill.fit")["session_id"]
    assert log.fact("mean_run_cadence_spm", id_)["value"] is not None
    correct(log, "sport", id_, "cycling")
    found = session(log, "treadmill.fit")
    assert ("cycling", "corrected", False) == (found["sport"], found["sport_source"], found["is_run"])
    assert [] == log.ask(f"from session_fact where session_id = '{id_}' and fact = 'mean_run_cadence_spm'")
    assert 0 == log.one("from week_summary where iso_week = '2026-W11'")["run_count"]


def test_the_treadmills_distance_and_incline_are_taken(log: SmallLog):
    id_ = session(log, "treadmill.fit")["session_id"]
    assert "not_assessable" == log.fact("ascent_m", id_)["status"]
    correct(log, "distance", id_, "2.1")
    correct(log, "incline", id_, "4")
    distance = log.fact("distance_m", id_)
    assert 2100.0 == pytest.approx(distance["value"])
    assert "as the runner entered it" in distance["detail"]
    assert 2100 * 0.04 == pytest.approx(log.fact("ascent_m", id_)["value"], rel=0.01)
    assert 4.0 == pytest.approx(log.fact("max_grade_up_100m_pct", id_)["value"], abs=0.1)


def test_the_last_word_wins_and_taking_it_back_brings_the_one_before(log: SmallLog):
    id_ = session(log, "treadmill.fit")["session_id"]
    correct(log, "distance", id_, "2.1")
    correct(log, "distance", id_, "2.4")
    assert 2400.0 == pytest.approx(session(log, "treadmill.fit")["distance_m"])
    last = log.one("from correction")["entry_id"]
    correct(log, "undo", last)
    assert 2100.0 == pytest.approx(session(log, "treadmill.fit")["distance_m"])


def test_a_correction_holds_for_the_better_copy_that_comes_later(tmp_path: Path):
    log = SmallLog(tmp_path)
    log.arrive({"run.gpx": FILES["run.gpx"]})
    correct(log, "exclude", "last")
    log.arrive({"run.fit": FILES["run.fit"]})
    found = log.one("from session")
    assert recording(log, "run.fit") == found["session_id"]
    assert found["is_excluded"]
    assert 0 == log.one("select sum(run_count) as n from week_summary")["n"]


def test_a_rebuild_keeps_every_correction(log: SmallLog):
    correct(log, "exclude", session(log, "treadmill.fit")["session_id"])
    correct(log, "same", recording(log, "run.fit"), recording(log, "tail.gpx"))
    correct(log, "sport", session(log, "twin.fit")["session_id"], "hiking")
    before = log.everything()
    work.rebuild(log.home, NOW_UTC)
    assert before == log.everything()


# --- Two recordings --------------------------------------------------------------------------------------------------


def test_every_question_names_what_it_is_about(log: SmallLog):
    asked = {frozenset((row["file_name"], row["other_file_name"])) for row in log.ask("from duplicate_question")}
    assert {frozenset(("twin.fit", "twins-twin.fit"))} == {pair for pair in asked if "twin.fit" in pair}
    assert frozenset(("run.fit", "tail.gpx")) in asked


def test_two_that_are_said_to_be_the_same_are_one_session(log: SmallLog):
    before = sessions(log)
    correct(log, "same", recording(log, "run.fit"), recording(log, "tail.gpx"))
    assert before - 1 == sessions(log)
    assert session(log, "run.fit")["session_id"] == session(log, "tail.gpx")["session_id"]
    assert "tail.gpx" not in {row["file_name"] for row in log.ask("from duplicate_question")}


def test_two_of_another_hour_can_be_the_same(log: SmallLog):
    """Their minutes have nothing in common; the word of a person joins them, and taking it back parts them."""
    before = sessions(log)
    correct(log, "same", recording(log, "twin.fit"), recording(log, "twins-twin.fit"))
    assert before - 1 == sessions(log)
    leader = session(log, "twin.fit")["session_id"]
    assert leader == session(log, "twins-twin.fit")["session_id"]
    assert 900 == log.one(f"select count(*) as n from sample where session_id = '{leader}'")["n"]


def test_two_that_are_said_to_differ_are_two_sessions_and_no_question(log: SmallLog):
    before = sessions(log)
    correct(log, "different", recording(log, "run.fit"), recording(log, "run.gpx"))
    assert before + 1 == sessions(log)
    correct(log, "different", recording(log, "twins-twin.fit"), recording(log, "twin.fit"))
    asked = [{row["file_name"], row["other_file_name"]} for row in log.ask("from duplicate_question")]
    assert {"run.fit", "run.gpx"} not in asked
    assert {"twin.fit", "twins-twin.fit"} not in asked


def test_a_question_about_a_session_of_two_copies_is_one_question(log: SmallLog):
    """The tail shares as much with the watch's file as with the phone's of the same run: it is asked once, and settled."""

    def asked() -> list[dict[str, object]]:
        return [
            row
            for row in log.ask("from duplicate_question")
            if "tail.gpx" in {row["file_name"], row["other_file_name"]}
        ]

    assert [{"run.fit", "tail.gpx"}] == [{row["file_name"], row["other_file_name"]} for row in asked()]
    correct(log, "different", recording(log, "run.gpx"), recording(log, "tail.gpx"))
    assert [] == asked()


def test_the_last_word_about_a_pair_wins(log: SmallLog):
    pair = recording(log, "run.fit"), recording(log, "tail.gpx")
    correct(log, "same", *pair)
    correct(log, "different", *reversed(pair))
    assert session(log, "run.fit")["session_id"] != session(log, "tail.gpx")["session_id"]
    assert ["different"] == [row["correction"] for row in log.ask("from correction")]


@pytest.mark.parametrize("names", [("twin.fit", "twins-twin.fit"), ("twins-twin.fit", "twin.fit")])
def test_a_refresh_that_is_cut_off_is_made_up_for_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
):
    """Two of another hour come apart again, and the power goes after the first of them."""
    log = log_of(tmp_path / "log", *({name: FILES[name]} for name in names))
    correct(log, "same", recording(log, "twin.fit"), recording(log, "twins-twin.fit"))
    assert 1 == sessions(log)
    log.say("correction", correction="undo", undone_entry_id=log.one("from correction")["entry_id"])
    store, calls = Ingest.store, []

    def store_once(self: Ingest, incoming: object) -> object:
        calls.append(incoming)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return store(self, incoming)

    with monkeypatch.context() as cut:
        cut.setattr(writing, "BATCH_FILES", 1)
        cut.setattr(Ingest, "store", store_once)
        with pytest.raises(KeyboardInterrupt):
            log.refresh()
    log.refresh()
    assert 2 == sessions(log)


def test_what_cant_be_meant_is_refused_with_a_sentence(log: SmallLog):
    for words in (
        ["same", recording(log, "run.fit"), recording(log, "run.fit")],
        ["same", recording(log, "run.fit"), "nothing.fit"],
        ["undo", "no-such-entry"],
        ["exclude", "no-such-session"],
        ["distance", session(log, "treadmill.fit")["session_id"], "0"],
    ):
        answer = gaitkeeper("correct", *words, "--home", log.home.path)
        assert 2 == answer.status, words
        assert is_sentence(answer.err.partition("gaitkeeper sql")[0]), answer.err
