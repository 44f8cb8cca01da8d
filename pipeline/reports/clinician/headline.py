"""The top of the page: red flags, the one-line status with its unknowns, and what is said about the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt
from pipeline.reports.clinician.model import RED_FLAG_DAYS
from pipeline.reports.clinician.words import (
    MOMENT_WORDS,
    NOT_SET,
    RED_FLAG_WORDS,
    counted,
    long_day,
    plain_message,
    shortened,
    shown,
    tally,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.reports.clinician.model import ClinicianReport

#: Half of the width of the 95 % interval of the first threshold as a part of critical speed, 81.1 to 83.6 % (HUNTER24).
_CEILING_INTERVAL: Final = (0.811, 0.836)

_MOST_RED_LINES: Final = 6
_MOST_ASIDE: Final = 3
_MOST_NAMED: Final = 4


def red_flags(report: ClinicianReport) -> tuple[str, str, list[str]]:
    """Return the state (reported, none, unknown), its heading, and its lines: what, when, whom to reach."""
    asked = _asked(report)
    standing, asking = report.recent_red_flags, report.asking_findings
    older = len(report.standing_red_flags) - len(standing)
    aside = [
        f"Set aside by {shortened(row['overridden_by'], 60)}: {words_of(row['red_flag'], RED_FLAG_WORDS)} "
        f"({fmt.day(row['session_date'])}). Reason: {shortened(row['override_reason'] or NOT_SET, 120)}"
        for row in report.red_flags
        if row["overridden_by"] is not None
    ][:_MOST_ASIDE]
    if older:
        aside.append(f"Earlier: {counted(older, 'red flag')} that nobody set aside, more than {RED_FLAG_DAYS} days ago")
    if standing or asking:
        heading = "Red flag reported" if standing else "The plan asks for the clinician"
        lines = [_red_line(row) for row in standing] + [shortened(plain_message(row["message"]), 240) for row in asking]
        more = len(lines) - _MOST_RED_LINES
        kept = lines[:_MOST_RED_LINES] + (
            [f"And {more} more; each is in the appendix or in the log."] if more > 0 else []
        )
        return (
            "reported",
            f"{heading}: {fmt.OUTCOME_WORDS['contact_clinician']}",
            [*kept, _contact(report), f"Red-flag questions: {asked}", *aside],
        )
    runs = report.runs
    answered = sum(row["red_flags"] is not None for row in runs)
    if not runs:
        return "unknown", "Red flags: not known, no run in these days to ask about", aside
    if not answered:
        return "unknown", f"Red flags: not known ({asked})", aside
    return "none", f"Red flags: none reported ({asked})", aside


def _red_line(row: Mapping[str, Any]) -> str:
    moments = ", ".join(dict.fromkeys(words_of(moment, MOMENT_WORDS) for moment in row["moments"]))
    name = words_of(row["red_flag"], RED_FLAG_WORDS)
    return f"{name[:1].upper()}{name[1:]}: reported for {long_day(row['session_date'])} ({moments})"


def _contact(report: ClinicianReport) -> str:
    contact = report.settings.get("contact")
    where = f"contact {shortened(contact, 80)}" if contact else "contact the clinician (no contact is set)"
    return f"The runner's page says this and nothing else: stop running, {where} or urgent care."


def _asked(report: ClinicianReport) -> str:
    """Return "n of N answered": the red-flag questions of the runs of the period."""
    runs = report.runs
    answered = sum(row["red_flags"] is not None for row in runs)
    waiting = sum(row["red_flags"] is None and row["is_answer_pending"] for row in runs)
    due = f"; {waiting} not due yet" if waiting else ""
    return f"{answered} of {counted(len(runs), 'run')} answered{due}"


def status(report: ClinicianReport, *, is_silenced: bool) -> str:
    """Return the one line: stage, days in it, criteria x of y, unknowns."""
    row = report.status
    if row["stage_id"] is None:
        return "No stage is set: nothing can be held against a plan."
    days = (report.as_of_date - row["set_on_date"]).days + 1
    name = "" if row["stage_name"] is None else f", {shortened(row['stage_name'], 60)}"
    return f"Stage {row['stage_id']}{name}; day {days}; {_criteria_line(report, is_silenced=is_silenced)}"


def _criteria_line(report: ClinicianReport, *, is_silenced: bool) -> str:
    if is_silenced:
        return "criteria are not told while a red flag stands"
    if report.criteria is None:
        return "criteria not shown: they rest on runs that may not be shown here"
    listed = _of(report, "advance")
    if not listed:
        return "the protocol has no criteria for a next stage"
    met = sum(row["criterion_state"] == "met" for row in listed)
    unknown = sum(row["criterion_state"] == "unknown" for row in listed)
    return f"criteria recorded as met {met} of {len(listed)}, {unknown} unknown: for your decision"


def _of(report: ClinicianReport, decision: str) -> list[Mapping[str, Any]]:
    return [row for row in report.criteria or () if row["decision"] == decision]


def status_lines(report: ClinicianReport, *, is_silenced: bool) -> Iterator[str]:
    """Yield what stands below the status: verdicts of the period, open criteria, what holds, ceiling, locks."""
    runs = report.runs
    worst_first = sorted(runs, key=lambda row: list(fmt.OUTCOME_WORDS).index(row["verdict"]))
    verdicts = tally(fmt.OUTCOME_WORDS[row["verdict"]] for row in worst_first)
    yield f"This period: {counted(len(runs), 'run')}" + (f" ({verdicts})" if runs else "")
    if report.surgery_lock_date is not None and report.surgery_lock_date >= report.as_of_date:
        yield f"Surgeon's lock: no running up to and including {long_day(report.surgery_lock_date)}"
    if report.concerns:
        yield "Higher concern named at intake: " + ", ".join(words_of(name, {}) for name in report.concerns)
    if not is_silenced:
        yield from _criteria_lines(report)
    yield _ceiling(report)


def _criteria_lines(report: ClinicianReport) -> Iterator[str]:
    advance = _of(report, "advance")
    yield from _named("Not met", [row for row in advance if row["criterion_state"] == "not_met"])
    yield from _named("Unknown", [row for row in advance if row["criterion_state"] == "unknown"])
    for decision, heading in (
        ("hold", "Reasons recorded to hold the stage"),
        ("regress", "Reasons recorded to propose the stage before"),
        ("layoff", "Layoff"),
    ):
        listed = _of(report, decision)
        unknown = sum(row["criterion_state"] == "unknown" for row in listed)
        broken = [row for row in listed if row["criterion_state"] == "not_met"]
        if broken:
            yield from _named(heading, broken, f"{unknown} unknown" if unknown else "")
    holding = [row for decision in ("hold", "regress") for row in _of(report, decision)]
    unknown = sum(row["criterion_state"] == "unknown" for row in holding)
    if holding and not any(row["criterion_state"] == "not_met" for row in holding):
        yield f"Reasons to hold or go back: none recorded, {unknown} of {len(holding)} unknown"


def _named(heading: str, rows: Sequence[Mapping[str, Any]], more: str = "") -> Iterator[str]:
    if rows:
        named = shown([_criterion(row) for row in rows], _MOST_NAMED, "; ")
        yield f"{heading}: {named}" + (f"; {more}" if more else "")


def _criterion(row: Mapping[str, Any]) -> str:
    bound = "at most" if row["bound"] == "max" else "at least"
    sentence = shortened(str(row["sentence"]), 110)
    words = sentence[:1].lower() + sentence[1:]
    if row["observed_text"] is None:
        return words
    return f"{words} {row['observed_text']} ({bound} {row['limit_text']})"


def _ceiling(report: ClinicianReport) -> str:
    """Return the ceiling, where it comes from and how sure it is: one estimate moves every verdict."""
    run = next((row for row in report.runs if row["ceiling_mps"] is not None), None)
    if run is None and not report.runs and "ceiling_mps" in report.settings:
        said = fmt.pace(float(report.settings["ceiling_mps"]))
        return f"Conversational ceiling {said}, from talk test; no run of these days is held against it"
    if run is None:
        return f"Conversational ceiling: {NOT_SET}; limits on speed can't be held against it"
    source = run["ceiling_source"] or "source not known"
    told = f"Conversational ceiling {fmt.pace(run['ceiling_mps'])}, from {source}"
    critical = run["critical_speed_mps"]
    if critical is not None and "critical speed" in source:
        slow, fast = (fmt.pace(part * critical) for part in _CEILING_INTERVAL)
        return f"{told}; 95 % interval of that share {slow} to {fast}"
    return f"{told}; its error is not known"


def findings_heading(report: ClinicianReport) -> str:
    """Return the heading of the findings with who set the limits, and when."""
    told = list(dict.fromkeys((row["set_by"], row["set_on_date"], row["stage_id"]) for row in report.standing_findings))
    setters = [f"{stage} by {shortened(who, 50)} on {day}" for who, day, stage in told if who is not None]
    return "Findings, worst first" + (f" (limits of {shown(setters, 2)})" if setters else "")


def findings_note(report: ClinicianReport, most: int, *, is_silenced: bool) -> str:
    """Return what stands below the table of findings: what is not in it, and where it is."""
    findings = report.standing_findings
    sessions = len({row["session_id"] for row in findings})
    aside = sum(row["overridden_by"] is not None for row in report.findings)
    set_aside = f" {counted(aside, 'finding')} set aside by the clinician, not listed." if aside else ""
    if is_silenced:
        others = sum(row["outcome"] != "contact_clinician" for row in findings)
        return f"Not listed while a red flag stands: {counted(others, 'finding')}, in the appendix.{set_aside}"
    if not report.runs:
        return f"No run in these days: nothing to hold against the plan.{set_aside}"
    unknown = len({row["session_id"] for row in report.findings if row["outcome"] in ("not_assessable", "pending")})
    tail = f" {counted(unknown, 'run')} with something not known or pending.{set_aside}"
    if not findings:
        return f"Nothing was found outside the plan in what could be assessed.{tail}"
    more = f" And {len(findings) - most} more in the appendix." if len(findings) > most else ""
    return f"{counted(len(findings), 'finding')} in {counted(sessions, 'run')}.{more}{tail}"
