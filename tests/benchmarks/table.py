"""The table of `make accuracy`: cases with an error each, rows that sum them up, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


#: Synthetic misses of one row that are listed one by one.
MOST_SYNTHETIC: Final = 5

HEADINGS: Final = ("metric", "device or data set", "n", "median error", "bias", "p90", "reached", "target", "met")


@dataclass(frozen=True)
class Case:
    """One session held against its truth."""

    name: str  #: the file, or what the synthetic run is
    error: float  #: ours minus truth, in the row's unit
    figures: str = ""  #: "98 m, device 85 m"
    device: str = ""
    reason: str | None = None  #: what in the file itself shows that the device's total is at fault
    is_missed: bool = False  #: for what has a limit of its own; else the row's limit decides


@dataclass(frozen=True)
class Target:
    """What the cases of a row have to reach."""

    words: str
    judge: Callable[[np.ndarray], tuple[str, bool]]  #: absolute errors -> what was reached, and whether it is enough
    case_limit: float  #: a case with a larger absolute error is listed


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    metric: str
    where: str
    n: int
    median: float | None  #: of the absolute errors
    bias: float | None  #: median of the signed errors
    p90: float | None  #: of the absolute errors
    unit: str
    reached: str = ""
    target: str = ""
    is_met: bool | None = None  #: None: no target
    missed: tuple[Case, ...] = ()

    @property
    def key(self) -> str:
        """Return the name under which the test remembers the row."""
        return f"{self.metric} | {self.where}"

    @property
    def met(self) -> str:
        """Return the last cell."""
        return "" if self.is_met is None else "yes" if self.is_met else "MISSED"

    def cells(self) -> tuple[str, ...]:
        """Return the cells as text."""
        numbers = (_number(value, self.unit) for value in (self.median, self.bias, self.p90))
        return (self.metric, self.where, f"{self.n:,}", *numbers, self.reached, self.target, self.met)


@dataclass
class Result:
    """All rows of one data set, and what was left out of them, with the reason."""

    rows: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def _number(value: float | None, unit: str) -> str:
    if value is None or not np.isfinite(value):
        return ""
    digits = 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".strip()


# --------------------------------------------------------------------------------------------------------------------
# Targets


def each(limit: float, unit: str) -> Target:
    """Every case within the limit."""

    def judge(errors: np.ndarray) -> tuple[str, bool]:
        return f"max {_number(float(errors.max()), unit)}", bool((errors <= limit).all())

    return Target(f"each ≤{limit:g} {unit}", judge, limit)


def percentile(rank: int, limit: float, unit: str) -> Target:
    """That percentile within the limit."""

    def judge(errors: np.ndarray) -> tuple[str, bool]:
        value = float(np.percentile(errors, rank))
        return f"p{rank} {_number(value, unit)}", value <= limit

    return Target(f"p{rank} ≤{limit:g} {unit}", judge, limit)


def median_and_p90(median: float, p90: float, unit: str, case_limit: float | None = None) -> Target:
    """Median and 90th percentile within their limits."""

    def judge(errors: np.ndarray) -> tuple[str, bool]:
        middle, high = (float(np.percentile(errors, rank)) for rank in (50, 90))
        return f"{_number(middle, unit)}, p90 {_number(high, unit)}", middle <= median and high <= p90

    words = f"median ≤{median:g} {unit}, p90 ≤{p90:g} {unit}"
    return Target(words, judge, p90 if case_limit is None else case_limit)


def mean(limit: float, unit: str) -> Target:
    """The mean absolute error within the limit."""

    def judge(errors: np.ndarray) -> tuple[str, bool]:
        value = float(errors.mean())
        return f"mean {_number(value, unit)}", value <= limit

    return Target(f"mean ≤{limit:g} {unit}", judge, 2 * limit)


# --------------------------------------------------------------------------------------------------------------------
# Rows


def error_row(metric: str, where: str, cases: Sequence[Case], unit: str, target: Target | None = None) -> Row:
    """Sum up the errors of the cases; a row without cases keeps its target and has no verdict."""
    if not cases:
        return Row(metric, where, 0, None, None, None, unit, "no case", target.words if target else "")
    errors = np.array([case.error for case in cases])
    middle, high = np.percentile(np.abs(errors), (50, 90))
    figures = (float(middle), float(np.median(errors)), float(high))
    if target is None:
        return Row(metric, where, len(cases), *figures, unit)
    reached, is_met = target.judge(np.abs(errors))
    missed = tuple(case for case in cases if abs(case.error) > target.case_limit)
    return Row(metric, where, len(cases), *figures, unit, reached, target.words, is_met, missed)


def inside_row(metric: str, where: str, cases: Sequence[Case], at_least: float, words: str) -> Row:
    """Say what share of the cases is not missed, against the share that has to be."""
    good = sum(not case.is_missed for case in cases)
    missed = tuple(case for case in cases if case.is_missed)
    is_met = good >= at_least * len(cases) if cases else None
    reached = f"{good} of {len(cases)}" if cases else "no case"
    return Row(metric, where, len(cases), None, None, None, "", reached, words, is_met, missed)


def ratio_row(metric: str, where: str, n: int, value: float, *, at_least: float, missed: Iterable[Case] = ()) -> Row:
    """Say what a precision, a recall or an accuracy came to."""
    is_met = value >= at_least
    return Row(
        metric,
        where,
        n,
        None,
        None,
        None,
        "",
        f"{value:.3f}",
        f"≥{at_least:g}",
        is_met,
        () if is_met else tuple(missed),
    )


def most_row(
    metric: str, where: str, n: int, value: float, unit: str, *, at_most: float, missed: Iterable[Case] = ()
) -> Row:
    """Say what something that should be small came to."""
    reached = f"{value:.3g} {unit}".strip()
    target = f"≤{at_most:g} {unit}".strip() if at_most else "none"
    return Row(metric, where, n, None, None, None, "", reached, target, value <= at_most, tuple(missed))


def device_rows(metric: str, cases: Sequence[Case], unit: str, at_least: int = 3) -> list[Row]:
    """Return a row for each device with enough cases; no verdict on so few."""
    by_device: dict[str, list[Case]] = {}
    for case in cases:
        by_device.setdefault(case.device, []).append(case)
    return [error_row(metric, device, own, unit) for device, own in sorted(by_device.items()) if len(own) >= at_least]


# --------------------------------------------------------------------------------------------------------------------
# Text


def as_text(rows: Sequence[Row]) -> str:
    """Return the table in columns."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    numeric = {2, 3, 4, 5}

    def shown(line: Sequence[str]) -> str:
        cells = (c.rjust(w) if i in numeric else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        return "  ".join(cells).rstrip()

    return "\n".join([shown(lines[0]), "  ".join("-" * w for w in widths), *(shown(line) for line in lines[1:])])


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the table in Markdown."""
    head = ["| " + " | ".join(HEADINGS) + " |", "|---|---|--:|--:|--:|--:|---|---|---|"]
    return "\n".join([*head, *("| " + " | ".join(row.cells()) + " |" for row in rows)])


def misses(rows: Iterable[Row]) -> list[str]:
    """Return a line for every case beyond its limit, with its figures and, where its file shows it, the reason.

    Of real files every one; of synthetic runs, which differ by a seed only, the first few of each row.
    """
    lines = []
    for row in rows:
        shown = MOST_SYNTHETIC if row.where.startswith("synthetic") else len(row.missed)
        for case in row.missed[:shown]:
            reason = f" [{case.reason}]" if case.reason else ""
            error = f"{case.error:+.2f} {row.unit} " if row.unit else ""
            lines.append(f"{row.metric} | {row.where} | {case.name}: {error}({case.figures}){reason}")
        if len(row.missed) > shown:
            lines.append(f"{row.metric} | {row.where} | and {len(row.missed) - shown} more")
    return lines
