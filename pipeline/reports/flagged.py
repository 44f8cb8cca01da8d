"""The flagged sessions with their evidence, as Markdown: what a clinician checks by eye."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipeline.reports import format as fmt
from pipeline.reports.weekly import withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def render_flagged(
    findings: Sequence[Mapping[str, Any]],
    sessions: Mapping[str, Mapping[str, Any]],
    withdrawals: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return the flagged sessions, newest first.

    Args:
        findings: rows of `flagged`, those of one session together.
        sessions: rows of `session` by their id.
        withdrawals: rows of `withdrawal`: a session that was told before may be among them.
    """
    return "\n".join(_lines(findings, sessions, withdrawals)) + "\n"


def _lines(
    findings: Sequence[Mapping[str, Any]],
    sessions: Mapping[str, Mapping[str, Any]],
    withdrawals: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    yield "# Flagged sessions"
    yield ""
    if not findings:
        yield "No session is flagged."
    for session_id, group in groupby(findings, key=lambda row: row["session_id"]):
        listed = list(group)
        session = sessions[session_id]
        yield f"## {session['session_date']}, session {session_id} (stage {session['stage_id']})"
        yield ""
        yield (
            f"{fmt.distance(session['distance_m'])}, running {fmt.duration(session['run_s'])}, "
            f"{fmt.pace(session['mean_run_speed_mps'])}, ascent {fmt.metres(session['ascent_m'])} "
            f"({session['altitude_source']} altitude)"
        )
        yield ""
        for row in listed:
            yield f"- **{fmt.OUTCOME_WORDS[row['outcome']]}**: {row['message']}"
            yield f"  Basis: {row['basis']}; {row['source']}. Protocol {row['protocol_version']}."
            if row["start_s"] is not None and row["end_s"] is not None:
                yield f"  Segment: {row['start_s']:.0f} s to {row['end_s']:.0f} s of the session."
        yield ""
    if withdrawals:
        yield "## Deleted at the source"
        yield ""
        yield from (f"- {withdrawn(row)}" for row in withdrawals)
        yield ""
    yield (
        "This compares recorded sessions and what the runner said with limits that a clinician set. "
        "It does not diagnose, does not estimate joint load or injury risk, and does not change the plan. "
        "What is missing is shown as missing."
    )
