"""How every chart looks: sizes, colours, shapes, words. One look that reads on a phone, in grey print and colour-blind.

Colours are Okabe and Ito's (jfly.uni-koeln.de/color, made for all kinds of colour blindness); nothing is told by colour
alone: a line has its own dash and a label at its end, a mark its own shape, and ramps get darker with what they mean.
"""

from __future__ import annotations

from typing import Any, Final

#: Widths that the charts are made for, in CSS pixels: a small phone, a page, and A4 between 20 mm margins (96 dpi).
PHONE_WIDTH_PX: Final = 360
PAGE_WIDTH_PX: Final = 720
PRINT_WIDTH_PX: Final = 640

#: Room on both sides of the plots: labels of the axes at the left, half a label at the right.
LEFT_PX: Final = 46
RIGHT_PX: Final = 14
#: Below this width, words are shortened and labels are thinned.
NARROW_PX: Final = 480

FONT: Final = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"
#: Mean width of a letter as a part of its size: 0.42 to 0.49 in the sentences of the protocol, set in Liberation Sans;
#: a little more leaves room for other fonts.
LETTER_WIDTH_RATIO: Final = 0.52
TEXT_PX: Final = 11
SMALL_PX: Final = 10
LINE_PX: Final = 14

INK: Final = "#1b2733"
SOFT: Final = "#5b6770"
GRID: Final = "#e3e7ea"
PALE: Final = "#cfd8df"
BLUE: Final = "#0072b2"
SKY: Final = "#56b4e9"
VERMILION: Final = "#b84a00"  # Okabe-Ito's, darker: 4.5 : 1 on white, so that words may have it
GREEN: Final = "#00735a"
PAUSE: Final = "#8a949b"

#: Steepness from pale to dark, so that grey print keeps the order: up in oranges, down in blues. The steps are those of
#: the default limits.
GRADE_STEPS_PCT: Final = (2.0, 4.0, 6.0, 8.0)
UP_RAMP: Final = ("#fdd9b5", "#f5ad66", "#dd7a1f", "#a84a00", "#5f2600")
DOWN_RAMP: Final = ("#cfe6f5", "#93c7ea", "#4a9bd0", "#1a6398", "#0b3557")

#: Verdict -> (shape, filled, colour). Different in shape before they differ in colour.
VERDICT_MARKS: Final[dict[str | None, tuple[str, bool, str]]] = {
    "contact_clinician": ("cross", True, INK),
    "hold": ("square", True, VERMILION),
    "outside_plan": ("diamond", True, VERMILION),
    "not_assessable": ("circle", False, SOFT),
    "pending": ("triangle-right", False, SOFT),
    "note": ("triangle-up", True, BLUE),
    "within_plan": ("circle", True, GREEN),
    None: ("stroke", True, SOFT),
}

#: The four moments of a pain answer with their shapes, in the order of time.
MOMENTS: Final[dict[str, tuple[str, str]]] = {
    "before": ("before", "circle"),
    "during": ("during", "triangle-up"),
    "after": ("after", "square"),
    "next_morning": ("next morning", "diamond"),
}


def withheld_words(run_count: int) -> str:
    """Say how many runs are left out of a clinician's picture, and why."""
    runs = "1 run is" if run_count == 1 else f"{run_count} runs are"
    return f"{runs} left out: the terms of their source don't let a clinician see them"


def plot_width(width_px: int) -> int:
    """Return the room between the axes of a chart this wide."""
    return width_px - LEFT_PX - RIGHT_PX


def grade_colour(grade_pct: float, direction: str) -> str:
    """Return the colour of a climb or descent: the steeper, the darker."""
    ramp = UP_RAMP if direction == "up" else DOWN_RAMP
    return ramp[sum(abs(grade_pct) >= step for step in GRADE_STEPS_PCT)]


def wrapped(text: str, room_px: int, size_px: int = TEXT_PX) -> list[str]:
    """Return a text in lines that fit; a word longer than a line is cut."""
    room = max(8, int(room_px / (LETTER_WIDTH_RATIO * size_px)))
    lines: list[str] = []
    line = ""
    for word in (part for whole in text.split() for part in _parts(whole, room)):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines


def _parts(word: str, room: int) -> list[str]:
    return [word[start : start + room] for start in range(0, len(word), room)]


def config() -> dict[str, Any]:
    """Return the look as Vega-Lite's config."""
    axis = {
        "labelFont": FONT,
        "labelFontSize": TEXT_PX,
        "labelColor": INK,
        "titleFont": FONT,
        "titleFontSize": TEXT_PX,
        "titleFontWeight": "normal",
        "titleColor": INK,
        "gridColor": GRID,
        "domainColor": SOFT,
        "tickColor": SOFT,
        "tickSize": 4,
    }
    return {
        "aria": False,  # one sentence speaks for the whole picture; a label a point would drown it
        "font": FONT,
        "background": "#ffffff",
        "axis": axis,
        "view": {"stroke": None},
        "title": {
            "font": FONT,
            "fontSize": TEXT_PX,
            "fontWeight": "bold",
            "color": INK,
            "anchor": "start",
            "frame": "group",
            "offset": 6,
        },
        "text": {"font": FONT, "fontSize": TEXT_PX, "color": INK},
        "line": {"strokeJoin": "round", "strokeCap": "round"},
    }
