"""The stage today as text: a red flag first and alone; else what it allows, and what speaks for which decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt
from pipeline.reports.week_table import BAR_CELLS, BAR_CELLS_BEYOND, bar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: A red flag of this many days back stands alone on the page: a clinician's answer to it (a stage set anew, the finding
#: set aside) is a matter of days.
RED_FLAG_DAYS: Final = 14

#: What each kind of criterion speaks for, in words that leave the decision where it belongs.
_DECISIONS: Final = {
    "advance": "Criteria for the next stage",
    "hold": "Reasons to hold the stage",
    "regress": "Reasons to propose the stage before (three days without running first)",
    "layoff": "Layoff",
}

#: In place of a bar, where no run was held against a limit.
NO_BAR: Final = " " * (BAR_CELLS + 1 + BAR_CELLS_BEYOND)

#: Columns before a limit's sentence: four, the bar, and what was reached.
LIMIT_INDENT: Final = 4 + len(NO_BAR) + 12

#: Below this width a sentence beside its bar would be a column of single words: it goes above the bar.
NARROW_COLUMNS: Final = LIMIT_INDENT + 31

_STATE_MARKS: Final = {"met": "[x]", "not_met": "[ ]", "unknown": "[?]"}


def status_lines(row: Mapping[str, Any], width: int) -> Iterator[str]:
    """Yield the lines of one runner's status.

    Args:
        row: a row of the query `status`, with its limits, held_limits, criteria, red_flags, silences and last_syncs.
        width: columns of the page.
    """
    for line in _lines(row, width):
        yield from [line] if len(line) <= width else _folded(line, width)


def _folded(line: str, width: int) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return fmt.wrapped(line.strip(), width, indent=indent, hanging="    ")


def _lines(row: Mapping[str, Any], width: int) -> Iterator[str]:
    yield f"Runner {row['runner_id']} on {row['as_of_date']}"
    if row["red_flags"]:
        yield from (
            f"  {fmt.OUTCOME_WORDS['contact_clinician']} ({fmt.day(finding['session_date'])}): {finding['message']}"
            for finding in row["red_flags"]
        )
        return
    yield from _stage(row, width)
    for decision, heading in _DECISIONS.items():
        yield from _criteria(decision, heading, [c for c in row["criteria"] if c["decision"] == decision])
    yield f"  Runs in the log: {row['run_count']}; the last one: {row['last_run_date'] or 'none'}"
    yield f"  Last seven days: {row['flagged_7d_count']} flagged, {row['unknown_7d_count']} not fully known"
    yield from _syncs(row["last_syncs"])
    yield from (f"  {silence['message']}" for silence in row["silences"])


def _stage(row: Mapping[str, Any], width: int) -> Iterator[str]:
    if row["stage_id"] is None:
        yield "  No stage is set: gaitkeeper stage set S1 --by NAME"
        return
    name = "" if row["stage_name"] is None else f", {row['stage_name']}"
    yield f"  Stage {row['stage_id']}{name}; set by {row['set_by']} on {row['set_on_date']}"
    yield "  It allows, and what of the last seven days came nearest (a bar ends at its limit):"
    held = {(limit["fact"], limit["bound"], limit["limit_value"]): limit for limit in row["held_limits"]}
    for limit in row["limits"]:
        reached = held.get((limit["fact"], limit["bound"], limit["limit_value"]))
        drawn = NO_BAR if reached is None else bar(reached)
        value = "no run" if reached is None else reached["observed_text"] or "not known"
        bound = "at most" if limit["bound"] == "max" else "at least"
        sentence = f"{limit['sentence']}: {bound} {limit['limit_text']} (else: {limit['outcome'].replace('_', ' ')})"
        if width < NARROW_COLUMNS:
            yield from fmt.wrapped(sentence, width, indent="    ")
            yield f"    {drawn} {value}"
            continue
        lines = fmt.wrapped(sentence, width - LIMIT_INDENT)
        yield f"    {drawn} {value:<10} {lines[0]}"
        yield from (" " * LIMIT_INDENT + line for line in lines[1:])


def _criteria(decision: str, heading: str, listed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is met, what is not and what is unknown; the clinician decides."""
    met = sum(row["criterion_state"] == "met" for row in listed)
    unknown = sum(row["criterion_state"] == "unknown" for row in listed)
    if decision == "advance" and listed:
        yield f"  {heading}: {met} of {len(listed)} recorded as met, {unknown} unknown; for the clinician's decision"
        yield from (f"    {_STATE_MARKS[row['criterion_state']]} {_criterion(row)}" for row in listed)
    elif met < len(listed):
        yield f"  {heading}: for the clinician's decision"
        reasons = (row for row in listed if row["criterion_state"] != "met")
        yield from (f"    {'?' if row['criterion_state'] == 'unknown' else '-'} {_criterion(row)}" for row in reasons)


def _criterion(row: Mapping[str, Any]) -> str:
    bound = "at most" if row["bound"] == "max" else "at least"
    observed = row["observed_text"] if row["observed_text"] is not None else f"not known ({row['detail']})"
    return f"{row['sentence']}: {observed}; {bound} {row['limit_text']}"


def _syncs(syncs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not syncs:
        yield "  No sync has run yet."
    for sync in syncs:
        message = f" ({sync['message']})" if sync["message"] else ""
        yield f"  Last sync of {sync['source']}: {sync['ended_utc']:%Y-%m-%d %H:%M} UTC, {sync['state']}{message}"
