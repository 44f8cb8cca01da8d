"""The whole file through fitparse, records and all: slow, independent, and there to check the column reader against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from connectors.fit_messages import Messages, as_dict, open_fit
from connectors.fit_profile import (
    COMPRESSED_SPEED_DISTANCE_FIELD,
    IGNORED_RECORD_FIELDS,
    RECORD,
    RECORD_FIELDS,
    TIMESTAMP_FIELD,
    WANTED_FIELDS,
)
from connectors.fit_records import LARGEST_VALUE, RecordColumns
from pipeline.errors import UnreadableFile

if TYPE_CHECKING:
    import fitparse

_KNOWN = {*RECORD_FIELDS, *IGNORED_RECORD_FIELDS, TIMESTAMP_FIELD, COMPRESSED_SPEED_DISTANCE_FIELD}


def read_whole(content: bytes) -> tuple[RecordColumns, Messages]:
    """Read one part of a FIT file with fitparse alone.

    Raises:
        UnreadableFile: fitparse gives up on it, as it does on files that the column reader can read.
    """
    messages = Messages()
    rows: list[dict[str, float]] = []
    unmapped: Counter[int] = Counter()
    developer: Counter[tuple[int, int]] = Counter()
    try:
        for one in open_fit(content).get_messages():
            if one.mesg_num == RECORD:
                rows.append(_row(one))
                _count(one, unmapped, developer)
            elif one.mesg_num in WANTED_FIELDS:
                messages.by_number[one.mesg_num].append(as_dict(one))
    except Exception as fault:
        raise UnreadableFile(f"fitparse gives up: {type(fault).__name__}: {fault}") from fault
    times = np.array([row.get("timestamp", np.nan) for row in rows], dtype=np.float64)
    names = {name for row in rows for name in row} - {"timestamp"}
    columns = {name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in sorted(names)}
    return RecordColumns(times, columns, unmapped, developer, Counter()), messages


def _row(message: fitparse.DataMessage) -> dict[str, float]:
    """Return the first value of every field that we read; what fitparse expands from others comes last."""
    names = {number: meaning.name for number, meaning in RECORD_FIELDS.items()} | {TIMESTAMP_FIELD: "timestamp"}
    native = [one for one in message.fields if one.field_type != "devfield" and one.field_def is not None]
    expanded = [one for one in message.fields if one.field_type != "devfield" and one.field_def is None]
    row: dict[str, float] = {}
    for one in (*native, *expanded):
        if one.def_num not in names:
            continue
        # Enumerations come as words, the rest scaled.
        value = one.raw_value if names[one.def_num] == "activity_type" else one.value
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, int) or (isinstance(value, float) and abs(value) < LARGEST_VALUE):
            row.setdefault(names[one.def_num], float(value))
    return row


def _count(message: fitparse.DataMessage, unmapped: Counter[int], developer: Counter[tuple[int, int]]) -> None:
    for one in message.fields:
        if one.field_type == "devfield":
            developer[one.field.dev_data_index, one.field.def_num] += 1
        elif one.field_def is not None and one.def_num not in _KNOWN:
            unmapped[one.def_num] += 1
