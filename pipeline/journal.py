"""The journal: what people said, appended for ever. A later entry corrects an earlier one; nothing is overwritten.

The relations `runner_setting`, `stage_on_date`, `symptom` and `rehab` are views over this file, so an entry changes a
verdict at once, also while a night is running.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pipeline.lines import append_lines, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipeline.settings import Home

EntryKind = Literal[
    "runner", "stage", "protocol", "override", "symptom", "rehab", "rehab_plan", "prom", "intake", "correction", "told"
]
ENTRY_KINDS: Final = get_args(EntryKind)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody said."""

    entry_id: str  #: the instant, the clock of its writing and chance: what is written later sorts later
    entry_utc: datetime
    runner_id: str
    kind: EntryKind
    by: str  #: the name of whoever said it
    data: dict[str, Any]


def new_entry(kind: EntryKind, runner_id: str, data: dict[str, Any], *, by: str, now_utc: datetime) -> Entry:
    """Make an entry with an id of its own; `data` keeps None out, since what was not said is not there."""
    said = {key: value for key, value in data.items() if value is not None}
    entry_id = f"{now_utc:%Y%m%dT%H%M%S%f}-{time.time_ns():016x}{secrets.token_hex(2)}"
    return Entry(entry_id, now_utc, runner_id, kind, by, said)


def write_entries(home: Home, entries: Iterable[Entry]) -> None:
    """Append entries to the home's journal, durable when the call returns."""
    append_lines(
        home.journal_file,
        (
            {
                "entry_id": entry.entry_id,
                "entry_utc": entry.entry_utc.isoformat(),
                "runner_id": entry.runner_id,
                "kind": entry.kind,
                "by": entry.by,
                "data": entry.data,
            }
            for entry in entries
        ),
    )


def runner_ids(home: Home) -> list[str]:
    """Return the runners of this home, in the order in which they were added."""
    lines = read_lines(home.journal_file, holding=b'"runner"')
    return list(dict.fromkeys(line["runner_id"] for line in lines if line["kind"] == "runner"))
