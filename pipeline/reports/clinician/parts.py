"""The rest of the page, section by section: sessions, cadence, rehab, questionnaires, data quality, and the limits."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt
from pipeline.reports.clinician.words import (
    MOMENT_WORDS,
    NOT_SET,
    PHASE_WORDS,
    RED_FLAG_WORDS,
    counted,
    shortened,
    shown,
    tally,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.reports.clinician.model import ClinicianReport, Panel

_MOMENTS: Final = ("pain_before", "pain_during", "pain_after", "pain_next_morning")
_MOST_NOTE_LETTERS: Final = 600
_MOST_PROMS: Final = 4


def chart_note(report: ClinicianReport) -> str:
    """Return what the chart can't show, or why there is none."""
    answered, total, waiting = _answers(report)
    told = f"{answered} of {total} pain answers of these days are in" + (f", {waiting} not due yet" if waiting else "")
    if report.picture is not None or not report.is_drawn:
        return f"{told}; a missing answer is a gap, never 0."
    if report.withheld_count:
        return f"{told}. No chart: it would show runs that may not be shown here."
    return f"{told}. No chart: there is nothing to draw."


def _answers(report: ClinicianReport) -> tuple[int, int, int]:
    runs = report.runs
    answered = sum(row[name] is not None for row in runs for name in _MOMENTS)
    waiting = sum(row[name] is None and row["is_answer_pending"] for row in runs for name in _MOMENTS)
    return answered, 4 * len(runs), waiting


def session_note(report: ClinicianReport, most: int) -> str:
    """Return what the table of sessions leaves out, and why."""
    runs = report.runs
    others = [row["sport"] for row in report.sessions if not row["is_run"]]
    excluded = sum(row["is_run"] and row["is_excluded"] for row in report.sessions)
    said = [] if runs else ["No run in these days."]
    if len(runs) > most:
        said.append(f"{len(runs) - most} earlier in the appendix.")
    if others:
        said.append(f"Not judged, not runs: {shortened(tally(others), 120)}.")
    if excluded:
        said.append(f"Taken out by a correction: {excluded}.")
    if report.withheld_count:
        said.append(withheld(report))
    return " ".join(said)


def withheld(report: ClinicianReport) -> str:
    """Return what is left out for its source's terms, counted."""
    return (
        f"Left out: {counted(report.withheld_count, 'session')} from {report.withheld_source}, whose terms let that "
        "data be shown to the runner alone."
    )


def cadence(report: ClinicianReport) -> Iterator[str]:
    """Yield the cadence against the baseline at the same speed, with how many minutes and runs it rests on."""
    runs = report.runs
    known = [row for row in runs if row["matched_cadence_ratio"] is not None]
    if known:
        minutes = sum(row["matched_minute_count"] or 0 for row in known)
        middle = fmt.share(median(row["matched_cadence_ratio"] for row in known))
        yield f"Median {middle} over {len(known)} of {counted(len(runs), 'run')}, {minutes} matched minutes"
    else:
        yield "Not known for any run of these days" if runs else "No run in these days"
    yield _baseline(report)
    reasons = Counter(row["matched_cadence_detail"] or "" for row in runs if row["matched_cadence_ratio"] is None)
    if reasons:
        told = [f"{counted(count, 'run')} ({shortened(why, 120)})" for why, count in reasons.most_common()]
        yield f"Not known: {shown(told, 2)}"


def _baseline(report: ClinicianReport) -> str:
    names = ("cadence_baseline_spm", "cadence_baseline_speed_mps", "cadence_slope_spm_per_mps")
    try:
        steps, speed, slope = (float(report.settings[name]) for name in names)
    except (KeyError, ValueError):
        return "Baseline: not set; the runner's own 60 days before each run, where they suffice"
    return f"Baseline as set: {steps:.0f} steps/min at {fmt.pace(speed)}, {slope:g} steps/min for each m/s"


def rehab(report: ClinicianReport) -> Iterator[str]:
    """Yield the rehab work done against planned, and what it was."""
    run = report.runs[0] if report.runs else None
    if run is None:
        yield "Done against planned is told with a run; none in these days"
    elif run["rehab_adherence_ratio"] is None:
        yield f"Done against planned: not known ({shortened(run['rehab_adherence_detail'] or 'no plan', 120)})"
    else:
        ratio = f"{100 * run['rehab_adherence_ratio']:.0f} %"
        done = shortened(run["rehab_adherence_detail"] or "", 160)
        yield f"Seven days to {fmt.day(run['session_date'])}: {done} planned ({ratio})"
    work = [f"{shortened(row['exercise'], 40)} ({counted(row['day_count'], 'day')})" for row in report.rehab]
    yield f"Entered in the last seven days: {shown(work, 6)}" if work else "Entered in the last seven days: nothing"


def proms(report: ClinicianReport) -> Iterator[str]:
    """Yield the newest score of each questionnaire, and whether a change is more than its measurement error."""
    if not report.proms:
        yield "No score was entered"
    for row in report.proms[:_MOST_PROMS]:
        name = row["instrument"] + (f" {row['subscale']}" if row["subscale"] else "")
        mdc = "MDC not known" if row["mdc"] is None else f"MDC {row['mdc']:g}"
        change = (
            row["first_change_words"]
            if row["previous_change"] is None
            else f"since the first: {row['first_change_words']}"
        )
        if row["previous_change_words"] != row["first_change_words"]:
            change += f"; since the last: {row['previous_change_words']}"
        yield f"{name} {row['score']:g} on {row['prom_date']} ({mdc}); {change}"
    if len(report.proms) > _MOST_PROMS:
        rest = [f"{row['instrument']} {row['subscale'] or ''}".strip() for row in report.proms[_MOST_PROMS:]]
        yield f"Also entered: {', '.join(rest)}"


def quality(report: ClinicianReport) -> Iterator[str]:
    """Yield what the data can't tell: altitude, answers, files, doubles, devices."""
    runs = report.runs
    if runs:
        altitudes = tally(row["altitude_source"] for row in runs)
        yield f"Altitude of the runs: {altitudes}; hills are told from barometric alone"
        bare = sum(row["mean_run_cadence_spm"] is None for row in runs)
        beatless = sum(row["mean_heart_rate_bpm"] is None for row in runs)
        damaged = sum(bool(row["is_damaged"]) for row in runs)
        yield f"Runs without cadence {bare}, without heart rate {beatless}, with a damaged recording {damaged}"
        devices = list(dict.fromkeys(shortened(row["device_name"] or "not named", 40) for row in runs))
        yield f"Devices: {shown(devices, 3)}"
    unmapped = report.quality.get("unmapped_fields") or []
    waiting = report.quality.get("duplicate_question_count", 0)
    yield (
        f"Files in quarantine {report.quality.get('quarantined_count', 0)}; fields of unknown meaning {len(unmapped)}; "
        f"possible doubles to ask the runner about {waiting}"
    )
    synced = report.quality.get("last_sync_utc")
    yield "Last sync: none recorded" if synced is None else f"Last sync: {synced:%Y-%m-%d %H:%M} UTC"


def data_days(report: ClinicianReport) -> str:
    """Return the days with data in the rolling window; what they are worth to a payer is not said."""
    days = report.data_days
    if days is None:
        return "Days with data: not counted"
    return (
        f"Days with data in the 30 days {fmt.day(days.window_start_date)} to {fmt.day(report.as_of_date)}: "
        f"{days.either_count} ({days.recording_count} with a recording, {days.entry_count} with an entry of the runner)"
    )


def protocol(report: ClinicianReport) -> str:
    """Return the version of the protocol that holds today."""
    return f"Protocol: {report.status['protocol_version'] or NOT_SET}"


def limits_statement(report: ClinicianReport) -> str:
    """Return what the report is and isn't, in the words of EVIDENCE.md section 8."""
    row = report.status
    clinician = shortened(row["set_by"] or "a clinician (not set)", 80)
    day = row["set_on_date"] or "a day that is not set"
    contact = shortened(report.settings.get("contact") or "your clinician (no contact is set)", 80)
    flags = "; ".join(RED_FLAG_WORDS.values())
    return (
        f"This report compares recorded sessions and self-reported symptoms with limits set by {clinician} on {day}. "
        "It does not diagnose, does not estimate joint load or injury risk, cannot see hip or pelvic motion, and does "
        "not change the plan. Missing data are shown as missing. "
        f"If you have any of these: {flags}: stop running and contact {contact} or urgent care; this system is not "
        "watched in real time."
    )


def panel_note(report: ClinicianReport) -> str:
    """Return how many flagged sessions have no panel."""
    told = {row["session_id"] for row in report.standing_findings}
    more = len(told) - len(report.panels)
    return f"{counted(more, 'further flagged session')} without a panel: see the list of runs." if more > 0 else ""


def listed_note(count: int, most: int) -> str:
    """Return how many runs the list of the appendix leaves out."""
    return f"{count - most} earlier runs are not listed; begin later (--since)." if count > most else ""


def session_facts(session: Mapping[str, Any]) -> str:
    """Return one session in a line."""
    source = session["altitude_source"]
    return (
        f"{fmt.distance(session['distance_m'])}, running {fmt.duration(session['run_s'])} at "
        f"{fmt.pace(session['mean_run_speed_mps'])}, {fmt.cadence(session['mean_run_cadence_spm'])}, ascent "
        f"{fmt.metres(session['ascent_m'])} ({'no' if source == 'none' else source} altitude); "
        f"stage {session['stage_id'] or NOT_SET}"
    )


def said(panel: Panel) -> Iterator[str]:
    """Yield what the runner said of one session: every moment's pain, where, when in the stride; effort and note."""
    rows = {row["moment"]: row for row in panel.answers}
    pending = panel.session["is_answer_pending"]
    told = []
    for moment in ("before", "during", "after", "next_morning"):
        row = rows.get(moment)
        pain = None if row is None else row["pain_0_10"]
        told.append(f"{MOMENT_WORDS[moment]} {'not due yet' if pain is None and pending else _pain(row)}")
    yield "Pain: " + "; ".join(told)
    flags = panel.session["red_flags"]
    if flags is None:
        yield "Red-flag questions: not answered" + (" yet" if pending else "")
    else:
        named = ", ".join(words_of(name, RED_FLAG_WORDS) for name in flags)
        yield f"Red-flag questions: {named or 'none of them'}"
    effort = panel.session["perceived_exertion_0_10"]
    if effort is not None:
        yield f"Effort (RPE): {effort:g} of 10"
    if panel.session["note"]:
        yield f"Note: {shortened(panel.session['note'], _MOST_NOTE_LETTERS)}"


def _pain(row: Mapping[str, Any] | None) -> str:
    if row is None or row["pain_0_10"] is None:
        return "not answered"
    where = [
        f"{row['side']} side" if row["side"] in ("left", "right") else ("both sides" if row["side"] == "both" else ""),
        shortened(row["place"] or "", 60),
        words_of(row["phase"], PHASE_WORDS) if row["phase"] else "",
    ]
    listed = ", ".join(word for word in where if word)
    return f"{row['pain_0_10']}" + (f" ({listed})" if listed else "")
