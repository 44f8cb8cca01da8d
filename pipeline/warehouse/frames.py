"""Whole relations out of the warehouse: as a DataFrame, or as a file of CSV or Parquet."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from pipeline.errors import NeedsAttention
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE
from pipeline.warehouse.connection import quoted

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from pipeline.warehouse.connection import Connection

Frame = pd.DataFrame

#: The forms of an export, as the ends of file names.
FORMATS: Final = ("csv", "parquet")

#: The day of a row, by the name of its column, the first that is there.
_DAYS: Final = ("session_date", "week_start_date", "stage_date", "rehab_date", "prom_date", "plan_date", "from_date")

#: Nine tenths of a log's bytes: written only when it is named.
LARGE: Final = "sample"


def relations(connection: Connection) -> dict[str, dict[str, str]]:
    """Return every relation that can be read, by name: its columns with their types."""
    found: dict[str, dict[str, str]] = {}
    for name, column, kind in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'main' "
        "and table_catalog = current_database() order by table_name, ordinal_position"
    ).fetchall():
        found.setdefault(name, {})[column] = kind
    return found


def _columns(connection: Connection, name: str) -> dict[str, str]:
    known = relations(connection)
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
        raise NeedsAttention(f"There is no relation {name!r}. {hint}")
    return known[name]


def _asked(
    name: str, columns: dict[str, str], runner_id: str | None, since_date: date | None, session_id: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the statement's end and its parameters.

    Raises:
        NeedsAttention: the relation has nothing by which it could be narrowed so.
    """
    said: list[str] = []
    values: dict[str, Any] = {}
    of_session = "session_id in (select session_id from measured_session where {})"
    if session_id is not None:
        _require(name, "session_id" in columns, "sessions")
        said.append("session_id = $session_id")
        values["session_id"] = session_id
    if runner_id is not None:
        _require(name, "runner_id" in columns or "session_id" in columns, "runners")
        said.append("runner_id = $runner_id" if "runner_id" in columns else of_session.format("runner_id = $runner_id"))
        values["runner_id"] = runner_id
    if since_date is not None:
        day = next((column for column in _DAYS if column in columns), None)
        instant = next((column for column in columns if column.endswith("_utc")), None)
        _require(name, bool(day or instant) or "session_id" in columns, "days")
        if day is None and "session_id" in columns:
            said.append(of_session.format("session_date >= $since_date"))
        else:
            said.append(f"{day or instant} >= $since_date")
        values["since_date"] = since_date
    return (f" where {' and '.join(said)}" if said else "") + _order(columns), values


def _require(name: str, is_possible: bool, what: str) -> None:
    if not is_possible:
        raise NeedsAttention(f"{name} doesn't tell its {what} apart. Ask for the whole of it.")


def _order(columns: dict[str, str]) -> str:
    """Return an order that is the same every time, and the order of time where a row has one."""
    first = ("runner_id", *_DAYS, "start_utc", "entry_utc", "session_id", "t_s", "start_s", "fact", "moment")
    by = [column for column in first if column in columns]
    return f" order by {', '.join(by)}" if by else ""


def frame(
    connection: Connection,
    name: str,
    *,
    runner_id: str | None = None,
    since_date: date | None = None,
    session_id: str | None = None,
) -> Frame:
    """Return a relation's rows as a DataFrame.

    Instants (`_utc`) are aware, in UTC; days (`_date`) are midnights without a zone; whole numbers and truth values are
    pandas' nullable kinds, so that what is missing stays missing.

    Args:
        connection: open for reading.
        name: a relation, as in the README.
        runner_id: only this runner's rows.
        since_date: only rows of this local day and later.
        session_id: only this session's rows.

    Raises:
        NeedsAttention: there is no such relation, or it can't be narrowed so.
    """
    columns = _columns(connection, name)
    ending, values = _asked(name, columns, runner_id, since_date, session_id)
    aware = [column for column, kind in columns.items() if kind == "TIMESTAMP WITH TIME ZONE"]
    # DuckDB 2.0 makes aware columns with a keyword that pandas 3.1 warns of: they leave it as UTC and are told so here
    shown = ", ".join(
        f'timezone(\'UTC\', "{column}") as "{column}"' if column in aware else f'"{column}"' for column in columns
    )
    found: Frame = connection.execute(f'select {shown} from (from "{name}"{ending})', values).df()
    for column in aware:
        found[column] = found[column].dt.tz_localize("UTC")
    return found


def export(
    connection: Connection,
    folder: Path,
    file_format: str,
    *,
    names: tuple[str, ...] = (),
    runner_id: str | None = None,
) -> list[Path]:
    """Write relations into a folder, a file each, readable by their owner only; return the files.

    Args:
        connection: open for reading.
        folder: made where it is missing; files of the same name are replaced whole.
        file_format: csv or parquet.
        names: the relations; none means all but `sample`.
        runner_id: only this runner's rows, and only relations that have such.

    Raises:
        NeedsAttention: a name or the form is unknown, or the folder can't be written.
    """
    if file_format not in FORMATS:
        raise NeedsAttention(f"{file_format!r} is no form of an export. Use {' or '.join(FORMATS)}.")
    known = relations(connection)
    chosen = names or tuple(
        name
        for name, columns in known.items()
        if name != LARGE and (runner_id is None or {"runner_id", "session_id"} & columns.keys())
    )
    wanted = {name: _columns(connection, name) for name in chosen}
    try:
        folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
        return [_write(connection, folder, file_format, name, columns, runner_id) for name, columns in wanted.items()]
    except OSError as error:
        raise NeedsAttention(f"{folder} can't be written: {error.strerror}. Name another folder.") from error


def _write(
    connection: Connection, folder: Path, file_format: str, name: str, columns: dict[str, str], runner_id: str | None
) -> Path:
    target = folder / f"{name}.{file_format}"
    partial = folder / f".{name}.{os.getpid()}.partial"
    os.close(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE_MODE))
    ending, values = _asked(name, columns, runner_id, None, None)
    try:
        connection.execute(
            f'copy (select * from "{name}"{ending}) to {quoted(str(partial))} (format {file_format})', values
        )
        partial.chmod(PRIVATE_FILE_MODE)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target
