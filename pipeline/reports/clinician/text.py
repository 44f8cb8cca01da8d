"""The report as plain text: for a terminal, and for the body of a message."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from pipeline.reports import format as fmt
from pipeline.reports.clinician.page import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.reports.clinician.model import ClinicianReport
    from pipeline.reports.clinician.page import PanelPage

_WIDTH: Final = 100


def render_text(report: ClinicianReport) -> str:
    """Return the whole report as plain text."""
    return "\n".join(_lines(page_of(report))) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"{page.title}: {page.runner}"
    yield f"{page.period}, {page.made}"
    yield from _section(page.red_heading, page.red_lines)
    yield from _section(page.status, page.status_lines)
    findings = [f"{line.verdict}, {line.day}: {line.message} [{line.basis}; {line.segment}]" for line in page.findings]
    yield from _section(page.findings_heading, [*findings, page.findings_note])
    chart = [] if page.picture is None else [page.picture.description]
    yield from _section(page.chart_heading, [*chart, page.chart_note])
    yield from _section("Sessions", ())
    if page.session_rows:
        yield from fmt.table(list(page.session_header), [list(row) for row in page.session_rows])
        yield from _wrapped([page.session_legend])
    yield from _wrapped([page.session_note])
    yield from _section("Cadence at matched speed", page.cadence)
    yield from _section("Rehab work", page.rehab)
    yield from _section("Questionnaires", page.proms)
    yield from _section("Data quality", page.quality)
    yield from _section("Days and protocol", (page.data_days, page.protocol))
    yield from _section("What this report is", (page.limits, page.basis_legend))
    for panel in page.panels:
        yield from _panel(panel)
    yield from _wrapped([page.panel_note])


def _panel(panel: PanelPage) -> Iterator[str]:
    findings = [f"{line.verdict}: {line.message} [{line.basis}; {line.segment}]" for line in panel.findings]
    chart = [] if panel.picture is None else [panel.picture.description]
    yield from _section(panel.title, [panel.subtitle, panel.facts, *findings, *panel.said, *chart])


def _section(heading: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield heading
    yield from _wrapped(lines)


def _wrapped(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="    ")
