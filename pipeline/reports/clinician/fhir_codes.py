"""Codes of the FHIR bundle: LOINC and UCUM where there are any (EVIDENCE.md, section 4f), else our own, local ones."""

from __future__ import annotations

from typing import Any, Final

from pipeline.reports.clinician.words import RED_FLAG_WORDS
from pipeline.reports.format import OUTCOME_WORDS

Json = dict[str, Any]

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
FLAG_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/flag-category"

#: Nobody can own a name below .invalid (RFC 2606), so nobody takes these for codes of a terminology.
LOCAL_ROOT: Final = "https://gaitkeeper.invalid/fhir"
LOCAL: Final = f"{LOCAL_ROOT}/CodeSystem/local"

#: Our own codes, with what they mean. No LOINC code was found for them (EVIDENCE.md): 55430-3 is *walking* distance.
LOCAL_CODES: Final = {
    "return-to-run-report": "Return-to-run report",
    "running-distance": "Distance covered running",
    "running-cadence": "Mean cadence over running seconds, steps a minute of both feet",
    "ascent-barometric": "Metres climbed, from barometric altitude",
    "matched-cadence-ratio": "Cadence against the runner's baseline at the same speed, as a part of one",
    "perceived-exertion": "Perceived exertion, 0 to 10, as told to watch or account",
    "pain-moment": "When the pain was: before, worst during, an hour after, next morning",
    "before": "Before the run",
    "during": "Worst during the run",
    "after": "An hour after the run",
    "next_morning": "The next morning",
    "stride-phase": "When in the stride it hurts",
    "red-flag-questions": "Red-flag questions answered by the runner",
    "verdict": "The run against the clinician's plan",
    "outcome": "What follows from the limit",
    "criterion": "Criterion of the clinician's plan for a decision about the stage",
    "data-days-30": "Local days with data in the rolling 30-day window",
    "data-quality": "What the data can't tell",
    "recording-days": "Days with a recording",
    "entry-days": "Days with an entry of the runner",
    "quarantined-files": "Files that could not be read",
    "possible-doubles": "Pairs of recordings that may be the same run",
    "withheld-sessions": "Sessions left out because their source's terms let the data be shown to the runner alone",
    "prom-score": "Score of a questionnaire",
    **RED_FLAG_WORDS,
    **{name: words for name, words in OUTCOME_WORDS.items() if name is not None},
}

#: Unit of a fact -> UCUM.
_UCUM: Final = {
    "s": "s", "m": "m", "m/s": "m/s", "%": "%", "m/km": "m/km", "steps/min": "{steps}/min", "beats/min": "/min",
    "1": "1", "share": "1", "change": "1", "0-10": "{score}", "days": "d", "kg": "kg", "W": "W", "ms": "ms",
}  # fmt: skip


def loinc(code: str, display: str) -> Json:
    """Return a concept of LOINC."""
    return {"coding": [{"system": LOINC, "code": code, "display": display}], "text": display}


def local(code: str, display: str | None = None) -> Json:
    """Return a concept of our own; a fact's name is a code as it stands."""
    words = display or LOCAL_CODES.get(code) or code.replace("_", " ")
    return {"coding": [{"system": LOCAL, "code": code, "display": words}], "text": words}


def coded(system: str, code: str, display: str) -> Json:
    """Return a concept of another system."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def quantity(value: float, unit: str) -> Json:
    """Return a quantity in UCUM."""
    return {"value": round(float(value), 4), "unit": unit, "system": UCUM, "code": _UCUM.get(unit, "1")}


def absent(*, is_pending: bool = False) -> Json:
    """Return why there is no value: not due yet, or not known. Never 0."""
    return coded(ABSENT, "temp-unknown", "Temporarily Unknown") if is_pending else coded(ABSENT, "unknown", "Unknown")


def code_system(identity: str, facts: dict[str, str], day: str) -> Json:
    """Return our own codes as a resource: those of above, and the facts that the report names."""
    concepts = {**LOCAL_CODES, **facts}
    return {
        "resourceType": "CodeSystem",
        "id": identity,
        "url": LOCAL,
        "version": "1",
        "name": "GaitkeeperLocal",
        "title": "Gaitkeeper's own codes: local, part of no terminology",
        "status": "active",
        "experimental": True,
        "date": day,
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": [{"code": code, "display": words} for code, words in concepts.items()],
    }
