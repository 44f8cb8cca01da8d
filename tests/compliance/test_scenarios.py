"""The 23 clinical scenarios (EVIDENCE section 7) as sessions: written as files, imported, judged by the real pipeline.

Each scenario names the codes that the evidence expects; `CODES` says which findings a code is. What a run was found to
be, notes and unknowns included, has to be these findings and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest

from support.scenario import FLAGGED, THREE_A_WEEK, Outing, ScenarioLog, bouts, cadence_spm, jog, walk

if TYPE_CHECKING:
    from collections.abc import Callable

Found = frozenset[tuple[str, str]]

#: Code of the evidence -> the findings that it is: (fact, outcome). No finding at all is a code, too.
CODES: Final[dict[str, Found]] = {
    code: frozenset(findings)
    for code, findings in {
        "WITHIN_PLAN": [],
        "CADENCE_MET": [],
        "CADENCE_BELOW": [("matched_cadence_ratio", "note")],
        "STRIDES_NOT_YET_ALLOWED": [("pickup_count", "outside_plan"), ("pickup_max_duration_s", "outside_plan")],
        "NOTE_ISOLATED_SURGE": [("possible_pickup_count", "note")],
        "STRIDES_ON_GRADE": [("pickup_max_grade_pct", "outside_plan")],
        "STRIDE_TOO_FAST": [("pickup_max_speed_ratio", "outside_plan")],
        "INTERVALS_NOT_YET_ALLOWED": [("interval_count", "outside_plan")],
        "TEMPO_SHARE_OVER": [("tempo_week_share_ratio", "outside_plan")],
        "GRADE_OVER_LIMIT": [("max_grade_up_100m_pct", "outside_plan")],
        "CLIMB_TOO_LONG": [("longest_climb_s", "outside_plan")],
        "ASCENT_OVER_LIMIT": [("ascent_m", "outside_plan"), ("ascent_m_per_km", "outside_plan")],
        "HILLS_NOT_ASSESSABLE": [
            (fact, "not_assessable")
            for fact in (
                "ascent_m",
                "ascent_m_per_km",
                "longest_climb_s",
                "max_grade_down_100m_pct",
                "max_grade_up_100m_pct",
            )
        ],
        "SESSION_SPIKE": [("distance_to_longest_30d_ratio", "outside_plan")],
        "SPIKE_NO_BASELINE": [("changed_variables_7d", "not_assessable")],
        "REST_TOO_SHORT": [("rest_days_before", "outside_plan")],
        "NOTE_TWO_VARIABLES": [("changed_variables_7d", "note")],
        "HOLD_NEXT_MORNING": [("pain_next_morning_rise", "hold"), ("pain_next_morning_rise", "note")],
        "CONTACT_CLINICIAN_NOW": [("red_flag_count", "contact_clinician")],
        "STOP_AND_CONTACT": [("pain_during", "contact_clinician")],
        "PENDING_NEXT_MORNING": [("pain_next_morning_rise", "pending")],
    }.items()
}

#: Codes about the stage: decision -> the state of its criteria that the code means.
DECISION_CODES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "INSUFFICIENT_DATA": ("advance", {"last3_answered_count": "not_met", "last3_green_count": "unknown"}),
    "CRITERIA_MET_FOR_CLINICIAN": ("advance", {}),
    "REGRESS_SUGGESTED": ("regress", {"last5_max_pain": "not_met"}),
}


@dataclass(frozen=True)
class Told:
    """A scenario that has happened: the log, the run that is judged, and when somebody looks."""

    log: ScenarioLog
    run: Outing
    now: str = "2026-03-20 18:00"


@dataclass(frozen=True)
class Scenario:
    """One row of EVIDENCE section 7."""

    number: int
    what: str
    happens: Callable[[Path], Told]
    expected: tuple[str, ...]
    #: Findings that go with the expected ones because the same seconds break them, too; each has its reason beside it.
    also: Found = frozenset()


# --- The weeks before ----------------------------------------------------------------------------------------------


@cache
def _weeks_before(
    stage: str, kilometres: float, days: tuple[int, ...], before: str
) -> tuple[TemporaryDirectory[str], ScenarioLog]:
    folder = TemporaryDirectory()
    log = ScenarioLog(Path(folder.name))
    log.stage(stage, "2026-02-01")
    log.easy_weeks(before, kilometres, days=days)
    log.arrive("2026-03-15 18:00")
    return folder, log


def after_weeks(
    path: Path, stage: str, *, kilometres: float = 4.8, days: tuple[int, ...] = THREE_A_WEEK, before: str = "2026-03-19"
) -> ScenarioLog:
    """Return a log of four even weeks before the run that is looked at; made once, copied for each scenario."""
    return _weeks_before(stage, kilometres, days, before)[1].copy(path)


DAY: Final = "2026-03-19 17:30"  #: a Thursday; the last run was on Tuesday
FIVE_A_WEEK: Final = (0, 1, 3, 5, 6)


def quiet(log: ScenarioLog, *parts, **how) -> Told:
    """Return a run on the day that the hip took well."""
    run = log.run(DAY, *parts, **how)
    log.feels(run, 0, 1, 0, 0)
    return Told(log, run)


# --- The scenarios -------------------------------------------------------------------------------------------------


def easy_and_flat(path: Path) -> Told:
    log = after_weeks(path, "S1")
    rolling = (jog(182, 2.74, 0.8, 0.071), jog(183, 2.74, -0.8, 0.071)) * 5  # 4 m/km
    run = log.run(DAY, *rolling)
    log.feels(run, 0, 1, 1, 0)
    return Told(log, run)


def strides_too_early(path: Path) -> Told:
    return quiet(after_weeks(path, "S1"), jog(700), *bouts(6, 20, 4.348, [jog(75)]), jog(400))


def one_pickup(path: Path) -> Told:
    return quiet(after_weeks(path, "S1"), jog(900, 2.75), jog(12, 3.704), jog(800, 2.75))


def strides_as_planned(path: Path) -> Told:
    log = after_weeks(path, "S2", kilometres=5.2)
    return quiet(log, jog(1200), *bouts(6, 20, 3.846, [walk(75)]), jog(300))


def strides_uphill(path: Path) -> Told:
    """Up 6 % at 5:10/km, back down and up to the mark again: 75 s between the strides."""
    back = [walk(57, 1.58, -6.0), jog(18, 2.40, 6.0)]
    return quiet(after_weeks(path, "S2"), jog(800), *bouts(6, 20, 3.226, back, grade_pct=6.0), jog(500))


def intervals_too_early(path: Path) -> Told:
    return quiet(after_weeks(path, "S2"), jog(700), *bouts(5, 60, 3.704, [jog(90)]), jog(240))


def strides_too_fast(path: Path) -> Told:
    log = after_weeks(path, "S2", kilometres=5.2)
    return quiet(log, jog(900), *bouts(6, 20, 4.348, [walk(75)]), jog(300))


def hilly_run(path: Path) -> Told:
    """8 km, 176 m up: four minutes at 5 %, flat before and after, and the rest of the way at 2.8 %."""
    log = after_weeks(path, "S1", kilometres=7.6)
    return quiet(log, walk(240, 1.4), jog(330), jog(240, 2.5, 5.0), jog(330), jog(1930, 2.70, 2.8))


def canal_path(path: Path) -> Told:
    """5 km of a watch without a barometer: GPS altitude, 14 m a kilometre of climbing that isn't there."""
    waves = (jog(93, 2.70, 2.8), jog(93, 2.70, -2.8)) * 10
    return quiet(after_weeks(path, "S1"), *waves, form="gpx", has_barometer=False, altitude_noise_m=1.0)


def long_run_in_a_light_week(path: Path) -> Told:
    log = ScenarioLog(path)
    log.stage("S1", "2026-02-01")
    log.easy_weeks("2026-03-09", 5.5)
    week = [("2026-03-10", 5.5), ("2026-03-12", 5.5), ("2026-03-14", 6.0), ("2026-03-17", 3.7), ("2026-03-19", 3.75)]
    for day, kilometres in week:
        log.feels(log.run(f"{day} 07:30", jog(1000 * kilometres / 2.70)))
    run = log.run("2026-03-21 09:00", jog(7000 / 2.75, 2.75))
    log.feels(run, 0, 1, 0, 0)
    return Told(log, run, "2026-03-22 18:00")


def first_run_after_five_weeks(path: Path) -> Told:
    log = ScenarioLog(path)
    log.stage("S0", "2026-02-01")
    log.easy_weeks("2026-02-13", 4.5, weeks=3)
    return quiet(log, walk(60), *[jog(240, 2.5), walk(60)] * 5)


def tempo_with_slow_steps(path: Path) -> Told:
    log = after_weeks(path, "S3", kilometres=6.4, days=FIVE_A_WEEK)
    run = quiet(log, jog(600, 2.7, ratio=0.018), jog(900, 3.356, ratio=0.018), jog(700, 2.7, ratio=0.018))
    assert round(cadence_spm(3.356, 0.018)) == 172
    return run


def long_tempo(path: Path) -> Told:
    log = after_weeks(path, "S3", kilometres=6.4, days=FIVE_A_WEEK)
    return quiet(log, jog(440), jog(1200, 3.356), jog(440))


def worse_next_morning(path: Path) -> Told:
    log = after_weeks(path, "S1")
    run = log.run(DAY, jog(1700))
    log.feels(run, 1, 2, 2, 4)
    return Told(log, run)


def red_flags(path: Path) -> Told:
    log = after_weeks(path, "S2")
    run = log.run(DAY, jog(1700))
    flags = ("night_or_rest_pain", "limp_persisting", "pain_each_footfall_increasing", "cannot_bear_weight_or_hop")
    log.feels(run, 1, 3, 3, 3, red_flags=flags)
    return Told(log, run)


def in_the_conversational_stage(path: Path, days: list[str], long_runs: int) -> tuple[ScenarioLog, list[Outing]]:
    """Return easy runs on these days of March, the last `long_runs` of them over half an hour; S1 began on the 2nd."""
    log = ScenarioLog(path)
    log.stage("S0", "2026-02-01")
    log.stage("S1", "2026-03-02")
    log.easy_weeks("2026-03-02", 4.7, weeks=4)
    seconds = [1750] * (len(days) - long_runs) + [1840] * long_runs
    made = [log.run(f"2026-03-{day} 07:30", jog(length)) for day, length in zip(days, seconds, strict=True)]
    for day in ("03", "07", "10", "14", "17"):
        log.rehab("drill", "marching, hands over head", f"2026-03-{day}")
    for day in ("04", "08", "12", "15"):
        log.rehab("strength", "split squat", f"2026-03-{day}")
    return log, made


def mornings_forgotten(path: Path) -> Told:
    log, runs = in_the_conversational_stage(path, ["03", "05", "07", "10", "12", "14"], 2)
    for run in runs[:4]:
        log.feels(run, 0, 1, 0, 0)
    for run in runs[4:]:
        log.feels(run, 0, 1, 0, None)
    return Told(log, runs[3], "2026-03-17 18:00")


def six_good_runs_and_one_more(path: Path) -> Told:
    log, runs = in_the_conversational_stage(path, ["03", "05", "07", "10", "12", "14", "17"], 3)
    for run in runs:
        log.feels(run, 0, 1, 0, 0)
    return Told(log, runs[-1], "2026-03-19 18:00")


def evening_and_next_morning(path: Path) -> Told:
    log = after_weeks(path, "S1", before="2026-03-16")
    log.feels(log.run("2026-03-16 18:30", jog(1700)))
    run = log.run("2026-03-17 07:00", jog(1700))
    log.feels(run)
    return Told(log, run, "2026-03-18 18:00")


def hill_repeats(path: Path) -> Told:
    """Two minutes up 5 % at 6:50/km, grade-adjusted 5:10/km; down again as slowly."""
    log = after_weeks(path, "S4a", kilometres=5.8)
    return quiet(log, jog(280), *[jog(120, 2.44, 5.0), jog(120, 2.44, -5.0)] * 8, jog(240))


def watch_counts_one_leg(path: Path) -> Told:
    """The file says 82.5: strides a minute, 165 steps, 0.6 % above the baseline at 2.80 m/s."""
    return quiet(after_weeks(path, "S1"), jog(1700, 2.80, ratio=165 / 164 - 1))


def pain_in_the_strides(path: Path) -> Told:
    log = after_weeks(path, "S2")
    run = log.run(DAY, jog(900, 2.75), *bouts(3, 20, 3.846, [walk(75)]), walk(300))
    log.feels(run, 1, 7, 6, 4)
    return Told(log, run)


def strides_and_a_longer_run(path: Path) -> Told:
    log = after_weeks(path, "S2", kilometres=6.5, before="2026-03-17")
    strides = log.run("2026-03-17 07:30", jog(1800), *bouts(4, 20, 3.846, [jog(75)]))
    log.feels(strides, 0, 1, 0, 0)
    log.feels(log.run("2026-03-19 07:30", jog(2000)))
    run = log.run("2026-03-21 09:00", jog(7100 / 2.8, 2.80))
    log.feels(run, 0, 1, 0, 0)
    return Told(log, run, "2026-03-22 18:00")


def the_same_evening(path: Path) -> Told:
    log = after_weeks(path, "S1")
    run = log.run(DAY, jog(1700))
    log.feels(run, 0, 1, 1, None)
    return Told(log, run, "2026-03-19 21:00")


SCENARIOS: Final = (
    Scenario(
        1,
        "5.0 km flat at 6:05/km, a day after rest, 175 steps/min, pain 0/1/1/0",
        easy_and_flat,
        ("WITHIN_PLAN", "CADENCE_MET"),
    ),
    Scenario(2, "S1, six strides inside an easy average", strides_too_early, ("STRIDES_NOT_YET_ALLOWED",)),
    Scenario(3, "S1, one pick-up of 12 s to cross a road", one_pickup, ("NOTE_ISOLATED_SURGE",)),
    Scenario(4, "S2, six strides of 20 s at 4:20/km with 75 s of walking, flat", strides_as_planned, ("WITHIN_PLAN",)),
    Scenario(
        5,
        "S2, six strides at 5:10/km up a 6 % hill",
        strides_uphill,
        ("STRIDES_ON_GRADE", "GRADE_OVER_LIMIT"),
        # who goes up 6 % six times also comes down six times; strides and hills are two new things in one week
        frozenset({("max_grade_down_100m_pct", "outside_plan"), ("changed_variables_7d", "note")}),
    ),
    Scenario(
        6,
        "S2, 5 x 60 s at 4:30/km",
        intervals_too_early,
        ("INTERVALS_NOT_YET_ALLOWED",),
        # section 5 forgives strides above the ceiling, not intervals: the same five minutes are over it
        frozenset({("over_ceiling_s", "outside_plan")}),
    ),
    Scenario(7, "S2, six strides of 20 s at 3:50/km", strides_too_fast, ("STRIDE_TOO_FAST",)),
    Scenario(
        8,
        "S1, 8 km with 22 m/km and a climb of 4 min at 5 %",
        hilly_run,
        ("ASCENT_OVER_LIMIT", "CLIMB_TOO_LONG", "GRADE_OVER_LIMIT"),
    ),
    Scenario(9, "S1, canal path by GPS alone", canal_path, ("HILLS_NOT_ASSESSABLE",)),
    Scenario(
        10,
        "S1, 7.0 km after at most 6.0 km, in a week that is 15 % lighter",
        long_run_in_a_light_week,
        ("SESSION_SPIKE",),
    ),
    Scenario(11, "S0, first run after 35 days", first_run_after_five_weeks, ("SPIKE_NO_BASELINE",)),
    Scenario(
        12,
        "S3, tempo at 172 steps/min, 1.8 % above the baseline at its speed",
        tempo_with_slow_steps,
        ("WITHIN_PLAN", "CADENCE_BELOW"),
    ),
    Scenario(13, "S3, 20 min of tempo in a week of 32 km", long_tempo, ("TEMPO_SHARE_OVER",)),
    Scenario(
        14,
        "S1, pain 1/2/2 and 4 the next morning",
        worse_next_morning,
        ("HOLD_NEXT_MORNING",),
    ),
    Scenario(
        15,
        "S2, pain of 3 only, with night pain and a limp",
        red_flags,
        ("CONTACT_CLINICIAN_NOW",),
        # kept for the record; `flagged` shows the red flag alone
        frozenset(
            {
                ("pain_during", "hold"),
                ("pain_after_rise", "note"),
                ("pain_next_morning_rise", "note"),
                ("pain_next_morning_rise", "hold"),
            }
        ),
    ),
    Scenario(
        16, "S1, six good runs, one of the last three with a next morning", mornings_forgotten, ("INSUFFICIENT_DATA",)
    ),
    Scenario(
        17, "S1, seven good runs in 18 days, all answered", six_good_runs_and_one_more, ("CRITERIA_MET_FOR_CLINICIAN",)
    ),
    Scenario(18, "S1, Monday 18:30 and Tuesday 07:00", evening_and_next_morning, ("REST_TOO_SHORT",)),
    Scenario(19, "S4a, 2 min repeats up 5 % at 6:50/km", hill_repeats, ("WITHIN_PLAN",)),
    Scenario(20, "S1, a file that says 82.5", watch_counts_one_leg, ("WITHIN_PLAN", "CADENCE_BELOW")),
    Scenario(
        21,
        "S2, pain 7 during strides, stopped",
        pain_in_the_strides,
        ("STOP_AND_CONTACT", "REGRESS_SUGGESTED"),
        # kept for the record; `flagged` shows the red flag alone
        frozenset(
            {
                ("pain_during", "hold"),
                ("pain_after_rise", "note"),
                ("pain_next_morning_rise", "note"),
                ("pain_next_morning_rise", "hold"),
            }
        ),
    ),
    Scenario(
        22,
        "S2, first strides and the longest run (+9 %) in one week",
        strides_and_a_longer_run,
        ("NOTE_TWO_VARIABLES",),
    ),
    Scenario(
        23, "S1, the same evening: the next morning is not there yet", the_same_evening, ("PENDING_NEXT_MORNING",)
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.number}-{s.happens.__name__}")
def test_a_scenario_of_the_evidence_is_found_as_expected_and_nothing_else(scenario: Scenario, tmp_path: Path) -> None:
    """Files in, findings out: the expected codes, what goes with them, and no finding more."""
    told = scenario.happens(tmp_path)
    judged = told.log.judge(told.now)

    expected = set(scenario.also).union(*(CODES.get(code, frozenset()) for code in scenario.expected))
    assert expected == judged.found(told.run)

    red = {found for found in expected if found[1] == "contact_clinician"}
    flagged = judged.rows(f"from flagged where session_id = '{told.run.recording_id}'")
    assert (red or {found for found in expected if found[1] in FLAGGED}) == {
        (row["fact"], row["outcome"]) for row in flagged
    }

    for code in set(scenario.expected) & DECISION_CODES.keys():
        decision, states = DECISION_CODES[code]
        criteria = judged.criteria(decision)
        assert states == {fact: criteria[fact] for fact in states}
        if code == "CRITERIA_MET_FOR_CLINICIAN":
            assert {"met"} == set(criteria.values()), criteria
