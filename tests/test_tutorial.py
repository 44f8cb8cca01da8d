"""The tutorial is run, line by line: what it shows is what comes out. `...` stands for anything, also for whole lines."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.command import gaitkeeper
from support.source_tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TUTORIAL = ROOT / "docs" / "tutorial.md"

#: Pages fit themselves to the terminal; the tutorial shows them as a pipe of this width gets them.
COLUMNS = "100"


@dataclass(frozen=True)
class Step:
    """One command of the tutorial, and what it shows."""

    command: str
    shown: str


def steps() -> list[Step]:
    """Return the commands of every `console` block in order; a block `sh` is shown only (it waits, or is the reader's own)."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", TUTORIAL.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Step(command.strip(), shown.strip("\n")))
    return found


def pattern_of(shown: str) -> str:
    """Return what the output must match: a line of `...` is any lines, `...` in a line any words."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"[ ]*\n"
        for line in shown.splitlines()
    ]
    return "".join(lines)


def run(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Run one line as a shell in this folder would; return its standard output and its standard error."""
    words = shlex.split(command)
    if words[0] == "export":
        name, _, value = words[1].partition("=")
        monkeypatch.setenv(name, value)
        return "", ""
    if words[0] == "gaitkeeper":
        answer = gaitkeeper(*words[1:])
        assert answer.status in (0, 1), f"{command}\n{answer.err}"
        return answer.out, answer.err
    assert words[0] == "python", f"nobody knows how to run {command!r}"
    done = subprocess.run([sys.executable, *words[1:]], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_the_tutorial_shows_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """From a zip to the end of the first week, with the practice export that the reader makes, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", COLUMNS)
    (tmp_path / "data").symlink_to(ROOT / "data")
    told = steps()
    assert len(told) > 15
    for step in told:
        out, err = run(step.command, tmp_path, monkeypatch)
        if not step.shown:
            continue
        pattern = pattern_of(step.shown)
        assert any(re.fullmatch(pattern, text) for text in (out + err, err + out)), f"$ {step.command}\n{err}{out}"


def test_a_step_that_shows_something_else_would_be_found():
    """The pattern is not one that takes everything."""
    assert re.fullmatch(pattern_of("one\n...\nthree ... five"), "one\ntwo\nthree 4 five\n")
    assert not re.fullmatch(pattern_of("one\nthree"), "one\ntwo\nthree\n")
    assert not re.fullmatch(pattern_of("one"), "one\ntwo\n")
