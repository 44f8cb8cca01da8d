"""The chart of the first page: the hip's four answers to every run, with the verdict of the run below them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import (
    Rows,
    Spec,
    beside,
    chart,
    key_panel,
    labelled_axis,
    layer,
    number_axis,
    panel,
    quantity,
    symbols,
)
from pipeline.reports.format import OUTCOME_WORDS, day, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from pipeline.reports.charts.render import Chart

#: As many CSS pixels as make 11 px letters 7 pt high between the margins of A4.
WIDTH_PX: Final = 800
_PAIN_PX: Final = 140
_VERDICT_PX: Final = 18
#: Answers that were not given stand below the 0, hollow.
_UNSAID: Final = -1.7
_LOWEST: Final = -3.0

#: Fewer days than this look like a trend that isn't one; more than this, and marks lie on each other.
LEAST_DAYS: Final = 28
MOST_DAYS: Final = 42


def pain_chart(
    runs: Sequence[Mapping[str, Any]], since: date, as_of: date, pain_limit_0_10: float | None
) -> Chart | None:
    """Draw the pain of the runs; None where there is no run in these days.

    Args:
        runs: rows of the query report_sessions that are runs.
        since: first local day of the axis.
        as_of: last local day of it.
        pain_limit_0_10: above this pain during a run, the stage of today holds; None where it sets none.
    """
    shown = [run for run in runs if since <= run["session_date"] <= as_of]
    if not shown:
        return None
    days = (as_of - since).days + 1
    domain = (0.0, float(days))
    places = _places(shown, since)
    panels = [
        _answers(shown, places, domain, pain_limit_0_10),
        _verdicts(shown, places, since, domain),
        *key_panel(_key(shown), width_px=WIDTH_PX, title=" "),
    ]
    drawn = chart(panels, width_px=WIDTH_PX, description=_described(shown, since, as_of), data={})
    # the key has shapes that the verdicts have not: each panel counts its own
    return replace(drawn, spec={**drawn.spec, "resolve": {"scale": {"shape": "independent"}}})


def first_day(since: date, as_of: date) -> date:
    """Return the first day of the axis for a report that begins on `since`."""
    days = min(MOST_DAYS, max(LEAST_DAYS, (as_of - since).days + 1))
    return as_of - timedelta(days=days - 1)


def _places(runs: Sequence[Mapping[str, Any]], since: date) -> dict[str, tuple[float, float]]:
    """Return session -> (left edge, width) in days: two runs of a day share it."""
    by_day: dict[date, list[str]] = {}
    for run in sorted(runs, key=lambda row: row["start_utc"]):
        by_day.setdefault(run["session_date"], []).append(run["session_id"])
    return {
        session_id: ((day_of - since).days + place / len(ids), 1 / len(ids))
        for day_of, ids in by_day.items()
        for place, session_id in enumerate(ids)
    }


def _points(runs: Sequence[Mapping[str, Any]], places: Mapping[str, tuple[float, float]]) -> Iterator[dict[str, Any]]:
    for run in runs:
        left, wide = places[run["session_id"]]
        part = 0
        for number, (name, (_, shape)) in enumerate(theme.MOMENTS.items()):
            said = run[f"pain_{name}"]
            part += said is None
            yield {
                "x": round(left + wide * (0.14 + 0.24 * number), 3),
                "y": _UNSAID if said is None else said,
                "s": shape,
                "r": f"{run['session_id']} {part}",
                "k": "due" if said is None and run["is_answer_pending"] else "unsaid" if said is None else "said",
            }


def _answers(
    runs: Sequence[Mapping[str, Any]],
    places: Mapping[str, tuple[float, float]],
    domain: tuple[float, float],
    limit: float | None,
) -> Spec:
    points = list(_points(runs, places))
    said = [{**row, "f": theme.INK, "c": theme.INK} for row in points if row["k"] == "said"]
    unsaid = [{**row, "f": "#ffffff", "c": theme.SOFT} for row in points if row["k"] != "said"]
    y = quantity("y", (_LOWEST, 10.5), number_axis([0, 2, 4, 6, 8, 10]))
    height = beside("y", (_LOWEST, 10.5))
    along = beside("x", domain)
    lines: Rows = [{"x": row["x"], "y": row["y"], "r": row["r"]} for row in said]
    thin = {"type": "line", "color": theme.SOFT, "strokeWidth": 1.2}
    layers = [
        layer(lines, thin, x=quantity("x", domain), y=y, detail={"field": "r"}),
        *_marked(unsaid, along, height, 20),
        *_marked(said, along, height, 30),
    ]
    if limit is not None:
        dashed = {"type": "rule", "color": theme.VERMILION, "strokeDash": [4, 3]}
        layers.insert(0, layer([{"y": limit}], dashed, y=height))
    layers += _stages(runs, places, along)
    dashed_means = "" if limit is None else f"; dashed: above {limit:g} during a run, the stage of today holds"
    title = f"Pain, 0 to 10: the four answers to each run, joined{dashed_means}"
    return panel(layers, width_px=WIDTH_PX, height_px=_PAIN_PX, title=title)


def _marked(rows: Rows, along: Spec, height: Spec, size: int) -> list[Spec]:
    """Draw answers by the shape of their moment, a layer each: shapes that two layers share would be one scale."""
    layers = []
    for shape in dict.fromkeys(row["s"] for row in rows):
        marks = [row for row in rows if row["s"] == shape]
        mark = {
            "type": "point", "shape": shape, "size": size, "opacity": 1, "fill": marks[0]["f"], "stroke": marks[0]["c"],
            "strokeWidth": 1.2,
        }  # fmt: skip
        layers.append(layer([{"x": row["x"], "y": row["y"]} for row in marks], mark, x=along, y=height))
    return layers


def _stages(runs: Sequence[Mapping[str, Any]], places: Mapping[str, tuple[float, float]], along: Spec) -> list[Spec]:
    """Name the stage where it is another one than that of the run before."""
    rows: Rows = []
    before: object = object()
    for run in sorted(runs, key=lambda row: row["start_utc"]):
        if run["stage_id"] != before:
            rows.append({"x": places[run["session_id"]][0], "w": run["stage_id"] or "no stage"})
            before = run["stage_id"]
    rule = {"type": "rule", "color": theme.PALE, "strokeWidth": 1}
    text = {"type": "text", "align": "left", "dx": 3, "color": theme.SOFT, "fontSize": theme.SMALL_PX}
    return [
        layer(rows, rule, x=along),
        layer(rows, text, x=along, y={"value": 5}, text={"field": "w"}),
    ]


def _verdicts(
    runs: Sequence[Mapping[str, Any]],
    places: Mapping[str, tuple[float, float]],
    since: date,
    domain: tuple[float, float],
) -> Spec:
    rows: Rows = []
    for run in runs:
        left, wide = places[run["session_id"]]
        shape, is_filled, colour = theme.VERDICT_MARKS[run["verdict"]]
        rows.append({"x": left + wide / 2, "s": shape, "f": colour if is_filled else "#ffffff", "k": colour})
    mondays = {
        float(place): day(since + timedelta(days=place)).partition(" ")[2]
        for place in range(int(domain[1]))
        if (since + timedelta(days=place)).weekday() == 0
    }
    axis = labelled_axis(mondays, grid=True, labelAlign="left")
    x = quantity("x", domain, axis)
    middle = {"value": _VERDICT_PX / 2}
    return panel(
        symbols(rows, x, middle, size=46), width_px=WIDTH_PX, height_px=_VERDICT_PX, title="Verdict of each run"
    )


def _key(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return what the shapes stand for, those of the verdicts as far as they are there."""
    items = [(shape, theme.INK, theme.INK, words) for words, shape in theme.MOMENTS.values()]
    items.append(("circle", "#ffffff", theme.SOFT, "below 0: not answered"))
    there = {run["verdict"] for run in runs}
    for verdict, (shape, is_filled, colour) in theme.VERDICT_MARKS.items():
        if verdict in there and verdict is not None:
            items.append((shape, colour if is_filled else "#ffffff", colour, OUTCOME_WORDS[verdict].lower()))
    return items


def _described(runs: Sequence[Mapping[str, Any]], since: date, as_of: date) -> str:
    told = []
    for name, (words, _) in theme.MOMENTS.items():
        known = [run[f"pain_{name}"] for run in runs if run[f"pain_{name}"] is not None]
        worst = f", worst {max(known)}" if known else ""
        told.append(f"{words} answered for {len(known)} of {len(runs)}{worst}")
    return f"Pain from {day(since)} to {day(as_of)}: {plural(len(runs), 'run')}; {'; '.join(told)}."
