"""The wheel: what is in it, and that the command runs from it, somewhere else, without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from support.source_tree import PACKAGES, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "GAITKEEPER_HOME")}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel offline, once."""
    target = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=ROOT)
    assert 0 == built.returncode, built.stderr
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def names(wheel) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Install the wheel into a folder of its own; its dependencies are those of this environment."""
    target = tmp_path_factory.mktemp("installed")
    done = run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", "--target", target, wheel,
        cwd=target,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    return target


def test_the_wheel_holds_the_four_packages_and_nothing_else_on_top(names):
    """A stray top-level name (tests, sql, data) would be imported by somebody else's program."""
    assert set(PACKAGES) == {name.partition("/")[0] for name in names if ".dist-info" not in name}


def test_every_module_is_in_the_wheel(names):
    """No file of the four packages is left out."""
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix in (".py", ".toml") and "__pycache__" not in path.parts
    }
    assert set() == ours - set(names)


def test_every_sql_file_lies_beside_the_warehouse(names):
    """The relations travel with the program."""
    ours = {
        path.relative_to(ROOT / "sql").as_posix()
        for path in (ROOT / "sql").rglob("*")
        if path.suffix in (".sql", ".toml")
    }
    assert ours
    assert ours == {
        name.removeprefix("pipeline/warehouse/sql/") for name in names if name.startswith("pipeline/warehouse/sql/")
    }


def test_the_example_log_and_the_protocols_are_inside(names):
    """`gaitkeeper demo` works on a machine that has only the wheel."""
    assert "gaitkeeper/example/journal.toml" in names
    assert [] != [name for name in names if name.startswith("gaitkeeper/example/watch/") and name.endswith(".fit")]
    assert [] != [name for name in names if name.startswith("gaitkeeper/example/phone/") and name.endswith(".gpx")]
    assert "pipeline/compliance/protocols/return_to_run_hip.toml" in names


def test_what_reports_are_set_with_is_inside(names):
    """Templates and fonts (with their licence) travel with the program: a PDF is the same on every machine."""
    ours = {
        path.relative_to(ROOT).as_posix()
        for folder in ("templates", "fonts")
        for path in (ROOT / "pipeline" / "reports" / folder).rglob("*")
        if path.is_file()
    }
    assert {".typ", ".html", ".css", ".ttf", ".txt"} <= {"." + name.rpartition(".")[2] for name in ours}
    assert set() == ours - set(names)


def test_no_test_and_no_cache_is_inside(names):
    """What is installed is what runs."""
    assert [] == [
        name for name in names if "__pycache__" in name or "test_" in name.rpartition("/")[2] or "conftest" in name
    ]


def test_the_licence_and_the_command_are_declared(wheel):
    """The wheel says what it may be used for and which command it brings."""
    with zipfile.ZipFile(wheel) as archive:
        texts = {
            name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name
        }
    assert "gaitkeeper = gaitkeeper.cli:main" in texts["entry_points.txt"]
    assert "Apache" in texts["LICENSE"]
    assert "Private :: Do Not Upload" in texts["METADATA"]


def test_the_command_runs_from_the_installed_wheel(installed, tmp_path):
    """From another folder, with the example log and the SQL that lie inside the wheel."""
    here = {"PYTHONPATH": str(installed), "GAITKEEPER_HOME": str(tmp_path / "home")}
    where = run(sys.executable, "-c", "import gaitkeeper, pipeline.warehouse.catalog as c; print(gaitkeeper.__file__, c.sql_folder())",
                cwd=tmp_path, **here)  # fmt: skip
    assert str(ROOT) not in where.stdout
    assert 2 == where.stdout.count(str(installed))
    command = installed / "bin" / "gaitkeeper"
    version = run(command, "--version", cwd=tmp_path, **here)
    assert (0, "") == (version.returncode, version.stderr)
    imported = run(command, "import", installed / "gaitkeeper/example/watch/2026-03-18-07-30.fit", "--format", "json",
                   cwd=tmp_path, **here)  # fmt: skip
    assert 0 == imported.returncode, imported.stderr
    assert 1 == json.loads(imported.stdout)[0]["new_count"]
    week = run(command, "week", "--week", "2026-W12", "--format", "json", cwd=tmp_path, **here)
    assert (0, 1) == (week.returncode, json.loads(week.stdout)[0]["run_count"])
