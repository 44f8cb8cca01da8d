"""A browser without a screen, in this process: asks the application for pages, keeps cookies, sends its forms."""

from __future__ import annotations

import asyncio
import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from gaitkeeper.web.app import make_pages
from gaitkeeper.web.security import Guard, Place
from gaitkeeper.web.visit import Site
from support.web_home import WEB_NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.settings import Home

ORIGIN = "http://127.0.0.1:8642"


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class WebSite:
    """The pages of one home, for several browsers."""

    home: Home
    place: Place = field(default_factory=lambda: Place("127.0.0.1", 8642))
    as_of: str | None = WEB_NOW
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        from datetime import datetime

        as_of = None if self.as_of is None else datetime.fromisoformat(self.as_of)
        self.site = Site(self.home, self.place, as_of, self.clock)
        self.app = Guard(make_pages(self.site), self.place)
        self.runner = asyncio.Runner()

    def browser(self, origin: str = ORIGIN, address: str = "127.0.0.1") -> Browser:
        """Return a browser of its own."""
        return Browser(self, origin, address)

    def close(self) -> None:
        self.site.close()
        self.runner.close()


class Browser:
    """One person's browser."""

    def __init__(self, web: WebSite, origin: str, address: str) -> None:
        transport = httpx.ASGITransport(web.app, raise_app_exceptions=False, client=(address, 50_000))
        self.web = web
        self.client = httpx.AsyncClient(transport=transport, base_url=origin)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a page; where it leads elsewhere is not followed."""
        return self.web.runner.run(self.client.get(path, **options))

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form as it stands, without a token of its own."""
        return self.web.runner.run(self.client.post(path, data=data or {}, **options))

    def send(self, path: str, data: dict[str, Any], *, page: str = "/login", **options: Any) -> httpx.Response:
        """Send a form as a page would: with the token that stands in it."""
        return self.post(path, {**data, "form_token": self.token(page)}, **options)

    def token(self, page: str = "/login") -> str:
        """Return the token of the forms of this browser; any page's will do."""
        found = re.search(r'name="form_token" value="(\w+)"', self._followed(page).text)
        return found[1] if found else ""

    def _followed(self, path: str) -> httpx.Response:
        return self.web.runner.run(self.client.get(path, follow_redirects=True))

    def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where a form leads."""
        assert response.status_code == 303, (response.status_code, text_of(response))
        return self.get(response.headers["location"])

    def log_in(self, name: str, password: str) -> httpx.Response:
        """Log in as a person does."""
        return self.send("/login", {"name": name, "password": password})


def text_of(response: httpx.Response) -> str:
    """Return what a person reads: no tags, no space twice."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def links_of(response: httpx.Response) -> Iterator[str]:
    """Yield the addresses of ours that a page leads to."""
    for address in re.findall(r'(?:href|src|srcset|action)="([^"]*)"', response.text):
        plain = html.unescape(address)
        if plain.startswith("/"):
            yield plain
