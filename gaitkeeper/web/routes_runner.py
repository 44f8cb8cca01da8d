"""The runner's pages: today, the hip, the week, the work beside the runs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from flows.report import iso_week, load_week
from gaitkeeper.status_text import RED_FLAG_DAYS
from gaitkeeper.web.asking import asked_runs, moments_of, next_open
from gaitkeeper.web.pictures import WIDTHS_PX, chart_of, width_of
from gaitkeeper.web.visit import NotThere
from pipeline.answer_reader import BadAnswer
from pipeline.answers import read_symptom
from pipeline.entries import contact_sentence, symptom_entries
from pipeline.reports.weekly import told_flags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gaitkeeper.web.log import Log, Row
    from gaitkeeper.web.visit import Visit


#: Years that an address may name: the weeks beside each of theirs are days of the calendar, too.
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999


def today(visit: Visit) -> Response:
    """Show the stage, what it allows, the last run, and what is open; a red flag stands alone."""
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        values = log.keep(("today", runner_id), lambda: _today(log, runner_id))
    return visit.page("today.html", runner_id=runner_id, tab="today", **values)


def _today(log: Log, runner_id: str) -> dict[str, Any]:
    status = log.ask("status", runner_id=runner_id)[0]
    runs = asked_runs(log, runner_id)
    last = runs[0][0] if runs else None
    week = load_week(log.connection, runner_id, iso_week(log.today))
    return {
        "status": status,
        "today": log.today,
        "red": red_findings(log, runner_id),
        "contact": contact_sentence(log.connection, runner_id),
        "limits": sorted(log.ask("stage_limits", runner_id=runner_id), key=_is_of_the_hip),
        "criteria": [row for row in log.ask("stage_criteria", runner_id=runner_id) if row["decision"] == "advance"],
        "asked": [(row, moments, next_open(moments)) for row, moments in runs],
        "last": last,
        "findings": [] if last is None else told(log.ask("session_findings", session_id=last["session_id"])),
        "week": None if week is None else week.summary,
        "rehab": log.ask("page_rehab_week", runner_id=runner_id),
        "pair_count": len(log.ask("page_questions", runner_ids=(runner_id,))),
        "syncs": [row for row in log.ask("last_syncs") if row["runner_id"] == runner_id],
    }


def _is_of_the_hip(limit: Row) -> bool:
    """Return whether a limit is on the hip's answer: what a run may be comes before what follows from a pain."""
    return str(limit["fact"]).startswith(("pain_", "red_flag_", "foot_on_ground", "new_pain", "swing_pain", "symptom_"))


def red_findings(log: Log, runner_id: str) -> list[Row]:
    """Return the findings of the last days for which the plan asks for the clinician: they stand alone on a page."""
    since = log.today - timedelta(days=RED_FLAG_DAYS)
    found = log.ask("flagged_since", runner_id=runner_id, since_date=since)
    return [row for row in found if row["outcome"] == "contact_clinician"]


def told(findings: list[Row]) -> list[Row]:
    """Return the findings of a session to be told: where a red flag stands, it stands alone."""
    red = [row for row in findings if row["outcome"] == "contact_clinician" and row["overridden_by"] is None]
    return red or findings


# --------------------------------------------------------------------------------------------------------------------
# The hip


def pain(visit: Visit) -> Response:
    """Ask how the hip was at one moment of one run."""
    return _pain_form(visit, visit.asked("session"), visit.asked("moment"), [])


def _pain_form(visit: Visit, session_id: str, moment: str, mistakes: list[str]) -> Response:
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        runs = [row for row in log.ask("page_sessions", runner_id=runner_id, session_count=12) if row["is_run"]]
        session = session_of(log, runner_id, session_id) if session_id else (runs[0] if runs else None)
        if session is None:
            return visit.sorry(200, "No run yet", ["There is no run in the log that a pain could be entered for."])
        answers = log.ask("page_answers", runner_id=runner_id, session_ids=(session["session_id"],))
        moments = moments_of(session, answers, log.now_utc)
    chosen = next((one for one in moments if one.moment == moment), None) or next_open(moments) or moments[1]
    values = {"session": session, "runs": runs, "moments": moments, "chosen": chosen, "mistakes": mistakes}
    said = {name: visit.typed(name) for name in ("pain", "phase", "side", "place", "onset_minute")}
    ticked = [] if visit.form is None else visit.form.getlist("red_flag")
    return visit.page(
        "pain.html", 422 if mistakes else 200, runner_id=runner_id, tab="pain", said=said, ticked=ticked, **values
    )


def save_pain(visit: Visit) -> Response:
    """Write one answer, and show what it makes of the verdict."""
    runner_id, session_id, moment = visit.runner_id, visit.typed("session_id"), visit.typed("moment")
    assert visit.form is not None
    flags: list[object] = list(visit.form.getlist("red_flag"))
    if visit.typed("flags") == "none":
        flags.append("none")
    raw = {
        "moment": moment,
        "pain_0_10": visit.typed("pain"),
        **{name: visit.typed(name) for name in ("side", "place", "phase", "onset_minute")},
        "red_flags": flags or None,
    }
    with visit.site.book.reading() as log:
        session = session_of(log, runner_id, session_id)
        try:
            symptom = read_symptom(raw)
            now_utc = visit.site.book.now_utc()
            _, entries = symptom_entries(
                log.connection, runner_id, session_id, [symptom], by=visit.by(), now_utc=now_utc
            )
        except BadAnswer as error:
            return _pain_form(visit, session_id, moment, list(error.mistakes))
    visit.write(entries)
    return visit.go(f"/r/{runner_id}/session/{session_id}?said={symptom.moment}&was={session['verdict'] or ''}")


def session_of(log: Log, runner_id: str, session_id: str) -> Row:
    """Return one session of this runner.

    Raises:
        NotThere: there is none, or it is somebody else's.
    """
    found = log.ask("page_session", runner_id=runner_id, session_id=session_id)
    if not found:
        raise NotThere
    return found[0]


# --------------------------------------------------------------------------------------------------------------------
# The week


def week(visit: Visit) -> Response:
    """Show one week of local days."""
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        wanted = visit.path.get("iso_week") or iso_week(log.today)
        monday = monday_of(wanted)
        found = log.keep(("week", runner_id, wanted), lambda: load_week(log.connection, runner_id, wanted))
        red = red_findings(log, runner_id)
        today_date = log.today
        chart = None if found is None else chart_of(log, "week", WIDTHS_PX[-1], runner_id, wanted)
    days = [monday + timedelta(days=number) for number in range(7)]
    flags = [] if found is None else told_flags(found.findings)
    values = {"week": found, "flags": flags, "unknowns": [] if found is None else _unknowns(found.findings, flags)}
    return visit.page(
        "week.html",
        runner_id=runner_id,
        tab="week",
        iso_week=wanted,
        days=days,
        today=today_date,
        red=red,
        has_chart=chart is not None,
        chart_words="" if chart is None else chart.description,
        before=iso_week(monday - timedelta(days=7)),
        after=iso_week(monday + timedelta(days=7)) if monday + timedelta(days=7) <= today_date else None,
        **values,
    )


def monday_of(iso_week_text: str) -> date:
    """Return the first day of an ISO week.

    Raises:
        NotThere: it is none.
    """
    match = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", iso_week_text)
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise NotThere
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise NotThere from error


def _unknowns(findings: Any, flags: list[Mapping[str, Any]]) -> list[tuple[str, list[date]]]:  # noqa: ANN401 - rows of finding
    """Return what isn't known, one sentence each, with its days."""
    flagged = {(row["session_id"], row["fact"]) for row in flags}
    days: dict[str, list[date]] = {}
    for row in findings:
        if row["outcome"] in ("not_assessable", "pending", "note") and (row["session_id"], row["fact"]) not in flagged:
            on = days.setdefault(row["message"], [])
            if row["session_date"] not in on:
                on.append(row["session_date"])
    return list(days.items())


def week_chart(visit: Visit) -> Response:
    """Show the chart of one week."""
    monday_of(visit.path["iso_week"])
    with visit.site.book.reading() as log:
        chart = chart_of(log, "week", width_of(visit.asked("w")), visit.runner_id, visit.path["iso_week"])
    return picture(visit, chart)


def picture(visit: Visit, chart: Any) -> Response:  # noqa: ANN401 - a Chart or None
    """Return a chart as a picture."""
    if chart is None:
        raise NotThere
    return Response(visit.site.pictures.svg(chart), media_type="image/svg+xml")
