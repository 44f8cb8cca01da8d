"""A command that only reads starts without Prefect, the accounts, charts or decoders."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.example_home import EXAMPLE_DAY
from support.source_tree import ROOT

#: What a command that only reads has no use for; the seconds are what each costs on a small machine.
HEAVY = {
    "prefect": 1.5, "fastapi": 0.6, "sqlalchemy": 0.4, "pydantic": 0.3, "httpx": 0.3, "stravalib": 0.5, "pandas": 0.7,
    "altair": 0.5, "matplotlib": 0.5, "plotly": 0.5, "fitparse": 0.1, "gpxpy": 0.1, "timezonefinder": 0.3, "scipy": 0.3,
    "pyarrow": 0.3, "connectors": 0.1, "hypothesis": 0.3,
}  # fmt: skip

_REPORT = """
import json, sys
from gaitkeeper.cli import main
try:
    main()
except SystemExit:
    pass
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def imported_by(home, *arguments: str) -> set[str]:
    """Return the top-level modules that a command has imported in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _REPORT, "--home", str(home.path), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("week", "--as-of", EXAMPLE_DAY),
        ("status", "--as-of", EXAMPLE_DAY, "--format", "json"),
        ("flagged", "--format", "json"),
        ("session", "last", "--format", "json"),
        ("sql", "from session_fact limit 3", "--format", "csv"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_reading_command_imports_nothing_heavy(example_home, arguments):
    """Who asks for the week doesn't wait for the night's machinery."""
    loaded = imported_by(example_home, *arguments)
    assert "duckdb" in loaded
    assert set() == loaded & set(HEAVY)


def test_the_list_of_commands_imports_no_database(example_home):
    """`gaitkeeper --help` is there at once."""
    loaded = imported_by(example_home, "--help")
    assert set() == loaded & (set(HEAVY) | {"duckdb", "numpy", "rich"})
