"""OAuth: the consent is ours, tokens are refreshed early and saved before they are used, and are never shown."""

from __future__ import annotations

import logging
import subprocess
import sys
import urllib.request
import warnings
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.strava_auth import Account, Application, Consent
from connectors.strava_client import StravaApi, base_url
from connectors.strava_consent import Catcher
from connectors.strava_limits import Gate
from pipeline.errors import NeedsAttention, TryAgainLater
from support.source_tree import ROOT
from support.strava_activity import strava_run
from support.strava_home import InMemory, linked_strava, running_strava
from support.strava_server import CLIENT_ID, CLIENT_SECRET

APPLICATION = Application(CLIENT_ID, CLIENT_SECRET)


@pytest.fixture
def linked():
    with linked_strava() as found:
        found.strava.add(strava_run(1001))
        yield found


def account_of(linked) -> Account:
    return Account(linked.secrets, "me", linked.strava.clock.now)


def api_of(linked) -> StravaApi:
    return StravaApi(linked.setup, account_of(linked), Gate(linked.setup))


class TestTheConsent:
    CONSENT = Consent(APPLICATION, "http://127.0.0.1:1/strava", state="s3cret-state")

    def address(self, **said: str) -> str:
        told = {"state": "s3cret-state", "code": "abc", "scope": "read,activity:read_all", **said}
        return "http://127.0.0.1:1/strava?" + "&".join(f"{name}={value}" for name, value in told.items() if value)

    def test_it_asks_for_reading_and_nothing_else(self):
        asked = parse_qs(urlsplit(self.CONSENT.address("https://www.strava.com")).query)
        assert ["read,activity:read_all"] == asked["scope"]
        assert [str(CLIENT_ID), "code", "s3cret-state"] == [
            asked[name][0] for name in ("client_id", "response_type", "state")
        ]
        assert CLIENT_SECRET not in str(asked)

    def test_every_request_has_a_state_of_its_own(self):
        assert 2 == len({Consent(APPLICATION, "x").state for _ in range(2)})

    def test_the_answer_is_the_code_and_what_was_granted(self):
        assert ("abc", ["read", "activity:read_all"]) == self.CONSENT.answer(self.address())
        assert ("abc", ["read", "activity:read_all"]) == self.CONSENT.answer(f"  {self.address()}\n")

    @pytest.mark.parametrize("state", ["", "another", "s3cret-stat", "s3cret-state2"])
    def test_an_answer_to_another_request_is_refused(self, state):
        """Whoever can send the browser to us must not link his account in place of the runner's."""
        with pytest.raises(NeedsAttention, match="does not belong"):
            self.CONSENT.answer(self.address(state=state))

    @pytest.mark.parametrize("address", ["", "hello", "http://[", "https://www.strava.com/oauth/authorize?client_id=1"])
    def test_what_is_no_answer_is_refused(self, address):
        with pytest.raises(NeedsAttention, match="does not belong"):
            self.CONSENT.answer(address)

    def test_a_no_is_a_no(self):
        with pytest.raises(NeedsAttention, match="not given"):
            self.CONSENT.answer(self.address(error="access_denied", code=""))

    @pytest.mark.parametrize("scope", ["read", "", "read,activity:write"])
    def test_without_the_activities_it_says_which_box(self, scope):
        with pytest.raises(NeedsAttention, match="box"):
            self.CONSENT.answer(self.address(scope=scope))

    def test_without_the_private_ones_it_goes_on(self):
        assert ("abc", ["read", "activity:read"]) == self.CONSENT.answer(self.address(scope="read,activity:read"))


class TestTheCatcher:
    def test_it_takes_one_answer_and_shows_a_page(self):
        with Catcher() as catcher:
            with urllib.request.urlopen(f"{catcher.redirect_uri}?state=s&code=c") as page:
                assert (200, "no-store") == (page.status, page.headers["Cache-Control"])
                text = page.read().decode()
            assert "/strava?state=s&code=c" == catcher.wait(1.0)
        assert "Thank you" in text
        assert "code" not in text

    def test_another_path_is_not_taken(self):
        with Catcher() as catcher:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(catcher.redirect_uri.replace("/strava", "/favicon.ico"))
            assert None is catcher.wait(0.0)

    def test_it_listens_on_this_machine_alone(self):
        with Catcher() as catcher:
            assert "127.0.0.1" == urlsplit(catcher.redirect_uri).hostname


class TestLinking:
    def test_the_whole_way(self):
        """Consent, code, tokens: kept, and good for a request."""
        with running_strava() as strava:
            secrets = InMemory()
            linked = type("", (), {"strava": strava, "secrets": secrets})
            from connectors.base import SourceSetup

            setup = SourceSetup("me", None, secrets, InMemory(), strava.clock.now, strava.clock.sleep)
            account = account_of(linked)
            api = StravaApi(setup, account, Gate(setup))
            with Catcher() as catcher:
                consent = Consent(APPLICATION, catcher.redirect_uri)
                urllib.request.urlopen(consent.address(base_url())).close()
                code, scopes = consent.answer(catcher.wait(1.0))
            tokens, athlete = api.exchange(APPLICATION, code)
            account.link(APPLICATION, tokens, athlete, scopes)
            assert "Ida Fictional (90210001)" == account.athlete
            assert [] == api.get("/athlete/activities", list)
            with pytest.raises(NeedsAttention, match="did not take the consent"):
                api.exchange(APPLICATION, code)  # a code is good once

    def test_a_wrong_secret_is_told_as_what_it_is(self, linked):
        with pytest.raises(NeedsAttention, match="client secret"):
            api_of(linked).exchange(Application(CLIENT_ID, "wrong"), "code")

    def test_the_consent_can_be_taken_back(self, linked):
        account = account_of(linked)
        api_of(linked).deauthorize()
        account.unlink()
        assert None is account.tokens
        assert APPLICATION == account.application
        assert {} == linked.strava.refresh
        with pytest.raises(NeedsAttention, match="gaitkeeper connect strava"):
            api_of(linked).get("/athlete", dict)


class TestRefreshing:
    def test_it_is_early(self, linked):
        """With an hour or less to live Strava gives a new one; waiting longer risks one that ends on the way."""
        before = linked.secrets.values["access_token"]
        linked.strava.clock.now_utc += timedelta(hours=4, minutes=59)
        api_of(linked).get("/athlete", dict)
        assert (before, 0) == (linked.secrets.values["access_token"], linked.strava.count("/oauth/token"))
        linked.strava.clock.now_utc += timedelta(minutes=2)
        api_of(linked).get("/athlete", dict)
        assert 1 == linked.strava.count("/oauth/token")
        assert before != linked.secrets.values["access_token"]

    def test_new_tokens_are_saved_before_they_are_used(self, linked):
        """A process that is killed right after must find them: the refresh token that they came by is spent."""
        linked.strava.clock.now_utc += timedelta(hours=7)
        seen = []
        answer = linked.strava.answer

        def spy(method, path, *rest):
            seen.append((path, linked.secrets.values["access_token"], rest[-1]))
            return answer(method, path, *rest)

        linked.strava.answer = spy
        api_of(linked).get("/athlete", dict)
        assert ["/oauth/token", "/api/v3/athlete"] == [path for path, _, _ in seen]
        assert seen[1][1] == seen[1][2]
        assert linked.secrets.values["refresh_token"] in linked.strava.refresh

    def test_the_rotated_token_is_good_the_next_time(self, linked):
        for _ in range(3):
            linked.strava.clock.now_utc += timedelta(hours=7)
            api_of(linked).get("/athlete", dict)
        assert 3 == linked.strava.count("/oauth/token")

    def test_a_full_disk_uses_no_token_that_is_not_saved(self, linked):
        linked.strava.clock.now_utc += timedelta(hours=7)

        def full(values):
            raise NeedsAttention("the disk is full")

        linked.secrets.write = full
        with pytest.raises(NeedsAttention, match="full"):
            api_of(linked).get("/athlete", dict)
        assert 0 == linked.strava.count("/api/")

    def test_strava_down_is_no_reason_while_the_old_one_lasts(self, linked):
        linked.strava.clock.now_utc += timedelta(hours=5, minutes=30)
        linked.strava.fail("503", "/oauth/token", times=3)
        api_of(linked).get("/athlete", dict)
        assert 3 == linked.strava.count("/oauth/token")

    def test_strava_down_after_it_is_later(self, linked):
        kept = dict(linked.secrets.values)
        linked.strava.clock.now_utc += timedelta(hours=7)
        linked.strava.fail("503", "/oauth/token", times=3)
        with pytest.raises(TryAgainLater):
            api_of(linked).get("/athlete", dict)
        assert kept == linked.secrets.values

    @pytest.mark.parametrize("fault", ["no json", "cut", "reset"])
    def test_a_broken_answer_is_asked_for_again(self, linked, fault):
        """Strava that keeps the refresh token: nothing is lost by it."""
        linked.strava.refresh_answers = "keep"
        linked.strava.clock.now_utc += timedelta(hours=7)
        linked.strava.fail(fault, "/oauth/token")
        api_of(linked).get("/athlete", dict)
        assert 2 == linked.strava.count("/oauth/token")

    def test_a_clock_that_is_ahead_does_not_refresh_at_every_request(self, linked):
        """A new token looks old at once: it is used all the same."""
        linked.strava.skew_s = -8 * 3600.0
        linked.secrets.values |= {"expires_at": linked.strava.now_s + 6 * 3600, "refreshed_at": 0}
        for token in list(linked.strava.access):
            linked.strava.access[token] = (linked.strava.now_s + 6 * 3600, "read,activity:read_all")
        for _ in range(5):
            api_of(linked).get("/athlete", dict)
        assert 1 == linked.strava.count("/oauth/token")

    def test_a_second_process_that_was_faster_is_followed(self, linked):
        """Both wake up with the same spent refresh token: the slower one takes what the faster one saved."""
        linked.strava.clock.now_utc += timedelta(hours=7)
        slow, fast = account_of(linked), api_of(linked)

        class Slow:
            def refresh(self, application, refresh_token):
                fast.get("/athlete", dict)
                return api_of(linked).refresh(application, refresh_token)

        assert linked.secrets.values["access_token"] != slow.access_token(Slow())
        assert slow.access_token(Slow()) == linked.secrets.values["access_token"]


class TestNothingIsShown:
    def test_in_no_repr(self, linked):
        tokens = account_of(linked).tokens
        source = linked.open()
        shown = " ".join(
            map(repr, (APPLICATION, tokens, account_of(linked), api_of(linked), source, Consent(APPLICATION, "x")))
        )
        assert "Application(client_id=4711)" in shown
        for secret in linked.strava.secrets:
            assert secret not in shown

    @pytest.mark.parametrize("path", ["/oauth/token", "/api/"])
    @pytest.mark.parametrize("fault", ["401", "400", "500", "cut", "no json", "inactive", "reset"])
    def test_in_no_exception_and_no_log(self, linked, caplog, path, fault):
        """Also not in what an exception drags along: a report of a fault may hold all of it."""
        caplog.set_level(logging.DEBUG)
        linked.strava.clock.now_utc += timedelta(hours=7)
        linked.strava.fail(fault, path, times=9)
        with pytest.raises((NeedsAttention, TryAgainLater, Exception)) as caught:
            api_of(linked).get("/athlete", dict)
        error, told = caught.value, caplog.text
        while error is not None:
            told += repr(error) + str(vars(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        assert told
        for secret in linked.strava.secrets:
            assert secret not in told


class TestTheLibrary:
    def test_its_import_leaves_warnings_alone(self):
        """stravalib resets the filters of the whole process and sends warnings to the log when it is imported."""
        program = (
            "from connectors.strava_client import _client_class  # requests, which has filters of its own\n"
            "import warnings; warnings.simplefilter('error', UserWarning); before = list(warnings.filters), "
            "warnings.showwarning; _client_class()\n"
            "import sys, logging; assert 'stravalib' in sys.modules\n"
            "assert before == (list(warnings.filters), warnings.showwarning)\n"
            "assert not logging.getLogger().handlers\n"
            "logging.captureWarnings(True); assert before[1] is not warnings.showwarning\n"
        )
        run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert ("", 0) == (run.stderr, run.returncode)

    def test_opening_a_source_does_not_import_it(self):
        program = (
            "import sys; from connectors import SOURCES; from connectors.base import SourceSetup\n"
            "kind = next(one for one in SOURCES if one.name == 'strava')\n"
            "class K:\n"
            "    def read(self): return None\n"
            "from datetime import UTC, datetime\n"
            "source = kind.load().open(SourceSetup('me', None, K(), K(), lambda: datetime.now(UTC), print))\n"
            "assert not source.status().is_linked; assert not {'stravalib', 'requests'} & set(sys.modules)\n"
        )
        run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert ("", 0) == (run.stderr, run.returncode)

    def test_a_password_of_netrc_does_not_replace_the_token(self, linked, tmp_path, monkeypatch):
        """`requests` would put it over the Authorization header."""
        (tmp_path / "netrc").write_text("default login somebody password else\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        api_of(linked).get("/athlete", dict)
        assert linked.secrets.values["access_token"] == linked.strava.requests[-1].authorization

    def test_its_own_variables_do_not_make_it_refresh_by_itself(self, linked, monkeypatch):
        """With them stravalib would fetch a token of its own and keep it in memory alone."""
        monkeypatch.setenv("STRAVA_CLIENT_ID", str(CLIENT_ID))
        monkeypatch.setenv("STRAVA_CLIENT_SECRET", CLIENT_SECRET)
        with warnings.catch_warnings(record=True) as told:
            api_of(linked).get("/athlete", dict)
        assert [] == told
        assert 0 == linked.strava.count("/oauth/token")

    @pytest.mark.parametrize("url", ["http://example.org", "ftp://127.0.0.1", "strava", ""])
    def test_a_token_goes_to_no_address_without_tls(self, monkeypatch, url):
        monkeypatch.setenv("GAITKEEPER_STRAVA_URL", url)
        with pytest.raises(NeedsAttention, match="https://"):
            base_url()
