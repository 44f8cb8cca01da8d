"""Clinician's reports made of nothing but numbers: every verdict, hostile names, one run, no run, sixty weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from pipeline.answers import HIGHER_CONCERNS, RED_FLAGS
from pipeline.reports.clinician.model import ClinicianReport, DataDays, Panel, Picture

OUTCOMES = ("contact_clinician", "hold", "outside_plan", "not_assessable", "pending", "note", "within_plan")

#: Names and notes as people, watches and ill-wishers write them.
WORDS = {
    "plain": "Morning run by the canal",
    "long": "Long " + "slow " * 60 + "distance " + "x" * 400,
    "emoji": "🏃‍♀️ Easy 🏃🏽 with 👨‍👩‍👧 ✅ ❤️ 🇪🇸 🫠",
    # "\u0665" is an Arabic five
    "rtl": "ריצת בוקר קלה לאורך הים, 5 ק״מ · جري صباحي سهل \u0665 كم",
    "cjk": "朝のランニング 早上跑步 아침 달리기 𠮷野家",
    "mixed": "Zażółć gęślą jaźń, Ελληνικά, Бег утром, हल्की दौड़, วิ่งเช้า, ქართული, Հայերեն, ᏣᎳᎩ, ꦗꦮ",
    "markup": "<script>alert(1)</script> #set page(width: 1cm) *bold* _x_ $x^2$ \\ `raw` @ref <label> // & {{ 7*7 }} {% raw %} \"'",
    "typst": '#panic("x") #import "/etc/passwd" #eval("1") #image("x.png") [] {} ~ -- --- ... = Heading\n- list\n+ list\n/ term: x',
    "control": "a\x00b\x07c\u202edetrever\u2066x\u2069\ufeff\u200b\t\r\n\x1b[31mred\ud7a3\uffff",
    "zalgo": "Z̸̡̢̛̞͔͎̭̟͕̈́̈́͗̓̏ą̶̛͎̮̑l̵̢̼̈́͝g̷̛̩̝o̶͚̓ " * 3,
    "symbols": "≤ ≥ → ↗ ½ ² ° µ ‰ € ₿ ☀ ☂ ♥ ⚠ ✔ ♀ ∞ ≈ ½ ①②③ ﷽",
}

_FACTS = (
    ("over_ceiling_s", "Time above the conversational ceiling, strides apart", "s", 60.0, "60 s", "max"),
    ("ascent_m_per_km", "Ascent per kilometre", "m/km", 12.0, "12.0 m/km", "max"),
    ("pain_during", "Worst pain during the run", "0-10", 2.0, "2", "max"),
    ("pickup_max_speed_ratio", "Fastest stride against critical speed", "1", 1.15, "1.15", "max"),
    ("distance_to_longest_30d_ratio", "Distance against the longest run of the 30 days before", "change", 0.1, "+10 %", "max"),
    ("rest_days_after_pickups", "Full days of rest after strides", "days", 1.0, "1", "min"),
    ("matched_cadence_ratio", "Cadence against the baseline at the same speed", "change", 0.03, "+3 %", "min"),
)  # fmt: skip

PICTURE = Picture(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 240" width="640" height="240" role="img" aria-label="x">'
    '<rect x="40" y="10" width="590" height="200" fill="none" stroke="#5b6770"/>'
    '<polyline points="40,200 200,90 360,150 620,40" fill="none" stroke="#0072b2"/>'
    '<text x="44" y="230" font-family="Liberation Sans, Arial, sans-serif" font-size="11" fill="#1b2733">week of 30 Mar</text></svg>',
    "Pain of the block: 2 of 10 at most during a run.",
)


def made_report(seed: int, kind: str | None = None, word: str | None = None) -> ClinicianReport:
    """Return one report; the same seed gives the same."""
    random = Random(seed)
    kind = kind or ("usual", "one_run", "no_run", "sixty_weeks", "usual", "red", "no_stage", "withheld")[seed % 8]
    text = WORDS[word or tuple(WORDS)[seed % len(WORDS)]]
    as_of = date(2026, 4, 12)
    count = {"one_run": 1, "no_run": 0, "sixty_weeks": 240}.get(kind, random.randint(2, 9))
    since = as_of - timedelta(days=419 if kind == "sixty_weeks" else 13)
    span = (as_of - since).days
    sessions = [_session(random, i, as_of - timedelta(days=span * i // max(1, count)), text) for i in range(count)]
    sessions = (
        [row | {"stage_id": None, "verdict": "not_assessable"} for row in sessions] if kind == "no_stage" else sessions
    )
    findings = (
        []
        if kind == "no_stage"
        else [f for row in sessions if row["is_run"] and not row["is_excluded"] for f in _findings(random, row, text)]
    )
    findings.sort(key=lambda row: OUTCOMES.index(row["outcome"]))
    red = [_red_flag(random, as_of)] * random.randint(1, 9) if kind == "red" else []
    report = ClinicianReport(
        runner_id=text if seed % 3 == 0 else "example",
        since_date=since,
        as_of_date=as_of,
        as_of_utc=datetime(2026, 4, 12, 18, 0, tzinfo=UTC),
        time_zone="Europe/Madrid",
        program_version="0.1.0",
        status=_status(kind, text, as_of),
        sessions=sessions,
        findings=findings,
        red_flags=red,
        criteria=None if kind == "withheld" else [] if kind == "no_stage" else _criteria(random),
        withheld_count=3 if kind == "withheld" else 0,
        withheld_source="strava" if kind == "withheld" else None,
        rehab=[
            {"kind": "strength", "exercise": text, "day_count": random.randint(1, 7), "last_date": as_of}
            for _ in range(random.randint(0, 9))
        ],
        proms=_proms(random, as_of),
        settings={"contact": text, "cadence_baseline_spm": "164", "cadence_baseline_speed_mps": "2.8", "cadence_slope_spm_per_mps": "9"}
        if seed % 2
        else {},
        quality={
            "quarantined_count": random.randint(0, 40), "duplicate_question_count": random.randint(0, 4),
            "unmapped_fields": ["record.field_1"] * random.randint(0, 3), "last_sync_utc": None,
        },
        surgery_lock_date=as_of + timedelta(days=30) if seed % 5 == 0 else None,
        concerns=HIGHER_CONCERNS if seed % 7 == 0 else (),
        data_days=DataDays(as_of - timedelta(days=29), 12, 20, 22),
        picture=None if kind in ("no_run", "withheld") else PICTURE,
    )  # fmt: skip
    by_id = {row["session_id"]: row for row in report.runs}
    flagged = dict.fromkeys(row["session_id"] for row in report.standing_findings)
    panels = [
        Panel(
            by_id[session_id],
            [row for row in report.standing_findings if row["session_id"] == session_id],
            _answers(random, by_id[session_id], text),
            PICTURE if random.random() < 0.9 else None,
        )
        for session_id in list(flagged)[:12]
    ]
    answers = [answer for row in report.runs for answer in _answers(random, row, text)]
    return replace(report, panels=panels, answers=answers)


def _session(random: Random, number: int, day: date, text: str) -> dict[str, Any]:
    is_run = random.random() < 0.85 or number == 0
    pain = [random.choice([None, 0, 1, 2, 3, 10]) for _ in range(4)]
    matched = random.choice([None, 0.07, -0.02])
    return {
        "session_id": f"{number:010x}", "runner_id": "example", "session_date": day, "sport": "running" if is_run else text[:30],
        "start_utc": datetime(day.year, day.month, day.day, 5, 30, tzinfo=UTC), "utc_offset_s": 7200,
        "elapsed_s": 1900.0, "moving_s": 1800.0, "walk_s": 200.0, "step_count": 5022, "sub_sport": None,
        "title": text, "note": text, "is_run": is_run, "is_indoor": random.random() < 0.1, "is_excluded": random.random() < 0.05,
        "distance_m": random.choice([4830.43, 42195.0, None]), "run_distance_m": random.choice([4398.99, None]),
        "run_s": random.choice([1532.0, 12345.0, None]), "mean_run_speed_mps": random.choice([2.87, 0.1, None]),
        "ascent_m": random.choice([14.2, 1234.0, None]), "altitude_source": random.choice(["barometric", "gps", "none"]),
        "mean_run_cadence_spm": random.choice([174.9, None]), "mean_heart_rate_bpm": random.choice([138.3, None]),
        "ceiling_mps": random.choice([2.897, None]), "ceiling_source": random.choice(["talk test", "0.823 x critical speed (estimated)"]),
        "critical_speed_mps": 3.52, "stage_id": "S2", "verdict": random.choice(OUTCOMES), "source": "folder", "may_reach_clinician": True,
        "pain_before": pain[0], "pain_during": pain[1], "pain_after": pain[2], "pain_next_morning": pain[3],
        "red_flags": random.choice([None, [], [random.choice(RED_FLAGS)]]),
        "matched_cadence_ratio": matched, "matched_minute_count": None if matched is None else 27,
        "matched_cadence_detail": "27 minutes of flat, steady running against the baseline that was set" if matched is not None
        else "only 4 of 10 minutes of flat, steady running at a speed that the baseline knows",
        "rehab_adherence_ratio": random.choice([None, 0.6]), "rehab_adherence_detail": f"drill 2 of 3, strength {text[:40]} 1 of 2",
        "is_answer_pending": random.random() < 0.2, "recording_count": 1, "device_name": text, "is_damaged": random.random() < 0.1,
        "perceived_exertion_0_10": random.choice([None, 4.0]),
    }  # fmt: skip


def _findings(random: Random, session: dict[str, Any], text: str) -> list[dict[str, Any]]:
    found = []
    for fact, sentence, unit, limit, limit_text, bound in random.sample(_FACTS, random.randint(0, 5)):
        outcome = random.choice(OUTCOMES[:-1])
        known = outcome not in ("not_assessable", "pending")
        found.append({
            "runner_id": "example", "session_id": session["session_id"], "session_date": session["session_date"], "stage_id": "S2",
            "fact": fact, "observed": 7.0 if known else None, "limit_value": limit, "bound": bound, "unit": unit, "outcome": outcome,
            "start_s": 1350.0 if known else None, "end_s": 1710.0 if known else None,
            "message": f"{sentence}: 7, at most {limit_text} in S2; outside the plan set by {text} on 2026-03-30.",
            "protocol_version": "return_to_run_hip 1 #34243979", "source": "EVIDENCE section 5", "basis": random.choice(["source", "consensus", "default"]),
            "set_by": text, "set_on_date": date(2026, 3, 30), "overridden_by": text if random.random() < 0.1 else None, "override_reason": text,
            "sentence": sentence, "observed_text": "6:00 min" if known else None, "limit_text": limit_text, "detail": random.choice([None, text]),
        })  # fmt: skip
    return found


def _red_flag(random: Random, day: date) -> dict[str, Any]:
    return {
        "session_id": "0" * 10, "session_date": day, "red_flag": random.choice(RED_FLAGS), "moments": ["during", None],
        "said_utc": datetime(2026, 4, 12, 8, 0, tzinfo=UTC), "overridden_by": None, "override_reason": None,
    }  # fmt: skip


def _status(kind: str, text: str, day: date) -> dict[str, Any]:
    is_set = kind != "no_stage"
    return {
        "runner_id": "example", "as_of_date": day, "stage_id": "S2" if is_set else None, "stage_name": "easy running and strides" if is_set else None,
        "set_by": text if is_set else None, "set_on_date": date(2026, 3, 30) if is_set else None,
        "protocol_version": "return_to_run_hip 1 #34243979" if is_set else None, "last_run_date": day, "run_count": 31,
    }  # fmt: skip


def _criteria(random: Random) -> list[dict[str, Any]]:
    rows = []
    for place in range(16):
        state = random.choice(["met", "not_met", "unknown"])
        rows.append({
            "decision": ("advance", "advance", "hold", "regress", "layoff")[place % 5], "fact": f"stage_fact_{place}", "bound": "min",
            "criterion_state": state, "sentence": "Of the last three runs, those with all four pain answers",
            "observed": None if state == "unknown" else 2.0, "observed_text": None if state == "unknown" else "2",
            "limit_value": 3.0, "limit_text": "3", "unit": "1", "basis": "default", "source": "EVIDENCE section 5",
        })  # fmt: skip
    return rows


def _proms(random: Random, day: date) -> list[dict[str, Any]]:
    names = [
        ("UWRI", None),
        ("iHOT-12", None),
        *(("HAGOS", part) for part in ("pain", "symptoms", "adl", "sport", "pa", "qol")),
        ("OSTRC", None),
    ]
    return [
        {
            "instrument": name, "subscale": part, "score": 26.0, "prom_date": day, "mdc": 4.1 if name == "UWRI" else None, "mcid": 8.0,
            "previous_change": random.choice([None, 5.0]), "previous_change_words": "better by 5: more than the measurement error (4.1)",
            "first_change": 9.0, "first_change_words": "better by 9: more than the measurement error (4.1) and at least the 8 that matters to people",
            "entry_id": f"{name}{part}",
        }
        for name, part in names[: random.randint(0, len(names))]
    ]  # fmt: skip


def _answers(random: Random, session: dict[str, Any], text: str) -> list[dict[str, Any]]:
    return [
        {
            "session_id": session["session_id"], "session_date": session["session_date"], "moment": moment, "pain_0_10": session[f"pain_{moment}"],
            "side": random.choice([None, "left", "both"]), "place": random.choice([None, text]),
            "phase": random.choice([None, "knee_lift", "foot_on_ground"]), "red_flags": session["red_flags"],
            "answered_utc": datetime(2026, 4, 12, 8, 0, tzinfo=UTC),
        }
        for moment in ("before", "during", "after", "next_morning")
    ]  # fmt: skip
