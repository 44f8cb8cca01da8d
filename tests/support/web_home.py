"""A home with two runners, for tests of the pages: `example`, and `bea`, whose phone gives its runs odd names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import add_runner
from pipeline.journal import new_entry, write_entries
from support.example_home import asked, copy_of
from support.gpx_file import gpx_point, gpx_text, gpx_track

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.settings import Home

A = "example"
B = "bea"

#: The morning after the last run of both: the next-morning answer is due.
WEB_NOW = "2026-04-13T08:00"
WEB_NOW_UTC = datetime(2026, 4, 13, 6, 0, tzinfo=UTC)

#: A name that a page must show letter by letter.
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>{{ 7 * 7 }}{% raw %}\u202e\"'&amp;"

_FIRST_UTC = datetime(2026, 4, 12, 6, 0, tzinfo=UTC)


def make_web_home(example_home: Home, path: Path) -> Home:
    """Copy the example, add a second runner with two recordings that share half of their minutes, and her stage."""
    home = copy_of(example_home, path)
    add_runner(home, B, "Europe/Madrid")
    files = path.parent / f"{path.name}-files"
    files.mkdir()
    (files / "one.gpx").write_text(_run(0, 1800, HOSTILE), "utf-8")
    (files / "two.gpx").write_text(_run(900, 2700, "Second watch"), "utf-8")
    data = {"stage_id": "S1", "from_date": "2026-04-01", "reason": HOSTILE}
    write_entries(home, [new_entry("stage", B, data, by="Dr Example", now_utc=_FIRST_UTC)])
    work.import_source(home, B, FolderSource(files), WEB_NOW_UTC)
    return home


def _run(start_s: int, end_s: int, name: str) -> str:
    points = [
        gpx_point(t_s, time=(_FIRST_UTC + timedelta(seconds=t_s)).isoformat().replace("+00:00", "Z"), hr=140, cad=84)
        for t_s in range(start_s, end_s)
    ]
    return gpx_text(gpx_track(points, name=escape(name)))


def sessions_of(home: Home, runner_id: str) -> list[dict[str, Any]]:
    """Return one runner's sessions, newest first."""
    return asked(
        home,
        f"select * from session where runner_id = '{runner_id}' order by start_utc desc, session_id",
        WEB_NOW_UTC,
    )


def journal_since(home: Home, size_bytes: int) -> Iterator[str]:
    """Yield the lines that the journal has grown by."""
    with home.journal_file.open("rb") as stream:
        stream.seek(size_bytes)
        yield from stream.read().decode().splitlines()
