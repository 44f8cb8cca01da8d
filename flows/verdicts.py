"""What a rebuild, or a newer program, changed in verdicts: a log must not change its mind in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.format import OUTCOME_WORDS
from pipeline.settings import local_today
from pipeline.warehouse.verdicts import is_published_by_another, published_verdicts

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.settings import Home

#: As many as fit above a prompt; `gaitkeeper sql "select session_id, verdict from session"` has the rest.
TOLD_CHANGES: Final = 10

Verdicts = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One session whose verdict is another one now, in words."""

    session_id: str
    session_date: str
    before: str
    after: str


def verdicts_of(home: Home, now_utc: datetime) -> Verdicts | None:
    """Return the verdicts as they are published; None where none can be read."""
    return published_verdicts(home, now_utc, local_today(now_utc, home.config().time_zone))


def is_outdated(home: Home) -> bool:
    """Return whether another version of the program published what readers have now."""
    return is_published_by_another(home)


def changes(before: Verdicts, after: Verdicts) -> list[Change]:
    """Return what differs, newest first."""
    found = []
    for session_id in before.keys() | after.keys():
        was, is_now = before.get(session_id), after.get(session_id)
        row = is_now or was
        assert row is not None
        change = Change(session_id, str(row["session_date"]), _verdict(was), _verdict(is_now))
        if was is None or is_now is None or change.before != change.after:
            found.append(change)
    return sorted(found, key=lambda change: (change.session_date, change.session_id), reverse=True)


def _verdict(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not there"
    return "not judged" if row["verdict"] is None else str(OUTCOME_WORDS.get(row["verdict"], row["verdict"]))


def change_lines(before: Verdicts | None, after: Verdicts | None) -> list[str]:
    """Return sentences that say what changed: how many, and the newest of them."""
    if before is None or after is None:
        return ["What was told before can't be read any more, so it can't be said which verdicts changed."]
    found = changes(before, after)
    if not found:
        return [f"No verdict changed ({len(after)} run(s))."]
    lines = [f"{len(found)} of {len(before.keys() | after.keys())} verdicts changed:"]
    lines += [
        f"  {change.session_date}, session {change.session_id}: {change.before} -> {change.after}"
        for change in found[:TOLD_CHANGES]
    ]
    if len(found) > TOLD_CHANGES:
        lines.append(f"  ... and {len(found) - TOLD_CHANGES} more")
    return lines
