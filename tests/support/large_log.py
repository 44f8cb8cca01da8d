"""Large logs with a known truth: runners and years of hour-long runs, of watches and phones as people own them.

    for run in large_log(runner_count=2, years=3):
        run.file_name, run.content, run.truth.distance_m, run.start_utc, ...

A week is built like a week: easy running, strides, a tempo, hills, a long run, a treadmill in winter, a walk; the pace
moves with the season. Moulds of each kind are made once, with noise of their own; a run is a mould whose instants are
moved by whole days, so thousands take seconds. Some runs come twice (watch and phone), some files twice to the byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from benchmarks.bench_files import shifted
from support.fit_file import FitDevice
from support.small_log import as_fit, as_gpx
from support.synthetic_run import Part, Pause, SyntheticRun, easy, stand, strides, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.synthetic_run import Truth

Kind = Literal["easy", "strides", "tempo", "hills", "long", "treadmill", "walk"]
Recorder = Literal["watch", "smart watch", "plain watch", "phone"]

FIRST_DAY: Final = date(2014, 1, 6)  #: a Monday: the first week is whole

#: Runs of one week; Wednesdays and Sundays are free.
WEEK: Final[dict[int, Kind]] = {0: "easy", 1: "strides", 3: "hills", 4: "tempo", 5: "long"}
#: In place of the easy run: under a roof in winter, a walk in every fifth week.
WINTER_MONTHS: Final = (12, 1, 2)
WALK_EVERY_WEEKS: Final = 5
#: Every so many runs a phone recorded the same run, or the same bytes arrive under another name.
PHONE_EVERY: Final = 20
AGAIN_EVERY: Final = 50
#: How fast a mould is run in each quarter: best in autumn, as people are.
SEASON_RATIO: Final = (0.97, 1.0, 0.99, 1.03)

WATCH: Final = FitDevice(product=2691)  #: fr935: with a barometer
PLAIN_WATCH: Final = FitDevice(product=2503, sensors=())  #: fr35: neither barometer nor any other sensor
_GPX_INSTANT: Final = re.compile(rb"<time>(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class LargeRun:
    """One file of the log, and what is in it."""

    runner_id: str
    file_name: str
    content: bytes
    start_utc: datetime
    kind: Kind
    recorder: Recorder
    truth: Truth
    is_further_copy: bool = False  #: another device recorded the same run: one session of the two
    is_same_file: bool = False  #: the very bytes of an earlier file


def large_log(run_count: int, runner_count: int = 1, first_day: date = FIRST_DAY) -> Iterator[LargeRun]:
    """Yield the files of a log, runner by runner, in the order of days.

    Args:
        run_count: runs of each runner, without further copies and repeated files.
        runner_count: the first is called "me".
        first_day: a Monday.
    """
    for place in range(runner_count):
        yield from _log_of("me" if place == 0 else f"runner-{place + 1}", place, run_count, first_day)


def write_log(folder: Path, run_count: int) -> list[LargeRun]:
    """Write the log of one runner as a folder of files, a year a folder; return what was written, without the bytes."""
    written = []
    for run in large_log(run_count):
        path = folder / f"{run.start_utc:%Y}" / run.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(run.content)
        written.append(run)
    return written


def _log_of(runner_id: str, place: int, run_count: int, first_day: date) -> Iterator[LargeRun]:
    done, day = 0, first_day
    while done < run_count:
        kind = _kind_on(day, first_day)
        if kind is not None:
            recorder = _recorder(done, place, kind)
            yield (run := _run(runner_id, kind, recorder, day, place))
            if done % PHONE_EVERY == 12 and kind != "treadmill" and recorder != "phone":
                yield _run(runner_id, kind, "phone", day, place, is_further_copy=True)
            if done % AGAIN_EVERY == AGAIN_EVERY - 1:
                yield _again(run)
            done += 1
        day += timedelta(days=1)


def _kind_on(day: date, first_day: date) -> Kind | None:
    kind = WEEK.get(day.weekday())
    if kind != "easy":
        return kind
    if ((day - first_day).days // 7) % WALK_EVERY_WEEKS == WALK_EVERY_WEEKS - 1:
        return "walk"
    return "treadmill" if day.month in WINTER_MONTHS else "easy"


def _recorder(done: int, place: int, kind: Kind) -> Recorder:
    """Return the device of a run: most have a watch that writes every second, every runner's second one another."""
    if kind != "treadmill" and done % 10 == 9:
        return "phone"
    return ("watch", "watch", "smart watch", "plain watch")[(done // 3 + place) % 4]


def _again(run: LargeRun) -> LargeRun:
    return LargeRun(
        run.runner_id,
        f"copy of {run.file_name}",
        run.content,
        run.start_utc,
        run.kind,
        run.recorder,
        run.truth,
        is_same_file=True,
    )


def _run(
    runner_id: str, kind: Kind, recorder: Recorder, day: date, place: int, *, is_further_copy: bool = False
) -> LargeRun:
    quarter = (day.month - 1) // 3
    mould, content = _mould(kind, recorder, quarter, place % 4)
    days = (day - mould.start_utc.date()).days
    is_phone = recorder == "phone"
    moved = _moved_gpx(content, days) if is_phone else shifted(content, days * 86_400)
    return LargeRun(
        runner_id,
        f"{day:%Y-%m-%d} {kind}.{'gpx' if is_phone else 'fit'}",
        moved,
        mould.start_utc + timedelta(days=days),
        kind,
        recorder,
        mould.truth,
        is_further_copy,
    )


def _moved_gpx(content: bytes, days: int) -> bytes:
    new: dict[bytes, bytes] = {}
    for old in set(_GPX_INSTANT.findall(content)):
        new[old] = (date.fromisoformat(old.decode()) + timedelta(days=days)).isoformat().encode()
    return _GPX_INSTANT.sub(lambda found: b"<time>" + new[found[1]], content)


# --------------------------------------------------------------------------------------------------------------------
# Moulds


@cache
def _mould(kind: Kind, recorder: Recorder, quarter: int, place: int) -> tuple[SyntheticRun, bytes]:
    """Return a run of one kind in one season, and the file that one device made of it."""
    parts = _parts(kind, SEASON_RATIO[quarter] * (1.0 - 0.03 * place))
    is_indoor, is_phone = kind == "treadmill", recorder == "phone"
    has_barometer = recorder in ("watch", "smart watch") and not is_indoor
    run = SyntheticRun(
        parts,
        pauses=() if is_indoor else (Pause(900, 45),),
        sampling="smart" if recorder == "smart watch" else "1s",
        has_barometer=has_barometer,
        has_altitude=not is_indoor,
        has_positions=not is_indoor,
        has_distance=not is_phone,
        has_cadence=not is_phone,
        distance_noise_m=1.0,
        position_noise_m=3.0,
        altitude_noise_m=0.3 if has_barometer else 4.0,
        sport="walking" if kind == "walk" else "running",
        sub_sport="treadmill" if is_indoor else "generic",
        # each runner's own door; a run of the day begins at a quarter past five of the afternoon
        start_latitude_deg=42.0 + place,
        start_longitude_deg=-5.0,
        start_utc=datetime(2020, 1, 1, 17, 15, tzinfo=UTC),
        seed=10_000 * place + 100 * quarter + 10 * sorted(_PLANS).index(kind),
    )
    if is_phone:
        return run, as_gpx(run, every_s=2)
    device = WATCH if recorder in ("watch", "smart watch") else PLAIN_WATCH
    return run, as_fit(run, device=device)


_EASY: Final = easy(600)
_PLANS: Final[dict[Kind, tuple[Part, ...]]] = {
    "easy": (walk(300), easy(3000), walk(300)),
    "strides": (walk(300), easy(2100), *strides(8), easy(300), walk(140)),
    "tempo": (walk(180), easy(1200), easy(1200, 3.3, 172.0), _EASY, stand(30), walk(390)),
    "hills": (
        _EASY,
        *(easy(180, 2.4, 162.0, grade_pct=6.0), easy(60), easy(180, 2.7, 166.0, grade_pct=-6.0), easy(60)) * 5,
        _EASY,
    ),
    "long": (walk(180), easy(4800), walk(240)),
    "treadmill": (easy(3000), walk(300)),
    "walk": (walk(3600),),
}


def _parts(kind: Kind, ratio: float) -> tuple[Part, ...]:
    """Return the stretches of a run, faster or slower with the season; steps go with the speed a little."""
    return tuple(
        Part(
            part.duration_s,
            part.speed_mps * ratio,
            part.cadence_spm * (0.7 + 0.3 * ratio),
            part.grade_pct,
            part.lap,
        )
        for part in _PLANS[kind]
    )
