"""FAILURES, "Auth and limits", Garmin's half: one test a report, against a server that counts what is asked of it."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from datetime import timedelta

import pytest

from connectors.garmin import GarminSource
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.errors import GaitkeeperError, NeedsAttention, TryAgainLater
from pipeline.settings import Home
from support.example_home import asked
from support.garmin_home import NOW, WEBS, Given, Linked, needs_library
from support.garmin_server import DOWNLOAD, LIST, TOKEN, GarminServer
from support.small_log import as_fit
from support.synthetic_run import START, SyntheticRun, easy


def run_on(day: int) -> bytes:
    return as_fit(SyntheticRun((easy(120),), start_utc=START + timedelta(days=day)))


@pytest.fixture(params=WEBS)
def linked(request):
    with GarminServer() as server:
        yield Linked(server, request.param)


@pytest.fixture
def with_library():
    with GarminServer() as server:
        yield Linked(server, "library")


def refused(linked) -> GaitkeeperError:
    with pytest.raises(GaitkeeperError) as caught:
        linked.refs()
    return caught.value


# --------------------------------------------------------------------------------------------------------------------
# drkostas/hevy2garmin#191, #212: the limit is per account and re-arms on retry; an enforced cool-down of 2 to 24 hours


def test_a_retry_inside_the_cool_down_sends_no_request(linked):
    """drkostas/hevy2garmin#191: every retry re-arms the block. Here nothing is sent until it is over."""
    linked.server.add(run_on(0))
    linked.server.dial(LIST, "429")
    first = refused(linked)
    assert (TryAgainLater, 7200) == (type(first), first.retry_after_s)
    for hours in (0, 0.5, 1, 0.49):
        linked.given.pass_hours(hours)
        assert "so nothing is asked" in str(refused(linked))
    assert 1 == len(linked.server.asked)
    linked.given.pass_hours(0.02)
    assert 1 == len(linked.refs())


def test_the_cool_down_doubles_from_two_hours_to_a_day_and_an_answer_ends_it(linked):
    """drkostas/hevy2garmin#212: what helped was a wait that doubles."""
    linked.server.add(run_on(0))
    linked.server.dial(LIST, *["429"] * 6)
    waits = []
    for _ in range(6):
        waits.append(refused(linked).retry_after_s / 3600)
        linked.given.pass_hours(waits[-1])
    assert [2, 4, 8, 16, 24, 24] == waits
    assert 1 == len(linked.refs())
    linked.server.dial(LIST, "429")
    assert 7200 == refused(linked).retry_after_s


def test_a_longer_wait_that_garmin_names_is_kept(linked):
    linked.server.dial(LIST, "429 for 30 h")
    assert 108_000 == refused(linked).retry_after_s
    linked.given.pass_hours(29)
    refused(linked)
    assert 1 == len(linked.server.asked)


def test_a_clock_that_is_set_back_does_not_lengthen_the_cool_down_for_ever(linked):
    linked.server.add(run_on(0))
    linked.server.dial(LIST, "429")
    refused(linked)
    linked.given.pass_hours(-24 * 365)
    assert 7200 == refused(linked).retry_after_s
    linked.given.pass_hours(2.1)
    assert 1 == len(linked.refs())


def test_the_cool_down_holds_for_downloads_and_for_linking_again(linked):
    for day in range(3):
        linked.server.add(run_on(day))
    refs = linked.refs()
    source = linked.source
    linked.server.dial(DOWNLOAD, "429")
    for ref in refs:
        with pytest.raises(TryAgainLater):
            source.fetch(ref)
    assert 1 == linked.server.count(DOWNLOAD)
    status_until = linked.given.now_utc + timedelta(hours=2)
    assert timedelta(seconds=-2) < linked.source._cool_down.until_utc() - status_until <= timedelta(0)


def test_a_back_fill_under_a_limit_that_counts_finishes_over_several_nights(linked, tmp_path):
    """Twelve runs, seven requests a night: nothing past the limit but the one that meets it, and each run just once."""
    home = Home(tmp_path / "home")
    make_home(home, "anna", "UTC")
    for day in range(12):
        linked.server.add(run_on(day), startTimeLocal=f"2026-04-{day + 1:02} 08:00:00")
    nights = 0
    while nights < 9:
        nights += 1
        linked.server.limit_count = 7
        try:
            work.import_source(home, "anna", linked.source, NOW + timedelta(days=nights))
            break
        except TryAgainLater:
            linked.given.pass_hours(24)
    assert 3 == nights
    assert 12 == len(asked(home, "from recording where source = 'garmin'", NOW + timedelta(days=nights)))
    fetched = [one[1] for one in linked.server.asked if one[1].startswith(DOWNLOAD)]
    assert 12 == len(set(fetched))
    assert 12 + nights - 1 == len(fetched)  # the one that met the limit is asked for again


# --------------------------------------------------------------------------------------------------------------------
# matin/garth#217, cyberjunky/python-garminconnect#350, diegoscarabelli/garmin-health-data#81: Cloudflare before the SSO


@pytest.mark.parametrize("fault", ["403 page", "429", "427"])
def test_a_cloudflare_block_is_told_as_what_it_is_and_the_file_ways_are_named(linked, fault):
    """matin/garth#217 and others: it looks like a wrong password or a broken program. Here it has its own words."""
    linked.server.dial(LIST, fault)
    error = refused(linked)
    assert isinstance(error, TryAgainLater)
    assert any(words in str(error) for words in ("Cloudflare", "asks this account to wait"))
    assert "account export still work" in str(error)
    assert linked.given.memory.values["cool_down"]


def test_the_file_ways_work_in_the_night_in_which_garmin_is_shut(linked, tmp_path):
    """The account's trouble stays its own: a folder comes in the same night."""
    from connectors.folder import FolderSource

    home = Home(tmp_path / "home")
    make_home(home, "anna", "UTC")
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "1.fit").write_bytes(run_on(0))
    linked.server.dial(LIST, "403 page")
    with pytest.raises(TryAgainLater):
        work.import_source(home, "anna", linked.source, NOW)
    assert 1 == work.import_source(home, "anna", FolderSource(tmp_path / "watch"), NOW).new_count


# --------------------------------------------------------------------------------------------------------------------
# joaovitoriasilva/endurain#178, jaroslawhartman/withings-sync#212: the sync stops after days; MFA prompt under cron


def test_a_night_without_a_link_never_asks_for_a_password_or_a_code(monkeypatch):
    """endurain#178, withings-sync#212: a prompt under cron waits for ever. A night only ever uses the kept link."""
    monkeypatch.setattr("connectors.garmin.find_spec", lambda _: True)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a prompt at night"))
    with pytest.raises(NeedsAttention, match="`gaitkeeper connect garmin`"):
        GarminSource.open(Given().setup()).refs(None)


@needs_library
def test_a_link_that_garmin_ended_says_to_link_again(with_library):
    with_library.server.access_tokens.clear()
    with_library.server.refresh_tokens.clear()
    error = refused(with_library)
    assert isinstance(error, NeedsAttention)
    assert "no longer takes the link" in str(error)
    assert "`gaitkeeper connect garmin`" in str(error)
    assert 1 == with_library.server.count(TOKEN)


# --------------------------------------------------------------------------------------------------------------------
# the-momentum/open-wearables#1308: auto-revoke on refresh failure; dreeveapp/dreeve#1449: stale token after restore


@needs_library
def test_a_refresh_that_fails_keeps_the_tokens(with_library):
    """open-wearables#1308: a failed refresh threw the link away. Here it is kept, and the next night uses it."""
    with_library.server.add(run_on(0))
    kept = with_library.given.secrets.read()
    with_library.server.access_tokens.clear()
    for fault in ("500", "hang up", "torn JSON", "503"):
        with_library.server.dial(TOKEN, *[fault] * 6)
        assert isinstance(refused(with_library), TryAgainLater)
        assert kept == with_library.given.secrets.read()
        with_library.server._dial.clear()
    assert 1 == len(with_library.refs())
    assert kept != with_library.given.secrets.read()


@needs_library
def test_a_token_about_to_end_is_renewed_and_kept_before_it_is_used(with_library):
    """The rotated refresh token exists nowhere else: it is written before the first request that uses the new pair."""
    with_library.server.add(run_on(0))
    with_library.server.token_life_s = 60
    with_library.given.secrets.write(with_library.server.kept())
    with_library.server.token_life_s = 3600
    with_library.server.on_list = lambda: seen.append(with_library.given.secrets.read())
    seen: list[dict] = []
    assert 1 == len(with_library.refs())
    assert [TOKEN, LIST] == ["/" + one[1].split("/")[1] for one in with_library.server.asked]
    assert with_library.server.handed_out[-2:] == [seen[0]["di_token"], seen[0]["di_refresh_token"]]
    assert "runner" == seen[0]["linked_to"]


@needs_library
def test_a_pair_that_another_process_renewed_is_taken_over(with_library):
    """dreeve#1449 and its like: of two that renew at once one holds a dead refresh token. It reads what the other kept."""
    with_library.server.add(run_on(0))
    source = with_library.source
    list(source.refs(None))
    with_library.server.access_tokens.clear()
    with_library.server.refresh_tokens.clear()
    with_library.given.secrets.write(with_library.server.kept())
    assert 1 == len(list(source.refs(None)))
    assert 0 == with_library.server.count(TOKEN)


@needs_library
def test_a_stale_refresh_token_after_a_restore_says_so(with_library):
    """dreeve#1449: after a restore the kept refresh token was used up long ago."""
    with_library.server.refresh_tokens.clear()
    with_library.server.access_tokens.clear()
    assert "a restored backup ends a link" in str(refused(with_library))


@needs_library
def test_a_limit_at_the_token_server_starts_the_cool_down(with_library):
    with_library.server.access_tokens.clear()
    with_library.server.dial(TOKEN, "429")
    assert 7200 == refused(with_library).retry_after_s
    asked_count = len(with_library.server.asked)
    refused(with_library)
    assert asked_count == len(with_library.server.asked)


@needs_library
def test_a_full_disk_while_a_token_is_renewed_is_told_as_a_full_disk(with_library):
    def full(_values):
        raise NeedsAttention("secrets/garmin-anna.json can't be written: No space left on device. Make room.")

    with_library.server.access_tokens.clear()
    with_library.given.secrets.write = full
    with pytest.raises(NeedsAttention, match="No space left"):
        with_library.refs()


# --------------------------------------------------------------------------------------------------------------------
# tcgoetz/GarminDB#219: an empty list for months; and servers out of order


def test_an_empty_list_of_an_account_that_had_activities_takes_nothing_as_gone(linked):
    """GarminDB#219: an empty list stayed unnoticed for months. Here it is an error, and deletes nothing."""
    linked.server.add(run_on(0))
    linked.refs()
    linked.server.dial(LIST, "empty", "empty")
    assert "though it held 1 activities: nothing is taken as gone" in str(refused(linked))
    assert [] == linked.refs(NOW)  # of the last weeks alone it may well be empty
    assert 1 == len(linked.refs())


@pytest.mark.parametrize("faults", [["500"], ["503", "503"], ["hang up"], ["cut", "500"]])
def test_a_passing_fault_is_tried_again_with_pauses(linked, faults):
    linked.server.add(run_on(0))
    linked.server.dial(LIST, *faults)
    assert 1 == len(linked.refs())
    assert len(faults) + 1 == linked.server.count(LIST)
    assert all(pause_s >= 1 for pause_s in linked.given.slept_s)


def test_a_server_that_stays_out_of_order_is_left_to_the_next_night_without_a_cool_down(linked):
    linked.server.dial(LIST, *["500"] * 3)
    assert "can't be reached or is out of order (HTTP 500)" in str(refused(linked))
    assert "cool_down" not in (linked.given.memory.values or {})


# --------------------------------------------------------------------------------------------------------------------
# A token in a log: never


def trouble_of(source, ref) -> GaitkeeperError | None:
    try:
        list(source.refs(None))
        source.fetch(ref)
    except GaitkeeperError as error:
        return error
    return None


def frames_of(error: GaitkeeperError | None) -> str:
    """Return the traceback with the values of all variables, as some tools write it down; our own frame left out."""
    if error is None:
        return ""
    inner = error.with_traceback(error.__traceback__.tb_next)
    return "".join(traceback.TracebackException.from_exception(inner, capture_locals=True).format())


@needs_library
@pytest.mark.parametrize(
    "fault", ["401", "403", "403 page", "404", "429", "500", "hang up", "cut", "torn JSON", "page"]
)
@pytest.mark.parametrize("path", [LIST, DOWNLOAD, TOKEN])
def test_no_token_shows_up_in_an_error_a_log_or_what_is_printed(with_library, path, fault, caplog, capfd):
    """Whatever goes wrong: not in the sentence, not in the traceback, not in what a debugger's log or a pickle holds."""
    caplog.set_level(logging.DEBUG)
    with_library.server.add(run_on(0))
    (ref,) = with_library.refs()
    if path == TOKEN:
        with_library.server.access_tokens.clear()
    with_library.server.dial(path, *[fault] * 8)
    source = with_library.source
    told = [repr(source), repr(source.status()), repr(source.visit)]
    error = trouble_of(source, ref)
    assert error is None or (error.__cause__, error.__context__) == (None, None)
    told += [str(error), repr(pickle.dumps(error)), frames_of(error)]
    told += [caplog.text, *capfd.readouterr(), json.dumps(with_library.given.memory.values)]
    secrets = [*with_library.server.handed_out, "Bearer"]
    assert [] == [secret for secret in secrets for text in told if secret in text]
