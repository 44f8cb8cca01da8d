"""`gaitkeeper web`: where it serves, when it refuses, and who may log in."""

from __future__ import annotations

import io
import socket
import sys

import pytest

from gaitkeeper.web.accounts import AccountBook
from gaitkeeper.web.security import Place
from gaitkeeper.web.serving import listening
from pipeline.errors import NeedsAttention
from support.command import gaitkeeper, is_sentence
from support.web_accounts import PASSWORD
from support.web_home import A, B


def add(home, monkeypatch, *words: str, password: str = PASSWORD):
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    return gaitkeeper("--home", home.path, "web", "account", "add", *words, "--password-stdin")


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("--host", "192.168.1.4"), ("--host", "::")])
def test_beyond_this_machine_accounts_come_first(web_home, words):
    """It refuses, and says how to make them."""
    answer = gaitkeeper("--home", web_home.path, "web", *words)
    assert 2 == answer.status
    assert "beyond this machine: make accounts first. gaitkeeper web account add NAME" in answer.err
    assert is_sentence(answer.err.replace("(or --role clinician)", "."))


def test_behind_a_proxy_accounts_come_first(own_home):
    """A public address in the config is beyond this machine, wherever it listens."""
    with own_home.config_file.open("a", encoding="utf-8") as stream:
        stream.write('\n[web]\npublic_url = "https://gait.example.org"\n')
    answer = gaitkeeper("--home", own_home.path, "web")
    assert 2 == answer.status
    assert "as https://gait.example.org, beyond this machine" in answer.err


@pytest.mark.parametrize("address", ["gait.example.org", "ftp://x", "https://x/path", "https://"])
def test_a_public_address_that_is_none_is_told(address):
    """Named with what would be right."""
    from pipeline.config import WebConfig

    with pytest.raises(NeedsAttention, match="write the address that people type"):
        Place.of(WebConfig(public_url=address))


def test_accounts_are_added_listed_and_removed(own_home, monkeypatch):
    """The password is read, never shown; a list shows who may see whom."""
    assert 0 == add(own_home, monkeypatch, "anna", "--role", "runner", "--runner", A).status
    words = ("clara", "--role", "clinician", "--runner", A, "--runner", B, "--full-name", "Dr Clara Example")
    answer = add(own_home, monkeypatch, *words)
    assert "clara may log in as clinician and see example, bea." in answer.err
    assert PASSWORD not in answer.err + answer.out
    rows = gaitkeeper("--home", own_home.path, "web", "account", "list", "--format", "json").rows
    assert [
        {"name": "anna", "role": "runner", "full_name": "anna", "runner_ids": [A]},
        {"name": "clara", "role": "clinician", "full_name": "Dr Clara Example", "runner_ids": [A, B]},
    ] == rows
    assert 0 == gaitkeeper("--home", own_home.path, "web", "account", "remove", "anna").status
    assert ["clara"] == list(AccountBook(own_home).all())


@pytest.mark.parametrize(
    ("words", "password", "told"),
    [
        (("anna", "--role", "runner", "--runner", "nobody"), PASSWORD, "There is no runner 'nobody'"),
        (("anna", "--role", "runner"), PASSWORD, "Missing option '--runner'"),
        (("anna", "--role", "owner", "--runner", A), PASSWORD, "'owner' is not one of"),
        (("anna", "--role", "runner", "--runner", A), "short", "A password has 10 to 1000 letters"),
    ],
)
def test_an_account_that_cant_be_is_told(own_home, monkeypatch, words, password, told):
    """Exit status 2, a sentence, nothing written."""
    answer = add(own_home, monkeypatch, *words, password=password)
    assert 2 == answer.status
    assert told in answer.err
    assert {} == AccountBook(own_home).all()


def test_removing_whom_nobody_knows_is_told(own_home):
    """With the names that there are."""
    answer = gaitkeeper("--home", own_home.path, "web", "account", "remove", "anna")
    assert 2 == answer.status
    assert "There is no account 'anna' (there are: none)." in answer.err


def test_a_port_that_is_taken_is_told():
    """Another program listens there: which, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NeedsAttention, match=f"Nothing can be served at 127.0.0.1:{port}: .* Name another --port"):
            listening(Place("127.0.0.1", port))


def test_it_serves_on_this_machine(web_home):
    """As its user starts it: in a process of its own, with its address on standard error."""
    import re
    import subprocess
    import urllib.request

    from support.source_tree import ROOT

    command = [
        sys.executable,
        "-m",
        "gaitkeeper",
        "--home",
        str(web_home.path),
        "web",
        "--port",
        "0",
        "--as-of",
        "2026-04-13",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        assert found
        with urllib.request.urlopen(found[0] + "clinic", timeout=30) as response:
            assert b"Caseload" in response.read()
    finally:
        process.terminate()
        assert process.wait(timeout=20) is not None
        process.stderr.close()
