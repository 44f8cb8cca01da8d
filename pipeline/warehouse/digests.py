"""A digest of every relation, to tell whether two warehouses hold the same; made of rows, not of their order.

Doubles count with nine digits: a sum over rows depends on the order of its parts in its last two or three, and a real
difference shows long before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.warehouse import catalog
from pipeline.warehouse.connection import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.warehouse.connection import Connection

#: Relations that may differ between two warehouses of the same truth, each with the reason.
LEFT_OUT: Final = {
    "as_of": 'what "today" means is the reader\'s own',
    "distrusted_entry": "each reader lays its own list in front",
    "source_sharing": "each reader lays config.toml's word in front",
}


@dataclass(frozen=True, slots=True)
class RelationDigest:
    """What one relation holds."""

    row_count: int
    digest: (
        str  #: two sums of halves of an MD5 of each row: equal rows in any order, counted as often as they are there
    )


def relation_digests(
    connection: Connection, progress: Callable[[int, int], None] | None = None
) -> dict[str, RelationDigest]:
    """Return the digest of every table and view but those of LEFT_OUT, by name.

    Args:
        connection: a reader's, best judged once: many relations rest on the findings.
        progress: told (done, total) after each.
    """
    names = sorted(
        {file.name for folder in ("tables", "views", "facts") for file in catalog.sql_files(folder)} - LEFT_OUT.keys()
    )
    found = {}
    for done, name in enumerate(names, 1):
        found[name] = one_digest(connection, name)
        if progress is not None:
            progress(done, len(names))
    return found


def one_digest(connection: Connection, relation: str) -> RelationDigest:
    """Return the digest of one table or view."""
    columns = rows(connection, f'describe from "{relation}"')
    parts = ", ".join(_told(column["column_name"], column["column_type"]) for column in columns)
    text = f"concat_ws(chr(31), {parts})"
    (row,) = rows(
        connection,
        f"select count(*) as row_count, coalesce(sum(md5_number_lower({text})), 0) as low, "
        f'coalesce(sum(md5_number_upper({text})), 0) as high from "{relation}"',
    )
    return RelationDigest(row["row_count"], f"{int(row['low']):x}-{int(row['high']):x}")


def _told(name: str, kind: str) -> str:
    """Return a column as text; what is missing is told apart from every value."""
    quoted = '"' + name.replace('"', '""') + '"'
    text = f"printf('%.9g', {quoted}::double)" if kind in ("DOUBLE", "FLOAT") else f"{quoted}::varchar"
    return f"coalesce({text}, chr(30))"


def differing(one: dict[str, RelationDigest], other: dict[str, RelationDigest]) -> list[str]:
    """Return the relations that don't hold the same rows in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
