"""Runs with a known truth: parts of even speed, steps and slope, laid out second by second, then recorded by a "watch".

    run = SyntheticRun((easy(600), *strides(6), easy(300)))
    run.recording()      # a pipeline.model.Recording, as a connector would hand it over
    run.truth            # what is in it: distance_m, timer_s, step_count, ascent_m, run_s, ...

Parts are in *timer* time; pauses are put in at an instant of timer time. Everything is a pure function of the fields,
noise included (`seed`), so hypothesis can shrink it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from pipeline.model import Device, DeviceTotals, Fact, Lap, Recording, Samples, Thresholds, TimerEvent
from pipeline.transforms import derive

START = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
#: Seconds over which one part turns into the next.
RAMP_S = 4
METRES_PER_DEGREE = 111_194.93


@dataclass(frozen=True)
class Part:
    """An even stretch."""

    duration_s: int
    speed_mps: float = 2.8
    cadence_spm: float = 165.0
    grade_pct: float = 0.0
    lap: bool = False  #: the runner pressed the lap button at its beginning and end


@dataclass(frozen=True)
class Pause:
    """The timer is stopped for a while."""

    at_s: int  #: seconds of timer time before it
    duration_s: int
    has_events: bool = True  #: False: a hole in the records without stop and start (a tunnel)


def easy(duration_s: int, speed_mps: float = 2.8, cadence_spm: float = 164.0, grade_pct: float = 0.0) -> Part:
    """Return easy running."""
    return Part(duration_s, speed_mps, cadence_spm, grade_pct)


def walk(duration_s: int, speed_mps: float = 1.4, cadence_spm: float = 110.0) -> Part:
    """Return walking."""
    return Part(duration_s, speed_mps, cadence_spm)


def stand(duration_s: int) -> Part:
    """Return standing with the timer running."""
    return Part(duration_s, 0.0, 0.0)


def strides(
    count: int,
    duration_s: int = 20,
    speed_mps: float = 4.0,
    recovery_s: int = 75,
    *,
    cadence_spm: float = 182.0,
    recovery: Part | None = None,
    grade_pct: float = 0.0,
    lap: bool = False,
) -> tuple[Part, ...]:
    """Return strides (pick-ups), each with the recovery after it."""
    rest = recovery or easy(recovery_s)
    rest = Part(recovery_s, rest.speed_mps, rest.cadence_spm, rest.grade_pct, lap)
    return (Part(duration_s, speed_mps, cadence_spm, grade_pct, lap), rest) * count


@dataclass(frozen=True)
class Truth:
    """What is in a run, without noise."""

    distance_m: float
    timer_s: float
    elapsed_s: float
    step_count: float
    ascent_m: float
    descent_m: float
    run_s: float  #: seconds at 140 steps a minute or more
    walk_s: float
    still_s: float
    run_distance_m: float
    mean_run_cadence_spm: float


@dataclass(frozen=True)
class SyntheticRun:
    """A run and the watch that recorded it."""

    parts: tuple[Part, ...]
    pauses: tuple[Pause, ...] = ()
    sampling: str = "1s"  #: "1s", "smart" (1-8 s apart), or "sparse" (20-50 s apart)
    has_barometer: bool = True
    has_altitude: bool = True
    has_cadence: bool = True
    has_positions: bool = True
    has_distance: bool = True  #: False, as in GPX: distance comes from positions
    distance_noise_m: float = 0.0  #: SD of a slow error of the accumulated distance (10 s of memory)
    position_noise_m: float = 0.0  #: SD of the same in each direction of the position
    altitude_noise_m: float = 0.0  #: SD of white noise of the altitude
    altitude_drift_m_per_h: float = 0.0
    altitude_step_m: float = 0.2  #: the barometer's quantum; COROS writes whole metres
    cadence_step_spm: float = 1.0
    sport: str | None = "running"
    sub_sport: str | None = "generic"
    start_latitude_deg: float = 47.0
    start_longitude_deg: float = 8.0
    utc_offset_s: int | None = None
    heart_rate_bpm: float | None = 140.0
    ground_contact_ms: float | None = None
    device_counts_steps: bool = False
    start_utc: datetime = field(default=START)
    seed: int = 0

    @cached_property
    def _seconds(self) -> dict[str, np.ndarray]:
        """Return true speed, cadence and grade for each second of timer time."""
        columns = {}
        for name in ("speed_mps", "cadence_spm", "grade_pct"):
            level = np.concatenate([np.full(part.duration_s, float(getattr(part, name))) for part in self.parts])
            if name == "speed_mps":  # distance stays the sum of the parts: a mean of four conserves it but for the ends
                padded = np.concatenate((np.full(RAMP_S // 2, level[0]), level, np.full(RAMP_S // 2 - 1, level[-1])))
                level = np.convolve(padded, np.full(RAMP_S, 1 / RAMP_S), mode="valid")
            columns[name] = level
        return columns

    @cached_property
    def truth(self) -> Truth:
        """Return what is in it."""
        speed, cadence, grade = (self._seconds[n] for n in ("speed_mps", "cadence_spm", "grade_pct"))
        climb = speed * grade / 100.0
        paused_s = sum(p.duration_s for p in self.pauses)
        in_events_s = sum(p.duration_s for p in self.pauses if p.has_events)
        is_run, is_still = cadence >= 140, (cadence == 0) & (speed < 0.5)
        return Truth(
            distance_m=float(speed.sum()),
            timer_s=len(speed) + paused_s - in_events_s,
            elapsed_s=len(speed) + paused_s,
            step_count=float(cadence.sum() / 60.0),
            ascent_m=float(climb[climb > 0].sum()),
            descent_m=float(-climb[climb < 0].sum()),
            run_s=float(is_run.sum()),
            walk_s=float((~is_run & ~is_still).sum()),
            still_s=float(is_still.sum()),
            run_distance_m=float(speed[is_run].sum()),
            mean_run_cadence_spm=float(cadence[is_run].mean()) if is_run.any() else float("nan"),
        )

    def _clock(self, timer_s: np.ndarray) -> np.ndarray:
        """Return the seconds since the start for instants of timer time: pauses added."""
        clock = timer_s.astype(float)
        for pause in self.pauses:
            clock = clock + np.where(timer_s > pause.at_s, pause.duration_s, 0)
        return clock

    def _instants(self, rng: np.random.Generator) -> np.ndarray:
        """Return the instants of timer time (whole seconds) that the watch wrote."""
        last = len(self._seconds["speed_mps"])
        if self.sampling == "1s":
            return np.arange(last + 1)
        low, high = (1, 9) if self.sampling == "smart" else (20, 51)
        steps = np.cumsum(rng.integers(low, high, size=last + 1))
        return np.unique(np.concatenate(([0], steps[steps < last], [last])))

    def recording(self) -> Recording:
        """Return the run as a connector would hand it over."""
        rng = np.random.default_rng(self.seed)
        columns = self._seconds
        at = self._instants(rng)
        count = len(columns["speed_mps"])
        way = np.concatenate(([0.0], np.cumsum(columns["speed_mps"])))
        height = np.concatenate(([400.0], 400.0 + np.cumsum(columns["speed_mps"] * columns["grade_pct"] / 100.0)))
        height = height + self.altitude_drift_m_per_h * np.arange(count + 1) / 3600.0
        height = height + rng.normal(0.0, self.altitude_noise_m, count + 1) if self.altitude_noise_m else height
        here = np.minimum(at, count - 1)
        channels = {
            "speed_mps": columns["speed_mps"][here],
            "altitude_m": np.round(height[at] / self.altitude_step_m) * self.altitude_step_m,
            "cadence_spm": np.round(columns["cadence_spm"][here] / self.cadence_step_spm) * self.cadence_step_spm,
            "distance_m": np.maximum.accumulate(np.maximum(way + _slow(rng, count + 1, self.distance_noise_m), 0.0))[
                at
            ],
        }
        north = way + _slow(rng, count + 1, self.position_noise_m)
        east = _slow(rng, count + 1, self.position_noise_m)
        channels["latitude_deg"] = (self.start_latitude_deg + north / METRES_PER_DEGREE)[at]
        shrink = np.cos(np.radians(self.start_latitude_deg))
        channels["longitude_deg"] = (self.start_longitude_deg + east / METRES_PER_DEGREE / shrink)[at]
        if self.heart_rate_bpm is not None:
            channels["heart_rate_bpm"] = np.full(len(at), self.heart_rate_bpm)
        if self.ground_contact_ms is not None:
            channels["ground_contact_ms"] = np.full(len(at), self.ground_contact_ms)
        for name, is_there in self._channels_there().items():
            if not is_there:
                del channels[name]
        return self._wrap(Samples.from_columns(self._clock(at), channels))

    def _channels_there(self) -> dict[str, bool]:
        return {
            "altitude_m": self.has_altitude,
            "cadence_spm": self.has_cadence,
            "latitude_deg": self.has_positions,
            "longitude_deg": self.has_positions,
            "distance_m": self.has_distance,
            "speed_mps": self.has_distance,
        }

    def _wrap(self, samples: Samples) -> Recording:
        events = [TimerEvent(0.0, is_start=True)]
        for pause in sorted(self.pauses, key=lambda p: p.at_s):
            if pause.has_events:
                at = float(self._clock(np.array([pause.at_s]))[0])
                events += [TimerEvent(at, is_start=False), TimerEvent(at + pause.duration_s, is_start=True)]
        events.append(TimerEvent(self.truth.elapsed_s, is_start=False))
        steps = round(self.truth.step_count) if self.device_counts_steps else None
        return Recording(
            format="fit",
            decoder="synthetic",
            index=0,
            sport=self.sport,
            sub_sport=self.sub_sport,
            start_utc=self.start_utc,
            utc_offset_s=self.utc_offset_s,
            samples=samples,
            timer_events=tuple(events),
            laps=self._laps(),
            device=Device("garmin", "fenix6x", "Garmin fenix6x", lists_barometer=self.has_barometer),
            totals=DeviceTotals(distance_m=self.truth.distance_m, timer_s=self.truth.timer_s, step_count=steps),
        )

    def _laps(self) -> tuple[Lap, ...]:
        """Return one lap for each part marked with the lap button, and one for what lies between."""
        borders = [0]
        edge = 0
        for part in self.parts:
            if part.lap:
                borders += [edge, edge + part.duration_s]
            edge += part.duration_s
        borders.append(edge)
        edges = np.unique(borders)
        way = np.concatenate(([0.0], np.cumsum(self._seconds["speed_mps"])))
        clock = self._clock(edges)
        return tuple(
            Lap(
                start_s=float(clock[i]),
                elapsed_s=float(clock[i + 1] - clock[i]),
                timer_s=float(edges[i + 1] - edges[i]),
                distance_m=float(way[edges[i + 1]] - way[edges[i]]),
                trigger="session_end" if i == len(edges) - 2 else "manual",
                intensity=None,
                workout_step_index=None,
            )
            for i in range(len(edges) - 1)
        )


def _slow(rng: np.random.Generator, count: int, sd: float) -> np.ndarray:
    """Return an error with a memory of 10 s: what a filtered position looks like."""
    if sd == 0.0:
        return np.zeros(count)
    keep = np.exp(-1 / 10)
    out = np.empty(count)
    value = rng.normal(0.0, sd)
    kicks = rng.normal(0.0, sd * np.sqrt(1 - keep**2), count)
    for i in range(count):
        value = keep * value + kicks[i]
        out[i] = value
    return out


#: The runner of EVIDENCE.md section 7: critical speed 4:44/km, ceiling 5:45/km.
RUNNER = Thresholds(
    ceiling_mps=2.897,
    ceiling_source="talk test",
    critical_speed_mps=3.52,
    critical_speed_source="configured",
    max_heart_rate_bpm=186.0,
)


def facts_of(run: SyntheticRun | Recording, thresholds: Thresholds = RUNNER) -> dict[str, Fact]:
    """Return the facts of a run by name, each with its status: the straight way from a diary line to a number."""
    recording = run.recording() if isinstance(run, SyntheticRun) else run
    return {fact.name: fact for fact in derive(recording, thresholds).facts}


def values_of(run: SyntheticRun | Recording, thresholds: Thresholds = RUNNER) -> dict[str, float]:
    """Return the values of the facts that have one."""
    return {name: fact.value for name, fact in facts_of(run, thresholds).items() if fact.value is not None}
