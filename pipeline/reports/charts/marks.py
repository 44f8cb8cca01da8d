"""Layers of a chart in few words: Vega-Lite as plain data, over rows that are handed over once, by name.

Altair's own classes take 0.3 s to say one session's fourteen layers (each is checked against the schema as it is made);
the same dictionaries take a millisecond. `Chart.altair()` gives Altair's object, and a test holds every spec against
the schema that Altair carries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.render import Chart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Rows = list[dict[str, Any]]
Spec = dict[str, Any]

#: The Vega-Lite that Altair 6 checks against; vl-convert 1.9 draws it.
SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"

#: Room between two panels: the title of the lower one stands in it.
BETWEEN_PX: Final = 26


def quantity(field: str, domain: tuple[float, float], axis: Spec | None = None, *, clamp: bool = False) -> Spec:
    """Return a channel of numbers on an axis with fixed ends."""
    scale: Spec = {"domain": list(domain), "nice": False, "zero": False}
    return {
        "field": field,
        "type": "quantitative",
        "scale": {**scale, "clamp": True} if clamp else scale,
        "axis": axis,
        "title": None,
    }


def beside(field: str, domain: tuple[float, float]) -> Spec:
    """Return a channel on the axis that another layer of the panel brings (none at all where no layer does)."""
    channel = quantity(field, domain)
    del channel["axis"]
    return channel


def end_of(field: str) -> Spec:
    """Return the second end of an area, a bar or a rule."""
    return {"field": field}


def labelled_axis(places: Mapping[float, str], *, grid: bool = True, **more: Any) -> Spec:  # noqa: ANN401 - Vega-Lite's own options
    """Return an axis that says these words (ours, never somebody's text) at these places, and nothing else."""
    pairs = ",".join(f"'{_plain(place)}':'{text}'" for place, text in places.items())
    return {
        "values": [_plain(place) for place in places],
        "labelExpr": f"{{{pairs}}}[''+datum.value]" if places else "''",
        "title": None,
        "grid": grid,
        "labelOverlap": False,
        "tickCount": 2 * len(places) + 1,  # Vega drops every other one of more places than it would have chosen
        **more,
    }


def _plain(place: float) -> float:
    """Return a number that Python and JavaScript write alike: four digits at most, whole ones without a point."""
    rounded = round(place, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def number_axis(values: Sequence[float], **more: Any) -> Spec:  # noqa: ANN401 - Vega-Lite's own options
    """Return an axis with plain numbers at these places."""
    return labelled_axis({value: f"{value:g}" for value in values}, **more)


def layer(data: str | Rows, mark: Spec, **channels: Any) -> Spec:  # noqa: ANN401 - Vega-Lite's own channels
    """Return one layer: a mark over rows by the name that they were handed over with, or over a few of its own."""
    source = {"name": data} if isinstance(data, str) else {"values": data}
    return {"data": source, "mark": mark, "encoding": channels}


def words(text: str | list[str], x_px: int, y_px: int, **style: Any) -> Spec:  # noqa: ANN401 - Vega-Lite's own options
    """Return a text at a place of the plot, in pixels from its upper left corner."""
    mark = {"type": "text", "align": "left", "baseline": "middle", "color": theme.INK, **style}
    return {
        "data": {"values": [{"w": text}]},
        "mark": mark,
        "encoding": {"x": {"value": x_px}, "y": {"value": y_px}, "text": {"field": "w"}},
    }


def panel(layers: Sequence[Spec], *, width_px: int, height_px: int, title: str = "") -> Spec:
    """Return layers one above the other in a plot of this size, with its title above it at the left."""
    plot_px = theme.plot_width(width_px)
    edge = {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "opacity": 0},
        "encoding": {"x": {"value": -theme.LEFT_PX}, "x2": {"value": plot_px + theme.RIGHT_PX}, "y": {"value": 0}},
    }  # holds the picture's width whatever its labels are
    return {"width": plot_px, "height": height_px, "title": title, "layer": [edge, *layers]}


def lines_panel(lines: Sequence[str], *, width_px: int, title: str = "") -> list[Spec]:
    """Return a panel of plain lines of text, wrapped to the width; none where there are no lines."""
    room = theme.plot_width(width_px)
    text = [part for line in lines for part in theme.wrapped(line, room)]
    if not text:
        return []
    height = 4 + theme.LINE_PX * len(text)
    style = {"baseline": "top", "lineHeight": theme.LINE_PX, "color": theme.INK}
    return [panel([words(text, 0, 2, **style)], width_px=width_px, height_px=height, title=title)]


def key_panel(items: Sequence[tuple[str, str, str, str]], *, width_px: int, title: str = "") -> list[Spec]:
    """Return a panel that says what shapes stand for: (shape, fill, stroke, words), as many to a line as fit."""
    room = theme.plot_width(width_px)
    rows: Rows = []
    x, line = 0.0, 0
    for shape, fill, stroke, said in items:
        wide = 26 + theme.LETTER_WIDTH_RATIO * theme.TEXT_PX * len(said)
        if rows and x + wide > room:
            x, line = 0.0, line + 1
        rows.append(
            {"x": round(x + 6), "t": round(x + 15), "y": 9 + 17 * line, "s": shape, "f": fill, "k": stroke, "w": said}
        )
        x += wide
    height = 17 * (line + 1)
    place = {"y": pixels("y", height)}
    text = {"type": "text", "align": "left", "baseline": "middle", "color": theme.INK}
    layers = [
        *symbols(rows, pixels("x", room), place["y"], size=50),
        layer(rows, text, x=pixels("t", room), **place, text={"field": "w"}),
    ]
    return [panel(layers, width_px=width_px, height_px=height, title=title)] if rows else []


def stacked(panels: Sequence[Spec]) -> list[Spec]:
    """Return panels of words close to each other, as one; none where there are none."""
    return [{"vconcat": list(panels), "spacing": 6, "bounds": "flush"}] if panels else []


def pixels(field: str, length_px: int) -> Spec:
    """Return a channel whose numbers are pixels from the plot's upper left corner."""
    scale = {"domain": [0, length_px], "range": [0, length_px], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def symbols(rows: Rows, x: Spec, y: Spec, *, size: int) -> list[Spec]:
    """Draw rows with a shape `s`, a fill `f` and a stroke `k` as their own symbols; nothing for no rows."""
    mark = {"type": "point", "size": size, "strokeWidth": 1.5, "opacity": 1}
    style = {"shape": as_said("s"), "fill": as_said("f"), "stroke": as_said("k")}
    return [layer(rows, mark, x=x, y=y, **style)] if rows else []


def as_said(field: str) -> Spec:
    """Return a channel whose rows hold the colour or shape itself: no scale that another panel would share."""
    return {"field": field, "type": "nominal", "scale": None, "legend": None}


def edged(rows: Rows, mark: Spec, **channels: Any) -> list[Spec]:  # noqa: ANN401 - Vega-Lite's own channels
    """Return a text twice: a white edge first, so that it reads on whatever lies below it."""
    return [
        layer(rows, {**mark, "stroke": "#ffffff", "strokeWidth": 3, "strokeJoin": "round"}, **channels),
        layer(rows, mark, **channels),
    ]


def chart(
    panels: Sequence[Spec],
    *,
    width_px: int,
    description: str,
    data: Mapping[str, Rows],
    foot_px: int = 10,
    between_px: int = BETWEEN_PX,
) -> Chart:
    """Stack panels into a chart exactly `width_px` wide.

    Args:
        panels: from the top; each as wide as the plot.
        width_px: with the axes' labels.
        description: one sentence for those who don't see it.
        data: the rows that layers name.
        foot_px: room below the last panel, for the labels of its axis where it has one.
        between_px: room between two panels.
    """
    spec = {
        "$schema": SCHEMA,
        "description": description,
        "background": "#ffffff",
        "padding": {"left": 0, "right": 0, "top": 6, "bottom": foot_px},
        "bounds": "flush",
        "spacing": between_px,
        "datasets": dict(data),
        "vconcat": list(panels),
        "config": theme.config(),
    }
    return Chart(spec, description, width_px)
