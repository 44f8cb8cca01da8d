"""`gaitkeeper connect strava` and `pain --offers`, as somebody at a terminal meets them."""

from __future__ import annotations

import io
import threading
import urllib.request
from datetime import timedelta

import pytest

from gaitkeeper.commands import connect_strava
from pipeline.kept import KeptFile
from support.command import gaitkeeper, is_sentence
from support.strava_activity import strava_run
from support.strava_home import StravaLog, running_strava
from support.strava_server import CLIENT_ID, CLIENT_SECRET
from support.synthetic_run import SyntheticRun, easy


@pytest.fixture
def strava():
    with running_strava() as found:
        yield found


@pytest.fixture
def log(tmp_path) -> StravaLog:
    (tmp_path / "log").mkdir()
    return StravaLog(tmp_path / "log")


@pytest.fixture
def application(monkeypatch):
    """The application in the environment, and a machine with a screen."""
    monkeypatch.setenv("STRAVA_CLIENT_ID", str(CLIENT_ID))
    monkeypatch.setenv("STRAVA_CLIENT_SECRET", CLIENT_SECRET)
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def browser(monkeypatch):
    """A browser that says yes at Strava and follows it back."""
    threads = []

    def opened(address: str) -> bool:
        def visit() -> None:
            port = address.partition("127.0.0.1%3A")[2].partition("%2F")[0]
            urllib.request.urlopen(f"http://127.0.0.1:{port}/strava?state=another&code=stolen").close()  # not ours
            urllib.request.urlopen(address).close()

        threads.append(threading.Thread(target=visit))
        threads[-1].start()
        return True

    monkeypatch.setattr(connect_strava.webbrowser, "open", opened)
    yield
    for thread in threads:
        thread.join()


def kept(log: StravaLog) -> dict:
    return KeptFile(log.home.secret_folder / "strava-me.json").read()


def paste(monkeypatch, strava, answer: str | None = None):
    """Somebody opens the shown address on another machine and pastes where it ends."""

    class Terminal(io.StringIO):
        def readline(self, *_args):
            return (answer or "") + "\n"

    monkeypatch.setattr("sys.stdin", Terminal())


@pytest.mark.usefixtures("application", "browser")
def test_in_the_browser(strava, log):
    """Linked to whom, what to add to config.toml, and not a word of the secret."""
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert 0 == answer.status, answer.err
    assert "Linked to Ida Fictional (90210001) for me." in answer.out
    assert 'kind = "strava"' in answer.out
    assert kept(log)["access_token"] in strava.access
    for secret in strava.secrets:
        assert secret not in answer.out + answer.err
    assert 0o600 == (log.home.secret_folder / "strava-me.json").stat().st_mode & 0o777


@pytest.mark.usefixtures("application", "browser")
def test_linked_and_configured_it_is_read_and_doctor_says_so(strava, log):
    """Linking again keeps the block that is there."""
    with log.home.config_file.open("a", encoding="utf-8") as stream:
        stream.write('\n[[source]]\nkind = "strava"\nrunner = "me"\n')
    before = gaitkeeper("doctor", "--home", log.home.path)
    assert "gaitkeeper connect strava" in before.out
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert "config.toml" not in answer.out
    after = gaitkeeper("doctor", "--home", log.home.path)
    assert "linked to Ida Fictional" in after.out
    assert 0 == strava.count("/api/")


@pytest.mark.usefixtures("application")
def test_over_ssh_by_pasting(strava, log, monkeypatch):
    """No browser is opened here; the pasted address has to answer what was just asked."""
    monkeypatch.setenv("SSH_CONNECTION", "somewhere")
    monkeypatch.setattr(connect_strava.webbrowser, "open", lambda address: pytest.fail("a browser was opened"))
    shown = []
    real = connect_strava.say

    def say(sentence: str) -> None:
        shown.append(sentence)
        real(sentence)

    def prompt(*_args, **_options) -> str:
        address = next(word for sentence in shown for word in sentence.split() if "/oauth/authorize?" in word)
        with urllib.request.urlopen(address) as page:
            return page.url

    monkeypatch.setattr(connect_strava, "say", say)
    monkeypatch.setattr(connect_strava.click, "prompt", prompt)
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert 0 == answer.status, answer.err
    assert "Linked to Ida Fictional" in answer.out


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    "pasted", ["nonsense", "http://127.0.0.1:1/strava?state=x&code=y&scope=read,activity:read_all"]
)
def test_what_does_not_answer_is_refused_and_changes_nothing(strava, log, monkeypatch, pasted):
    paste(monkeypatch, strava, pasted)
    answer = gaitkeeper("connect", "strava", "--paste", "--home", log.home.path)
    assert 2 == answer.status
    assert "does not belong" in answer.err
    assert is_sentence(answer.err)
    assert None is KeptFile(log.home.secret_folder / "strava-me.json").read()


@pytest.mark.usefixtures("application", "browser")
@pytest.mark.parametrize(("consent", "words"), [("", "not given"), ("read", "box")])
def test_a_no_is_told(strava, log, consent, words):
    strava.consent = consent
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert 2 == answer.status
    assert words in answer.err


@pytest.mark.usefixtures("application", "browser")
def test_half_a_yes_is_linked_and_told(strava, log):
    strava.consent = "read,activity:read"
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert 0 == answer.status
    assert "privacy zone" in answer.err


def test_without_an_application_it_says_how_to_get_one(log, monkeypatch):
    monkeypatch.delenv("STRAVA_CLIENT_ID", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert 2 == answer.status
    assert "https://www.strava.com/settings/api" in answer.err


def test_a_client_id_is_a_number(log, monkeypatch):
    monkeypatch.setenv("STRAVA_CLIENT_ID", "my app")
    monkeypatch.setenv("STRAVA_CLIENT_SECRET", "x")
    answer = gaitkeeper("connect", "strava", "--home", log.home.path)
    assert 2 == answer.status
    assert "number" in answer.err


def test_it_can_be_forgotten(strava, log):
    """Strava is told, the tokens are gone, the application is kept for the next time."""
    log.link(strava)
    answer = gaitkeeper("connect", "strava", "--forget", "--home", log.home.path)
    assert (0, {}) == (answer.status, strava.refresh)
    assert {"client_id", "client_secret"} == set(kept(log))
    again = gaitkeeper("connect", "strava", "--forget", "--home", log.home.path)
    assert 2 == again.status


def test_it_is_forgotten_here_though_strava_is_down(strava, log):
    log.link(strava)
    strava.fail("500", "/oauth/deauthorize", times=9)
    answer = gaitkeeper("connect", "strava", "--forget", "--home", log.home.path)
    assert 0 == answer.status
    assert "settings/apps" in answer.err
    assert "access_token" not in kept(log)


def test_a_note_is_offered_and_never_taken(strava, log):
    """`pain 2/10` is a line to be confirmed; confirmed, it is an answer like any other, and no longer offered."""
    log.link(strava)
    start = strava.clock.now().replace(microsecond=0) - timedelta(days=1)
    strava.add(strava_run(1, SyntheticRun((easy(900),), start_utc=start), description="Hip pain 2/10 on the hills."))
    log.night(strava.clock)
    home = ("--home", log.home.path, "--as-of", "2026-04-12")
    (offer,) = gaitkeeper("pain", "--offers", "--format", "json", *home).rows
    assert ("during", 2, "Hip pain 2/10 on the hills") == (offer["moment"], offer["pain_0_10"], offer["text"])
    assert [] == log.ask("from symptom")
    words = offer["confirm"].split()
    assert ["gaitkeeper", "pain", offer["session_id"], "--during", "2"] == words
    assert 0 == gaitkeeper(*words[1:], *home).status
    assert [2] == [row["pain_0_10"] for row in log.ask("from symptom")]
    assert "No note says anything" in gaitkeeper("pain", "--offers", *home).out


def test_offers_take_no_answers(log):
    answer = gaitkeeper("pain", "--offers", "--during", "2", "--home", log.home.path)
    assert 2 == answer.status
    assert "--offers lists" in answer.err
