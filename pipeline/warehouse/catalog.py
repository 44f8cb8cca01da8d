"""Finds the SQL: a file is a relation, its path is its name, and the order of views comes from the SQL itself."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import duckdb

    from pipeline.model import FactDefinition

#: In a wheel `sql/` lies beside this file; in a checkout at its top.
_PLACES: Final = (Path(__file__).parent / "sql", Path(__file__).parents[2] / "sql")

#: Folders of relations that are built, views among them.
_VIEW_FOLDERS: Final = ("views", "facts")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One statement with its name."""

    name: str
    folder: str
    text: str

    @property
    def comment(self) -> str:
        """The leading comment: one sentence of what a row is."""
        lines = (line for line in self.text.splitlines() if line.startswith("--"))
        return " ".join(line.removeprefix("--").strip() for line in lines)


@cache
def sql_folder() -> Path:
    """Return the folder that holds the SQL, in a checkout as in an installed wheel."""
    return next(place for place in _PLACES if (place / "columns.toml").is_file())


@cache
def sql_files(folder: str) -> tuple[SqlFile, ...]:
    """Return the files of one folder of `sql/`, by name."""
    paths = sorted((sql_folder() / folder).glob("*.sql"))
    return tuple(SqlFile(path.stem, folder, path.read_text("utf-8").strip()) for path in paths)


@cache
def query(name: str) -> str:
    """Return the text of one query of `sql/queries`; that file alone is read."""
    return (sql_folder() / "queries" / f"{name}.sql").read_text("utf-8").strip()


@cache
def data_dictionary() -> dict[str, Any]:
    """Return `sql/columns.toml`: [shared] meanings, and those of one [relation] that are narrower."""
    return tomllib.loads((sql_folder() / "columns.toml").read_text("utf-8"))


def column_meaning(relation: str, column: str) -> str:
    """Return what a column means, its unit included.

    Raises:
        KeyError: the dictionary does not know it (our own mistake; a test holds it).
    """
    dictionary = data_dictionary()
    entry = dictionary["relation"].get(relation, {}).get(column) or dictionary["shared"][column]
    return f"{entry['meaning']} Unit: {entry['unit']}." if "unit" in entry else str(entry["meaning"])


@cache
def history_facts(of: str = "run") -> tuple[tuple[FactDefinition, str], ...]:
    """Return the facts that SQL makes, with their units (`sql/facts.toml`).

    Args:
        of: "run" for those of one run, which limits may name; "today" for those of a day, which criteria may name.
    """
    from pipeline.model import FactDefinition  # numpy comes with it, which a reader has no use for

    raw = tomllib.loads((sql_folder() / "facts.toml").read_text("utf-8"))
    return tuple(
        (
            FactDefinition(
                name,
                row["meaning"],
                row["source"],
                row.get("error_abs"),
                row.get("error_ratio"),
            ),
            row["unit"],
        )
        for name, row in raw.items()
        if row.get("of", "run") == of
    )


@cache
def schema_digest() -> str:
    """Return a digest of every statement: another one means that the warehouse is made again."""
    digest = hashlib.sha256()
    for folder in ("tables", "macros", *_VIEW_FOLDERS):
        for file in sql_files(folder):
            digest.update(f"{folder}/{file.name}\n{file.text}\n".encode())
    digest.update((sql_folder() / "columns.toml").read_bytes())
    return digest.hexdigest()[:16]


def _names_in(node: Any) -> set[str]:  # noqa: ANN401 - JSON
    """Return the tables that a serialised statement reads."""
    if isinstance(node, list):
        return set().union(*(_names_in(item) for item in node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found = {node["table_name"]} if node.get("type") == "BASE_TABLE" else set()
    return found.union(*(_names_in(value) for value in node.values()))


def ordered_views(connection: duckdb.DuckDBPyConnection) -> list[SqlFile]:
    """Return all views so that each comes after those it reads.

    Raises:
        graphlib.CycleError: two views read each other (our own mistake).
    """
    files = {file.name: file for folder in _VIEW_FOLDERS for file in sql_files(folder)}
    graph: dict[str, set[str]] = {}
    for name, file in files.items():
        row = connection.execute("select json_serialize_sql($text)", {"text": file.text}).fetchone()
        assert row is not None
        graph[name] = (_names_in(json.loads(row[0])) & files.keys()) - {name}
    return [files[name] for name in TopologicalSorter(graph).static_order()]
