"""Rows in, rows out: CSV files into the real tables of a real warehouse, one relation out, nothing kept.

`<table>.csv` holds the columns that a case is about; what else a table demands is filled with DEFAULTS. An empty cell is
NULL. `journal_entry.csv` becomes lines of the journal (columns that an entry doesn't have go into its `data`), and
`journal.tail` is appended to them as it stands. `expect.csv` names the columns that are compared, in any order of rows;
where it has a column `fact`, only the facts that it names are compared.
"""

from __future__ import annotations

import csv
import json
import tempfile
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.lines import append_lines
from pipeline.settings import Home
from pipeline.warehouse.connection import writing
from pipeline.warehouse.store import replace_definitions
from support.registry import all_definitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.warehouse.connection import Connection

Row = dict[str, Any]

#: What a column that must not be NULL holds where a case doesn't say: by name, else by type.
DEFAULTS: Row = {
    "runner_id": "me", "sport": "running", "is_run": True, "time_zone_source": "place", "sport_source": "file",
    "altitude_source": "barometric", "status": "ok", "decoder": "fit", "file_format": "fit", "source": "folder",
    "is_primary": True, "sample_count": 1800, "bound": "max", "outcome": "outside_plan", "basis": "default",
    "protocol_version": "P 1", "valid_from_date": "0001-01-01", "valid_before_date": "9999-12-31", "kind": "pickup",
}  # fmt: skip
_BY_TYPE: Row = {
    "VARCHAR": "x",
    "BOOLEAN": False,
    "INTEGER": 0,
    "BIGINT": 0,
    "DOUBLE": 0.0,
    "INTEGER[]": "[]",
    "DATE": "2026-01-01",
}

#: Keys of a journal entry; every other column of journal_entry.csv is part of its `data`.
_ENTRY = ("entry_id", "entry_utc", "runner_id", "kind", "by")


class Bench:
    """One warehouse for all cases: each works in a transaction that is rolled back."""

    def __init__(self, home: Home, connection: Connection) -> None:
        """Use a warehouse with its schema and an empty log."""
        self.home = home
        self.connection = connection

    @contextmanager
    def case(self, as_of_utc: str) -> Iterator[Case]:
        """Give an empty log in which it is now `as_of_utc`; its local day is the same in UTC."""
        self.home.journal_file.write_text("")
        self.connection.execute("begin")
        try:
            self.connection.execute("delete from as_of")
            self.connection.execute(
                "insert into as_of values (cast($now as timestamptz), cast($now[:10] as date))", {"now": as_of_utc}
            )
            yield Case(self)
        finally:
            self.connection.execute("rollback")


class Case:
    """One log that is being put together."""

    def __init__(self, bench: Bench) -> None:
        """Start empty."""
        self._bench = bench
        self._entry_count = 0

    def put(self, table: str, new_rows: Sequence[Row]) -> None:
        """Insert rows as texts; a column that isn't there or is None holds its default or NULL."""
        if table == "journal_entry":
            self.say(new_rows)
            return
        columns = _columns(self._bench, table)
        for row in new_rows:
            unknown = set(row) - set(columns)
            assert not unknown, f"{table} has no {sorted(unknown)}"
            full = {**row}
            for name, (kind, is_nullable) in columns.items():
                if full.get(name) in (None, "") and not is_nullable:
                    full[name] = _default(table, name, kind, row)
            names = [name for name in columns if full.get(name) not in (None, "")]
            cells = ", ".join(f"cast(${name} as {columns[name][0]})" for name in names)
            listed = ", ".join(f'"{name}"' for name in names)
            self._bench.connection.execute(
                f"insert into {table} ({listed}) values ({cells})", {name: full[name] for name in names}
            )

    def say(self, entries: Sequence[Row]) -> None:
        """Append entries to the journal, through the program's own writer."""
        lines = []
        for entry in entries:
            self._entry_count += 1
            data = {key: _json(value) for key, value in entry.items() if key not in _ENTRY and value not in (None, "")}
            lines.append(
                {
                    "entry_id": entry.get("entry_id") or f"{self._entry_count:06}",
                    "entry_utc": entry.get("entry_utc")
                    or f"2026-01-01T00:{self._entry_count // 60:02}:{self._entry_count % 60:02}+00:00",
                    "runner_id": entry.get("runner_id") or "me",
                    "kind": entry["kind"],
                    "by": entry.get("by") or "Dr B",
                    "data": data,
                }
            )
        append_lines(self._bench.home.journal_file, lines)

    def ask(self, statement: str) -> list[Row]:
        """Return the rows of one statement."""
        cursor = self._bench.connection.execute(statement)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_csv(path: Path) -> list[Row]:
    """Return the rows of one CSV file as texts."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def told(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Return rows as sorted tuples of texts, as they stand in an expect.csv."""
    return sorted(tuple(_text(row[column]) for column in columns) for row in rows)


@contextmanager
def open_bench() -> Iterator[Bench]:
    """Make one warehouse in a folder for temporary files."""
    with ExitStack() as stack:
        home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home")
        home.create(time_zone="UTC")
        connection = stack.enter_context(writing(home))
        replace_definitions(connection, all_definitions())
        yield Bench(home, connection)


def _default(table: str, name: str, kind: str, row: Row) -> Any:
    if name == "start_utc":
        return f"{row.get('session_date') or '2026-01-01'} 06:00:00+00"
    if name == "kind" and table != "surge":
        return "x"
    return DEFAULTS.get(name, _BY_TYPE.get(kind, "2026-01-01 00:00:00+00"))


def _columns(bench: Bench, table: str) -> dict[str, tuple[str, bool]]:
    found = bench.connection.execute(
        "select column_name, data_type, is_nullable = 'YES' from information_schema.columns "
        "where table_name = $table and table_schema = 'main' order by ordinal_position",
        {"table": table},
    ).fetchall()
    assert found, f"there is no table {table}"
    return {name: (kind, is_nullable) for name, kind, is_nullable in found}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value


@cache
def _digits(value: float) -> str:
    return f"{value:.6g}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return _digits(float(value))
    if isinstance(value, list):
        return json.dumps(value)
    return str(value)
