"""One row a second of timer time: the common ground of all derivations, and what the relation `sample` shows.

Each channel is interpolated by its own recorded instants (Suunto writes altitude on 1-50 % of the records), never
across a hole longer than its cap. Paused seconds have no row; nor has a second without a record within a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.errors import SkipRecording
from pipeline.transforms import clean
from pipeline.transforms.pauses import is_within, overlaps, timer_spans
from pipeline.transforms.resample import Resampler
from pipeline.transforms.windows import Pieces, window_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import FloatArray, Recording, Samples, Thresholds

#: A second further from any record has no row: nothing is known of it. Smart recording leaves up to a minute.
NEAR_RECORD_S: Final = 60.0
#: Channels are carried over holes up to this: 5 s would lose a third of a smart recording (METRICS.md, traps).
MAX_HOLE_S: Final = 60.0
#: Altitude changes slowly and some makers write it rarely: over two minutes of running a straight line is fair.
MAX_ALTITUDE_HOLE_S: Final = 120.0
#: Twelve days and a half of seconds: longer than any race; what claims more has broken times. Bounds the memory.
MAX_ROWS: Final = 1_080_000
#: The window of the speed that people see; the device's own lags 3-10 s (METRICS.md, traps).
SHOWN_SPEED_S: Final = 5

#: Nobody walks at this speed: a cadence of 0 beside it is a lost sensor, not a walk.
WALK_MAX_MPS: Final = 2.4
#: Watches that count one leg's swings sometimes count both: 206-225 steps a minute at 1.2-1.6 m/s stood between 105 and
#: 112 in a real file. Running starts at 2 m/s (DUCHARME23), and not with 200 steps.
DOUBLED_SPM: Final = 195.0
DOUBLED_MAX_MPS: Final = 2.0
CADENCE_CHECK_S: Final = 15

FOOT_SPORTS: Final = frozenset({"running", "walking", "hiking"})
PLAIN_CHANNELS: Final = (
    "heart_rate_bpm",
    "ground_contact_ms",
    "vertical_oscillation_m",
    "step_length_m",
)


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns of equal length, one row a second of timer time."""

    spans: FloatArray  #: (n, 2) stretches of running timer, seconds since start
    t_s: NDArray[np.int32]  #: whole seconds since the start; the row stands for [t, t + 1)
    pieces: Pieces  #: stretches of consecutive seconds
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    altitude_m: FloatArray  #: despiked, not smoothed
    distance_m: FloatArray  #: at the row's beginning, never falls; NaN without distance, speed or positions
    total_distance_m: float | None
    step_m: FloatArray  #: way made in the row's second, by the paced reading of the distance; also m/s
    speed_mps: FloatArray  #: mean of `step_m` over SHOWN_SPEED_S
    distance_source: str  #: device, positions, speed, entered, none
    cadence_spm: FloatArray
    heart_rate_bpm: FloatArray
    ground_contact_ms: FloatArray
    vertical_oscillation_m: FloatArray
    step_length_m: FloatArray

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.t_s)

    def has(self, channel: str) -> bool:
        """Return whether the channel holds any value."""
        return bool(np.isfinite(getattr(self, channel)).any())


def make_grid(recording: Recording, thresholds: Thresholds, *, is_indoor: bool) -> Grid:
    """Bring a recording to whole seconds of timer time.

    Raises:
        SkipRecording: more recorded time than MAX_ROWS seconds: the times can't be right.
    """
    samples = recording.samples
    spans = timer_spans(recording)
    t_row = _rows(spans, samples.t_s)
    is_break = np.ones(len(t_row), dtype=np.bool_)
    is_break[1:] = (np.diff(t_row) > 1) | (np.diff(_span_of(spans, t_row)) > 0)
    pieces = Pieces.from_breaks(is_break)
    track, source = _distance(recording, spans, thresholds, is_indoor=is_indoor)
    resample = Resampler(samples.t_s, t_row, spans)
    distance_m, step_m = _way(track, t_row)
    altitude_m = clean.without_spikes(samples.altitude_m, clean.ALTITUDE_SPIKE_M)
    return Grid(
        spans=spans,
        t_s=t_row.astype(np.int32),
        pieces=pieces,
        latitude_deg=resample(samples.latitude_deg, MAX_HOLE_S),
        longitude_deg=_wrapped(resample(_unwrapped(samples.longitude_deg), MAX_HOLE_S)),
        altitude_m=resample(altitude_m, MAX_ALTITUDE_HOLE_S),
        distance_m=distance_m,
        total_distance_m=float(track.distance_m[-1]) if len(track.distance_m) else None,
        step_m=step_m,
        cadence_spm=_believable_cadence(resample(samples.cadence_spm, MAX_HOLE_S), step_m, pieces),
        speed_mps=window_mean(step_m, pieces, SHOWN_SPEED_S),
        distance_source=source,
        **{name: resample(getattr(samples, name), MAX_HOLE_S) for name in PLAIN_CHANNELS},
    )


def _believable_cadence(cadence_spm: FloatArray, step_m: FloatArray, pieces: Pieces) -> FloatArray:
    """Return the cadence with NaN where it says 0 at a speed that nobody walks, and halved where it counts twice."""
    lost, doubled = cadence_spm == 0.0, cadence_spm >= DOUBLED_SPM
    if not (lost.any() or doubled.any()):
        return cadence_spm
    pace_mps = window_mean(step_m, pieces, CADENCE_CHECK_S)
    out = np.where(lost & (pace_mps > WALK_MAX_MPS), np.nan, cadence_spm)
    return np.where(doubled & (pace_mps < DOUBLED_MAX_MPS), cadence_spm / 2, out)


def _rows(spans: FloatArray, t_s: FloatArray) -> FloatArray:
    """Return the whole seconds inside the spans with a record within NEAR_RECORD_S."""
    if len(spans) == 0:
        return np.zeros(0)
    far = np.flatnonzero(np.diff(t_s) > 2 * NEAR_RECORD_S)
    first = np.concatenate(([t_s[0]], t_s[far + 1])) - NEAR_RECORD_S
    last = np.concatenate((t_s[far], [t_s[-1]])) + NEAR_RECORD_S
    edges = np.ceil(overlaps(spans, np.column_stack((first, last))))
    edges = np.clip(edges, 0, np.iinfo(np.int32).max)
    if (edges[:, 1] - edges[:, 0]).sum() > MAX_ROWS:
        raise SkipRecording(
            f"it claims more than {MAX_ROWS / 86_400:.1f} days of recorded time, so its times can't be right"
        )
    rows = [np.arange(start, end) for start, end in edges]
    if not rows:
        return np.zeros(0)
    seconds = np.concatenate(rows)
    return np.unique(seconds) if (edges[1:, 0] < edges[:-1, 1]).any() else seconds


def _span_of(spans: FloatArray, t_s: FloatArray) -> FloatArray:
    """Return the number of the span that each instant lies in (the one before it in a pause)."""
    number: FloatArray = np.searchsorted(spans[:, 0], t_s, side="right").astype(np.float64) - 1.0
    return number


def _distance(
    recording: Recording, spans: FloatArray, thresholds: Thresholds, *, is_indoor: bool
) -> tuple[clean.DistanceTrack, str]:
    """Return the repaired distance and where it comes from: device, positions, speed, entered or none."""
    samples = recording.samples
    on_foot = recording.sport in FOOT_SPORTS
    limit_mps = clean.MAX_FOOT_SPEED_MPS if on_foot else clean.MAX_OTHER_SPEED_MPS
    distance_m, source = samples.distance_m, "device"
    if np.count_nonzero(np.isfinite(distance_m)) < 2 or not np.nanmax(distance_m) > 0:
        distance_m, source = _substitute(samples, spans, limit_mps, is_indoor=is_indoor)
    track = clean.repair_distance(samples.t_s, distance_m, limit_mps)
    entered_m = thresholds.treadmill_distance_m
    if is_indoor and entered_m is not None and entered_m > 0:
        return _scaled(track, spans, entered_m), "entered"
    return (track, source) if len(track.t_s) else (track, "none")


def _substitute(samples: Samples, spans: FloatArray, limit_mps: float, *, is_indoor: bool) -> tuple[FloatArray, str]:
    """Return a distance where the device gives none: from positions, else from its speed."""
    piece = np.where(is_within(spans, samples.t_s), _span_of(spans, samples.t_s), np.nan)
    if len(spans):
        piece[samples.t_s >= spans[-1, 1]] = len(spans) - 1.0  # the last record stands at the end of the last span
    if samples.has("latitude_deg") and not is_indoor:
        way = clean.distance_from_positions(samples.t_s, samples.latitude_deg, samples.longitude_deg, piece, limit_mps)
        return way, "positions"
    known = np.flatnonzero(np.isfinite(samples.speed_mps) & np.isfinite(piece))
    out = np.full(len(samples), np.nan)
    if len(known) >= 2:
        dt = np.diff(samples.t_s[known])
        mean = (samples.speed_mps[known][1:] + samples.speed_mps[known][:-1]) / 2
        counts = (dt <= MAX_HOLE_S) & (np.diff(piece[known]) == 0)
        out[known] = np.concatenate(([0.0], np.cumsum(np.where(counts, mean * dt, 0.0))))
    return (out, "speed") if np.nanmax(out, initial=0.0) > 0 else (np.full(len(samples), np.nan), "none")


def _scaled(track: clean.DistanceTrack, spans: FloatArray, total_m: float) -> clean.DistanceTrack:
    """Return the track stretched to the distance that the runner read off the treadmill; evenly where there is none."""
    if len(track.t_s) >= 2 and track.distance_m[-1] > 0:
        return clean.DistanceTrack(
            track.t_s,
            track.distance_m * (total_m / track.distance_m[-1]),
            track.paced_m * (total_m / max(track.paced_m[-1], 1.0)),
        )
    t = spans.ravel()
    run_s = np.cumsum(np.concatenate(([0.0], np.where(np.arange(1, len(t)) % 2 == 1, np.diff(t), 0.0))))
    even = total_m * run_s / max(run_s[-1], 1.0) if len(t) else run_s[:0]
    return clean.DistanceTrack(t, even, even)


def _way(track: clean.DistanceTrack, t_row: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distance at each row's beginning and the way made in its second."""
    if len(track.t_s) < 2:
        return np.full(len(t_row), np.nan), np.full(len(t_row), np.nan)
    distance_m = np.interp(t_row, track.t_s, track.distance_m)
    paced = np.interp(np.concatenate((t_row, t_row + 1.0)), track.t_s, track.paced_m)
    step_m = paced[len(t_row) :] - paced[: len(t_row)]
    step_m[(t_row < track.t_s[0]) | (t_row >= track.t_s[-1])] = np.nan  # no way is known there: that isn't standing
    return distance_m, step_m


def _unwrapped(longitude_deg: FloatArray) -> FloatArray:
    """Return longitudes without the jump at the date line, so that they can be interpolated."""
    known = np.isfinite(longitude_deg)
    if not known.any() or np.ptp(longitude_deg[known]) <= 180.0:
        return longitude_deg
    out = longitude_deg.copy()
    out[known] = np.unwrap(longitude_deg[known], period=360.0)
    return out


def _wrapped(longitude_deg: FloatArray) -> FloatArray:
    if not (np.abs(longitude_deg) > 180.0).any():
        return longitude_deg
    return (longitude_deg + 180.0) % 360.0 - 180.0
