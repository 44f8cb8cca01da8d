"""The whole block: weeks of running under their stages, and the hip's four answers to every run, one line a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.block_pain import WORD_PX_PER_DAY, BlockDrawing, moment_panel
from pipeline.reports.charts.marks import (
    Rows,
    Spec,
    beside,
    chart,
    end_of,
    key_panel,
    layer,
    lines_panel,
    number_axis,
    panel,
    quantity,
    stacked,
    symbols,
)
from pipeline.reports.charts.scales import ticks
from pipeline.reports.format import OUTCOME_WORDS, day, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pipeline.reports.charts.render import Chart

STAGE_PX: Final = 18
LOAD_PX: Final = 100
VERDICT_PX: Final = 16
#: A log of years is cut to its newest weeks: more can't be told apart on paper.
MOST_WEEKS: Final = 104

_BANDS: Final = ("#ffffff", "#edf1f4")


@dataclass(frozen=True, slots=True)
class BlockChart:
    """What the picture of a block is made of; rows carry the names of the public relations."""

    weeks: Sequence[Mapping[str, Any]]  #: rows of week_summary, in order, weeks without a run among them
    stages: Sequence[Mapping[str, Any]]  #: stage_id, stage_name, from_date, to_date (its last day), set_by; in order
    runs: Sequence[Mapping[str, Any]]  #: rows of chart_week_sessions that are runs, in order
    pain_limit_0_10: float | None  #: above this pain during a run the stage of today holds; None where it sets none
    as_of_date: date
    withheld: Sequence[
        Mapping[str, Any]
    ] = ()  #: runs left out because their source's terms don't let a clinician see them


def block_chart(data: BlockChart, width_px: int = theme.PAGE_WIDTH_PX) -> Chart:
    """Draw the block.

    Args:
        data: at least one week.
        width_px: of the whole picture, from 320 px (a phone) on.
    """
    drawing = BlockDrawing(data, width_px, list(data.weeks)[-MOST_WEEKS:])
    moments = [moment_panel(drawing, name, is_last=name == "next_morning") for name in theme.MOMENTS]
    panels = [_stages(drawing), _load(drawing), _verdicts(drawing), *moments]
    shapes = key_panel(_shapes(drawing), width_px=width_px)
    key = stacked([*shapes, *lines_panel(_key_lines(drawing), width_px=width_px)])
    return chart([*panels, *key], width_px=width_px, description=_described(drawing), data={})


def _stages(drawing: BlockDrawing) -> Spec:
    """Stages as bands with their names; a band without a stage is named as that."""
    bands: Rows = []
    for place, stage in enumerate(drawing.data.stages):
        start = max(0.0, drawing.at(stage["from_date"]))
        end = min(drawing.domain[1], drawing.at(stage["to_date"]) + 1)
        if end > start:
            name = stage["stage_id"] or "no stage"
            full = f"{name}, {stage['stage_name']}" if stage["stage_name"] else name
            room = (end - start) * drawing.px_per_day - 6
            fits = next(
                (text for text in (full, name) if len(text) * theme.LETTER_WIDTH_RATIO * theme.SMALL_PX <= room), ""
            )
            bands.append({"x": start, "x2": end, "c": _BANDS[(place + 1) % 2], "w": fits})
    fill = {"field": "c", "type": "nominal", "scale": None}
    band = {"type": "rect", "stroke": theme.SOFT, "strokeWidth": 0.8}
    text = {"type": "text", "align": "left", "dx": 4, "fontSize": theme.SMALL_PX, "color": theme.INK}
    full_height = {"y": {"value": 0}, "y2": {"value": STAGE_PX}}
    middle = {"value": STAGE_PX / 2}
    layers = [
        layer(bands, band, x=quantity("x", drawing.domain), x2=end_of("x2"), fill=fill, **full_height),
        layer(bands, text, x=drawing.x(), y=middle, text={"field": "w"}),
    ]
    return panel(layers, width_px=drawing.width_px, height_px=STAGE_PX, title="Stage")


def _load(drawing: BlockDrawing) -> Spec:
    """Kilometres of running a week; runs whose distance nobody knows are hollow, not nothing."""
    known = [week["run_distance_m"] / 1000 for week in drawing.weeks if week["run_distance_m"] is not None]
    high = round(1.2 * max([5.0, *known]), 1)
    bars: Rows = []
    unknown: Rows = []
    none: Rows = []
    told: Rows = []
    for place, week in enumerate(drawing.weeks):
        left = 7.0 * place
        if week["run_distance_m"] is not None and week["run_count"]:
            kilometres = round(week["run_distance_m"] / 1000, 2)
            bars.append({"x": left + 0.8, "x2": left + 6.2, "y": kilometres})
            told.append({"x": left + 3.5, "y": kilometres, "w": str(week["run_count"])})
        elif week["run_count"]:
            unknown.append({"x": left + 3.5, "w": "?"})
        elif drawing.px_per_day > WORD_PX_PER_DAY:
            none.append({"x": left + 3.5, "w": "none"})
    y = quantity("y", (0.0, high), number_axis(ticks((0.0, high), 4)))
    bar = {"type": "rect", "color": theme.SKY, "stroke": theme.INK, "strokeWidth": 0.8}
    text = {"type": "text", "fontSize": theme.SMALL_PX, "color": theme.INK}
    soft = {
        **text,
        "color": theme.SOFT,
        "fontStyle": "italic",
    }
    layers = [
        layer(bars, bar, x=quantity("x", drawing.domain), x2=end_of("x2"), y=y, y2={"datum": 0}),
        layer([{}], {"type": "rule", "color": theme.SOFT}, y={"value": LOAD_PX}),
    ]
    if drawing.px_per_day > 1.5:
        layers.append(layer(told, {**text, "dy": -7}, x=drawing.x(), y=beside("y", (0.0, high)), text={"field": "w"}))
    layers += [
        layer(rows, soft, x=drawing.x(), y={"value": LOAD_PX - 8}, text={"field": "w"})
        for rows in (unknown, none)
        if rows
    ]
    title = "Running a week (km), number of runs" if drawing.px_per_day > 1.5 else "Running a week (km)"
    return panel(layers, width_px=drawing.width_px, height_px=LOAD_PX, title=title)


def _verdicts(drawing: BlockDrawing) -> Spec:
    """Every run that is not within plan, by its shape."""
    rows: Rows = []
    for run in drawing.runs:
        shape, is_filled, colour = theme.VERDICT_MARKS[run["verdict"]]
        rows.append(
            {
                "x": drawing.at(run["session_date"]) + 0.5,
                "s": shape,
                "f": colour if is_filled else "#ffffff",
                "k": colour,
            }
        )
    size = 50 if drawing.px_per_day > WORD_PX_PER_DAY else 18
    layers = symbols(rows, quantity("x", drawing.domain), {"value": VERDICT_PX / 2}, size=size)
    return panel(
        layers,
        width_px=drawing.width_px,
        height_px=VERDICT_PX,
        title="Verdict of each run (shapes below)",
    )


def _shapes(drawing: BlockDrawing) -> list[tuple[str, str, str, str]]:
    """Return the shapes of the verdicts that are there, the worst first."""
    there = {run["verdict"] for run in drawing.runs}
    return [
        (shape, colour if is_filled else "#ffffff", colour, OUTCOME_WORDS[verdict].lower() if verdict else "not judged")
        for verdict, (shape, is_filled, colour) in theme.VERDICT_MARKS.items()
        if verdict in there
    ]


def _key_lines(drawing: BlockDrawing) -> list[str]:
    lines = ["Hollow, below 0: not answered. A missing answer is not a 0."]
    if drawing.is_weekly:
        lines.append("Each mark is the worst answer of a week.")
    if drawing.data.pain_limit_0_10 is not None:
        lines.append(f"Dashed line: above {drawing.data.pain_limit_0_10:g} during a run, the stage of today holds.")
    if drawing.data.withheld:
        lines.append(theme.withheld_words(len(drawing.data.withheld)).capitalize() + ".")
    if len(drawing.data.weeks) > len(drawing.weeks):
        lines.append(f"The newest {len(drawing.weeks)} of {len(drawing.data.weeks)} weeks.")
    return lines


def _described(drawing: BlockDrawing) -> str:
    data = drawing.data
    runs = drawing.runs
    last = drawing.weeks[-1]["week_start_date"] + timedelta(days=6)
    parts = [
        plural(len(drawing.weeks), "week"),
        f"from {day(drawing.start)} {drawing.start.year} to {day(last)} {last.year}",
        plural(len(runs), "run"),
    ]
    parts += [f"stage {stage['stage_id'] or 'not set'} from {day(stage['from_date'])}" for stage in data.stages[-6:]]
    for moment, (name, _) in theme.MOMENTS.items():
        known = [run[f"pain_{moment}"] for run in runs if run[f"pain_{moment}"] is not None]
        worst = f", worst {max(known):.0f}" if known else ""
        parts.append(f"pain {name} answered for {len(known)} of {len(runs)}{worst}")
    parts += [theme.withheld_words(len(data.withheld))] if data.withheld else []
    for verdict in ("contact_clinician", "hold", "outside_plan", "not_assessable", "pending"):
        count = sum(run["verdict"] == verdict for run in runs)
        parts += [f"{OUTCOME_WORDS[verdict].lower()}: {plural(count, 'run')}"] if count else []
    return "; ".join(parts) + "."
