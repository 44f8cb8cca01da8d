"""The report as a FHIR R4 document: a Bundle that a clinic's system can read, validated before it is handed out.

The resources hold to what R4 (4.0.1) and R4B (4.3.0) have in common, element by element, since the maintained library
checks R4B; R4B changed nothing in the resources that are used here. The patient is a pseudonym: no name, no birth date.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from pipeline.reports.clinician import fhir_codes as codes
from pipeline.reports.clinician.fhir_runs import RunObservations, instant, observation
from pipeline.reports.clinician.fhir_text import section
from pipeline.reports.clinician.page import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.reports.clinician.model import ClinicianReport

Json = dict[str, Any]

_ROOT: Final = uuid5(NAMESPACE_URL, codes.LOCAL_ROOT)


def render_fhir(report: ClinicianReport) -> str:
    """Return the report as the JSON of a FHIR R4 Bundle of type document.

    The same report gives the same bytes: ids are made from the runner's pseudonym and what they name.
    """
    from fhir.resources.R4B.bundle import Bundle

    bundle = _Document(report).bundle()
    Bundle.model_validate(bundle)
    return json.dumps(bundle, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def pseudonym(runner_id: str) -> str:
    """Return the id that stands for a runner outside the home: the same in every report, and no name."""
    return str(uuid5(_ROOT, f"runner {runner_id}"))


class _Document:
    """Collects the resources of one report."""

    def __init__(self, report: ClinicianReport) -> None:
        self.report = report
        self.page: Page = page_of(report)
        self.patient_id = pseudonym(report.runner_id)
        self.patient = f"urn:uuid:{self.patient_id}"
        self.made = instant(report.as_of_utc)
        self.device_id = self._id("device")
        self.device = f"urn:uuid:{self.device_id}"
        self.facts: dict[str, str] = {}

    def _id(self, name: str) -> str:
        return str(uuid5(UUID(self.patient_id), name))

    def _of_report(self, name: str) -> str:
        """Return an id for what belongs to this report alone."""
        return self._id(f"{name} {self.report.since_date} {self.made}")

    def bundle(self) -> Json:
        runs = list(self._runs())
        rest = {
            "flags": list(self._flags()),
            "plan": list(self._plan()),
            "scores": list(self._proms()),
            "quality": list(self._quality()),
        }
        observations = [one for one in [*runs, *rest["quality"]] if one["resourceType"] == "Observation"]
        about = [self._diagnostic_report(observations), self._provenance(), self._code_system()]
        composition = self._composition(runs, rest, about)
        resources = [
            composition,
            self._patient(),
            self._device(),
            *runs,
            *(r for part in rest.values() for r in part),
            *about,
        ]
        return {
            "resourceType": "Bundle",
            "id": self._of_report("bundle"),
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{self._of_report('bundle')}"},
            "type": "document",
            "timestamp": self.made,
            "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
        }

    def _runs(self) -> Iterator[Json]:
        answers: dict[str, dict[str | None, Any]] = {}
        for row in self.report.answers:
            answers.setdefault(row["session_id"], {})[row["moment"]] = row
        told = self.report.told_rows
        for run in self.report.runs:
            maker = RunObservations(run, self.patient, self.device, self._id)
            findings = [row for row in told if row["session_id"] == run["session_id"]]
            self.facts |= {row["fact"]: row["sentence"] or row["fact"] for row in findings}
            members = [
                *maker.measurements(),
                *maker.pains(answers.get(run["session_id"], {})),
                maker.red_flag_answer(),
                *(maker.finding(row) for row in findings),
            ]
            yield maker.group(members)
            yield from members

    def _flags(self) -> Iterator[Json]:
        for row in self.report.red_flags:
            aside = row["overridden_by"] is not None
            yield {
                "resourceType": "Flag",
                "id": self._id(f"flag {row['session_id']} {row['red_flag']}"),
                "status": "inactive" if aside else "active",
                "category": [codes.coded(codes.FLAG_CATEGORY, "clinical", "Clinical")],
                "code": codes.local(row["red_flag"]),
                "subject": {"reference": self.patient},
                "period": {"start": instant(row["said_utc"])},
                "author": {"reference": self.patient},
            }

    def _plan(self) -> Iterator[Json]:
        """Yield protocol, the plan of the runner's stage, and its criteria as goals; with a red flag no criterion."""
        row = self.report.status
        if row["protocol_version"] is not None:
            yield {
                "resourceType": "PlanDefinition",
                "id": self._id(f"protocol {row['protocol_version']}"),
                "url": f"{codes.LOCAL_ROOT}/PlanDefinition/protocol",
                "version": row["protocol_version"],
                "title": f"Return-to-run protocol {row['protocol_version']}",
                "status": "active",
            }
        if row["stage_id"] is None:
            return
        goals = [] if self.page.red_state == "reported" else list(self._goals())
        yield from goals
        plan: Json = {
            "resourceType": "CarePlan",
            "id": self._id(f"stage {row['stage_id']} {row['set_on_date']}"),
            "status": "active",
            "intent": "plan",
            "title": f"Stage {row['stage_id']}" + (f", {row['stage_name']}" if row["stage_name"] else ""),
            "subject": {"reference": self.patient},
            "period": {"start": str(row["set_on_date"])},
        }
        if row["protocol_version"] is not None:
            plan["instantiatesUri"] = [f"urn:uuid:{self._id('protocol ' + row['protocol_version'])}"]
        if row["set_by"]:
            plan["author"] = {"display": row["set_by"]}
        if goals:
            plan["goal"] = [{"reference": f"urn:uuid:{goal['id']}"} for goal in goals]
        yield plan

    def _goals(self) -> Iterator[Json]:
        states = {"met": ("achieved", "Achieved"), "not_met": ("not-achieved", "Not Achieved")}
        for place, row in enumerate(row for row in self.report.criteria or () if row["decision"] == "advance"):
            bound = "at most" if row["bound"] == "max" else "at least"
            goal: Json = {
                "resourceType": "Goal",
                "id": self._of_report(f"criterion {place} {row['fact']}"),
                "lifecycleStatus": "active",
                "description": {"text": f"{row['sentence']}: {bound} {row['limit_text']}"},
                "subject": {"reference": self.patient},
                "category": [codes.local("criterion")],
                "note": [
                    {"text": f"Recorded as {row['criterion_state'].replace('_', ' ')}: for the clinician's decision."}
                ],
            }
            if row["criterion_state"] in states:
                goal["achievementStatus"] = codes.coded(codes.ACHIEVEMENT, *states[row["criterion_state"]])
                goal["statusDate"] = str(self.report.as_of_date)
            yield goal

    def _proms(self) -> Iterator[Json]:
        for row in self.report.proms:
            name = row["instrument"] + (f" {row['subscale']}" if row["subscale"] else "")
            yield {
                "resourceType": "QuestionnaireResponse",
                "id": self._id(f"prom {row['entry_id']} {name}"),
                "questionnaire": f"{codes.LOCAL_ROOT}/Questionnaire/{row['instrument']}",
                "status": "completed",
                "subject": {"reference": self.patient},
                "authored": str(row["prom_date"]),
                "item": [
                    {"linkId": "score", "text": f"{name}, score", "answer": [{"valueDecimal": float(row["score"])}]}
                ],
            }

    def _quality(self) -> Iterator[Json]:
        days = self.report.data_days
        quality = self.report.quality
        parts = {
            "quarantined-files": quality.get("quarantined_count"),
            "possible-doubles": quality.get("duplicate_question_count"),
            "withheld-sessions": self.report.withheld_count,
        }
        yield self._counted("data-quality", parts)
        if days is not None:
            counted = {"recording-days": days.recording_count, "entry-days": days.entry_count}
            yield {**self._counted("data-days-30", counted), "valueInteger": days.either_count}

    def _counted(self, code: str, parts: Mapping[str, int | None]) -> Json:
        return observation(
            self._of_report(code),
            self.patient,
            codes.local(code),
            effectiveDateTime=self.made,
            component=[
                {
                    "code": codes.local(name),
                    **({"dataAbsentReason": codes.absent()} if count is None else {"valueInteger": int(count)}),
                }
                for name, count in parts.items()
            ],
        )

    def _patient(self) -> Json:
        system = f"{codes.LOCAL_ROOT}/pseudonym"
        return {
            "resourceType": "Patient",
            "id": self.patient_id,
            "identifier": [{"system": system, "value": self.patient_id}],
        }

    def _device(self) -> Json:
        return {
            "resourceType": "Device",
            "id": self.device_id,
            "status": "active",
            "deviceName": [{"name": "Gaitkeeper", "type": "model-name"}],
            "version": [{"value": self.report.program_version}],
            "note": [
                {"text": "Software that compares a running log with a clinician's limits. It is no medical device."}
            ],
        }

    def _diagnostic_report(self, observations: Sequence[Json]) -> Json:
        return {
            "resourceType": "DiagnosticReport",
            "id": self._of_report("report"),
            "status": "final",
            "code": codes.local("return-to-run-report"),
            "subject": {"reference": self.patient},
            "effectivePeriod": {"start": str(self.report.since_date), "end": str(self.report.as_of_date)},
            "issued": self.made,
            "performer": [{"display": "Gaitkeeper"}],
            "result": [{"reference": f"urn:uuid:{one['id']}"} for one in observations],
            "conclusion": f"{self.page.red_heading}. {self.page.status}.",
        }

    def _provenance(self) -> Json:
        return {
            "resourceType": "Provenance",
            "id": self._of_report("provenance"),
            "target": [{"reference": f"urn:uuid:{self._of_report('composition')}"}],
            "recorded": self.made,
            "agent": [{"who": {"reference": self.device}}],
        }

    def _code_system(self) -> Json:
        return codes.code_system(self._of_report("codes"), self.facts, str(self.report.as_of_date))

    def _composition(self, runs: Sequence[Json], rest: dict[str, list[Json]], about: Sequence[Json]) -> Json:
        page = self.page
        findings = [f"{line.verdict}, {line.day}: {line.message}" for line in page.findings]
        sections = (
            ("Red flags", (page.red_heading, *page.red_lines), rest["flags"]),
            ("Stage and criteria", (page.status, *page.status_lines), rest["plan"]),
            ("Findings", (*findings, page.findings_note), ()),
            ("Runs and pain", (page.chart_note, page.session_note, *page.cadence), runs),
            ("Rehab work", page.rehab, ()),
            ("Questionnaires", page.proms, rest["scores"]),
            ("Data quality", (*page.quality, page.data_days, page.protocol), rest["quality"]),
            ("What this report is", (page.limits,), about),
        )
        return {
            "resourceType": "Composition",
            "id": self._of_report("composition"),
            "status": "final",
            "type": codes.local("return-to-run-report"),
            "subject": {"reference": self.patient},
            "date": self.made,
            "author": [{"reference": self.device}],
            "title": page.title,
            "section": [section(title, lines, resources) for title, lines, resources in sections],
        }
