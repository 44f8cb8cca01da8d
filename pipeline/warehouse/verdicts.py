"""The verdicts that stand in the published snapshot, whichever version of the program published it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from pipeline.errors import NeedsAttention
from pipeline.warehouse.connection import _opened, _place, ask, is_outdated

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.settings import Home


def published_verdicts(home: Home, now_utc: datetime, today: date) -> dict[str, dict[str, Any]] | None:
    """Return the sessions of the published snapshot with their verdicts; None where it can't be asked.

    It is asked with its own views, so that what another version of the program told is what is compared; "today" is the
    caller's, so that a morning that has passed since is no change.
    """
    if not home.published_file.exists():
        return None
    try:
        connection = _opened(home.published_file, read_only=True)
    except NeedsAttention:
        return None
    try:
        _place(connection, home, temporary=True)
        connection.execute(
            "create temporary table as_of as select ? as as_of_utc, ?::date as as_of_date", [now_utc, today]
        )
        return {row["session_id"]: row for row in ask(connection, "verdicts")}
    except duckdb.Error:  # a schema of long ago
        return None
    finally:
        connection.close()


def is_published_by_another(home: Home) -> bool:
    """Return whether another version of the program made the published snapshot; False where there is none to ask."""
    if not home.published_file.exists():
        return False
    try:
        connection = _opened(home.published_file, read_only=True)
    except NeedsAttention:
        return False
    try:
        return is_outdated(connection)
    finally:
        connection.close()
