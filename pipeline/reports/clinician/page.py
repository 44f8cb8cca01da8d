"""The report in words: every sentence of it, once, for text, HTML and PDF alike. Layout is theirs, wording is ours.

The order and the wording are those of EVIDENCE.md, section 8: red flags; status with its unknowns; findings, worst
first, at most five; the pain chart; sessions; cadence at matched speed; rehab; questionnaires; data quality; data days
and protocol; what the report can't say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from pipeline.reports import format as fmt
from pipeline.reports.clinician import headline, parts
from pipeline.reports.clinician.words import (
    BASIS_LEGEND,
    basis,
    bound_text,
    long_day,
    plain_message,
    segment,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.reports.clinician.model import ClinicianReport, Panel, Picture

#: Section 8: at most five findings on the first page, the rest is in the appendix.
MOST_FINDINGS: Final = 5
#: Runs that fit on the first page beside everything else; older ones are listed in the appendix.
MOST_RUNS: Final = 8
#: Runs that the appendix lists: over a year at four a week.
MOST_LISTED_RUNS: Final = 260

SESSION_HEADER: Final = (
    "Day", "Distance", "Running", "Pace", "Ascent", "Cadence", "Matched", "Pain b/d/a/m", "RPE", "Verdict",
)  # fmt: skip
SESSION_LEGEND: Final = (
    "Pain 0–10: before / worst during / an hour after / next morning. – not recorded or not answered, … not due yet. "
    "Ascent: b barometric; GPS altitude tells no hills. Matched: cadence against the baseline at the same speed "
    "(minutes compared)."
)


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding as a line of a table."""

    outcome: str  #: a name of the outcomes, for the mark
    verdict: str  #: its words
    day: str
    what: str
    measured: str
    limit: str
    segment: str
    basis: str
    message: str  #: the whole sentence that the runner reads, too
    source: str


@dataclass(frozen=True, slots=True)
class PanelPage:
    """One flagged session."""

    title: str
    subtitle: str  #: what the runner or the watch called it; "" where nothing was said
    facts: str
    findings: tuple[FindingLine, ...]
    said: tuple[str, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Page:
    """The report in words, in the order in which it is read."""

    title: str
    runner: str
    period: str
    made: str
    red_state: str  #: reported, none, unknown: which mark stands before it
    red_heading: str
    red_lines: tuple[str, ...]
    status: str
    status_lines: tuple[str, ...]
    findings_heading: str
    findings: tuple[FindingLine, ...]
    findings_note: str
    chart_heading: str
    picture: Picture | None
    chart_note: str
    session_header: tuple[str, ...]
    session_rows: tuple[tuple[str, ...], ...]
    outcomes: tuple[str, ...]  #: the verdict of each run by its name, for the mark; as many as there are runs
    session_note: str
    cadence: tuple[str, ...]
    rehab: tuple[str, ...]
    proms: tuple[str, ...]
    quality: tuple[str, ...]
    data_days: str
    protocol: str
    limits: str
    panels: tuple[PanelPage, ...]
    panel_note: str
    listed_rows: tuple[tuple[str, ...], ...]  #: all runs of the period, where the first page can't hold them
    listed_note: str
    block_picture: Picture | None
    footer: str
    basis_legend: str = BASIS_LEGEND
    session_legend: str = SESSION_LEGEND


def page_of(report: ClinicianReport) -> Page:
    """Put a report into words."""
    red_state, red_heading, red_lines = headline.red_flags(report)
    findings = report.standing_findings
    is_silenced = red_state == "reported"
    runs = report.runs
    made = report.as_of_utc.astimezone(ZoneInfo(report.time_zone))
    days = (report.as_of_date - report.since_date) // timedelta(days=1) + 1
    rows = tuple(_session_row(row, report.as_of_date.year) for row in runs)
    return Page(
        title="Return-to-run report",
        runner=shortened(report.runner_id, 40),
        period=f"{long_day(report.since_date)} to {long_day(report.as_of_date)} ({days} days)",
        made=f"as of {made:%H:%M} {report.time_zone}",
        red_state=red_state,
        red_heading=red_heading,
        red_lines=tuple(red_lines),
        status=headline.status(report, is_silenced=is_silenced),
        status_lines=tuple(headline.status_lines(report, is_silenced=is_silenced)),
        findings_heading=headline.findings_heading(report),
        findings=()
        if is_silenced
        else tuple(finding_line(row, report.as_of_date.year) for row in findings[:MOST_FINDINGS]),
        findings_note=headline.findings_note(report, MOST_FINDINGS, is_silenced=is_silenced),
        chart_heading="Pain before, during, after and next morning; sessions marked",
        picture=report.picture,
        chart_note=parts.chart_note(report),
        session_header=SESSION_HEADER,
        session_rows=rows[:MOST_RUNS],
        outcomes=tuple(row["verdict"] or "" for row in runs),
        session_note=parts.session_note(report, MOST_RUNS),
        cadence=tuple(parts.cadence(report)),
        rehab=tuple(parts.rehab(report)),
        proms=tuple(parts.proms(report)),
        quality=tuple(parts.quality(report)),
        data_days=parts.data_days(report),
        protocol=parts.protocol(report),
        limits=parts.limits_statement(report),
        panels=tuple(_panel(panel) for panel in report.panels),
        panel_note=parts.panel_note(report),
        listed_rows=rows[:MOST_LISTED_RUNS] if len(rows) > MOST_RUNS else (),
        listed_note=parts.listed_note(len(rows), MOST_LISTED_RUNS),
        block_picture=report.block_picture,
        footer=f"{shortened(report.runner_id, 24)}, {long_day(report.as_of_date)}, Gaitkeeper {report.program_version}",
    )


def finding_line(row: Mapping[str, Any], year: int) -> FindingLine:
    """Return one finding with limit, measured value, stretch and basis."""
    detail = f" ({row['detail']})" if row["detail"] else ""
    return FindingLine(
        outcome=row["outcome"],
        verdict=fmt.OUTCOME_WORDS[row["outcome"]],
        day=fmt.day(row["session_date"]) if row["session_date"].year == year else long_day(row["session_date"]),
        what=shortened(row["sentence"] or row["fact"], 120),
        measured=shortened(f"{row['observed_text'] or fmt.MISSING}{detail}", 90),
        limit=bound_text(row),
        segment=segment(row),
        basis=basis(row),
        message=plain_message(row["message"]),
        source=row["source"] or "",
    )


def pain_text(row: Mapping[str, Any]) -> str:
    """Return the four answers as b/d/a/m: a missing one is a dash, one that isn't due yet an ellipsis."""
    missing = "…" if row["is_answer_pending"] else fmt.MISSING
    values = [row[name] for name in ("pain_before", "pain_during", "pain_after", "pain_next_morning")]
    return " / ".join(missing if value is None else str(value) for value in values)


def _session_row(row: Mapping[str, Any], year: int) -> tuple[str, ...]:
    minutes = row["matched_minute_count"]
    matched = row["matched_cadence_ratio"]
    rpe = row["perceived_exertion_0_10"]
    climb = fmt.metres(row["ascent_m"])
    return (
        (fmt.day if row["session_date"].year == year else long_day)(row["session_date"])
        + (" indoor" if row["is_indoor"] else ""),
        fmt.distance(row["run_distance_m"] if row["run_distance_m"] is not None else row["distance_m"]),
        fmt.duration(row["run_s"]),
        fmt.pace(row["mean_run_speed_mps"]),
        f"{climb} b" if row["altitude_source"] == "barometric" and row["ascent_m"] is not None else fmt.MISSING,
        fmt.MISSING if row["mean_run_cadence_spm"] is None else f"{row['mean_run_cadence_spm']:.0f}",
        fmt.MISSING if matched is None else f"{fmt.share(matched)} ({minutes} min)",
        pain_text(row),
        fmt.MISSING if rpe is None else f"{rpe:g}",
        fmt.OUTCOME_WORDS[row["verdict"]],
    )


def _panel(panel: Panel) -> PanelPage:
    session = panel.session
    return PanelPage(
        title=f"{long_day(session['session_date'])}, {session['sport']}, session {session['session_id']}",
        subtitle=shortened(session["title"] or "", 120),
        facts=parts.session_facts(session),
        findings=tuple(finding_line(row, session["session_date"].year) for row in panel.findings),
        said=tuple(parts.said(panel)),
        picture=panel.picture,
    )
