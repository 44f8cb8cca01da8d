"""Speed of the pages over a large home, against a bare page of the same framework on the same server: `python bench_pages.py HOME`.

Each page is asked for over a connection of this machine, in turn with the bare one. "Warm" is what people wait for nearly
always: the log was judged when the first of them asked. "Cold" is that first time: after a sync, or after somebody said
something.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from benchmarks.bench_runs import Figure
from gaitkeeper.web.app import make_pages
from gaitkeeper.web.security import Guard, Place
from gaitkeeper.web.serving import listening, server
from gaitkeeper.web.visit import Site
from pipeline.settings import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

ROUNDS: Final = 60

#: Sessions whose page and picture are asked for, so that not one and the same is measured.
SESSIONS: Final = 12


def pages(home: Home) -> list[Figure]:
    """Return the figures of one home with a single runner."""
    with _served(home) as (address, bare, site), httpx.Client(timeout=60) as client:
        runner_id, ids = _ids(site)
        cold_ms = _once_ms(client, f"{address}/r/{runner_id}")
        sessions = [f"{address}/r/{runner_id}/session/{session_id}" for session_id in ids]
        cold_session_ms = statistics.median(_once_ms(client, url, f"{url}/chart.svg") for url in sessions)
        first_ms, bare_ms = _warm(client, [(f"{address}/r/{runner_id}",)], bare)
        session_ms, bare_again_ms = _warm(client, [(url, f"{url}/chart.svg") for url in sessions], bare)
    first, session = first_ms / bare_ms, session_ms / bare_again_ms
    return [
        Figure(
            "first page / bare page of the framework",
            f"{first:.1f} x ({first_ms:.1f} ms, {bare_ms:.1f} ms)",
            "≤10 x",
            first <= 10,
        ),
        Figure(
            "session page with its chart / bare page", f"{session:.1f} x ({session_ms:.1f} ms)", "≤20 x", session <= 20
        ),
        Figure("  first page, the log judged anew", f"{cold_ms:.0f} ms"),
        Figure("  session page with its chart, drawn for the first time", f"{cold_session_ms:.0f} ms"),
    ]


def _ids(site: Site) -> tuple[str, list[str]]:
    with site.book.reading() as log:
        runner_id = log.ask("runners")[0]["runner_id"]
        rows = log.ask("page_sessions", runner_id=runner_id, session_count=3_000)
    step = max(1, len(rows) // SESSIONS)
    ids = [row["session_id"] for row in rows[::step]][:SESSIONS]
    site.book.close()
    return runner_id, ids


def _once_ms(client: httpx.Client, *urls: str) -> float:
    before = time.perf_counter()
    for url in urls:
        response = client.get(url)
        assert response.status_code in (200, 404), response.text[:500]
    return 1000 * (time.perf_counter() - before)


def _warm(client: httpx.Client, jobs: list[tuple[str, ...]], bare: str) -> tuple[float, float]:
    """Return the medians of the pages and of the bare page, asked for in turn."""
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(ROUNDS):
        theirs.append(_once_ms(client, bare))
        ours.append(_once_ms(client, *jobs[number % len(jobs)]))
    return statistics.median(ours), statistics.median(theirs)


@contextmanager
def _served(home: Home) -> Iterator[tuple[str, str, Site]]:
    """Serve the pages and a bare one, each by a server of its own; give both addresses."""

    async def hello(_request: Request) -> HTMLResponse:
        return HTMLResponse("<!DOCTYPE html><title>Bare</title><p>Hello</p>")

    site = Site(home, Place("127.0.0.1", 0), _last_evening(home))
    with _running(Guard(make_pages(site), site.place)) as ours, _running(Starlette(routes=[Route("/", hello)])) as bare:
        yield ours, f"{bare}/", site


def _last_evening(home: Home) -> datetime:
    """Return the evening of the newest run, so that the first page has something to say."""
    book = Site(home, Place("127.0.0.1", 0)).book
    with book.reading() as log:
        newest = max(row["last_run_date"] for row in log.ask("status", runner_id=None))
    book.close()
    evening = datetime(newest.year, newest.month, newest.day, 20)  # noqa: DTZ001 - a local time of the home
    return min(evening, datetime.now(UTC).replace(tzinfo=None))


@contextmanager
def _running(app: Any) -> Iterator[str]:
    place = Place("127.0.0.1", 0)
    with listening(place) as listener:
        running = server(app, place)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join(timeout=10)


if __name__ == "__main__":
    for one in pages(Home(Path(sys.argv[1]))):
        print(f"{one.what:<66} {one.value:<44} {one.goal:<9} {one.met}".rstrip(), flush=True)
