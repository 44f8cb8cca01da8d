"""The warehouse checks itself: any row of a file in `sql/checks` is a failure, `-- stop:` or `-- warn:`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import CheckFailed
from pipeline.warehouse.catalog import sql_files
from pipeline.warehouse.connection import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.warehouse.connection import Connection


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check and how many rows it found."""

    name: str
    stops: bool
    guards_against: str
    row_count: int


def run_checks(connection: Connection, *, stopping_only: bool = False) -> Iterator[CheckResult]:
    """Run the checks one by one."""
    for file in sql_files("checks"):
        kind, _, guards_against = file.text.splitlines()[0].removeprefix("--").strip().partition(":")
        if kind == "stop" or not stopping_only:
            yield CheckResult(file.name, kind == "stop", guards_against.strip(), len(rows(connection, file.text)))


def run_stopping(connection: Connection) -> None:
    """Raise CheckFailed at the first `-- stop:` check that finds a row, so that nothing wrong is published."""
    for result in run_checks(connection, stopping_only=True):
        if result.row_count:
            raise CheckFailed(result.name, result.guards_against, result.row_count)
