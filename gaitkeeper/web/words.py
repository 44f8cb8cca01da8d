"""What the pages say and how values are written: the filters of the templates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.answers import MOMENT_WORDS, MOMENTS, PHASES, RED_FLAGS, SIDES
from pipeline.rehab import DRILLS, REHAB_KINDS
from pipeline.reports import format as fmt
from pipeline.reports.clinician.words import PHASE_WORDS, RED_FLAG_WORDS, plain_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: A shape for each verdict, so that nothing is told by colour alone; the same shapes as in the charts.
VERDICT_MARKS: Final = {
    "contact_clinician": "✕",
    "hold": "■",
    "outside_plan": "◆",
    "not_assessable": "○",
    "pending": "▷",
    "note": "▲",
    "within_plan": "●",
    None: "–",
}

#: What the numbers of the pain scale are called (NPRS: 0 is no pain, 10 the worst that one can imagine).
PAIN_ENDS: Final = {0: "no pain", 10: "worst imaginable"}

KIND_WORDS: Final = {kind: kind.replace("_", " ") for kind in REHAB_KINDS}

_TEMPLATES: Final = Path(__file__).parent / "templates"


def environment(static_url: Callable[[str], str]) -> Environment:
    """Return the templates: everything that comes from people or files is text, never markup."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "day": fmt.day,
        "long_day": long_day,
        "distance": fmt.distance,
        "duration": fmt.duration,
        "pace": fmt.pace,
        "metres": fmt.metres,
        "cadence": fmt.cadence,
        "share": fmt.share,
        "count": fmt.count,
        "number": number,
        "instant": instant,
        "address": lambda value: quote(str(value), safe=""),
        "spaced": lambda value: str(value).replace("_", " "),
        "capital": capital,
        "in_words": plain_message,
    }
    made.globals |= {
        "static": static_url,
        "MISSING": fmt.MISSING,
        "VERDICT_WORDS": fmt.OUTCOME_WORDS,
        "VERDICT_MARKS": VERDICT_MARKS,
        "MOMENTS": MOMENTS,
        "MOMENT_WORDS": MOMENT_WORDS,
        "PHASES": PHASES,
        "PHASE_WORDS": PHASE_WORDS,
        "RED_FLAGS": RED_FLAGS,
        "RED_FLAG_WORDS": RED_FLAG_WORDS,
        "SIDES": SIDES,
        "PAIN_ENDS": PAIN_ENDS,
        "REHAB_KINDS": REHAB_KINDS,
        "KIND_WORDS": KIND_WORDS,
        "DRILLS": DRILLS,
        "start_of": start_of,
        "plural": fmt.plural,
    }
    return made


def long_day(value: date) -> str:
    """Return a day with its year."""
    return f"{fmt.day(value)} {value.year}"


def number(value: float | None) -> str:
    """Return a number with at most two digits behind the point."""
    return fmt.MISSING if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def instant(value: datetime | None) -> str:
    """Return an instant, in UTC."""
    return fmt.MISSING if value is None else f"{fmt.day(value.astimezone(UTC))} {value.astimezone(UTC):%H:%M} UTC"


def start_of(session: Mapping[str, Any]) -> str:
    """Return when a session began, as the runner's clock showed it."""
    return f"{session['start_utc'] + timedelta(seconds=session['utc_offset_s']):%H:%M}"


def capital(text: str) -> str:
    """Return a text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]
