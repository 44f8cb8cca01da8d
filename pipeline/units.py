"""Units: one a dimension in storage, the suffix in every name, and the conversions in and out.

Conversions are used by connectors (on the way in) and reports (on the way out) only.
"""

from __future__ import annotations

from typing import Final

#: Suffix of a name -> unit, as it stands in `sql/columns.toml` and in facts. Percent is stored for grade alone.
UNIT_OF_SUFFIX: Final[dict[str, str]] = {
    "_spm_per_mps": "steps/min per m/s",
    "_s_per_km": "s/km",
    "_m_per_km": "m/km",
    "_mps": "m/s",
    "_spm": "steps/min",
    "_bpm": "beats/min",
    "_degc": "°C",
    "_deg": "°",
    "_count": "1",
    "_ratio": "1",
    "_bytes": "B",
    "_pct": "%",
    "_utc": "instant",
    "_date": "local day",
    "_ms": "ms",
    "_kg": "kg",
    "_0_10": "0-10",
    "_0_100": "0-100",
    "_w": "W",
    "_m": "m",
    "_s": "s",
}

#: Degrees in one FIT semicircle: 180° are 2^31 (FIT SDK, Profile.xlsx, type `semicircles`).
DEG_PER_SEMICIRCLE: Final = 180.0 / 2**31

#: A stride is two steps: FIT running cadence counts one leg (FIT SDK, Profile.xlsx, `record.cadence`).
STEPS_PER_STRIDE: Final = 2


def unit_of(name: str) -> str | None:
    """Return the unit that a name's suffix says, None where it says none.

    The longest suffix wins, so `climb_m_per_km` is m/km, not km.
    """
    for suffix in sorted(UNIT_OF_SUFFIX, key=len, reverse=True):
        if name.endswith(suffix):
            return UNIT_OF_SUFFIX[suffix]
    return None


def mps_from_pace(s_per_km: float) -> float:
    """Return metres a second for a pace in seconds a kilometre."""
    return 1000.0 / s_per_km


def pace_from_mps(speed_mps: float) -> float:
    """Return seconds a kilometre for a speed in metres a second."""
    return 1000.0 / speed_mps
