"""Time, distance and speed of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Fact, FactDefinition
from pipeline.transforms.definitions import Transform
from pipeline.transforms.gait import RUN
from pipeline.transforms.pauses import timer_s, told_timer_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.transforms.workings import Workings

_TIMER: Final = "timer events of the device; holes without an event are no pauses (METRICS.md)"
_DISTANCE: Final = (
    "the device's distance, repaired; else haversine on 3-point mean positions; else its speed (METRICS.md)"
)

SESSION_DEFINITIONS: Final = (
    FactDefinition("elapsed_s", "Seconds from start to end, pauses included.", _TIMER, error_abs=1.0),
    FactDefinition("timer_s", "Seconds of running timer.", _TIMER, error_ratio=0.005),
    FactDefinition(
        "moving_s", "Seconds not standing still.", "speed under 0.5 m/s and no steps is standing", 5.0, 0.01
    ),
    FactDefinition("distance_m", "Metres in all.", _DISTANCE, error_ratio=0.01),
)
RUN_DEFINITIONS: Final = (
    FactDefinition("run_distance_m", "Metres run, walks left out.", _DISTANCE, error_ratio=0.02),
    FactDefinition("mean_run_speed_mps", "Mean speed while running.", _DISTANCE, error_ratio=0.01),
    FactDefinition(
        "max_30s_speed_mps",
        "Fastest 30 s of running.",
        "maximum of a 30 s mean over running seconds: a single second shows GPS noise (METRICS.md, speed limits)",
        error_ratio=0.03,
    ),
    FactDefinition(
        "plausible_run_ratio",
        "1 where speed and steps can be a run's, 0 where they look like a ride under a run's name.",
        "nobody runs an hour at 6.2 m/s (world record 21,330 m, 5.9 m/s); METRICS.md, traps",
    ),
)

#: Above this mean over the whole session it is a ride: the hour's world record is 21,330 m (World Athletics), 5.93 m/s.
MAX_SESSION_SPEED_MPS: Final = 6.2
#: Short sessions may be faster: the record over 10 minutes is about 6.7 m/s; below this length nothing is said.
MIN_JUDGED_S: Final = 900.0

_SOURCE_DETAIL: Final = {
    "device": None,
    "positions": "from positions: the file holds no distance",
    "speed": "from the device's speed: the file holds neither distance nor positions",
    "entered": "as the runner entered it for the treadmill",
}


def session_facts(w: Workings) -> Iterator[Fact]:
    """Yield times and distance of any sport."""
    told_s = told_timer_s(w.recording)
    detail = None if told_s is None else "as typed in: nothing was recorded"
    yield Fact("elapsed_s", w.elapsed_s, detail=detail)
    yield Fact("timer_s", timer_s(w.grid.spans) if told_s is None else told_s, detail=detail)
    if w.moving_s is None:
        yield Fact("moving_s", None, "not_assessable", "neither speed nor cadence was recorded")
    else:
        yield Fact("moving_s", w.moving_s)
    if w.grid.total_distance_m is None:
        yield Fact("distance_m", None, "not_assessable", "neither distance, positions nor speed were recorded")
    else:
        yield Fact("distance_m", w.grid.total_distance_m, detail=_SOURCE_DETAIL[w.grid.distance_source])


def run_facts(w: Workings) -> Iterator[Fact]:
    """Yield distance and speed of the running."""
    run_s, run_m = w.gait.seconds(RUN), run_distance_m(w)
    detail = _SOURCE_DETAIL.get(w.grid.distance_source)
    if run_m is None:
        why = "neither distance, positions nor speed were recorded"
        if w.grid.total_distance_m is not None:
            why = "running can't be told: neither cadence nor a usable speed was recorded"
        for name in ("run_distance_m", "mean_run_speed_mps", "max_30s_speed_mps"):
            yield Fact(name, None, "not_assessable", why)
    else:
        yield Fact("run_distance_m", run_m, detail=detail)
        yield (
            Fact("mean_run_speed_mps", run_m / run_s, detail=detail)
            if run_s > 0
            else Fact("mean_run_speed_mps", None, "not_assessable", "no second of running")
        )
        yield _max_30s(w)
    yield _plausible(w)


def run_distance_m(w: Workings) -> float | None:
    """Return the metres made in running seconds; None where distance or gait is unknown."""
    if w.gait.by == "none" or not w.grid.has("step_m"):
        return None
    return float(np.nansum(w.grid.step_m[w.gait.is_run]))


def _max_30s(w: Workings) -> Fact:
    if w.max_30s_row is None:
        return Fact("max_30s_speed_mps", None, "not_assessable", "no 30 s of running without a break")
    if w.grid.distance_source == "entered" and not w.recording.samples.has("distance_m"):
        return Fact(
            "max_30s_speed_mps", None, "not_assessable", "only the treadmill's distance is known, not its speed"
        )
    start_s = float(w.grid.t_s[w.max_30s_row]) - 15.0
    return Fact("max_30s_speed_mps", float(w.speed_30s_mps[w.max_30s_row]), start_s=start_s, end_s=start_s + 30.0)


def _plausible(w: Workings) -> Fact:
    moving_s, total_m = w.moving_s, w.grid.total_distance_m
    if moving_s is None or total_m is None or moving_s < MIN_JUDGED_S:
        return Fact("plausible_run_ratio", 1.0, detail="too short to tell, or no speed" if not moving_s else None)
    speed_mps = total_m / moving_s
    if speed_mps > MAX_SESSION_SPEED_MPS:
        detail = f"{speed_mps:.1f} m/s on average is no run: the file may name the wrong sport"
        return Fact("plausible_run_ratio", 0.0, detail=detail)
    return Fact("plausible_run_ratio", 1.0)


SESSION_TRANSFORM: Final = Transform("session", SESSION_DEFINITIONS, session_facts, runs_only=False)
RUN_TRANSFORM: Final = Transform("distance", RUN_DEFINITIONS, run_facts)
