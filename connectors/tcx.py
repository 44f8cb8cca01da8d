"""TCX -> recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from connectors.cadence import rough_speed, steps_per_minute
from connectors.channels import clean_columns, usable_times
from connectors.sports import is_on_foot, maker_of, sport_of
from connectors.tcx_laps import laps_of, timed_laps, timer_events_of, totals_of
from connectors.tcx_scan import CADENCE, RUN_CADENCE, TcxActivity, scan_tcx
from connectors.xml_points import OFFSET, TIME, claimed_offset
from pipeline.errors import NotAnActivity, NoTimestamps, SkipRecording, UnreadableFile
from pipeline.model import Damage, DecodedFile, Device, DeviceTotals, Issue, Recording, Samples

if TYPE_CHECKING:
    from connectors.tcx_laps import TimedLap
    from connectors.tcx_scan import TcxDocument
    from pipeline.model import FloatArray

#: What read the file, as `Recording.decoder` tells it.
DECODER: Final = "tcx_scan"

#: The timer may run this long before the first point (waiting for a fix, indoors); longer, and the lap's start is from
#: a clock that was not set.
MAX_LEAD_S: Final = 600.0
#: Only the first line of the notes, and no essay.
_MAX_TITLE_CHARS: Final = 200


def decode_tcx(content: bytes) -> DecodedFile:
    """Read a TCX document.

    Args:
        content: the whole document, in any encoding.

    Returns:
        One recording for each activity, those of a multisport session too; one that was entered by hand has no
        samples, only laps and totals. `damage` tells where a broken document stopped being readable.

    Raises:
        UnreadableFile: no XML, entities, or cut before its first point.
        NoTimestamps: activities without any time.
        NotAnActivity: courses or workouts only, or nothing.
    """
    document = scan_tcx(content)
    times = usable_times(document.columns[TIME])
    recordings: list[Recording] = []
    for activity in document.activities:
        recording = _recording(document, activity, timed_laps(activity, times), len(recordings))
        if recording:
            recordings.append(recording)
    salvaged = sum(len(recording.samples) for recording in recordings)
    if not recordings or (document.fault and not salvaged):
        raise _nothing_recorded(document)
    damage = Damage(document.fault.reason, document.fault.offset_bytes, salvaged) if document.fault else None
    return DecodedFile("tcx", tuple(recordings), damage=damage)


def _recording(document: TcxDocument, activity: TcxActivity, timed: list[TimedLap], index: int) -> Recording | None:
    """Build one recording; None where nothing in it has a time."""
    issues = [] if index else list(document.issues)
    sport, sub_sport, is_understood = sport_of(activity.sport_text)
    if not is_understood:
        issues.append(Issue("unknown_sport", "Sport", 1, activity.sport_text[:80]))
    times, columns = _points(document, activity)
    offset_s = claimed_offset(columns.pop(OFFSET, None))
    _settle_cadence(times, columns, sport, issues)
    times, columns, found = clean_columns(times, columns)
    start_utc_s = _start(times, timed)
    if start_utc_s is None:
        return None
    t_s = np.round(times - start_utc_s, 6)
    laps = laps_of(timed, start_utc_s, float(t_s[-1]) if len(t_s) else 0.0)
    breaks = timer_events_of(timed, laps, t_s, start_utc_s)
    if breaks.found_count:
        issues.append(Issue("pauses_found", "timer", breaks.found_count, "gaps that a lap's timer leaves out"))
    return Recording(
        format="tcx",
        decoder=DECODER,
        index=index,
        sport=sport,
        sub_sport=sub_sport,
        start_utc=datetime.fromtimestamp(start_utc_s, UTC),
        utc_offset_s=offset_s,
        samples=Samples.from_columns(t_s, columns),
        timer_events=breaks.events,
        laps=laps,
        device=_device(activity),
        # Of a cut file the last laps are missing, so that its sums would say too little.
        totals=DeviceTotals() if document.fault else totals_of(timed, is_on_foot=is_on_foot(sport)),
        title=_title(activity.texts.get(("activity", "notes"), "")),
        issues=(*issues, *found),
    )


def _points(document: TcxDocument, activity: TcxActivity) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the times and raw channels of one activity: its tracks lie side by side in the document."""
    tracks = [track for lap in activity.laps for track in lap.tracks]
    points = slice(tracks[0][0], tracks[-1][1]) if tracks else slice(0)
    columns = {name: column[points] for name, column in document.columns.items()}
    return columns.pop(TIME), columns


def _settle_cadence(times: FloatArray, columns: dict[str, FloatArray], sport: str | None, issues: list[Issue]) -> None:
    """Replace the raw cadences by steps a minute, or drop them where the sport has no steps."""
    cadence, run_cadence = columns.pop(CADENCE, None), columns.pop(RUN_CADENCE, None)
    if run_cadence is not None and cadence is not None:
        cadence = np.where(np.isnan(run_cadence), cadence, run_cadence)
    cadence = run_cadence if cadence is None else cadence
    if cadence is None or np.isnan(cadence).all():
        return
    if not is_on_foot(sport):
        issues.append(Issue("ignored_channel", CADENCE, int(np.isfinite(cadence).sum()), f"{sport} has no steps"))
        return
    columns["cadence_spm"], issue = steps_per_minute(cadence, _speed(times, columns))
    issues.extend([issue] if issue else [])


def _speed(times: FloatArray, columns: dict[str, FloatArray]) -> FloatArray:
    """Return any speed that can be had, NaN where none can."""
    speed_mps = columns.get("speed_mps")
    if speed_mps is not None and np.isfinite(speed_mps).any():
        return speed_mps
    nowhere = np.full(len(times), np.nan)
    return rough_speed(times, columns.get("latitude_deg", nowhere), columns.get("longitude_deg", nowhere))


def _start(times: FloatArray, timed: list[TimedLap]) -> float | None:
    """Return when the timer was started: the first lap's start where that can be, else the first sample."""
    lap_start = timed[0].start_utc_s if timed else None
    if len(times):
        first = float(times[0])
        return lap_start if lap_start is not None and 0 <= first - lap_start <= MAX_LEAD_S else first
    has_totals = any(lap.timer_s for lap in timed)
    return lap_start if has_totals else None


def _device(activity: TcxActivity) -> Device:
    name = activity.texts.get(("creator", "name"))
    serial = activity.texts.get(("creator", "unitid"))
    product = activity.texts.get(("creator", "productid"))
    return Device(maker_of(name), product, name, None if serial in (None, "0") else serial)


def _title(notes: str) -> str | None:
    return next((line.strip()[:_MAX_TITLE_CHARS] for line in notes.splitlines() if line.strip()), None)


def _nothing_recorded(document: TcxDocument) -> SkipRecording:
    """Say why there is no recording in it, as precisely as can be told."""
    if document.fault and not len(document.columns[TIME]):
        return UnreadableFile(f"no trackpoint before the fault: {document.fault.reason}", document.fault.offset_bytes)
    if document.activities:
        count = len(document.columns[TIME])
        return NoTimestamps(f"none of its {count} trackpoints has a usable time (1990 to 2100), nor has any lap")
    if document.course_count:
        return NotAnActivity("a TCX file of courses (planned routes), not a recording")
    if document.workout_count:
        return NotAnActivity("a TCX file of workout plans, not a recording")
    return NotAnActivity("a TCX file without a single activity")
