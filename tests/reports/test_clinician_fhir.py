"""The FHIR bundle: valid, whole, and honest about what is missing and what is local."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.bundle import Bundle

from pipeline.reports.clinician import fhir_codes as codes
from pipeline.reports.clinician.fhir import pseudonym, render_fhir
from support.made_reports import WORDS, made_report

#: What R4 (4.0.1) has by these names: R4B would take more.
R4_TYPES = {
    "Composition", "Patient", "Device", "Observation", "Flag", "PlanDefinition", "CarePlan", "Goal", "QuestionnaireResponse",
    "DiagnosticReport", "Provenance", "CodeSystem",
}  # fmt: skip


def bundle(report):
    return json.loads(render_fhir(report))


def resources(report, kind):
    return [entry["resource"] for entry in bundle(report)["entry"] if entry["resource"]["resourceType"] == kind]


def references(value):
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "reference":
                yield item
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 6, 7, 12, 14, 15])
def test_every_kind_of_report_is_a_valid_document(seed):
    """One run, no run, red flags, no stage, hostile names: the maintained library takes each."""
    found = bundle(made_report(seed))
    Bundle.model_validate(found)
    assert "document" == found["type"]
    assert "Composition" == found["entry"][0]["resource"]["resourceType"]
    assert R4_TYPES >= {entry["resource"]["resourceType"] for entry in found["entry"]}


def test_every_reference_is_in_the_bundle_and_every_resource_is_reached():
    """A document stands alone: nothing points out of it, and nothing lies in it that nobody points to."""
    found = bundle(made_report(8, "usual", "plain"))
    names = [entry["fullUrl"] for entry in found["entry"]]
    pointed = set(references(found))
    assert len(names) == len(set(names))
    assert pointed <= set(names)
    assert set(names) - pointed == {names[0]} - pointed


def test_missing_is_told_as_missing():
    """No value and a reason; a pain that isn't due yet has another reason than one that nobody said."""
    report = made_report(8, "usual", "plain")
    seen = set()
    for one in resources(report, "Observation"):
        has_value = any(name.startswith("value") for name in one)
        if not one.get("component") or one["code"]["coding"][0]["code"] == "72514-3":
            assert has_value != ("dataAbsentReason" in one), one
        if "dataAbsentReason" in one:
            seen.add(one["dataAbsentReason"]["coding"][0]["code"])
    assert seen <= {"unknown", "temp-unknown"}
    assert seen


def test_the_four_pains_share_one_code():
    """LOINC 72514-3 with a whole number, told apart by a local component, derived from its run."""
    report = made_report(8, "usual", "plain")
    pains = [one for one in resources(report, "Observation") if one["code"]["coding"][0]["code"] == "72514-3"]
    assert 4 * len(report.runs) == len(pains)
    moments = [one["component"][0]["valueCodeableConcept"]["coding"][0]["code"] for one in pains[:4]]
    assert ["before", "during", "after", "next_morning"] == moments
    assert all(one["derivedFrom"] for one in pains)
    assert all(isinstance(one["valueInteger"], int) for one in pains if "valueInteger" in one)


def test_local_codes_say_that_they_are_local():
    """Every code of our own is in the code system that comes along; its address belongs to nobody."""
    found = bundle(made_report(8, "usual", "plain"))
    (system,) = (e["resource"] for e in found["entry"] if e["resource"]["resourceType"] == "CodeSystem")
    listed = {concept["code"] for concept in system["concept"]}
    assert "local" in system["title"]
    assert ".invalid/" in system["url"]

    def used(value):
        if isinstance(value, dict):
            if value.get("system") == codes.LOCAL:
                yield value["code"]
            for item in value.values():
                yield from used(item)
        elif isinstance(value, list):
            for item in value:
                yield from used(item)

    assert set(used(found)) <= listed
    assert system["count"] == len(system["concept"])


def test_running_distance_is_not_coded_as_walking():
    """LOINC has walking distance alone: ours is local."""
    text = render_fhir(made_report(8))
    assert "55430-3" not in text
    assert "running-distance" in text


def test_the_patient_is_a_pseudonym():
    """No name, no birth date, the same id in every report."""
    (patient,) = resources(made_report(8), "Patient")
    assert {"resourceType", "id", "identifier"} == set(patient)
    assert pseudonym("example") == patient["id"]
    assert pseudonym("example") != pseudonym("another")


def test_a_red_flag_is_an_active_flag_and_no_goal_stands_beside_it():
    """Red flags silence the rest here, too."""
    report = made_report(5, "red", "plain")
    assert {"active"} == {flag["status"] for flag in resources(report, "Flag")}
    assert [] == resources(report, "Goal")


def test_the_same_report_gives_the_same_bytes():
    """Ids are made of what they name."""
    assert render_fhir(made_report(8)) == render_fhir(made_report(8))


def test_markup_stays_text_in_the_narrative():
    """The words for readers without our codes are escaped."""
    text = render_fhir(made_report(3, "usual", "markup"))
    assert WORDS["markup"].startswith("<script>")
    assert "<script>" not in "".join(
        section["text"]["div"] for section in json.loads(text)["entry"][0]["resource"]["section"]
    )
