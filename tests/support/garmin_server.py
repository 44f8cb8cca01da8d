"""A Garmin on this machine: login with code, tokens, the list, originals; limits that count, and a dial of faults.

Speaks what `garminconnect` 0.3 asks for over real sockets. Whatever is asked is written down in `asked`.

    with GarminServer() as server:
        server.add(fit, distance=3000.0)
        server.dial("/activitylist-service", "500", "cut")   # the next two answers there
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from support.garmin_summary import SUMMARY

EMAIL, PASSWORD, CODE = "runner@example.org", "correct horse", "123456"

LIST, DOWNLOAD, TOKEN = "/activitylist-service", "/download-service", "/di-oauth2-service"
PROFILE, MOBILE, WIDGET, PORTAL = "/userprofile-service", "/mobile/api/login", "/sso/signin", "/portal/api/login"

CLOUDFLARE_PAGE = "<!DOCTYPE html><html><head><title>Just a moment... Cloudflare</title></head></html>"


def original(members: dict[str, bytes]) -> bytes:
    """Pack files as Garmin packs an original."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def jwt(claims: dict[str, Any]) -> str:
    """Return a token that says when it ends, as Garmin's do."""
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"])


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    body: Any  #: a dict or list goes as JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class GarminServer:
    """One account on one server."""

    asks_code: bool = False
    page_cap: int = 1000  #: the most lines of one page, whatever is asked for
    token_life_s: int = 3600  #: an access token of less than 900 s is renewed before it is used
    limit_count: int | None = None  #: so many requests of the API are answered, the rest is told to wait
    retry_after_s: int | None = None
    is_locked: bool = False
    is_login_changed: bool = False  #: the login pages are other ones
    activities: list[dict[str, Any]] = field(default_factory=list)  #: newest first
    originals: dict[int, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  #: method, path, query
    refresh_tokens: set[str] = field(default_factory=set)  #: those that hold
    access_tokens: set[str] = field(default_factory=set)
    handed_out: list[str] = field(default_factory=list)  #: every token there ever was
    is_list_plain: bool = False  #: give the list as it is, whatever is asked for
    on_list: Any = None  #: called before a page of the list is made
    _dial: list[tuple[str, str]] = field(default_factory=list)
    _added_count: int = 0

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"garmin": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def dial(self, path: str, *faults: str) -> None:
        """Let the next answers below a path be faults: 429, 427, 401, 403, 403 page, 404, 500, slow, cut, wrong JSON,
        page, empty.
        """
        self._dial += [(path, fault) for fault in faults]

    def add(self, content: bytes | None, *, member: str | None = None, **fields: Any) -> int:
        """Record an activity: the newest one; `content` is its file, None: entered by hand."""
        self._added_count += 1
        activity_id = 21_000_000_000 + self._added_count
        name = member or f"{activity_id}_ACTIVITY.fit"
        if content is not None:
            self.originals[activity_id] = original({name: content})
        self.activities.insert(0, {**SUMMARY, "activityId": activity_id, "manualActivity": content is None, **fields})
        return activity_id

    def count(self, path: str) -> int:
        """Return how often something below a path was asked for."""
        return sum(one[1].startswith(path) for one in self.asked)

    def new_tokens(self) -> dict[str, Any]:
        """Hand out a pair of tokens."""
        number = len(self.handed_out)
        claims = {"client_id": "TEST_DI", "exp": int(time.time()) + self.token_life_s, "n": number}
        access, refresh = jwt(claims), f"refresh-secret-{number}"
        self.access_tokens.add(access)
        self.refresh_tokens.add(refresh)
        self.handed_out += [access, refresh]
        return {"access_token": access, "refresh_token": refresh, "expires_in": self.token_life_s}

    def kept(self) -> dict[str, Any]:
        """Return what a home keeps after linking."""
        tokens = self.new_tokens()
        return {
            "di_token": tokens["access_token"],
            "di_refresh_token": tokens["refresh_token"],
            "di_client_id": "TEST_DI",
            "linked_to": "runner",
        }

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer | str:
        """Return the answer, or the name of a fault of the wire."""
        self.asked.append((method, path, query))
        for at, (where, fault) in enumerate(self._dial):
            if path.startswith(where):
                del self._dial[at]
                return FAULTS.get(fault, fault)
        if path.startswith(TOKEN):
            return self._token(body)
        if path.startswith((LIST, DOWNLOAD, PROFILE)):
            return self._api(path, query, headers)
        return self._login(method, path, headers, body)

    def _limited(self) -> Answer:
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return Answer({"error": {"status-code": "429"}}, 429, headers)

    def _api(self, path: str, query: dict[str, str], headers: Any) -> Answer:
        if self.limit_count is not None:
            if self.limit_count <= 0:
                return self._limited()
            self.limit_count -= 1
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return Answer({"message": "Token is not active"}, 401)
        if path.startswith(PROFILE):
            return Answer({"displayName": "runner", "fullName": "A Runner", "profileId": 1})
        if path.startswith(DOWNLOAD):
            content = self.originals.get(int(path.rpartition("/")[2]))
            return Answer({"message": "not found"}, 404) if content is None else Answer(content)
        if self.on_list is not None:
            self.on_list()
        if self.is_list_plain:
            return Answer(self.activities)
        since = query.get("startDate", "")
        found = [one for one in self.activities if one["startTimeLocal"] >= since]
        start = int(query.get("start", 0))
        return Answer(found[start : start + min(int(query.get("limit", 20)), self.page_cap)])

    def _token(self, body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form.get("grant_type") != "refresh_token":
            return Answer(self.new_tokens() if form.get("service_ticket") == "ST-1" else {}, 200)
        if form.get("refresh_token") not in self.refresh_tokens:
            return Answer({"error": "invalid_grant"}, 400)
        self.refresh_tokens.discard(form["refresh_token"])  # each is good for once
        return Answer(self.new_tokens())

    def _login(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        if self.is_login_changed:
            return Answer("<html><title>Welcome to the new Garmin</title></html>", 200 if method == "GET" else 404)
        if method == "GET":
            page = '<html><title>Sign In</title><input name="_csrf" value="csrf-1"></html>'
            return Answer(page, 200, {"Set-Cookie": "SESSION=1; Path=/"})
        if "SESSION=1" not in headers.get("Cookie", "") or not headers.get("Referer"):
            return self._limited()
        return self._widget(body) if path.startswith(WIDGET) else self._json_login(path, json.loads(body))

    def _widget(self, body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.is_locked:
            return Answer("<html><title>Account Locked</title></html>")
        if (form["username"], form["password"], form["_csrf"]) != (EMAIL, PASSWORD, "csrf-1"):
            return Answer("<html><title>Invalid sign in</title></html>")
        return Answer('<html><title>Success</title>"/sso/embed?ticket=ST-1"</html>')

    def _json_login(self, path: str, said: dict[str, Any]) -> Answer:
        if path.endswith("verifyCode"):
            return _said("SUCCESSFUL" if said["mfaVerificationCode"] == CODE else "MFA_CODE_INVALID")
        if self.is_locked:
            return _said("ACCOUNT_LOCKED")
        if (said["username"], said["password"]) != (EMAIL, PASSWORD):
            return _said("INVALID_USERNAME_PASSWORD")
        return _said("MFA_REQUIRED" if self.asks_code else "SUCCESSFUL")


def _said(kind: str) -> Answer:
    more = {"serviceTicketId": "ST-1"} if kind == "SUCCESSFUL" else {"customerMfaInfo": {"mfaLastMethodUsed": "email"}}
    return Answer({"responseStatus": {"type": kind}, **more})


FAULTS: dict[str, Answer] = {
    "429": Answer({"error": {"status-code": "429"}}, 429),
    "429 for 30 h": Answer({}, 429, {"Retry-After": "108000"}),
    "427": Answer(CLOUDFLARE_PAGE, 427),
    "401": Answer({"message": "Token is not active"}, 401),
    "403": Answer({"message": None, "error": "WebApplicationException"}, 403),
    "403 page": Answer(CLOUDFLARE_PAGE, 403),
    "404": Answer({"message": "not found"}, 404),
    "500": Answer({"message": "out of order"}, 500),
    "503": Answer("<html><title>503 Service Unavailable</title></html>", 503),
    "wrong JSON": Answer({"unexpected": True}),
    "torn JSON": Answer(b'[{"activityId": 1', 200, {"Content-Type": "application/json"}),
    "page": Answer(CLOUDFLARE_PAGE),
    "empty": Answer([]),
    "nothing": Answer(b""),
    "captcha": _said("CAPTCHA_REQUIRED"),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    garmin: GarminServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answer = self.garmin.answer(self.command, parts.path, query, self.headers, body)
        if isinstance(answer, str):
            self._break(answer)
            return
        self._send(answer, cut=False)

    def _break(self, fault: str) -> None:
        if fault == "cut":
            self._send(Answer(b"PK\x03\x04" + bytes(500)), cut=True)
        elif fault == "slow":
            time.sleep(0.5)
            self._send(FAULTS["503"], cut=False)
        else:
            assert fault == "hang up"
        self.close_connection = True

    def _send(self, answer: Answer, *, cut: bool) -> None:
        body, kind = answer.body, "application/zip"
        if isinstance(body, dict | list):
            body, kind = json.dumps(body).encode(), "application/json"
        elif isinstance(body, str):
            body, kind = body.encode(), "text/html; charset=utf-8"
        self.send_response(answer.status)
        for name, value in {"Content-Type": kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
