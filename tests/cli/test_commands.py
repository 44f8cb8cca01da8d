"""Every command of the contract: its JSON, its exit status, its options in any place."""

from __future__ import annotations

import csv
import inspect
import io
import json
from datetime import date, timedelta

import pytest

from pipeline.journal import runner_ids
from pipeline.lines import read_lines
from support.command import gaitkeeper, is_sentence
from support.example_home import EXAMPLE_DAY, asked

CLEAN, FINDINGS, ATTENTION = 0, 1, 2
AS_OF = ("--as-of", EXAMPLE_DAY)


def columns(home, relation: str) -> list[str]:
    return [row["column_name"] for row in asked(home, f'describe "{relation}"')]


class TestReading:
    def test_week_gives_a_row_of_week_summary(self, example_home):
        """Its keys are those of the relation, in their order, and it exits with 1: a session of that week is flagged."""
        answer = gaitkeeper("--home", example_home.path, "week", *AS_OF, "--format", "json")
        (row,) = answer.rows
        assert (FINDINGS, "") == (answer.status, answer.err)
        assert columns(example_home, "week_summary") == list(row)
        assert ("2026-W15", "2026-04-06", "S2", 4) == (
            row["iso_week"],
            row["week_start_date"],
            row["stage_id"],
            row["run_count"],
        )

    def test_week_without_a_finding_exits_clean(self, example_home):
        """Status 0 means that nothing in that week is outside the plan."""
        week = asked(example_home, "select iso_week from week_summary where flagged_count = 0 and run_count > 0")[0][
            "iso_week"
        ]
        answer = gaitkeeper("week", "--home", example_home.path, "--week", week, *AS_OF)
        assert CLEAN == answer.status
        assert week in answer.out

    def test_week_as_text_tells_stage_totals_days_and_flags(self, example_home):
        """What a runner reads on Sunday evening."""
        answer = gaitkeeper("--home", example_home.path, "week", *AS_OF)
        for part in (
            "Week 2026-W15",
            "Stage S2",
            "set by Dr Example",
            "4 runs",
            "Fri 10 Apr",
            "outside plan",
            "steps/min",
        ):
            assert part in answer.out

    def test_session_gives_its_facts_findings_and_segments(self, example_home):
        """One object: the row of `session` with the rows of what belongs to it."""
        answer = gaitkeeper("--home", example_home.path, "session", "2026-03-18", "--format", "json")
        (row,) = answer.rows
        row["surges"] = gaitkeeper("--home", example_home.path, "session", "2026-04-10", "--format", "json").rows[0][
            "surges"
        ]
        parts = {
            "findings": "finding",
            "facts": "session_fact",
            "surges": "surge",
            "climbs": "climb",
            "zones": "zone_time",
        }
        assert FINDINGS == answer.status
        assert set(columns(example_home, "session")) <= set(row)
        for part, relation in parts.items():
            assert row[part], part
            assert set(columns(example_home, relation)) <= set(row[part][0])
        assert {"hold", "outside_plan"} <= {finding["outcome"] for finding in row["findings"]}
        assert [True] == [recording["is_primary"] for recording in row["recordings"]]

    def test_session_is_found_by_id_by_the_start_of_it_by_day_and_as_last(self, example_home):
        """Four ways to name the same session."""
        last = asked(example_home, "select session_id from session order by start_utc desc limit 1")[0]["session_id"]
        for wanted in (last, last[:6], "2026-04-12", "last"):
            assert (
                last
                == gaitkeeper("--home", example_home.path, "session", wanted, "--format", "json").rows[0]["session_id"]
            )

    def test_a_session_that_was_recorded_twice_is_one_with_two_recordings(self, example_home):
        """16 March: watch and phone. The watch speaks for it, the phone's id leads there, too."""
        (row,) = gaitkeeper("--home", example_home.path, "session", "2026-03-16", "--format", "json").rows
        assert ["fit", "gpx"] == [recording["file_format"] for recording in row["recordings"]]
        further = row["recordings"][1]["recording_id"]
        assert (
            row["session_id"]
            == gaitkeeper("--home", example_home.path, "session", further, "--format", "json").rows[0]["session_id"]
        )

    def test_flagged_gives_the_rows_of_flagged_newest_first(self, example_home):
        """The clinician's list."""
        answer = gaitkeeper("--home", example_home.path, "flagged", "--format", "json", *AS_OF)
        days = [row["session_date"] for row in answer.rows]
        assert FINDINGS == answer.status
        assert columns(example_home, "flagged") == list(answer.rows[0])
        assert sorted(days, reverse=True) == days
        assert {"2026-03-10", "2026-03-18", "2026-04-10"} <= set(days)

    def test_flagged_since_leaves_out_what_is_older(self, example_home):
        """--since is the first local day that counts; an empty list exits clean and is still JSON."""
        later = gaitkeeper("--home", example_home.path, "flagged", "--since", "2026-04-01", "--format", "json", *AS_OF)
        none = gaitkeeper("--home", example_home.path, "flagged", "--since", "2026-04-12", "--format", "json", *AS_OF)
        assert {"2026-04-10"} == {row["session_date"] for row in later.rows}
        assert (CLEAN, []) == (none.status, none.rows)

    def test_status_tells_the_stage_its_limits_and_what_is_unknown(self, example_home):
        """What the stage allows today."""
        (row,) = gaitkeeper("--home", example_home.path, "status", "--format", "json", *AS_OF).rows
        assert ("S2", "Dr Example", EXAMPLE_DAY) == (row["stage_id"], row["set_by"], row["as_of_date"])
        assert {"over_ceiling_s", "pain_during", "runs_7d"} <= {limit["fact"] for limit in row["limits"]}
        assert 1 == row["flagged_7d_count"]
        assert "Stage S2" in gaitkeeper("--home", example_home.path, "status", *AS_OF).out

    def test_sql_runs_any_query_in_all_three_forms(self, example_home):
        """Table for eyes, JSON for programs, CSV for spreadsheets: the same rows."""
        query = "select session_date, distance_m, is_run, verdict from session order by start_utc"
        answers = {
            form: gaitkeeper("--home", example_home.path, "sql", query, "--format", form)
            for form in ("json", "csv", "table")
        }
        from_csv = list(csv.DictReader(io.StringIO(answers["csv"].out)))
        assert [CLEAN] * 3 == [answer.status for answer in answers.values()]
        assert [row["session_date"] for row in answers["json"].rows] == [row["session_date"] for row in from_csv]
        assert [row["distance_m"] for row in answers["json"].rows] == [float(row["distance_m"]) for row in from_csv]
        assert len(from_csv) + 1 == len(answers["table"].out.splitlines())

    def test_sql_gives_missing_values_and_lists_and_odd_types_as_json(self, example_home):
        """NaN and NULL are null, instants are ISO 8601 in UTC, lists stay lists."""
        query = (
            "select 'nan'::double as a, null as b, timestamptz '2026-03-29 01:30:00+02' as c, ['x', 'y'] as d, "
            "1.5::decimal(4,2) as e, {'k': date '2026-01-02'} as f, interval 90 seconds as g"
        )
        (row,) = gaitkeeper("--home", example_home.path, "sql", query, "--format", "json").rows
        assert (None, None, "2026-03-28T23:30:00+00:00", ["x", "y"], 1.5, {"k": "2026-01-02"}) == tuple(row.values())[
            :6
        ]

    def test_runner_show_and_list_and_stage_history(self, example_home):
        """What was said about a runner, from when it holds, and who decided on stages."""
        here = ("--home", example_home.path)
        assert [{"runner_id": "example"}] == gaitkeeper(*here, "runner", "list", "--format", "json").rows
        settings = {row["setting"]: row for row in gaitkeeper(*here, "runner", "show", "--format", "json").rows}
        assert "2.897" == settings["ceiling_mps"]["setting_value"]
        assert ["S0", "S1", "S2"] == [
            row["stage_id"] for row in gaitkeeper(*here, "stage", "history", "--format", "json").rows
        ]

    def test_protocol_show_gives_every_limit_with_its_source(self, example_home):
        """A clinician checks where each number comes from."""
        found = gaitkeeper("--home", example_home.path, "protocol", "show", "--format", "json").rows
        assert {"S0", "S1", "S2", "S3", "S4a", "S4b", "S4c"} == {row["stage_id"] for row in found}
        assert all(row["source"] and row["basis"] and row["unit"] for row in found)

    def test_protocol_check_says_that_nothing_is_wrong(self, example_home):
        """Before a clinician's copy comes into force."""
        answer = gaitkeeper("--home", example_home.path, "protocol", "check")
        assert CLEAN == answer.status
        assert "Nothing is wrong with it." in answer.out

    def test_doctor_tells_of_the_file_that_was_cut_short(self, example_home):
        """The damage has its reason and its byte; what was kept is counted."""
        answer = gaitkeeper("--home", example_home.path, "doctor", "--deep", "--format", "json", *AS_OF)
        (row,) = [row for row in answer.rows if row["check"] == "quarantine"]
        assert FINDINGS == answer.status
        assert "2026-03-27-07-30.fit" in row["message"]
        assert "at byte" in row["message"]
        assert "samples before it are kept" in row["message"]
        assert {"fine", "look"} == {row["state"] for row in answer.rows}


class TestWriting:
    def test_init_makes_a_home_and_says_what_is_next(self, tmp_path):
        """It asks nothing that has a default; a second one changes nothing."""
        first = gaitkeeper("init", "--home", tmp_path / "new", "--time-zone", "Europe/Berlin")
        config = (tmp_path / "new/config.toml").read_bytes()
        second = gaitkeeper("init", "--home", tmp_path / "new", "--time-zone", "UTC")
        assert (CLEAN, CLEAN) == (first.status, second.status)
        assert "Made a home" in first.err
        assert "There already is a home" in second.err
        assert config == (tmp_path / "new/config.toml").read_bytes()
        assert 0o700 == (tmp_path / "new").stat().st_mode & 0o777

    def test_import_makes_the_home_reads_and_counts(self, tmp_path, example_home):
        """One command on an empty machine; the second time everything is here already."""
        from gaitkeeper.commands.demo import example_folder

        words = (
            "--home",
            tmp_path / "h",
            "import",
            example_folder() / "watch",
            example_folder() / "phone",
            "--format",
            "json",
            *AS_OF,
        )
        first, second = gaitkeeper(*words), gaitkeeper(*words)
        assert FINDINGS == first.status  # the file that was cut short
        (row,) = first.rows
        assert {"seen_count": 28, "new_count": 28, "duplicate_count": 0, "merged_count": 1, "quarantined_count": 1} == {
            key: row[key] for key in ("seen_count", "new_count", "duplicate_count", "merged_count", "quarantined_count")
        }
        assert (28, 0, 28, 0) == tuple(
            second.rows[0][key] for key in ("seen_count", "new_count", "duplicate_count", "quarantined_count")
        )
        assert CLEAN == second.status

    def test_pain_changes_the_verdict_at_once(self, own_home):
        """An entry in the journal is there for the next command; nothing is rebuilt."""
        before = asked(own_home, "select verdict from session where session_date = '2026-04-08'")[0]["verdict"]
        answer = gaitkeeper("--home", own_home.path, "pain", "2026-04-08", "--during", 4, "--as-of", "2026-04-09")
        assert (CLEAN, "") == (answer.status, answer.out)
        assert "hold" != before
        assert "hold" == asked(own_home, "select verdict from session where session_date = '2026-04-08'")[0]["verdict"]
        assert FINDINGS == gaitkeeper("--home", own_home.path, "session", "2026-04-08", *AS_OF).status

    def test_a_red_flag_says_whom_to_contact_and_silences_the_rest(self, own_home):
        """On the clinician's list it stands alone for that session."""
        answer = gaitkeeper("--home", own_home.path, "pain", "2026-04-10", "--red-flag", "night_or_rest_pain", *AS_OF)
        assert "Stop running and contact Dr Example now." in answer.out
        found = [
            row
            for row in gaitkeeper("--home", own_home.path, "flagged", "--format", "json", *AS_OF).rows
            if row["session_date"] == "2026-04-10"
        ]
        assert ["contact_clinician"] == [row["outcome"] for row in found]

    def test_the_next_morning_cannot_be_told_on_the_day_itself(self, own_home):
        """An answer that can't be known yet is refused, and nothing is written."""
        lines = own_home.journal_file.read_bytes()
        answer = gaitkeeper("--home", own_home.path, "pain", "last", "--next-morning", 0, *AS_OF)
        assert ATTENTION == answer.status
        assert "next morning has not come yet" in answer.err
        assert lines == own_home.journal_file.read_bytes()

    def test_rehab_is_counted_in_its_week(self, own_home):
        """Rehab work stands beside the runs."""
        before = asked(own_home, "select rehab_count from week_summary where iso_week = '2026-W15'")[0]["rehab_count"]
        answer = gaitkeeper(
            "--home",
            own_home.path,
            "rehab",
            "strength",
            "side plank",
            "--sets",
            3,
            "--minutes",
            5,
            "--date",
            "2026-04-11",
            *AS_OF,
        )
        (row,) = asked(own_home, "from rehab where exercise = 'side plank'")
        assert CLEAN == answer.status
        assert (3, 300.0, date(2026, 4, 11)) == (row["sets"], row["duration_s"], row["rehab_date"])
        assert (
            before + 1
            == asked(own_home, "select rehab_count from week_summary where iso_week = '2026-W15'")[0]["rehab_count"]
        )

    def test_stage_set_judges_by_the_new_stage_from_that_day_on(self, own_home):
        """The days before keep theirs."""
        answer = gaitkeeper(
            "--home", own_home.path, "stage", "set", "s1", "--by", "Dr B", "--from", "2026-04-10", "--reason", "flare"
        )
        stages = {
            row["session_date"]: row["stage_id"]
            for row in asked(own_home, "select session_date, stage_id from session")
        }
        assert CLEAN == answer.status
        assert ("S2", "S1", "S1") == (stages[date(2026, 4, 8)], stages[date(2026, 4, 10)], stages[date(2026, 4, 12)])
        assert "Dr B" in gaitkeeper("--home", own_home.path, "stage", "history").out

    def test_runner_set_derives_anew_what_it_touches(self, own_home):
        """A lower ceiling puts more seconds above it, in the facts, at once."""
        total = "select sum(value) as s from session_fact where fact = 'over_ceiling_s'"
        before = asked(own_home, total)[0]["s"]
        answer = gaitkeeper("--home", own_home.path, "runner", "set", "--ceiling", "7:00/km", "--from", "2026-02-15")
        assert CLEAN == answer.status
        assert "Derived anew" in answer.err
        assert before + 1000 < asked(own_home, total)[0]["s"]

    def test_runner_add_makes_another_runner_who_must_then_be_named(self, own_home):
        """With two runners, a command asks which."""
        assert (
            CLEAN == gaitkeeper("--home", own_home.path, "runner", "add", "second", "--time-zone", "Asia/Tokyo").status
        )
        assert ["example", "second"] == runner_ids(own_home)
        unsaid = gaitkeeper("--home", own_home.path, "week", *AS_OF)
        assert ATTENTION == unsaid.status
        assert "--runner" in unsaid.err
        assert FINDINGS == gaitkeeper("--home", own_home.path, "week", "--runner", "example", *AS_OF).status

    def test_protocol_new_makes_a_copy_to_edit(self, own_home):
        """The copy is valid, private, and named on standard output as config.toml wants it."""
        answer = gaitkeeper("--home", own_home.path, "protocol", "new", "mine")
        assert 'protocol = "mine"\n' == answer.out
        assert (
            CLEAN
            == gaitkeeper("--home", own_home.path, "protocol", "check", own_home.protocol_folder / "mine.toml").status
        )
        assert 0o600 == (own_home.protocol_folder / "mine.toml").stat().st_mode & 0o777
        assert ATTENTION == gaitkeeper("--home", own_home.path, "protocol", "new", "mine").status

    def test_rebuild_tells_what_it_made(self, own_home):
        """From archive and journal alone."""
        (row,) = gaitkeeper("--home", own_home.path, "rebuild", "--format", "json", *AS_OF).rows
        assert (28, 28, 1) == (row["file_count"], row["recording_count"], row["quarantined_count"])

    def test_sync_without_a_source_says_what_to_edit(self, own_home):
        """It names the file and the block; Prefect is not started for nothing."""
        answer = gaitkeeper("--home", own_home.path, "sync")
        assert ATTENTION == answer.status
        assert "[[source]]" in answer.err
        assert str(own_home.config_file) in answer.err


class TestTheHome:
    def test_the_home_is_named_before_or_after_the_command_or_by_the_environment(self, example_home, monkeypatch):
        """--home after the command goes first, then before it, then GAITKEEPER_HOME."""
        expected = gaitkeeper("--home", example_home.path, "week", *AS_OF)
        assert expected == gaitkeeper("week", "--home", example_home.path, *AS_OF)
        monkeypatch.setenv("GAITKEEPER_HOME", str(example_home.path))
        assert expected == gaitkeeper("week", *AS_OF)
        monkeypatch.setenv("GAITKEEPER_HOME", "/nowhere/at/all")
        assert expected == gaitkeeper("--home", "/also/nowhere", "week", "--home", example_home.path, *AS_OF)

    def test_a_home_that_moved_still_reads_and_writes(self, own_home, tmp_path):
        """Views carry the home's path; a reader's own word goes before it, samples and journal included."""
        moved = own_home.path.rename(tmp_path / "elsewhere with a space")
        query = "select count(*) as n from sample where speed_mps > 0"
        assert gaitkeeper("--home", moved, "sql", query, "--format", "json").rows[0]["n"] > 20_000
        assert CLEAN == gaitkeeper("--home", moved, "pain", "2026-04-08", "--during", 4, "--as-of", "2026-04-09").status
        assert FINDINGS == gaitkeeper("--home", moved, "session", "2026-04-08").status
        assert CLEAN == gaitkeeper("--home", moved, "rebuild").status

    @pytest.mark.parametrize("name", ["it's läufe", "100% [b]*"])
    def test_a_home_may_have_any_name(self, tmp_path, name):
        """Quotes, spaces, signs that mean something to a glob, letters beyond ASCII."""
        from gaitkeeper.commands.demo import example_folder

        here = ("--home", tmp_path / name)
        for file in ("2026-03-10-07-30.fit", "2026-03-12-18-30.fit"):
            answer = gaitkeeper(*here, "import", example_folder() / "watch" / file)
            assert CLEAN == answer.status, answer.err
        found = gaitkeeper(*here, "sql", "select count(distinct session_id) as n from sample", "--format", "json")
        assert [{"n": 2}] == found.rows, found.err
        gaitkeeper(*here, "stage", "set", "S1", "--by", "Dr B", "--from", "2026-03-01")
        assert {"S1"} == {
            row["stage_id"] for row in gaitkeeper(*here, "sql", "select stage_id from session", "--format", "json").rows
        }

    def test_a_name_that_duckdb_cannot_take_is_refused_in_a_sentence(self, tmp_path):
        """A question mark begins the options of a DuckDB file."""
        answer = gaitkeeper("--home", tmp_path / "why?", "import", tmp_path)
        assert is_sentence(answer.err)
        assert CLEAN == answer.status  # nothing to import: nothing was opened
        (tmp_path / "a.gpx").write_text("no activity")
        answer = gaitkeeper("--home", tmp_path / "why?", "import", tmp_path / "a.gpx")
        assert ATTENTION == answer.status
        assert "Name another --home." in answer.err


class TestEveryCommand:
    @pytest.mark.parametrize(
        "words",
        [
            ("week", *AS_OF), ("session", "last"), ("flagged",), ("status", *AS_OF), ("sql", "from session"),
            ("runner", "list"), ("runner", "show"), ("stage", "history"), ("protocol", "show"), ("doctor",),
        ],
        ids=" ".join,
    )  # fmt: skip
    def test_standard_output_is_json_and_nothing_else(self, example_home, words):
        """A program reads it without a filter: one array of objects, no NaN."""
        answer = gaitkeeper("--home", example_home.path, *words, "--format", "json")
        parsed = json.loads(answer.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
        assert isinstance(parsed, list)
        assert all(isinstance(row, dict) for row in parsed)

    def test_every_command_knows_its_home(self):
        """--home on every command but `demo`, whose home is thrown away."""
        from test_docs import leaves, options_of

        assert {("demo",)} == {path for path, command in leaves() if "--home" not in options_of(command)}

    def test_every_listing_has_three_forms(self):
        """What prints rows prints them as JSON and CSV, too."""
        from test_docs import leaves, options_of

        listings = {path for path, command in leaves() if "print_rows(" in inspect.getsource(command.callback)}
        assert {("week",), ("sql",), ("runner", "list")} <= listings
        assert set() == listings - {path for path, command in leaves() if "--format" in options_of(command)}

    def test_a_question_of_the_future_is_answered_as_of_that_day(self, example_home):
        """--as-of: a day later the answer for Sunday's run is no longer pending but not known."""
        outcomes = [
            {
                row["outcome"]
                for row in gaitkeeper(
                    "--home", example_home.path, "session", "2026-04-12", "--as-of", day, "--format", "json"
                ).rows[0]["findings"]
            }
            for day in (EXAMPLE_DAY, (date.fromisoformat(EXAMPLE_DAY) + timedelta(days=1)).isoformat())
        ]
        assert "pending" in outcomes[0]
        assert "pending" not in outcomes[1]
        assert "not_assessable" in outcomes[1]

    def test_the_journal_keeps_who_said_it(self, own_home):
        """An entry carries its speaker: a clinician's decision is not the runner's."""
        gaitkeeper("--home", own_home.path, "stage", "set", "S1", "--by", "  Dr B ", "--from", "2026-04-10")
        assert "Dr B" == list(read_lines(own_home.journal_file))[-1]["by"]


def test_help_of_every_command_is_there():
    """--help answers without a home."""
    from test_docs import leaves

    for path, _ in leaves():
        answer = gaitkeeper(*path, "--help")
        assert CLEAN == answer.status, path
        assert "Usage:" in answer.out
    assert is_sentence(gaitkeeper("weak").err.splitlines()[-1])
