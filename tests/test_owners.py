"""Each library has one owner, so that one place changes when it changes; and nothing is pinned that nobody uses."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest

from support.source_tree import PACKAGES, ROOT, Import, all_imports

#: Import name -> pattern of the modules that may import it.
OWNERS = {
    "altair": r"pipeline\.reports\.charts\.render",
    "argon2": r"gaitkeeper\.web\.accounts",
    "click": r"gaitkeeper(\..+)?",
    "distributed": r"flows\.cluster",
    "duckdb": r"pipeline\.warehouse\..+",
    "fastcrc": r"connectors\.fit\w*",
    "fhir": r"pipeline\.reports\.clinician\.fhir",
    "fitparse": r"connectors\.fit\w*",
    "fsspec": r"pipeline\.storage",
    "garminconnect": r"connectors\.garmin_web\w*",
    "gpxpy": r"connectors\.gpx\w*",
    "httpx": r"flows\.webhook",
    "jinja2": r"(gaitkeeper\.web|pipeline\.reports)\..+",
    "numpy": r"(pipeline|connectors)\..+",
    "pandas": r"pipeline\.(warehouse\.(store|frames)|transforms\..+)",
    "platformdirs": r"gaitkeeper\.options",
    "prefect": r"flows\..+",
    "prefect_dask": r"flows\.cluster",
    "requests": r"connectors\.strava\w*",
    "rich": r"gaitkeeper\..+",
    "stravalib": r"connectors\.strava\w*",
    "starlette": r"gaitkeeper\.web\..+",
    "timezonefinder": r"pipeline\.places",
    "typst": r"pipeline\.reports\.clinician\.pdf",
    "uvicorn": r"gaitkeeper\.web\.serving",
    "vl_convert": r"pipeline\.reports\.charts\.render",
}

#: Pinned name -> import name, where the two differ by more than what follows a dot.
IMPORTED_AS = {"argon2-cffi": "argon2", "prefect-dask": "prefect_dask", "vl-convert-python": "vl_convert"}

#: Pinned, and imported by nobody: each with the reason.
WITHOUT_IMPORT = {
    "python-multipart": "Starlette reads forms with it",
    "fastapi": "a ceiling for Prefect's sake: its server dies with a newer one",
    "timezonefinder-data": "the zone borders themselves, pinned so that a rebuild gives the same local days",
    "tzdata": "the zones' rules, for machines that have none",
}

#: Pinned for a connector that is still to come: taken off this list when it is there.
NOT_YET_USED: dict[str, str] = {}


def library_of(imported: str) -> str:
    return imported.partition(".")[0]


def third_party() -> list[Import]:
    return [
        one
        for one in all_imports()
        if library_of(one.imported) not in PACKAGES and library_of(one.imported) not in sys.stdlib_module_names
    ]


def pinned() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.match(r"[\w-]+", line)[0]: line for line in project["dependencies"]}
    return {IMPORTED_AS.get(name, name): line for name, line in names.items()}


def extras() -> dict[str, str]:
    """What is installed on demand: an extra has an owner like everything else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    names = {re.match(r"[\w-]+", line)[0]: line for line in lines}
    return {IMPORTED_AS.get(name, name): line for name, line in names.items()}


def test_every_library_has_an_owner_and_is_used_by_it_alone():
    """Whoever needs another's library asks the owner."""
    strays = [
        f"{one.importer}:{one.line} imports {one.imported}"
        for one in third_party()
        if not re.fullmatch(OWNERS.get(library_of(one.imported), "nobody"), one.importer)
    ]
    assert [] == strays


def test_every_imported_library_is_pinned():
    """Nothing is there by luck of another library's needs."""
    assert set() == {library_of(one.imported) for one in third_party()} - set(pinned()) - set(extras())


def test_every_pinned_library_has_a_user():
    """A dependency nobody imports is a risk without a use; each exception says why."""
    used = {library_of(one.imported) for one in third_party()}
    assert set() == set(pinned()) - used - set(WITHOUT_IMPORT) - set(NOT_YET_USED)


@pytest.mark.parametrize("library", sorted({**WITHOUT_IMPORT, **NOT_YET_USED}))
def test_the_lists_of_exceptions_are_up_to_date(library):
    """A library on a list of exceptions is pinned, and still without a user."""
    assert library in pinned()
    assert library not in {library_of(one.imported) for one in third_party()}


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_every_owner_owns_something_pinned(library):
    """The list of owners names no library that is gone."""
    assert library in {**pinned(), **extras()}
