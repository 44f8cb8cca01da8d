"""What the home gives to a source: a wait that is long enough to wonder about is said in the log."""

from __future__ import annotations

import pytest

from flows import sources
from flows.sources import setup_of
from pipeline.config import SourceConfig
from pipeline.log_lines import start_log
from pipeline.settings import Home


@pytest.mark.parametrize(("wait_s", "expected"), [(3.0, []), (59.9, []), (568.4, ["wait_s=568"])])
def test_a_night_that_waits_for_a_limit_says_so(tmp_path, monkeypatch, capsys, wait_s, expected):
    """A quarter of an hour without a word looks like a program that hangs; a retry's seconds don't."""
    slept: list[float] = []
    monkeypatch.setattr(sources.time, "sleep", slept.append)
    monkeypatch.setenv("GAITKEEPER_LOG", "off")  # put back afterwards
    start_log("text")
    try:
        setup_of(Home(tmp_path), SourceConfig("strava", None, "me")).sleep(wait_s)
    finally:
        start_log("off")
    assert [wait_s] == slept
    assert expected == [word for word in capsys.readouterr().err.split() if word.startswith("wait_s")]
