"""Stored values -> text for people: the only way out of metres and seconds."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from pipeline.units import pace_from_mps

if TYPE_CHECKING:
    from datetime import date

MISSING: Final = "–"

#: Words for outcomes, the same for runner and clinician. Never "safe", "ready" or a colour of alarm.
OUTCOME_WORDS: Final = {
    "contact_clinician": "CONTACT YOUR CLINICIAN",
    "hold": "hold",
    "outside_plan": "outside plan",
    "not_assessable": "not fully known",
    "pending": "pending",
    "note": "note",
    "within_plan": "within plan",
    None: MISSING,
}

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(value: date) -> str:
    """Return a day as "Mon 2 Mar"; the same in every locale of the machine."""
    return f"{_WEEKDAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]}"


def distance(distance_m: float | None) -> str:
    """Return kilometres with two digits."""
    return MISSING if distance_m is None else f"{distance_m / 1000:.2f} km"


def duration(duration_s: float | None) -> str:
    """Return h:mm:ss or m:ss."""
    if duration_s is None:
        return MISSING
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def pace(speed_mps: float | None) -> str:
    """Return minutes a kilometre; nothing that moves slower than an hour a kilometre has a pace."""
    if speed_mps is None or speed_mps < 1 / 3.6:
        return MISSING
    minutes, seconds = divmod(round(pace_from_mps(speed_mps)), 60)
    return f"{minutes}:{seconds:02d}/km"


def metres(length_m: float | None) -> str:
    """Return whole metres."""
    return MISSING if length_m is None else f"{length_m:.0f} m"


def cadence(cadence_spm: float | None) -> str:
    """Return whole steps a minute."""
    return MISSING if cadence_spm is None else f"{cadence_spm:.0f} steps/min"


def share(ratio: float | None) -> str:
    """Return a signed part of one in per cent."""
    return MISSING if ratio is None else f"{100 * ratio:+.0f} %"


def count(value: float | None) -> str:
    """Return a whole number with thousands apart."""
    return MISSING if value is None else f"{value:,.0f}"


def plural(number: int, noun: str) -> str:
    """Return "1 run", "2 runs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def table(header: list[str], lines: list[list[str]], indent: str = "  ") -> list[str]:
    """Return lines of left-aligned columns, two spaces apart."""
    widths = [max(len(line[place]) for line in [header, *lines]) for place in range(len(header))]
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))).rstrip()
        for line in [header, *lines]
    ]


def wrapped(sentence: str, width: int, indent: str = "", hanging: str = "  ") -> list[str]:
    """Return a sentence in lines of at most `width` columns, further lines indented by `hanging` more."""
    return textwrap.wrap(
        sentence,
        max(width, 30),
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
