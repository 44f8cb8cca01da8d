"""One week: seven days, runs as bars against the stage's limit, verdict in shape and word, pain, rest and rehab."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.marks import (
    Rows,
    Spec,
    beside,
    chart,
    edged,
    end_of,
    layer,
    lines_panel,
    number_axis,
    panel,
    pixels,
    quantity,
    symbols,
    words,
)
from pipeline.reports.charts.scales import clock, ticks
from pipeline.reports.format import OUTCOME_WORDS, day, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pipeline.reports.charts.render import Chart

NAMES_PX: Final = 26
BARS_PX: Final = 110
#: Three lines of words below the verdict's symbol.
VERDICT_PX: Final = 62
LINE_PX: Final = 16
PAIN_PX: Final = 4 * LINE_PX + 2
REHAB_PX: Final = 18
BAR_WIDTH_RATIO: Final = 0.56

#: The worst first, as the warehouse ranks them.
_ORDER: Final = ("contact_clinician", "hold", "outside_plan", "not_assessable", "pending", "note", "within_plan", None)


@dataclass(frozen=True, slots=True)
class WeekChart:
    """What the picture of one week is made of; rows carry the names of the public relations."""

    iso_week: str
    week_start_date: date
    as_of_date: date  #: days after it are still to come
    stage_id: str | None
    limit_run_s: float | None  #: the stage's limit of running time in one run; None where it sets none
    sessions: Sequence[Mapping[str, Any]]  #: rows of chart_week_sessions: session with its four answers, in order
    rehab: Sequence[Mapping[str, Any]]  #: rows of rehab in that week
    withheld: Sequence[
        Mapping[str, Any]
    ] = ()  #: runs left out because their source's terms don't let a clinician see them


@dataclass(frozen=True, slots=True)
class _Day:
    place: int
    date: date
    runs: list[Mapping[str, Any]]
    others: list[Mapping[str, Any]]
    rehab_count: int
    is_to_come: bool
    is_withheld: bool  #: a run of that day may not be shown


def week_chart(data: WeekChart, width_px: int = theme.PAGE_WIDTH_PX) -> Chart:
    """Draw one week.

    Args:
        data: the week; days without a session are drawn as what they are.
        width_px: of the whole picture, from 320 px (a phone) on.
    """
    days = _days(data)
    makers = [_names, _bars, _verdicts, _pain, _rehab]
    panels = [maker(data, days, width_px) for maker in makers]
    if data.withheld:
        panels += lines_panel([theme.withheld_words(len(data.withheld)).capitalize() + "."], width_px=width_px)
    return chart(panels, width_px=width_px, description=_described(data, days), data={}, foot_px=8)


def _days(data: WeekChart) -> list[_Day]:
    found = []
    for place in range(7):
        date = data.week_start_date + timedelta(days=place)
        sessions = [row for row in data.sessions if row["session_date"] == date and not row["is_excluded"]]
        found.append(
            _Day(
                place,
                date,
                [row for row in sessions if row["is_run"]],
                [row for row in sessions if not row["is_run"]],
                sum(row["rehab_date"] == date for row in data.rehab),
                date > data.as_of_date,
                any(row["session_date"] == date for row in data.withheld),
            )
        )
    return found


def _across(axis: Spec | None = None) -> Spec:
    return quantity("x", (0.0, 7.0), axis)


def _minutes(run: Mapping[str, Any]) -> float | None:
    seconds = run["run_s"] if run["run_s"] is not None else run["moving_s"]
    return None if seconds is None else round(seconds / 60, 2)


def _bars(data: WeekChart, days: list[_Day], width_px: int) -> Spec:
    """Bars of running minutes, runs of one day on top of each other, with the stage's limit across."""
    limit_min = None if data.limit_run_s is None else data.limit_run_s / 60
    totals = [sum(_minutes(run) or 0.0 for run in one.runs) for one in days]
    high = round(1.18 * max([30.0, *totals, limit_min or 0.0]), 1)
    bars: Rows = []
    above: Rows = []
    for one in days:
        base = 0.0
        for run in one.runs:
            minutes = _minutes(run)
            if minutes is not None:
                bars.append(
                    {"x": one.place + 0.22, "x2": one.place + 0.22 + BAR_WIDTH_RATIO, "y": base, "y2": base + minutes}
                )
                base += minutes
        above.append({"x": one.place + 0.5, "y": round(base, 2), "w": _day_word(one, base)})
    y = quantity("y", (0.0, high), number_axis(ticks((0.0, high), 5)))
    bar = {"type": "rect", "color": theme.SKY, "stroke": theme.INK, "strokeWidth": 1}
    base_line = {"type": "rule", "color": theme.SOFT}
    text = {
        "type": "text",
        "baseline": "bottom",
        "dy": -3,
        "lineBreak": "\n",
        "fontSize": theme.SMALL_PX,
        "color": theme.INK,
    }
    layers = [
        layer(bars, bar, x=_across(), x2=end_of("x2"), y=y, y2=end_of("y2")),
        layer(above, text, x=_across(), y=beside("y", (0.0, high)), text={"field": "w"}),
        layer([{}], base_line, y={"value": BARS_PX}),
    ]
    if limit_min is not None:
        line = {"type": "rule", "color": theme.VERMILION, "strokeWidth": 1.5, "strokeDash": [6, 3]}
        row: Rows = [{"y": limit_min, "w": f"at most {limit_min:g} min of running a run in {data.stage_id}"}]
        label = {
            "type": "text",
            "align": "left",
            "baseline": "bottom",
            "dy": -2,
            "color": theme.VERMILION,
            "fontSize": theme.SMALL_PX,
        }
        level = beside("y", (0.0, high))
        place = {"x": {"value": 4}, "y": level, "text": {"field": "w"}}
        layers += [layer(row, line, y=level), *edged(row, label, **place)]
    return panel(layers, width_px=width_px, height_px=BARS_PX, title="Running (minutes)")


def _names(_data: WeekChart, days: list[_Day], width_px: int) -> Spec:
    """The seven days; what is still to come in grey."""
    layers = []
    for is_to_come, colour in ((False, theme.INK), (True, theme.SOFT)):
        text = {
            "type": "text",
            "baseline": "top",
            "lineBreak": "\n",
            "lineHeight": 13,
            "fontWeight": "bold",
            "color": colour,
        }
        rows: Rows = [
            {"x": one.place + 0.5, "w": f"{day(one.date).split()[0]}\n{one.date.day}"}
            for one in days
            if one.is_to_come == is_to_come
        ]
        layers += [layer(rows, text, x=_across(), y={"value": 2}, text={"field": "w"})] if rows else []
    return panel(layers, width_px=width_px, height_px=NAMES_PX)


def _day_word(one: _Day, minutes: float) -> str:
    if one.runs:
        unknown = any(_minutes(run) is None for run in one.runs)
        total = clock(60 * minutes)
        return "time not\nknown" if unknown and not minutes else f"{total}{' +?' if unknown else ''}"
    if one.is_to_come:
        return "to come"
    if one.is_withheld:
        return "withheld"
    return "no run" if one.others else "rest"


def _verdicts(_data: WeekChart, days: list[_Day], width_px: int) -> Spec:
    """The worst verdict of each day, in shape and word."""
    rows: Rows = []
    for one in days:
        found = min((run["verdict"] for run in one.runs), key=_ORDER.index, default=None)
        if one.runs:
            word = OUTCOME_WORDS[found].lower() if found else "not judged"
            rows.append({"x": one.place + 0.5, "w": _broken(word), **_mark_of(found)})
        elif one.others:
            rows.append(
                {
                    "x": one.place + 0.5,
                    "w": "\n".join(dict.fromkeys(_sport(row) for row in one.others)),
                    **_mark_of(None),
                }
            )
    text = {
        "type": "text",
        "baseline": "top",
        "dy": 22,
        "lineBreak": "\n",
        "lineHeight": 12,
        "fontSize": theme.SMALL_PX,
        "color": theme.INK,
    }
    return panel(
        [
            *symbols(rows, _across(), {"value": 12}, size=90),
            layer(rows, text, x=_across(), y={"value": 0}, text={"field": "w"}),
        ],
        width_px=width_px,
        height_px=VERDICT_PX,
        title="Verdict",
    )


def _sport(row: Mapping[str, Any]) -> str:
    return "\n".join(theme.wrapped(str(row["sport"]).replace("_", " "), 50, theme.SMALL_PX)[:2])


def _broken(word: str) -> str:
    return word.replace(" ", "\n")


def _mark_of(verdict: str | None) -> dict[str, str]:
    shape, is_filled, colour = theme.VERDICT_MARKS[verdict]
    return {"s": shape, "f": colour if is_filled else "#ffffff", "k": colour}


def _pain(_data: WeekChart, days: list[_Day], width_px: int) -> Spec:
    """The worst pain of the day at each of the four moments; what was not answered is hollow."""
    said: Rows = []
    due: Rows = []
    unsaid: Rows = []
    layers: list[Spec] = []
    for line, (moment, (name, _)) in enumerate(theme.MOMENTS.items()):
        y = 9 + LINE_PX * line
        layers.append(words(name.replace("next ", ""), -6, y, align="right", fontSize=theme.SMALL_PX))
        for one in (one for one in days if one.runs):
            known = [run[f"pain_{moment}"] for run in one.runs if run[f"pain_{moment}"] is not None]
            row = {"x": one.place + 0.5, "y": y}
            if known:
                said.append({**row, "w": f"{max(known):.0f}"})
            elif all(run["is_pending"] for run in one.runs):
                due.append({**row, "w": "due"})
            else:
                unsaid.append({**row, "s": "circle", "f": "#ffffff", "k": theme.SOFT})
    at = pixels("y", PAIN_PX)
    text = {"type": "text", "fontWeight": "bold", "color": theme.INK}
    soft = {"type": "text", "fontStyle": "italic", "fontSize": theme.SMALL_PX, "color": theme.SOFT}
    layers += [layer(said, text, x=_across(), y=at, text={"field": "w"})] if said else []
    layers += [layer(due, soft, x=_across(), y=at, text={"field": "w"})] if due else []
    layers += symbols(unsaid, _across(), at, size=36)
    return panel(layers, width_px=width_px, height_px=PAIN_PX, title="Pain, 0 to 10 (hollow circle: not answered)")


def _rehab(_data: WeekChart, days: list[_Day], width_px: int) -> Spec:
    """Rehab entries of each day."""
    rows: Rows = [{"x": one.place + 0.5, "w": str(one.rehab_count)} for one in days if one.rehab_count]
    empty = words("none entered", 0, 8, color=theme.SOFT, fontStyle="italic")
    text = {"type": "text", "fontWeight": "bold", "color": theme.INK}
    layers = [layer(rows, text, x=_across(), y={"value": 8}, text={"field": "w"})] if rows else [empty]
    return panel(layers, width_px=width_px, height_px=REHAB_PX, title="Rehab entries")


def _described(data: WeekChart, days: list[_Day]) -> str:
    runs = [run for one in days for run in one.runs]
    parts = [f"Week {data.iso_week}", plural(len(runs), "run")]
    for one in days:
        for run in one.runs:
            verdict = OUTCOME_WORDS[run["verdict"]].lower() if run["verdict"] else "not judged"
            minutes = _minutes(run)
            length = "running time not known" if minutes is None else f"{clock(60 * minutes)} of running"
            pain = "not said" if run["pain_during"] is None else f"{run['pain_during']:.0f}"
            parts.append(f"{day(one.date)}: {length}, {verdict}, pain during it {pain}")
    if data.withheld:
        parts.append(theme.withheld_words(len(data.withheld)))
    if data.limit_run_s is not None:
        parts.append(f"limit {clock(data.limit_run_s)} of running a run in {data.stage_id}")
    return "; ".join(parts) + "."
