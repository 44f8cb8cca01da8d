"""A session laid out for its chart: the time axis with its folded pauses, rows of bins, lettered stretches, climbs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports.charts import theme
from pipeline.reports.charts.scales import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.reports.charts.marks import Rows
    from pipeline.reports.charts.session import SessionChart

#: More stretches or climbs than this are not told apart by anybody; the key says how many are left out.
MOST_MARKED: Final = 8
MOST_CLIMBS: Final = 30
#: What has a letter when it names a stretch: everything that somebody may want to look at.
MARKED_OUTCOMES: Final = ("contact_clinician", "hold", "outside_plan", "note")
#: A target of cadence without limits of its own: the tolerance of EVIDENCE 5 around the baseline.
BAND_RATIO: Final = 0.02
#: Letters of stretches nearer than this stand below each other.
LETTER_S: Final = 20.0

_ON_ALTITUDE: Final = re.compile(r"grade|climb|descent|ascent|uphill|downhill")
#: Who set the limit and when stands in the report beside the picture, not in each line of its key.
_TAIL: Final = re.compile(r"; (outside the plan|noted under the plan|the plan) set by .*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch that breaks a limit, with its letter."""

    letter: str
    start_s: float
    end_s: float
    panel: str
    lane: int
    message: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A session laid out: everything that its panels share."""

    data: SessionChart
    width_px: int
    axis: TimeAxis
    gaps: list[dict[str, Any]]
    rows: Rows
    marked: list[Marked]
    climbs: Rows
    climb_areas: list[Rows]

    @property
    def estimated(self) -> str:
        """A word for thresholds that the log estimated."""
        return " (estimated)" if str(self.data.session["critical_speed_source"]).startswith("estimated") else ""

    @property
    def band_words(self) -> str:
        """What the band of the cadence is."""
        if self.data.baseline is None:
            return "No baseline of the cadence: none was set, and the log doesn't hold enough for one."
        low, high = band_ratios(self.data)
        share = f"{100 * low:+.0f} to {100 * high:+.0f} %"
        return f"Band with dashed edges: the cadence that the baseline has at that speed, {share}."

    def lanes(self, panel: str) -> int:
        """Return how many rows of letters a panel needs."""
        return max((mark.lane + 1 for mark in self.marked if mark.panel == panel), default=0)


def laid_out(data: SessionChart, width_px: int) -> Drawing:
    duration_s = max([data.session["elapsed_s"] or 0.0, *(row["end_s"] for row in data.samples)])
    gaps = _gaps(data, duration_s)
    axis = TimeAxis.over(duration_s, [(gap["start_s"], gap["end_s"]) for gap in gaps])
    climbs = sorted(sorted(data.climbs, key=lambda row: -row["gain_m"])[:MOST_CLIMBS], key=lambda row: row["start_s"])
    areas = [_climb_area(data.samples, climb, axis) for climb in climbs]
    tops: Rows = [
        {
            "x": axis.at(climb["start_s"] + climb["duration_s"] / 2),
            "a": max(row["a"] for row in area),
            "s": f"triangle-{climb['direction']}",
            "w": f"{climb['mean_grade_pct']:.0f} %",
        }
        for climb, area in zip(climbs, areas, strict=True)
        if area
    ]
    return Drawing(data, width_px, axis, gaps, _rows(data, axis), _marked(data), tops, [area for area in areas if area])


def _gaps(data: SessionChart, duration_s: float) -> list[dict[str, Any]]:
    """Return the holes between bins; pauses of the timer as far as the timer says so, else seconds nobody recorded."""
    starts = [row["start_s"] for row in data.samples]
    ends = [row["end_s"] for row in data.samples]
    holes = [(end, start) for end, start in zip([0.0, *ends], [*starts, duration_s], strict=True) if start - end > 1.5]
    elapsed_s, timer_s = data.session["elapsed_s"], data.session["timer_s"]
    paused_s = 0.0 if elapsed_s is None or timer_s is None else elapsed_s - timer_s
    hole_s = sum(end - start for start, end in holes)
    if hole_s <= paused_s + 5 * len(holes):
        word = "paused"
    else:
        word = "not recorded" if paused_s < 5 else "paused or not recorded"
    return [{"start_s": start, "end_s": end, "word": word} for start, end in holes]


def band_ratios(data: SessionChart) -> tuple[float, float]:
    """Return the ends of the band, against the baseline at the same speed: the stage's limits, else a tolerance."""
    low, high = data.least_cadence_ratio, data.most_cadence_ratio
    if low is None and high is None:
        return -BAND_RATIO, BAND_RATIO
    return (0.0 if low is None else low, low + 2 * BAND_RATIO if high is None and low is not None else high or 0.0)


def _rows(data: SessionChart, axis: TimeAxis) -> Rows:
    """Return the bins with short names; a row of nothing in each hole, so that no line crosses it."""
    found: Rows = []
    before = None
    for row in data.samples:
        if before is not None and row["piece"] != before["piece"]:
            found.append({"t": axis.at(before["end_s"])})
        is_alone = before is None or row["piece"] != before["piece"]
        if is_alone:
            found.append(_row(data, row, axis.at(row["start_s"])))
        found.append(_row(data, row, axis.at((row["start_s"] + row["end_s"]) / 2)))
        before = row
    return found


def _row(data: SessionChart, row: Mapping[str, Any], place: float) -> dict[str, Any]:
    drawn = {
        "t": place,
        "v": _rounded(row["speed_mps"], 3),
        "v0": _rounded(row["low_speed_mps"], 3),
        "v1": _rounded(row["high_speed_mps"], 3),
        "a": _rounded(row["altitude_m"], 1),
        "c": _rounded(row["cadence_spm"], 1),
        "c0": _rounded(row["low_cadence_spm"], 0),
        "c1": _rounded(row["high_cadence_spm"], 0),
        "h": _rounded(row["heart_rate_bpm"], 0),
    }
    base = data.baseline
    if base is not None and row["cadence_spm"] is not None and row["run_speed_mps"] is not None:
        at_speed = base["baseline_spm"] + base["slope_spm_per_mps"] * (
            row["run_speed_mps"] - base["baseline_speed_mps"]
        )
        low, high = band_ratios(data)
        drawn |= {"b0": _rounded(at_speed * (1 + low), 1), "b1": _rounded(at_speed * (1 + high), 1)}
    return {name: value for name, value in drawn.items() if value is not None}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _climb_area(samples: Sequence[Mapping[str, Any]], climb: Mapping[str, Any], axis: TimeAxis) -> Rows:
    start_s, end_s = climb["start_s"], climb["start_s"] + climb["duration_s"]
    colour = theme.grade_colour(climb["mean_grade_pct"], climb["direction"])
    return [
        {"t": axis.at((row["start_s"] + row["end_s"]) / 2), "a": round(float(row["altitude_m"]), 1), "c": colour}
        for row in samples
        if row["altitude_m"] is not None and row["end_s"] > start_s and row["start_s"] < end_s
    ]


def _marked(data: SessionChart) -> list[Marked]:
    """Give each stretch a letter and a lane in its panel, so that none hides another."""
    told = [row for row in data.findings if row["outcome"] in MARKED_OUTCOMES]
    told = sorted(told[:MOST_MARKED], key=lambda row: (row["start_s"], row["end_s"], row["fact"]))
    found: list[Marked] = []
    has_altitude = data.session["altitude_source"] == "barometric"
    for place, row in enumerate(told):
        panel = "pace"
        if _ON_ALTITUDE.search(row["fact"]) and has_altitude:
            panel = "altitude"
        elif "cadence" in row["fact"] and data.session["mean_run_cadence_spm"] is not None:
            panel = "cadence"
        taken = {mark.lane for mark in found if mark.panel == panel and mark.end_s + LETTER_S >= row["start_s"]}
        lane = next(lane for lane in range(MOST_MARKED) if lane not in taken)
        message = _TAIL.sub("", row["message"])
        if row["overridden_by"] is not None:
            message += f" (set aside by {row['overridden_by']})"
        found.append(Marked(chr(ord("A") + place), row["start_s"], row["end_s"], panel, lane, message, row["outcome"]))
    return found
