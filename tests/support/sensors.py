"""What a watch and a phone make of the truth: noise, drift, lag, rounding, and which seconds they keep."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Final

from support.course import (
    M_PER_DEG_LATITUDE,
    M_PER_DEG_LONGITUDE,
    ORIGIN_LATITUDE_DEG,
    ORIGIN_LONGITUDE_DEG,
    Truth,
    Wander,
    normal,
)
from support.fit_parts import Activity, FitLap

if TYPE_CHECKING:
    from datetime import datetime

GPS_NOISE_M: Final = 3.0  #: each way; wanders over a minute, so that neighbouring points share it
BAROMETER_NOISE_M: Final = 0.3  #: of one reading; the watch smooths over about five
BAROMETER_DRIFT_M: Final = 0.6  #: weather, over ten minutes
MISSING: Final = math.nan


def watch_activity(
    truth: Truth,
    start_utc: datetime,
    *,
    seed: int,
    is_smart: bool = True,
    sport: str = "running",
    sub_sport: str = "generic",
) -> Activity:
    """Return what a watch with a barometer records: with smart recording a row in 2 to 7 seconds, else one a second."""
    is_indoor = sub_sport == "treadmill"
    columns = _watch_columns(truth, Random(seed), has_place=not is_indoor, is_ride=sport == "cycling")
    rows = _kept_rows(truth, Random(seed + 1), is_smart=is_smart)
    events = [(0.0, "start")]
    for first, after in truth.pauses:
        events += [(float(first), "stop_all"), (float(after), "start")]
    return Activity(
        start_utc=start_utc,
        columns={name: [column[row] for row in rows] for name, column in columns.items()},
        t_s=[float(row) for row in rows],
        sport=sport,
        sub_sport=sub_sport,
        events=[*events, (float(truth.seconds - 1), "stop_all")],
        laps=_kilometre_laps(columns["distance_m"]),
        totals=_totals(truth, has_ascent=not is_indoor, is_ride=sport == "cycling"),
    )


def phone_points(truth: Truth, *, seed: int, first: int = 0, every_s: int = 3) -> list[tuple[int, float, float, float]]:
    """Return (second, latitude, longitude, GPS altitude) as a phone in an arm-band keeps them; it never pauses."""
    source = Random(seed)
    east, north = (Wander(source, GPS_NOISE_M, 60, is_smooth=True) for _ in range(2))
    up = Wander(source, 2 * GPS_NOISE_M, 60, is_smooth=True)  # GPS is about twice as bad in height
    points = []
    for t in range(truth.seconds):
        shift = east.next(), north.next(), up.next()
        if t >= first and (t - first) % every_s == 0:
            points.append((t, *_place(truth, t, shift[0], shift[1]), truth.height_m[t] + shift[2]))
    return points


def _watch_columns(truth: Truth, source: Random, *, has_place: bool, is_ride: bool) -> dict[str, list[float]]:
    names = ["altitude_m", "distance_m", "speed_mps", "heart_rate_bpm", "cadence_strides_per_min"]
    names += ["latitude_deg", "longitude_deg"] if has_place else []
    names += [] if is_ride else ["stance_time_ms", "vertical_oscillation_mm", "step_length_mm"]
    columns: dict[str, list[float]] = {name: [] for name in names}
    east, north = (Wander(source, GPS_NOISE_M, 60, is_smooth=True) for _ in range(2))
    drift = Wander(source, BAROMETER_DRIFT_M, 600, is_smooth=True)
    contact, bounce = Wander(source, 4.0, 30), Wander(source, 2.0, 30)
    scale = 1.0 + 0.004 * normal(source)  # how far this day's distance is off
    distance = shown = 0.0
    height = truth.height_m[0]
    for t in range(truth.seconds):
        speed = truth.speed_mps[t]
        shown += (speed - shown) / 4.0
        height += (truth.height_m[t] + BAROMETER_NOISE_M * normal(source) - height) / 3.0
        row = {
            "altitude_m": height + drift.next(),
            "distance_m": distance,
            "speed_mps": max(0.0, shown),
            "heart_rate_bpm": float(round(truth.heart_rate_bpm[t])),
            # Garmin writes halves of a stride: whole steps a minute.
            "cadence_strides_per_min": 82.0 if is_ride else round(truth.cadence_spm[t]) / 2,
            **_dynamics(truth, t, contact.next(), bounce.next()),
        }
        row["latitude_deg"], row["longitude_deg"] = _place(truth, t, east.next(), north.next())
        for name, column in columns.items():
            column.append(row[name])
        distance += speed * scale
    return columns


def _dynamics(truth: Truth, t: int, contact_ms: float, bounce_mm: float) -> dict[str, float]:
    """Return running dynamics, which the watch knows while running only."""
    if truth.kind[t] != "run" or truth.cadence_spm[t] < 140:
        return dict.fromkeys(("stance_time_ms", "vertical_oscillation_mm", "step_length_mm"), MISSING)
    speed = truth.speed_mps[t]
    return {
        "stance_time_ms": 262.0 - 25.0 * (speed - 2.7) + contact_ms,
        "vertical_oscillation_mm": 82.0 + 4.0 * (speed - 2.7) + bounce_mm,
        "step_length_mm": speed / truth.cadence_spm[t] * 60_000,
    }


def _kept_rows(truth: Truth, source: Random, *, is_smart: bool) -> list[int]:
    rows = [0]
    gap = 2
    for t in range(1, truth.seconds):
        if truth.kind[t] == "pause":
            continue
        since = t - rows[-1]
        is_change = since >= 2 and abs(truth.speed_mps[t] - truth.speed_mps[rows[-1]]) > 0.4
        if not is_smart or since >= gap or is_change or t == truth.seconds - 1:
            rows.append(t)
            gap = 2 + source.randrange(6)
    return rows


def _kilometre_laps(distance_m: list[float]) -> list[FitLap]:
    marks = [0]
    for t, distance in enumerate(distance_m):
        if distance >= 1000.0 * len(marks):
            marks.append(t)
    laps = [FitLap(float(a), float(b), "distance") for a, b in pairwise(marks)]
    return [*laps, FitLap(float(marks[-1]), float(len(distance_m) - 1), "session_end")]


def _totals(truth: Truth, *, has_ascent: bool, is_ride: bool) -> dict[str, float | None]:
    up, down = truth.ascent_descent_m()
    moving = [spm for spm in truth.cadence_spm if spm > 0]
    spm = math.fsum(moving) / len(moving) if moving else 0.0
    steps: dict[str, float | None] = {
        "total_strides": round(truth.step_count / 2),
        "avg_running_cadence": math.floor(spm / 2),
        "avg_fractional_cadence": spm / 2 - math.floor(spm / 2),
    }
    return {
        "total_ascent": round(up) if has_ascent else None,
        "total_descent": round(down) if has_ascent else None,
        "avg_heart_rate": round(math.fsum(truth.heart_rate_bpm) / truth.seconds),
        "max_heart_rate": round(max(truth.heart_rate_bpm)),
        **({} if is_ride else steps),
    }


def _place(truth: Truth, t: int, east_m: float, north_m: float) -> tuple[float, float]:
    return (
        ORIGIN_LATITUDE_DEG + (truth.north_m[t] + north_m) / M_PER_DEG_LATITUDE,
        ORIGIN_LONGITUDE_DEG + (truth.east_m[t] + east_m) / M_PER_DEG_LONGITUDE,
    )
