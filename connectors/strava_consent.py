"""Waits on this machine for the browser to come back from Strava with the runner's answer."""

from __future__ import annotations

import queue
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

#: Strava sends the browser to any port of 127.0.0.1 or localhost, whatever call-back domain the application names
#: (https://developers.strava.com/docs/authentication).
HOST: Final = "127.0.0.1"
PATH: Final = "/strava"

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Gaitkeeper</title>
<body style="font: 18px/1.5 system-ui, sans-serif; max-width: 34em; margin: 4em auto; padding: 0 1em">
<p>{sentence}</p></body></html>
"""


class Catcher:
    """A server of one page, for one answer. The answer holds a code: it is written nowhere."""

    def __init__(self, port: int = 0) -> None:
        """Listen on this machine alone, on a free port where none is named.

        Raises:
            OSError: the port is taken.
        """
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._server = _Server((HOST, port), _Page)
        self._server.answers = self._answers
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def redirect_uri(self) -> str:
        """Return where Strava is to send the browser."""
        return f"http://{HOST}:{self._server.server_port}{PATH}"

    def wait(self, timeout_s: float) -> str | None:
        """Return the address that the browser came with, None where none came in time."""
        try:
            return self._answers.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(HTTPServer):
    answers: queue.SimpleQueue[str]
    allow_reuse_address = False  # nobody else may sit on the same port


class _Page(BaseHTTPRequestHandler):
    server_version, sys_version = "Gaitkeeper", ""
    timeout = 10

    def do_GET(self) -> None:
        """Take the answer, and say that the browser may be closed."""
        parts = urlsplit(self.path)
        said = parse_qs(parts.query)
        if parts.path != PATH or "state" not in said:
            self._send(404, "There is nothing here.")
            return
        refused = "error" in said or "code" not in said
        sentence = "Strava says no: go back to Gaitkeeper." if refused else "Thank you: go back to Gaitkeeper."
        self._send(200, sentence)
        assert isinstance(self.server, _Server)
        self.server.answers.put(self.path)

    def _send(self, status: int, sentence: str) -> None:
        body = _PAGE.format(sentence=escape(sentence)).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: the address holds the code."""
