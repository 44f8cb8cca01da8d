"""Copies of one session become one session, whichever arrives first, and every word about it keeps its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.command import gaitkeeper
from support.small_log import NOW_UTC, SmallLog, as_fit, as_gpx, log_of
from support.synthetic_run import START, SyntheticRun, easy, walk

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.settings import Home

RUN = SyntheticRun((easy(400), walk(60), easy(440)), position_noise_m=1.0)
#: The watch: barometer, cadence, distance; no strap.
WATCH = as_fit(RUN, without=["heart_rate_bpm"])
#: The phone in the arm-band, started half a minute late, with the strap.
LATE = replace(RUN, parts=(easy(370), walk(60), easy(440)), start_utc=START + timedelta(seconds=30), seed=1)
PHONE = as_gpx(LATE, cadence="strides", has_heart_rate=True)
#: The watch's own file as a service exports it.
EXPORT = as_gpx(RUN, cadence="steps", creator="StravaGPX")

ORDERS = {
    "the watch first": ({"run.fit": WATCH}, {"run.gpx": PHONE}, {"export.gpx": EXPORT}),
    "the watch last": ({"run.gpx": PHONE}, {"export.gpx": EXPORT}, {"run.fit": WATCH}),
    "two and one": ({"export.gpx": EXPORT, "run.fit": WATCH}, {"run.gpx": PHONE}),
}


def session_ids(log: SmallLog) -> list[str]:
    return [row["session_id"] for row in log.ask("select session_id from session order by start_utc, session_id")]


def id_of(log: SmallLog, file_name: str) -> str:
    return log.one(f"select recording_id from recording where file_name = '{file_name}'")["recording_id"]


def lose_from_archive(home: Home, sha256: str) -> None:
    """Let the one archived original be damaged on disk."""
    (file,) = [path for path in home.archive_folder.rglob("*") if path.is_file() and sha256 in path.name]
    file.chmod(0o600)
    file.write_bytes(b"rotten")


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """All three copies, imported at once. Read only."""
    return log_of(tmp_path_factory.mktemp("merged") / "log", {"run.fit": WATCH, "run.gpx": PHONE, "export.gpx": EXPORT})


# --- Copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_arrival_changes_nothing(merged: SmallLog, tmp_path: Path, order: str):
    log = log_of(tmp_path / "log", *ORDERS[order])
    assert merged.everything() == log.everything()
    assert [id_of(log, "run.fit")] == session_ids(log)


def test_a_rebuild_changes_nothing(tmp_path: Path):
    from flows import work

    log = log_of(tmp_path / "log", *ORDERS["the watch last"])
    before = log.everything()
    work.rebuild(log.home, NOW_UTC)
    assert before == log.everything()


def test_a_file_that_comes_again_changes_nothing(merged: SmallLog, tmp_path: Path):
    log = merged.copy(tmp_path / "log")
    before = log.everything()
    outcome = log.arrive({"again.fit": WATCH})
    assert (0, 1) == (outcome.new_count, outcome.duplicate_count)
    assert before == log.everything()


def test_the_best_copy_speaks_and_is_lent_what_it_lacks(merged: SmallLog):
    watch, phone = id_of(merged, "run.fit"), id_of(merged, "run.gpx")
    gave = {row["field"]: row["recording_id"] for row in merged.ask("from session_field")}
    assert phone == gave.pop("heart_rate_bpm")
    assert {watch} == set(gave.values())
    assert {"cadence_spm", "distance_m", "altitude_m", "latitude_deg"} <= gave.keys()
    session = merged.one("from session")
    assert "barometric" == session["altitude_source"]
    assert 140.0 == pytest.approx(session["mean_heart_rate_bpm"])
    assert RUN.truth.distance_m == pytest.approx(session["distance_m"], rel=0.001)


def test_one_session_is_counted_once(merged: SmallLog):
    week = merged.one("from week_summary where run_count > 0")
    assert (1, 1) == (week["session_count"], week["run_count"])
    assert RUN.truth.run_s == pytest.approx(week["run_s"], abs=8)
    assert 3 == merged.one("select count(*) as n from recording")["n"]


def test_cadence_is_lent_by_the_phone(tmp_path: Path):
    """A watch without a step sensor, a phone with one: the steps are there, and it says from where."""
    log = log_of(tmp_path / "log", {"run.fit": as_fit(RUN, without=["cadence_spm"]), "run.gpx": PHONE})
    field = log.one("from session_field where field = 'cadence_spm'")
    assert id_of(log, "run.gpx") == field["recording_id"]
    assert id_of(log, "run.fit") == log.one("from session")["session_id"]
    assert 164.0 == pytest.approx(log.one("from session")["mean_run_cadence_spm"], abs=1)


def test_distance_and_altitude_are_never_lent(tmp_path: Path):
    """They carry the frame of their own device: a watch without altitude has none, however well the phone knows it."""
    log = log_of(
        tmp_path / "log",
        {"run.fit": as_fit(RUN, without=["altitude_m", "distance_m", "speed_mps"]), "run.gpx": PHONE},
    )
    fields = {row["field"] for row in log.ask("from session_field")}
    assert not {"altitude_m", "distance_m", "speed_mps"} & fields
    session = log.one("from session")
    assert ("none", None) == (session["altitude_source"], session["ascent_m"])


def test_what_was_said_about_a_copy_holds_for_the_session(tmp_path: Path):
    """The phone's file came first and got the pain entry; then the watch's took its place."""
    log = log_of(tmp_path / "log", {"run.gpx": PHONE})
    old_id = session_ids(log)[0]
    log.say("symptom", session_id=old_id, moment="during", pain_0_10=3)
    log.arrive({"run.fit": WATCH})
    (new_id,) = session_ids(log)
    assert old_id != new_id
    fact = log.fact("pain_during", new_id)
    assert (3.0, "ok") == (fact["value"], fact["status"])
    assert 3 == log.one("from week_summary where run_count > 0")["max_pain_during"]
    shown = gaitkeeper("session", old_id, "--home", log.home.path, "--format", "json")
    assert 2 != shown.status, shown.err
    assert new_id in shown.out


def test_the_samples_are_those_of_the_copy_that_speaks(tmp_path: Path):
    """Nothing of the phone's session stays behind in the partitions, where the month turns between the two starts."""
    eve = replace(RUN, start_utc=START.replace(month=4, day=30, hour=23, minute=59, second=40))
    late = replace(LATE, start_utc=eve.start_utc + timedelta(seconds=30))
    log = log_of(tmp_path / "log", {"run.gpx": as_gpx(late)}, {"run.fit": as_fit(eve)})
    stored = log.one(
        "select count(*) as n, count(distinct session_id) as sessions "
        "from read_parquet(home_path() || '/samples/**/*.parquet', hive_partitioning = false)"
    )
    assert (900, 1) == (stored["n"], stored["sessions"])


# --- What can't be derived -------------------------------------------------------------------------------------------


def test_a_file_that_claims_months_of_running_is_quarantined_and_the_rest_goes_on(tmp_path: Path):
    """A run of 14 days in which no minute is missing: decoded well, but its times can't be right."""
    times = [i * 55.0 for i in range(22_000)]
    endless = "".join(
        f'<trkpt lat="47.0" lon="{8 + i * 1e-5:.5f}"><time>{(START + timedelta(days=30, seconds=t)).isoformat()}</time></trkpt>'
        for i, t in enumerate(times)
    )
    text = f'<gpx version="1.1" creator="x"><trk><trkseg>{endless}</trkseg></trk></gpx>'
    log = log_of(tmp_path / "log", {"endless.gpx": text.encode(), "run.fit": WATCH})
    assert [id_of(log, "run.fit")] == session_ids(log)
    assert ["run.fit"] == [row["file_name"] for row in log.ask("from recording")]
    assert "endless.gpx" == log.one("from quarantine")["file_name"]
    assert 0 == log.arrive({"endless.gpx": text.encode()}).new_count


def test_a_copy_that_rotted_in_the_archive_gives_way(tmp_path: Path):
    """The watch's original can't be read any more when the phone's arrives: the phone speaks, and doctor tells why."""
    log = log_of(tmp_path / "log", {"run.fit": WATCH})
    lose_from_archive(log.home, log.one("from recording")["content_sha256"])
    log.arrive({"run.gpx": PHONE})
    assert [id_of(log, "run.gpx")] == session_ids(log)
    assert "run.fit" == log.one("from quarantine")["file_name"]


# --- Questions -------------------------------------------------------------------------------------------------------

#: It shares the last two fifths of the run's minutes, and goes on.
TAIL = as_gpx(replace(RUN, parts=(easy(900, 2.6),), start_utc=START + timedelta(seconds=540), seed=5))
#: It touches the tail's end with a minute or two: no copy of anything, no question.
AFTER = as_gpx(replace(RUN, parts=(easy(600, 2.4),), start_utc=START + timedelta(seconds=1380), seed=6))


@pytest.mark.parametrize("together", [True, False])
def test_two_that_share_some_minutes_are_asked_about_once(tmp_path: Path, together: bool):
    batches = [{"run.fit": WATCH}, {"tail.gpx": TAIL}, {"after.gpx": AFTER}]
    log = log_of(tmp_path / "log", *([batches[0] | batches[1] | batches[2]] if together else batches))
    assert 3 == len(session_ids(log))
    question = log.one("from duplicate_question")
    assert {"run.fit", "tail.gpx"} == {question["file_name"], question["other_file_name"]}
    assert "share 44 % of their minutes" == question["why"]
    assert "correct same" in gaitkeeper("doctor", "--home", log.home.path).out


def test_two_that_differ_by_whole_quarters_of_an_hour_are_asked_about(tmp_path: Path):
    """A zone set wrong on one of two devices: the same run an hour later."""
    shifted = replace(RUN, start_utc=START + timedelta(hours=1))
    log = log_of(tmp_path / "log", {"run.fit": WATCH, "later.fit": as_fit(shifted)})
    question = log.one("from duplicate_question")
    assert "same length and distance, shifted by whole quarters of an hour" == question["why"]
    assert 2 == len(session_ids(log))


def test_two_runs_of_a_day_are_no_question(tmp_path: Path):
    evening = replace(RUN, parts=(easy(905, 2.9),), start_utc=START + timedelta(hours=1, minutes=7))
    log = log_of(tmp_path / "log", {"run.fit": WATCH, "evening.fit": as_fit(evening)})
    assert [] == log.ask("from duplicate_question")
    assert 2 == len(session_ids(log))
