"""The application: every address in one table, and one way that each request goes."""

from __future__ import annotations

import secrets
import sys
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass
from os import environ
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Route

from gaitkeeper.output import say
from gaitkeeper.web import (
    routes_clinic,
    routes_door,
    routes_pairs,
    routes_patient,
    routes_rehab,
    routes_runner,
    routes_session,
)
from gaitkeeper.web.security import MAX_BODY_BYTES, Guard
from gaitkeeper.web.visit import STATIC_FOLDER, NotThere, Refused, Site, Visit, static_url
from pipeline.answer_reader import BadAnswer
from pipeline.errors import GaitkeeperError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from gaitkeeper.web.security import Place
    from gaitkeeper.web.visit import Audience
    from pipeline.settings import Home

    Handler = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One address: for whom it is, what shows it, and what takes its form."""

    path: str
    audience: Audience
    show: Handler | None = None
    take: Handler | None = None


#: Every address there is, but for the files of ours.
PAGES: Final = (
    Page("/", "anyone", routes_door.start),
    Page("/login", "public", routes_door.login, routes_door.log_in),
    Page("/logout", "anyone", None, routes_door.log_out),
    Page("/r/{runner_id}", "runner", routes_runner.today),
    Page("/r/{runner_id}/pain", "runner", routes_runner.pain, routes_runner.save_pain),
    Page("/r/{runner_id}/week", "runner", routes_runner.week),
    Page("/r/{runner_id}/week/{iso_week}", "runner", routes_runner.week),
    Page("/r/{runner_id}/week/{iso_week}/chart.svg", "runner", routes_runner.week_chart),
    Page("/r/{runner_id}/session/{session_id}", "runner", routes_session.session),
    Page("/r/{runner_id}/session/{session_id}/chart.svg", "runner", routes_session.session_chart),
    Page("/r/{runner_id}/rehab", "runner", routes_rehab.rehab, routes_rehab.save_rehab),
    Page("/r/{runner_id}/rehab/undo", "runner", None, routes_rehab.undo_rehab),
    Page("/r/{runner_id}/pairs", "runner", routes_pairs.own_questions, routes_pairs.settle_own),
    Page("/clinic", "clinician", routes_clinic.caseload),
    Page("/questions", "clinician", routes_pairs.questions),
    Page("/clinic/{runner_id}", "clinician", routes_patient.patient),
    Page("/clinic/{runner_id}/report.{form}", "clinician", routes_patient.report),
    Page("/clinic/{runner_id}/chart/{name}.svg", "clinician", routes_patient.patient_chart),
    Page("/clinic/{runner_id}/stage", "clinician", routes_clinic.stage, routes_clinic.set_stage),
    Page("/clinic/{runner_id}/protocol", "clinician", routes_clinic.protocol),
    Page("/clinic/{runner_id}/question", "clinician", None, routes_pairs.settle),
    Page("/clinic/{runner_id}/session/{session_id}", "clinician", routes_session.clinic_session),
    Page("/clinic/{runner_id}/session/{session_id}/chart.svg", "clinician", routes_session.clinic_session_chart),
    Page("/clinic/{runner_id}/session/{session_id}/override", "clinician", None, routes_session.set_aside),
)


#: Answers that show somebody's data: a page, and a form that comes back with its mistakes.
_SHOWING: Final = (200, 422)

_NOT_YOURS: Final = "There is no such page, or it isn't yours to see."
_NOT_READ: Final = "What was sent can't be read as a form of Gaitkeeper's. Nothing was recorded."
_TOO_MUCH: Final = "What was sent is longer than any form of Gaitkeeper's. Nothing was recorded."
_TOO_OLD: Final = "This form was open for too long, or didn't come from here. Open the page again."
#: What is refused before any page is asked: its heading, and the sentence that says why.
_REFUSALS: Final = {
    400: ("That can't be read", _NOT_READ),
    404: ("Nothing here", _NOT_YOURS),
    405: ("Nothing here", _NOT_YOURS),
    413: ("Too much at once", _TOO_MUCH),
}
_UNTOUCHED: Final = "Archive and journal are untouched. The terminal says what happened."


def make_app(home: Home, place: Place, *, as_of: datetime | None = None) -> ASGIApp:
    """Return the application for one home.

    Args:
        home: the home.
        place: where it is served.
        as_of: a local time that "now" means; None asks the clock.
    """
    return Guard(make_pages(Site(home, place, as_of)), place)


def make_pages(site: Site) -> Starlette:
    """Return the application without its guard: what the routes are."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        site.close()

    routes = [Route(page.path, _endpoint(site, page), methods=_methods(page)) for page in PAGES]
    routes.append(Route("/static/{digest}/{name}", _static, methods=["GET"]))
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        max_body_size=MAX_BODY_BYTES,
        exception_handlers={status: _nothing(site, status) for status in _REFUSALS},
    )


def _methods(page: Page) -> list[str]:
    return [method for method, handler in (("GET", page.show), ("POST", page.take)) if handler is not None]


def _endpoint(site: Site, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=100) if request.method == "POST" else None
        return await run_in_threadpool(_answered, site, page, request, form)

    return answer


def _answered(site: Site, page: Page, request: Request, form: FormData | None) -> Response:
    """Take one request from the door to its answer; whatever goes wrong becomes a page with a sentence."""
    had = request.cookies.get(site.place.cookie_name, "")
    visit = Visit(site, request, None, had or secrets.token_urlsafe(32), form)
    try:
        response = _handled(visit, page)
    except NotThere:
        response = visit.sorry(404, "Nothing here", [_NOT_YOURS])
    except Refused:
        response = visit.sorry(
            403,
            "Nothing was recorded",
            [_TOO_OLD],
        )
    except BadAnswer as error:
        response = visit.sorry(422, "That can't be right", [*error.mistakes, "Nothing was recorded."])
    except GaitkeeperError as error:
        response = visit.sorry(503 if form is None else 422, "That didn't work", [str(error)])
    except Exception:  # noqa: BLE001 - the last place that can say so in a sentence
        _report_mistake()
        response = visit.sorry(
            500,
            "A mistake of Gaitkeeper's own",
            [_UNTOUCHED],
        )
    if not had and "set-cookie" not in response.headers:
        visit.give_cookie(response)
    return response


def _handled(visit: Visit, page: Page) -> Response:
    site, request = visit.site, visit.request
    visit.viewer = site.viewer(request, visit.cookie)
    runner_id = request.path_params.get("runner_id")
    if page.audience != "public":
        if visit.viewer is None:
            return RedirectResponse(_door(request, page), 303)
        if not visit.viewer.may(page.audience, runner_id):
            raise NotThere
    if visit.form is not None and not _is_own_form(visit):
        raise Refused
    handler = page.show if visit.form is None else page.take
    assert handler is not None
    if runner_id is not None:
        visit.saw(runner_id, request.path_params.get("session_id"))
    response = handler(visit)
    if visit.seen and response.status_code in _SHOWING:
        visit.note_views(page.path)
    return response


def _is_own_form(visit: Visit) -> bool:
    place = visit.site.place
    return place.is_own_origin(visit.request) and place.is_form_token(visit.cookie, visit.typed("form_token"))


def _door(request: Request, page: Page) -> str:
    """Return the address of the door, and where it leads: a form's own page, since a form can't be sent again."""
    if request.method == "POST":
        path = request.url.path if page.show is not None else request.url.path.rpartition("/")[0] or "/"
        return f"/login?next={quote(path)}&lost=yes"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/login?next={quote(request.url.path + query)}"


def _report_mistake() -> None:
    if environ.get("GAITKEEPER_DEBUG"):
        traceback.print_exc()
    else:
        kind, error, _ = sys.exc_info()
        name = "error" if kind is None else kind.__name__
        say(f"Gaitkeeper made a mistake ({name}: {error}). GAITKEEPER_DEBUG=1 shows where.")


def _nothing(site: Site, status: int) -> Callable[[Request, Exception], Response]:
    heading, sentence = _REFUSALS[status]

    def say(request: Request, _error: Exception) -> Response:
        visit = Visit(site, request, None, request.cookies.get(site.place.cookie_name, ""))
        return visit.sorry(status, heading, [sentence])

    return say


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    known = {path.name for path in STATIC_FOLDER.iterdir()}
    if name not in known or request.url.path != static_url(name):
        return RedirectResponse("/", 303)
    return FileResponse(STATIC_FOLDER / name, headers={"cache-control": "public, max-age=31536000, immutable"})
