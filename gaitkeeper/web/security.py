"""What holds for every answer and every form: the host that was meant, headers, and the token that a form carries."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pipeline.config import WebConfig

#: Everything comes from here; pictures may stand in the page itself. No script or style in a page is ever run.
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

#: A form of ours has a few hundred bytes, a long reason a few thousand.
MAX_BODY_BYTES: Final = 64_000

#: What a proxy adds. A request that came through one is not somebody at this machine.
_PROXY_HEADERS: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are served, and what follows for who may see them."""

    host: str
    port: int
    public_url: str | None = None
    form_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @classmethod
    def of(cls, config: WebConfig) -> Place:
        """Return the place that the config names.

        Raises:
            NeedsAttention: its public_url is no address.
        """
        parts = urlsplit(config.public_url or "https://example.org")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise NeedsAttention(
                f"[web] public_url is {config.public_url!r}: write the address that people type, such as "
                '"https://gait.example.org", without a path.'
            )
        return cls(config.host, config.port, config.public_url)

    @property
    def is_private(self) -> bool:
        """Return whether only this machine gets here: no login is needed as long as there is no account."""
        return is_loopback(self.host) and self.public_url is None

    @property
    def is_secure(self) -> bool:
        """Return whether cookies may travel over TLS only: everywhere but on this machine."""
        return not self.is_private

    @property
    def cookie_name(self) -> str:
        """Return the cookie's name; `__Host-` lets no other host or path set it."""
        return "__Host-gaitkeeper" if self.is_secure else "gaitkeeper"

    def serves(self, host_header: str) -> bool:
        """Return whether a request means this place: a page elsewhere that points its name at us does not."""
        host = _host_of(host_header)
        if host is None:
            return False
        if self.public_url is not None and host == urlsplit(self.public_url).hostname:
            return True
        if is_loopback(self.host):
            return is_loopback(host)
        return host in (self.host.lower(), socket.gethostname().lower(), "localhost") or _is_address(host)

    def is_own_origin(self, request: Request) -> bool:
        """Return whether a form was sent from a page of ours, as far as the browser tells."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        return origin is None or urlsplit(origin).netloc.lower() in self._own_names(request)

    def _own_names(self, request: Request) -> tuple[str, ...]:
        public = () if self.public_url is None else (urlsplit(self.public_url).netloc.lower(),)
        return (request.headers.get("host", "").lower(), *public)

    def form_token(self, cookie: str) -> str:
        """Return what a form of this browser has to carry."""
        return hmac.new(self.form_key, cookie.encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, cookie: str, told: object) -> bool:
        """Return whether a form carries it."""
        return bool(cookie) and hmac.compare_digest(self.form_token(cookie), str(told))


def is_loopback(host: str) -> bool:
    """Return whether a name or address is this machine's own."""
    bare = host.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host_of(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None


def is_from_this_machine(request: Request) -> bool:
    """Return whether the one who asks sits at this machine, as far as it can be told."""
    is_near = request.client is not None and is_loopback(request.client.host)
    return is_near and not any(name in request.headers for name in _PROXY_HEADERS)


class Guard:
    """Wraps the application: refuses hosts that are not meant, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, place: Place) -> None:
        self._app = app
        self._place = place
        self._headers = dict(HEADERS)
        if place.public_url is not None and place.public_url.startswith("https:"):
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        if self._place.serves(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send_with_headers)
        else:
            refusal = PlainTextResponse("Gaitkeeper is not served under this name.", status_code=400)
            await refusal(scope, receive, send_with_headers)
