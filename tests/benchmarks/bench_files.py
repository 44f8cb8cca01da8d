"""What is measured on: real running files (or synthetic ones where there is no corpus), and copies of them on other days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import fastcrc
import numpy as np

from benchmarks.real_runs import CORPUS, NO_THRESHOLDS
from connectors.decode import decode
from connectors.fit_walk import walk_file
from pipeline.errors import SkipRecording
from pipeline.transforms import derive
from support.example_log import SESSIONS, WATCH
from support.fit_file import fit_file
from support.sensors import watch_activity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.fit_walk import Part
    from pipeline.model import Recording

#: Runs as people run them: no fragment, no race of twelve hours that would dwarf the rest.
LENGTH_S: Final = (600.0, 6 * 3600.0)
#: A day is a multiple of 32 s, so compressed timestamps (five bits) stay right.
DAY_S: Final = 86_400
#: The day of the first copy.
FIRST_DAY: Final = date(2022, 1, 1)
TIMESTAMP: Final = 253
UINT32: Final = 0x86
#: A uint32 this near to the file's timestamps is an instant, not a quantity.
NEAR_S: Final = 3 * DAY_S
FIRST_GPX_POINTS: Final = 100


@dataclass(frozen=True)
class RunFile:
    """One FIT file that holds a run."""

    name: str
    content: bytes
    recordings: tuple[Recording, ...]
    run_s: float  #: timer time of its runs
    record_count: int


@dataclass(frozen=True)
class Inputs:
    """What the bench reads."""

    words: str  #: what it is, for people
    runs: tuple[RunFile, ...]
    gpx: tuple[bytes, ...]


def inputs(example: Path) -> Inputs:
    """Read the corpus; where it is missing, make synthetic runs."""
    if CORPUS.is_dir():
        fit = ((path.name, path.read_bytes()) for path in sorted((CORPUS / "fit").glob("*.fit")))
        gpx = [path.read_bytes() for path in sorted((CORPUS / "gpx").glob("*.gpx"))]
        words = "real running files of the corpus"
    else:
        fit = synthetic_files()
        gpx = [path.read_bytes() for path in sorted(example.glob("phone/*.gpx"))]
        words = "SYNTHETIC files (the corpus is not beside this checkout), a row a second"
    runs = tuple(one for name, content in fit if (one := _run_file(name, content)) is not None)
    return Inputs(words, runs, tuple(content for content in gpx if content.count(b"<trkpt") >= FIRST_GPX_POINTS))


def synthetic_files(count: int = 12) -> Iterator[tuple[str, bytes]]:
    """Yield files of a watch that writes every second."""
    sessions = [one for one in SESSIONS if one.sport == "running" and one.recorder != "phone"][:count]
    for session in sessions:
        activity = watch_activity(session.truth(), session.start_utc, seed=session.seed, is_smart=False)
        yield f"{session.start}.fit", fit_file([activity], device=WATCH)


def _run_file(name: str, content: bytes) -> RunFile | None:
    try:
        decoded = decode(content, name)
    except SkipRecording:
        return None
    sessions = [derive(recording, NO_THRESHOLDS, None) for recording in decoded.recordings]
    run_s = sum(one.measures.timer_s for one in sessions if one.is_run)
    is_fit = decoded.damage is None and all(one.is_run for one in sessions) and LENGTH_S[0] <= run_s <= LENGTH_S[1]
    records = sum(len(one.samples) for one in decoded.recordings)
    return RunFile(name, content, decoded.recordings, run_s, records) if is_fit else None


def write_copies(runs: tuple[RunFile, ...], count: int, folder: Path) -> float:
    """Write a log of `count` runs, one every other day, none a copy of another; return its hours of running."""
    folder.mkdir(parents=True)
    seconds = 0.0
    for number in range(count):
        run = runs[number % len(runs)]
        days = (FIRST_DAY - run.recordings[0].start_utc.date()).days + 2 * number
        (folder / f"{number:04d}.fit").write_bytes(shifted(run.content, days * DAY_S))
        seconds += run.run_s
    return seconds / 3600.0


def shifted(content: bytes, shift_s: int) -> bytes:
    """Return the FIT file as if it had been recorded `shift_s` later (or earlier): all its instants moved, its checksum made anew.

    Args:
        content: an undamaged FIT file.
        shift_s: a multiple of 32, either way, for the sake of compressed timestamps.
    """
    assert shift_s % 32 == 0
    chain = walk_file(content)
    out = np.frombuffer(content, dtype=np.uint8).copy()
    for part in chain.parts:
        _shift_part(out, part, shift_s)
    shifted_bytes = bytearray(out.tobytes())
    for part in chain.parts:
        if part.crc_ok:
            crc = fastcrc.crc16.arc(bytes(shifted_bytes[part.start : part.next_start - 2]))
            shifted_bytes[part.next_start - 2 : part.next_start] = crc.to_bytes(2, "little")
    return bytes(shifted_bytes)


def _shift_part(out: np.ndarray, part: Part, shift_s: int) -> None:
    columns = [
        (stream, np.asarray(stream.positions)[:, None] + field.offset_bytes + np.arange(4), field.number)
        for stream in part.streams
        if stream.positions
        for field in stream.fields
        if field.base_type == UINT32 and field.size_bytes == 4
    ]
    values = [
        out[place].copy().view(">u4" if stream.is_big_endian else "<u4").ravel().astype(np.int64)
        for stream, place, _ in columns
    ]
    stamps = np.concatenate([v for v, (_, _, number) in zip(values, columns, strict=True) if number == TIMESTAMP])
    stamps = stamps[(stamps >= 0x10000000) & (stamps < 0xFFFFFFFF)]  # FIT: smaller ones count from power-up
    low, high = int(stamps.min()) - NEAR_S, int(stamps.max()) + NEAR_S
    for (stream, place, _), held in zip(columns, values, strict=True):
        moved = np.where((held >= low) & (held <= high), held + shift_s, held)
        out[place] = moved.astype(">u4" if stream.is_big_endian else "<u4").view(np.uint8).reshape(-1, 4)
