"""A home with the bundled example log in it, made without Prefect: import, diary, stages, thresholds."""

from __future__ import annotations

import shutil
import tomllib
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.demo import RUNNER, TIME_ZONE, _answers, _said, example_folder
from gaitkeeper.commands.home import make_home
from gaitkeeper.options import open_log
from pipeline.journal import write_entries
from pipeline.settings import Home
from pipeline.warehouse.connection import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.warehouse.connection import Connection

#: The evening of the example's last run.
EXAMPLE_NOW_UTC = datetime(2026, 4, 12, 18, 0, tzinfo=UTC)

#: The same day, for `--as-of`.
EXAMPLE_DAY = "2026-04-12"


def make_example_home(path: Path, folder: Path | None = None) -> Home:
    """Import the example log into a new home, with all that its runner and clinician said.

    Args:
        path: where the home is made.
        folder: its files below watch/ and phone/; None takes the whole log.
    """
    home = Home(path)
    make_home(home, RUNNER, TIME_ZONE)
    entries = tomllib.loads((example_folder() / "journal.toml").read_text("utf-8"))["entry"]
    write_entries(home, chain.from_iterable(_said(entry) for entry in entries))
    for name in ("watch", "phone"):
        work.import_source(home, RUNNER, FolderSource((folder or example_folder()) / name), EXAMPLE_NOW_UTC)
    write_entries(home, _answers(home, entries))
    return home


def copy_of(home: Home, path: Path) -> Home:
    """Return a copy of a home that a test may change."""
    shutil.copytree(home.path, path)
    return Home(path)


@contextmanager
def open_home(home: Home, now_utc: datetime = EXAMPLE_NOW_UTC) -> Iterator[Connection]:
    """Read a home as a command does: its own protocols, and this instant for now."""
    local_now = now_utc.astimezone(ZoneInfo(home.config().time_zone)).replace(tzinfo=None)
    with open_log(home, local_now) as connection:
        yield connection


def asked(home: Home, statement: str, now_utc: datetime = EXAMPLE_NOW_UTC) -> list[dict[str, Any]]:
    """Return the rows of one statement."""
    with open_home(home, now_utc) as connection:
        return rows(connection, statement)


@cache
def columns_of(home: Home) -> tuple[tuple[str, str, str], ...]:
    """Return (relation, column, type) of the whole database, in the order of the columns; asked once a home."""
    found = asked(
        home,
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'main' "
        "and table_catalog = current_database() order by table_name, ordinal_position",
    )
    return tuple((row["table_name"], row["column_name"], row["data_type"]) for row in found)


#: Every stored row but what says when and from where it was made; `sample` stands for the Parquet partitions.
STORED = (
    "recording", "recording_issue", "measured_session", "measured_fact", "surge", "climb", "zone_time", "best_effort",
    "cadence_minute", "lap", "quarantine", "fact_definition", "protocol_stage", "stage_limit", "sample",
)  # fmt: skip
DERIVED = ("session", "session_fact", "finding", "flagged", "week_summary", "stage_on_date", "symptom", "rehab")


#: Enough to compare two homes by: what the other derived relations show is in these.
COMPARED = (*STORED, "session", "session_fact", "finding", "week_summary", "symptom")


def everything(home: Home, relations: tuple[str, ...] = COMPARED) -> dict[str, list[str]]:
    """Return all rows of a home's relations as sorted texts, to be compared with another home's.

    Sums of doubles depend on the order of their parts in the last digit: twelve digits are compared. The seconds of a
    session are compared by their number and a digest.
    """
    with open_home(home) as connection:
        return {
            name: sorted(map(_told, connection.execute(_STATEMENTS.get(name, f'from "{name}"')).fetchall()))
            for name in relations
        }


_STATEMENTS = {"sample": "select session_id, count(*), bit_xor(hash(second)) from sample as second group by session_id"}


def _told(row: tuple[Any, ...]) -> str:
    return str(tuple(float(f"{value:.12g}") if isinstance(value, float) else value for value in row))
