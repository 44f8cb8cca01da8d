"""The block's weeks side by side on one axis, and the hip's answers on it, one line a moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import Rows, Spec, beside, labelled_axis, layer, number_axis, panel, quantity, words
from pipeline.reports.format import day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from pipeline.reports.charts.block import BlockChart

MOMENT_PX: Final = 56
#: Of a moment's line, the part below 0 where an answer that was not given is drawn.
UNSAID_PX: Final = 13
#: From this many weeks on, each week shows its worst answer instead of each run its own.
WEEKLY_FROM: Final = 27
#: From this many weeks on, the axis names months and years.
YEARS_FROM: Final = 41
#: Room that a day needs for words and full-sized marks to stand beside each other.
WORD_PX_PER_DAY: Final = 4


@dataclass(frozen=True, slots=True)
class BlockDrawing:
    data: BlockChart
    width_px: int
    weeks: list[Mapping[str, Any]]

    @property
    def start(self) -> date:
        found: date = self.weeks[0]["week_start_date"]
        return found

    @property
    def domain(self) -> tuple[float, float]:
        return (0.0, 7.0 * len(self.weeks))

    @property
    def is_weekly(self) -> bool:
        return len(self.weeks) >= WEEKLY_FROM

    @property
    def runs(self) -> list[Mapping[str, Any]]:
        return [run for run in self.data.runs if run["session_date"] >= self.start]

    @property
    def px_per_day(self) -> float:
        return theme.plot_width(self.width_px) / self.domain[1]

    def at(self, when: date) -> float:
        """Return a day's left edge in days since the first week's Monday."""
        return float((when - self.start).days)

    def x(self, field: str = "x") -> Spec:
        return beside(field, self.domain)

    def days_axis(self) -> Spec:
        """Name Mondays as far apart as their names are wide."""
        is_long = len(self.weeks) >= YEARS_FROM
        step = max(1, math.ceil((58 if is_long else 46) / (7 * self.px_per_day)))
        labels = {
            7.0 * place: _monday(week["week_start_date"], is_long=is_long)
            for place, week in enumerate(self.weeks)
            if place % step == 0
        }
        return labelled_axis(labels, grid=False, labelAlign="left")


def _monday(when: date, *, is_long: bool) -> str:
    """Return "2 Mar", or "Mar 2026" where a block reaches over years."""
    named = day(when).partition(" ")[2]
    return f"{named.partition(' ')[2]} {when.year}" if is_long else named


def moment_panel(drawing: BlockDrawing, moment: str, *, is_last: bool) -> Spec:
    """The answers of one moment; one that was not given is hollow, below the 0."""
    name, shape = theme.MOMENTS[moment]
    said, unsaid, pending = _answers(drawing, f"pain_{moment}")
    top = MOMENT_PX - UNSAID_PX
    y = quantity("y", (-10 * UNSAID_PX / top, 10.0), number_axis([0, 5, 10]))
    size = 34 if drawing.px_per_day > WORD_PX_PER_DAY else 14
    point = {"type": "point", "shape": shape, "filled": True, "size": size, "opacity": 1, "color": theme.INK}
    hollow = {**point, "filled": False, "fill": "#ffffff", "stroke": theme.SOFT, "strokeWidth": 1, "size": size * 0.8}
    low_px = MOMENT_PX - UNSAID_PX // 2 + 2
    low = {"value": low_px}
    x = quantity("x", drawing.domain, drawing.days_axis() if is_last else None)
    layers = [
        layer(said, {"type": "rule", "color": theme.SOFT, "strokeWidth": 1}, x=x, y=y, y2={"datum": 0}),
        layer(said, point, x=drawing.x(), y=beside("y", y["scale"]["domain"])),
    ]
    layers += [layer(unsaid, hollow, x=drawing.x(), y=low)] if unsaid else []
    if pending:
        text = {"type": "text", "fontSize": theme.SMALL_PX, "fontStyle": "italic", "color": theme.SOFT, "text": "due"}
        layers.append(layer(pending, text, x=drawing.x(), y=low))
    if moment == "during" and drawing.data.pain_limit_0_10 is not None:
        level: Rows = [{"y": drawing.data.pain_limit_0_10}]
        line = {"type": "rule", "color": theme.VERMILION, "strokeDash": [4, 3]}
        layers.append(layer(level, line, y=beside("y", y["scale"]["domain"])))
    if not said and not unsaid and not pending:
        layers.append(words("no run", 0, low_px, color=theme.SOFT, fontStyle="italic"))
    answered = f"{len(said)} of {len(said) + len(unsaid)} {'weeks' if drawing.is_weekly else 'answered'}"
    title = f"Pain {name}, 0–10 ({answered})"
    return panel(layers, width_px=drawing.width_px, height_px=MOMENT_PX, title=title)


def _answers(drawing: BlockDrawing, field: str) -> tuple[Rows, Rows, Rows]:
    """Return (said, not said, not due yet): a run each, or the worst of a week each over long blocks."""
    said: Rows = []
    unsaid: Rows = []
    pending: Rows = []
    groups: dict[float, list[Mapping[str, Any]]] = {}
    for run in drawing.runs:
        at = drawing.at(run["session_date"])
        groups.setdefault(at // 7 * 7 + 3.5 if drawing.is_weekly else at + 0.5, []).append(run)
    for at, runs in groups.items():
        known = [run[field] for run in runs if run[field] is not None]
        if known:
            said.append({"x": at, "y": max(known)})
        elif all(run["is_pending"] for run in runs):
            pending.append({"x": at})
        else:
            unsaid.append({"x": at})
    return said, unsaid, pending
