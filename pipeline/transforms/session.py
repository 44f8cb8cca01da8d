"""Puts a session together: what sport it is, whose day it belongs to, its facts, its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from pipeline.model import DerivedSession, Fact, SessionMeasures, SessionSamples
from pipeline.transforms import cadence, distance, gait, heart_rate, zones
from pipeline.transforms.grid import FOOT_SPORTS, make_grid
from pipeline.transforms.local_day import local_start
from pipeline.transforms.pauses import timer_s, told_timer_s
from pipeline.transforms.workings import Workings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from pipeline.model import Recording, Thresholds
    from pipeline.transforms.definitions import Transform

SportSource = Literal["file", "inferred", "unknown"]

#: Sub-sports under a roof (FIT SDK, Profile.xlsx, `sub_sport`).
INDOOR: Final = frozenset(
    {"treadmill", "indoor_running", "indoor_walking", "virtual_activity", "virtual_run", "indoor_track"}
)
#: What a file of unknown sport must look like to count as a run: slower is a walk, faster a ride.
INFERRED_SPEED_MPS: Final = (1.8, 6.0)
INFERRED_CADENCE_SPM: Final = 140.0
#: Words that files use for "no word".
NO_SPORT: Final = frozenset({"", "generic", "unknown", "other", "training", "all"})
SECONDS_PER_MINUTE: Final = 60


def derive_session(
    recording: Recording,
    thresholds: Thresholds,
    zone_at: Callable[[float, float], str | None] | None,
    transforms: tuple[Transform, ...],
) -> DerivedSession:
    """Make everything of one recording that it alone can tell.

    Raises:
        SkipRecording: its times claim more than a recording can hold.
    """
    is_indoor = _is_indoor(recording)
    grid = make_grid(recording, thresholds, is_indoor=is_indoor)
    sport, sport_source = _sport(recording, Workings(recording, thresholds, grid, is_run=False, is_indoor=is_indoor))
    w = Workings(recording, thresholds, grid, is_run=sport == "running", is_indoor=is_indoor)
    session_date, utc_offset_s, time_zone_source = local_start(recording, thresholds.home_time_zone, zone_at)
    facts = tuple(_facts(w, transforms))
    return DerivedSession(
        sport=sport,
        sport_source=sport_source,
        is_run=w.is_run,
        is_indoor=is_indoor,
        session_date=session_date,
        utc_offset_s=utc_offset_s,
        time_zone_source=time_zone_source,
        measures=_measures(w, {fact.name: fact.value for fact in facts}),
        facts=facts,
        surges=w.surges,
        climbs=w.climbs,
        zone_times=zones.zone_times(w) if w.is_run else (),
        best_efforts=w.best_efforts if w.is_run else (),
        recorded_minutes=recorded_minutes(recording),
        samples=_samples(w),
        cadence_minutes=cadence.steady_minutes(w) if w.is_run else (),
    )


def _facts(w: Workings, transforms: tuple[Transform, ...]) -> Iterator[Fact]:
    """Yield the facts of every derivation; those of runs only for runs: for a ride there is nothing to be missing."""
    estimated = {
        name
        for name, is_estimated in (
            ("ceiling", w.thresholds.is_ceiling_estimated),
            ("critical speed", w.thresholds.is_critical_speed_estimated),
        )
        if is_estimated
    }
    for transform in transforms:
        if w.is_run or not transform.runs_only:
            moved = {d.name for d in transform.definitions if estimated.intersection(d.rests_on)}
            yield from (_doubted(fact) if fact.name in moved else fact for fact in transform.facts(w))


def _doubted(fact: Fact) -> Fact:
    """Return a fact that was told with estimated thresholds: an estimate is a lower bound, so only its 0 is certain."""
    if not fact.value:
        return fact
    why = (
        "only the log's own estimate of the thresholds is known, a lower bound that this run exceeds; "
        "have the talk-test speed and the critical speed set"
    )
    return replace(fact, value=None, status="not_assessable", detail=why)


def _is_indoor(recording: Recording) -> bool:
    """Return whether it was under a roof: by its sub-sport, or a run with a way but no position (a foot pod)."""
    if recording.sub_sport in INDOOR:
        return True
    samples = recording.samples
    has_way = samples.has("distance_m") or samples.has("speed_mps") or samples.has("cadence_spm")
    return recording.sport == "running" and has_way and not samples.has("latitude_deg")


def _sport(recording: Recording, w: Workings) -> tuple[str, SportSource]:
    """Return the sport by the file's word; where it has none, "running" if speed and steps are a run's."""
    if recording.sport is not None and recording.sport not in NO_SPORT:
        return recording.sport, "file"
    moving = w.grid.speed_mps[w.grid.speed_mps > gait.STILL_MPS]
    if (
        len(moving) < SECONDS_PER_MINUTE
        or not INFERRED_SPEED_MPS[0] <= float(np.median(moving)) <= INFERRED_SPEED_MPS[1]
    ):
        return "unknown", "unknown"
    stepping = w.grid.cadence_spm[w.grid.cadence_spm > 0]
    if len(stepping):
        is_run = float(np.median(stepping)) >= INFERRED_CADENCE_SPM
        return ("running", "inferred") if is_run else ("unknown", "unknown")
    return "running", "inferred"


def _measures(w: Workings, values: Mapping[str, float | None]) -> SessionMeasures:
    """Return the wide row: what has a fact is the fact's value; what has none for this sport is worked out here."""
    on_foot = w.is_run or w.recording.sport in FOOT_SPORTS
    has_gait = on_foot and w.gait.by != "none"
    total = w.steps.total_count if on_foot else None
    run_s = w.gait.seconds(gait.RUN) if has_gait else None
    run_m = distance.run_distance_m(w) if has_gait else None
    told_s = told_timer_s(w.recording)
    return SessionMeasures(
        elapsed_s=w.elapsed_s,
        timer_s=timer_s(w.grid.spans) if told_s is None else told_s,
        moving_s=values["moving_s"],
        run_s=run_s,
        walk_s=w.gait.seconds(gait.WALK) if has_gait else None,
        distance_m=values["distance_m"],
        run_distance_m=run_m,
        ascent_m=values["ascent_m"],
        descent_m=values["descent_m"],
        altitude_source=w.elevation.source,
        mean_run_speed_mps=run_m / run_s if run_m is not None and run_s else None,
        mean_run_cadence_spm=cadence.mean_run_cadence_spm(w) if has_gait else None,
        step_count=None if total is None else round(total),
        stride_cycle_count=None if total is None else round(total / 2),
        mean_heart_rate_bpm=heart_rate.mean_heart_rate_bpm(w),
    )


def recorded_minutes(recording: Recording) -> NDArray[np.int32]:
    """Return the minutes since 1970 that hold a record: what duplicates are found by."""
    minutes = np.floor((recording.start_utc.timestamp() + recording.samples.t_s) / SECONDS_PER_MINUTE)
    inside = (minutes >= np.iinfo(np.int32).min) & (minutes <= np.iinfo(np.int32).max)
    return np.unique(minutes[inside]).astype(np.int32)


def _samples(w: Workings) -> SessionSamples:
    grid = w.grid
    return SessionSamples(
        t_s=grid.t_s,
        latitude_deg=grid.latitude_deg,
        longitude_deg=grid.longitude_deg,
        altitude_m=grid.altitude_m,
        distance_m=grid.distance_m,
        speed_mps=grid.speed_mps,
        grade_pct=w.grade_pct,
        cadence_spm=grid.cadence_spm,
        heart_rate_bpm=grid.heart_rate_bpm,
        ground_contact_ms=grid.ground_contact_ms,
        vertical_oscillation_m=grid.vertical_oscillation_m,
        step_length_m=grid.step_length_m,
        gait=w.gait.code
        if w.is_run or w.recording.sport in FOOT_SPORTS
        else np.full(len(grid), gait.UNKNOWN, np.uint8),
        zone=w.zone,
    )
