"""One session: pace, altitude, cadence and heart rate on one time axis, with what was found where it was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import Spec, chart, key_panel, lines_panel, stacked
from pipeline.reports.charts.scales import clock, pace_text
from pipeline.reports.charts.session_layout import MARKED_OUTCOMES, MOST_CLIMBS, MOST_MARKED, laid_out
from pipeline.reports.charts.session_panels import (
    altitude_panel,
    cadence_panel,
    heart_rate_panel,
    pace_panel,
)
from pipeline.reports.format import OUTCOME_WORDS, day, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.reports.charts.render import Chart
    from pipeline.reports.charts.session_layout import Drawing

_KINDS: Final = {"pickup": "stride (pick-up)", "interval": "interval", "tempo": "tempo", "hard": "hard running"}


@dataclass(frozen=True, slots=True)
class SessionChart:
    """What the picture of one session is made of; rows carry the names of the public relations."""

    session: Mapping[str, Any]  #: a row of session
    samples: Sequence[
        Mapping[str, Any]
    ]  #: rows of chart_session_samples: bins of seconds, in order, no more than 300 or so
    surges: Sequence[Mapping[str, Any]]  #: rows of surge
    climbs: Sequence[Mapping[str, Any]]  #: rows of climb
    findings: Sequence[Mapping[str, Any]]  #: rows of finding that name a stretch, worst first
    baseline: Mapping[str, Any] | None  #: baseline_spm, baseline_speed_mps, slope_spm_per_mps; None where there is none
    least_cadence_ratio: float | None  #: limits of matched_cadence_ratio in the stage; None where there is none
    most_cadence_ratio: float | None


def session_chart(data: SessionChart, width_px: int = theme.PAGE_WIDTH_PX) -> Chart:
    """Draw one session.

    Args:
        data: the session with its samples in bins.
        width_px: of the whole picture, from 320 px (a phone) on.
    """
    drawing = laid_out(data, width_px)
    makers = [pace_panel, altitude_panel, cadence_panel, heart_rate_panel]
    panels = [maker(drawing, is_last=maker is makers[-1]) for maker in makers]
    key = _key_panels(drawing)
    return chart(
        [*panels, *key],
        width_px=width_px,
        description=_described(drawing),
        data={"samples": drawing.rows},
        foot_px=10 if key else 24,
    )


def _key_panels(drawing: Drawing) -> list[Spec]:
    """Say in words what the letters, numbers and shapes stand for."""
    lines = [
        f"{mark.letter}: {mark.message.rstrip('.')} ({OUTCOME_WORDS[mark.outcome].lower()})" for mark in drawing.marked
    ]
    more = sum(row["outcome"] in MARKED_OUTCOMES for row in drawing.data.findings)
    if more > MOST_MARKED:
        lines.append(f"{more - MOST_MARKED} more stretches are not marked.")
    lines += list(_surge_words(drawing.data.surges))
    if len(drawing.data.climbs) > MOST_CLIMBS:
        lines.append(f"{len(drawing.data.climbs) - MOST_CLIMBS} smaller climbs and descents are not marked.")
    if any("c" in row for row in drawing.rows):
        lines.append(drawing.band_words)
    if any(row["end_s"] - row["start_s"] > 1.5 for row in drawing.data.samples):
        lines.append("Lines: means of some seconds; grey behind them: from the slowest to the fastest second.")
    steep = key_panel(_climb_words(drawing), width_px=drawing.width_px)
    return stacked([*steep, *lines_panel(lines, width_px=drawing.width_px)])


def _climb_words(drawing: Drawing) -> list[tuple[str, str, str, str]]:
    """Return the colours of the climbs and descents that are there, with what they stand for."""
    there = {rows[0]["c"] for rows in drawing.climb_areas}
    steps = theme.GRADE_STEPS_PCT
    spans = [
        f"below {steps[0]:.0f} %",
        *(f"{a:.0f} to {b:.0f} %" for a, b in pairwise(steps)),
        f"{steps[-1]:.0f} % and more",
    ]
    return [
        ("square", colour, colour, f"{direction} {span}")
        for direction, ramp in (("up", theme.UP_RAMP), ("down", theme.DOWN_RAMP))
        for span, colour in zip(spans, ramp, strict=True)
        if colour in there
    ]


def _surge_words(surges: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    numbers: dict[tuple[str, bool], list[int]] = {}
    for number, surge in enumerate(surges, 1):
        numbers.setdefault((surge["kind"], surge["is_possible_only"]), []).append(number)
    for (kind, is_possible), found in numbers.items():
        hollow = "possible, hollow: cadence or barometer is missing" if is_possible else ""
        yield f"{_spans(found)}: {_KINDS.get(kind, kind)}{f' ({hollow})' if hollow else ''}"


def _spans(numbers: list[int]) -> str:
    """Return 1, 2, 3, 7 as "1 to 3, 7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]} to {part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts)


def _described(drawing: Drawing) -> str:
    """Return the picture as one sentence."""
    session = drawing.data.session
    when = session["session_date"]
    parts = [f"Session of {day(when)} {when.year}, {clock(drawing.axis.knots_s[-1])} long"]
    speeds = [row["v"] for row in drawing.rows if row.get("v", 0) > 0.5]
    parts.append(f"pace {pace_text(max(speeds))} at the fastest" if speeds else "speed not recorded")
    if session["ceiling_mps"]:
        parts.append(f"ceiling {pace_text(session['ceiling_mps'])} a kilometre")
    kinds = Counter(surge["kind"] for surge in drawing.data.surges)
    parts += [f"{count} x {_KINDS.get(kind, kind)}" for kind, count in kinds.items()]
    ups = [climb for climb in drawing.data.climbs if climb["direction"] == "up"]
    if session["altitude_source"] == "barometric":
        parts.append(plural(len(ups), "climb"))
    else:
        parts.append("hills not assessable")
    if not any("c" in row for row in drawing.rows):
        parts.append("cadence not recorded")
    if not any("h" in row for row in drawing.rows):
        parts.append("heart rate not recorded")
    if drawing.gaps:
        total_s = sum(gap["end_s"] - gap["start_s"] for gap in drawing.gaps)
        parts.append(f"{len(drawing.gaps)} x {drawing.gaps[0]['word']}, {clock(total_s)} in all")
    parts += [
        f"{OUTCOME_WORDS[mark.outcome]} from {clock(mark.start_s)} to {clock(mark.end_s)}: {mark.message.rstrip('.')}"
        for mark in drawing.marked
    ]
    return "; ".join(parts) + "."
