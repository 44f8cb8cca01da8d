"""The runner's week as text: what went as planned first, then what did not, then what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt
from pipeline.reports.week_table import day_lines, limit_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Row = dict[str, Any]


#: Columns of a page that goes into a file or a mail.
PAGE_COLUMNS: Final = 120

#: Where the figures of a week begin, behind their names: a line that is too long goes on below its figures.
TOTALS_COLUMNS: Final = 12


@dataclass(frozen=True, slots=True)
class Week:
    """What one weekly summary is made of; the rows carry the names of the public relations."""

    summary: Mapping[str, Any]  #: a row of week_summary
    stage_name: str | None
    set_by: str | None
    set_on_date: date | None
    sessions: Sequence[Mapping[str, Any]]  #: rows of session
    findings: Sequence[Mapping[str, Any]]  #: rows of finding, those within plan left out
    last_run_date: date | None  #: the newest run of the whole log
    as_of_date: date  #: the local day that "today" means
    limits: Sequence[Mapping[str, Any]] = ()  #: rows of the query limits_between
    answers: Sequence[Mapping[str, Any]] = ()  #: rows of the query week_answers
    withdrawals: Sequence[Mapping[str, Any]] = ()  #: rows of withdrawal: deleted at their source
    silences: Sequence[Mapping[str, Any]] = ()  #: rows of silence, of today


def render_week(week: Week, width: int = PAGE_COLUMNS) -> str:
    """Return the weekly summary as plain text; sentences wrap and tables fold at `width` columns."""
    return "\n".join(_week(week, width)) + "\n"


def _week(week: Week, width: int) -> Iterator[str]:
    yield from _heading(week, width)
    yield ""
    for line in _totals(week):
        yield from fmt.wrapped(line, width, hanging=" " * TOTALS_COLUMNS)
    yield ""
    yield from day_lines(week.summary["week_start_date"], week.as_of_date, week.sessions, week.answers, width)
    yield from _flags(week, width)
    is_silenced = any(row["outcome"] == "contact_clinician" for row in told_flags(week.findings))
    if week.limits and not is_silenced:
        yield ""
        stages = ", ".join(dict.fromkeys(row["stage_id"] for row in week.limits))
        heading = f"Limits of {stages}, and what of this week came nearest to each (a bar ends at its limit):"
        yield from fmt.wrapped(heading, width)
        yield from limit_lines(week.limits, width)
    yield from _unknowns(week, width)
    yield from _remarks(week, width)


def _heading(week: Week, width: int) -> Iterator[str]:
    start: date = week.summary["week_start_date"]
    end = start + timedelta(days=6)
    title = f"Week {week.summary['iso_week']} ({fmt.day(start)} to {fmt.day(end)}), runner {week.summary['runner_id']}"
    yield from fmt.wrapped(title, width)
    stage_id = week.summary["stage_id"]
    if stage_id is None:
        yield from fmt.wrapped(
            "No stage is set: nothing can be held against a plan (gaitkeeper stage set S1 --by NAME).", width
        )
    else:
        name = "" if week.stage_name is None else f", {week.stage_name}"
        yield from fmt.wrapped(f"Stage {stage_id}{name}; set by {week.set_by} on {week.set_on_date}.", width)


def _totals(week: Week) -> Iterator[str]:
    row = week.summary
    if not row["run_count"]:
        yield "  No run in this week."
        if week.last_run_date is not None:
            iso = week.last_run_date.isocalendar()
            yield f"  The newest run is of {week.last_run_date}: gaitkeeper week --week {iso.year}-W{iso.week:02d}"
        return
    matched = row["matched_cadence_ratio"]
    against = "" if matched is None else f" ({fmt.share(matched)} against the baseline at the same speed)"
    runs = fmt.plural(row["run_count"], "run")
    yield f"  Running   {runs}, {fmt.distance(row['run_distance_m'])}, {fmt.duration(row['run_s'])}"
    yield f"  Ascent    {fmt.metres(row['ascent_m'])}"
    yield f"  Cadence   {fmt.cadence(row['mean_run_cadence_spm'])}{against}"
    yield f"  Steps     {fmt.count(row['step_count'])} ({fmt.count(row['stride_cycle_count'])} stride cycles a leg)"
    yield f"  Strides   {fmt.count(row['pickup_count'])} (pick-ups)   Tempo {fmt.duration(row['tempo_s'])}"
    pain = row["max_pain_during"]
    yield f"  Pain      {'not entered' if pain is None else f'worst during a run {pain:.0f} of 10'}"
    yield f"  Rehab     {fmt.plural(row['rehab_count'], 'entry').replace('entrys', 'entries')}"


def _by_session(findings: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    for _, group in groupby(findings, key=lambda row: row["session_id"]):
        listed = list(group)
        yield f"  {fmt.day(listed[0]['session_date'])}, session {listed[0]['session_id']}", listed


def _flags(week: Week, width: int) -> Iterator[str]:
    flags = sorted(told_flags(week.findings), key=lambda row: row["outcome"] != "contact_clinician")
    yield ""
    if not flags:
        is_run = week.summary["run_count"]
        nothing = "Nothing was found outside the plan in what could be assessed." if is_run else "Nothing to judge."
        yield from fmt.wrapped(nothing, width)
        return
    yield f"Flagged: {fmt.plural(len({row['session_id'] for row in flags}), 'session')}"
    for heading, listed in _by_session(flags):
        yield heading
        for row in listed:
            sentence = f"{fmt.OUTCOME_WORDS[row['outcome']]}: {row['message']}{_segment(row)}"
            yield from fmt.wrapped(sentence, width, indent="    ")


def told_flags(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the findings to be told: where a red flag stands, it stands alone."""
    standing = [row for row in findings if row["overridden_by"] is None]
    red = {row["session_id"] for row in standing if row["outcome"] == "contact_clinician"}
    return [
        row
        for row in standing
        if row["outcome"] == "contact_clinician"
        or (row["outcome"] in ("hold", "outside_plan") and row["session_id"] not in red)
    ]


def _segment(row: Mapping[str, Any]) -> str:
    if row["start_s"] is None or row["end_s"] is None:
        return ""
    return f" [{fmt.duration(row['start_s'])} to {fmt.duration(row['end_s'])} of the session]"


def _unknowns(week: Week, width: int) -> Iterator[str]:
    """Yield what is not known, one sentence a fact, with its days: a missing answer is never compliance."""
    flagged = {(row["session_id"], row["fact"]) for row in told_flags(week.findings)}
    red = {row["session_id"] for row in told_flags(week.findings) if row["outcome"] == "contact_clinician"}
    told: set[tuple[str, str]] = set()
    days: dict[str, list[str]] = {}
    for row in week.findings:
        key = (row["session_id"], row["fact"])
        is_told = row["session_id"] in red or key in flagged or key in told
        if is_told or row["outcome"] not in ("not_assessable", "pending", "note"):
            continue
        told.add(key)
        days.setdefault(row["message"], []).append(fmt.day(row["session_date"]))
    if days:
        yield ""
        yield "Notes, and what is not known:"
        for message, on in days.items():
            yield from fmt.wrapped(f"{message} ({', '.join(dict.fromkeys(on))})", width, indent="  ")


def _remarks(week: Week, width: int) -> Iterator[str]:
    """Yield what is to be known of the log itself: what was deleted at its source, what has fallen silent."""
    sentences = [withdrawn(row) for row in week.withdrawals] + [row["message"] for row in week.silences]
    if sentences:
        yield ""
    for sentence in sentences:
        yield from fmt.wrapped(sentence, width)


def withdrawn(row: Mapping[str, Any]) -> str:
    """Return the sentence on one activity that was deleted at its source."""
    when = "Day not known" if row["session_date"] is None else fmt.day(row["session_date"])
    return (
        f"{when}: {row['file_name']} was deleted from {row['source']} and no longer counts; "
        "its bytes stay in the archive."
    )
