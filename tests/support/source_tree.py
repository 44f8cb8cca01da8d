"""The project's own source as data: modules, what they import, where."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Top-level packages, upper layers first.
PACKAGES = ("gaitkeeper", "flows", "connectors", "pipeline")


@dataclass(frozen=True)
class Import:
    """One import statement, by the full names it could mean."""

    importer: str
    imported: str  #: "pipeline.model", also for `from pipeline import model`
    line: int
    is_for_types: bool  #: below `if TYPE_CHECKING:`
    is_at_module_level: bool


@cache
def modules() -> dict[str, Path]:
    """Return every module of the four packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree_of(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(modules()[module].read_text("utf-8"))


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    """Return what a module imports anywhere in it."""
    found: list[Import] = []
    _collect(tree_of(module), module, found, is_for_types=False, is_at_module_level=True)
    return tuple(found)


def all_imports() -> list[Import]:
    """Return every import of the project."""
    return [one for module in modules() for one in imports_of(module)]


def _collect(node: ast.AST, module: str, found: list[Import], *, is_for_types: bool, is_at_module_level: bool) -> None:
    for child in ast.iter_child_nodes(node):
        below_types = is_for_types or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
        at_top = is_at_module_level and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        names = _names(child)
        found += [Import(module, name, child.lineno, below_types, at_top) for name in names]
        if not names:
            _collect(child, module, found, is_for_types=below_types, is_at_module_level=at_top)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute in this project"
        assert node.module is not None
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in modules() else node.module for name in whole]
    return []
