"""Idempotent writes: a session's rows are replaced whole, its samples with them.

Facts go in by one transaction, and the Parquet partitions are replaced, whole and by rename, just before it commits: a
crash in between leaves samples without a session, which no view shows, or samples that are newer than their facts; the
next run derives and replaces both.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.archive import Received
from pipeline.model import GAITS, SessionSamples
from pipeline.settings import PRIVATE_FILE_MODE
from pipeline.warehouse.catalog import query
from pipeline.warehouse.connection import Connection, quoted, sample_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.model import FactDefinition
    from pipeline.settings import Home

Row = dict[str, Any]

#: Rows of one Parquet row group: about five hour-long runs, so that one session's samples are found by its id's bounds.
ROWS_PER_GROUP: Final = 20_480

#: Whole numbers as differences, never as a dictionary: 36 KB an hour of running against 45 with dictionaries, and 59
#: for floating numbers (300 real runs). Higher levels of zstd gain a tenth and cost twice the time.
PARQUET: Final = f"compression zstd, parquet_version v2, dictionary_size_limit 1, row_group_size {ROWS_PER_GROUP}"

#: Every table that holds rows of one session, keyed by session_id.
SESSION_TABLES: Final = (
    "measured_session",
    "measured_fact",
    "surge",
    "climb",
    "zone_time",
    "best_effort",
    "cadence_minute",
    "cadence_baseline",
    "session_field",
    "lap",
)


def insert_rows(connection: Connection, table: str, new_rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows by column name; None is NULL.

    One list a column, unnested side by side: as fast as a DataFrame for thousands of rows, without importing pandas.
    """
    if new_rows:
        columns = {name: [row[name] for row in new_rows] for name in new_rows[0]}
        unnested = ", ".join(f'unnest(${name}) as "{name}"' for name in columns)
        connection.execute(f"insert into {table} by name select {unnested}", columns)


def delete_sessions(connection: Connection, session_ids: Iterable[str]) -> None:
    """Remove every row of these sessions from the tables of sessions."""
    ids = list(session_ids)
    if ids:
        for table in SESSION_TABLES:
            connection.execute(f"delete from {table} where session_id in (select unnest(?))", [ids])


def replace_recordings(
    connection: Connection, recordings: Sequence[Row], issues: Sequence[Row], lost: Iterable[str] = ()
) -> None:
    """Write recordings anew, with what is to be said about their data; take out those that can't be read any more."""
    ids = [*(row["recording_id"] for row in recordings), *lost]
    for table in ("recording", "recording_issue"):
        connection.execute(f"delete from {table} where recording_id in (select unnest(?))", [ids])
    insert_rows(connection, "recording", recordings)
    insert_rows(connection, "recording_issue", issues)


def move_recordings(connection: Connection, leader_of: Mapping[str, str]) -> None:
    """Let stored recordings belong to another session: recording id -> the id of the one that leads it."""
    for recording_id, session_id in leader_of.items():
        connection.execute(
            "update recording set session_id = $session_id, is_primary = ($session_id = $recording_id) "
            "where recording_id = $recording_id and session_id <> $session_id",
            {"session_id": session_id, "recording_id": recording_id},
        )


def replace_overlaps(
    connection: Connection, recording_ids: Sequence[str], overlaps: Sequence[tuple[str, str, float]]
) -> None:
    """Write the pairs of some recordings that share a part of their minutes."""
    connection.execute(
        "delete from overlap "
        "where recording_id in (select unnest($ids)) or other_recording_id in (select unnest($ids))",
        {"ids": list(recording_ids)},
    )
    names = ("recording_id", "other_recording_id", "shared_ratio")
    insert_rows(connection, "overlap", [dict(zip(names, overlap, strict=True)) for overlap in overlaps])


def replace_quarantine(connection: Connection, received: Sequence[Received], found: Sequence[Row]) -> None:
    """Write anew what can't be read of some files; what could not be fetched before and now can is no longer there.

    Args:
        connection: the writer's.
        received: the files, in the order in which they arrived: a rebuild sees a refusal and what came later at once.
        found: rows of `quarantine`, those without content among them.
    """
    last_word = {(item.runner_id, item.source, item.source_ref): item for item in received}
    for item in received:
        connection.execute(
            "delete from quarantine where runner_id = ? and source = ? and source_ref = ? "
            "and (content_sha256 is null or content_sha256 = ?)",
            [item.runner_id, item.source, item.source_ref, item.content_sha256],
        )
    standing = [
        row
        for row in found
        if row["content_sha256"] is not None
        or last_word[row["runner_id"], row["source"], row["source_ref"]].refusal == row["reason"]
    ]
    insert_rows(connection, "quarantine", standing)


def delete_quarantine(connection: Connection, contents: Collection[tuple[str, str]]) -> None:
    """Take out what was said of (runner, content) that no longer stands."""
    for runner_id, content_sha256 in contents:
        connection.execute(
            "delete from quarantine where runner_id = ? and content_sha256 = ?", [runner_id, content_sha256]
        )


def replace_withdrawals(connection: Connection, withdrawn: Sequence[Received]) -> None:
    """Write anew what is gone at its source."""
    connection.execute("delete from withdrawal")
    names = ("runner_id", "source", "source_ref", "file_name", "content_sha256", "start_utc", "session_date")
    insert_rows(
        connection,
        "withdrawal",
        [{**{name: getattr(item, name) for name in names}, "withdrawn_utc": item.received_utc} for item in withdrawn],
    )


def replace_baselines(connection: Connection, baselines: Sequence[Row]) -> None:
    """Write the cadence baseline of some runs anew."""
    ids = [row["session_id"] for row in baselines]
    connection.execute("delete from cadence_baseline where session_id in (select unnest(?))", [ids])
    insert_rows(connection, "cadence_baseline", baselines)


def received_of(row: Row) -> Received:
    """Return where a stored recording came from."""
    return Received(
        row["runner_id"],
        row["source"],
        row["source_ref"],
        row["file_name"],
        row["content_sha256"],
        None,
        row["start_utc"],
    )


def replace_definitions(connection: Connection, definitions: Sequence[tuple[FactDefinition, str]]) -> None:
    """Write the dictionary of facts, each with its unit."""
    connection.execute("delete from fact_definition")
    insert_rows(
        connection,
        "fact_definition",
        [
            {
                "fact": definition.name,
                "unit": unit,
                **{key: value for key, value in asdict(definition).items() if key != "name"},
            }
            for definition, unit in definitions
        ],
    )


# --------------------------------------------------------------------------------------------------------------------
# Samples


def _columns(samples_of: Mapping[str, SessionSamples]) -> dict[str, NDArray[Any]]:
    """Return the samples of some sessions below one another, a column an array; `session_place` counts from 1."""
    lengths = [len(samples.t_s) for samples in samples_of.values()]
    columns: dict[str, NDArray[Any]] = {"session_place": np.repeat(np.arange(1, len(lengths) + 1), lengths)}
    for name in SessionSamples.__slots__:
        columns[name] = np.concatenate([getattr(samples, name) for samples in samples_of.values()])
    columns["gait"] = columns["gait"].astype(np.int16)  # 255, unknown, is counted on from
    return columns


def store_samples(
    connection: Connection,
    home: Home,
    partitions: Mapping[tuple[str, str], Mapping[str, SessionSamples | None]],
    stale: set[Path],
) -> None:
    """Replace the samples of some sessions, partition by partition.

    Args:
        connection: any connection; no table is touched.
        home: where the partitions lie.
        partitions: (runner_id, month as YYYY-MM) -> session_id -> its samples; None removes that session's.
        stale: files whose content is not to be kept (a rebuild); those that are written are taken out.
    """
    for (runner_id, month), sessions in partitions.items():
        folder = sample_folder(home) / f"runner_id={_folder_name(runner_id)}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"month={month}.parquet"
        _rewrite(connection, path, sessions, keep=path not in stale)
        stale.discard(path)


def _folder_name(runner_id: str) -> str:
    """Return a name that is safe in any file system; ids of runners are short and plain to begin with."""
    return "".join(char if char.isalnum() or char in "-_" else f"%{ord(char):02x}" for char in runner_id)


def _rewrite(connection: Connection, path: Path, sessions: Mapping[str, SessionSamples | None], *, keep: bool) -> None:
    keep = keep and path.exists()
    written = {session_id: samples for session_id, samples in sessions.items() if samples is not None}
    if not written and not keep:
        return
    connection.execute(f"create or replace temporary table partition_sample as {query('empty_sample')}")
    if keep:
        connection.execute(
            f"insert into partition_sample by name select * "
            f"from read_parquet({quoted(str(path))}, hive_partitioning = false) "
            "where session_id not in (select unnest(?))",
            [list(sessions)],
        )
    if written:
        connection.register("incoming_sample", _columns(written))
        connection.execute(
            f"insert into partition_sample by name {query('samples_to_store')}",
            {"session_ids": list(written), "gaits": list(GAITS)},
        )
        connection.unregister("incoming_sample")
    partial = path.with_suffix(".partial")
    connection.execute(
        f"copy (from partition_sample order by session_id, t_s) to {quoted(str(partial))} (format parquet, {PARQUET})"
    )
    connection.execute("drop table partition_sample")
    partial.chmod(PRIVATE_FILE_MODE)
    partial.replace(path)
