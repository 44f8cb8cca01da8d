"""The log of what the program does: one line a fact, as text or JSON, with ids and nothing personal."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from pipeline.log_lines import LOG_VARIABLE, log, start_log

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the process's logging as it was."""
    monkeypatch.setenv(LOG_VARIABLE, "off")
    yield
    monkeypatch.setenv(LOG_VARIABLE, "off")
    start_log("off")


def test_a_line_of_text_tells_one_fact(capsys):
    """Readable with grep; what has spaces is quoted."""
    start_log("text")
    log("source_synced", source="folder:watch", new_count=4, message="It went away.", elapsed_s=None)
    captured = capsys.readouterr()
    _, _, told = captured.err.strip().partition(" ")
    assert 'info source_synced source=folder:watch new_count=4 message="It went away." elapsed_s=-' == told
    assert "" == captured.out


def test_a_line_of_json_is_one_object(capsys):
    """For those who collect logs: a line is an object, whatever stands in it."""
    start_log("json")
    log("night_failed", level=logging.ERROR, message='a "word"\nand a second line', new_count=0)
    lines = capsys.readouterr().err.splitlines()
    assert 1 == len(lines)
    row = json.loads(lines[0])
    assert row.pop("at_utc").endswith("+00:00")
    assert {"level": "error", "event": "night_failed", "message": 'a "word"\nand a second line', "new_count": 0} == row


def test_text_keeps_to_one_line(capsys):
    """A sentence with a line end in it must not look like a second entry."""
    start_log("text")
    log("night_failed", message="one\ntwo")
    assert 1 == len(capsys.readouterr().err.splitlines())


def test_nothing_is_logged_unless_asked_for(capsys):
    """`gaitkeeper sync` under cron mails whatever it prints."""
    start_log(None)
    log("source_synced", new_count=1)
    assert "" == capsys.readouterr().err


def test_the_environment_asks_for_it_and_hands_it_on(capsys, monkeypatch):
    """A run that `serve` starts writes as `serve` does; the command line goes before the environment."""
    monkeypatch.setenv(LOG_VARIABLE, "json")
    start_log(None)
    log("one")
    start_log("text")
    start_log(None)
    log("two")
    first, second = capsys.readouterr().err.splitlines()
    assert ("one", True) == (json.loads(first)["event"], second.endswith("info two"))
