"""The clinician's report: its rows out of the warehouse, its charts, and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from pipeline.reports.clinician.model import RED_FLAG_DAYS, ClinicianReport, DataDays, Panel, Picture
from pipeline.settings import local_today
from pipeline.warehouse.connection import ask, reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.reports.charts import Chart
    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

Row = dict[str, Any]

#: The days that a report covers where nobody names the first: two weekly intervals, so that nothing falls between two
#: reports and the last week's next mornings are in.
COVERED_DAYS: Final = 14

#: The window in which remote monitoring counts days with data (EVIDENCE section 4f).
WINDOW_DAYS: Final = 30

#: The most panels of the appendix; what goes beyond is counted there.
MOST_PANELS: Final = 24


#: Width of a session's chart in CSS pixels: between the margins of A4 it is two thirds as high as it is wide.
PANEL_WIDTH_PX: Final = 840


@dataclass(frozen=True, slots=True)
class ClinicianFiles:
    """The report in every form."""

    report: ClinicianReport
    pdf: bytes
    html: str
    text: str
    fhir_json: str


def load_clinician_report(
    connection: Connection,
    runner_id: str,
    as_of_utc: datetime,
    as_of_date: date,
    *,
    since_date: date | None = None,
    charts: bool = True,
) -> ClinicianReport:
    """Collect one runner's report.

    Args:
        connection: a reader's, best judged once.
        runner_id: the runner.
        as_of_utc: what "now" means.
        as_of_date: the local day of it.
        since_date: the first local day; None takes the last COVERED_DAYS.
        charts: False leaves the pictures out (the FHIR bundle holds none).
    """
    since = as_of_date - timedelta(days=COVERED_DAYS - 1) if since_date is None else since_date
    return _Loader(connection, runner_id, as_of_utc, as_of_date, since, charts=charts).report()


def clinician_report(
    home: Home, runner_id: str, now_utc: datetime, *, since_date: date | None = None
) -> ClinicianFiles:
    """Make the report of one runner in every form, out of the published log."""
    from pipeline.compliance.judge import judge_once, lay_protocols_over

    today = local_today(now_utc, home.config().time_zone)
    with reading(home, now_utc, today) as connection:
        lay_protocols_over(connection, home)
        judge_once(connection)
        report = load_clinician_report(connection, runner_id, now_utc, today, since_date=since_date)
    return files_of(report)


def files_of(report: ClinicianReport) -> ClinicianFiles:
    """Render a report in every form."""
    from pipeline.reports.clinician import fhir, html, pdf, text

    return ClinicianFiles(
        report, pdf.render_pdf(report), html.render_html(report), text.render_text(report), fhir.render_fhir(report)
    )


class _Loader:
    """Asks what one report needs, each query once."""

    def __init__(
        self,
        connection: Connection,
        runner_id: str,
        as_of_utc: datetime,
        as_of_date: date,
        since: date,
        *,
        charts: bool,
    ) -> None:
        self.connection = connection
        self.runner_id = runner_id
        self.as_of_utc = as_of_utc
        self.as_of_date = as_of_date
        self.since = since
        self.charts = charts

    def _ask(self, name: str, since: date | None = None, until: date | None = None) -> list[Row]:
        span = {"since_date": since or self.since, "until_date": until or self.as_of_date}
        return ask(self.connection, name, {"runner_id": self.runner_id, **span})

    def report(self) -> ClinicianReport:
        status = ask(self.connection, "status", {"runner_id": self.runner_id})[0]
        every = self._ask("report_sessions")
        withheld = [row for row in every if row["may_reach_clinician"] is False]
        hidden = {row["session_id"] for row in withheld}
        sessions = [row for row in every if row["session_id"] not in hidden]
        findings = [row for row in self._ask("report_findings") if row["session_id"] not in hidden]
        settings = self._settings()
        answers = [row for row in self._ask("report_answers") if row["session_id"] not in hidden]
        report = ClinicianReport(
            runner_id=self.runner_id,
            since_date=self.since,
            as_of_date=self.as_of_date,
            as_of_utc=self.as_of_utc,
            time_zone=settings.get("time_zone", "UTC"),
            program_version=version("gaitkeeper"),
            status=status,
            sessions=sessions,
            findings=findings,
            answers=answers,
            red_flags=self._red_flags(),
            criteria=self._criteria(status),
            withheld_count=len(withheld),
            withheld_source=", ".join(sorted({str(row["source"]) for row in withheld})) or None,
            rehab=self._ask("report_rehab", self.as_of_date - timedelta(days=6)),
            proms=self._proms(),
            settings=settings,
            quality=self._ask("report_quality")[0],
            **self._intake(),
            data_days=self._data_days(),
            picture=self._pain_picture(),
            block_picture=self._block_picture(),
            is_drawn=self.charts,
        )
        return replace(report, panels=self._panels(report))

    def _criteria(self, status: Row) -> list[Row] | None:
        """Return what speaks for a decision; None where it rests on sessions that may not be shown."""
        first = status["set_on_date"]
        if first is not None and any(
            row["may_reach_clinician"] is False for row in self._ask("report_sessions", min(first, self.as_of_date))
        ):
            return None
        return ask(self.connection, "stage_criteria", {"runner_id": self.runner_id})

    def _red_flags(self) -> list[Row]:
        """Return what the runner reported; for a withheld session by the day on which it was said, not run."""
        since = min(self.since, self.as_of_date - timedelta(days=RED_FLAG_DAYS - 1))
        hidden = {
            row["session_id"] for row in self._ask("report_sessions", since) if row["may_reach_clinician"] is False
        }
        zone = ZoneInfo(self._settings().get("time_zone", "UTC"))
        return [
            {**row, "session_date": row["said_utc"].astimezone(zone).date()} if row["session_id"] in hidden else row
            for row in self._ask("report_red_flags", since)
        ]

    def _settings(self) -> dict[str, str]:
        found = ask(self.connection, "runner_settings", {"runner_id": self.runner_id})
        return {
            row["setting"]: row["setting_value"]
            for row in found
            if row["valid_from_date"] <= self.as_of_date < row["valid_before_date"]
        }

    def _proms(self) -> list[Row]:
        newest: dict[tuple[str, str | None], Row] = {}
        for row in ask(self.connection, "proms", {"runner_id": self.runner_id}):
            if row["prom_date"] <= self.as_of_date:
                newest.setdefault((row["instrument"], row["subscale"]), row)
        return list(newest.values())

    def _intake(self) -> dict[str, Any]:
        found = ask(self.connection, "intake_of_runner", {"runner_id": self.runner_id})
        locks = [row["item_value"] for row in found if row["item"] == "surgery_lock_until"]
        concerns = [
            row["item_value"] for row in found if row["item"] == "higher_concern" and row["item_value"] != "none"
        ]
        return {"surgery_lock_date": _day_or_none(locks[0]) if locks else None, "concerns": concerns}

    def _data_days(self) -> DataDays:
        start = self.as_of_date - timedelta(days=WINDOW_DAYS - 1)
        found = self._ask("report_data_days", start)
        return DataDays(
            start, sum(row["has_recording"] for row in found), sum(row["has_entry"] for row in found), len(found)
        )

    def _panels(self, report: ClinicianReport) -> list[Panel]:
        """Return a panel for each flagged session, the worst first."""
        sessions = {row["session_id"]: row for row in report.sessions}
        flagged: dict[str, list[Mapping[str, Any]]] = {}
        for row in report.standing_findings:
            flagged.setdefault(row["session_id"], []).append(row)
        return [
            Panel(
                session=sessions[session_id],
                findings=found,
                answers=[row for row in report.answers if row["session_id"] == session_id],
                picture=self._session_picture(session_id),
            )
            for session_id, found in list(flagged.items())[:MOST_PANELS]
        ]

    def _session_picture(self, session_id: str) -> Picture | None:
        """Return the chart of one session; None where there is no second of it."""
        if not self.charts:
            return None
        from flows.charts import session_chart_of
        from pipeline.reports.charts import session_chart

        found = session_chart_of(self.connection, session_id)
        return None if found is None else _picture(session_chart(found, PANEL_WIDTH_PX))

    def _pain_picture(self) -> Picture | None:
        """Return the chart of the first page: four weeks at least, six at most."""
        if not self.charts:
            return None
        from pipeline.reports.clinician.pain_chart import first_day, pain_chart

        start = first_day(self.since, self.as_of_date)
        runs = [
            row
            for row in self._ask("report_sessions", start)
            if row["is_run"] and not row["is_excluded"] and row["may_reach_clinician"] is not False
        ]
        limits = [
            row["limit_value"]
            for row in ask(self.connection, "stage_limits", {"runner_id": self.runner_id})
            if row["fact"] == "pain_during" and row["bound"] == "max"
        ]
        drawn = pain_chart(runs, start, self.as_of_date, min(limits, default=None))
        return None if drawn is None else _picture(drawn)

    def _block_picture(self) -> Picture | None:
        """Return the chart of the whole block; None where there is none, or where it rests on what may not be shown."""
        if not self.charts:
            return None
        from flows.charts import block_chart_of
        from pipeline.reports.charts import PAGE_WIDTH_PX, block_chart

        found = block_chart_of(self.connection, self.runner_id)
        if found is None or any(row["may_reach_clinician"] is False for row in found.runs):
            return None
        return _picture(block_chart(found, PAGE_WIDTH_PX))


def _picture(drawn: Chart) -> Picture:
    return Picture(drawn.svg(), drawn.description)


def _day_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # the journal was edited by hand
        return None
