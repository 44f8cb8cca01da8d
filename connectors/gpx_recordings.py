"""Tracks and segments of a GPX document -> recordings: what belongs together, pauses, laps, what the cadence counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from connectors.cadence import rough_speed, steps_per_minute
from connectors.channels import clean_columns, usable_times
from connectors.gpx_scan import CADENCE
from connectors.sports import is_on_foot, maker_of, sport_of
from connectors.xml_points import OFFSET, TIME, claimed_offset
from pipeline.model import Device, Issue, Lap, Recording, Samples, TimerEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.gpx_scan import GpxDocument, Segment
    from pipeline.model import FloatArray

#: Old Garmin exports write one `trk` a lap. Tracks of one type that follow each other within this are one recording:
#: long enough for a rest between repetitions, shorter than what lies between two outings.
MAX_TRACK_GAP_S: Final = 1800.0
#: Between such tracks the timer was stopped only if more time went by than smart recording leaves between points.
MAX_LAP_GAP_S: Final = 10.0
#: An accumulated distance may fall back at a lap or a glitch; one that falls more often counts something else.
MAX_FALLING_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class TrackWords:
    """What a `trk` says in words."""

    name: str | None = None
    type_text: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a document says in words."""

    decoder: str
    creator: str | None
    tracks: tuple[TrackWords, ...]  #: as many as there are `trk`


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One segment that has times, and when it was recorded (seconds since 1970 UTC)."""

    segment: Segment
    start_utc_s: float
    end_utc_s: float

    @property
    def track(self) -> int:
        return self.segment.track


def recordings_of(document: GpxDocument, words: Words) -> tuple[Recording, ...]:
    """Return one recording for each outing of a document, in its order; none where no point has a usable time."""
    usable = usable_times(document.columns[TIME])
    outings = _outings(document.segments, usable, words.tracks)
    return tuple(_recording(document, words, outing, index) for index, outing in enumerate(outings))


def _outings(segments: Sequence[Segment], usable: FloatArray, tracks: Sequence[TrackWords]) -> Iterator[list[_Stretch]]:
    """Yield the segments that belong to one recording; those without any time belong to none."""
    outing: list[_Stretch] = []
    for segment in segments:
        part = usable[segment.first : segment.end]
        if np.isnan(part).all():
            continue
        stretch = _Stretch(segment, float(np.nanmin(part)), float(np.nanmax(part)))
        if outing and not _continues(outing[-1], stretch, tracks):
            yield outing
            outing = []
        outing.append(stretch)
    if outing:
        yield outing


def _continues(last: _Stretch, stretch: _Stretch, tracks: Sequence[TrackWords]) -> bool:
    if last.track == stretch.track:
        return True
    gap_s = stretch.start_utc_s - last.end_utc_s
    return tracks[last.track].type_text == tracks[stretch.track].type_text and 0 <= gap_s <= MAX_TRACK_GAP_S


def _recording(document: GpxDocument, words: Words, outing: Sequence[_Stretch], index: int) -> Recording:
    track = outing[0].track
    points = slice(outing[0].segment.first, outing[-1].segment.end)
    columns = {name: column[points] for name, column in document.columns.items()}
    times, offsets_s = columns.pop(TIME), columns.pop(OFFSET, None)
    issues = [] if index else list(document.issues)
    sport, sub_sport = _sport(words.tracks[track], document.own_types.get(track), issues)
    _settle_cadence(times, columns, sport, issues)
    _settle_distance(columns, issues)
    cleaned_times, columns, found = clean_columns(times, columns)
    start_utc_s = float(cleaned_times[0])
    t_s = np.round(cleaned_times - start_utc_s, 6)
    return Recording(
        format="gpx",
        decoder=words.decoder,
        index=index,
        sport=sport,
        sub_sport=sub_sport,
        start_utc=datetime.fromtimestamp(start_utc_s, UTC),
        utc_offset_s=claimed_offset(offsets_s),
        samples=Samples.from_columns(t_s, columns),
        timer_events=tuple(_breaks(outing, start_utc_s, float(t_s[-1]))),
        laps=tuple(_laps(outing, start_utc_s)),
        device=_device(words.creator),
        title=words.tracks[track].name,
        issues=(*issues, *found),
    )


def _sport(words: TrackWords, own_type: str | None, issues: list[Issue]) -> tuple[str | None, str | None]:
    for text in (words.type_text, own_type):
        sport, sub_sport, is_understood = sport_of(text)
        if sport:
            return sport, sub_sport
        if not is_understood:
            issues.append(Issue("unknown_sport", "type", 1, (text or "")[:80]))
    return None, None


def _settle_cadence(times: FloatArray, columns: dict[str, FloatArray], sport: str | None, issues: list[Issue]) -> None:
    """Replace the raw cadence by steps a minute, or drop it where the sport has no steps."""
    cadence = columns.pop(CADENCE, None)
    if cadence is None:
        return
    if not is_on_foot(sport):
        issues.append(Issue("ignored_channel", CADENCE, int(np.isfinite(cadence).sum()), f"{sport} has no steps"))
        return
    speed_mps = columns.get("speed_mps")
    if speed_mps is None or np.isnan(speed_mps).all():
        nowhere = np.full(len(times), np.nan)
        latitude_deg, longitude_deg = (columns.get(name, nowhere) for name in ("latitude_deg", "longitude_deg"))
        speed_mps = rough_speed(times, latitude_deg, longitude_deg)
    columns["cadence_spm"], issue = steps_per_minute(cadence, speed_mps)
    issues.extend([issue] if issue else [])


def _settle_distance(columns: dict[str, FloatArray], issues: list[Issue]) -> None:
    """Drop a `distance` that isn't accumulated: some writers give the step from the point before."""
    distance_m = columns.get("distance_m")
    if distance_m is None:
        return
    steps_m = np.diff(distance_m[np.isfinite(distance_m)])
    if (steps_m < 0).sum() > MAX_FALLING_SHARE * len(steps_m):
        del columns["distance_m"]
        issues.append(Issue("ignored_channel", "distance_m", len(steps_m) + 1, "falls: not an accumulated distance"))


def _breaks(outing: Sequence[_Stretch], start_utc_s: float, last_s: float) -> Iterator[TimerEvent]:
    """A new segment means that recording was stopped and started again; a new track may be no more than a lap."""
    for before, after in pairwise(sorted(outing, key=lambda stretch: stretch.start_utc_s)):
        stop_s, start_s = before.end_utc_s - start_utc_s, after.start_utc_s - start_utc_s
        least_s = 0.0 if before.track == after.track else MAX_LAP_GAP_S
        if start_s - stop_s > least_s and stop_s >= 0 and start_s <= last_s:
            yield TimerEvent(round(stop_s, 6), is_start=False)
            yield TimerEvent(round(start_s, 6), is_start=True)


def _laps(outing: Sequence[_Stretch], start_utc_s: float) -> Iterator[Lap]:
    """Several tracks in one recording are its laps."""
    starts: dict[int, float] = {}
    for stretch in outing:
        starts[stretch.track] = min(stretch.start_utc_s, starts.get(stretch.track, np.inf))
    if len(starts) > 1:
        for start, following in pairwise([*starts.values(), max(stretch.end_utc_s for stretch in outing)]):
            yield Lap(round(start - start_utc_s, 6), round(following - start, 6), None, None, None, None, None)


def _device(creator: str | None) -> Device:
    """Strava takes (and writes) "with barometer" in the creator's name for altitude that a barometer measured."""
    has_barometer = True if creator and "with barometer" in creator.casefold() else None
    return Device(maker_of(creator), name=creator, lists_barometer=has_barometer)
