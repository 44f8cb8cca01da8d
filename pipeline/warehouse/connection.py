"""Who may open what: one writer with a private file, everybody else the published snapshot, read-only.

A second process can't open a DuckDB file at all while a writer has it, so after each batch the writer checkpoints and
publishes a copy by rename: nobody waits, and nobody sees half a night.
"""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import duckdb

from pipeline.errors import NeedsAttention
from pipeline.lines import altered_values
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE
from pipeline.warehouse import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path

    from pipeline.settings import Home

#: Raised by one whenever a derivation gives other numbers than before: a newer program makes the warehouse again.
ALGORITHM_VERSION: Final = 2

#: Nothing is fetched from anywhere. Blocks are the smallest there are: each column of each table takes whole ones, so
#: that with the usual 256 KB a log of 100 runs takes 13 MB, and a published copy of it as many.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "default_block_size": 16_384,
}

#: The form in which samples are kept; another one gets another folder, so that nobody reads one as the other.
_SAMPLE_FORMAT: Final = "format=2"

Connection = duckdb.DuckDBPyConnection


class OutdatedWarehouse(NeedsAttention):
    """Another version of the program made it: it is made again before it is read."""


class BrokenWarehouse(NeedsAttention):
    """A database file that can't be opened: `gaitkeeper rebuild` makes it again."""


def quoted(text: str) -> str:
    """Return a text as a SQL literal, for the few places that take no parameter."""
    return "'" + text.replace("'", "''") + "'"


def _opened(path: Path, *, read_only: bool) -> Connection:
    if "?" in str(path):  # what follows it would be taken for options of the file
        raise NeedsAttention(f"{path} has a '?' in its name, below which DuckDB keeps no file. Name another --home.")
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
        connection.execute("set TimeZone = 'UTC'")  # instants are shown in UTC whatever the machine's zone
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise NeedsAttention(
                "Another Gaitkeeper is writing to this home right now. Wait until it is done, and run this again."
            ) from error
        raise BrokenWarehouse(f"{path} can't be opened: {_first_line(error)}. Run `gaitkeeper rebuild`.") from error
    except duckdb.Error as error:
        raise BrokenWarehouse(f"{path} can't be opened: {_first_line(error)}. Run `gaitkeeper rebuild`.") from error
    return connection


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _place(connection: Connection, home: Home, *, temporary: bool = False) -> None:
    """Tell the views where the home lies; a reader's own word goes before the one in the file (a home that moved).

    The views put it into patterns: a folder called "log [old]" has to be found by its letters.
    """
    kind = "temporary macro" if temporary else "macro"
    path = glob.escape(str(home.path.resolve()))
    connection.execute(f"create or replace {kind} home_path() as {quoted(path)}")


def _require_truth(home: Home) -> None:
    """Raise NeedsAttention where a list of the journal is gone: to go on without it would look like an empty log."""
    for file in (home.journal_file, home.received_file, home.sync_run_file):
        if not file.is_file():
            raise NeedsAttention(
                f"{file} is missing. Restore it from a backup; `gaitkeeper init` begins an empty one in its place."
            )


def _distrust(connection: Connection, home: Home) -> None:
    """List the entries of the journal that were altered: views don't see checksums."""
    altered = altered_values(home.journal_file, "entry_id")
    if altered:
        connection.execute("insert into distrusted_entry select unnest(?)", [altered])


def _say_who_may_see(connection: Connection, home: Home) -> None:
    """List what config.toml says of each source; of two blocks of one kind and runner the stricter one holds."""
    sharing: dict[tuple[str, str], bool] = {}
    for source in home.config().sources:
        key = (source.runner_id, source.kind)
        sharing[key] = sharing.get(key, True) and source.may_reach_clinician
    for (runner_id, kind), may_reach_clinician in sharing.items():
        connection.execute("insert into source_sharing values (?, ?, ?)", [runner_id, kind, may_reach_clinician])


@contextmanager
def writing(home: Home) -> Iterator[Connection]:
    """Open the writer's file, with today's schema, for one process at a time.

    Raises:
        NeedsAttention: another process writes, or the file can't be opened.
    """
    _require_truth(home)
    is_new = not home.writer_file.exists()
    connection = _opened(home.writer_file, read_only=False)
    try:
        if is_outdated(connection):
            if not is_new:  # what another version made is no use to this one, and its file would never shrink
                connection.close()
                home.writer_file.unlink()
                connection = _opened(home.writer_file, read_only=False)
            _place(connection, home)
            make_schema(connection, home)
        home.writer_file.chmod(PRIVATE_FILE_MODE)
        _place(connection, home)
        connection.execute("delete from distrusted_entry")
        _distrust(connection, home)
        connection.execute("delete from source_sharing")
        _say_who_may_see(connection, home)
        yield connection
    finally:
        connection.close()


def is_outdated(connection: Connection) -> bool:
    """Return whether another version of the program made this warehouse (or none did yet)."""
    try:
        row = connection.execute("select schema_digest, algorithm_version from warehouse_info").fetchone()
    except duckdb.CatalogException:
        return True
    return row != (catalog.schema_digest(), ALGORITHM_VERSION)


def make_schema(connection: Connection, home: Home) -> None:
    """Make tables, macros, views and comments in an empty warehouse, all or nothing."""
    _write_empty_samples(connection, home)
    connection.execute("begin")
    for folder in ("tables", "macros"):
        for file in catalog.sql_files(folder):
            connection.execute(file.text)
    _create_views(connection)
    _comment(connection)
    connection.execute("insert into warehouse_info values (?, ?)", [catalog.schema_digest(), ALGORITHM_VERSION])
    connection.execute("commit")


def _create_views(connection: Connection) -> None:
    """Create every view, each beside an empty temporary table of its columns for those that read it.

    A view is written out to its last table wherever it is named, so that the last ones take a tenth of a second each to
    be understood; an empty table in front of those that they read spares that.
    """
    views = catalog.ordered_views(connection)
    for file in views:
        connection.execute(f'create view main."{file.name}" as {file.text}')
        connection.execute(f'create temporary table "{file.name}" as from ({file.text}) limit 0')
    for file in views:
        connection.execute(f'drop table temp."{file.name}"')


def sample_folder(home: Home) -> Path:
    """Return where this version of the program keeps samples."""
    return home.sample_folder / _SAMPLE_FORMAT


def _drop_older_samples(home: Home) -> None:
    """Remove what an older version of the program kept samples in, once nobody is sent there any more."""
    for path in home.sample_folder.iterdir():
        if path.name != _SAMPLE_FORMAT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_empty_samples(connection: Connection, home: Home) -> None:
    """Leave one partition without rows, so that the view `sample` finds its columns in a home without a run."""
    target = sample_folder(home) / "empty.parquet"
    target.parent.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    partial = target.with_suffix(".partial")
    connection.execute(f"copy ({catalog.query('empty_sample')}) to {quoted(str(partial))} (format parquet)")
    partial.replace(target)


def _comment(connection: Connection) -> None:
    """Put the data dictionary into the database, so that any client shows it."""
    comments = {
        file.name: file.comment for folder in ("tables", "views", "facts") for file in catalog.sql_files(folder)
    }
    for relation, column, is_view in connection.execute(
        "select table_name, column_name, table_type = 'VIEW' from information_schema.columns "
        "inner join information_schema.tables using (table_schema, table_name) where table_schema = 'main'"
    ).fetchall():
        if relation in comments:
            kind = "view" if is_view else "table"
            connection.execute(f'comment on {kind} "{relation}" is {quoted(comments.pop(relation))}')
        meaning = catalog.column_meaning(relation, column)
        connection.execute(f'comment on column "{relation}"."{column}" is {quoted(meaning)}')


def publish(connection: Connection, home: Home, now_utc: datetime, today: date) -> None:
    """Put a whole copy of the warehouse in the readers' place; those who have the old one open keep it.

    The checkpoint comes first: a copy without one loses committed rows silently.
    """
    connection.execute("delete from as_of")
    connection.execute("insert into as_of values (?, ?)", [now_utc, today])
    connection.execute("checkpoint")
    partial = home.published_file.with_name(f"{home.published_file.name}.{os.getpid()}.partial")
    try:
        shutil.copyfile(home.writer_file, partial)
        partial.chmod(PRIVATE_FILE_MODE)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(home.published_file)
        _drop_older_samples(home)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise NeedsAttention(
            f"The snapshot {home.published_file} can't be written: {error.strerror}. Readers keep the old one."
        ) from error


@contextmanager
def reading(home: Home, now_utc: datetime, today: date) -> Iterator[Connection]:
    """Open the published snapshot read-only, with this reader's own "today" in front.

    Raises:
        NeedsAttention: nothing was published yet; OutdatedWarehouse: another version of the program published it.
    """
    home.require()
    if not home.published_file.exists():
        raise NeedsAttention(f"Nothing was imported into {home.path} yet. Run `gaitkeeper import FOLDER`.")
    _require_truth(home)
    connection = _opened(home.published_file, read_only=True)
    try:
        if is_outdated(connection):
            raise OutdatedWarehouse(
                f"{home.published_file} was made by another version of Gaitkeeper. Run `gaitkeeper rebuild`."
            )
        _place(connection, home, temporary=True)
        connection.execute(
            "create temporary table as_of as select ? as as_of_utc, ?::date as as_of_date", [now_utc, today]
        )
        connection.execute("create temporary table distrusted_entry (entry_id varchar)")
        _distrust(connection, home)
        connection.execute("create temporary table source_sharing as from source_sharing limit 0")
        _say_who_may_see(connection, home)
        yield connection
    finally:
        connection.close()


def rows(connection: Connection, text: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Run one statement and return its rows as dictionaries, keys in the order of the columns."""
    cursor = connection.execute(text, parameters or {})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ask(connection: Connection, name: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Run one file of `sql/queries` with its named parameters."""
    return rows(connection, catalog.query(name), parameters)


#: What only reads. A pivot without a list of values is several statements in one (MULTI).
_READING: Final = (
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.PRAGMA,
    duckdb.StatementType.MULTI,
)


def read_rows(connection: Connection, text: str) -> list[dict[str, Any]]:
    """Run one statement of somebody's own, as long as it only reads.

    Raises:
        NeedsAttention: DuckDB can't follow it, or it would write.
    """
    try:
        statements = connection.extract_statements(text)
        if len(statements) != 1 or statements[0].type not in _READING:
            raise NeedsAttention("Only one statement that reads can be run here, such as: from session_fact limit 5")
        return rows(connection, text)
    except duckdb.Error as error:
        raise NeedsAttention(f"DuckDB can't run that: {error}") from error
