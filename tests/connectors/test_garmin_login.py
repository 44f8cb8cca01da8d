"""Linking a Garmin account: the real library against a login on this machine, and the command around it."""

from __future__ import annotations

import json
import stat

import pytest
from click.testing import CliRunner

from gaitkeeper.commands import connect_garmin
from gaitkeeper.commands.home import make_home
from pipeline.errors import GaitkeeperError, NeedsAttention, TryAgainLater
from pipeline.settings import Home
from support.garmin_home import MemoryKeeper, needs_library
from support.garmin_server import CODE, EMAIL, LIST, MOBILE, PASSWORD, PORTAL, PROFILE, TOKEN, WIDGET, GarminServer

SECRETS_FILE = "secrets/garmin-anna.json"


@pytest.fixture
def home(tmp_path):
    fresh = Home(tmp_path / "home")
    make_home(fresh, "anna", "UTC")
    return fresh


@pytest.fixture
def server(monkeypatch):
    """A server, and the library's waits between page and password (for Garmin's sake) taken out."""
    sso = pytest.importorskip(
        "garminconnect.client.sso", reason="garminconnect is an optional extra for Python >= 3.12"
    )
    for way in ("MOBILE", "WIDGET", "LOGIN"):
        for end in ("MIN", "MAX"):
            monkeypatch.setattr(sso, f"{way}_DELAY_{end}_S", 0)
    from connectors.garmin_web import Account

    with GarminServer() as running:
        monkeypatch.setattr(connect_garmin, "open_login", lambda secrets: Account(secrets, running.origin))
        yield running


def connect(home, *answers, options=()):
    """Run the command as a person does; an error comes back as it would reach `gaitkeeper.cli.main`."""
    typed = "".join(f"{answer}\n" for answer in answers)
    result = CliRunner().invoke(connect_garmin.garmin_command, ["--home", str(home.path), *options], input=typed)
    if result.exception is not None and not isinstance(result.exception, GaitkeeperError | SystemExit):
        raise result.exception
    return result


class TestLinking:
    def test_the_token_is_kept_for_its_owner_alone_and_the_password_nowhere(self, home, server):
        result = connect(home, EMAIL, PASSWORD)
        assert 0 == result.exit_code
        assert "Linked to runner for anna." in result.output
        file = home.path / SECRETS_FILE
        assert 0o600 == stat.S_IMODE(file.stat().st_mode)
        assert server.handed_out == [json.loads(file.read_text())[name] for name in ("di_token", "di_refresh_token")]
        everything = "".join(path.read_text("utf-8", "replace") for path in home.path.rglob("*") if path.is_file())
        assert PASSWORD not in everything + result.output
        assert not [token for token in server.handed_out if token in result.output]

    def test_people_are_told_first_that_the_login_imitates_a_browser(self, home, server):
        output = connect(home, EMAIL, PASSWORD).output
        assert "imitated down to\na browser's fingerprint" in output
        assert output.index("imitated") < output.index("Password")

    def test_it_says_what_to_add_for_the_night_unless_it_is_there(self, home, server):
        assert 'kind = "garmin"\nrunner = "anna"' in connect(home, EMAIL, PASSWORD).output
        with home.config_file.open("a") as stream:
            stream.write('\n[[source]]\nkind = "garmin"\nrunner = "anna"\n')
        assert "[[source]]" not in connect(home, EMAIL, PASSWORD).output

    def test_a_code_is_asked_for_where_garmin_asks_for_one(self, home, server):
        server.asks_code = True
        assert "Linked to runner" in connect(home, PASSWORD, CODE, options=["--email", EMAIL]).output

    def test_a_mistyped_code_may_be_given_again_without_a_new_login(self, home, server):
        server.asks_code = True
        result = connect(home, EMAIL, PASSWORD, "000000", CODE)
        assert "does not take this code. Another try:" in result.output
        assert "Linked to runner" in result.output
        assert 1 == server.count(MOBILE)

    def test_three_wrong_codes_are_enough(self, home, server):
        server.asks_code = True
        result = connect(home, EMAIL, PASSWORD, "1", "2", "3", "4")
        assert isinstance(result.exception, NeedsAttention)
        assert not (home.path / SECRETS_FILE).exists()

    def test_no_terminal_to_ask_at_ends_at_once(self, home, server):
        """Under cron nobody answers: it ends, and nothing was sent."""
        result = connect(home)
        assert 1 == result.exit_code
        assert [] == server.asked

    def test_linking_again_replaces_the_link_and_forgetting_ends_it(self, home, server):
        connect(home, EMAIL, PASSWORD)
        server.access_tokens.clear()
        server.refresh_tokens.clear()
        connect(home, EMAIL, PASSWORD)
        assert server.handed_out[-2] == json.loads((home.path / SECRETS_FILE).read_text())["di_token"]
        assert "Forgotten" in connect(home, options=["--forget"]).output
        assert not (home.path / SECRETS_FILE).exists()

    def test_a_profile_that_cant_be_read_does_not_cost_the_link(self, home, server):
        server.dial(PROFILE, "500")
        assert "Linked to the Garmin account for anna." in connect(home, EMAIL, PASSWORD).output


class TestTrouble:
    def test_a_wrong_password_is_sent_once(self, home, server):
        """More tries lock accounts: the library would go on by other ways only where the password is not the reason."""
        result = connect(home, EMAIL, "wrong")
        assert "does not take this e-mail address and password" in str(result.exception)
        assert 1 == server.count(MOBILE)
        assert 0 == server.count(WIDGET) + server.count(PORTAL)

    def test_account_locked(self, home, server):
        """pe-st/garmin-connect-export#60: the account is locked; more logins don't unlock it."""
        server.is_locked = True
        result = connect(home, EMAIL, PASSWORD)
        assert isinstance(result.exception, NeedsAttention)
        assert "has locked this account. Unlock it at https://sso.garmin.com" in str(result.exception)
        assert 1 == server.count(MOBILE) + server.count(WIDGET) + server.count(PORTAL)

    @pytest.mark.parametrize("fault", ["429", "427", "429 for 30 h"])
    def test_a_limit_at_the_login_is_asked_once_and_starts_the_cool_down(self, home, server, fault):
        """The library tries eleven logins in a row; each re-arms the block. Here the first answer is believed."""
        server.dial(MOBILE, fault)
        first = connect(home, EMAIL, PASSWORD)
        assert isinstance(first.exception, TryAgainLater)
        assert ["/mobile/sso/en_US/sign-in", "/mobile/api/login"] == [one[1] for one in server.asked]
        again = connect(home, EMAIL, PASSWORD)
        assert "so nothing is asked" in str(again.exception)
        assert 2 == len(server.asked)
        assert "Password" not in again.output

    @pytest.mark.parametrize("fault", ["403 page", "captcha", "page", "torn JSON"])
    def test_a_challenge_by_one_way_leaves_the_next_way(self, home, server, fault):
        server.dial(MOBILE, fault)
        assert "Linked to runner" in connect(home, EMAIL, PASSWORD).output
        assert 2 == server.count(WIDGET)

    def test_a_challenge_by_every_way_is_told_as_one(self, home, server):
        server.dial("/mobile/sso", "403 page")
        server.dial("/sso/embed", "403 page")
        server.dial(PORTAL, "captcha")
        result = connect(home, EMAIL, PASSWORD)
        assert "Cloudflare" in str(result.exception)
        assert isinstance(result.exception, TryAgainLater)

    def test_a_login_page_that_changed_says_to_update_the_library(self, home, server):
        server.is_login_changed = True
        assert "pip install -U garminconnect" in str(connect(home, EMAIL, PASSWORD).exception)

    def test_a_login_without_a_token_that_lasts_is_none(self, home, server):
        """The library falls back to a cookie that it can't keep, and calls that a login."""
        server.dial(TOKEN, *["500"] * 12)
        result = connect(home, EMAIL, PASSWORD)
        assert isinstance(result.exception, TryAgainLater)
        assert not (home.path / SECRETS_FILE).exists()

    def test_a_token_that_the_api_refuses_leads_to_the_next_way(self, home, server):
        """cyberjunky/python-garminconnect#369: some accounts get tokens by one way that the API does not take."""
        server.dial(PROFILE, "401", "401")
        assert "Linked to runner" in connect(home, EMAIL, PASSWORD).output
        assert 2 == server.count(TOKEN)

    def test_a_garmin_that_is_out_of_order_is_no_reason_to_try_every_way(self, home, server):
        server.dial(MOBILE, "500")
        assert "out of order" in str(connect(home, EMAIL, PASSWORD).exception)
        assert 0 == server.count("/sso")

    def test_what_the_library_says_reaches_nobody(self, home, server, caplog, capfd):
        server.dial(MOBILE, "torn JSON")
        server.dial("/sso/embed", "hang up", "hang up")
        connect(home, EMAIL, PASSWORD)
        assert "" == caplog.text + "".join(capfd.readouterr())


def test_without_the_library_the_command_names_the_python_and_the_file_ways(home, monkeypatch):
    """On Python 3.11 there is no garminconnect: one sentence, no traceback, and what works instead."""
    monkeypatch.setattr("connectors.garmin.find_spec", lambda _: None)
    error = connect(home).exception
    assert isinstance(error, NeedsAttention)
    assert "Python 3.12 or newer" in str(error)
    assert "`gaitkeeper import`" in str(error)


def test_forgetting_needs_no_library(home, monkeypatch):
    monkeypatch.setattr("connectors.garmin.find_spec", lambda _: None)
    (home.path / "secrets").mkdir(exist_ok=True)
    (home.path / SECRETS_FILE).write_text("{}")
    assert "Forgotten" in connect(home, options=["--forget"]).output
    assert not (home.path / SECRETS_FILE).exists()


@needs_library
def test_an_account_shows_nothing_of_what_it_holds():
    from connectors.garmin_web import Account

    with GarminServer() as running:
        keeper = MemoryKeeper(running.kept())
        account = Account(keeper, running.origin)
        account.activities(0, 1, None)
        assert not [
            token for token in running.handed_out for thing in (account, account._client) if token in repr(thing)
        ]
        assert 1 == running.count(LIST)
