"""Cadence against speed: the steady minutes of each run, the line of the baseline, and the band that the stage sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import (
    Rows,
    Spec,
    beside,
    chart,
    edged,
    end_of,
    labelled_axis,
    layer,
    lines_panel,
    number_axis,
    panel,
    quantity,
)
from pipeline.reports.charts.scales import pace_text, pace_ticks, padded, ticks
from pipeline.reports.format import day, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.reports.charts.render import Chart

PLOT_PX: Final = 240
LEAST_SPEED_SPAN_MPS: Final = 0.6
LEAST_CADENCE_SPAN_SPM: Final = 24.0
#: Runs that are named; older ones are drawn smaller and paler.
NEWEST: Final = 5
#: Minutes drawn as dots at most; of more, every n-th, the same ones each time.
MOST_MINUTES: Final = 500
#: From pale to dark: the newer, the darker.
_AGES: Final = ("#c3ccd3", "#93a0aa", "#5b6770")


@dataclass(frozen=True, slots=True)
class CadenceChart:
    """What the picture is made of: rows of runs and of their steady minutes, and the line that holds today."""

    runs: Sequence[
        Mapping[str, Any]
    ]  #: session_id, session_date, minute_count, speed_mps, cadence_spm, cadence_ratio; in order
    minutes: Sequence[Mapping[str, Any]]  #: session_id, speed_mps, cadence_spm
    baseline: (
        Mapping[str, Any] | None
    )  #: baseline_spm, baseline_speed_mps, slope_spm_per_mps, is_said; None where there is none
    least_cadence_ratio: (
        float | None
    )  #: limits of matched_cadence_ratio in the stage of today; None where there is none
    most_cadence_ratio: float | None
    withheld: Sequence[
        Mapping[str, Any]
    ] = ()  #: runs left out because their source's terms don't let a clinician see them


def cadence_chart(data: CadenceChart, width_px: int = theme.PAGE_WIDTH_PX) -> Chart:
    """Draw cadence against speed.

    Args:
        data: at least one run with a steady minute.
        width_px: of the whole picture, from 320 px (a phone) on.
    """
    speeds = padded([row["speed_mps"] for row in data.minutes], least_span=LEAST_SPEED_SPAN_MPS, floor=0.3)
    speeds = (round(speeds[0], 3), round(speeds[1], 3))
    lines = _lines(data, speeds)
    known = [row["cadence_spm"] for row in data.minutes] + [row["y"] for line in lines.values() for row in line]
    low, high = padded(known, least_span=LEAST_CADENCE_SPAN_SPM, floor=0.0)
    cadences = (round(low, 1), round(high, 1))
    # labels of an axis below stand side by side: as far apart as three of an axis at the left
    paces = pace_ticks(*speeds, theme.plot_width(width_px) // 3)
    x = quantity("x", speeds, labelled_axis(paces))
    y = quantity("y", cadences, number_axis(ticks(cadences, 6)))
    layers = [*_band(lines, x, y), *_dots(data, speeds, cadences), *_runs(data, speeds, cadences)]
    title = "Cadence (steps/min) against pace (min/km)"
    plot = panel(layers, width_px=width_px, height_px=PLOT_PX, title=title)
    key = lines_panel(_key_lines(data), width_px=width_px, title=" ")
    return chart([plot, *key], width_px=width_px, description=_described(data), data={}, between_px=30)


def _lines(data: CadenceChart, speeds: tuple[float, float]) -> dict[str, Rows]:
    """Return the baseline, and the ends of the stage's band, at both ends of the axis."""
    base = data.baseline
    if base is None:
        return {}
    ratios = {"baseline": 0.0, "least": data.least_cadence_ratio, "most": data.most_cadence_ratio}
    return {
        name: [
            {
                "x": speed,
                "y": round(
                    (base["baseline_spm"] + base["slope_spm_per_mps"] * (speed - base["baseline_speed_mps"]))
                    * (1 + ratio),
                    2,
                ),
            }
            for speed in speeds
        ]
        for name, ratio in ratios.items()
        if ratio is not None
    }


def _band(lines: dict[str, Rows], x: Spec, y: Spec) -> list[Spec]:
    """Draw the axes with the first layer, whatever there is."""
    layers: list[Spec] = [
        layer([{}], {"type": "point", "opacity": 0}, x={**x, "field": "none"}, y={**y, "field": "none"})
    ]
    across = {"x": beside("x", tuple(x["scale"]["domain"]))}
    up = beside("y", tuple(y["scale"]["domain"]))
    if "least" in lines and "most" in lines:
        both = [{**low, "y2": high["y"]} for low, high in zip(lines["least"], lines["most"], strict=True)]
        layers.append(
            layer(both, {"type": "area", "color": theme.SKY, "opacity": 0.3}, **across, y=up, y2=end_of("y2"))
        )
    for name in ("least", "most"):
        if name in lines:
            edge = {"type": "line", "color": theme.BLUE, "strokeWidth": 1, "strokeDash": [4, 2]}
            layers.append(layer(lines[name], edge, **across, y=up))
    if "baseline" in lines:
        layers.append(
            layer(lines["baseline"], {"type": "line", "color": theme.INK, "strokeWidth": 1.6}, **across, y=up)
        )
        text = {"type": "text", "align": "right", "dx": -4, "dy": 10, "fontSize": theme.SMALL_PX, "color": theme.INK}
        row = {**lines["baseline"][-1], "w": "baseline"}
        layers += edged([row], text, **across, y=up, text={"field": "w"})
    return layers


def _dots(data: CadenceChart, speeds: tuple[float, float], cadences: tuple[float, float]) -> list[Spec]:
    step = -(-len(data.minutes) // MOST_MINUTES)
    rows: Rows = [
        {"x": round(row["speed_mps"], 3), "y": round(row["cadence_spm"], 1)}
        for row in list(data.minutes)[:: max(1, step)]
    ]
    mark = {"type": "point", "filled": True, "size": 7, "color": theme.SOFT, "opacity": 0.35}
    return [layer(rows, mark, x=beside("x", speeds), y=beside("y", cadences))]


def _runs(data: CadenceChart, speeds: tuple[float, float], cadences: tuple[float, float]) -> list[Spec]:
    """Draw each run at the middle of its minutes: larger with more of them, darker when newer, the newest by number."""
    older = len(data.runs) - NEWEST
    rows: Rows = [
        {
            "x": round(run["speed_mps"], 3),
            "y": round(run["cadence_spm"], 1),
            "n": run["minute_count"],
            "c": theme.INK if place >= older else _AGES[min(2, 3 * place // max(1, older))],
            "w": str(place - max(0, older) + 1) if place >= older else "",
        }
        for place, run in enumerate(data.runs)
    ]
    size = {
        "field": "n",
        "type": "quantitative",
        "scale": {"domain": [0, 30], "range": [90, 260], "clamp": True},
        "legend": None,
    }
    fill = {"field": "c", "type": "nominal", "scale": None}
    mark = {"type": "point", "stroke": "#ffffff", "strokeWidth": 1, "opacity": 1}
    number = {"type": "text", "fontWeight": "bold", "fontSize": theme.SMALL_PX, "color": "#ffffff"}
    x, y = beside("x", speeds), beside("y", cadences)
    layers = [layer(rows[:-NEWEST], mark, x=x, y=y, size=size, fill=fill)] if older > 0 else []
    for row in rows[-NEWEST:]:  # one by one: a number lies on its own circle, and below the newer ones
        layers += [
            layer([row], mark, x=x, y=y, size=size, fill=fill),
            layer([row], number, x=x, y=y, text={"field": "w"}),
        ]
    return layers


def _key_lines(data: CadenceChart) -> list[str]:
    base = data.baseline
    lines = []
    for number, run in enumerate(data.runs[-NEWEST:], 1):
        against = "" if run["cadence_ratio"] is None else f", {100 * run['cadence_ratio']:+.1f} % against its baseline"
        minutes = plural(run["minute_count"], "minute")
        at = f"{run['cadence_spm']:.0f} at {pace_text(run['speed_mps'])}/km"
        lines.append(f"{number}: {day(run['session_date'])}, {minutes}, {at}{against}")
    lines.append(
        "Faster is to the right. Small dots: minutes of flat, steady running. "
        "Circles: runs, larger with more minutes, darker when newer."
    )
    if base is None:
        lines.append("No baseline: none was set, and the log doesn't hold enough steady minutes for one.")
    else:
        origin = "set" if base["is_said"] else "from the 60 days before the newest run"
        lines.append(f"Baseline: {base['baseline_spm']:.0f} at {pace_text(base['baseline_speed_mps'])}/km, {origin}.")
    if data.withheld:
        lines.append(theme.withheld_words(len(data.withheld)).capitalize() + ".")
    if base is not None and (data.least_cadence_ratio is not None or data.most_cadence_ratio is not None):
        ends = [f"{100 * one:+.0f} %" for one in (data.least_cadence_ratio, data.most_cadence_ratio) if one is not None]
        lines.append(f"Band: baseline {' to '.join(ends)}, as the stage of today has it.")
    return lines


def _described(data: CadenceChart) -> str:
    newest = data.runs[-1]
    count = sum(run["minute_count"] for run in data.runs)
    parts = [
        f"Cadence against speed: {plural(len(data.runs), 'run')} with {plural(count, 'steady minute')}",
        f"the newest of {day(newest['session_date'])} at {newest['cadence_spm']:.0f} steps a minute",
        f"its pace {pace_text(newest['speed_mps'])} a kilometre",
    ]
    if newest["cadence_ratio"] is not None:
        parts.append(f"{100 * newest['cadence_ratio']:+.1f} % against the baseline at that speed")
    if data.withheld:
        parts.append(theme.withheld_words(len(data.withheld)))
    if data.baseline is None:
        parts.append("no baseline")
    return "; ".join(parts) + "."
