"""The texts that people read, whole: reviewed like prose, and changed on purpose only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from pipeline.reports.flagged import render_flagged
from pipeline.reports.weekly import Week, render_week

_SUMMARY: dict[str, Any] = {
    "runner_id": "me", "iso_week": "2026-W10", "week_start_date": date(2026, 3, 2), "stage_id": "S1", "session_count": 2,
    "run_count": 2, "run_s": 3000.0, "run_distance_m": 8400.0, "ascent_m": None, "step_count": 8500, "stride_cycle_count": 4250,
    "pickup_count": 0.0, "tempo_s": 0.0, "mean_run_cadence_spm": 170.4, "matched_cadence_ratio": 0.066, "flagged_count": 1,
    "max_pain_during": 3.0, "rehab_count": 1,
}  # fmt: skip


def session(session_id: str, day: int, **changed: Any) -> dict[str, Any]:
    fields = {
        "session_id": session_id, "session_date": date(2026, 3, day), "sport": "running", "is_run": True, "is_indoor": False,
        "is_excluded": False, "distance_m": 4200.0, "moving_s": 1500.0, "elapsed_s": 1510.0, "run_s": 1500.0,
        "mean_run_speed_mps": 2.8, "ascent_m": 12.0, "altitude_source": "barometric", "verdict": "within_plan", "stage_id": "S1",
    }  # fmt: skip
    return {**fields, **changed}


def finding(session_id: str, day: int, fact: str, outcome: str, message: str, **changed: Any) -> dict[str, Any]:
    fields = {
        "session_id": session_id, "session_date": date(2026, 3, day), "fact": fact, "outcome": outcome, "message": message,
        "start_s": None, "end_s": None, "basis": "default", "source": "EVIDENCE section 5", "protocol_version": "P 1 #12345678",
        "overridden_by": None, "override_reason": None,
    }  # fmt: skip
    return {**fields, **changed}


FINDINGS = [
    finding(
        "bbb",
        4,
        "pain_during",
        "hold",
        "Worst pain during the run: 3, at most 2 in S1; outside the plan set by Dr B on 2026-03-01.",
    ),
    finding(
        "bbb",
        4,
        "over_ceiling_s",
        "outside_plan",
        "Time above the ceiling: 6:00 min, at most 60 s in S1.",
        start_s=600.0,
        end_s=960.0,
    ),
    finding("bbb", 4, "ascent_m", "not_assessable", "Ascent: not known, no barometer."),
    finding("aaa", 2, "ascent_m", "not_assessable", "Ascent: not known, no barometer."),
]


def limit(
    sentence: str, observed: float | None, limit_value: float, observed_text: str | None, limit_text: str, outcome: str
) -> dict[str, Any]:
    return {
        "stage_id": "S1", "fact": sentence, "sentence": sentence, "bound": "max", "limit_value": limit_value,
        "limit_text": limit_text, "observed": observed, "observed_text": observed_text, "outcome": outcome,
    }  # fmt: skip


WEEK = Week(
    summary=_SUMMARY,
    stage_name="conversational running",
    set_by="Dr B",
    set_on_date=date(2026, 3, 1),
    sessions=[
        session("aaa", 2, ascent_m=None, verdict="not_assessable"),
        session("bbb", 4, verdict="hold"),
        session(
            "ccc",
            5,
            sport="cycling",
            is_run=False,
            distance_m=25000.0,
            moving_s=3700.0,
            mean_run_speed_mps=None,
            verdict=None,
        ),
    ],
    findings=FINDINGS,
    last_run_date=date(2026, 3, 4),
    as_of_date=date(2026, 3, 6),
    limits=[
        limit("Time above the ceiling", 360.0, 60.0, "6:00 min", "60 s", "outside_plan"),
        limit("Worst pain during the run", 3.0, 2.0, "3", "2", "hold"),
        limit("Ascent of the run", None, 50.0, None, "50 m", "not_assessable"),
        limit("Red flags reported", 0.0, 0.0, "0", "0", "within_plan"),
        limit("Runs in seven days", 3.0, 4.0, "3", "4", "within_plan"),
    ],
    answers=[
        {"session_id": "bbb", "moment": moment, "pain_0_10": pain}
        for moment, pain in (("before", 0.0), ("during", 3.0), ("next_morning", None))
    ],
    withdrawals=[{"session_date": date(2026, 3, 3), "file_name": "77.fit", "source": "garmin"}],
    silences=[{"message": "Nothing was synced from folder:watch since 2026-03-04 05:00 UTC."}],
)

WEEKLY = """\
Week 2026-W10 (Mon 2 Mar to Sun 8 Mar), runner me
Stage S1, conversational running; set by Dr B on 2026-03-01.

  Running   2 runs, 8.40 km, 50:00
  Ascent    –
  Cadence   170 steps/min (+7 % against the baseline at the same speed)
  Steps     8,500 (4,250 stride cycles a leg)
  Strides   0 (pick-ups)   Tempo 0:00
  Pain      worst during a run 3 of 10
  Rehab     1 entry

  Day        Session     Sport    Distance  Time     Pace     Ascent  Pain     Verdict
  Mon 2 Mar  aaa         running  4.20 km   25:00    5:57/km  –       – – – –  not fully known
  Tue 3 Mar  no session
  Wed 4 Mar  bbb         running  4.20 km   25:00    5:57/km  12 m    0 3 – –  hold
  Thu 5 Mar  ccc         cycling  25.00 km  1:01:40  –        12 m             not a run: not judged
  Fri 6 Mar  no session
  Pain: before, during and after the run, the next morning; – was not entered

Flagged: 1 session
  Wed 4 Mar, session bbb
    hold: Worst pain during the run: 3, at most 2 in S1; outside the plan set by Dr B on 2026-03-01.
    outside plan: Time above the ceiling: 6:00 min, at most 60 s in S1. [10:00 to 16:00 of the session]

Limits of S1, and what of this week came nearest to each (a bar ends at its limit):
  Time above the ceiling     6:00 min  ████████│████  at most 60 s  outside plan
  Worst pain during the run  3         ████████│████  at most 2     hold
  Ascent of the run          –         ········│      at most 50 m  not fully known
  Runs in seven days         3         ██████  │      at most 4     within plan
  1 further limit was not come near; all within plan.

Notes, and what is not known:
  Ascent: not known, no barometer. (Wed 4 Mar, Mon 2 Mar)

Tue 3 Mar: 77.fit was deleted from garmin and no longer counts; its bytes stay in the archive.
Nothing was synced from folder:watch since 2026-03-04 05:00 UTC.
"""

NARROW = """\
  Mon 2 Mar  running  not fully known
    4.20 km in 25:00, 5:57/km
    ascent –, pain – – – –, session aaa
  Tue 3 Mar  no session
  Wed 4 Mar  running  hold
    4.20 km in 25:00, 5:57/km
    ascent 12 m, pain 0 3 – –, session bbb
  Thu 5 Mar  cycling  not a run: not judged
    25.00 km in 1:01:40, –
    ascent 12 m, session ccc
  Fri 6 Mar  no session
"""

FLAGGED = """\
# Flagged sessions

## 2026-03-04, session bbb (stage S1)

4.20 km, running 25:00, 5:57/km, ascent 12 m (barometric altitude)

- **hold**: Worst pain during the run: 3, at most 2 in S1; outside the plan set by Dr B on 2026-03-01.
  Basis: default; EVIDENCE section 5. Protocol P 1 #12345678.
- **outside plan**: Time above the ceiling: 6:00 min, at most 60 s in S1.
  Basis: default; EVIDENCE section 5. Protocol P 1 #12345678.
  Segment: 600 s to 960 s of the session.

This compares recorded sessions and what the runner said with limits that a clinician set. It does not diagnose, does not estimate joint load or injury risk, and does not change the plan. What is missing is shown as missing.
"""


def test_the_week():
    """What a runner reads."""
    assert WEEKLY == render_week(WEEK)


def test_a_narrow_page_tells_the_same_in_more_lines():
    """A phone's terminal: two lines a session, sentences wrapped, nothing beyond the edge but a heading."""
    text = render_week(WEEK, 60)
    assert NARROW in text
    assert "    ████████│████ 6:00 min, at most 60 s: outside plan" in text
    assert 60 >= max(len(line) for line in text.splitlines() if not line.startswith(("Limits of", "  Cadence")))


def test_a_red_flag_leaves_no_table_of_limits():
    """It silences everything else."""
    red = finding("bbb", 4, "red_flag_count", "contact_clinician", "Red flags reported: 1.")
    week = replace(WEEK, findings=[red, *FINDINGS])
    assert "Limits of" in render_week(WEEK)
    assert "Limits of" not in render_week(week)


def test_the_flagged_sessions():
    """What a clinician reads."""
    assert FLAGGED == render_flagged(FINDINGS[:2], {"bbb": WEEK.sessions[1]})


def test_nothing_flagged_is_said_in_words():
    """An empty list is an answer, with what it is and isn't."""
    text = render_flagged([], {})
    assert "No session is flagged." in text
    assert "does not diagnose" in text


def test_a_red_flag_stands_alone_in_the_week():
    """No breach and no unknown of the same session beside it."""
    red = finding("bbb", 4, "red_flag_count", "contact_clinician", "Red flags reported: 1, at most 0 in S1.")
    text = render_week(Week(**{**{name: getattr(WEEK, name) for name in Week.__slots__}, "findings": [red, *FINDINGS]}))
    flagged = text.partition("Flagged:")[2].partition("Notes")[0]
    assert "CONTACT YOUR CLINICIAN: Red flags reported: 1" in flagged
    assert "hold" not in flagged
    assert "outside plan" not in flagged


def test_a_week_without_a_run_says_where_the_newest_is():
    """Not zero of everything: no run, and where to look."""
    summary = {**_SUMMARY, "run_count": 0, "session_count": 0, "stage_id": None, "flagged_count": 0}
    text = render_week(Week(summary, None, None, None, [], [], date(2025, 12, 30), date(2026, 3, 8)))
    assert "No run in this week." in text
    assert "gaitkeeper week --week 2026-W01" in text
    assert "No stage is set" in text


def test_no_text_promises_safety():
    """Never safe, ready, cleared: it compares with a plan, it doesn't advise."""
    texts = [render_week(WEEK), render_flagged(FINDINGS[:2], {"bbb": WEEK.sessions[1]})]
    for word in ("safe", "ready", "cleared", "injury risk is", "you can"):
        assert not any(word in text.lower() for text in texts), word
