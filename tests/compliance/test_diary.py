"""Rules as training diaries: the bundled protocol, held against them by the SQL that the program runs."""

from __future__ import annotations

import pytest

from support.diary import judged, read_diary
from support.sql_case import open_bench


@pytest.fixture(scope="module")
def bench():
    with open_bench() as opened:
        yield opened


def holds(bench, text: str) -> None:
    expected, found = judged(bench, text)
    assert expected, "a diary without an expectation holds nothing"
    assert expected == found


def test_a_day_of_rest_between_runs_in_s1(bench):
    """CROWELL23, NWACHUKWU, UDEL: at least one full day between runs; the first run has nothing to rest from."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00  3.4 km  168 spm
        Wed 4 Mar  run 20:00  3.4 km
        Thu 5 Mar  run 20:00  3.4 km
        -> rest_days_before: not_assessable on Mon 2 Mar
        -> rest_days_before: within_plan on Wed 4 Mar
        -> rest_days_before: outside_plan on Thu 5 Mar
    """)  # fmt: skip


def test_two_runs_on_one_day_are_no_rest(bench):
    """The evening run of the same local day has no day before it."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00  3.4 km
        Wed 4 Mar  run 20:00  3.4 km
        Wed 4 Mar  run 10:00  1.7 km
        -> rest_days_before: outside_plan on Wed 4 Mar
    """)  # fmt: skip


def test_a_ride_is_no_run(bench):
    """A bike ride breaks no rest, and is not judged itself."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00  3.4 km
        Tue 3 Mar  ride 60:00  25 km
        Wed 4 Mar  run 20:00  3.4 km
        -> rest_days_before: within_plan on Wed 4 Mar
        -> distance_to_longest_30d_ratio: within_plan on Wed 4 Mar
        -> verdict: none on Tue 3 Mar
    """)  # fmt: skip


def test_s2_asks_for_no_day_of_rest(bench):
    """A stage that a limit doesn't name has no such limit: there is no finding at all."""
    holds(bench, """
        Sun 1 Mar  stage S2 by Dr B
        Mon 2 Mar  run 20:00
        Tue 3 Mar  run 20:00
        -> rest_days_before: nothing on Tue 3 Mar
        -> runs_7d: within_plan on Tue 3 Mar
    """)  # fmt: skip


def test_four_runs_in_seven_days_and_not_five(bench):
    """S1: the window rolls, so that a week can't be doubled across a Sunday."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Thu 5 Mar  run 20:00
        Fri 6 Mar  run 20:00
        Sun 8 Mar  run 20:00
        Tue 10 Mar  run 20:00
        Wed 11 Mar  run 20:00
        Fri 13 Mar  run 20:00
        -> runs_7d: within_plan on Tue 10 Mar
        -> runs_7d: outside_plan on Wed 11 Mar
        -> runs_7d: within_plan on Fri 13 Mar
    """)  # fmt: skip


def test_a_spike_against_the_longest_run_of_thirty_days(bench):
    """FRANDSEN25: more than 10 % above it. Exactly 10 % is inside."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 30:00  5.0 km
        Wed 4 Mar  run 30:00  5.5 km
        Fri 6 Mar  run 40:00  7.0 km
        Tue 14 Apr  run 30:00  5.0 km
        -> distance_to_longest_30d_ratio: not_assessable on Mon 2 Mar
        -> distance_to_longest_30d_ratio: within_plan on Wed 4 Mar
        -> distance_to_longest_30d_ratio: outside_plan on Fri 6 Mar
        -> distance_to_longest_30d_ratio: not_assessable on Tue 14 Apr
    """)  # fmt: skip


def test_a_run_without_a_distance_is_not_assessed_for_growth(bench):
    """Unknown is neither long nor short."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 30:00  5.0 km
        Mon 9 Mar  run 30:00  no distance
        -> distance_to_longest_30d_ratio: not_assessable on Mon 9 Mar
        -> week_distance_change_ratio: not_assessable on Mon 9 Mar
    """)  # fmt: skip


def test_a_week_grows_by_twenty_per_cent_for_a_note_and_thirty_for_a_breach(bench):
    """BUIST08 and NIELSEN14: this ISO week so far against the whole one before."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 50:00  5.0 km
        Thu 5 Mar  run 50:00  5.0 km
        Mon 9 Mar  run 50:00  5.0 km
        Wed 11 Mar  run 50:00  5.0 km
        Fri 13 Mar  run 25:00  2.5 km
        Sun 15 Mar  run 10:00  1.0 km
        -> week_distance_change_ratio: within_plan on Wed 11 Mar
        -> week_distance_change_ratio: note on Fri 13 Mar
        -> week_distance_change_ratio: outside_plan on Sun 15 Mar
    """)  # fmt: skip


def test_three_of_ten_during_the_run_holds_the_stage(bench):
    """ESCULIER_TREK: at most 2 during; SILB07: more than 5 is for the clinician."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00
                   pain before 0, during 2, after 0, morning 0; no red flag
        Wed 4 Mar  run 20:00
                   pain before 0, during 3, after 0, morning 0; no red flag
        Fri 6 Mar  run 20:00
                   pain before 0, during 6, after 0, morning 0; no red flag
        -> pain_during: within_plan on Mon 2 Mar
        -> pain_during: hold on Wed 4 Mar
        -> verdict: hold on Wed 4 Mar
        -> pain_during: contact_clinician on Fri 6 Mar
        -> verdict: contact_clinician on Fri 6 Mar
    """)  # fmt: skip


def test_the_next_morning_against_the_morning_before(bench):
    """SALAFFI04: one point more is a note, two hold the stage; less than before is no rise."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00
                   pain before 2, morning 1
        Wed 4 Mar  run 20:00
                   pain before 1, morning 2
        Fri 6 Mar  run 20:00
                   pain before 1, morning 3
        -> pain_next_morning_rise: within_plan on Mon 2 Mar
        -> pain_next_morning_rise: note on Wed 4 Mar
        -> pain_next_morning_rise: hold on Fri 6 Mar
    """)  # fmt: skip


def test_the_next_morning_is_pending_until_noon(bench):
    """An answer that isn't due yet is no answer and no fault."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00
                   pain before 0, during 1
        now Tue 3 Mar 11:59
        -> pain_during: within_plan on Mon 2 Mar
        -> pain_next_morning_rise: pending on Mon 2 Mar
    """)  # fmt: skip


def test_after_noon_silence_is_not_known(bench):
    """It never turns into agreement by itself."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00
                   pain before 0, during 1
        now Tue 3 Mar 12:00
        -> pain_next_morning_rise: not_assessable on Mon 2 Mar
        -> red_flag_count: not_assessable on Mon 2 Mar
        -> verdict: not_assessable on Mon 2 Mar
    """)  # fmt: skip


def test_a_red_flag_goes_before_everything(bench):
    """ROBERTSON17: it doesn't wait for the next morning, and no breach of the same run stands beside it."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00  over ceiling 300 s
                   pain before 0, during 3; red flag night_or_rest_pain
        now Mon 2 Mar 21:00
        -> red_flag_count: contact_clinician on Mon 2 Mar
        -> verdict: contact_clinician on Mon 2 Mar
    """)  # fmt: skip


def test_a_minute_above_the_ceiling_and_not_more(bench):
    """S1: beyond a minute and the error of its measurement it is outside the plan."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 20:00  over ceiling 0 s
        Wed 4 Mar  run 20:00  over ceiling 59 s
        Fri 6 Mar  run 20:00  over ceiling 360 s
        -> over_ceiling_s: within_plan on Mon 2 Mar
        -> over_ceiling_s: within_plan on Wed 4 Mar
        -> over_ceiling_s: outside_plan on Fri 6 Mar
    """)  # fmt: skip


def test_strides_come_with_s2(bench):
    """SEED1: after conversational running. The same four are outside S1 and inside S2, by the day's own stage."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 30:00  strides 4
        Fri 6 Mar  stage S2 by Dr B
        Sat 7 Mar  run 30:00  strides 4
        Tue 10 Mar  run 30:00  strides 8
        -> pickup_count: outside_plan on Mon 2 Mar
        -> pickup_count: within_plan on Sat 7 Mar
        -> pickup_count: outside_plan on Tue 10 Mar
    """)  # fmt: skip


def test_hills_without_a_barometer_are_not_known(bench):
    """GPS altitude says nothing of hills: neither breach nor compliance."""
    holds(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 30:00  unknown ascent_m
        Wed 4 Mar  run 30:00  fact ascent_m 40
        Fri 6 Mar  run 30:00  fact ascent_m 100
        -> ascent_m: not_assessable on Mon 2 Mar
        -> ascent_m: within_plan on Wed 4 Mar
        -> ascent_m: outside_plan on Fri 6 Mar
    """)  # fmt: skip


def test_a_run_before_any_stage_is_told_so(bench):
    """Nothing can be held against a plan that isn't there; it is not compliance either."""
    holds(bench, """
        Mon 2 Mar  run 30:00
        Tue 3 Mar  stage S1 by Dr B
        Wed 4 Mar  run 30:00
        -> stage: not_assessable on Mon 2 Mar
        -> verdict: not_assessable on Mon 2 Mar
        -> runs_7d: nothing on Mon 2 Mar
        -> runs_7d: within_plan on Wed 4 Mar
    """)  # fmt: skip


def test_a_stage_that_was_taken_back_judges_its_days_again(bench):
    """The clinician's last word about a day holds, also for runs that are over."""
    holds(bench, """
        Sun 1 Mar  stage S2 by Dr B
        Sun 1 Mar  stage S1 by Dr B
        Mon 2 Mar  run 30:00  strides 4
        -> pickup_count: outside_plan on Mon 2 Mar
    """)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Mon 3 Mar  run 20:00", "Mon 2 Mar  swim 20:00", "Mon 2 Mar  run 20:00  uphill", "-> rest_days_before breach"],
    ids=["weekday", "sport", "word", "expectation"],
)
def test_a_diary_with_a_mistake_is_refused(text):
    """A test that can't be read must not pass."""
    with pytest.raises(AssertionError):
        read_diary(text)
