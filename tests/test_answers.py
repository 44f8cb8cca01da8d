"""What people may say: every answer that can't be so is refused with what would be right; none is bent into shape."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.answer_file import BadAnswerFile, read_answers
from pipeline.answer_reader import BadAnswer
from pipeline.answers import (
    MOMENTS,
    PHASES,
    RED_FLAGS,
    SIDES,
    AnsweredSession,
    Symptom,
    answer_digest,
    check_time,
    lateness,
    read_symptom,
    read_text,
    symptom_data,
)
from pipeline.errors import GaitkeeperError, NeedsAttention
from pipeline.prom import HAGOS_SUBSCALES, PROM_RANGES, check_prom_day, read_prom
from pipeline.rehab import DRILLS, check_plan, check_rehab_day, plain_name, read_exercise

#: Monday 2 March 2026, 18:00 to 19:00 in Berlin.
RUN = AnsweredSession("aaaa", date(2026, 3, 2), datetime(2026, 3, 2, 17, 0, tzinfo=UTC), 3600, 3600.0)
#: Two runs on one day.
MORNING_RUN = AnsweredSession("bbbb", date(2026, 3, 4), datetime(2026, 3, 4, 6, 0, tzinfo=UTC), 3600, 1800.0)
EVENING_RUN = AnsweredSession("cccc", date(2026, 3, 4), datetime(2026, 3, 4, 17, 0, tzinfo=UTC), 3600, 1800.0)
SESSIONS = (RUN, MORNING_RUN, EVENING_RUN)
NOW_UTC = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

ANSWERS = st.builds(
    Symptom,
    moment=st.sampled_from(MOMENTS),
    pain_0_10=st.integers(0, 10),
    side=st.none() | st.sampled_from(SIDES),
    place=st.none() | st.sampled_from(["groin", "outer hip"]),
    phase=st.none() | st.sampled_from(PHASES),
    onset_minute=st.none() | st.integers(0, 60),
    red_flags=st.none() | st.lists(st.sampled_from(RED_FLAGS), unique=True, max_size=3).map(tuple),
)


def at(text: str) -> datetime:
    """An instant as Berlin's clock showed it in March 2026."""
    return datetime.fromisoformat(f"{text}+01:00")


def pain(moment: str, level: object = 1, **more: object) -> Symptom:
    return read_symptom({"moment": moment, "pain_0_10": level, **more})


def outcome_of(read, *arguments):
    """What was read, or the sentence of the refusal; any other error fails the test."""
    try:
        return read(*arguments)
    except GaitkeeperError as error:
        return str(error)


class TestSymptoms:
    def test_an_answer_is_read_as_people_type_it(self):
        """Spaces, capitals and hyphens are nobody's mistake."""
        found = read_symptom(
            {
                "moment": "Next morning",
                "pain_0_10": " 3 ",
                "side": "LEFT",
                "place": " outer   hip ",
                "phase": "knee-lift",
                "onset_minute": "12",
            }
        )
        assert Symptom("next_morning", 3, "left", "outer hip", "knee_lift", 12, None) == found

    @pytest.mark.parametrize("level", ["11", "-1", "3.5", "much", "nan", "inf", "1e3", "٣٣", "0x3"])
    def test_a_pain_is_a_whole_number_from_0_to_10(self, level):
        """A half point or a word is not rounded to an answer."""
        with pytest.raises(
            BadAnswer, match=r"worst during the run is .* whole number from 0 to 10.* Nothing was recorded\.$"
        ):
            pain("during", level)

    def test_nothing_typed_is_not_a_pain_of_0(self):
        """An empty field says nothing at all."""
        assert read_symptom({"moment": "during", "pain_0_10": "", "place": "groin"}).pain_0_10 is None
        with pytest.raises(BadAnswer, match="Say something"):
            read_symptom({"moment": "during", "pain_0_10": " "})

    def test_a_pain_without_its_moment_is_refused(self):
        """A level belongs to one of four moments."""
        with pytest.raises(BadAnswer, match="belongs to a moment"):
            read_symptom({"pain_0_10": 3})

    def test_every_mistake_is_told_at_once(self):
        """Nobody mends one field to hear of the next."""
        with pytest.raises(BadAnswer) as caught:
            read_symptom({"moment": "during", "pain_0_10": 11, "side": "top", "phase": "jump", "red_flags": "limp"})
        assert 4 == len(caught.value.mistakes)
        assert isinstance(caught.value, NeedsAttention)

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            (None, None), ("", None), ("none", ()), ("[]", ()), ([], ()), ("None", ()),
            ("night_or_rest_pain", ("night_or_rest_pain",)),
            ("limp-persisting; night_or_rest_pain", ("limp_persisting", "night_or_rest_pain")),
            ('["limp_persisting","limp_persisting"]', ("limp_persisting",)),
        ],
    )  # fmt: skip
    def test_none_is_an_answer_and_silence_is_not(self, typed, expected):
        """Not asked is None; asked and none is empty."""
        assert expected == read_symptom({"moment": "after", "pain_0_10": 0, "red_flags": typed}).red_flags

    def test_an_unknown_red_flag_is_refused_with_the_nearest_question(self):
        """A misspelt red flag must not be lost."""
        with pytest.raises(BadAnswer, match="did you mean limp_persisting"):
            read_symptom({"red_flags": "limp"})
        with pytest.raises(BadAnswer, match="leave it out where there is one"):
            read_symptom({"red_flags": "none, limp_persisting"})

    @given(ANSWERS)
    def test_what_was_said_is_read_back_as_it_was_said(self, answer):
        """From the record to the journal's data and back."""
        assert answer == read_symptom(symptom_data(answer, "x"))

    @given(ANSWERS, ANSWERS)
    def test_two_answers_have_one_digest_only_if_they_say_the_same(self, one, other):
        """Order of the red flags aside, any other word is another answer."""
        plain = [
            symptom_data(answer, "x") | {"red_flags": answer.red_flags and sorted(answer.red_flags)}
            for answer in (one, other)
        ]
        same_flags = (one.red_flags is None) == (other.red_flags is None) and set(one.red_flags or ()) == set(
            other.red_flags or ()
        )
        is_same = same_flags and all(plain[0][key] == plain[1][key] for key in plain[0] if key != "red_flags")
        assert is_same == (answer_digest(one, "x", None) == answer_digest(other, "x", None))

    @given(
        st.dictionaries(
            st.sampled_from(["moment", "pain_0_10", "side", "place", "phase", "onset_minute", "red_flags"]),
            st.text(max_size=20),
        )
    )
    def test_whatever_is_typed_ends_in_an_answer_or_a_sentence(self, typed):
        """No other error escapes."""
        told = outcome_of(read_symptom, typed)
        assert isinstance(told, Symptom) or told.endswith("Nothing was recorded.")


class TestWhen:
    @pytest.mark.parametrize(
        ("moment", "said", "says"),
        [
            ("next_morning", "2026-03-02T17:30", "after this was said"),  # during-day, before the run
            ("next_morning", "2026-03-02T21:00", "next morning has not come yet. Enter it from 2026-03-03 03:00 on"),
            ("next_morning", "2026-03-03T01:00", "Enter it from 2026-03-03 03:00 on"),
            ("during", "2026-03-02T17:59", "enter it from then on"),
            ("during", "2026-03-01T20:00", "enter it from then on"),
            ("after", "2026-03-02T18:30", "The session ended at 2026-03-02 19:00"),
            ("before", "2026-03-01T18:00", "entered on its day"),
            ("during", "2026-03-11T18:00", "has not come yet"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_known_yet_is_refused_with_the_time_from_which_it_can(self, moment, said, says):
        """The run was on Monday from 18:00 to 19:00."""
        with pytest.raises(BadAnswer, match=says):
            check_time(pain(moment), RUN, at(said), NOW_UTC)

    @pytest.mark.parametrize(
        ("moment", "said"),
        [
            ("before", "2026-03-02T17:50"), ("before", "2026-03-04T10:00"), ("during", "2026-03-02T18:10"),
            ("after", "2026-03-02T19:00"), ("next_morning", "2026-03-03T03:00"), ("next_morning", "2026-03-09T10:00"),
        ],
    )  # fmt: skip
    def test_what_can_be_known_is_taken(self, moment, said):
        """Late is better than never."""
        check_time(pain(moment), RUN, at(said), NOW_UTC)

    def test_a_run_before_dawn_has_its_next_morning_on_the_next_day(self):
        """A run at 00:30 and breakfast at 09:00 are one local day."""
        early = AnsweredSession("d", date(2026, 3, 2), at("2026-03-02T00:30"), 3600, 1800.0)
        with pytest.raises(BadAnswer, match="from 2026-03-03 00:00 on"):
            check_time(pain("next_morning"), early, at("2026-03-02T09:00"), NOW_UTC)
        check_time(pain("next_morning"), early, at("2026-03-03T07:00"), NOW_UTC)

    def test_a_late_morning_says_so(self):
        """36 hours after the run is still the next morning; 37 are not."""
        assert lateness(pain("next_morning"), RUN, RUN.end_utc + timedelta(hours=36)) is None
        assert "37 hours after" in lateness(pain("next_morning"), RUN, RUN.end_utc + timedelta(hours=37))
        assert lateness(pain("after"), RUN, RUN.end_utc + timedelta(hours=99)) is None

    def test_pain_cannot_begin_after_the_run(self):
        """Minute 62 of an hour is a slip."""
        check_time(pain("during", onset_minute=60), RUN, at("2026-03-02T20:00"), NOW_UTC)
        with pytest.raises(BadAnswer, match="lasted 60 min"):
            check_time(pain("during", onset_minute=62), RUN, at("2026-03-02T20:00"), NOW_UTC)


class TestRehabAndScores:
    def test_the_drills_of_the_article_have_one_name_each(self):
        """However they are abbreviated."""
        assert [DRILLS[0], DRILLS[0], DRILLS[1], "side plank"] == [
            read_exercise(typed)
            for typed in ("Marching HOH", "marching hands over head", "marching dowel over head", " side  plank ")
        ]
        assert plain_name(DRILLS[0]) == plain_name("Marching, hands over-head")

    @pytest.mark.parametrize("typed", ["", "  ", None, "x" * 200, "a\x00b"])
    def test_an_exercise_has_a_name(self, typed):
        """A pasted page or nothing is none."""
        with pytest.raises(BadAnswer):
            read_exercise(typed)

    def test_work_of_tomorrow_is_refused(self):
        """It is entered when it is done."""
        check_rehab_day(date(2026, 3, 2), date(2026, 3, 2))
        with pytest.raises(BadAnswer, match="has not come yet"):
            check_rehab_day(date(2026, 3, 3), date(2026, 3, 2))

    def test_a_plan_ends(self):
        """Nobody is asked for drills for ever (trap 18)."""
        check_plan(date(2026, 3, 2), date(2026, 3, 2))
        for until in (date(2026, 3, 1), date(2027, 6, 1)):
            with pytest.raises(BadAnswer, match="--until"):
                check_plan(date(2026, 3, 2), until)

    @pytest.mark.parametrize("name", PROM_RANGES)
    def test_a_score_lies_in_the_range_of_its_questionnaire(self, name):
        """Both ends are scores, one beyond is not."""
        low, high = PROM_RANGES[name]
        part = HAGOS_SUBSCALES[0] if name == "HAGOS" else None
        assert [(name, part, float(low)), (name, part, float(high))] == [
            read_prom(name.lower(), part, score) for score in (low, high)
        ]
        for score in (low - 1, high + 1, "", "nan", "good", None):
            with pytest.raises(BadAnswer, match=f"from {low} to {high}"):
                read_prom(name, part, score)

    def test_a_questionnaire_is_named_as_people_name_it(self):
        """iHOT12 and OSTRC-H2 are known; an unknown one is refused with those that are."""
        assert "iHOT-12" == read_prom("ihot12", None, "63.5")[0]
        assert "OSTRC" == read_prom("OSTRC-H2", None, 25)[0]
        with pytest.raises(BadAnswer, match="UWRI, iHOT-12, HAGOS, OSTRC"):
            read_prom("HOS", None, 3)

    @pytest.mark.parametrize(
        ("name", "part", "score", "says"),
        [
            ("HAGOS", None, 3, "name the subscale"),
            ("HAGOS", "knee", 3, "it is one of"),
            ("UWRI", "pain", 3, "no subscale"),
            ("UWRI", None, 27.5, "whole"),
        ],
    )
    def test_a_subscale_is_for_hagos_and_half_a_point_not_for_uwri(self, name, part, score, says):
        """What the questionnaire can't give is refused."""
        with pytest.raises(BadAnswer, match=says):
            read_prom(name, part, score)

    def test_a_score_of_tomorrow_is_refused(self):
        """A questionnaire is filled in first."""
        with pytest.raises(BadAnswer, match="has not come yet"):
            check_prom_day(date(2026, 3, 3), date(2026, 3, 2))

    def test_a_text_is_one_plain_line(self):
        """Line ends become spaces; a novel or control signs are refused."""
        assert "labral tear, left" == read_text(" labral tear,\n left ", "diagnosis_text")
        assert read_text("  ", "diagnosis_text") is None
        for typed in ("x" * 5000, "a\x1b[31m"):
            with pytest.raises(BadAnswer):
                read_text(typed, "diagnosis_text")


HEADER = "session_date,start_time,moment,pain_0_10,side,place,phase,onset_minute,red_flags,entry_utc"


def read(*lines: str, header: str = HEADER):
    return read_answers("\n".join((header, *lines)).encode(), "answers.csv", "me", SESSIONS, NOW_UTC)


def mistakes(*lines: str, header: str = HEADER) -> list[str]:
    with pytest.raises(BadAnswerFile) as caught:
        read(*lines, header=header)
    return list(caught.value.mistakes)


class TestAFile:
    def test_a_row_is_an_entry(self):
        """With its own instant, or now."""
        first, second = read(
            "2026-03-02,,during,2,right,groin,knee-lift,12,none,2026-03-02T20:00+01:00",
            "2026-03-04,18:05,after,0,,,,,,",
        )
        assert (2, "aaaa", at("2026-03-02T20:00")) == (first.line, first.session.session_id, first.said_utc)
        assert Symptom("during", 2, "right", "groin", "knee_lift", 12, ()) == first.symptom
        assert (3, "cccc", NOW_UTC) == (second.line, second.session.session_id, second.said_utc)

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("2026-03-02,,during,11,,,,,,", "whole number from 0 to 10"),
            ("2026-03-03,,during,1,,,,,,", "no session on 2026-03-03; the log reaches from 2026-03-02 to 2026-03-04"),
            ("2026-03-04,,during,1,,,,,,", "2 sessions on 2026-03-04: give start_time, one of 07:00, 18:00"),
            ("2026-03-04,12:00,during,1,,,,,,", "no session on 2026-03-04 12:00"),
            ("2026-03-04,noon,during,1,,,,,,", "local time as 07:30"),
            ("3 March,,during,1,,,,,,", "write it as 2026-04-08"),
            (",,during,1,,,,,,", "names no session"),
            ("2026-03-02,,next_morning,1,,,,,,2026-03-02T20:00+01:00", "next morning has not come yet"),
            ("2026-03-02,,during,1,,,,,,2026-03-02T20:00", "without its offset"),
            ("2026-03-02,,during,1,,,,,,yesterday", "write it as"),
            ("2026-03-02,,during,1", "not as many fields"),
            ("2026-03-02,,during,1,,,,,,,,", "not as many fields"),
            ("2026-03-02,,sometimes,1,,,,,,", "it is one of before, during, after, next_morning"),
        ],
    )  # fmt: skip
    def test_a_mistake_is_told_with_its_line_and_what_would_be_right(self, line, says):
        """Line 3: line 1 is the header, line 2 is right."""
        (told,) = mistakes("2026-03-02,,before,0,,,,,,", line)
        assert told.startswith("line 3: ")
        assert says in told

    def test_every_row_is_looked_at_before_anything_is_taken(self):
        """Three mistakes, one answer."""
        found = mistakes(
            "2026-03-02,,during,11,,,,,,",
            "2026-03-02,,before,0,,,,,,",
            "2026-03-09,,during,1,,,,,,",
            "2026-03-02,,x,1,,,,,,",
        )
        assert ["line 2", "line 4", "line 5"] == [one[:6] for one in found]

    def test_two_answers_for_one_moment_are_not_chosen_between(self):
        """Unless each says when it was said: then the later one counts."""
        (told,) = mistakes("2026-03-02,,during,1,,,,,,", "2026-03-02,,during,2,,,,,,")
        assert "line 2 answers the same moment" in told
        later = "2026-03-02,,during,2,,,,,,2026-03-05T20:00+01:00"
        assert 2 == len(read("2026-03-02,,during,1,,,,,,2026-03-04T20:00+01:00", later))

    @pytest.mark.parametrize(
        ("header", "says"),
        [
            ("session_date,moment,pain", "'pain' is not known: did you mean pain_0_10?"),
            ("session_date,moment,moment", "moment is there twice"),
            ("moment,pain_0_10", "neither session_id nor session_date"),
        ],
    )
    def test_a_header_that_is_not_understood_stops_before_the_rows(self, header, says):
        """A misspelt column would be an answer that is lost."""
        (told, *_) = mistakes("x,y,z", header=header)
        assert says in told

    @pytest.mark.parametrize(
        "content", [b"", b"\xff\xfe\x00", b"\x00" * 50, b'"', b"PK\x03\x04 zipped", b'session_date\n"2026-03-02\n']
    )
    def test_whatever_is_in_the_file_ends_in_a_sentence(self, content):
        """A spreadsheet, a picture, half a file."""
        told = outcome_of(read_answers, content, "answers.csv", "me", SESSIONS, NOW_UTC)
        assert "nothing was recorded" in told

    @given(st.binary(max_size=60))
    def test_no_bytes_raise_anything_else(self, content):
        """Also below a good header."""
        for whole in (content, f"{HEADER}\n".encode() + content):
            told = outcome_of(read_answers, whole, "answers.csv", "me", SESSIONS, NOW_UTC)
            assert told == [] or "nothing was recorded" in told

    def test_semicolons_and_a_byte_order_mark_are_what_a_spreadsheet_writes(self):
        """German Excel's CSV is a CSV."""
        text = "\ufeffsession_date;moment;pain_0_10;place\r\n2026-03-02;during;2;groin, left\r\n"
        (found,) = read_answers(text.encode(), "a.csv", "me", SESSIONS, NOW_UTC)
        assert ("groin, left", 2) == (found.symptom.place, found.symptom.pain_0_10)

    def test_a_long_list_of_mistakes_is_cut(self):
        """The first twenty and how many more."""
        with pytest.raises(BadAnswerFile, match="and 10 more"):
            read(*["2026-03-09,,during,1,,,,,,"] * 30)

    def test_somebody_elses_answers_are_refused(self):
        """A file with a column runner_id is about that runner."""
        (told,) = mistakes("2026-03-02,during,1,you", header="session_date,moment,pain_0_10,runner_id")
        assert "runner 'you', not 'me'" in told
