"""A small log: synthetic runs written as real files, and a home that they are imported into without Prefect."""

from __future__ import annotations

import atexit
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from connectors.decode import decode
from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.journal import new_entry, write_entries
from pipeline.places import zone_at
from pipeline.settings import Home
from pipeline.transforms import derive
from pipeline.warehouse.connection import reading, rows
from support.example_home import STORED
from support.fit_file import FORERUNNER, FitLap, fit_activity
from support.gpx_file import gpx_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.journal import EntryKind
    from pipeline.model import DerivedSession, Recording, Thresholds
    from support.synthetic_run import SyntheticRun

RUNNER_ID: Final = "me"

#: The evening of the last day that tests of this log may use.
NOW_UTC: Final = datetime(2026, 6, 30, 18, 0, tzinfo=UTC)

#: Every relation in which one log could differ from another that holds the same; the other views are made of these.
RELATIONS: Final = (
    *STORED,
    "overlap",
    "session_field",
    "cadence_baseline",
    "duplicate_question",
    "symptom",
    "session_fact",
)

_FIT_COLUMNS: Final = ("latitude_deg", "longitude_deg", "altitude_m", "distance_m", "speed_mps", "heart_rate_bpm")


def as_fit(run: SyntheticRun | Recording, *, without: Iterable[str] = (), **options: Any) -> bytes:
    """Write a run as a FIT file; `options` go to `fit_activity` and win over what the run says.

    Args:
        run: its channels, timer events and laps are written.
        without: channels to leave out.
        options: such as device, options, workout, totals, laps.
    """
    recording = run.recording() if hasattr(run, "recording") else run
    samples = recording.samples
    left_out = set(without)
    columns = {name: getattr(samples, name) for name in _FIT_COLUMNS if samples.has(name) and name not in left_out}
    if samples.has("cadence_spm") and "cadence_spm" not in left_out:
        columns["cadence_strides_per_min"] = samples.cadence_spm / 2
    given = {
        "t_s": samples.t_s,
        "sport": recording.sport,
        "sub_sport": recording.sub_sport,
        "events": [(event.t_s, "start" if event.is_start else "stop_all") for event in recording.timer_events],
        "laps": [FitLap(lap.start_s, lap.start_s + lap.elapsed_s, lap.trigger) for lap in recording.laps],
        "device": FORERUNNER,
    }
    return fit_activity(recording.start_utc, columns, **(given | options))


def as_gpx(
    run: SyntheticRun | Recording,
    *,
    cadence: Literal["strides", "steps"] | None = None,
    has_heart_rate: bool = False,
    creator: str = "A phone",
    every_s: int = 1,
) -> bytes:
    """Write a run as a GPX file: places, altitude, times; cadence of one leg or of both, as the exporters differ.

    A pause becomes two segments.
    """
    recording = run.recording() if hasattr(run, "recording") else run
    samples = recording.samples
    stops = [event.t_s for event in recording.timer_events if not event.is_start]
    segments: list[list[str]] = [[]]
    for row, t_s in enumerate(samples.t_s):
        if stops and t_s > stops[0]:
            stops.pop(0)
            segments.append([])
        if row % every_s:
            continue
        inner = ""
        if has_heart_rate:
            inner += f"<gpxtpx:hr>{samples.heart_rate_bpm[row]:.0f}</gpxtpx:hr>"
        if cadence is not None:
            inner += f"<gpxtpx:cad>{samples.cadence_spm[row] / (2 if cadence == 'strides' else 1):.0f}</gpxtpx:cad>"
        extra = f"<gpxtpx:TrackPointExtension>{inner}</gpxtpx:TrackPointExtension>" if inner else ""
        extra = f"<extensions>{extra}</extensions>" if extra else ""
        stamp = (recording.start_utc + timedelta(seconds=float(t_s))).isoformat().replace("+00:00", "Z")
        height = f"<ele>{samples.altitude_m[row]:.1f}</ele>" if np.isfinite(samples.altitude_m[row]) else ""
        segments[-1].append(
            f'<trkpt lat="{samples.latitude_deg[row]:.7f}" lon="{samples.longitude_deg[row]:.7f}">'
            f"{height}<time>{stamp}</time>{extra}</trkpt>\n"
        )
    inner = "".join(f"<trkseg>\n{''.join(points)}</trkseg>" for points in segments if points)
    kind = "" if recording.sport is None else f"<type>{recording.sport}</type>"
    return gpx_text(f"<trk><name>Run</name>{kind}{inner}</trk>", creator=creator).encode()


def derived(content: bytes, thresholds: Thresholds, *, index: int = 0) -> DerivedSession:
    """Return what the pipeline makes of a file's bytes: decode, then derive."""
    return derive(decode(content, "a file").recordings[index], thresholds, zone_at)


def values(content: bytes, thresholds: Thresholds, *, index: int = 0) -> dict[str, float | None]:
    """Return the facts of a file's bytes by name; None where one can't be assessed."""
    return {fact.name: fact.value for fact in derived(content, thresholds, index=index).facts}


def _text(row: Iterable[object]) -> str:
    """Return a row as text; a sum of the same numbers in another order differs in its last digits."""
    return str([f"{value:.10g}" if isinstance(value, float) else value for value in row])


@cache
def _empty_home(time_zone: str) -> Path:
    """Make an empty home once: its tables and views take longer than a small import."""
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = Home(Path(folder) / "home")
    make_home(home, RUNNER_ID, time_zone)
    work.refresh(home, NOW_UTC)
    return home.path


@dataclass
class SmallLog:
    """One home, and what arrives in it."""

    path: Path
    time_zone: str = "UTC"
    home: Home = field(init=False)

    def __post_init__(self) -> None:
        """Make the home where it isn't there yet."""
        self.home = Home(self.path / "home")
        if not self.home.exists():
            shutil.copytree(_empty_home(self.time_zone), self.home.path)

    def copy(self, path: Path) -> SmallLog:
        """Return a copy that a test may change."""
        shutil.copytree(self.path, path)
        return SmallLog(path, self.time_zone)

    def arrive(self, files: Mapping[str, bytes]) -> work.Outcome:
        """Import some files as one batch: file name -> content."""
        folder = self.path / f"arrived-{len(list(self.path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return work.import_source(self.home, RUNNER_ID, FolderSource(folder), NOW_UTC)

    def say(self, kind: EntryKind, **data: Any) -> str:
        """Write one journal entry and return its id; what it touches is derived by `refresh`."""
        entry = new_entry(kind, RUNNER_ID, data, by=RUNNER_ID, now_utc=datetime.now(UTC))
        write_entries(self.home, [entry])
        return entry.entry_id

    def refresh(self) -> work.Outcome:
        """Derive anew what was touched."""
        return work.refresh(self.home, NOW_UTC)

    def ask(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of one statement, read from the published snapshot."""
        with reading(self.home, NOW_UTC, NOW_UTC.date()) as connection:
            return rows(connection, statement)

    def one(self, statement: str) -> dict[str, Any]:
        """Return the only row of a statement."""
        found = self.ask(statement)
        assert len(found) == 1, found
        return found[0]

    def fact(self, name: str, session_id: str | None = None) -> dict[str, Any]:
        """Return one fact of a session, or of the only session that there is."""
        where = "" if session_id is None else f" and session_id = '{session_id}'"
        return self.one(f"from session_fact where fact = '{name}'{where}")

    def everything(self, relations: Iterable[str] = RELATIONS) -> dict[str, list[str]]:
        """Return all rows of the log's relations as sorted texts, to be compared with another's."""
        with reading(self.home, NOW_UTC, NOW_UTC.date()) as connection:
            return {
                name: sorted(_text(row) for row in connection.execute(f'from "{name}"').fetchall())
                for name in relations
            }


def log_of(path: Path, *batches: Mapping[str, bytes]) -> SmallLog:
    """Make a log in a new folder and let some batches arrive, one after the other."""
    path.mkdir()
    log = SmallLog(path)
    for batch in batches:
        log.arrive(batch)
    return log
