"""One patient's page: the clinician's report on the screen, in its own words and order, with what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from gaitkeeper.web.pictures import WIDTHS_PX, chart_of, width_of
from gaitkeeper.web.routes_runner import picture
from gaitkeeper.web.visit import NotThere
from pipeline.reports.clinician.page import MOST_FINDINGS, MOST_RUNS, page_of

if TYPE_CHECKING:
    from gaitkeeper.web.log import Log
    from gaitkeeper.web.visit import Visit
    from pipeline.reports.clinician.model import ClinicianReport
    from pipeline.reports.clinician.page import Page

#: Form of the report -> what it is for a browser.
_FORMS: Final = {"pdf": "application/pdf", "html": "text/html", "json": "application/fhir+json"}

#: Charts of a patient's page, in its order.
PATIENT_CHARTS: Final = ("block", "cadence")


def patient(visit: Visit) -> Response:
    """Show the report in the order of EVIDENCE.md, section 8."""
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        report, page = report_of(log, runner_id)
        charts = {name: chart_of(log, name, WIDTHS_PX[-1], runner_id) for name in PATIENT_CHARTS}
    return visit.page(
        "patient.html",
        runner_id=runner_id,
        tab="patient",
        report=report,
        page=page,
        findings=list(zip(report.standing_findings[:MOST_FINDINGS], page.findings, strict=False)),
        runs=list(zip(report.runs[:MOST_RUNS], page.session_rows, strict=False)),
        charts={name: chart is not None for name, chart in charts.items()},
        chart_words={name: "" if chart is None else chart.description for name, chart in charts.items()},
    )


def report_of(log: Log, runner_id: str) -> tuple[ClinicianReport, Page]:
    """Return one runner's report and its words, collected once a log."""
    from flows.clinician import load_clinician_report

    report: ClinicianReport = log.keep(
        ("report", runner_id),
        lambda: load_clinician_report(log.connection, runner_id, log.now_utc, log.today, charts=False),
    )
    page: Page = log.keep(("report page", runner_id), lambda: page_of(report))
    return report, page


def patient_chart(visit: Visit) -> Response:
    """Show the block, or cadence against speed."""
    if visit.path["name"] not in PATIENT_CHARTS:
        raise NotThere
    with visit.site.book.reading() as log:
        chart = chart_of(log, visit.path["name"], width_of(visit.asked("w")), visit.runner_id)
    return picture(visit, chart)


def report(visit: Visit) -> Response:
    """Hand out the report as a file."""
    from flows.clinician import clinician_report

    form, runner_id = visit.path["form"], visit.runner_id
    if form not in _FORMS:
        raise NotThere
    files = clinician_report(visit.site.home, runner_id, visit.site.book.now_utc())
    content = {"pdf": files.pdf, "html": files.html, "json": files.fhir_json}[form]
    name = f"gaitkeeper-{runner_id}-{files.report.as_of_date}.{form}"
    return Response(content, media_type=_FORMS[form], headers={"content-disposition": f'attachment; filename="{name}"'})
