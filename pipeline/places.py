"""Which time zone a place lies in: the sole user of timezonefinder.

The table is bundled with the package; nothing is asked of the network. It is loaded when the first place is asked for.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timezonefinder import TimezoneFinder


@cache
def _finder() -> TimezoneFinder:
    from timezonefinder import TimezoneFinder  # noqa: PLC0415 - 80 ms for those who ask for no place

    return TimezoneFinder(in_memory=True)


@lru_cache(maxsize=4096)
def _zone_of_cell(latitude_deg: float, longitude_deg: float) -> str | None:
    name = _finder().timezone_at(lat=latitude_deg, lng=longitude_deg)
    return None if name is None else str(name)


def zone_at(latitude_deg: float, longitude_deg: float) -> str | None:
    """Return the IANA name of the zone at a place, None where there is none (or the place is none).

    Places are rounded to 1/1000 degree (about 100 m): runs from one front door are looked up once.
    """
    if not (-90.0 <= latitude_deg <= 90.0 and -180.0 <= longitude_deg <= 180.0):
        return None
    return _zone_of_cell(round(latitude_deg, 3), round(longitude_deg, 3))
