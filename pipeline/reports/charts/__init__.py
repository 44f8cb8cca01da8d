"""Charts: rows in, one Vega-Lite spec out, and from it SVG, PNG and HTML. The same data give the same bytes."""

from pipeline.reports.charts.block import BlockChart, block_chart
from pipeline.reports.charts.cadence import CadenceChart, cadence_chart
from pipeline.reports.charts.render import Chart
from pipeline.reports.charts.session import SessionChart, session_chart
from pipeline.reports.charts.theme import PAGE_WIDTH_PX, PHONE_WIDTH_PX, PRINT_WIDTH_PX
from pipeline.reports.charts.week import WeekChart, week_chart

__all__ = [
    "PAGE_WIDTH_PX",
    "PHONE_WIDTH_PX",
    "PRINT_WIDTH_PX",
    "BlockChart",
    "CadenceChart",
    "Chart",
    "SessionChart",
    "WeekChart",
    "block_chart",
    "cadence_chart",
    "session_chart",
    "week_chart",
]
