"""Pages on a real terminal: colour where it helps, the same words without it, the width that there is."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pipeline.settings import Home

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(home: Home, *arguments: str, **environment: str) -> str:
    """Run a command whose standard output is a terminal, and return what it wrote there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gaitkeeper", *arguments, "--home", str(home.path), "--as-of", "2026-04-12"],
        stdout=slave,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(slave)
    parts = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(master)
    assert 1 == process.wait(timeout=60)
    return b"".join(parts).decode().replace("\r\n", "\n")


@pytest.mark.parametrize("command", [("week", "--week", "2026-W15"), ("status",)], ids=["week", "status"])
def test_colour_adds_nothing_but_colour(example_home, command):
    """Without NO_COLOR words of outcomes are set off; taken away, the page is letter by letter the plain one."""
    coloured = on_a_terminal(example_home, *command)
    plain = on_a_terminal(example_home, *command, NO_COLOR="1", TERM="dumb")
    assert ESCAPES.search(coloured)
    assert not ESCAPES.search(plain)
    assert plain == ESCAPES.sub("", coloured)


@pytest.mark.parametrize("columns", [40, 60, 120])
@pytest.mark.parametrize("command", [("week", "--week", "2026-W15"), ("status",)], ids=["week", "status"])
def test_a_page_keeps_to_the_terminals_width(example_home, command, columns):
    """Nothing runs over the edge, down to the 40 columns of a phone's terminal."""
    text = on_a_terminal(example_home, *command, COLUMNS=str(columns), NO_COLOR="1", TERM="dumb")
    assert "│" in text
    assert [] == [line for line in text.splitlines() if len(line) > columns]
