"""Which devices measure altitude with a barometer, where the file doesn't list its sensors.

COROS and Suunto list no sensors in FIT, nor does any TCX or GPX. The table holds what the makers' specification pages
say ("barometric altimeter: yes"). A device that isn't in it counts as without: a hill that can't be assessed is said
so, a hill that isn't there would be blamed on the runner.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipeline.model import Device

#: Manufacturer -> pattern of the normalised name of its barometric devices (lower case, letters and digits only).
BAROMETRIC: Final[dict[str, re.Pattern[str]]] = {
    # coros.com, specifications: every watch from PACE (2018) on, APEX, VERTIX, has one; FIT products are bare numbers.
    "coros": re.compile(r"."),
    # suunto.com, product comparison: Ambit and Ambit2 (not S, R), Ambit3 Peak and Vertical, Traverse, the Spartans and
    # 9s with "Baro" or Ultra, 7, 9 Peak and Peak Pro, Vertical, Race, Ocean. Not: 3, 5, 5 Peak, plain 9, Trainer.
    "suunto": re.compile(
        r"baro|ultra|traverse|vertical|race|ocean|9peak|ambit3peak|ambit2?$|ambit2sapphire|^(suunto)?7$",
    ),
    # garmin.com, specifications, "barometric altimeter". Only what is worn on the wrist for running. 1537 has no name
    # in the FIT profile, lists no sensors and writes barometric altitude (METRICS.md, traps).
    "garmin": re.compile(
        r"^1537$|fenix|epix|tactix|quatix|^d2|marq|enduro|descent|instinct|"
        r"fr(910xt|920xt|935|945|955|965|970|645|255|265|165|570)|vivoactive(3|4|hr)|venu(?!sq)",
    ),
}

#: Strava says it in the creator of its GPX, "StravaGPX with barometer": it kept the device's altitude.
SAYS_SO: Final = re.compile(r"with barometer", re.IGNORECASE)


def has_barometer(device: Device) -> bool:
    """Return whether the device is known to hold a barometer: by its own list of sensors, its words or the table."""
    if device.lists_barometer is not None:
        return device.lists_barometer
    if device.name and SAYS_SO.search(device.name):
        return True
    names = [_normalised(name) for name in (device.product, device.name) if name]
    maker = _maker(device, names)
    return maker is not None and any(BAROMETRIC[maker].search(name.removeprefix(maker)) for name in names)


def _maker(device: Device, names: list[str]) -> str | None:
    """Return the key of the table, from the manufacturer or, in GPX and TCX, from the beginning of the name."""
    if device.manufacturer is not None:
        maker = _normalised(device.manufacturer)
        return maker if maker in BAROMETRIC else None
    for maker in BAROMETRIC:
        if any(name.startswith(maker) for name in names):
            return maker
    return "garmin" if any(re.match(r"fr\d|fenix|epix|vivoactive|venu", name) for name in names) else None


def _normalised(name: str) -> str:
    """Return "fr935" for "Forerunner 935", "garminfenix6x" for "Garmin fenix6X"."""
    without_accents = unicodedata.normalize("NFKD", name.lower())
    return re.sub(r"[^a-z0-9]", "", without_accents).replace("forerunner", "fr")
