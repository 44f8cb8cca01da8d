"""What one new run costs in logs of 30 to 10,000 sessions: `python tests/benchmarks/bench_growth.py [chart.svg]`.

A log of 30 generated runs is imported; its facts are then put in again and again, 49 days earlier each time, by SQL:
every table that hangs on sessions or recordings, and the list of what arrived. The critical speed is said, so that the
log's own estimate, which such copies would change, makes nothing outdated. So 10,000 sessions stand there within
seconds; their samples (which a new run doesn't touch but for its own month) are those of the first 30.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from connectors.folder import FolderSource  # noqa: E402 - found by the line above
from flows import work  # noqa: E402
from gaitkeeper.commands.home import make_home  # noqa: E402
from pipeline.archive import Archive, content_sha256  # noqa: E402
from pipeline.journal import new_entry, write_entries  # noqa: E402
from pipeline.settings import Home  # noqa: E402
from pipeline.warehouse.connection import publish, rows, writing  # noqa: E402
from support.large_log import FIRST_DAY, large_log, write_log  # noqa: E402

SIZES: Final = (30, 300, 3000, 10_000)
BASE: Final = 30
SHIFT_DAYS: Final = 49
NEW_RUNS: Final = 6  #: the first is warm-up
NOW_UTC: Final = datetime(2030, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure and print; draw where a file is named."""
    points = []
    print(f"{'sessions':>9}{'CPU s':>8}{'wall s':>8}")
    with tempfile.TemporaryDirectory(prefix="gaitkeeper-growth-") as name:
        for size in SIZES:
            points.append((size, *_one_size(size, Path(name) / str(size))))
            print(f"{size:9,}{points[-1][1]:8.3f}{points[-1][2]:8.3f}", flush=True)
    print(f"{SIZES[-1]:,} against {SIZES[0]}: {points[-1][1] / points[0][1]:.2f} x of CPU")
    if len(sys.argv) > 1:
        _draw(points, Path(sys.argv[1]))


def _one_size(size: int, folder: Path) -> tuple[float, float]:
    """Return the median CPU and wall seconds of one new run, beyond start-up."""
    write_log(folder / "files", BASE)
    home = Home(folder / "home")
    make_home(home, "me", "UTC")
    said = {"setting": "critical_speed_mps", "value": "3.52", "from_date": "1900-01-01"}
    write_entries(home, [new_entry("runner", "me", said, by="me", now_utc=NOW_UTC)])
    work.import_source(home, "me", FolderSource(folder / "files"), NOW_UTC)
    _grow(home, size)
    first = FIRST_DAY + timedelta(days=SHIFT_DAYS)
    took = []
    for number, run in enumerate(large_log(NEW_RUNS, first_day=first)):
        if run.is_further_copy:
            continue
        new = folder / f"new {number}"
        new.mkdir()
        (new / run.file_name).write_bytes(run.content)
        before = time.process_time(), time.perf_counter()
        outcome = work.import_source(home, "me", FolderSource(new), NOW_UTC)
        took.append((time.process_time() - before[0], time.perf_counter() - before[1]))
        assert (1, 1) == (outcome.new_count, len(outcome.session_ids)), outcome
    cpu_s, wall_s = (statistics.median(seconds) for seconds in zip(*took[1:], strict=True))
    return cpu_s, wall_s


def _grow(home: Home, size: int) -> None:
    """Put the facts in again, earlier each time, until there are so many sessions."""
    archive = Archive(home)
    received = archive.received()
    with writing(home) as connection:
        have = rows(connection, "select count(*) as n from measured_session")[0]["n"]
        times = round(size / have) - 1
        if times:
            connection.execute(f"create temporary table again as select unnest(range(1, {times + 1})) as k")
            for table, columns in _tables(connection).items():
                told = ", ".join(_moved(column) for column in columns)
                connection.execute(f'insert into "{table}" by name select {told} from "{table}", again')
        publish(connection, home, NOW_UTC, date(2030, 1, 1))
    archive.note(
        replace(
            item,
            content_sha256=content_sha256(f"{item.content_sha256}{k}".encode()),
            source_ref=f"{k}/{item.source_ref}",
        )
        for k in range(1, times + 1)
        for item in received
    )


def _tables(connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows(
        connection,
        "select table_name, column_name from duckdb_columns() inner join duckdb_tables() using (table_name) "
        "where not duckdb_tables.temporary and table_name not like 'protocol%' order by all",
    ):
        found.setdefault(row["table_name"], []).append(row["column_name"])
    return {name: columns for name, columns in found.items() if {"session_id", "recording_id"} & set(columns)}


#: How a value is made another one that fits: k counts the copies.
_MOVED: Final = {
    "session_id": "session_id || '-' || k",
    "recording_id": "recording_id || '-' || k",
    "other_recording_id": "other_recording_id || '-' || k",
    "content_sha256": "sha256(content_sha256 || k)",
    "source_ref": "k || '/' || source_ref",
    "session_date": f"session_date - (k * {SHIFT_DAYS})::integer",
    "start_utc": f"start_utc - to_days((k * {SHIFT_DAYS})::integer)",
    "recorded_minutes": (
        f"list_transform(recorded_minutes, lambda minute: (minute - k * {SHIFT_DAYS * 1440})::integer)"
    ),
}


def _moved(column: str) -> str:
    told = _MOVED.get(column, f'"{column}"')
    return f'{told} as "{column}"'


def _draw(points: list[tuple[int, float, float]], target: Path) -> None:
    import altair as alt

    values = [{"sessions": size, "seconds": round(cpu_s, 3)} for size, cpu_s, _ in points]
    chart = (
        alt.Chart(alt.Data(values=values), width=480, height=240, title="One new run, beyond start-up")
        .mark_line(point=True, color="#1f5a7a")
        .encode(
            alt.X(
                "sessions:Q",
                scale=alt.Scale(type="log"),
                title="sessions in the log",
                axis=alt.Axis(values=list(SIZES)),
            ),
            alt.Y("seconds:Q", scale=alt.Scale(domainMin=0), title="seconds of CPU"),
        )
    )
    chart.save(str(target))


if __name__ == "__main__":
    main()
