"""What the bouts of a session add up to: the facts that limits on strides, intervals and tempo name.

Where no bout of a kind was found, its counts, times and maxima are 0 (nothing exceeds a maximum) and its minima are
known to have no value: there is nothing that could be too short.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipeline.model import Fact, FactDefinition
from pipeline.transforms.definitions import Transform, not_assessable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Surge
    from pipeline.transforms.workings import Workings

_PICKUPS: Final = "laps of 8-45 s, else peaks >= 1.18 x base with a cadence rise, three or more in a row (METRICS.md)"
_LONG: Final = "15 s mean >= 1.15 x ceiling (EVIDENCE.md, definition 3)"

_BOTH: Final = ("ceiling", "critical speed")

PICKUP_DEFINITIONS: Final = (
    FactDefinition("pickup_count", "Number of strides (pick-ups): bouts of up to 35 s.", _PICKUPS),
    FactDefinition(
        "possible_pickup_count", "Bouts like strides that stand alone or that a sensor can't confirm.", _PICKUPS
    ),
    FactDefinition("pickup_max_duration_s", "Length of the longest stride.", _PICKUPS, error_abs=4.0),
    FactDefinition(
        "possible_pickup_max_duration_s", "Length of the longest bout that may be a stride.", _PICKUPS, error_abs=4.0
    ),
    FactDefinition("pickup_min_duration_s", "Length of the shortest stride.", _PICKUPS, error_abs=4.0),
    FactDefinition("pickup_min_recovery_s", "Shortest time between two strides.", _PICKUPS, error_abs=5.0),
    FactDefinition(
        "pickup_max_speed_ratio",
        "Speed of the fastest stride over critical speed.",
        _PICKUPS,
        error_ratio=0.04,
        rests_on=("critical speed",),
    ),
    FactDefinition("pickup_max_grade_pct", "Steepest mean slope of a stride, up or down.", _PICKUPS, error_abs=1.0),
)
LONG_DEFINITIONS: Final = (
    FactDefinition("interval_count", "Number of bouts of 36-180 s above 1.15 x ceiling.", _LONG, rests_on=("ceiling",)),
    FactDefinition(
        "possible_interval_count", "Bouts like intervals that a sensor can't confirm.", _LONG, rests_on=("ceiling",)
    ),
    FactDefinition("interval_s", "Seconds in intervals.", _LONG, error_ratio=0.1, rests_on=("ceiling",)),
    FactDefinition("interval_distance_m", "Metres in intervals.", _LONG, error_ratio=0.1, rests_on=("ceiling",)),
    FactDefinition(
        "interval_min_duration_s", "Length of the shortest interval.", _LONG, error_abs=5.0, rests_on=("ceiling",)
    ),
    FactDefinition(
        "interval_max_duration_s", "Length of the longest interval.", _LONG, error_abs=5.0, rests_on=("ceiling",)
    ),
    FactDefinition(
        "tempo_s",
        "Seconds in bouts longer than 180 s above 1.15 x ceiling, up to critical speed.",
        _LONG,
        10.0,
        rests_on=_BOTH,
    ),
    FactDefinition("tempo_distance_m", "Metres in tempo.", _LONG, error_ratio=0.03, rests_on=_BOTH),
    FactDefinition(
        "tempo_max_speed_ratio",
        "Speed of the fastest tempo bout over critical speed.",
        _LONG,
        error_ratio=0.03,
        rests_on=_BOTH,
    ),
    FactDefinition(
        "tempo_max_grade_pct",
        "Steepest mean slope of a tempo bout, up or down.",
        _LONG,
        error_abs=1.0,
        rests_on=_BOTH,
    ),
    FactDefinition("hard_s", "Seconds in bouts longer than 180 s beyond critical speed.", _LONG, 10.0, rests_on=_BOTH),
)
DEFINITIONS: Final = (*PICKUP_DEFINITIONS, *LONG_DEFINITIONS)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the facts of all kinds of bouts."""
    if not w.grid.has("step_m") or w.gait.by == "none":
        yield from not_assessable(DEFINITIONS, "no speed was recorded")
        return
    if w.grid.distance_source == "entered" and not w.recording.samples.has("distance_m"):
        yield from not_assessable(DEFINITIONS, "only the treadmill's distance is known, not its speed")
        return
    yield from _pickup_facts(w)
    if w.said_thresholds.ceiling_mps is None:
        yield from not_assessable(LONG_DEFINITIONS, "no ceiling set: enter the talk-test speed or a critical speed")
        return
    yield from _interval_facts(w)
    yield from _tempo_facts(w)


def _of_kind(w: Workings, kind: str) -> tuple[list[Surge], list[Surge]]:
    """Return the certain and the possible bouts of a kind."""
    found = [surge for surge in w.surges if surge.kind == kind]
    return [s for s in found if not s.is_possible_only], [s for s in found if s.is_possible_only]


def _pickup_facts(w: Workings) -> Iterator[Fact]:
    certain, possible = _of_kind(w, "pickup")
    yield Fact("possible_pickup_count", float(len(possible)), detail=possible[0].detail if possible else None)
    yield _longest("possible_pickup_max_duration_s", possible)
    unsure = [surge for surge in possible if surge.detail != "on its own"]
    if unsure and not certain:
        why = f"{len(unsure)} possible, {unsure[0].detail}: strides can't be told from hills or GPS noise"
        certain_facts = [d for d in PICKUP_DEFINITIONS if not d.name.startswith("possible_")]
        yield from not_assessable(certain_facts, why)
        return
    detail = f"{len(possible)} more possible" if possible else None
    yield _ok("pickup_count", float(len(certain)), certain, detail)
    yield _longest("pickup_max_duration_s", certain)
    yield _shortest("pickup_min_duration_s", certain, "there are no strides in this run")
    recoveries = [(b.start_s - a.start_s - a.duration_s, b) for a, b in pairwise(certain)]
    if recoveries:
        recovery_s, after = min(recoveries, key=lambda pair: pair[0])
        yield Fact("pickup_min_recovery_s", recovery_s, start_s=after.start_s - recovery_s, end_s=after.start_s)
    else:
        yield Fact("pickup_min_recovery_s", None, detail="there are no two strides to recover between")
    yield _fastest("pickup_max_speed_ratio", certain, w.said_thresholds.critical_speed_mps)
    yield _steepest("pickup_max_grade_pct", certain)


def _interval_facts(w: Workings) -> Iterator[Fact]:
    certain, possible = _of_kind(w, "interval")
    yield Fact("possible_interval_count", float(len(possible)), detail=possible[0].detail if possible else None)
    names = (
        "interval_count",
        "interval_s",
        "interval_distance_m",
        "interval_max_duration_s",
        "interval_min_duration_s",
    )
    if possible and not certain:
        why = f"{len(possible)} possible, {possible[0].detail}"
        yield from not_assessable([d for d in LONG_DEFINITIONS if d.name in names], why)
        return
    yield _ok("interval_count", float(len(certain)), certain)
    yield _ok("interval_s", _total_s(certain), certain)
    yield _ok("interval_distance_m", _total_m(certain), certain)
    yield _longest("interval_max_duration_s", certain)
    yield _shortest("interval_min_duration_s", certain, "there are no intervals in this run")


def _tempo_facts(w: Workings) -> Iterator[Fact]:
    """Yield tempo and hard blocks; possible ones count, too: three minutes and more of it are no noise."""
    tempo = [s for s in w.surges if s.kind == "tempo"]
    hard = [s for s in w.surges if s.kind == "hard"]
    unparted = w.said_thresholds.critical_speed_mps is None and bool(tempo)
    detail = "no critical speed set: hard blocks would count here, too" if unparted else None
    yield _ok("tempo_s", _total_s(tempo), tempo, detail)
    yield _ok("tempo_distance_m", _total_m(tempo), tempo)
    yield _fastest("tempo_max_speed_ratio", tempo, w.said_thresholds.critical_speed_mps)
    yield _steepest("tempo_max_grade_pct", tempo)
    if unparted:
        yield Fact("hard_s", None, "not_assessable", "no critical speed set: tempo and hard blocks can't be parted")
    else:
        yield _ok("hard_s", _total_s(hard), hard)


def _ok(name: str, value: float, shown_by: list[Surge], detail: str | None = None) -> Fact:
    """Return the fact with the stretch from the first to the last of the bouts that show it."""
    if not shown_by:
        return Fact(name, value, detail=detail)
    end_s = shown_by[-1].start_s + shown_by[-1].duration_s
    return Fact(name, value, detail=detail, start_s=shown_by[0].start_s, end_s=end_s)


def _total_s(found: list[Surge]) -> float:
    return float(sum(surge.duration_s for surge in found))


def _total_m(found: list[Surge]) -> float:
    return float(sum(surge.distance_m or 0.0 for surge in found))


def _longest(name: str, found: list[Surge]) -> Fact:
    longest = max(found, key=lambda surge: surge.duration_s, default=None)
    return Fact(name, 0.0) if longest is None else _ok(name, longest.duration_s, [longest])


def _shortest(name: str, found: list[Surge], nothing: str) -> Fact:
    """Return the length of the shortest; none at all is known to have no value, since 0 would break a minimum."""
    shortest = min(found, key=lambda surge: surge.duration_s, default=None)
    return Fact(name, None, detail=nothing) if shortest is None else _ok(name, shortest.duration_s, [shortest])


def _fastest(name: str, found: list[Surge], critical_mps: float | None) -> Fact:
    fastest = max(found, key=lambda surge: surge.speed_mps, default=None)
    if fastest is None:
        return Fact(name, 0.0)
    if critical_mps is None:
        return Fact(name, None, "not_assessable", "no critical speed set")
    return _ok(name, fastest.speed_mps / critical_mps, [fastest])


def _steepest(name: str, found: list[Surge]) -> Fact:
    if not found:
        return Fact(name, 0.0)
    known = [(abs(s.grade_pct), s) for s in found if s.grade_pct is not None]
    if not known:
        return Fact(name, None, "not_assessable", "no barometer: the slope of the bouts isn't known")
    grade_pct, surge = max(known, key=lambda pair: pair[0])
    return _ok(name, grade_pct, [surge])


TRANSFORM: Final = Transform("surges", DEFINITIONS, facts)
