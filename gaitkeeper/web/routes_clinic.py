"""The clinician's caseload, and what is decided for one runner: the stage, and the protocol that it is held against."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gaitkeeper.web.routes_patient import report_of
from pipeline.answer_reader import MAX_NAME_CHARS, MAX_TEXT_CHARS, BadAnswer, Reader
from pipeline.entries import stage_entry
from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from starlette.responses import Response

    from gaitkeeper.web.visit import Visit


def caseload(visit: Visit) -> Response:
    """Show whom a clinician's eyes are needed for, those who need them most first."""
    with visit.site.book.reading() as log:
        rows = log.ask("page_caseload", runner_ids=visit.who.runner_ids)
        today = log.today
    for row in rows:
        visit.saw(row["runner_id"])
    return visit.page("caseload.html", tab="caseload", rows=rows, today=today)


def decider(visit: Visit) -> str:
    """Return the name under which a decision is made: the account's, or the one that was typed where there are none.

    Raises:
        BadAnswer: nobody decides.
    """
    if visit.who.full_name is not None:
        return visit.who.full_name
    reader = Reader()
    name = reader.text(visit.typed("name"), "The name", MAX_NAME_CHARS)
    if name is None and not reader.mistakes:
        reader.mistakes.append("Say who decides: a clinician's name.")
    reader.finish()
    assert name is not None
    return name


def reason_of(visit: Visit, missing: str, *, is_needed: bool = True) -> str | None:
    """Return why something is decided, as one line of plain text.

    Raises:
        BadAnswer: nothing was said where it has to be (`missing` asks for it), or it can't be taken.
    """
    reader = Reader()
    reason = reader.text(visit.typed("reason"), "The reason", MAX_TEXT_CHARS)
    if reason is None and is_needed and not reader.mistakes:
        reader.mistakes.append(missing)
    reader.finish()
    return reason


# --------------------------------------------------------------------------------------------------------------------
# The stage


def stage(visit: Visit) -> Response:
    """Show what speaks for a decision, and take it."""
    return _stage_page(visit, [])


def _stage_page(visit: Visit, mistakes: list[str]) -> Response:
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        status = log.ask("status", runner_id=runner_id)[0]
        report, _ = report_of(log, runner_id)
        stages = log.ask("page_stages", runner_id=runner_id)
        history = log.ask("stage_history", runner_id=runner_id)
        today = log.today
    said = {name: visit.typed(name) for name in ("stage_id", "name", "reason", "from_date")}
    return visit.page(
        "stage.html",
        422 if mistakes else 200,
        runner_id=runner_id,
        tab="stage",
        status=status,
        criteria=report.criteria,
        is_red=bool(report.standing_red_flags),
        stages=stages,
        history=history,
        today=today,
        said=said,
        mistakes=mistakes,
        recorded=visit.asked("said") if visit.asked("said") in {row["stage_id"] for row in stages} else "",
    )


def set_stage(visit: Visit) -> Response:
    """Write the clinician's decision; nothing else ever changes a stage."""
    runner_id = visit.runner_id
    try:
        name = decider(visit)
        reason = reason_of(visit, "Say why: the reason stands beside the decision.")
        with visit.site.book.reading() as log:
            entry, stage_set = stage_entry(
                log.connection,
                visit.site.home,
                runner_id,
                visit.typed("stage_id"),
                set_by=name,
                reason=reason,
                from_date=_day(visit.typed("from_date"), log.today),
                now_utc=visit.site.book.now_utc(),
            )
    except BadAnswer as error:
        return _stage_page(visit, list(error.mistakes))
    except NeedsAttention as error:  # no such stage, or no protocol, on that day: what was typed stays
        return _stage_page(visit, [str(error)])
    visit.write([entry])
    return visit.go(f"/clinic/{runner_id}/stage?said={stage_set.stage_id}")


def _day(typed: str, today: date) -> date:
    try:
        return date.fromisoformat(typed) if typed else today
    except ValueError as error:
        raise BadAnswer([f"{typed!r} is no day: write it as {today}."]) from error


def protocol(visit: Visit) -> Response:
    """Show every limit with its basis and its source."""
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        limits = log.ask("page_protocol", runner_id=runner_id)
        status = log.ask("status", runner_id=runner_id)[0]
        criteria = log.ask("stage_criteria", runner_id=runner_id)
    return visit.page(
        "protocol.html", runner_id=runner_id, tab="protocol", limits=limits, status=status, criteria=criteria
    )
