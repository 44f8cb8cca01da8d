"""The records that travel through the house: what a connector hands over, and what the transforms make of it.

All are immutable. Every number carries its unit in its name; None (NaN in arrays) means not recorded, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FloatArray = NDArray[np.float64]

AltitudeSource = Literal["barometric", "gps", "none"]
FactStatus = Literal["ok", "not_assessable", "pending"]


# --------------------------------------------------------------------------------------------------------------------
# From connectors: what was recorded


@dataclass(frozen=True, slots=True)
class RefKey:
    """One thing that a source has to offer, before it is fetched. Stable: the same thing has the same ref for ever."""

    source: str  #: name of the source, a key of SOURCES: "folder", "archive", "strava", "garmin"
    ref: str  #: the source's own name for it: a path inside the folder or zip, an activity id
    file_name: str  #: what to call it in front of people
    size_bytes: int | None = None  #: as the source tells it; None when it doesn't
    version: str | None = None  #: changes when the thing is edited at its source: a known ref with a known version
    #: needs no fetch, a new one supersedes the old bytes. None: the source has no such word (a file)


@dataclass(frozen=True, slots=True)
class Samples:
    """The recorded instants of one activity as columns of equal length, in the order of time.

    `t_s` is strictly increasing seconds since `Recording.start_utc` (>= 0). Every other column is float64 with NaN
    where nothing was recorded at that instant; a channel that the device doesn't have is all NaN. Nothing is
    interpolated or smoothed here, but every value lies inside its channel's physical range (else it is NaN).
    """

    t_s: FloatArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    altitude_m: FloatArray  #: enhanced_altitude where both exist
    distance_m: FloatArray  #: as the device accumulates it, from the start of this recording; may jump or stall
    speed_mps: FloatArray  #: as the device shows it (lags 3-10 s); enhanced_speed where both exist
    cadence_spm: FloatArray  #: STEPS a minute, both feet, fraction included; NaN for sports without steps
    heart_rate_bpm: FloatArray
    power_w: FloatArray
    temperature_degc: FloatArray
    ground_contact_ms: FloatArray  #: stance time of one step
    vertical_oscillation_m: FloatArray
    step_length_m: FloatArray  #: one step, not one stride

    @classmethod
    def from_columns(cls, t_s: FloatArray, columns: Mapping[str, FloatArray]) -> Self:
        """Build from the channels that exist; the rest becomes NaN.

        Raises:
            KeyError: a column that is no channel.
        """
        unknown = set(columns) - set(CHANNELS)
        if unknown:
            raise KeyError(*sorted(unknown))
        empty = np.full(len(t_s), np.nan)
        empty.flags.writeable = False
        return cls(t_s, **{name: columns.get(name, empty) for name in CHANNELS})

    def __len__(self) -> int:
        """Return the number of recorded instants."""
        return len(self.t_s)

    def has(self, channel: str) -> bool:
        """Return whether the channel holds any value at all."""
        return bool(np.isfinite(getattr(self, channel)).any())


#: Every column of Samples but the time.
CHANNELS: Final = tuple(f.name for f in fields(Samples) if f.name != "t_s")


@dataclass(frozen=True, slots=True)
class TimerEvent:
    """The device's timer was started or stopped (by hand or by auto-pause)."""

    t_s: float  #: seconds since Recording.start_utc
    is_start: bool


@dataclass(frozen=True, slots=True)
class Lap:
    """One lap as the device closed it."""

    start_s: float  #: seconds since Recording.start_utc
    elapsed_s: float | None  #: wall-clock length
    timer_s: float | None  #: without pauses
    distance_m: float | None
    trigger: str | None  #: manual, distance, time, position_lap, session_end, fitness_equipment, ...
    intensity: str | None  #: active, rest, warmup, cooldown, recovery, interval
    workout_step_index: int | None
    step_count: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """One of the device's own run/walk/stand stretches (Garmin's split messages)."""

    start_s: float
    duration_s: float
    kind: str  #: run, walk, stand (from rwd_run, rwd_walk, rwd_stand); other kinds as the file names them


@dataclass(frozen=True, slots=True)
class WorkoutStep:
    """One step of the structured workout that was loaded while recording."""

    index: int
    name: str | None
    intensity: str | None
    duration_kind: str | None  #: time, distance, open, repeat_until_steps_cmplt, ...
    duration_s: float | None
    duration_m: float | None
    repeat_count: int | None


@dataclass(frozen=True, slots=True)
class Device:
    """What recorded it."""

    manufacturer: str | None = None  #: lower case, FIT profile names where there is one: garmin, coros, suunto
    product: str | None = None  #: FIT profile name or the number as text: fenix6x, 1537
    name: str | None = None  #: what to show: "Garmin fenix6x", a GPX creator, a TCX Creator/Name
    serial: str | None = None
    lists_barometer: bool | None = None  #: the file lists a barometer among its local sensors; None: lists no sensors


@dataclass(frozen=True, slots=True)
class DeviceTotals:
    """The device's own totals, kept beside ours and never mixed with them."""

    distance_m: float | None = None
    elapsed_s: float | None = None
    timer_s: float | None = None
    ascent_m: float | None = None
    descent_m: float | None = None
    step_count: int | None = None
    mean_cadence_spm: float | None = None
    mean_heart_rate_bpm: float | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about the data that somebody may want to know: said once per file and kind, never raised."""

    kind: str  #: unmapped_field, out_of_range, repeated_times, records_out_of_order, message_fault, ...
    name: str  #: the field or message that it is about
    count: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One source's copy of one activity. A multisport file holds several, in order."""

    format: str  #: fit, gpx, tcx, strava_streams
    decoder: str  #: what read it, with version: "fit_records+fitparse 1.2.0"
    index: int  #: position inside its file, from 0
    sport: str | None  #: FIT profile words: running, walking, hiking, cycling, ...; None when the file doesn't say
    sub_sport: str | None  #: treadmill, trail, track, indoor_running, virtual_activity, ...
    start_utc: datetime  #: aware
    utc_offset_s: int | None  #: local minus UTC as the device claims it; None when it claims nothing
    samples: Samples
    timer_events: tuple[TimerEvent, ...] = ()
    laps: tuple[Lap, ...] = ()
    splits: tuple[Split, ...] = ()
    workout_steps: tuple[WorkoutStep, ...] = ()
    device: Device = field(default_factory=Device)
    totals: DeviceTotals = field(default_factory=DeviceTotals)
    title: str | None = None  #: text from people: never markup, never trusted
    note: str | None = None  #: what the runner wrote about it, likewise
    perceived_exertion_0_10: float | None = None  #: the runner's own rating (RPE) as given to watch or account
    feel_0_100: float | None = None  #: Garmin's self-evaluation: 0 very weak, 100 very strong
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Damage:
    """Why a file could not be read whole, and from which byte."""

    reason: str
    offset_bytes: int | None
    salvaged_samples: int


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """All that one file gave."""

    format: str
    recordings: tuple[Recording, ...]
    crc_ok: bool | None = None  #: None where the format has no checksum
    damage: Damage | None = None  #: None: read whole


# --------------------------------------------------------------------------------------------------------------------
# From transforms: what it means


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The runner's own limits of intensity on that day, and where each comes from."""

    ceiling_mps: float | None = None  #: conversational ceiling
    ceiling_source: str | None = None  #: "talk test", "0.823 x critical speed", ...
    critical_speed_mps: float | None = None
    critical_speed_source: str | None = None  #: "configured", "estimated", ...
    max_heart_rate_bpm: float | None = None
    is_ceiling_estimated: bool = False  #: it is a part of an estimated critical speed
    is_critical_speed_estimated: bool = False  #: the log's own estimate: a lower bound where nothing was run hard
    home_time_zone: str = "UTC"  #: IANA name; used where a run has neither place nor offset
    treadmill_incline_pct: float | None = None  #: entered by the runner for this session
    treadmill_distance_m: float | None = None  #: entered by the runner for this session


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """What a fact means: the data dictionary of `session_fact`."""

    name: str
    meaning: str  #: one sentence for people
    source: str  #: where the algorithm comes from, or its argument
    error_abs: float | None = None  #: measured error in the fact's own unit (METRICS); nearer to a limit can't be told
    error_ratio: float | None = None  #: the same as a share of the value; the larger of the two counts
    rests_on: tuple[Literal["ceiling", "critical speed"], ...] = ()  #: thresholds that it moves with


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of one session."""

    name: str
    value: float | None
    status: FactStatus = "ok"
    detail: str | None = None  #: why there is no value, or what to know about it
    start_s: float | None = None  #: the stretch that shows it, seconds since the session's start
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Surge:
    """One bout faster than the ceiling: a row of `surge`."""

    start_s: float
    duration_s: float
    distance_m: float | None
    speed_mps: float
    recovery_s: float | None  #: since the end of the surge before; None for the first
    grade_pct: float | None  #: None without a barometer
    kind: Literal["pickup", "interval", "tempo", "hard"]
    is_possible_only: bool = False  #: cadence or barometer is missing: "possible", never counted as certain
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """One continuous climb or descent: a row of `climb`. Numbers are positive in both directions."""

    direction: Literal["up", "down"]
    start_s: float
    duration_s: float
    distance_m: float
    gain_m: float
    mean_grade_pct: float
    max_grade_pct: float


@dataclass(frozen=True, slots=True)
class ZoneTime:
    """Running seconds in one pace zone: a row of `zone_time`."""

    zone: int
    time_s: float
    grade_adjusted: bool


#: Codes of SessionSamples.gait; 255 is unknown.
GAITS: Final = ("still", "walk", "run")


@dataclass(frozen=True, slots=True)
class SessionSamples:
    """One row a second of timer time (paused seconds are not there), columns of equal length: the relation `sample`."""

    t_s: NDArray[np.int32]  #: whole seconds since the session's start, strictly increasing
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    altitude_m: FloatArray  #: despiked, interpolated by its own times, not smoothed
    distance_m: FloatArray  #: cleaned, monotonic
    speed_mps: FloatArray  #: d(distance)/dt over a short window
    grade_pct: FloatArray  #: NaN without a barometer
    cadence_spm: FloatArray
    heart_rate_bpm: FloatArray
    ground_contact_ms: FloatArray
    vertical_oscillation_m: FloatArray
    step_length_m: FloatArray
    gait: NDArray[np.uint8]  #: index into GAITS, 255 unknown
    zone: NDArray[np.uint8]  #: pace zone on real speed, from 1; 0 outside running or without thresholds


@dataclass(frozen=True, slots=True)
class SessionMeasures:
    """The wide row of one session; None where the fact of the same name says why."""

    elapsed_s: float
    timer_s: float
    moving_s: float | None
    run_s: float | None
    walk_s: float | None
    distance_m: float | None
    run_distance_m: float | None
    ascent_m: float | None
    descent_m: float | None
    altitude_source: AltitudeSource
    mean_run_speed_mps: float | None
    mean_run_cadence_spm: float | None
    step_count: int | None
    stride_cycle_count: int | None
    mean_heart_rate_bpm: float | None


@dataclass(frozen=True, slots=True)
class DerivedSession:
    """All that the transforms make of one recording."""

    sport: str  #: "unknown" where nothing tells
    sport_source: Literal["file", "inferred", "unknown"]
    is_run: bool
    is_indoor: bool
    session_date: str  #: local day of the runner, ISO 8601
    utc_offset_s: int  #: at the start
    time_zone_source: Literal["place", "device", "home"]
    measures: SessionMeasures
    facts: tuple[Fact, ...]
    surges: tuple[Surge, ...]
    climbs: tuple[Climb, ...]
    zone_times: tuple[ZoneTime, ...]
    best_efforts: tuple[tuple[float, float], ...]  #: (duration_s, distance_m) of the fastest such stretch, running only
    recorded_minutes: NDArray[np.int32]  #: minutes since 1970-01-01 UTC that hold at least one record, increasing
    samples: SessionSamples
    cadence_minutes: tuple[tuple[float, float, float], ...] = ()  #: (start_s, mean speed_mps, mean cadence_spm) of the
    #: steady flat minutes of running that matched-speed cadence may use
