"""The real activity files of the corpus, decoded and derived once, and other guises of them: a GPX, a thinned one, a crop."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from connectors.decode import decode
from connectors.gpx import decode_gpx
from pipeline.errors import SkipRecording
from pipeline.model import Samples, Thresholds
from pipeline.places import zone_at
from pipeline.transforms import derive
from pipeline.transforms.pauses import timer_spans

if TYPE_CHECKING:
    from pipeline.model import Damage, DerivedSession, Recording

#: Beside the checkout; nothing of it is copied into the project.
CORPUS: Final = Path(__file__).parents[3] / "shared" / "corpus"
NO_THRESHOLDS: Final = Thresholds()
#: METRICS.md, "speed limits": a fastest 30 s above it is an error of GPS, not somebody in return-to-run.
TOO_FAST_MPS: Final = 6.0
METRES_PER_DEG: Final = 111_195.0  #: of latitude: 6,371 km x pi / 180


@dataclass(frozen=True)
class Real:
    """One recording of a real file."""

    file: str  #: its name, without a folder
    recording: Recording
    session: DerivedSession
    damage: Damage | None

    @property
    def device(self) -> str:
        """Return what recorded it."""
        device = self.recording.device
        return " ".join(word for word in (device.manufacturer, device.product) if word) or "unknown device"


def load(corpus: Path) -> list[Real]:
    """Read every activity of the corpus; a file that holds another's recording under another name is left out."""
    found: dict[tuple[object, ...], Real] = {}
    for path in sorted(corpus.glob("*/*")):
        try:
            decoded = decode(path.read_bytes(), path.name)
            for recording in decoded.recordings:
                session = derive(recording, NO_THRESHOLDS, zone_at)
                key = (recording.format, recording.start_utc, recording.sport, len(recording.samples))
                found.setdefault(key, Real(path.name, recording, session, decoded.damage))
        except SkipRecording:
            continue  # no activity, or nothing readable: test_fit_corpus holds that it is refused by name
    return list(found.values())


def with_rows(recording: Recording, rows: np.ndarray) -> Recording:
    """Return the recording with some of its rows only; times stay."""
    samples = recording.samples
    return replace(recording, samples=Samples(**{f.name: getattr(samples, f.name)[rows] for f in fields(Samples)}))


def thinned(recording: Recording, seed: int) -> Recording:
    """Return it as smart recording would have kept it: 1 to 8 s between two rows."""
    t_s = recording.samples.t_s
    kept_s = np.cumsum(np.random.default_rng(seed).integers(1, 9, size=int(t_s[-1]) + 2))
    rows = np.unique(np.concatenate(([0], np.searchsorted(t_s, kept_s[kept_s < t_s[-1]]), [len(t_s) - 1])))
    return with_rows(recording, rows)


def part_of(recording: Recording, low_ratio: float, high_ratio: float) -> Recording:
    """Return what lies between two shares of its elapsed time: a late start, a crop."""
    t_s = recording.samples.t_s
    return with_rows(recording, np.flatnonzero((t_s >= low_ratio * t_s[-1]) & (t_s <= high_ratio * t_s[-1])))


def gpx_distance_m(recording: Recording, *, has_segments: bool) -> float | None:
    """Return the distance that is left when only a GPX of positions and times was kept; None without positions.

    Args:
        recording: of a FIT file.
        has_segments: a segment for each stretch of running timer; else one, as Strava writes it, which hides the pauses.
    """
    samples = recording.samples
    rows = np.flatnonzero(np.isfinite(samples.latitude_deg) & np.isfinite(samples.longitude_deg))
    if len(rows) < 2:
        return None
    spans = timer_spans(recording)
    stretch = np.searchsorted(spans[:, 0], samples.t_s[rows], side="right") if has_segments else np.zeros(len(rows))
    segments = [_gpx_points(recording, rows[stretch == number]) for number in np.unique(stretch)]
    inner = "".join(f"<trkseg>{points}</trkseg>" for points in segments)
    text = f'<gpx version="1.1" creator="test"><trk><type>{recording.sport}</type>{inner}</trk></gpx>'
    parts = decode_gpx(text.encode()).recordings
    metres = [derive(part, NO_THRESHOLDS, None).measures.distance_m for part in parts]
    return float(sum(part or 0.0 for part in metres))


def _gpx_points(recording: Recording, rows: np.ndarray) -> str:
    samples = recording.samples
    return "".join(
        f'<trkpt lat="{samples.latitude_deg[i]:.7f}" lon="{samples.longitude_deg[i]:.7f}">'
        f"<time>{recording.start_utc + timedelta(seconds=float(samples.t_s[i])):%Y-%m-%dT%H:%M:%S.%f}Z</time></trkpt>"
        for i in rows
    )


def track_m(recording: Recording) -> float:
    """Return the plain length of the recorded track: every position joined to the next one of the same timer stretch."""
    samples = recording.samples
    rows = np.flatnonzero(np.isfinite(samples.latitude_deg) & np.isfinite(samples.longitude_deg))
    lat, lon = samples.latitude_deg[rows], samples.longitude_deg[rows]
    stretch = np.searchsorted(timer_spans(recording)[:, 0], samples.t_s[rows], side="right")
    north_m = np.diff(lat) * METRES_PER_DEG
    east_m = np.diff(lon) * METRES_PER_DEG * np.cos(np.radians(lat[:-1]))
    return float(np.hypot(north_m, east_m)[np.diff(stretch) == 0].sum())


def apart_m(one: Recording, other: Recording) -> float | None:
    """Return how far two recordings are from one another, median over the seconds that both hold; None without any."""
    shift_s = (other.start_utc - one.start_utc).total_seconds()
    a, b = one.samples, other.samples
    known_a, known_b = (np.isfinite(s.latitude_deg) & np.isfinite(s.longitude_deg) for s in (a, b))
    if known_a.sum() < 2 or known_b.sum() < 2:
        return None
    t_b = b.t_s[known_b] + shift_s
    shared = a.t_s[known_a]
    shared = shared[(shared >= t_b[0]) & (shared <= t_b[-1])]
    if len(shared) < 60:
        return None
    north_deg = np.interp(shared, a.t_s[known_a], a.latitude_deg[known_a]) - np.interp(
        shared, t_b, b.latitude_deg[known_b]
    )
    east_deg = np.interp(shared, a.t_s[known_a], a.longitude_deg[known_a]) - np.interp(
        shared, t_b, b.longitude_deg[known_b]
    )
    east_deg = east_deg * np.cos(np.radians(np.median(a.latitude_deg[known_a])))
    return float(np.median(np.hypot(north_deg, east_deg)) * METRES_PER_DEG)
