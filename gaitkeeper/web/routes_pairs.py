"""Which recordings are one run: asked of the clinician over all runners, and of the runner, who was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaitkeeper.web.routes_clinic import decider
from gaitkeeper.web.visit import NotThere
from pipeline.answer_reader import BadAnswer
from pipeline.entries import pair_entry

if TYPE_CHECKING:
    from starlette.responses import Response

    from gaitkeeper.web.log import Row
    from gaitkeeper.web.visit import Visit

ANSWERS = ("same", "different")


def questions(visit: Visit) -> Response:
    """Show the clinician the pairs of all runners; those with a recording that may not reach one are counted."""
    rows = _asked(visit, visit.who.runner_ids)
    shown = list(filter(_may_reach_clinician, rows))
    for row in shown:
        visit.saw(row["runner_id"])
    return _page(visit, shown, is_clinic=True, withheld_count=len(rows) - len(shown))


def own_questions(visit: Visit) -> Response:
    """Show the runner the pairs of the own runs, whatever they came from."""
    return _page(visit, _asked(visit, (visit.runner_id,)), is_clinic=False, withheld_count=0)


def _page(visit: Visit, rows: list[Row], *, is_clinic: bool, withheld_count: int) -> Response:
    said = visit.asked("said")
    return visit.page(
        "questions.html",
        tab="questions",
        rows=rows,
        runner_id=visit.path.get("runner_id"),
        is_clinic=is_clinic,
        withheld_count=withheld_count,
        recorded=said if said in ANSWERS else "",
    )


def _asked(visit: Visit, runner_ids: tuple[str, ...]) -> list[Row]:
    with visit.site.book.reading() as log:
        return log.ask("page_questions", runner_ids=runner_ids)


def _may_reach_clinician(row: Row) -> bool:
    return bool(row["may_reach_clinician"] and row["other_may_reach_clinician"])


def settle(visit: Visit) -> Response:
    """Write what a clinician says of two recordings; the runs are joined with the next sync."""
    _require_pair(visit, list(filter(_may_reach_clinician, _asked(visit, (visit.runner_id,)))))
    return _settled(visit, decider(visit), "/questions")


def settle_own(visit: Visit) -> Response:
    """Write what the runner says of two recordings."""
    _require_pair(visit, _asked(visit, (visit.runner_id,)))
    return _settled(visit, visit.by(), f"/r/{visit.runner_id}/pairs")


def _pair(visit: Visit) -> tuple[str, str]:
    return visit.typed("recording_id"), visit.typed("other_recording_id")


def _require_pair(visit: Visit, rows: list[Row]) -> None:
    """Raise NotThere where nobody asks about these two, or not this person."""
    if _pair(visit) not in {(row["recording_id"], row["other_recording_id"]) for row in rows}:
        raise NotThere


def _settled(visit: Visit, by: str, back: str) -> Response:
    answer = visit.typed("answer")
    if answer not in ANSWERS:
        raise BadAnswer(["Say whether the two are the same run or different ones."])
    now_utc = visit.site.book.now_utc()
    visit.write([pair_entry(visit.runner_id, answer, _pair(visit), reason=None, by=by, now_utc=now_utc)])
    return visit.go(f"{back}?said={answer}")
