"""The door: where somebody begins, logs in and logs out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gaitkeeper.web import routes_clinic, routes_runner
from pipeline.reports.format import plural

if TYPE_CHECKING:
    from starlette.responses import Response

    from gaitkeeper.web.visit import Visit


def start(visit: Visit) -> Response:
    """Show what matters first to whoever asks: the runner's day, or the caseload."""
    who = visit.who
    if who.is_runner and len(who.runner_ids) == 1:
        visit.request.scope["path_params"] = {"runner_id": who.runner_ids[0]}
        visit.saw(who.runner_ids[0])
        return routes_runner.today(visit)
    if who.is_clinician:
        return routes_clinic.caseload(visit)
    return visit.sorry(404, "No runner yet", ["There is no runner in this home: gaitkeeper runner add ID"])


#: Whoever was logged out while a form was open has to know that its words are not in the journal.
_LOST: Final = "You were logged out before this was sent: nothing was recorded. Log in and enter it again."


def login(visit: Visit) -> Response:
    """Ask for name and password."""
    if visit.viewer is not None:
        return visit.go("/")
    mistake = _LOST if visit.asked("lost") == "yes" else None
    return visit.page("login.html", next=_inside(visit.asked("next")), name="", mistake=mistake)


def log_in(visit: Visit) -> Response:
    """Let somebody in, with a token that no one had before."""
    site = visit.site
    name, password = visit.typed("name").strip(), visit.typed("password")
    target = _inside(visit.typed("next"))
    address = "" if visit.request.client is None else visit.request.client.host
    wait_s = site.throttle.try_now(name, address)
    if wait_s > 0:
        minutes = math.ceil(wait_s / 60)
        mistake = f"There were too many tries. Wait {plural(minutes, 'minute')} and try again."
        response = visit.page("login.html", 429, next=target, name=name, mistake=mistake)
        response.headers["retry-after"] = str(math.ceil(wait_s))
        return response
    account = site.accounts.with_password(name, password)
    if account is None:
        mistake = "This name and password don't belong together."
        return visit.page("login.html", 422, next=target, name=name, mistake=mistake)
    site.throttle.succeeded(name, address)
    visit.cookie = site.sessions.begin(account, visit.cookie)
    response = visit.go(target)
    visit.give_cookie(response)
    return response


def log_out(visit: Visit) -> Response:
    """Close the session, and forget the browser's token."""
    visit.site.sessions.end(visit.cookie)
    response = visit.go("/login")
    response.delete_cookie(
        visit.site.place.cookie_name, path="/", secure=visit.site.place.is_secure, httponly=True, samesite="lax"
    )
    return response


def _inside(address: str) -> str:
    """Return an address of ours: nobody is sent elsewhere by a link to the login."""
    parts = urlsplit(address.replace("\\", "/"))
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    query = f"?{parts.query}" if parts.query else ""
    return parts.path + query if is_ours else "/"
