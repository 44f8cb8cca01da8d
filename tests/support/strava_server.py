"""A small Strava on this machine: OAuth, the listing, details, streams and limits, as the documentation has them.

    with StravaServer() as strava:          # and GAITKEEPER_STRAVA_URL = strava.url
        strava.add(strava_run(1001))
        strava.fail("500", times=2)         # the fault dial: see FAULTS

Its clock is a value: `strava.clock.sleep(900)` is a quarter of an hour. Limits count as Strava's do, refused requests
included, and every request is written down in `strava.requests`.
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from support.strava_activity import ATHLETE_ID

if TYPE_CHECKING:
    from support.strava_activity import StravaActivity

CLIENT_ID = 4711
#: As long as the real one; tests look for it everywhere that it must not be.
CLIENT_SECRET = "c5ec0de5" * 5
TOKEN_LIFE_S = 6 * 3600

#: What the dial can be set to.
FAULTS = frozenset(
    {"429", "429 bare", "401", "500", "503", "slow", "cut", "no json", "wrong shape", "inactive", "scope lost", "empty",
     "403", "404", "400", "reset"}
)  # fmt: skip


@dataclass
class Clock:
    """Time that passes when it is told to. `sleep` is what a source is given for waiting."""

    now_utc: datetime = datetime(2026, 4, 12, 2, 15, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.now_utc

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_utc += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Seen:
    """One request as the server saw it."""

    at_utc: datetime
    method: str
    path: str
    query: dict[str, str]
    status: int
    authorization: str


@dataclass
class _Fault:
    kind: str
    path: str
    times: int
    after: int


class _Limit:
    """One limit over a window that starts on the hour's grid."""

    def __init__(self, size: int, window_s: int) -> None:
        self.size, self.window_s, self.window, self.count = size, window_s, -1, 0

    def add(self, at_s: float) -> bool:
        """Count one request; return whether it is inside."""
        window = int(at_s // self.window_s)
        if window != self.window:
            self.window, self.count = window, 0
        self.count += 1
        return self.count <= self.size


class StravaServer:
    """See the head of this module."""

    def __init__(self, *, quarter: tuple[int, int] = (200, 100), day: tuple[int, int] = (2000, 1000)) -> None:
        """Set the limits (overall, read) of a quarter of an hour and of a day: those of a new application."""
        self.clock = Clock()
        self.skew_s = 0.0  #: the server's clock is so much ahead of the clock
        self.activities: dict[int, StravaActivity] = {}
        self.requests: list[Seen] = []
        self.past_limit = 0
        self.tells_limits = True
        self.refresh_answers = "rotate"  #: rotate, keep
        self.consent = "read,activity:read_all"  #: what the athlete ticks; "" says no
        self.page_size = 200  #: Strava's most, and what a page may fall short of
        self.athlete = {"id": ATHLETE_ID, "resource_state": 2, "firstname": "Ida", "lastname": "Fictional"}
        self.codes: dict[str, str] = {}
        self.access: dict[str, tuple[float, str]] = {}
        self.refresh: dict[str, str] = {}
        self.secrets: list[str] = [CLIENT_SECRET]  #: every token, code and secret that ever was
        self._overall = (_Limit(quarter[0], 900), _Limit(day[0], 86_400))
        self._read = (_Limit(quarter[1], 900), _Limit(day[1], 86_400))
        self._faults: list[_Fault] = []
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.strava = self
        self.is_closing = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def now_s(self) -> float:
        return self.clock.now().timestamp() + self.skew_s

    def add(self, *activities: StravaActivity) -> None:
        self.activities |= {activity.id: activity for activity in activities}

    def fail(self, kind: str, path: str = "/api/", *, times: int = 1, after: int = 0) -> None:
        """Turn the dial: the next `times` requests whose path starts so, after `after` good ones, meet this fault."""
        assert kind in FAULTS
        self._faults.append(_Fault(kind, path, times, after))

    def count(self, path: str = "/api/") -> int:
        return sum(seen.path.startswith(path) for seen in self.requests)

    def linked(self, scope: str = "read,activity:read_all") -> dict[str, Any]:
        """Return what a home keeps after a consent."""
        access, refresh = self._grant(scope)
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "access_token": access,
            "refresh_token": refresh,
            "expires_at": self.now_s + TOKEN_LIFE_S,
            "refreshed_at": self.clock.now().timestamp(),
            "scopes": scope.split(","),
            "athlete_id": ATHLETE_ID,
            "athlete_name": "Ida Fictional",
        }

    def revoke(self) -> None:
        """Let the athlete take the consent back."""
        self.access.clear()
        self.refresh.clear()

    def _secret(self) -> str:
        made = secrets.token_hex(20)
        self.secrets.append(made)
        return made

    def _grant(self, scope: str) -> tuple[str, str]:
        access, refresh = self._secret(), self._secret()
        self.access[access] = (self.now_s + TOKEN_LIFE_S, scope)
        self.refresh[refresh] = scope
        return access, refresh

    # --- What it answers -------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: dict[str, str], form: dict[str, str], bearer: str) -> _Reply:
        with self._lock:
            fault = self._take_fault(path)
            reply = self._answered(method, path, query, form, bearer, fault)
            self.requests.append(Seen(self.clock.now(), method, path, query, reply.status, bearer))
            return reply

    def _take_fault(self, path: str) -> str | None:
        for fault in self._faults:
            if path.startswith(fault.path) and fault.times:
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault.kind
        return None

    def _answered(
        self, method: str, path: str, query: dict[str, str], form: dict[str, str], bearer: str, fault: str | None
    ) -> _Reply:
        if path == "/oauth/authorize":
            return self._authorize(query)
        if not path.startswith("/api/v3/"):
            return self._oauth(method, path, form, bearer, fault)
        headers, is_inside = self._counted()
        if not is_inside or fault in ("429", "429 bare"):
            self.past_limit += not is_inside
            said = {"message": "Rate Limit Exceeded", "errors": [_error("Application", "rate limit", "exceeded")]}
            return _Reply(429, said, {} if fault == "429 bare" else headers)
        reply = _FAULT_REPLIES.get(fault or "") or self._api(path.removeprefix("/api/v3"), query, bearer)
        if fault == "empty":
            reply = _Reply(200, [])
        if fault == "wrong shape":
            reply = _Reply(200, {} if isinstance(reply.body, list) else [])
        return _Reply(reply.status, reply.body, headers, fault)

    def _counted(self) -> tuple[dict[str, str], bool]:
        inside = [limit.add(self.now_s) for limit in (*self._overall, *self._read)]
        if not self.tells_limits:
            return {}, all(inside)
        headers = {}
        for name, (quarter, day) in (("X-RateLimit", self._overall), ("X-ReadRateLimit", self._read)):
            headers[f"{name}-Limit"] = f"{quarter.size},{day.size}"
            headers[f"{name}-Usage"] = f"{quarter.count},{day.count}"
        return headers, all(inside)

    def _authorize(self, query: dict[str, str]) -> _Reply:
        """Answer at once, as an athlete who has made up his mind."""
        if query.get("client_id") != str(CLIENT_ID) or query.get("response_type") != "code":
            return _Reply(400, {"message": "Bad Request", "errors": [_error("Application", "client_id", "invalid")]})
        said = {"state": query.get("state", "")}
        if self.consent:
            code = self._secret()
            self.codes[code] = self.consent
            said |= {"code": code, "scope": self.consent}
        else:
            said["error"] = "access_denied"
        return _Reply(302, None, {"Location": f"{query['redirect_uri']}?{urlencode(said)}"})

    def _oauth(self, method: str, path: str, form: dict[str, str], bearer: str, fault: str | None) -> _Reply:
        if fault in _FAULT_REPLIES:
            return _FAULT_REPLIES[fault]
        if path == "/oauth/deauthorize" and method == "POST":
            known = self.access.pop(bearer, None)
            self.refresh.clear()
            return _Reply(200, {"access_token": bearer}) if known else _unauthorized()
        if path != "/oauth/token" or method != "POST":
            return _Reply(404, {"message": "Record Not Found", "errors": [_error("resource", "path", "invalid")]})
        reply = self._token(form)
        return _Reply(reply.status, reply.body, reply.headers, fault)

    def _token(self, form: dict[str, str]) -> _Reply:
        if form.get("client_id") != str(CLIENT_ID) or form.get("client_secret") != CLIENT_SECRET:
            return _Reply(401, {"message": "Authorization Error", "errors": [_error("Application", "", "invalid")]})
        if form.get("grant_type") == "authorization_code":
            scope = self.codes.pop(form.get("code", ""), None)
            if scope is None:
                return _Reply(400, {"message": "Bad Request", "errors": [_error("RequestToken", "code", "invalid")]})
            return self._new_tokens(scope, {"athlete": self.athlete})
        used = form.get("refresh_token", "")
        if used not in self.refresh:
            return _Reply(
                400, {"message": "Bad Request", "errors": [_error("RefreshToken", "refresh_token", "invalid")]}
            )
        scope = self.refresh[used]
        if self.refresh_answers == "rotate":
            del self.refresh[used]
        return self._new_tokens(scope, {})

    def _new_tokens(self, scope: str, more: dict[str, Any]) -> _Reply:
        access, refresh = self._grant(scope)
        said = {"token_type": "Bearer", "access_token": access, "refresh_token": refresh, "expires_in": TOKEN_LIFE_S}
        return _Reply(200, {**said, "expires_at": int(self.now_s + TOKEN_LIFE_S), **more})

    def _api(self, path: str, query: dict[str, str], bearer: str) -> _Reply:
        expires_s, scope = self.access.get(bearer, (0.0, ""))
        if expires_s <= self.now_s:
            return _unauthorized()
        if "activity:read" not in scope:
            return _scope_lost()
        if path == "/athlete":
            return _Reply(200, self.athlete)
        if path == "/athlete/activities":
            return _Reply(200, self._listed(query, scope))
        return self._of_activity(path, query, scope)

    def _of_activity(self, path: str, query: dict[str, str], scope: str) -> _Reply:
        kind, number, *rest = (*path.strip("/").split("/"), "", "")
        found = self.activities.get(int(number)) if kind == "activities" and number.isdecimal() else None
        if found is None or (found.detail.get("visibility") == "only_me" and "activity:read_all" not in scope):
            return _not_found()
        match rest[0]:
            case "":
                return _Reply(200, found.detail)
            case "laps":
                return _Reply(200, found.detail.get("laps", []))
            case "streams":
                return self._streamed(found, query)
        return _not_found()

    def _listed(self, query: dict[str, str], scope: str) -> list[dict[str, Any]]:
        """Return one page, newest first (oldest first where `after` is asked for)."""
        before_s, after_s = (float(query[name]) if name in query else None for name in ("before", "after"))
        found = [
            activity
            for activity in self.activities.values()
            if (before_s is None or activity.start_utc.timestamp() < before_s)
            and (after_s is None or activity.start_utc.timestamp() > after_s)
            and ("activity:read_all" in scope or activity.detail.get("visibility") != "only_me")
        ]
        found.sort(key=lambda one: (one.start_utc, one.id), reverse=after_s is None)
        size = min(int(query.get("per_page", 30)), self.page_size)
        page = int(query.get("page", 1))
        return [one.summary for one in found[(page - 1) * size : page * size]]

    def _streamed(self, activity: StravaActivity, query: dict[str, str]) -> _Reply:
        if not activity.streams:
            return _not_found()
        asked = query.get("keys", "").split(",")
        count = len(activity.streams.get("time", ()))
        found = {
            name: {"data": data, "series_type": "distance", "original_size": count, "resolution": "high"}
            for name, data in activity.streams.items()
            if name in asked
        }
        if query.get("key_by_type", "").lower() == "true":
            return _Reply(200, found)
        return _Reply(200, [{"type": name, **stream} for name, stream in found.items()])


@dataclass(frozen=True)
class _Reply:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None


def _error(resource: str, name: str, code: str) -> dict[str, str]:
    return {"resource": resource, "field": name, "code": code}


def _unauthorized() -> _Reply:
    said = {"message": "Authorization Error", "errors": [_error("Athlete", "access_token", "invalid")]}
    return _Reply(401, said)


def _scope_lost() -> _Reply:
    error = _error("AccessToken", "activity:read_permission", "missing")
    return _Reply(401, {"message": "Authorization Error", "errors": [error]})


def _not_found() -> _Reply:
    return _Reply(404, {"message": "Record Not Found", "errors": [_error("Activity", "id", "not found")]})


_FAULT_REPLIES = {
    "401": _unauthorized(),
    "500": _Reply(500, {"message": "Internal Server Error"}),
    "503": _Reply(503, {"message": "Service Unavailable"}),
    "inactive": _Reply(403, {"message": "Forbidden", "errors": [_error("Application", "Status", "Inactive")]}),
    "scope lost": _scope_lost(),
    "403": _Reply(403, {"message": "Forbidden", "errors": []}),
    "404": _not_found(),
    "400": _Reply(400, {"message": "Bad Request", "errors": []}),
    "429": _Reply(429, {"message": "Rate Limit Exceeded"}),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: two would wait 40 ms for each other

    def do_GET(self) -> None:
        self._serve("GET", {})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        self._serve("POST", form)

    def _serve(self, method: str, form: dict[str, str]) -> None:
        strava: StravaServer = self.server.strava
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        reply = strava.answer(method, parts.path, query, form, bearer)
        body = b"<html>busy</html>" if reply.fault == "no json" else json.dumps(reply.body).encode()
        if reply.fault == "slow":
            strava.is_closing.wait(5.0)
        if reply.fault == "reset":
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        self.send_header("Date", format_datetime(datetime.fromtimestamp(strava.now_s, UTC), usegmt=True))
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.fault == "cut":
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""
