"""Imports go one way (DESIGN.md): gaitkeeper -> flows -> connectors -> pipeline.{model,units,errors}; pipeline stands alone."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

import pytest

from support.source_tree import PACKAGES, Import, all_imports, imports_of, modules, tree_of

#: All that a connector may know of the log.
OPEN_TO_CONNECTORS = {"pipeline", "pipeline.model", "pipeline.units", "pipeline.errors"}

#: What a transform may import besides its own package: no clock, no files, no network, no database.
OPEN_TO_TRANSFORMS = {
    "__future__", "collections", "dataclasses", "datetime", "enum", "functools", "itertools", "math", "typing",
    "re", "unicodedata",  # names of devices
    "zoneinfo",  # the table of zones, fixed by the pinned tzdata
    "numpy", "pandas",
    "pipeline.model", "pipeline.units", "pipeline.errors",
}  # fmt: skip

CLOCK_AND_FILE_CALLS = {
    "now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "open", "read_text", "read_bytes",
    "write_text", "write_bytes", "print", "input", "getenv", "default_rng",
}  # fmt: skip


def package_of(name: str) -> str:
    return name.partition(".")[0]


def told(found: list[Import]) -> list[str]:
    return [f"{one.importer}:{one.line} imports {one.imported}" for one in found]


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_the_tree_is_read_at_all():
    """The helper sees real imports, lazy and typing ones too: otherwise everything below would pass for nothing."""
    cli = imports_of("gaitkeeper.commands.log")
    assert {True, False} == {one.is_at_module_level for one in cli}
    assert {True, False} == {one.is_for_types for one in cli}
    assert set(PACKAGES) == {package_of(module) for module in modules()}


def test_no_package_imports_one_above_it():
    """gaitkeeper is above flows, flows above connectors, connectors above pipeline; nobody looks up."""
    height = {package: place for place, package in enumerate(PACKAGES)}
    upward = [
        one
        for one in all_imports()
        if package_of(one.imported) in height and height[package_of(one.imported)] < height[package_of(one.importer)]
    ]
    assert [] == told(upward)


def test_connectors_know_only_the_records_the_units_and_the_errors():
    """A connector says what was recorded: it knows neither home nor warehouse nor transforms."""
    beyond = [
        one
        for one in all_imports()
        if package_of(one.importer) == "connectors"
        and package_of(one.imported) == "pipeline"
        and one.imported not in OPEN_TO_CONNECTORS
    ]
    assert [] == told(beyond)


def test_transforms_import_arrays_and_records_only():
    """A derivation is arrays in, arrays or facts out."""
    beyond = [
        one
        for one in all_imports()
        if is_within(one.importer, "pipeline.transforms")
        and not is_within(one.imported, "pipeline.transforms")
        and one.imported not in OPEN_TO_TRANSFORMS
        and package_of(one.imported) not in OPEN_TO_TRANSFORMS - {"pipeline"}
    ]
    assert [] == told(beyond)


def test_transforms_ask_no_clock_and_touch_no_file():
    """The same recording gives the same facts, tonight and in a year."""
    calls = []
    for module in modules():
        if is_within(module, "pipeline.transforms"):
            for node in ast.walk(tree_of(module)):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name in CLOCK_AND_FILE_CALLS:
                        calls.append(f"{module}:{node.lineno} calls {name}()")
    assert [] == calls


def test_reports_never_see_the_warehouse():
    """Reports take rows and dataclasses and return text."""
    beyond = [
        one
        for one in all_imports()
        if is_within(one.importer, "pipeline.reports")
        and (package_of(one.imported) == "duckdb" or is_within(one.imported, "pipeline.warehouse"))
    ]
    assert [] == told(beyond)


def test_models_and_units_and_errors_stand_on_nothing_of_ours():
    """What everybody imports imports nobody."""
    ground = {"pipeline.model", "pipeline.units", "pipeline.errors"}
    beyond = [one for one in all_imports() if one.importer in ground and package_of(one.imported) in PACKAGES]
    assert [] == told(beyond)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_cycle(package):
    """Modules of one package can be read in some order; imports inside functions and for types don't count."""
    graph = {
        module: {
            one.imported
            for one in imports_of(module)
            if one.is_at_module_level and not one.is_for_types and one.imported in modules() and one.imported != module
        }
        for module in modules()
        if package_of(module) == package
    }
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle
