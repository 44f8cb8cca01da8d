"""One request of one person: who asks, what they may see, and how the answer is written."""

from __future__ import annotations

import getpass
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.responses import HTMLResponse, RedirectResponse, Response

from gaitkeeper.web.accounts import AccountBook
from gaitkeeper.web.log import LogBook
from gaitkeeper.web.pictures import Pictures
from gaitkeeper.web.security import is_from_this_machine
from gaitkeeper.web.sessions import Sessions, Throttle
from gaitkeeper.web.views import ViewList
from gaitkeeper.web.words import environment
from pipeline.errors import GaitkeeperError
from pipeline.journal import runner_ids, write_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from gaitkeeper.web.log import Row
    from gaitkeeper.web.security import Place
    from pipeline.journal import Entry
    from pipeline.settings import Home

#: For whom a page is: everybody; whoever is logged in; the runner of its address; the clinician of that runner.
Audience = Literal["public", "anyone", "runner", "clinician"]

#: As long as the longest session (`gaitkeeper.web.sessions`).
COOKIE_S: Final = 90 * 86_400

STATIC_FOLDER: Final = Path(__file__).parent / "static"


class NotThere(Exception):
    """What was asked for isn't there for this person, whether or not it is there for somebody else."""


class Refused(Exception):
    """A form that didn't come from a page of ours, or from one that is too old."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. The owner is whoever sits at a machine without accounts: runner and clinician in one."""

    name: str
    role: Literal["owner", "runner", "clinician"]
    runner_ids: tuple[str, ...]
    full_name: str | None = None  #: None: the owner says a name with each decision

    def may(self, audience: Audience, runner_id: str | None) -> bool:
        """Return whether a page for this audience, about this runner, is theirs."""
        is_theirs = runner_id is None or runner_id in self.runner_ids
        return is_theirs and (audience in ("public", "anyone") or self.role in ("owner", audience))

    @property
    def is_runner(self) -> bool:
        return self.role in ("owner", "runner")

    @property
    def is_clinician(self) -> bool:
        return self.role in ("owner", "clinician")


class Site:
    """What all requests share."""

    def __init__(
        self,
        home: Home,
        place: Place,
        as_of: datetime | None = None,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self.home = home
        self.place = place
        self.book = LogBook(home, as_of)
        self.accounts = AccountBook(home)
        self.sessions = Sessions(home, clock_s)
        self.throttle = Throttle(clock_s)
        self.pictures = Pictures()
        self.templates = environment(static_url)
        self.views = ViewList(home.view_file)
        self.writing = threading.Lock()

    def viewer(self, request: Request, cookie: str) -> Viewer | None:
        """Return who asks; None where they have to log in first."""
        accounts = self.accounts.all()
        if not accounts:
            is_owner = self.place.is_private and is_from_this_machine(request)
            return Viewer(_user(), "owner", self.known_runners()) if is_owner else None
        account = self.sessions.account_of(cookie, accounts)
        if account is None:
            return None
        return Viewer(account.name, account.role, account.runner_ids, account.full_name)

    def close(self) -> None:
        """Let go of the log, and bring the list of views to the disk."""
        self.book.close()
        self.views.close()

    def known_runners(self) -> tuple[str, ...]:
        """Return the runners of this home, also where nothing was published yet."""
        try:
            with self.book.reading() as log:
                return tuple(row["runner_id"] for row in log.ask("runners"))
        except GaitkeeperError:
            return tuple(runner_ids(self.home))


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "owner"


@cache
def static_url(name: str) -> str:
    """Return the address of a file of ours, with a mark of its content: it may be kept for ever."""
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{digest}/{name}"


@dataclass(slots=True)
class Visit:
    """One request, its viewer, and the form that came with it."""

    site: Site
    request: Request
    viewer: Viewer | None
    cookie: str
    form: FormData | None = None
    seen: dict[str, str | None] = field(default_factory=dict)  #: runner -> session, for the list of views

    @property
    def path(self) -> dict[str, str]:
        """The parts of the address that vary."""
        return self.request.path_params

    @property
    def runner_id(self) -> str:
        """The runner of the address."""
        return self.path["runner_id"]

    @property
    def who(self) -> Viewer:
        """The viewer of a page that is not public."""
        assert self.viewer is not None
        return self.viewer

    def asked(self, name: str) -> str:
        """Return one value after the question mark of the address; "" where there is none."""
        return self.request.query_params.get(name, "")

    def typed(self, name: str) -> str:
        """Return one value of the form; "" where there is none."""
        value = "" if self.form is None else self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def saw(self, runner_id: str, session_id: str | None = None) -> None:
        """Remember whose data the answer shows."""
        self.seen[runner_id] = session_id

    def by(self) -> str:
        """Return the name under which a runner's words go into the journal."""
        return self.runner_id if self.who.role == "owner" else self.who.full_name or self.who.name

    def write(self, entries: Iterable[Entry]) -> None:
        """Append what was said to the journal."""
        with self.site.writing:
            write_entries(self.site.home, entries)

    def page(self, template: str, code: int = 200, /, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
        """Return a page."""
        values |= {
            "viewer": self.viewer,
            "has_accounts": self.viewer is not None and self.viewer.role != "owner",
            "form_token": self.site.place.form_token(self.cookie),
            "address": self.request.url.path,
        }
        text = self.site.templates.get_template(template).render(values)
        return HTMLResponse(text, code)

    def sorry(self, status: int, heading: str, sentences: Iterable[str]) -> Response:
        """Return a page that says in a sentence why there is nothing else on it."""
        return self.page("sorry.html", status, heading=heading, sentences=list(sentences))

    def go(self, address: str) -> Response:
        """Send the browser on, to see what came of its form."""
        return RedirectResponse(address, 303)

    def give_cookie(self, response: Response) -> None:
        """Hand the browser its token: out of reach of scripts, and of forms on other sites."""
        place = self.site.place
        response.set_cookie(
            place.cookie_name,
            self.cookie,
            max_age=COOKIE_S,
            path="/",
            secure=place.is_secure,
            httponly=True,
            samesite="lax",
        )

    def note_views(self, page: str) -> None:
        """Append one line a runner whose data is shown; without it nothing is shown."""
        now_utc = self.site.book.now_utc()
        lines: list[Row] = [
            {
                "view_id": f"{now_utc:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}",
                "viewed_utc": now_utc.isoformat(),
                "runner_id": runner_id,
                "viewed_by": self.who.name,
                "viewer_role": self.who.role,
                "page": page,
                **({} if session_id is None else {"session_id": session_id}),
            }
            for runner_id, session_id in self.seen.items()
        ]
        self.site.views.note(lines)
