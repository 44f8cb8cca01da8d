"""The words of the clinician's report: their order, what is counted, what is silent, and what is never said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.answers import HIGHER_CONCERNS, RED_FLAGS
from pipeline.reports.clinician.page import MOST_FINDINGS, page_of, pain_text
from pipeline.reports.clinician.text import render_text
from pipeline.reports.clinician.words import RED_FLAG_WORDS
from support.made_reports import OUTCOMES, made_report

CALM = made_report(8, "usual", "plain")
RED = made_report(5, "red", "plain")


def finding(session_id, outcome="outside_plan", **changed):
    fields = {
        "runner_id": "example", "session_id": session_id, "session_date": CALM.as_of_date, "stage_id": "S2", "fact": "over_ceiling_s",
        "observed": 360.0, "limit_value": 60.0, "bound": "max", "unit": "s", "outcome": outcome, "start_s": 1350.0, "end_s": 1710.0,
        "message": "Time above the ceiling: 6:00 min, at most 60 s in S2; outside the plan set by Dr B on 2026-03-30.",
        "protocol_version": "p 1 #1", "source": "EVIDENCE section 5", "basis": "default", "set_by": "Dr B", "set_on_date": CALM.as_of_date,
        "overridden_by": None, "override_reason": None, "sentence": "Time above the ceiling", "observed_text": "6:00 min",
        "limit_text": "60 s", "detail": None,
    }  # fmt: skip
    return {**fields, **changed}


def run(**changed):
    row = {**CALM.runs[0], "is_excluded": False, "is_run": True}
    return {**row, **changed}


def told(report, **changed):
    return page_of(replace(report, panels=(), **changed))


def test_the_order_is_that_of_the_evidence():
    """Red flags, status, findings, chart, sessions, cadence, rehab, questionnaires, quality, days and protocol, limits."""
    text = render_text(replace(CALM, red_flags=(), findings=[finding(CALM.runs[0]["session_id"])], panels=()))
    places = [
        text.index(words)
        for words in (
            "Red flags", "Stage S2", "Findings, worst first", "Pain before, during", "\nSessions", "Cadence at matched speed",
            "Rehab work", "Questionnaires", "Data quality", "Days with data", "Protocol: return_to_run_hip", "This report compares",
        )
    ]  # fmt: skip
    assert sorted(places) == places


def test_none_reported_says_of_how_many():
    """None of n of N: silence of the others is not an answer."""
    runs = [run(session_id=str(n), red_flags=[] if n < 2 else None, is_answer_pending=n == 3) for n in range(4)]
    page = told(CALM, sessions=runs, findings=(), red_flags=())
    assert "Red flags: none reported (2 of 4 runs answered; 1 not due yet)" == page.red_heading


def test_no_answer_is_not_none_reported():
    """Nobody answered: not known."""
    page = told(CALM, sessions=[run(red_flags=None, is_answer_pending=False)], findings=(), red_flags=())
    assert "unknown" == page.red_state
    assert "not known (0 of 1 run answered)" in page.red_heading


def test_a_red_flag_silences_plan_and_criteria():
    """No finding is listed and no criterion told beside it; what there is lies in the appendix."""
    page = told(RED, findings=[finding(RED.runs[0]["session_id"], "hold")], settings={"contact": "Dr B, 0123"})
    assert "reported" == page.red_state
    assert "CONTACT YOUR CLINICIAN" in page.red_heading
    assert () == page.findings
    assert "in the appendix" in page.findings_note
    assert "criteria are not told while a red flag stands" in page.status
    assert not any("met" in line for line in page.status_lines)
    assert any("contact Dr B, 0123 or urgent care" in line for line in page.red_lines)


def test_a_contact_that_is_not_set_is_said():
    """Never an empty place where a telephone number should be."""
    page = told(RED, settings={})
    assert any("no contact is set" in line for line in page.red_lines)
    assert "no contact is set" in page.limits


def test_a_red_flag_set_aside_no_longer_silences():
    """It is told with who and why, and the plan is told again."""
    row = {**RED.red_flags[0], "overridden_by": "Dr B", "override_reason": "seen on Friday"}
    page = told(RED, red_flags=[row], findings=())
    assert "reported" != page.red_state
    assert any("Set aside by Dr B" in line and "seen on Friday" in line for line in page.red_lines)


def test_an_old_red_flag_is_told_and_silences_nothing():
    """A year's report is not silenced by a flag of last summer that was answered by a new stage."""
    row = {**RED.red_flags[0], "session_date": RED.as_of_date - timedelta(days=15)}
    page = told(RED, red_flags=[row], findings=())
    assert "reported" != page.red_state
    assert any(line.startswith("Earlier: 1 red flag") for line in page.red_lines)


def test_pain_that_asks_for_the_clinician_stands_where_a_red_flag_stands():
    """The plan's upper limit of pain is answered like a red flag."""
    high = finding(
        CALM.runs[0]["session_id"], "contact_clinician", fact="pain_during", message="Worst pain: 7, at most 5."
    )
    page = told(CALM, findings=[high], red_flags=())
    assert "reported" == page.red_state
    assert "Worst pain: 7, at most 5." in page.red_lines


def test_at_most_five_findings_and_the_rest_counted():
    """Each with limit, measured value, stretch and basis; the rest is in the appendix."""
    findings = [finding(CALM.runs[0]["session_id"], fact=f"fact_{place}") for place in range(8)]
    page = told(CALM, findings=findings, red_flags=())
    assert MOST_FINDINGS == len(page.findings)
    assert "And 3 more in the appendix." in page.findings_note
    line = page.findings[0]
    assert ("6:00 min", "at most 60 s", "22:30–28:30", "D") == (line.measured, line.limit, line.segment, line.basis)


def test_findings_set_aside_are_counted_not_listed():
    """The clinician's own word stands."""
    page = told(CALM, findings=[finding(CALM.runs[0]["session_id"], overridden_by="Dr B")], red_flags=())
    assert () == page.findings
    assert "1 finding set aside by the clinician" in page.findings_note


def test_missing_pain_is_never_zero():
    """Not answered and not due yet are told apart, and both from 0."""
    empty = dict.fromkeys(("pain_before", "pain_during", "pain_after", "pain_next_morning"))
    assert "– / – / – / –" == pain_text({**empty, "is_answer_pending": False})
    assert "0 / … / … / …" == pain_text({**empty, "pain_before": 0, "is_answer_pending": True})


def test_the_status_counts_met_and_unknown():
    """Criteria x of y, and how many nobody knows; the decision is left where it belongs."""
    criteria = [
        {"decision": "advance", "criterion_state": state, "sentence": "Runs", "bound": "min", "limit_text": "3", "observed_text": "2"}
        for state in ("met", "met", "not_met", "unknown")
    ]  # fmt: skip
    page = told(CALM, criteria=criteria, findings=(), red_flags=())
    assert "criteria recorded as met 2 of 4, 1 unknown: for your decision" in page.status


def test_no_stage_is_said():
    """Nothing is held against a plan that nobody set."""
    page = told(made_report(6, "no_stage", "plain"))
    assert "No stage is set" in page.status
    assert "a day that is not set" in page.limits


def test_withheld_sessions_are_counted_with_the_reason():
    """What a source's terms keep from a clinician is left out, and that it was is told."""
    page = told(made_report(7, "withheld", "plain"))
    assert "Left out: 3 sessions from strava, whose terms" in page.session_note
    assert "criteria not shown" in page.status or page.red_state == "reported"


def test_the_ceiling_names_its_source_and_how_sure_it_is():
    """One estimate moves every verdict: its source is told, and its interval where one is known."""
    guessed = run(ceiling_mps=2.897, critical_speed_mps=3.52, ceiling_source="0.823 x critical speed (estimated)")
    assert any(
        "0.823 x critical speed (estimated); 95 % interval" in line
        for line in told(CALM, sessions=[guessed]).status_lines
    )
    unset = told(CALM, sessions=[run(ceiling_mps=None)]).status_lines
    assert any("ceiling: not set" in line for line in unset)


def test_a_change_within_the_error_is_not_called_one():
    """The words of the questionnaire's view stand as they are, with its measurement error."""
    row = {
        "instrument": "UWRI", "subscale": None, "score": 26.0, "prom_date": CALM.as_of_date, "mdc": 4.1, "mcid": 8.0, "previous_change": 2.0,
        "previous_change_words": "+2: within the measurement error (4.1), not a change", "first_change_words": "+2: within the measurement error (4.1), not a change",
        "entry_id": "1",
    }  # fmt: skip
    (line,) = told(CALM, proms=[row]).proms
    assert "(MDC 4.1)" in line
    assert "not a change" in line


def test_every_red_flag_has_its_words():
    """The questions that are asked are those that are told."""
    assert set(RED_FLAGS) == set(RED_FLAG_WORDS)
    assert all(name.replace("_", " ") for name in HIGHER_CONCERNS)


@pytest.mark.parametrize("seed", range(16))
def test_no_report_promises_or_alarms(seed):
    """Never safe, ready, risk scores, cleared, diagnoses or billable days."""
    text = render_text(made_report(seed, word="plain")).lower()
    for word in (
        "safe",
        "ready",
        "cleared",
        "risk score",
        "billable",
        "overloaded",
        "advance to",
        "weakness",
        "valgus",
        "acwr",
        "danger",
    ):
        assert not re.search(rf"\b{word}\b", text), word
    assert "does not diagnose, does not estimate joint load or injury risk" in " ".join(text.split())


def test_every_outcome_is_in_the_made_reports():
    """The reports that the layout is tried with hold every verdict."""
    seen = {row["verdict"] for seed in range(40) for row in made_report(seed).runs}
    assert set(OUTCOMES) <= seen
