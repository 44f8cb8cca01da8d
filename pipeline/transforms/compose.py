"""One recording made of the copies of a session: the best one speaks, and what it lacks comes from the others.

Only whole channels are filled, never single holes: two devices side by side disagree by a little everywhere, and a
channel patched from both would show steps that nobody ran.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.model import FloatArray, Recording, Samples

#: Channels that another device can lend. Distance, speed and altitude are not among them: they carry the frame of their
#: own device (its start, its drift, its barometer), and facts are made from their differences.
LENDABLE: Final = (
    ("latitude_deg", "longitude_deg"),
    ("cadence_spm",),
    ("heart_rate_bpm",),
    ("power_w",),
    ("temperature_degc",),
    ("ground_contact_ms",),
    ("vertical_oscillation_m",),
    ("step_length_m",),
)

#: Formats that lend nothing to a file's copy. What Strava's API gives may be shown to the athlete alone (FAILURES.md):
#: a session that a file speaks for stays free of it, whole, and may reach a clinician. Strava's streams come from the
#: same watch, so what a file lacks they lack, too.
LENDS_NOTHING: Final = ("strava_streams",)

#: A lent value is at most this far in time from the instant that it is lent to: half of the longest pause between two
#: records of a smart recording that METRICS bridges for cadence would be 30 s; heart rate and cadence change within it.
MAX_DISTANCE_S: Final = 10.0


def compose(copies: Sequence[Recording]) -> tuple[Recording, dict[str, int]]:
    """Return one recording, and for each recorded channel the place of the copy that gave it.

    Args:
        copies: of one session, the best one first.
    """
    primary = copies[0]
    gave = {name: 0 for name in _channels(primary.samples) if primary.samples.has(name)}
    lent: dict[str, FloatArray] = {}
    for names in LENDABLE:
        for place, other in enumerate(copies[1:], 1):
            if other.format in LENDS_NOTHING and primary.format not in LENDS_NOTHING:
                continue
            if names[0] in gave or not all(other.samples.has(name) for name in names):
                continue
            moved = {name: _moved(other, primary, name) for name in names}
            if all(np.isfinite(values).any() for values in moved.values()):  # else no instant in common
                lent |= moved
                gave |= dict.fromkeys(names, place)
    return replace(primary, samples=replace(primary.samples, **lent)) if lent else primary, gave


def _channels(samples: Samples) -> tuple[str, ...]:
    return tuple(name for name in samples.__slots__ if name != "t_s")


def _moved(other: Recording, primary: Recording, name: str) -> FloatArray:
    """Return another copy's channel at the primary's instants: the nearest value in time, none farther than 10 s."""
    offset_s = (other.start_utc - primary.start_utc).total_seconds()
    values: FloatArray = getattr(other.samples, name)
    held = np.isfinite(values)
    times, values = other.samples.t_s[held] + offset_s, values[held]
    wanted = primary.samples.t_s
    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.clip(after - 1, 0, None)
    nearest = np.where(np.abs(times[before] - wanted) <= np.abs(times[after] - wanted), before, after)
    return np.where(np.abs(times[nearest] - wanted) <= MAX_DISTANCE_S, values[nearest], np.nan)
