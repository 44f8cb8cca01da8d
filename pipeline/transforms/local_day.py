"""The runner's own day: the week ends on Sunday night where the runner is, not in Greenwich.

METRICS.md, "local day and week": the zone of the start position; else the offset that the device claims, unless it is
zero (Suunto often writes 0); else the runner's home zone. The UTC date is wrong for 17.5 % of real runs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipeline.model import Recording

TimeZoneSource = Literal["place", "device", "home"]

#: Offsets in use run from -12 h to +14 h in quarters of an hour (IANA tz database). A claim outside it, or more than
#: two minutes beside a quarter, comes from swapped fields (FAILURES.md, "UTC and local fields swapped in FIT").
MIN_OFFSET_S: Final = -12 * 3600
MAX_OFFSET_S: Final = 14 * 3600
QUARTER_S: Final = 900
OFFSET_SLACK_S: Final = 120


def local_start(
    recording: Recording, home_time_zone: str, zone_at: Callable[[float, float], str | None] | None
) -> tuple[str, int, TimeZoneSource]:
    """Return the local ISO date of the start, its offset from UTC in seconds, and what told it.

    Args:
        recording: its positions and its device's claim are looked at.
        home_time_zone: IANA name; an unknown one counts as UTC (settings are checked where they are read).
        zone_at: (latitude_deg, longitude_deg) -> IANA name or None.
    """
    start = recording.start_utc
    place = _place(recording)
    if zone_at is not None and place is not None:
        offset_s = _offset_s(zone_at(*place), start)
        if offset_s is not None:
            return _date(start, offset_s), offset_s, "place"
    claimed_s = _believable(recording.utc_offset_s)
    if claimed_s is not None:
        return _date(start, claimed_s), claimed_s, "device"
    home_s = _offset_s(home_time_zone, start) or 0
    return _date(start, home_s), home_s, "home"


def _place(recording: Recording) -> tuple[float, float] | None:
    """Return the first position that is one: 0°, 0° is an empty field, not the Gulf of Guinea."""
    samples = recording.samples
    known = np.isfinite(samples.latitude_deg) & np.isfinite(samples.longitude_deg)
    known &= (np.abs(samples.latitude_deg) > 1e-3) | (np.abs(samples.longitude_deg) > 1e-3)
    if not known.any():
        return None
    first = int(np.argmax(known))
    return float(samples.latitude_deg[first]), float(samples.longitude_deg[first])


def _offset_s(zone_name: str | None, at_utc: datetime) -> int | None:
    if not zone_name:
        return None
    try:
        offset = at_utc.astimezone(ZoneInfo(zone_name)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return None
    return None if offset is None else round(offset.total_seconds())


def _believable(claimed_s: int | None) -> int | None:
    """Return the claim brought to the quarter of an hour; None where it can't be one or is 0, which may mean none."""
    if claimed_s is None:
        return None
    quarter_s = round(claimed_s / QUARTER_S) * QUARTER_S
    if quarter_s == 0 or abs(claimed_s - quarter_s) > OFFSET_SLACK_S or not MIN_OFFSET_S <= quarter_s <= MAX_OFFSET_S:
        return None
    return quarter_s


def _date(start: datetime, offset_s: int) -> str:
    return (
        (start.replace(tzinfo=None) - (start.utcoffset() or timedelta()) + timedelta(seconds=offset_s))
        .date()
        .isoformat()
    )
