"""The command `gaitkeeper`, called in this process as a shell would call it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from gaitkeeper.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON: all of it, or the test fails."""
        found = json.loads(self.out)
        assert isinstance(found, list)
        return found


def gaitkeeper(*arguments: object) -> Answer:
    """Run one command and return its answer."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["gaitkeeper", *map(str, arguments)]
    status: object = None
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as leaving:
        status = leaving.code
    finally:
        sys.argv = before
    assert isinstance(status, int)
    return Answer(status, out.getvalue(), err.getvalue())


def is_sentence(text: str) -> bool:
    """Return whether an error is something a person can act on: no traceback, no excuse of ours."""
    return "Traceback" not in text and "mistake of Gaitkeeper's own" not in text and text.strip().endswith((".", ":"))
