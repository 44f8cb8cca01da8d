"""A real browser, headless, and the pages of a home on a port of this machine."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gaitkeeper.web.app import make_pages
from gaitkeeper.web.security import Guard, Place
from gaitkeeper.web.serving import listening, server
from gaitkeeper.web.visit import Site
from support.source_tree import ROOT
from support.web_home import WEB_NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from pipeline.settings import Home

#: Kept after the run, to be looked at; git leaves the folder out.
ARTEFACTS = ROOT / ".artefacts" / "web"

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}

#: Nothing of Chromium's own goes anywhere.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium_path() -> str:
    """Return where Chromium is; without it the test is skipped with the reason, and in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sentence = "Chromium is not installed (apt-get install chromium): the pages are not driven in a browser"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """Start Chromium with a fresh profile."""
    path = chromium_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def served(home: Home, as_of: str = WEB_NOW) -> Iterator[str]:
    """Serve a home's pages on a free port of this machine; give the address."""
    from datetime import datetime

    listener = listening(Place("127.0.0.1", 0))
    port = listener.getsockname()[1]
    place = Place("127.0.0.1", port)
    site = Site(home, place, datetime.fromisoformat(as_of))
    running = server(Guard(make_pages(site), place), place)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(timeout=10)
    listener.close()


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=Path(ARTEFACTS / f"{name}.png"), full_page=True)
