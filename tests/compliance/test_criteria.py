"""What speaks for a decision about the stage, as training diaries: advance, hold, go back, layoff.

An answer that is missing never counts as met, and nothing but a clinician's word changes a stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pipeline.compliance.judge import bring_protocols, judge_once
from support.diary import read_diary
from support.sql_case import Bench, open_bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sql_case import Row

#: Six weeks before, so that a run has something to be compared with; then S1 from Monday 2 March on.
BEFORE: Final = """
    Sun 1 Feb  stage S0 by Dr B
    Tue 17 Feb  run 28:00  4.7 km
    Thu 19 Feb  run 28:00  4.7 km
    Sat 21 Feb  run 28:00  4.7 km
    Tue 24 Feb  run 28:00  4.7 km
    Thu 26 Feb  run 28:00  4.7 km
    Sat 28 Feb  run 28:00  4.7 km
    Mon 2 Mar  stage S1 by Dr B
"""
WELL: Final = "pain before 0, during 1, after 1, morning 0; no red flag"

#: Six runs in the stage without the last one: answered, long enough, and taken well.
SIX_GOOD_RUNS: Final = f"""
    {BEFORE}
    Tue 3 Mar  run 28:00  4.7 km
               {WELL}
    Thu 5 Mar  run 28:00  4.7 km
               {WELL}
    Sat 7 Mar  run 31:00  4.9 km  fact longest_run_bout_s 1860
               {WELL}
    Tue 10 Mar  run 31:00  4.9 km  fact longest_run_bout_s 1860
               {WELL}
    Thu 12 Mar  run 28:00  4.7 km
               {WELL}
    Sat 14 Mar  run 28:00  4.7 km
               {WELL}
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


def asked(bench: Bench, text: str, statement: str, more: tuple[Row, ...] = ()) -> list[Row]:
    """Return the rows of a statement about a diary."""
    diary = read_diary(text)
    with bench.case(diary.now_utc) as case:
        case.say([{"kind": "runner", "entry_utc": "2026-01-01T00:00:00+00:00"}, *diary.entries, *more])
        bring_protocols(bench.connection, bench.home)
        case.put("measured_session", diary.runs)
        case.put(
            "recording", [{"recording_id": run["session_id"], "session_id": run["session_id"]} for run in diary.runs]
        )
        columns = {
            name: [fact[name] for fact in diary.facts] for name in ("session_id", "fact", "value", "status", "detail")
        }
        bench.connection.execute(  # a thousand rows in one statement
            "insert into measured_fact (runner_id, session_id, fact, \"value\", status, detail) select 'me', unnest($session_id), "
            "unnest($fact), unnest($value::double[]), unnest($status), unnest($detail)",
            columns,
        )
        judge_once(bench.connection)
        return case.ask(statement)


_SEEN: dict[object, list[Row]] = {}  #: a diary that several tests start from is judged once


def criteria(bench: Bench, text: str, decision: str = "advance", more: tuple[Row, ...] = ()) -> dict[str, str]:
    """Return the state of each criterion of a decision: met, not_met, unknown."""
    key = (text, repr(more))
    if key not in _SEEN:
        _SEEN[key] = asked(bench, text, "from stage_criterion_status", more)
    rows = [row for row in _SEEN[key] if row["decision"] == decision]
    assert rows, "no criterion: is there a stage?"
    return {row["fact"]: row["criterion_state"] for row in rows}


def rehab(*days: str) -> tuple[Row, ...]:
    """Return rehab entries: a strength session and a drill on each of these days."""
    return tuple(
        {
            "kind": "rehab",
            "by": "me",
            "entry_utc": f"{day}T19:00:00+00:00",
            "rehab_date": day,
            "exercise": exercise,
            "rehab_kind": kind,
        }
        for day in days
        for kind, exercise in (("strength", "split squat"), ("drill", "marching, hands over head"))
    )


# --- Advance -------------------------------------------------------------------------------------------------------


def test_six_good_runs_in_two_weeks_meet_every_criterion_that_runs_and_answers_can_meet(bench: Bench) -> None:
    """Scenario 17's shape; rehab work has a test of its own."""
    states = criteria(bench, SIX_GOOD_RUNS + "now Mon 16 Mar 18:00")
    states.pop("latest_rehab_adherence_ratio")
    assert {"met"} == set(states.values()), states


@pytest.mark.parametrize(
    ("fact", "before", "after"),
    [
        ("stage_run_count", "Tue 3 Mar  run 28:00", "Tue 3 Mar  ride 28:00"),
        ("stage_continuous_30min_count", "Sat 7 Mar  run 31:00  4.9 km  fact longest_run_bout_s 1860", "Sat 7 Mar  run 31:00  4.9 km  fact longest_run_bout_s 1799"),
        ("stage_days", "now Mon 16 Mar 18:00", "now Sat 14 Mar 23:00"),
        ("last3_green_count", "Sat 14 Mar  run 28:00  4.7 km\n               pain before 0, during 1, after 1, morning 0", "Sat 14 Mar  run 28:00  4.7 km\n               pain before 0, during 3, after 1, morning 0"),
        ("last3_green_count", "Sat 14 Mar  run 28:00  4.7 km\n               pain before 0, during 1, after 1, morning 0", "Sat 14 Mar  run 28:00  4.7 km\n               pain before 0, during 1, after 1, morning 1"),
        ("amber_runs_7d", "Tue 10 Mar  run 31:00  4.9 km  fact longest_run_bout_s 1860\n               pain before 0, during 1", "Tue 10 Mar  run 31:00  4.9 km  fact longest_run_bout_s 1860\n               pain before 0, during 3"),
        ("open_finding_count_7d", "Thu 12 Mar  run 28:00  4.7 km", "Thu 12 Mar  run 28:00  4.7 km  over ceiling 400 s"),
        ("stage_red_flag_count", "no red flag\n    Thu 5 Mar", "red flag limp_persisting\n    Thu 5 Mar"),
    ],
)  # fmt: skip
def test_each_criterion_is_not_met_when_its_own_part_of_the_diary_changes(
    bench: Bench, fact: str, before: str, after: str
) -> None:
    """One change in the diary, one criterion lost."""
    diary = SIX_GOOD_RUNS + "now Mon 16 Mar 18:00"
    changed = diary.replace(before, after)
    assert changed != diary
    assert ("met", "not_met") == (criteria(bench, diary)[fact], criteria(bench, changed)[fact])


@pytest.mark.parametrize("moment", ["before", "during", "after", "morning"])
@pytest.mark.parametrize("day", ["Tue 10 Mar", "Thu 12 Mar", "Sat 14 Mar"])
def test_a_missing_answer_in_the_last_three_runs_never_counts_as_met(bench: Bench, day: str, moment: str) -> None:
    """Whichever of the four answers is missing, of whichever run."""
    head, _, tail = SIX_GOOD_RUNS.partition(day)
    level = {"before": "before 0, ", "during": "during 1, ", "after": "after 1, ", "morning": ", morning 0"}[moment]
    diary = head + day + tail.replace(level, "", 1) + "now Wed 18 Mar 18:00"
    states = criteria(bench, diary)
    assert ("not_met", "unknown") == (states["last3_answered_count"], states["last3_green_count"])


def test_six_runs_of_which_one_of_the_last_three_is_answered_are_insufficient_data(bench: Bench) -> None:
    """Scenario 16: the watch is content and the hip was not asked."""
    head, _, tail = SIX_GOOD_RUNS.partition("Thu 12 Mar")
    states = criteria(bench, head + "Thu 12 Mar" + tail.replace(", morning 0", "") + "now Tue 17 Mar 18:00")
    assert ("met", "not_met", "unknown") == (
        states["stage_run_count"],
        states["last3_answered_count"],
        states["last3_green_count"],
    )


def test_a_watch_alone_meets_nothing_that_the_hip_has_to_say(bench: Bench) -> None:
    """Trap 16: no entry at all, however good the runs are."""
    silent = "\n".join(line for line in SIX_GOOD_RUNS.splitlines() if "pain" not in line)
    states = criteria(bench, silent + "\nnow Mon 16 Mar 18:00")
    asked_of_the_hip = ("last3_answered_count", "last3_green_count", "amber_runs_7d", "stage_red_flag_count")
    assert ["not_met", "unknown", "unknown", "unknown"] == [states[fact] for fact in asked_of_the_hip]
    back = criteria(bench, silent + "\nnow Mon 16 Mar 18:00", "regress")
    assert {"unknown"} == set(back.values()), back


def test_the_red_flag_questions_have_to_be_answered_for_the_last_three_runs(bench: Bench) -> None:
    """ "None" after the first run says nothing of the last one."""
    head, _, tail = SIX_GOOD_RUNS.partition("Thu 12 Mar")
    diary = head + "Thu 12 Mar" + tail.replace("; no red flag", "", 1) + "now Mon 16 Mar 18:00"
    assert "unknown" == criteria(bench, diary)["stage_red_flag_count"]


def test_a_run_that_was_set_aside_no_longer_stands_in_the_way(bench: Bench) -> None:
    """An override with a reason is a decision, and counts as one."""
    diary = (SIX_GOOD_RUNS + "now Mon 16 Mar 18:00").replace(
        "Thu 12 Mar  run 28:00  4.7 km", "Thu 12 Mar  run 28:00  4.7 km  over ceiling 400 s"
    )
    override: Row = {
        "kind": "override", "by": "Dr B", "entry_utc": "2026-03-16T09:00:00+00:00",
        "recording_id": "s010", "fact": "over_ceiling_s", "reason": "a race for charity, agreed before",
    }  # fmt: skip
    assert "not_met" == criteria(bench, diary)["open_finding_count_7d"]
    assert "met" == criteria(bench, diary, more=(override,))["open_finding_count_7d"]


# --- Hold ----------------------------------------------------------------------------------------------------------


def test_three_of_ten_during_a_run_holds_for_seven_days(bench: Bench) -> None:
    """Amber holds; a week later it no longer does."""
    diary = SIX_GOOD_RUNS.replace(
        "during 1, after 1, morning 0; no red flag\n    Thu 12 Mar",
        "during 3, after 1, morning 0; no red flag\n    Thu 12 Mar",
    )
    assert "not_met" == criteria(bench, diary + "now Mon 16 Mar 18:00", "hold")["amber_runs_7d"]
    assert "met" == criteria(bench, diary + "now Tue 17 Mar 18:00", "hold")["amber_runs_7d"]


def test_one_forgotten_morning_of_three_is_forgiven_and_two_hold(bench: Bench) -> None:
    """EVIDENCE section 5, hold: next-morning entry missing in more than one of the last three."""
    one = SIX_GOOD_RUNS.rstrip().removesuffix(WELL) + WELL.replace(", morning 0", "") + "\n    now Mon 16 Mar 18:00"
    assert "met" == criteria(bench, one, "hold")["last3_morning_missing_count"]
    head, _, tail = one.partition("Thu 12 Mar")
    two = head + "Thu 12 Mar" + tail.replace(", morning 0", "", 1)
    assert "not_met" == criteria(bench, two, "hold")["last3_morning_missing_count"]


def test_a_morning_that_has_not_come_yet_is_not_missing(bench: Bench) -> None:
    """The evening of the run: pending is no reason to hold, and no reason to advance."""
    diary = SIX_GOOD_RUNS.rstrip().removesuffix(WELL) + "pain before 0, during 1; no red flag\n    now Sat 14 Mar 20:00"
    assert "met" == criteria(bench, diary, "hold")["last3_morning_missing_count"]
    assert "unknown" == criteria(bench, diary)["last3_green_count"]


def test_strides_and_a_longer_run_in_one_week_hold(bench: Bench) -> None:
    """Scenario 22: two things at once."""
    diary = f"""{BEFORE}
        Tue 3 Mar  run 28:00  4.7 km
        Tue 10 Mar  run 28:00  4.7 km  strides 4
        Sat 14 Mar  run 31:00  5.1 km
        now Sun 15 Mar 18:00
    """.replace("stage S1", "stage S2")
    assert "not_met" == criteria(bench, diary, "hold")["latest_changed_variables_7d"]


@pytest.mark.parametrize(
    ("where", "fact", "state"),
    [
        ({"phase": "foot_on_ground"}, "last3_foot_on_ground_pain", "not_met"),
        ({"phase": "knee_lift"}, "last3_foot_on_ground_pain", "met"),
        ({"phase": "unsure"}, "last3_foot_on_ground_pain", "unknown"),
        ({"place": "buttock"}, "last3_new_pain_place_count", "not_met"),
        ({"place": "groin"}, "last3_new_pain_place_count", "met"),
    ],
)  # fmt: skip
def test_another_picture_of_the_pain_holds(bench: Bench, where: Row, fact: str, state: str) -> None:
    """R16: a new place, or the foot on the ground; not known is not met. The number of the pain stays 1."""
    usual: Row = {"side": "right", "place": "groin", "phase": "knee_lift"}
    said = tuple(
        {
            "kind": "symptom",
            "by": "me",
            "entry_utc": f"2026-03-20T09:00:{place:02}+00:00",
            "session_id": f"s{place:03}",
            "moment": "during",
            **usual,
        }
        for place in range(6, 12)
    )
    last: Row = {
        "kind": "symptom",
        "by": "me",
        "entry_utc": "2026-03-20T10:00:00+00:00",
        "session_id": "s011",
        "moment": "during",
        **where,
    }
    assert state == criteria(bench, SIX_GOOD_RUNS + "now Mon 16 Mar 18:00", "hold", (*said, last))[fact]


# --- Back, and layoff ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("levels", "state"), [((1, 1, 5), "met"), ((1, 1, 6), "not_met"), ((6, 1, 1), "not_met")])
def test_six_of_ten_once_in_the_last_five_runs_speaks_for_going_back(
    bench: Bench, levels: tuple[int, ...], state: str
) -> None:
    """Scenario 21: the ceiling of tolerated pain is 5."""
    diary = f"{BEFORE}" + "".join(
        f"\n{day} Mar  run 28:00  4.7 km\n pain before 0, during {level}, after 0, morning 0; no red flag"
        for day, level in zip(("Tue 3", "Thu 5", "Sat 7"), levels, strict=True)
    )
    assert state == criteria(bench, diary + "\nnow Sun 8 Mar 18:00", "regress")["last5_max_pain"]


@pytest.mark.parametrize(("mornings", "state"), [((2, 0, 0, 0), "met"), ((2, 0, 2, 0), "not_met"), ((1, 1, 1, 1), "met"), ((2, 0, None, 0), "unknown"), ((2, None, 3, 0), "not_met")])  # fmt: skip
def test_two_bad_mornings_in_four_speak_for_going_back(
    bench: Bench, mornings: tuple[int | None, ...], state: str
) -> None:
    """+2 twice in four; a morning that nobody told may be the second."""
    diary = f"{BEFORE}" + "".join(
        f"\n{day} Mar  run 28:00  4.7 km\n pain before 0, during 1, after 0{'' if level is None else f', morning {level}'}; no red flag"
        for day, level in zip(("Tue 3", "Thu 5", "Sat 7", "Tue 10"), mornings, strict=True)
    )
    assert state == criteria(bench, diary + "\nnow Thu 12 Mar 18:00", "regress")["last4_morning_rise_count"]


@pytest.mark.parametrize(
    ("levels", "state"), [((3, 3, 1, 1, 1), "met"), ((3, 3, 1, 4, 1), "not_met"), ((3, 3, None, 1, 1), "unknown")]
)
def test_three_ambers_in_five_speak_for_going_back(bench: Bench, levels: tuple[int | None, ...], state: str) -> None:
    """Three of the last five above 2; one that nobody told may be the third."""
    diary = f"{BEFORE}" + "".join(
        f"\n{day} Mar  run 28:00  4.7 km\n pain before 0{'' if level is None else f', during {level}'}; no red flag"
        for day, level in zip(("Tue 3", "Thu 5", "Sat 7", "Tue 10", "Thu 12"), levels, strict=True)
    )
    assert state == criteria(bench, diary + "\nnow Fri 13 Mar 18:00", "regress")["last5_amber_count"]


@pytest.mark.parametrize(
    ("now", "state"), [("Fri 27 Mar", "met"), ("Sat 28 Mar", "not_met"), ("Thu 30 Apr", "not_met")]
)
def test_a_layoff_of_two_weeks_is_told(bench: Bench, now: str, state: str) -> None:
    """GALLOWAY: 13 days are none, 14 are one."""
    assert state == criteria(bench, SIX_GOOD_RUNS + f"now {now} 18:00", "layoff")["layoff_days"]


def test_a_gap_before_the_stage_is_what_the_stage_was_set_for(bench: Bench) -> None:
    """Scenario 11: the first run of S0 after 35 days is no layoff in S0."""
    diary = """
        Sun 1 Feb  stage S1 by Dr B
        Thu 12 Feb  run 28:00  4.5 km
        Wed 18 Mar  stage S0 by Dr B
        Thu 19 Mar  run 25:00  3.5 km
        now Fri 20 Mar 18:00
    """
    assert {"layoff_days": "met"} == criteria(bench, diary, "layoff")


# --- The stage -----------------------------------------------------------------------------------------------------


def test_a_stage_changes_by_nothing_but_a_clinicians_word(bench: Bench) -> None:
    """Traps 15 and 16: with every criterion met for weeks, with pain and with layoff, S1 stays S1."""
    others: tuple[Row, ...] = (
        *rehab("2026-03-03", "2026-03-10"),
        {"kind": "override", "by": "Dr B", "entry_utc": "2026-03-16T09:00:00+00:00", "recording_id": "s010", "fact": "run_s", "reason": "fine"},
        {"kind": "symptom", "by": "me", "entry_utc": "2026-03-16T09:00:00+00:00", "session_id": "s011", "moment": "during", "pain_0_10": 9},
        {"kind": "correction", "by": "me", "entry_utc": "2026-03-16T09:00:00+00:00", "recording_id": "s011", "correction": "exclude"},
    )  # fmt: skip
    since = "select distinct stage_id from stage_on_date where stage_date >= date '2026-03-02'"
    assert [{"stage_id": "S1"}] == asked(bench, SIX_GOOD_RUNS + "now Sun 31 May 18:00", since, others)


def test_a_stage_holds_from_the_day_that_the_clinician_names_with_name_and_reason(bench: Bench) -> None:
    """Who, when, why; the days before stay as they were."""
    said: Row = {
        "kind": "stage", "by": "Dr B", "entry_utc": "2026-03-16T09:00:00+00:00",
        "stage_id": "S2", "from_date": "2026-03-18", "reason": "six quiet runs",
    }  # fmt: skip
    days = "select stage_id, set_by, reason from stage_on_date where stage_date in (date '2026-03-17', date '2026-03-18') order by stage_date"
    expected = [
        {"stage_id": "S1", "set_by": "Dr B", "reason": None},
        {"stage_id": "S2", "set_by": "Dr B", "reason": "six quiet runs"},
    ]
    assert expected == asked(bench, SIX_GOOD_RUNS + "now Fri 20 Mar 18:00", days, (said,))
