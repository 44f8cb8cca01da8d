"""One session, for its runner and for the clinician: the same facts and sentences, in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaitkeeper.web.asking import moments_of, next_open
from gaitkeeper.web.pictures import WIDTHS_PX, chart_of, width_of
from gaitkeeper.web.routes_clinic import decider, reason_of
from gaitkeeper.web.routes_runner import picture, session_of, told
from gaitkeeper.web.visit import NotThere
from gaitkeeper.web.words import VERDICT_MARKS
from pipeline.answers import MOMENTS
from pipeline.entries import contact_sentence, override_entry
from pipeline.reports.weekly import told_flags

if TYPE_CHECKING:
    from starlette.responses import Response

    from gaitkeeper.web.log import Log, Row
    from gaitkeeper.web.visit import Visit

_PARTS = ("findings", "facts", "recordings", "corrections", "surges", "climbs")


def session(visit: Visit) -> Response:
    """Show one session to its runner: what went within the plan first."""
    runner_id, session_id = visit.runner_id, visit.path["session_id"]
    with visit.site.book.reading() as log:
        row = session_of(log, runner_id, session_id)
        values = log.keep(("session", session_id), lambda: _session(log, runner_id, row))
    said, was = visit.asked("said"), visit.asked("was")
    return visit.page(
        "session.html",
        runner_id=runner_id,
        tab="week",
        said=said if said in MOMENTS else None,
        was=was if was in VERDICT_MARKS else None,
        base=f"/r/{runner_id}",
        is_clinic=False,
        **values,
    )


def _session(log: Log, runner_id: str, row: Row) -> dict[str, Any]:
    session_id = row["session_id"]
    parts = {name: log.ask(f"session_{name}", session_id=session_id) for name in _PARTS}
    answers = log.ask("page_answers", runner_id=runner_id, session_ids=(session_id,))
    findings = told(parts["findings"])
    flags = told_flags(findings)
    moments = moments_of(row, answers, log.now_utc)
    chart = chart_of(log, "session", WIDTHS_PX[-1], session_id)
    red = [one for one in flags if one["outcome"] == "contact_clinician"]
    return {
        "session": row,
        "parts": parts,
        "flags": flags,
        "within": [one for one in findings if one["outcome"] == "within_plan"],
        "notes": [one for one in findings if one["outcome"] == "note"],
        "unknown": _once(findings),
        "aside": [one for one in parts["findings"] if one["overridden_by"] is not None],
        "moments": moments,
        "next_open": next_open(moments),
        "flags_asked": [flag for one in answers for flag in one["red_flags"] or ()],
        "is_asked": any(one["red_flags"] is not None for one in answers),
        "red": red,
        "contact": contact_sentence(log.connection, runner_id) if red else "",
        "has_chart": chart is not None,
        "chart_words": "" if chart is None else chart.description,
    }


def _once(findings: list[Row]) -> list[Row]:
    """Return what is pending or not known, each sentence once: two limits on one fact say the same."""
    found = [row for row in findings if row["outcome"] in ("pending", "not_assessable")]
    return list({row["message"]: row for row in found}.values())


def session_chart(visit: Visit) -> Response:
    """Show the chart of one session."""
    with visit.site.book.reading() as log:
        session_of(log, visit.runner_id, visit.path["session_id"])
        chart = chart_of(log, "session", width_of(visit.asked("w")), visit.path["session_id"])
    return picture(visit, chart)


# --------------------------------------------------------------------------------------------------------------------
# For the clinician


def shown_session(log: Log, runner_id: str, session_id: str) -> Row:
    """Return one session that may reach a clinician.

    Raises:
        NotThere: there is none, it is somebody else's, or its source's terms keep it from a clinician.
    """
    row = session_of(log, runner_id, session_id)
    if not row["may_reach_clinician"]:
        raise NotThere
    return row


def clinic_session(visit: Visit) -> Response:
    """Show one session to the clinician: worst first, with what it takes to set a finding aside."""
    runner_id, session_id = visit.runner_id, visit.path["session_id"]
    with visit.site.book.reading() as log:
        row = shown_session(log, runner_id, session_id)
        values = log.keep(("session", session_id), lambda: _session(log, runner_id, row))
    return visit.page(
        "session.html",
        runner_id=runner_id,
        tab="patient",
        said=None,
        was=None,
        base=f"/clinic/{runner_id}",
        is_clinic=True,
        **values,
    )


def clinic_session_chart(visit: Visit) -> Response:
    """Show the chart of one session that may reach a clinician."""
    with visit.site.book.reading() as log:
        shown_session(log, visit.runner_id, visit.path["session_id"])
    return session_chart(visit)


def set_aside(visit: Visit) -> Response:
    """Set a finding aside, or take that back; it stays visible, with the name and the reason."""
    runner_id, session_id = visit.runner_id, visit.path["session_id"]
    undo = visit.typed("undo") == "yes"
    name = decider(visit)
    reason = reason_of(visit, "Say why: the reason stands beside the finding.", is_needed=not undo)
    with visit.site.book.reading() as log:
        shown_session(log, runner_id, session_id)
        entry = override_entry(
            log.connection,
            runner_id,
            session_id,
            visit.typed("fact"),
            said_by=name,
            reason=reason,
            undo=undo,
            now_utc=visit.site.book.now_utc(),
        )
    visit.write([entry])
    return visit.go(f"/clinic/{runner_id}/session/{session_id}#findings")
