"""Charts as the pages show them: drawn on the server, each kept while its data stay the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaitkeeper.web.log import Log
    from pipeline.reports.charts.render import Chart

#: Pictures that are kept: of 50 to 150 KB each, some tens of megabytes at the most.
MAX_PICTURES: Final = 256

#: Widths that a page may ask for, in CSS pixels: a phone and a screen.
WIDTHS_PX: Final = (360, 720)


class Pictures:
    """Draws a chart once for the same data, whichever snapshot they came with."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def svg(self, chart: Chart) -> str:
        """Return a chart as SVG."""
        digest = chart.digest
        with self._lock:
            if digest in self._drawn:
                self._drawn.move_to_end(digest)
                return self._drawn[digest]
        drawn = chart.svg()
        with self._lock:
            self._drawn[digest] = drawn
            while len(self._drawn) > MAX_PICTURES:
                self._drawn.popitem(last=False)
        return drawn


def chart_of(log: Log, kind: str, width_px: int, *key: str) -> Chart | None:
    """Return a chart for a width, laid out once a log; None where there is nothing to draw.

    Args:
        log: the log of now.
        kind: session, week; block, cadence, which are the clinician's: what may not reach one is not in them.
        width_px: one of WIDTHS_PX.
        key: what it is of: a session's id, or a runner's and a week.
    """
    made = log.keep(("chart", kind, *key), lambda: _collected(log, kind, key))
    if made is None:
        return None
    drawn: Chart = log.keep(("chart", kind, *key, width_px), lambda: _laid_out(kind, made, width_px))
    return drawn


def _collected(log: Log, kind: str, key: tuple[str, ...]) -> object:
    from flows import charts

    match kind:
        case "session":
            return charts.session_chart_of(log.connection, *key)
        case "week":
            return charts.week_chart_of(log.connection, *key)
        case "block":
            return charts.block_chart_of(log.connection, *key, is_for_clinician=True)
        case _:
            return charts.cadence_chart_of(log.connection, *key, is_for_clinician=True)


def _laid_out(kind: str, made: Any, width_px: int) -> Chart:  # noqa: ANN401 - each kind has rows of its own
    from pipeline.reports import charts

    draw: dict[str, Callable[..., Chart]] = {
        "session": charts.session_chart,
        "week": charts.week_chart,
        "block": charts.block_chart,
        "cadence": charts.cadence_chart,
    }
    return draw[kind](made, width_px)


def width_of(asked: str) -> int:
    """Return the width that the address asks for, that of a screen where it asks for none of ours."""
    return int(asked) if asked in map(str, WIDTHS_PX) else WIDTHS_PX[-1]
