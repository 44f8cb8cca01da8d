"""The two tables of the weekly summary: its days, and the stage's limits beside what was run, for any width."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

#: The four moments that a run is asked about, in their order.
MOMENTS: Final = ("before", "during", "after", "next_morning")

#: Cells of a bar up to the limit, and beyond it: twice the limit and more fill it whole.
BAR_CELLS: Final = 8
BAR_CELLS_BEYOND: Final = 4

#: Below this width a table of days would wrap: each day is told in two lines then.
NARROW_COLUMNS: Final = 92

#: What stands beside a bar goes on below itself where the page is too narrow for one line.
_BELOW_BAR: Final = " " * (BAR_CELLS + 1 + BAR_CELLS_BEYOND + 1)

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


def day_lines(
    week_start: date, last_day: date, sessions: Sequence[Row], answers: Sequence[Row], width: int
) -> list[str]:
    """Return one line a session, and one for each day without any; days after `last_day` are left out.

    Args:
        week_start: its Monday.
        last_day: the local day that "today" means.
        sessions: rows of session, in the order of time.
        answers: session_id, moment, pain_0_10.
        width: columns of the page.
    """
    said = {(row["session_id"], row["moment"]): row["pain_0_10"] for row in answers}
    days = [week_start + timedelta(days=place) for place in range(7)]
    on_day = {day: [row for row in sessions if row["session_date"] == day] for day in days}
    shown = [day for day in days if day <= last_day or on_day[day]]
    if width < NARROW_COLUMNS:
        return [line for day in shown for line in _narrow(day, on_day[day], said, width)] if sessions else []
    cells = (
        [line for day in shown for line in (_cells(row, said) for row in on_day[day])] if any(on_day.values()) else []
    )
    return [*_with_empty_days(shown, on_day, cells), PAIN_LEGEND] if cells else []


PAIN_LEGEND: Final = "  Pain: before, during and after the run, the next morning; – was not entered"


_HEADER: Final = ["Day", "Session", "Sport", "Distance", "Time", "Pace", "Ascent", "Pain", "Verdict"]


def _with_empty_days(shown: Sequence[date], on_day: Mapping[date, Sequence[Row]], cells: list[list[str]]) -> list[str]:
    lines: list[list[str]] = []
    rest = iter(cells)
    for day in shown:
        listed = [next(rest) for _ in on_day[day]]
        lines += listed or [[fmt.day(day), "no session", *[""] * (len(_HEADER) - 2)]]
    return fmt.table(_HEADER, lines)


def _cells(session: Row, said: Mapping[tuple[str, str], float | None]) -> list[str]:
    is_run = session["is_run"]
    return [
        fmt.day(session["session_date"]),
        session["session_id"],
        session["sport"] + (" (indoor)" if session["is_indoor"] else ""),
        fmt.distance(session["distance_m"]),
        fmt.duration(session["moving_s"] or session["elapsed_s"]),
        fmt.pace(session["mean_run_speed_mps"]) if is_run else fmt.MISSING,
        fmt.metres(session["ascent_m"]),
        _pain(session, said) if is_run else "",
        verdict(session),
    ]


def _pain(session: Row, said: Mapping[tuple[str, str], float | None]) -> str:
    """Return before/during/after/next morning, a dash for each that nobody entered."""
    values = [said.get((session["session_id"], moment)) for moment in MOMENTS]
    return " ".join(fmt.MISSING if value is None else f"{value:g}" for value in values)


def _narrow(
    day: date, sessions: Sequence[Row], said: Mapping[tuple[str, str], float | None], width: int
) -> Iterator[str]:
    if not sessions:
        yield f"  {fmt.day(day)}  no session"
    for session in sessions:
        _, session_id, sport, distance, time, pace, ascent, pain, result = _cells(session, said)
        rest = f"ascent {ascent}" + (f", pain {pain}" if pain else "") + f", session {session_id}"
        yield from fmt.wrapped(f"{fmt.day(day)}  {sport}  {result}", width, indent="  ")
        yield from fmt.wrapped(f"{distance} in {time}, {pace}", width, indent="    ")
        yield from fmt.wrapped(rest, width, indent="    ")


def verdict(session: Row) -> str:
    """Return the verdict in words."""
    if session["is_excluded"]:
        return "excluded by a correction"
    return fmt.OUTCOME_WORDS[session["verdict"]] if session["is_run"] else "not a run: not judged"


#: A value within plan is worth a line where it reached this part of its limit.
NEAR_RATIO: Final = 0.75


def _is_telling(row: Row) -> bool:
    observed, limit = row["observed"], row["limit_value"]
    is_near = row["bound"] == "max" and observed is not None and limit > 0 and observed >= NEAR_RATIO * limit
    return row["outcome"] != "within_plan" or is_near


def limit_lines(limits: Sequence[Row], width: int) -> Iterator[str]:
    """Yield each limit with the value that came nearest to it, a bar, and what came of it.

    Args:
        limits: rows of the query `limits_between`.
        width: columns of the page.
    """
    cells = [
        [row["sentence"], row["observed_text"] or fmt.MISSING, bar(row), _bound(row), fmt.OUTCOME_WORDS[row["outcome"]]]
        for row in limits
        if _is_telling(row)
    ]
    yield from _limit_table(cells, width)
    left_out = len(limits) - len(cells)
    if left_out:
        listed = "further limit was" if left_out == 1 else "further limits were"
        yield from fmt.wrapped(f"{left_out} {listed} not come near; all within plan.", width, indent="  ")


def _limit_table(cells: list[list[str]], width: int) -> Iterator[str]:
    if not cells:
        return
    table = fmt.table([""] * len(cells[0]), cells)[1:]
    if max(map(len, table)) <= width:
        yield from table
        return
    for sentence, observed, drawn, bound, outcome in cells:
        yield from fmt.wrapped(sentence, width, indent="  ")
        yield from fmt.wrapped(f"{drawn} {observed}, {bound}: {outcome}", width, indent="    ", hanging=_BELOW_BAR)


def _bound(row: Row) -> str:
    return f"{'at most' if row['bound'] == 'max' else 'at least'} {row['limit_text']}"


def bar(row: Row) -> str:
    """Return what was reached of a limit as a bar of blocks; dots where it is not known, nothing for a least value."""
    observed, limit = row["observed"], row["limit_value"]
    if observed is None:
        return "·" * BAR_CELLS + "│" + " " * BAR_CELLS_BEYOND
    if row["bound"] != "max":
        return " " * (BAR_CELLS + 1 + BAR_CELLS_BEYOND)
    if limit <= 0:  # nothing is allowed: any of it is beyond
        drawn = "█" if observed > limit else " "
        return f"{drawn * BAR_CELLS}│{drawn * BAR_CELLS_BEYOND}"
    eighths = round(8 * BAR_CELLS * min(max(observed, 0.0) / limit, 1 + BAR_CELLS_BEYOND / BAR_CELLS))
    inside, beyond = min(eighths, 8 * BAR_CELLS), max(eighths - 8 * BAR_CELLS, 0)
    return f"{_blocks(inside, BAR_CELLS)}│{_blocks(beyond, BAR_CELLS_BEYOND)}"


def _blocks(eighths: int, cells: int) -> str:
    whole, part = divmod(eighths, 8)
    drawn = "█" * whole + (_EIGHTHS[part] if part else "")
    return drawn.ljust(cells)
