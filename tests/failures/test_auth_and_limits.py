"""FAILURES, "Auth and limits", "Upstream change" and duplicates, on Strava's side: the real client, a real server."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors import strava_client
from connectors.strava_streams import decode_strava
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.kept import KeptFile
from pipeline.lines import read_lines
from support.command import gaitkeeper
from support.example_home import STORED
from support.small_log import as_fit
from support.strava_activity import by_hand, strava_run
from support.strava_home import StravaLog, linked_strava, running_strava
from support.strava_life import lives
from support.strava_server import FAULTS
from support.synthetic_run import SyntheticRun, easy

if TYPE_CHECKING:
    from pathlib import Path

#: What each turn of the dial must come out as; None: it is asked again, and nobody notices.
EXPECTED = {
    "429": TryAgainLater,
    "429 bare": TryAgainLater,
    "401": None,  # refreshed once
    "500": None,
    "503": None,
    "slow": None,
    "cut": None,
    "reset": None,
    "no json": None,
    "wrong shape": None,
    "inactive": NeedsAttention,
    "scope lost": NeedsAttention,
    "403": SkipRecording,
    "400": SkipRecording,
    "404": SkipRecording,
}


def runs(count: int, end_utc: datetime, first_id: int = 10_000) -> list:
    """One short run a day, the last one the day before."""
    made = []
    for number in range(count):
        start = end_utc.replace(microsecond=0) - timedelta(days=number + 1)
        made.append(strava_run(first_id + number, SyntheticRun((easy(60),), start_utc=start)))
    return made


@pytest.fixture
def strava(monkeypatch):
    monkeypatch.setattr(strava_client, "TIMEOUT_S", (0.5, 0.5))
    with running_strava() as found:
        yield found


@pytest.fixture
def log(tmp_path, strava) -> StravaLog:
    (tmp_path / "log").mkdir()
    made = StravaLog(tmp_path / "log")
    made.link(strava)
    return made


def refs_of(log: StravaLog) -> set[str]:
    return {row["source_ref"] for row in log.ask("from recording")}


# --- The dial -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", sorted(EXPECTED))
def test_every_fault_is_one_of_three_errors_or_none(strava, log, fault):
    """Once, in the middle of one activity: mended, skipped, left to later, or told with what to do."""
    strava.add(*runs(1, strava.clock.now()))
    source = log.open(strava.clock)
    (ref,) = source.refs(None)
    strava.fail(fault, "/api/v3/activities/10000", after=0)
    if EXPECTED[fault] is None:
        assert 61 == len(decode_strava(source.fetch(ref).content).recordings[0].samples)
        return
    with pytest.raises(EXPECTED[fault]) as caught:
        source.fetch(ref)
    assert "Traceback" not in str(caught.value)
    if EXPECTED[fault] is NeedsAttention:
        assert "connect strava" in str(caught.value) or "settings/api" in str(caught.value)


def test_the_dial_is_tried_out():
    """Every fault that the server knows is in the table, but the empty list, which has a test of its own."""
    assert FAULTS == {*EXPECTED, "empty"}


@pytest.mark.parametrize("fault", ["500", "slow", "cut", "reset", "no json", "wrong shape"])
def test_what_stays_broken_is_asked_three_times_and_left_to_later(strava, log, fault):
    """Retried with jitter: the waits grow, and no two are alike."""
    strava.add(*runs(1, strava.clock.now()))
    source = log.open(strava.clock)
    (ref,) = source.refs(None)
    before = strava.count()
    strava.fail(fault, times=99)
    with pytest.raises(TryAgainLater):
        source.fetch(ref)
    assert 3 == strava.count() - before
    first, second = strava.clock.slept
    assert 1.0 <= first <= 3.0
    assert 2.0 <= second <= 6.0


def test_half_an_answer_never_becomes_a_session(strava, log):
    """Cut bodies all night: nothing is stored of them, and the next night brings the whole."""
    strava.add(*runs(3, strava.clock.now()))
    strava.fail("cut", "/api/v3/activities/", times=99, after=3)
    with pytest.raises(TryAgainLater):
        log.night(strava.clock)
    assert {"10000"} == refs_of(log)
    strava._faults.clear()
    log.night(strava.clock)
    assert [(61, 3)] == [(row["sample_count"], row["n"]) for row in log.ask(
        "select sample_count, count(*) as n from recording group by all"
    )]  # fmt: skip


# --- Limits -------------------------------------------------------------------------------------------------------------


def test_strava_429(strava, log):
    """dreeveapp/dreeve#84: a refusal ends it at once, and is not answered with more requests."""
    strava.add(*runs(5, strava.clock.now()))
    strava.fail("429 bare", "/api/v3/activities/", after=2)
    with pytest.raises(TryAgainLater) as caught:
        log.night(strava.clock)
    assert 900 == pytest.approx(caught.value.retry_after_s, abs=5)
    assert {"10000"} == refs_of(log)
    before = strava.count()
    assert "2026-04-12 02:30" == f"{log.open(strava.clock).status().free_again_utc:%Y-%m-%d %H:%M}"
    log.night(strava.clock)  # waits for the quarter of an hour to end, then goes on
    assert 5 == len(refs_of(log))
    assert strava.requests[before].at_utc >= datetime(2026, 4, 12, 2, 30, tzinfo=UTC)


def test_a_clock_that_is_wrong_does_not_lead_past_the_limit(tmp_path):
    """Strava's clock is seven minutes behind ours: its quarters of an hour count, told by the Date of its answers."""
    with running_strava(quarter=(200, 20)) as strava:
        (tmp_path / "log").mkdir()
        log = StravaLog(tmp_path / "log")
        strava.skew_s = -420.0
        log.link(strava)
        strava.add(*runs(30, strava.clock.now()))
        log.nights(strava.clock)
        assert (30, 0) == (len(refs_of(log)), strava.past_limit)


def test_limits_that_nobody_tells_are_those_of_a_new_application(tmp_path):
    """Without the headers our own count holds."""
    with running_strava() as strava:
        (tmp_path / "log").mkdir()
        log = StravaLog(tmp_path / "log")
        log.link(strava)
        strava.tells_limits = False
        strava.add(*runs(60, strava.clock.now()))
        log.nights(strava.clock)
        assert (60, 0) == (len(refs_of(log)), strava.past_limit)


def test_400_activities_come_in_over_several_nights_without_one_request_past_the_limit(strava, log):
    """The limits of a new application: 100 reads in a quarter of an hour, 1,000 a day."""
    strava.add(*runs(400, strava.clock.now()))
    nights = log.nights(strava.clock)
    assert 1 < nights < 5
    assert 0 == strava.past_limit
    assert {str(10_000 + number) for number in range(400)} == refs_of(log)
    assert 400 == len(log.ask("from recording"))
    before = strava.count()
    log.night(strava.clock, since=strava.clock.now())  # known versions need no fetch
    assert 1 == strava.count() - before
    assert 0 == log.open(strava.clock).status().backlog_count


def test_killed_at_20_random_moments_it_ends_with_the_same_rows(tmp_path):
    """SIGKILL in listing, fetching, storing, publishing; the next life goes on, and not one request is past a limit."""
    with running_strava() as strava:
        undisturbed, killed = (StravaLog(_made(tmp_path / name)) for name in ("undisturbed", "killed"))
        strava.add(*runs(12, strava.clock.now()))
        for log in (undisturbed, killed):
            log.link(strava)
        steps = lives(undisturbed.path, strava.url, strava.clock.now())
        assert 100 < steps
        rng, kills = random.Random(20), 0
        while kills < 20:
            strava.clock.now_utc += timedelta(minutes=16)  # whoever starts it again so often is not that quick
            lived = lives(killed.path, strava.url, strava.clock.now(), rng.randint(1, steps))
            kills += lived is None
            steps = lived or steps  # a night with less to do has fewer moments
        lives(killed.path, strava.url, strava.clock.now() + timedelta(hours=1))
        assert 0 == strava.past_limit
    for name in (one for one in STORED if one != "sample"):
        assert _rows(undisturbed, name) == _rows(killed, name), name
    assert 12 == len(killed.ask("from recording"))
    assert 12 * 60 == killed.one("select count(*) as n from sample")["n"]


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def _rows(log: StravaLog, relation: str) -> list[str]:
    return sorted(str(row) for row in log.ask(f"from {relation}"))


# --- Auth ---------------------------------------------------------------------------------------------------------------


def test_403_inactive(strava, log):
    """stravalib/stravalib#730, martin-ueding/geo-activity-playground#443: told as what it is, with the ways out."""
    strava.fail("inactive", times=9)
    with pytest.raises(NeedsAttention, match="inactive") as caught:
        log.night(strava.clock)
    assert "subscription" in str(caught.value)
    assert "gaitkeeper import" in str(caught.value)
    assert 1 == strava.count()
    assert "inactive" in log.open(strava.clock).status().what_to_do


def test_401_is_refreshed_once_and_not_for_ever(strava, log):
    """Strava says so although the token is fresh: a second no is a no."""
    strava.fail("401", times=99)
    with pytest.raises(NeedsAttention, match="connect strava"):
        log.night(strava.clock)
    assert (2, 1) == (strava.count(), strava.count("/oauth/token"))


def test_scope_lost(strava, log):
    """The consent holds and reads nothing any more: no refresh mends that."""
    strava.fail("scope lost", times=9)
    with pytest.raises(NeedsAttention, match="boxes"):
        log.night(strava.clock)
    assert (1, 0) == (strava.count(), strava.count("/oauth/token"))


def test_auto_revoke_on_refresh_failure(strava, log):
    """the-momentum/open-wearables#1308: a refresh that fails removes nothing; it may be Strava's bad day."""
    secrets = KeptFile(log.home.secret_folder / "strava-me.json")
    before = secrets.read()
    strava.clock.now_utc += timedelta(hours=7)
    strava.refresh_answers = "keep"  # else the token that a broken answer brought would be lost
    for fault in ("500", "400", "401", "no json"):
        strava.fail(fault, "/oauth/token", times=3)
        with pytest.raises((TryAgainLater, NeedsAttention)):
            log.night(strava.clock)
        strava._faults.clear()
        assert before == secrets.read(), fault
    assert 0 == strava.count("/oauth/deauthorize")
    log.night(strava.clock)
    assert before != secrets.read()


def test_stale_refresh_token_after_restore(strava, log):
    """dreeveapp/dreeve#1449: an older copy of the home holds a spent token; it is told, and linking again mends it."""
    secrets = KeptFile(log.home.secret_folder / "strava-me.json")
    backup = secrets.read()
    strava.clock.now_utc += timedelta(hours=7)
    log.night(strava.clock)
    secrets.write(backup)
    strava.clock.now_utc += timedelta(hours=7)
    with pytest.raises(NeedsAttention, match="restored from an older copy"):
        log.night(strava.clock)
    assert backup == secrets.read()
    log.link(strava)
    log.night(strava.clock)


def test_sync_stops_after_days(strava, log):
    """joaovitoriasilva/endurain#178: a week of nights, each with a token of its own, and nobody is asked anything."""
    for _ in range(7):
        strava.add(*runs(1, strava.clock.now(), first_id=20_000 + strava.clock.now().day))
        log.night(strava.clock)
        strava.clock.now_utc += timedelta(days=1)
    assert 7 == len(refs_of(log))
    assert 6 == strava.count("/oauth/token")


def test_a_consent_that_was_withdrawn_is_told(strava, log):
    strava.revoke()
    with pytest.raises(NeedsAttention, match="connect strava"):
        log.night(strava.clock)
    assert "connect strava" in log.open(strava.clock).status().what_to_do


# --- Upstream change ----------------------------------------------------------------------------------------------------


def test_deleted_upstream_stays(strava, log):
    """dreeveapp/dreeve#751, SauceLLC/sauce4strava#105: gone there, gone here, and the bytes are kept."""
    strava.add(*runs(6, strava.clock.now()))
    log.night(strava.clock)
    del strava.activities[10_003]
    outcome = log.night(strava.clock)
    assert 1 == outcome.withdrawn_count
    assert {"10000", "10001", "10002", "10004", "10005"} == refs_of(log)


def test_edits_not_followed(strava, log):
    """cpfair/tapiriik#215: a run that was a walk, set right at Strava, is a walk here; only that one is fetched."""
    strava.add(*runs(4, strava.clock.now()))
    log.night(strava.clock)
    strava.activities[10_001].detail.update(sport_type="Walk", type="Walk")
    before = strava.count("/api/v3/activities/")
    log.night(strava.clock)
    assert 2 == strava.count("/api/v3/activities/") - before
    told = {row["source_ref"]: row["sport"] for row in log.ask("from recording")}
    assert {"10000": "running", "10001": "walking", "10002": "running", "10003": "running"} == told


def test_a_note_of_the_next_morning_is_followed(strava, log):
    """The listing doesn't say that a note was written: two days after the run it is looked at once more."""
    strava.add(*runs(1, strava.clock.now() + timedelta(days=1)))
    log.night(strava.clock)
    strava.activities[10_000].detail["private_note"] = "next morning: pain 2/10"
    for _ in range(4):
        strava.clock.now_utc += timedelta(days=1)
        log.night(strava.clock, since=strava.clock.now() - timedelta(days=1))
    assert ["next morning: pain 2/10"] == [row["note"] for row in log.ask("from recording")]
    assert 4 == strava.count("/api/v3/activities/")
    offer = log.one("from symptom_offer")
    assert ("next_morning", 2) == (offer["moment"], offer["pain_0_10"])


def test_empty_list_for_months_unnoticed(strava, log):
    """tcgoetz/GarminDB#219: an account that suddenly has nothing is said to, and nothing is taken out."""
    strava.add(*runs(8, strava.clock.now()))
    log.night(strava.clock)
    strava.fail("empty", times=9)
    outcome = log.night(strava.clock)
    assert "0 of 8" in outcome.message
    assert 8 == len(refs_of(log))


# --- Duplicates, and who may see it -------------------------------------------------------------------------------------


def test_the_same_run_from_a_file_takes_its_place(strava, log):
    """FAILURES, "Same run twice from Garmin and Strava", and Strava's terms: the file may be shown to a clinician."""
    run = SyntheticRun((easy(900),), start_utc=strava.clock.now().replace(microsecond=0) - timedelta(days=2))
    strava.add(strava_run(1, run), *runs(1, strava.clock.now() - timedelta(days=5)))
    log.night(strava.clock)
    assert {("strava", False)} == {(row["source"], row["may_reach_clinician"]) for row in log.ask("from session")}
    log.arrive({"run.fit": as_fit(run)})
    found = {(row["source"], row["may_reach_clinician"]) for row in log.ask("from session")}
    assert {("folder", True), ("strava", False)} == found
    assert 2 == len(log.ask("from session"))
    assert 3 == len(log.ask("from recording"))


def test_a_run_that_was_typed_in_is_a_session_with_totals_only(strava, log):
    """FAILURES, "Manual activity without streams": it counts as a run and as a day, and nothing is made up for it."""
    strava.add(by_hand(1, strava.clock.now() - timedelta(days=2), 1800, 5000.0))
    log.night(strava.clock)
    found = log.one("from session")
    assert (True, 1800.0, 5000.0, None, None) == tuple(
        found[name] for name in ("is_run", "elapsed_s", "device_distance_m", "distance_m", "run_s")
    )
    assert date(2026, 4, 10) == found["session_date"]
    assert [] == log.ask("from quarantine")


# --- Secrets ------------------------------------------------------------------------------------------------------------


def test_a_token_never_shows_up(strava, log, caplog, capfd):
    """Through good nights and bad ones: not in the archive, the journal, the warehouse, the memory, a log or `doctor`."""
    caplog.set_level("DEBUG")
    with log.home.config_file.open("a", encoding="utf-8") as stream:
        stream.write('\n[[source]]\nkind = "strava"\nrunner = "me"\n')
    strava.add(*runs(4, strava.clock.now()))
    told = ""
    for fault in ("cut", "500", "inactive", "429", "401"):
        strava.clock.now_utc += timedelta(hours=7)
        strava.fail(fault, "/api/v3/activities/", times=3, after=2)
        try:
            log.night(strava.clock)
        except (TryAgainLater, NeedsAttention) as error:
            told += f"{error!r} {error} {vars(error)}"
        strava._faults.clear()
        told += str(gaitkeeper("doctor", "--home", log.home.path)) + str(log.open(strava.clock).status())
    assert 5 < len(strava.secrets)
    told += caplog.text + "".join(capfd.readouterr())
    kept = {path: path.read_bytes() for path in log.path.rglob("*") if path.is_file()}
    secret_files = {path for path in kept if path.parent == log.home.secret_folder}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in secret_files}
    for secret in strava.secrets:
        assert secret not in told
        assert [] == [path for path, content in kept.items() if path not in secret_files and secret.encode() in content]
    assert strava.secrets[0].encode() in b"".join(kept[path] for path in secret_files)
    assert list(read_lines(log.home.received_file))


@pytest.mark.parametrize("scope", ["read,activity:read_all", "read,activity:read"])
def test_what_only_the_runner_may_see_comes_with_that_consent_alone(scope):
    with linked_strava(scope) as linked:
        hidden = strava_run(2, visibility="only_me")
        linked.strava.add(strava_run(1), hidden)
        assert len([ref for ref in linked.open().refs(None) if ref.ref == "2"]) == ("activity:read_all" in scope)
