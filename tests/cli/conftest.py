"""Homes that tests of commands may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gaitkeeper.commands.demo import example_folder
from support.example_home import copy_of, make_example_home

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.settings import Home

#: Days of the example with one of each kind: strides, treadmill, ride, recorded twice, hills, midnight, cut short, tempo.
SMALL_DAYS = ("03-10", "03-12", "03-15", "03-16", "03-18", "03-23", "03-27", "04-02", "04-08", "04-10", "04-12")


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of SMALL_DAYS, below watch/ and phone/."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("watch", "phone"):
        (folder / name).mkdir()
        for day in SMALL_DAYS:
            for file in (example_folder() / name).glob(f"2026-{day}-*"):
                (folder / name / file.name).symlink_to(file)
    return folder


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Home:
    """The example log of SMALL_DAYS: whatever is done to the whole log is done to it quickly."""
    return make_example_home(tmp_path_factory.mktemp("small") / "home", small_folder)


@pytest.fixture
def own_home(example_home: Home, tmp_path: Path) -> Home:
    """A copy of the example home."""
    return copy_of(example_home, tmp_path / "copy")


@pytest.fixture
def own_small(small_home: Home, tmp_path: Path) -> Home:
    """A copy of the small home."""
    return copy_of(small_home, tmp_path / "small")
