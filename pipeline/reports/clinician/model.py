"""What a clinician's report is made of: rows of the public relations, and nothing that isn't known already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

#: A red flag of this many days back stands before everything else: a clinician's answer to it (a stage set anew, the
#: finding set aside) is a matter of days. What is older is told among the findings.
RED_FLAG_DAYS: Final = 14

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as the report takes it."""

    svg: str  #: self-contained SVG
    description: str  #: what it shows, in a sentence: for those who don't see it


@dataclass(frozen=True, slots=True)
class Panel:
    """One flagged session of the appendix."""

    session: Mapping[str, Any]  #: a row of the query report_sessions
    findings: Sequence[Mapping[str, Any]]  #: rows of report_findings, worst first; where a red flag stands, it alone
    answers: Sequence[Mapping[str, Any]]  #: rows of report_answers: what the runner said of it
    picture: Picture | None = None  #: None where there is nothing to draw


@dataclass(frozen=True, slots=True)
class DataDays:
    """Local days of the rolling 30-day window on which something arrived."""

    window_start_date: date
    recording_count: int  #: days with a recording that may be shown
    entry_count: int  #: days with an entry of the runner
    either_count: int


@dataclass(frozen=True, slots=True)
class ClinicianReport:
    """One runner's report; every instant and day comes from outside, no clock is asked."""

    runner_id: str
    since_date: date
    as_of_date: date  #: the last day that the report covers
    as_of_utc: datetime
    time_zone: str
    program_version: str
    status: Mapping[str, Any]  #: a row of the query status
    sessions: Sequence[Mapping[str, Any]]  #: rows of report_sessions, newest first; withheld ones are not among them
    findings: Sequence[Mapping[str, Any]]  #: rows of report_findings, worst first; those of withheld sessions left out
    answers: Sequence[Mapping[str, Any]] = ()  #: rows of report_answers of the sessions that are shown
    red_flags: Sequence[Mapping[str, Any]] = ()  #: rows of report_red_flags
    criteria: Sequence[Mapping[str, Any]] | None = ()  #: rows of stage_criteria; None: may not be shown
    withheld_count: int = 0  #: sessions that their source's terms keep from a clinician
    withheld_source: str | None = None
    rehab: Sequence[Mapping[str, Any]] = ()  #: rows of report_rehab, of the last seven days
    proms: Sequence[Mapping[str, Any]] = ()  #: the newest row of prom for each questionnaire and subscale
    settings: Mapping[str, str] = field(default_factory=dict)  #: what holds today of runner_setting
    quality: Mapping[str, Any] = field(default_factory=dict)  #: the row of report_quality
    surgery_lock_date: date | None = (
        None  #: last day on which the surgeon allows no running; None where there is no lock
    )
    concerns: Sequence[str] = ()  #: what the intake names as a reason for higher concern
    data_days: DataDays | None = None
    picture: Picture | None = None  #: the hip's answers to the runs of the last weeks, for the first page
    block_picture: Picture | None = None  #: the whole block: load, stages and pain, for the appendix
    panels: Sequence[Panel] = ()
    is_drawn: bool = True  #: False where no picture was asked for: FHIR holds none, a page on the screen has its own

    @property
    def runs(self) -> list[Mapping[str, Any]]:
        """Return the runs of the training, newest first."""
        return [row for row in self.sessions if row["is_run"] and not row["is_excluded"]]

    @property
    def standing_red_flags(self) -> list[Mapping[str, Any]]:
        """Return the red flags that nobody set aside."""
        return [row for row in self.red_flags if row["overridden_by"] is None]

    @property
    def recent_red_flags(self) -> list[Mapping[str, Any]]:
        """Return the standing red flags that go before everything else: those of the last RED_FLAG_DAYS."""
        return [row for row in self.standing_red_flags if row["session_date"] > self._red_flag_edge]

    @property
    def asking_findings(self) -> list[Mapping[str, Any]]:
        """Return the recent findings besides red flags for which the plan asks for the clinician now."""
        return [
            row
            for row in self.standing_findings
            if row["outcome"] == "contact_clinician"
            and row["fact"] != "red_flag_count"
            and row["session_date"] > self._red_flag_edge
        ]

    @property
    def _red_flag_edge(self) -> date:
        return self.as_of_date - timedelta(days=RED_FLAG_DAYS)

    @property
    def standing_findings(self) -> list[Mapping[str, Any]]:
        """Return what somebody should look at, worst first; a red flag silences the rest of its session."""
        flagged = [
            row
            for row in self.findings
            if row["outcome"] in ("contact_clinician", "hold", "outside_plan") and row["overridden_by"] is None
        ]
        red = {row["session_id"] for row in flagged if row["outcome"] == "contact_clinician"}
        return [row for row in flagged if row["outcome"] == "contact_clinician" or row["session_id"] not in red]

    @property
    def told_rows(self) -> list[Mapping[str, Any]]:
        """Return the findings with what is not known, pending or noted, those that a red flag silences left out."""
        standing = self.standing_findings
        red = {row["session_id"] for row in standing if row["outcome"] == "contact_clinician"}
        rest = [
            row
            for row in self.findings
            if row["outcome"] in ("not_assessable", "pending", "note") and row["session_id"] not in red
        ]
        return [*standing, *rest]

    @property
    def has_findings(self) -> bool:
        """Return whether anything stands that somebody should look at."""
        return bool(self.standing_findings or self.standing_red_flags)
