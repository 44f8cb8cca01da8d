"""What Prefect's own pages show of a night: one table of its sources, and one page for each flagged session.

Prefect's database is not the home's journal: it may lie on a server that others look after. So what is written there is
ids, names of facts, numbers and our own words (the sentence of a source that failed may name its folder). No name of a
person, no file, no place, no note, and of a red flag only that there is one: who may read the rest opens the report.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from prefect.artifacts import Artifact, create_markdown_artifact, create_table_artifact

from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.reports.format import OUTCOME_WORDS
from pipeline.settings import local_today
from pipeline.warehouse.connection import ask, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pipeline.settings import Home

#: The artefact of a night; Prefect keeps every version of it.
NIGHT_KEY: Final = "gaitkeeper-night"

#: Answers come in for days after a run; what they change is shown again. Older sessions only when a night touched them.
SHOWN_DAYS: Final = 14

#: A back-fill of ten years flags hundreds of sessions: the newest are shown here, all of them by `gaitkeeper flagged`.
SHOWN_SESSIONS: Final = 30


CLOSING: Final = (
    "This compares what was recorded and said with limits that a clinician set; it does not diagnose, and it does not "
    "change the plan."
)


def show_night(home: Home, now_utc: datetime) -> None:
    """Write the table of the night that began at `now_utc`: one row a source."""
    with reading(home, now_utc, local_today(now_utc, home.config().time_zone)) as connection:
        rows = ask(connection, "night_of", {"started_utc": now_utc})
    if rows:
        create_table_artifact(
            table=[{name.removesuffix("_count"): _one_line(value) for name, value in row.items()} for row in rows],
            key=NIGHT_KEY,
            description=f"Night of {now_utc:%Y-%m-%d %H:%M} UTC: what each source gave.",
        )


def show_flagged(home: Home, now_utc: datetime, session_ids: Iterable[str] = ()) -> list[str]:
    """Write one page for each flagged session whose findings are not shown as they stand; return their ids.

    Args:
        home: the home.
        now_utc: what "now" means.
        session_ids: sessions that were written tonight, however old they are.
    """
    today = local_today(now_utc, home.config().time_zone)
    asked = {
        "session_ids": sorted(session_ids),
        "since_date": today - timedelta(days=SHOWN_DAYS),
        "session_limit": SHOWN_SESSIONS,
    }
    with reading(home, now_utc, today) as connection:
        lay_protocols_over(connection, home)
        judge_once(connection)
        findings = ask(connection, "flagged_to_show", asked)
    shown = []
    for session_id, group in groupby(findings, key=lambda row: str(row["session_id"])):
        key, page = session_key(session_id), session_page(list(group))
        if _shown_last(key) != page:
            create_markdown_artifact(page, key=key, description=f"Session {session_id}: what was found.")
            shown.append(session_id)
    return shown


def _shown_last(key: str) -> object:
    newest = Artifact.get(key)
    assert not isinstance(newest, Coroutine)  # called without an event loop it answers at once
    return None if newest is None else newest.data


def session_key(session_id: str) -> str:
    """Return the key of a session's page; Prefect takes lower-case letters, digits and dashes."""
    return "flagged-" + re.sub(r"[^a-z0-9]+", "-", session_id.lower()).strip("-")


def session_page(findings: Sequence[Mapping[str, Any]]) -> str:
    """Return one flagged session as Markdown.

    Args:
        findings: its rows of `flagged`, worst first; at least one.
    """
    first = findings[0]
    stage = f"stage {safe(first['stage_id'])}, protocol {safe(first['protocol_version'])}"
    lines = [
        f"# Session {safe(first['session_id'])}",
        "",
        f"{first['session_date']}, runner {safe(first['runner_id'])}, {stage}",
        "",
        "| outcome | fact | observed | limit | part of the session |",
        "|---|---|--:|--:|---|",
    ]
    lines += [
        f"| {OUTCOME_WORDS[row['outcome']]} | `{row['fact']}` | {_number(row['observed'], row['unit'])} "
        f"| {row['bound']} {_number(row['limit_value'], row['unit'])} | {_part(row)} |"
        for row in findings
    ]
    command = f"gaitkeeper session {first['session_id']}"
    return "\n".join([*lines, "", f"The whole of it, for those who may read it: `{command}`. {CLOSING}"])


def safe(value: object) -> object:
    """Return a value as text that a page shows as it stands: no markup, no link, no second line."""
    if value is None or isinstance(value, (int, float)):
        return value
    return re.sub(r"([\\`*_{}\[\]<>()#+!|&~-])", r"\\\1", str(_one_line(value)))


def _one_line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _number(value: float | None, unit: str | None) -> str:
    if value is None:
        return "not known"
    return f"{value:.4g}" if unit in (None, "1") else f"{value:.4g} {unit}"


def _part(row: Mapping[str, Any]) -> str:
    if row["start_s"] is None or row["end_s"] is None:
        return "whole"
    return f"{row['start_s']:.0f} s to {row['end_s']:.0f} s"
