"""How hard DuckDB looks for a plan: views over few rows take longer to plan well than to run as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.warehouse.connection import Connection


def plan_for_few_rows(connection: Connection) -> None:
    """Let statements of this connection run as they are written, until `plan_for_many_rows`.

    Views over thousands of rows: to look for a better plan takes longer than the plain one takes to run, and a second
    thread longer than it saves. Nothing that reads `sample` should be asked then: it would read every second there is.
    """
    connection.execute("set threads = 1")
    connection.execute("pragma disable_optimizer")


def plan_for_many_rows(connection: Connection) -> None:
    """Let DuckDB look for the best plan again, and use all processors."""
    connection.execute("reset threads")
    connection.execute("pragma enable_optimizer")
