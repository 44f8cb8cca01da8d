"""What is drawn on top of a session's course, or behind it: pauses, findings, levels, surges, climbs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import Rows, Spec, as_said, beside, edged, end_of, layer
from pipeline.reports.charts.scales import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.reports.charts.session_layout import Drawing

#: Room for the letters of findings, a lane each.
LANE_PX: Final = 15

SURGE_SHAPES: Final = {"pickup": "triangle-up", "interval": "square", "tempo": "diamond", "hard": "cross"}


def on(channel: Spec, field: str) -> Spec:
    """Return a channel of another field on the same axis, which is drawn once."""
    return {**{key: value for key, value in channel.items() if key != "axis"}, "field": field}


def _ends(drawing: Drawing, rows: Sequence[Mapping[str, Any]]) -> Rows:
    return [{"x": drawing.axis.at(row["start_s"]), "x2": drawing.axis.at(row["end_s"])} for row in rows]


def pauses(drawing: Drawing, height_px: int, *, is_told: bool) -> list[Spec]:
    """Draw pauses as stripes of thin lines, like nothing that was measured, with their length where there is room."""
    if not drawing.gaps:
        return []
    domain = (0.0, drawing.axis.length)
    room = theme.plot_width(drawing.width_px)
    stripe = 3 * drawing.axis.length / room
    stripes: Rows = []
    for gap in _ends(drawing, drawing.gaps):
        count = max(1, int((gap["x2"] - gap["x"]) / stripe))
        stripes += [{"x": round(gap["x"] + place * (gap["x2"] - gap["x"]) / count, 2)} for place in range(count + 1)]
    across = {"y": {"value": 0}, "y2": {"value": height_px}}
    tint = {"type": "rect", "color": theme.PALE, "opacity": 0.5}
    found = [layer(_ends(drawing, drawing.gaps), tint, x=beside("x", domain), x2=end_of("x2"), **across)]
    found += [
        layer(stripes, {"type": "rule", "color": theme.PAUSE, "strokeWidth": 0.8}, x=beside("x", domain), **across)
    ]
    told: Rows = [
        {
            "x": drawing.axis.at((gap["start_s"] + gap["end_s"]) / 2),
            "w": f"{gap['word']} {clock(gap['end_s'] - gap['start_s'])}",
        }
        for gap in drawing.gaps
    ]
    told = _apart(told, 30 * drawing.axis.length / room) if is_told else []
    if told:
        text = {"type": "text", "angle": 270, "baseline": "middle", "fontSize": theme.SMALL_PX, "color": theme.INK}
        place = {"x": beside("x", domain), "y": {"value": height_px / 2}, "text": {"field": "w"}}
        found += edged(told, text, **place)
    return found


def _apart(rows: Rows, least: float) -> Rows:
    kept: Rows = []
    for row in rows:
        if not kept or row["x"] - kept[-1]["x"] >= least:
            kept.append(row)
    return kept


def breaches(drawing: Drawing, panel_name: str, height_px: int) -> list[Spec]:
    """Draw the stretches of a panel's findings: a tint, a bar at the top, and the letter of the key."""
    domain = (0.0, drawing.axis.length)
    tint = {"type": "rect", "color": theme.VERMILION, "opacity": 0.10}
    edge = {"type": "rule", "color": theme.VERMILION, "strokeWidth": 1, "strokeDash": [3, 2]}
    bar = {"type": "rect", "color": theme.VERMILION}
    text = {"type": "text", "align": "left", "baseline": "top", "dy": 3, "fontWeight": "bold", "color": theme.VERMILION}
    full = {"y": {"value": 0}, "y2": {"value": height_px}}
    found: list[Spec] = []
    for mark in (mark for mark in drawing.marked if mark.panel == panel_name):
        row = {"x": drawing.axis.at(mark.start_s), "x2": drawing.axis.at(mark.end_s), "w": mark.letter}
        start, ends = {"x": beside("x", domain)}, {"x": beside("x", domain), "x2": end_of("x2")}
        top = mark.lane * LANE_PX
        found += [
            layer([row], tint, **ends, **full),
            layer([row, {"x": row["x2"]}], edge, **start, **full),
            layer([row], bar, **ends, y={"value": top}, y2={"value": top + 3}),
            layer([row], text, **start, y={"value": top}, text={"field": "w"}),
        ]
    return found


def line_at(
    value: float, label: str, drawing: Drawing, y: Spec, *, colour: str, dash: list[int], at: str = "right"
) -> list[Spec]:
    """Draw a level across the panel with its name above it, at one end."""
    row: Rows = [{"v": value, "w": label}]
    level = on(y, "v")
    text = {"type": "text", "align": at, "baseline": "bottom", "dy": -2, "fontSize": theme.SMALL_PX, "color": colour}
    end = theme.plot_width(drawing.width_px) if at == "right" else 3
    return [
        layer(row, {"type": "rule", "color": colour, "strokeWidth": 1.5, "strokeDash": dash}, y=level),
        *edged(row, text, x={"value": end}, y=level, text={"field": "w"}),
    ]


def surges(drawing: Drawing, y: Spec) -> list[Spec]:
    if not drawing.data.surges:
        return []
    rows: Rows = [
        {
            "x": drawing.axis.at(surge["start_s"] + surge["duration_s"] / 2),
            "v": round(_top_mps(drawing, surge), 3),
            "n": str(number),
            "s": SURGE_SHAPES.get(surge["kind"], "circle"),
            "f": "#ffffff" if surge["is_possible_only"] else theme.INK,
        }
        for number, surge in enumerate(drawing.data.surges, 1)
    ]
    x = beside("x", (0.0, drawing.axis.length))
    point = {"type": "point", "size": 34, "stroke": theme.INK, "strokeWidth": 1, "yOffset": -9, "opacity": 1}
    number = {"type": "text", "dy": -20, "fontSize": theme.SMALL_PX, "fontWeight": "bold", "color": theme.INK}
    told = _apart(rows, 13 * drawing.axis.length / theme.plot_width(drawing.width_px))
    channel = on(y, "v")
    return [
        layer(rows, point, x=x, y=channel, shape=as_said("s"), fill=as_said("f")),
        *edged(told, number, x=x, y=channel, text={"field": "n"}),
    ]


def _top_mps(drawing: Drawing, surge: Mapping[str, Any]) -> float:
    """Return the highest that the line reaches within a surge: its mark stands above that."""
    end_s = surge["start_s"] + surge["duration_s"]
    inside = [
        row["speed_mps"]
        for row in drawing.data.samples
        if row["speed_mps"] is not None and row["end_s"] > surge["start_s"] and row["start_s"] < end_s
    ]
    return float(max([surge["speed_mps"], *inside]))


def climbs(drawing: Drawing, x: Spec, y: Spec, low_m: float) -> list[Spec]:
    """Fill under each climb and descent: darker is steeper; an arrow and the grade say it again."""
    if not drawing.climbs:
        return []
    area = {"type": "area", "opacity": 0.95, "line": False}
    base = {"datum": low_m}
    domain = (0.0, drawing.axis.length)
    layers = [
        layer(rows, {**area, "color": rows[0]["c"]}, x=on(x, "t"), y=on(y, "a"), y2=base)
        for rows in drawing.climb_areas
    ]
    told = _apart(drawing.climbs, 34 * drawing.axis.length / theme.plot_width(drawing.width_px))
    arrow = {"type": "point", "filled": True, "size": 30, "opacity": 1, "color": theme.INK, "yOffset": -7}
    text = {"type": "text", "dy": -17, "fontSize": theme.SMALL_PX, "color": theme.INK}
    place = {"x": beside("x", domain), "y": on(y, "a")}
    return [
        *layers,
        layer(drawing.climbs, arrow, **place, shape=as_said("s")),
        *edged(told, text, **place, text={"field": "w"}),
    ]
