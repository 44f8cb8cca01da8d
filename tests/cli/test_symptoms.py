"""The hip's answer, the work beside the runs, scores and intake, as people enter them: a word in the journal each."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pipeline.journal import new_entry
from pipeline.lines import read_lines
from pipeline.settings import Home
from support.command import gaitkeeper, is_sentence
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC, asked, copy_of

CLEAN, FINDINGS, ATTENTION = 0, 1, 2
AS_OF = ("--as-of", EXAMPLE_DAY)
CONTACT = "Stop running and contact Dr Example now. This program is not watched by anybody in real time.\n"

#: What no page of ours may say (EVIDENCE section 8).
FORBIDDEN = re.compile(r"\b(safe|ready|risk score|diagnos\w+|advance to|overloaded|improv\w+)\b", re.IGNORECASE)


@pytest.fixture
def here(example_home, tmp_path) -> Home:
    """A copy of the example home: runs on 6, 8, 10 and 12 April 2026 (today), every answer given but today's."""
    return copy_of(example_home, tmp_path / "copy")


def fact(home: Home, day: str, name: str) -> dict:
    (row,) = asked(
        home,
        f"select fact.* from session_fact as fact inner join session using (session_id) "
        f"where session_date = '{day}' and is_run and fact.fact = '{name}'",
    )
    return row


def say(home: Home, *words: object):
    answer = gaitkeeper("--home", home.path, *words, *(() if "--as-of" in words else AS_OF))
    assert is_sentence(answer.err) or answer.err == "", answer.err
    assert not FORBIDDEN.search(answer.out + answer.err)
    return answer


def said(home: Home, *words: object) -> None:
    answer = say(home, *words)
    assert CLEAN == answer.status, answer.err


class TestPain:
    def test_a_later_word_corrects_the_same_moment_and_keeps_the_rest(self, here):
        """Only the level is said again: side, place and phase stay, and nothing in the journal is overwritten."""
        said(here, "pain", "2026-04-10", "--during", 4, "--phase", "foot-on-ground", "--place", "buttock")
        lines = here.journal_file.read_bytes()
        said(here, "pain", "2026-04-10", "--during", 3)
        (row,) = asked(
            here,
            "select m.* from moment_answer as m inner join session using (session_id) where session_date = '2026-04-10' and moment = 'during'",
        )
        assert (3, "buttock", "foot_on_ground") == (row["pain_0_10"], row["place"], row["phase"])
        assert here.journal_file.read_bytes().startswith(lines)
        assert 3.0 == fact(here, "2026-04-10", "foot_on_ground_pain")["value"]
        assert 2.0 == fact(here, "2026-04-10", "new_pain_place_count")["value"]

    def test_of_two_words_said_for_the_same_instant_the_later_one_holds(self, here):
        """--as-of gives both the same minute; chance must not decide."""
        for level in (5, 1, 4, 0, 2):
            said(here, "pain", "2026-04-10", "--during", level)
        assert 2.0 == fact(here, "2026-04-10", "pain_during")["value"]

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("pain", "last", "--during", "11"), "whole number from 0 to 10"),
            (("pain", "last", "--during", "2", "--red-flag", "limp"), "did you mean limp_persisting"),
            (("pain", "last", "--during", "2", "--phase", "jumping"), "knee_lift, foot_on_ground, both, unsure"),
            (("pain", "last", "--next-morning", "1"), "next morning has not come yet. Enter it from 2026-04-13 "),
            (("pain", "2026-04-10", "--during", "1", "--as-of", "2026-04-09"), "enter it from then on"),
            (("pain", "2026-04-10", "--during", "1", "--as-of", "2026-04-10T08:00"), "Leave --as-of out to correct it"),
            (("pain", "2026-04-10", "--during", "1", "--onset-minute", "200"), "lasted"),
            (("pain", "no-such-run", "--during", "1"), "No session matches"),
            (("pain", "2026-04-11", "--during", "1"), "No session matches"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_so_is_refused_and_nothing_is_written(self, here, words, says):
        """Exit 2, what would be right, and the journal as it was."""
        before = here.journal_file.read_bytes()
        answer = say(here, *words)
        assert (ATTENTION, "") == (answer.status, answer.out)
        assert says in answer.err
        assert before == here.journal_file.read_bytes()

    def test_a_red_flag_puts_the_contact_first_and_alone(self, here):
        """Standard output holds that sentence and no other."""
        answer = say(
            here,
            "pain",
            "2026-04-10",
            "--during",
            3,
            "--red-flag",
            "night_or_rest_pain",
            "--red-flag",
            "limp_persisting",
        )
        assert (CLEAN, CONTACT) == (answer.status, answer.out)
        assert 2.0 == fact(here, "2026-04-10", "red_flag_count")["value"]

    def test_none_at_another_moment_takes_no_red_flag_back_and_the_same_moment_does(self, here):
        """As long as it stands, the contact is what is said."""
        said(here, "pain", "2026-04-10", "--during", 3, "--red-flag", "limp_persisting")
        later = say(here, "pain", "2026-04-10", "--next-morning", 0, "--none")
        assert CONTACT == later.out
        assert "Reported: limp persisting" in later.err
        assert 1.0 == fact(here, "2026-04-10", "red_flag_count")["value"]
        corrected = say(here, "pain", "2026-04-10", "--during", 3, "--none")
        assert "" == corrected.out
        assert 0.0 == fact(here, "2026-04-10", "red_flag_count")["value"]

    def test_a_pain_for_which_the_plan_asks_for_the_clinician_says_whom_to_contact(self, here):
        """7 of 10 is a red answer without a red flag (scenario 21)."""
        assert CONTACT == say(here, "pain", "2026-04-10", "--during", 7).out
        assert "" == say(here, "pain", "2026-04-10", "--during", 4).out

    def test_a_late_morning_is_taken_and_says_so(self, here):
        """Ten days on, the answer counts, and the fact carries its lateness."""
        answer = say(here, "pain", "2026-03-27", "--next-morning", 0)
        assert CLEAN == answer.status
        assert "hours after the session" in answer.err
        row = fact(here, "2026-03-27", "pain_next_morning_rise")
        assert ("ok", 0.0) == (row["status"], row["value"])
        assert "the next morning is 8 to 36 hours after it" in row["detail"]

    def test_where_it_hurts_can_be_said_without_a_level(self, here):
        """Any part, at any time."""
        said(here, "pain", "2026-04-10", "--phase", "both")
        assert 2.0 == fact(here, "2026-04-10", "foot_on_ground_pain")["value"]
        said(here, "pain", "last", "--place", "groin", "--phase", "foot-on-ground")


class TestPainFromAFile:
    HEADER = "session_date,moment,pain_0_10,phase,red_flags,entry_utc\n"

    def entries(self, home: Home) -> int:
        return sum(line["kind"] == "symptom" for line in read_lines(home.journal_file))

    def test_the_same_file_twice_adds_nothing(self, here, tmp_path):
        """Every row has its own digest."""
        file = tmp_path / "answers.csv"
        file.write_text(
            self.HEADER
            + "2026-04-12,during,2,knee-lift,none,2026-04-12T19:00+02:00\n"
            + "2026-04-08,next_morning,1,,,2026-04-09T07:00+02:00\n2026-04-08,during,3,unsure,,\n"
        )
        before = self.entries(here)
        first, second = say(here, "pain", "--csv", file), say(here, "pain", "--csv", file)
        assert "3 answer(s) recorded, 0 here already" in first.err
        assert "0 answer(s) recorded, 3 here already" in second.err
        assert before + 3 == self.entries(here)
        assert ("not_assessable", None) == (
            fact(here, "2026-04-08", "foot_on_ground_pain")["status"],
            fact(here, "2026-04-08", "foot_on_ground_pain")["value"],
        )

    def test_what_was_exported_is_here_already(self, here, tmp_path):
        """The relation's own columns are those of the file, so a round trip is nothing new."""
        said(
            here,
            "pain",
            "2026-04-10",
            "--during",
            3,
            "--onset-minute",
            12,
            "--red-flag",
            "limp_persisting",
            "--place",
            'groin, "deep"',
        )
        exported = gaitkeeper("--home", here.path, "sql", "from symptom", "--format", "csv").out
        before = self.entries(here)
        for name, text in (("a.csv", exported), ("b.csv", self.without(exported, "entry_id"))):
            (tmp_path / name).write_text(text)
            answer = say(here, "pain", "--csv", tmp_path / name)
            assert (CLEAN, "") == (answer.status, answer.out)
            assert f"0 answer(s) recorded, {before} here already" in answer.err
        assert before == self.entries(here)

    def without(self, text: str, column: str) -> str:
        import csv
        import io

        rows = list(csv.DictReader(io.StringIO(text)))
        out = io.StringIO()
        writer = csv.DictWriter(out, [name for name in rows[0] if name != column], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    def test_one_bad_row_and_nothing_is_written(self, here, tmp_path):
        """All of it or nothing, each mistake with its line."""
        file = tmp_path / "answers.csv"
        file.write_text(self.HEADER + "2026-04-08,during,3,,,\n2026-04-09,during,3,,,\n2026-04-12,next_morning,11,,,\n")
        before = here.journal_file.read_bytes()
        answer = say(here, "pain", "--csv", file)
        assert (ATTENTION, "") == (answer.status, answer.out)
        assert "line 3: there is no session on 2026-04-09" in answer.err
        assert "line 4: pain the next morning is '11'" in answer.err
        assert before == here.journal_file.read_bytes()

    def test_a_red_flag_of_a_file_puts_the_contact_first(self, here, tmp_path):
        """A form is not read by anybody before this program reads it."""
        file = tmp_path / "answers.csv"
        file.write_text(self.HEADER + "2026-04-12,during,2,,night_or_rest_pain,\n")
        assert CONTACT == say(here, "pain", "--csv", file).out

    @pytest.mark.parametrize(
        "words", [("--csv", "/nowhere/a.csv"), ("--csv", "/"), ("--csv", "a.csv", "--during", "3")]
    )
    def test_a_file_that_cannot_be_read_is_told(self, here, words):
        """No file, a folder, or two ways at once."""
        assert ATTENTION == say(here, "pain", *words).status


class TestRehab:
    def test_a_plan_is_held_against_what_was_done(self, here):
        """Two drills of three a week, and the one strength session of one."""
        said(
            here,
            "rehab",
            "plan",
            "drill",
            "marching hands over head",
            "--per-week",
            3,
            "--from",
            "2026-04-01",
            "--until",
            "2026-05-01",
            "--by",
            "Dr B",
        )
        said(here, "rehab", "plan", "strength", "--per-week", 1, "--from", "2026-04-01", "--until", "2026-05-01")
        row = fact(here, "2026-04-12", "rehab_adherence_ratio")
        assert (0.75, "ok") == (row["value"], row["status"])
        assert "drill marching hands over head 2 of 3, strength 2 of 1" == row["detail"]
        said(here, "rehab", "drill", "Marching HOH", "--date", "2026-04-09")
        assert 1.0 == fact(here, "2026-04-12", "rehab_adherence_ratio")["value"]

    def test_a_plan_that_was_stopped_asks_for_nothing(self, here):
        """From that day on; stopping what is not planned says what is."""
        said(
            here,
            "rehab",
            "plan",
            "drill",
            "marching dowel overhead",
            "--per-week",
            3,
            "--from",
            "2026-04-01",
            "--until",
            "2026-05-01",
        )
        assert ["marching dowel overhead"] == [
            row["exercise"] for row in say(here, "rehab", "plans", "--format", "json").rows
        ]
        refused = say(here, "rehab", "stop", "drill", "skips")
        assert ATTENTION == refused.status
        assert "planned: drill 'marching dowel overhead'" in refused.err
        said(here, "rehab", "stop", "drill", "Marching, dowel overhead")
        assert [] == say(here, "rehab", "plans", "--format", "json").rows

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("plan", "drill", "skips", "--per-week", "3"), "--until"),
            (("plan", "drill", "skips", "--per-week", "0", "--until", "2026-05-01"), "per-week"),
            (("plan", "drill", "skips", "--per-week", "3", "--until", "2026-04-01"), "give a later --until"),
            (("plan", "drill", "skips", "--per-week", "3", "--until", "2030-04-01"), "give an earlier --until"),
            (("drill", "  "), "Name the exercise"),
            (("drill", "skips", "--date", "2026-04-13"), "has not come yet"),
            (("undo", "nothing"), "No rehab entry 'nothing' holds"),
            (("confirm", "last"), "No recorded strength session matches"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_so_is_refused_and_nothing_is_written(self, here, words, says):
        """Exit 2 and what would be right."""
        before = here.journal_file.read_bytes()
        answer = say(here, "rehab", *words)
        assert ATTENTION == answer.status
        assert says in answer.err
        assert before == here.journal_file.read_bytes()

    def test_an_entry_can_be_taken_back_and_the_word_stays_in_the_journal(self, here):
        """By the id that the list shows."""
        said(here, "rehab", "mobility", "hip openers", "--minutes", 10)
        (newest, *_) = say(here, "rehab", "list", "--since", EXAMPLE_DAY, "--format", "json").rows
        assert ("hip openers", 600.0) == (newest["exercise"], newest["duration_s"])
        said(here, "rehab", "undo", newest["entry_id"])
        assert [] == say(here, "rehab", "list", "--since", EXAMPLE_DAY, "--format", "json").rows
        assert "hip openers" in here.journal_file.read_text()

    def test_a_recorded_strength_session_counts_once_the_runner_confirms_it(self, tmp_path):
        """The watch says "training"; whether it was strength work, the runner says."""
        home = strength_home(tmp_path)
        (found,) = gaitkeeper("--home", home.path, "rehab", "found", "--format", "json").rows
        assert ("strength_training", "strength", False) == (found["sub_sport"], found["kind"], found["is_confirmed"])
        assert [] == gaitkeeper("--home", home.path, "rehab", "list", "--format", "json").rows
        first = gaitkeeper("--home", home.path, "rehab", "confirm", found["session_id"])
        again = gaitkeeper("--home", home.path, "rehab", "confirm", found["session_date"])
        assert (CLEAN, CLEAN) == (first.status, again.status)
        assert "confirmed already" in again.err
        (row,) = gaitkeeper("--home", home.path, "rehab", "list", "--format", "json").rows
        assert (found["session_id"], found["session_date"], "strength", found["duration_s"]) == (
            row["session_id"], row["rehab_date"], row["kind"], row["duration_s"],
        )  # fmt: skip


#: Channels that a watch on a bench does not write.
ON_FOOT = ("cadence_spm", "distance_m", "speed_mps", "latitude_deg", "longitude_deg", "altitude_m")


def strength_home(tmp_path) -> Home:
    """A home with one recording of a strength session."""
    from support.small_log import SmallLog, as_fit
    from support.synthetic_run import SyntheticRun, easy

    log = SmallLog(tmp_path)
    log.arrive({"gym.fit": as_fit(SyntheticRun([easy(1200)]), without=ON_FOOT, sport=10, sub_sport=20)})
    return log.home


class TestScores:
    def test_a_change_within_the_measurement_error_is_not_called_one(self, here):
        """UWRI: 4.1 points are noise, 8 matter (EVIDENCE section 4d)."""
        for day, score in (("2026-02-01", 20), ("2026-03-01", 24), ("2026-04-01", 29)):
            said(here, "prom", "uwri", score, "--date", day)
        rows = say(here, "prom", "--format", "json").rows
        assert ["2026-04-01", "2026-03-01", "2026-02-01"] == [row["prom_date"] for row in rows]
        assert [9.0, 4.0, None] == [row["first_change"] for row in rows]
        assert {(4.1, 8.0)} == {(row["mdc"], row["mcid"]) for row in rows}
        assert "not a change" in rows[1]["first_change_words"]

    def test_a_later_word_corrects_the_score_of_that_day(self, here):
        """One row a day and subscale."""
        for score in (50, 65):
            said(here, "prom", "HAGOS", score, "--subscale", "pain", "--date", "2026-04-01")
        assert [65.0] == [row["score"] for row in say(here, "prom", "--format", "json").rows]

    def test_cut_offs_of_surgical_cohorts_are_nowhere(self, here):
        """59.5 is the PASS after arthroscopy (trap 17)."""
        assert "59.5" not in str(asked(here, "from prom_meaning"))

    @pytest.mark.parametrize(
        "words", [("UWRI", "37"), ("UWRI",), ("HOS", "3"), ("HAGOS", "50"), ("UWRI", "20", "--date", "2026-04-13")]
    )
    def test_what_cannot_be_a_score_is_refused(self, here, words):
        """Nothing is written."""
        before = here.journal_file.read_bytes()
        assert ATTENTION == say(here, "prom", *words).status
        assert before == here.journal_file.read_bytes()


class TestIntake:
    def test_the_last_word_on_each_item_holds_and_concerns_add_up(self, here):
        """A concern goes only by being withdrawn."""
        said(here, "intake", "--no-higher-concern", "--history-text", "two seasons")
        said(
            here,
            "intake",
            "--higher-concern",
            "previous_bone_stress",
            "--higher-concern",
            "recent_spike",
            "--history-text",
            "three seasons",
        )
        said(here, "intake", "--withdraw", "recent_spike")
        rows = gaitkeeper("--home", here.path, "intake", "--format", "json").rows
        assert [("higher_concern", "previous_bone_stress"), ("history_text", "three seasons")] == [
            (row["item"], row["item_value"]) for row in rows
        ]

    def test_a_surgery_lock_is_the_surgeons_word(self, here):
        """It has a name and a day, can be moved, and be taken back."""
        nameless = say(here, "intake", "--surgery-lock-until", "2026-05-01")
        assert ATTENTION == nameless.status
        assert "--by NAME" in nameless.err
        said(here, "intake", "--surgery-date", "2026-02-01", "--surgery-lock-until", "2026-05-01", "--by", "Dr S")
        said(here, "intake", "--surgery-lock-until", "2026-06-01", "--by", "Dr S")
        (lock,) = asked(here, "from surgery_lock")
        assert (date(2026, 6, 1), "Dr S") == (lock["locked_until_date"], lock["said_by"])
        said(here, "intake", "--withdraw", "surgery_lock_until", "--by", "Dr S")
        assert [] == asked(here, "from surgery_lock")

    @pytest.mark.parametrize(
        "words",
        [
            ("--surgery-date", "2026-05-01", "--surgery-lock-until", "2026-04-01", "--by", "Dr S"),
            ("--higher-concern", "amenorrhoea", "--no-higher-concern"),
            ("--history-text", "x", "--withdraw", "history_text"),
            ("--history-text", "x" * 5000),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, here, words):
        """Nothing is written."""
        before = here.journal_file.read_bytes()
        assert ATTENTION == gaitkeeper("--home", here.path, "intake", *words).status
        assert before == here.journal_file.read_bytes()

    def test_it_can_be_entered_before_the_first_run(self, tmp_path):
        """The first visit comes before the first import; scores and plans, too."""
        gaitkeeper("init", "--home", tmp_path / "h", "--time-zone", "UTC")
        for words in (
            ("intake", "--diagnosis-text", "FAI syndrome, left"),
            ("prom", "iHOT-12", "55"),
            ("rehab", "plans"),
        ):
            assert CLEAN == gaitkeeper("--home", tmp_path / "h", *words).status
        (row,) = asked(Home(tmp_path / "h"), "from intake")
        assert "FAI syndrome, left" == row["item_value"]


def test_entries_of_one_instant_sort_in_the_order_of_their_making():
    """A journal's id tells which word is the later one, whatever instant both were said for."""
    made = [new_entry("rehab", "example", {}, by="example", now_utc=EXAMPLE_NOW_UTC).entry_id for _ in range(50)]
    assert sorted(made) == made
    assert 50 == len(set(made))
