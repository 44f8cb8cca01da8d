"""The panels of a session: what is drawn in each, above one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import Spec, end_of, labelled_axis, layer, number_axis, panel, quantity, words
from pipeline.reports.charts.scales import core, pace_text, pace_ticks, padded, ticks
from pipeline.reports.charts.session_marks import LANE_PX, breaches, climbs, line_at, on, pauses, surges

if TYPE_CHECKING:
    from pipeline.reports.charts.session_layout import Drawing

PACE_PX: Final = 150
ALTITUDE_PX: Final = 84
CADENCE_PX: Final = 84
HEART_PX: Final = 60
#: Height of a panel that only says that there is nothing.
EMPTY_PX: Final = 18
#: Room for the numbers of surges, and for the arrows of climbs.
NUMBER_PX: Final = 24

#: Slower than this is walking or standing about: 20 minutes a kilometre. The axis ends here.
SLOWEST_MPS: Final = 0.83
#: An axis of pace spans at least this, so that the wobble of a steady run looks like what it is.
LEAST_SPEED_SPAN_MPS: Final = 1.0
LEAST_ALTITUDE_SPAN_M: Final = 20.0
LEAST_CADENCE_SPAN_SPM: Final = 20.0
LEAST_HEART_SPAN_BPM: Final = 30.0


def time_channels(drawing: Drawing, *, is_last: bool) -> Spec:
    """Return the x channel; the axis's words stand below the last panel only."""
    labels = drawing.axis.ticks(theme.plot_width(drawing.width_px))
    axis = labelled_axis(labels, labels=is_last, ticks=is_last, domain=is_last)
    return quantity("t", (0.0, drawing.axis.length), axis)


def _course(field: str, x: Spec, y: Spec, *, colour: str = theme.INK, has_band: bool = True) -> list[Spec]:
    """Draw a channel: its mean as a line, from the lowest to the highest second of each bin as a band behind it."""
    line = layer("samples", {"type": "line", "color": colour, "strokeWidth": 1.4}, x=x, y={**y, "field": field})
    if not has_band:
        return [line]
    band = {"type": "area", "color": colour, "opacity": 0.22}
    low, high = f"{field}0", f"{field}1"
    return [layer("samples", band, x=x, y=on(y, low), y2=end_of(high)), line]


def _nothing(drawing: Drawing, title: str, sentence: str, *, is_last: bool) -> Spec:
    """Return a low panel that says what is not there."""
    room = theme.plot_width(drawing.width_px)
    lines = theme.wrapped(sentence, room, theme.TEXT_PX)
    height = EMPTY_PX + theme.LINE_PX * (len(lines) - 1)
    x = {**time_channels(drawing, is_last=is_last), "field": "x"}
    x["axis"] = {**x["axis"], "grid": False}
    empty = layer([{"x": 0}], {"type": "rule", "opacity": 0}, x=x)
    text = words(lines, 0, 3, baseline="top", lineHeight=theme.LINE_PX, color=theme.SOFT, fontStyle="italic")
    return panel([empty, text], width_px=drawing.width_px, height_px=height, title=title)


def _known(drawing: Drawing, *fields: str) -> list[float]:
    return [row[name] for row in drawing.rows for name in fields if row.get(name) is not None]


def pace_panel(drawing: Drawing, *, is_last: bool) -> Spec:
    """Pace: faster is higher; the ceiling and critical speed as levels, surges by number, findings by letter."""
    title = "Pace (min/km), faster is higher"
    speeds = _known(drawing, "v0", "v1")
    if not speeds:
        return _nothing(drawing, title, "Speed was not recorded.", is_last=is_last)
    session = drawing.data.session
    levels = [one for one in (session["ceiling_mps"], session["critical_speed_mps"]) if one]
    low, high = padded([*_known(drawing, "v"), *levels, *(max(s, SLOWEST_MPS) for s in _known(drawing, "v1"))],
                       least_span=LEAST_SPEED_SPAN_MPS, floor=SLOWEST_MPS)  # fmt: skip
    head = drawing.lanes("pace") * LANE_PX + (NUMBER_PX if drawing.data.surges else 0)
    height = PACE_PX + head
    low, high = round(low, 3), round(high + (high - low) * head / PACE_PX, 3)
    x = time_channels(drawing, is_last=is_last)
    y = quantity("v", (low, high), labelled_axis(pace_ticks(low, high, height)), clamp=True)
    layers = [*pauses(drawing, height, is_told=True), *breaches(drawing, "pace", height), *_course("v", x, y)]
    ceiling, critical = session["ceiling_mps"], session["critical_speed_mps"]
    if ceiling:
        layers += line_at(ceiling, f"ceiling {pace_text(ceiling)}", drawing, y, colour=theme.BLUE, dash=[6, 3])
    if critical:
        label = f"critical speed {pace_text(critical)}{drawing.estimated}"
        is_near = bool(ceiling) and abs(critical - ceiling) * height / (high - low) < LANE_PX
        at = "left" if is_near else "right"
        layers += line_at(critical, label, drawing, y, colour=theme.VERMILION, dash=[2, 2], at=at)
    return panel([*layers, *surges(drawing, y)], width_px=drawing.width_px, height_px=height, title=title)


def altitude_panel(drawing: Drawing, *, is_last: bool) -> Spec:
    """Altitude, climbs and descents filled by steepness and named by it; what can't tell hills says so."""
    source = drawing.data.session["altitude_source"]
    title = "Altitude (m)" if source == "barometric" else "Altitude (m): hills not assessable"
    known = _known(drawing, "a")
    if not known or source not in ("barometric", "gps"):
        why = "indoors" if drawing.data.session["is_indoor"] else "no barometer"
        return _nothing(drawing, title, f"Not recorded ({why}): hills can't be told.", is_last=is_last)
    low, high = padded(known, least_span=LEAST_ALTITUDE_SPAN_M)
    head = LANE_PX * drawing.lanes("altitude") + (NUMBER_PX if drawing.climbs else 0)
    low, high = round(low, 1), round(high + (high - low) * head / ALTITUDE_PX, 1)
    height = ALTITUDE_PX + head
    x = time_channels(drawing, is_last=is_last)
    y = quantity("a", (low, high), number_axis(ticks((low, high), 4)))
    back = [*pauses(drawing, height, is_told=False), *breaches(drawing, "altitude", height)]
    if source == "gps":
        line = {"type": "line", "color": theme.SOFT, "strokeWidth": 1.2, "strokeDash": [2, 3]}
        text = words("from GPS: too coarse for hills", 4, 9, color=theme.SOFT, fontStyle="italic")
        layers = [*back, layer("samples", line, x=x, y=y), text]
    else:
        layers = [*back, *_course("a", x, y, has_band=False), *climbs(drawing, x, y, low)]
    return panel(layers, width_px=drawing.width_px, height_px=height, title=title)


def cadence_panel(drawing: Drawing, *, is_last: bool) -> Spec:
    """Cadence of the running seconds, and the band that the baseline sets at the speed of each moment."""
    title = "Cadence (steps/min), running"
    known = _known(drawing, "c0", "c1")
    if not known:
        return _nothing(drawing, "Cadence (steps/min)", "Not recorded.", is_last=is_last)
    shown = [end for name in ("c", "b0", "b1") for end in core(_known(drawing, name))]
    low, high = padded(shown, least_span=LEAST_CADENCE_SPAN_SPM, floor=0.0)
    head = LANE_PX * drawing.lanes("cadence")
    low, high = round(low, 1), round(high + (high - low) * head / CADENCE_PX, 1)
    height = CADENCE_PX + head
    x = time_channels(drawing, is_last=is_last)
    y = quantity("c", (low, high), number_axis(ticks((low, high), 4)), clamp=True)
    band: list[Spec] = []
    if _known(drawing, "b0"):
        edge = {"type": "line", "color": theme.BLUE, "strokeWidth": 0.8, "strokeDash": [4, 2]}
        band = [
            layer(
                "samples", {"type": "area", "color": theme.SKY, "opacity": 0.35}, x=x, y=on(y, "b0"), y2=end_of("b1")
            ),
            layer("samples", edge, x=x, y=on(y, "b0")),
            layer("samples", edge, x=x, y=on(y, "b1")),
        ]
    back = [*pauses(drawing, height, is_told=False), *breaches(drawing, "cadence", height)]
    return panel([*back, *band, *_course("c", x, y)], width_px=drawing.width_px, height_px=height, title=title)


def heart_rate_panel(drawing: Drawing, *, is_last: bool) -> Spec:
    """Heart rate, where it was recorded."""
    title = "Heart rate (beats/min)"
    known = _known(drawing, "h")
    if not known:
        return _nothing(drawing, title, "Not recorded.", is_last=is_last)
    low, high = (round(end, 1) for end in padded(known, least_span=LEAST_HEART_SPAN_BPM, floor=0.0))
    x = time_channels(drawing, is_last=is_last)
    y = quantity("h", (low, high), number_axis(ticks((low, high), 3)))
    back = pauses(drawing, HEART_PX, is_told=False)
    return panel(
        [*back, *_course("h", x, y, has_band=False)], width_px=drawing.width_px, height_px=HEART_PX, title=title
    )
