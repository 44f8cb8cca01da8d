"""A stored Strava activity (`strava_document`) -> a recording. Bytes in, values out.

Strava hands out no original file. Its streams are what is left of one: whole seconds, positions as uploaded, altitude
as the device measured it where Strava knows of a barometer, cadence of one leg. The recording's format says so.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from connectors.cadence import STEPS_WHILE_RUNNING, steps_per_minute
from connectors.channels import FIRST_TIME_UTC_S, LAST_TIME_UTC_S, clean_columns
from connectors.sports import is_on_foot, maker_of
from connectors.strava_document import MARK, MARK_KEY
from connectors.strava_fields import STREAM_FIELDS, STREAMS, sport_words, unmapped
from pipeline.errors import UnreadableFile
from pipeline.model import DecodedFile, Device, DeviceTotals, Issue, Lap, Recording, Samples
from pipeline.units import STEPS_PER_STRIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.model import FloatArray

FORMAT: Final = "strava_streams"
DECODER: Final = "strava_streams 1"

#: Of title and note: more is no note of a runner's.
MAX_TITLE: Final = 500
MAX_NOTE: Final = 10_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Where offset and local start disagree by more, one of them is wrong.
OFFSET_SLACK_S: Final = 60

Columns = dict[str, "FloatArray"]


def decode_strava(content: bytes) -> DecodedFile:
    """Read one stored activity.

    Raises:
        UnreadableFile: it is cut, or not what `strava_document` writes.
    """
    activity, streams = _parts(content)
    issues: list[Issue] = []
    start_utc = _start(activity)
    sport, sub_sport, is_known = sport_words(
        activity.get("sport_type") or activity.get("type"), is_trainer=activity.get("trainer") is True
    )
    if not is_known:
        issues.append(Issue("unknown_sport", "sport_type", 1, str(activity.get("sport_type"))[:80]))
    t_s, columns = _columns(streams, issues)
    _settle_cadence(columns, sport, issues)
    _settle_power(columns, activity, issues)
    start_s = start_utc.timestamp()
    times, columns, found = clean_columns(start_s + t_s, columns)
    issues += found
    laps = _dicts(activity.get("laps"))
    issues += [Issue("unmapped_field", name, 1) for name in unmapped(activity, laps)]
    recording = Recording(
        format=FORMAT,
        decoder=DECODER,
        index=0,
        sport=sport,
        sub_sport=sub_sport,
        start_utc=start_utc,
        utc_offset_s=_offset(activity, start_utc, issues),
        samples=Samples.from_columns(np.round(times - start_s, 6), columns),
        laps=_laps(laps, start_utc, t_s),
        device=_device(activity),
        totals=_totals(activity, columns, is_manual=not len(times), is_foot=is_on_foot(sport)),
        title=_text(activity.get("name"), MAX_TITLE),
        note=_note(activity),
        perceived_exertion_0_10=_within(activity.get("perceived_exertion"), 0, 10),
        issues=tuple(issues),
    )
    return DecodedFile(FORMAT, (recording,))


def _parts(content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        found = json.loads(content)
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"the stored Strava activity is damaged: {error.msg}", error.pos) from error
    except (ValueError, RecursionError) as error:  # no text, or a number of 5,000 digits
        raise UnreadableFile("the stored Strava activity is damaged: no JSON that can be read") from error
    activity, streams = (found.get("activity"), found.get("streams")) if isinstance(found, dict) else (None, None)
    if not isinstance(activity, dict) or not isinstance(streams, dict) or found.get(MARK_KEY) != MARK:
        raise UnreadableFile("the stored Strava activity is not of a form that this version of Gaitkeeper knows")
    return activity, streams


def _start(activity: Mapping[str, Any]) -> datetime:
    """Return the start. Not `start_date_local`: its "Z" is wrong, it is no UTC."""
    start = _instant(activity.get("start_date"))
    if start is None or not FIRST_TIME_UTC_S <= start.timestamp() < LAST_TIME_UTC_S:
        raise UnreadableFile("the Strava activity has no usable start (start_date)")
    return start


def _offset(activity: Mapping[str, Any], start_utc: datetime, issues: list[Issue]) -> int | None:
    """Return local minus UTC: as Strava says it, else from the local start, whose "Z" means nothing."""
    said_s = _within(activity.get("utc_offset"), -86_400, 86_400)
    local = _instant(activity.get("start_date_local"))
    local_s = None if local is None else (local - start_utc).total_seconds()
    if said_s is None:
        return None if local_s is None or abs(local_s) > 86_400 else round(local_s)
    if local_s is not None and abs(local_s - said_s) > OFFSET_SLACK_S:
        detail = f"utc_offset says {said_s:.0f} s, start_date_local {local_s:.0f} s"
        issues.append(Issue("offset_disagrees", "utc_offset", 1, detail))
    return round(said_s)


# --- Streams ----------------------------------------------------------------------------------------------------------


def _columns(streams: Mapping[str, Any], issues: list[Issue]) -> tuple[FloatArray, Columns]:
    """Return the times since the start and the channels; nothing where there is no stream of times."""
    data: dict[str, list[Any]] = {}
    for name, stream in streams.items():
        if name not in STREAMS:
            issues.append(Issue("unmapped_field", f"streams.{name}", 1))
        elif not isinstance(stream, dict) or not isinstance(stream.get("data"), list):
            issues.append(Issue("message_fault", f"streams.{name}", 1, "not a list of values"))
        else:
            strange = sorted(stream.keys() - STREAM_FIELDS)
            issues += [Issue("unmapped_field", f"streams.{name}.{key}", 1) for key in strange]
            data[name] = stream["data"]
            _tell_reduced(name, stream, issues)
    times = data.pop("time", [])
    if data and not times:
        issues.append(Issue("points_without_time", "streams", len(next(iter(data.values()))), "no stream of times"))
    columns: Columns = {}
    for name, values in data.items():
        channel = STREAMS[name]
        if not times or channel is None:
            continue
        if len(values) != len(times):
            detail = f"{len(values)} values for {len(times)} times: left out"
            issues.append(Issue("message_fault", f"streams.{name}", 1, detail))
        elif channel == "position":
            columns["latitude_deg"], columns["longitude_deg"] = _positions(values)
        else:
            columns[channel] = _numbers(values)
    return _numbers(times), columns


def _tell_reduced(name: str, stream: Mapping[str, Any], issues: list[Issue]) -> None:
    count, original = len(stream["data"]), stream.get("original_size")
    if isinstance(original, int) and original > count:
        issues.append(Issue("reduced_stream", f"streams.{name}", original - count, f"{count} of {original} points"))


def _numbers(values: list[Any]) -> FloatArray:
    try:
        return np.array(values, dtype=np.float64) if values else np.zeros(0)
    except (TypeError, ValueError):
        return np.array([math.nan if (number := _number(value)) is None else number for value in values])


def _positions(values: list[Any]) -> tuple[FloatArray, FloatArray]:
    pairs = [value if isinstance(value, list) and len(value) == 2 else (None, None) for value in values]
    return _numbers([pair[0] for pair in pairs]), _numbers([pair[1] for pair in pairs])


def _settle_cadence(columns: Columns, sport: str | None, issues: list[Issue]) -> None:
    """Turn revolutions of one leg into steps a minute; some devices wrote steps already (METRICS.md, traps)."""
    cadence = columns.pop("cadence", None)
    if cadence is None:
        return
    if not is_on_foot(sport):
        issues.append(Issue("ignored_channel", "cadence", len(cadence), f"{sport} has no steps"))
        return
    speed_mps = columns.get("speed_mps", np.full(len(cadence), np.nan))
    columns["cadence_spm"], issue = steps_per_minute(cadence, speed_mps)
    issues.extend([issue] if issue else [])


def _settle_power(columns: Columns, activity: Mapping[str, Any], issues: list[Issue]) -> None:
    """Leave out power that Strava made up from speed and slope."""
    if "power_w" in columns and activity.get("device_watts") is not True:
        count = len(columns.pop("power_w"))
        issues.append(Issue("ignored_channel", "watts", count, "an estimate of Strava's, not measured"))


# --- What stands beside them ------------------------------------------------------------------------------------------


def _laps(laps: list[dict[str, Any]], start_utc: datetime, t_s: FloatArray) -> tuple[Lap, ...]:
    found = []
    for lap in laps:
        start = _instant(lap.get("start_date"))
        at = lap.get("start_index")
        if start is not None:
            start_s = (start - start_utc).total_seconds()
        elif isinstance(at, int) and 0 <= at < len(t_s):
            start_s = float(t_s[at])
        else:
            continue
        if not math.isfinite(start_s) or start_s < -OFFSET_SLACK_S:
            continue
        found.append(
            Lap(
                start_s=max(start_s, 0.0),
                elapsed_s=_positive(lap.get("elapsed_time")),
                timer_s=_positive(lap.get("moving_time")),
                distance_m=_positive(lap.get("distance")),
                trigger=None,
                intensity=None,
                workout_step_index=None,
            )
        )
    return tuple(sorted(found, key=lambda lap: lap.start_s))


def _device(activity: Mapping[str, Any]) -> Device:
    name = _text(activity.get("device_name"), 200)
    return Device(maker_of(name), name=name)


def _totals(activity: Mapping[str, Any], columns: Columns, *, is_manual: bool, is_foot: bool) -> DeviceTotals:
    """Return Strava's totals. Its moving time stands for the timer's: for runs it honours the watch's pauses."""
    distance_m, ascent_m = _positive(activity.get("distance")), _positive(activity.get("total_elevation_gain"))
    has_way = is_manual or "distance_m" in columns or "latitude_deg" in columns
    cadence = _positive(activity.get("average_cadence"))
    if cadence is not None and cadence < STEPS_WHILE_RUNNING:
        cadence *= STEPS_PER_STRIDE
    return DeviceTotals(
        distance_m=distance_m if has_way or distance_m else None,  # Strava writes 0 where nothing is known
        elapsed_s=_positive(activity.get("elapsed_time")),
        timer_s=_positive(activity.get("moving_time")) or None,
        ascent_m=ascent_m if ascent_m or "altitude_m" in columns else None,
        mean_cadence_spm=cadence if is_foot and cadence else None,
        mean_heart_rate_bpm=_positive(activity.get("average_heartrate")) or None,
    )


def _note(activity: Mapping[str, Any]) -> str | None:
    """Return what the runner wrote: the description, and below it the private note."""
    parts = [_text(activity.get(name), MAX_NOTE) for name in ("description", "private_note")]
    return "\n\n".join(dict.fromkeys(part for part in parts if part)) or None


def _text(value: object, longest: int) -> str | None:
    """Return a text that can be stored and printed: half an emoji becomes a question mark, a control code a space."""
    if not isinstance(value, str):
        return None
    kept = value.encode("utf-8", "replace").decode()
    return _CONTROL.sub(" ", kept).strip()[:longest] or None


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found - datetime(1, 1, 3, tzinfo=UTC) > timedelta() else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _within(value: object, low: float, high: float) -> float | None:
    number = _number(value)
    return number if number is not None and low <= number <= high else None


def _positive(value: object) -> float | None:
    return _within(value, 0.0, 1e9)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
