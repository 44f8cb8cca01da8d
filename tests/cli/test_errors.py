"""What goes wrong is told in a sentence that says what to edit, with status 2 and never a traceback."""

from __future__ import annotations

import json
import os

import pytest

from support.command import gaitkeeper, is_sentence
from support.example_home import EXAMPLE_DAY, copy_of

ATTENTION = 2


@pytest.fixture(scope="module")
def a_home(example_home, tmp_path_factory):
    """A copy that keeps its log whatever stands in its config.toml."""
    return copy_of(example_home, tmp_path_factory.mktemp("a") / "home")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("week", "--week", "2026-12"), "Write it as 2026-W12"),
        (("week", "--week", "2026-W54"), "Write it as 2026-W12"),
        (("week", "--week", "2019-W01"), "does not reach the week"),
        (("week", "--runner", "nobody"), "There is no runner 'nobody'"),
        (("week", "--as-of", "yesterday"), "yesterday"),
        (("week", "--format", "yaml"), "'yaml' is not one of"),
        (("session", "zzzz"), "No session matches 'zzzz'"),
        (("session", "2026-02-30"), "No session matches"),
        (("session", ""), "sessions match"),
        (("session", "%"), "No session matches"),
        (("session", "' or 1=1 --"), "No session matches"),
        (("session",), "Missing argument"),
        (("flagged", "--since", "March"), "March"),
        (("flagged", "--runner", "nobody"), "There is no runner"),
        (("status", "--runner", "nobody"), "There is no runner"),
        (("stage", "set", "S9", "--by", "Dr B"), "is no stage of the protocol that holds on"),
        (("stage", "set", "S2"), "--by"),
        (("stage", "set", "S2", "--by", "  "), "Say who decides"),
        (("runner", "set"), "Say what to set"),
        (("runner", "set", "--ceiling", "5.45.00"), "Write it as 5:45/km"),
        (("runner", "set", "--ceiling", "0:00/km"), "Write it as 5:45/km"),
        (("runner", "set", "--ceiling", "1:30/km"), "is no running pace"),
        (("runner", "set", "--ceiling", "5:75/km"), "Write it as 5:45/km"),
        (("runner", "set", "--ceiling", "nan"), "Write it as 5:45/km"),
        (("runner", "set", "--cadence-baseline", "164"), "164@2.80"),
        (("runner", "set", "--cadence-baseline", "82@2.80"), "164@2.80"),
        (("runner", "set", "--hr-max", "400"), "400"),
        (("runner", "set", "--time-zone", "Mars/Olympus"), "is no time zone"),
        (("runner", "set", "--time-zone", "../../etc/passwd"), "is no time zone"),
        (("runner", "add", "../up"), "letters, digits"),
        (("runner", "add", "example"), "already is a runner"),
        (("pain", "last"), "Say something"),
        (("pain", "last", "--during", "11"), "11"),
        (("pain", "last", "--during", "-1"), "-1"),
        (("pain", "last", "--none", "--red-flag", "night_or_rest_pain"), "--none says that there is no red flag"),
        (("pain", "1999-01-01", "--during", "1"), "No session matches"),
        (("rehab", "yoga", "sun salute"), "yoga"),
        (("rehab", "drill", "skips", "--date", "2099-01-01"), "has not come yet"),
        (("import", "nowhere-at-all"), "nowhere-at-all"),
        (("import",), "Missing argument"),
        (("protocol", "check", "nowhere.toml"), "nowhere.toml"),
        (("sql", "select"), "DuckDB can't run that"),
        (("sql", "select nothing from session"), "DuckDB can't run that"),
        (("sql", "drop table recording"), "Only one statement that reads"),
        (("sql", "delete from measured_session"), "Only one statement that reads"),
        (("sql", "create table mine (a integer)"), "Only one statement that reads"),
        (("sql", "insert into climb values ('x', 'up', 1, 1, 1, 1, 1, 1)"), "Only one statement that reads"),
        (("sql", "from session where session_id = $wanted"), "DuckDB can't run that"),
        (("sql", "from read_csv('/nowhere.csv')"), "DuckDB can't run that"),
        (("weak",), "No such command 'weak'"),
        (("week", "--wek", "2026-W12"), "No such option"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_a_wrong_word_is_answered_by_a_sentence(example_home, words, says):
    """Status 2, nothing on standard output, and what would be right."""
    answer = gaitkeeper("--home", example_home.path, *words)
    assert (ATTENTION, "") == (answer.status, answer.out)
    assert says in answer.err
    assert is_sentence(answer.err + "."), answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("week",), ("session", "last"), ("flagged",), ("status",), ("sql", "select 1"), ("runner", "list"), ("runner", "show"),
        ("runner", "add", "x"), ("runner", "set", "--ceiling", "5:45/km"), ("stage", "set", "S1", "--by", "Dr B"),
        ("stage", "history"), ("pain", "last", "--during", "1"), ("rehab", "drill", "skips"), ("sync",), ("rebuild",),
        ("protocol", "show"), ("protocol", "new", "mine"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_without_a_home_every_command_says_how_to_make_one(tmp_path, words):
    """And makes nothing itself."""
    answer = gaitkeeper("--home", tmp_path / "none", *words)
    assert (ATTENTION, "") == (answer.status, answer.out)
    assert "gaitkeeper init" in answer.err
    assert not (tmp_path / "none").exists()


def test_doctor_without_a_home_says_that_there_is_none(tmp_path):
    """The one command that is for when nothing works."""
    answer = gaitkeeper("--home", tmp_path / "none", "doctor", "--format", "json")
    assert ATTENTION == answer.status
    assert [("home", "wrong")] == [(row["check"], row["state"]) for row in answer.rows if row["state"] == "wrong"]


@pytest.mark.parametrize(
    "words", [("week",), ("session", "last"), ("status",), ("flagged",), ("sql", "select 1")], ids=" ".join
)
def test_in_a_home_without_a_run_every_reader_says_what_to_do(tmp_path, words):
    """`init`, and then straight to the week: import first."""
    gaitkeeper("--home", tmp_path / "h", "init")
    answer = gaitkeeper("--home", tmp_path / "h", *words)
    assert (ATTENTION, "") == (answer.status, answer.out)
    assert "gaitkeeper import" in answer.err


@pytest.mark.parametrize("place", ["below a file", "in /proc", "in the root of nothing"])
def test_a_home_that_cannot_be_written_is_told(tmp_path, place):
    """The message names the folder and another choice."""
    (tmp_path / "file").write_text("")
    path = {
        "below a file": tmp_path / "file/home",
        "in /proc": "/proc/gaitkeeper",
        "in the root of nothing": "/dev/null/home",
    }[place]
    for words in (("init",), ("import", tmp_path)):
        answer = gaitkeeper("--home", path, *words)
        assert (ATTENTION, "") == (answer.status, answer.out)
        assert "can't be made a home" in answer.err
        assert "--home" in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_the_right_to_write_is_told(own_home, tmp_path):
    """Modes that forbid it, for users to whom they apply."""
    own_home.archive_folder.chmod(0o500)
    (tmp_path / "a.gpx").write_text("<gpx></gpx>")
    answer = gaitkeeper("--home", own_home.path, "import", tmp_path / "a.gpx")
    own_home.archive_folder.chmod(0o700)
    assert ATTENTION == answer.status
    assert is_sentence(answer.err)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time_zone = Berlin", "is not valid TOML"),
        ('time_zone = "Berlin"\nprotocol = "return_to_run_hip"', "is no time zone"),
        ('time_zone = "UTC"', "protocol"),
        ('time_zone = "UTC"\nprotocol = "return_to_run_knee"', "known: return_to_run_hip"),
        ('time_zone = "UTC"\nprotocol = "return_to_run_hip"\nprotocl = "x"', "protocl"),
        ('time_zone = "UTC"\nprotocol = 7', "expected a text in quotes"),
        ('time_zone = "UTC"\nprotocol = "return_to_run_hip"\n[[source]]\nkind = "ftp"\npath = "/x"', "source.kind"),
        ('time_zone = "UTC"\nprotocol = "return_to_run_hip"\n[source]\nkind = "folder"', "[[source]]"),
        ("\x00\xff", "is not valid TOML"),
    ],
    ids=["no quotes", "no zone", "no protocol", "unknown protocol", "typo", "number", "kind", "one bracket", "bytes"],
)
def test_a_config_that_cannot_be_followed_is_told_by_key(a_home, text, says, tmp_path):
    """Every command stops before it does anything, and names file and key."""
    (tmp_path / "a.gpx").write_text("no activity")
    a_home.config_file.write_text(text, "latin-1")
    for words in (("week",), ("import", tmp_path), ("rebuild",)):
        answer = gaitkeeper("--home", a_home.path, *words)
        assert (ATTENTION, "") == (answer.status, answer.out)
        assert says in answer.err
        assert is_sentence(answer.err), answer.err
    assert 0 < a_home.published_file.stat().st_size


class TestBrokenFilesOfTheHome:
    def test_a_broken_snapshot_says_rebuild_and_rebuild_mends_it(self, own_small):
        """The warehouse is disposable."""
        own_small.published_file.write_bytes(b"no database" * 1000)
        answer = gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY)
        assert ATTENTION == answer.status
        assert "gaitkeeper rebuild" in answer.err
        assert is_sentence(answer.err)
        assert 0 == gaitkeeper("--home", own_small.path, "rebuild").status
        assert 1 == gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY).status

    def test_a_broken_writers_file_says_rebuild_and_rebuild_mends_it(self, own_small):
        """Also when it is the file that rebuild itself would write."""
        own_small.writer_file.write_bytes(b"no database" * 1000)
        answer = gaitkeeper("--home", own_small.path, "runner", "set", "--ceiling", "6:00/km")
        assert "gaitkeeper rebuild" in answer.err
        rebuilt = gaitkeeper("--home", own_small.path, "rebuild")
        assert 0 == rebuilt.status, rebuilt.err
        assert 1 == gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY).status

    def test_a_snapshot_of_another_version_is_brought_up_to_date(self, own_small):
        """After an update the old snapshot may lack what the new program asks for: it is made again, and that is told."""
        import duckdb

        before = gaitkeeper("--home", own_small.path, "flagged")
        connection = duckdb.connect(str(own_small.published_file))
        connection.execute("update warehouse_info set schema_digest = 'older'")
        connection.execute("drop view flagged")
        connection.close()
        answer = gaitkeeper("--home", own_small.path, "flagged")
        assert (before.status, before.out) == (answer.status, answer.out)
        assert "made by another version" in answer.err

    def test_a_torn_last_line_of_the_journal_is_left_out(self, own_small):
        """A power cut while it was written: the other entries stand, and doctor tells."""
        whole = gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY)
        with own_small.journal_file.open("a") as stream:
            stream.write('{"by":"me","data":{"pain_0_10":9,"mom')
        assert whole == gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY)
        told = gaitkeeper("--home", own_small.path, "doctor", "--format", "json").rows
        assert ["1 line(s)"] == [row["message"][:9] for row in told if row["check"] == "journal"]

    def test_an_entry_after_a_torn_line_is_whole(self, own_small):
        """The next append closes the torn line off, so that it swallows nothing."""
        with own_small.journal_file.open("a") as stream:
            stream.write('{"by":"me","data":{"pain_0_10":9,"mom')
        assert (
            0
            == gaitkeeper("--home", own_small.path, "pain", "2026-04-08", "--during", 4, "--as-of", "2026-04-09").status
        )
        assert 1 == gaitkeeper("--home", own_small.path, "session", "2026-04-08").status

    def test_a_line_that_is_no_entry_stops_nobody(self, own_small):
        """Somebody edited the journal by hand: what can't be read is left out and told, the log goes on."""
        entry = {
            "entry_id": "x",
            "entry_utc": "2026-04-12T10:00:00+00:00",
            "runner_id": "example",
            "kind": "stage",
            "by": "me",
        }
        with own_small.journal_file.open("a") as stream:
            stream.write(json.dumps({**entry, "data": {"stage_id": "S4c", "from_date": "soon"}}) + "\n")
            stream.write(
                json.dumps({**entry, "kind": "symptom", "data": {"session_id": "x", "pain_0_10": "much"}}) + "\n"
            )
            stream.write(json.dumps({**entry, "kind": "rehab", "data": {"rehab_date": "soon", "sets": "many"}}) + "\n")
            stream.write(
                json.dumps(
                    {
                        **entry,
                        "kind": "runner",
                        "data": {"setting": "ceiling_mps", "value": "fast", "from_date": "2026-04-11"},
                    }
                )
                + "\n"
            )
        answer = gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY)
        assert 1 == answer.status, answer.err
        assert 0 == gaitkeeper("--home", own_small.path, "rebuild").status
        told = gaitkeeper("--home", own_small.path, "doctor", "--format", "json").rows
        assert ["4 line(s)"] == [row["message"][:9] for row in told if row["check"] == "journal"]

    @pytest.mark.parametrize("name", ["journal.jsonl", "sync_run.jsonl", "received.jsonl"])
    def test_a_missing_list_is_told_in_a_sentence_or_made_again(self, own_small, name):
        """Somebody deleted a file of the journal: no command ends in an excuse of ours."""
        (own_small.journal_folder / name).unlink()
        for words in (("week", "--as-of", EXAMPLE_DAY), ("status", "--as-of", EXAMPLE_DAY), ("doctor",), ("rebuild",)):
            answer = gaitkeeper("--home", own_small.path, *words)
            assert "mistake of Gaitkeeper's own" not in answer.err, (words, answer.err)

    def test_a_missing_original_is_told_by_doctor_and_kept_out_of_a_rebuild(self, own_small):
        """An archive that lost a file says which; the others are rebuilt."""
        victim = next(path for path in own_small.archive_folder.rglob("*") if path.is_file())
        victim.unlink()
        deep = gaitkeeper("--home", own_small.path, "doctor", "--deep", "--format", "json")
        assert ATTENTION == deep.status
        assert ["wrong"] == [row["state"] for row in deep.rows if victim.name[:12] in row["message"]]
        assert 0 == gaitkeeper("--home", own_small.path, "rebuild").status

    def test_broken_samples_stop_no_week_and_rebuild_mends_them(self, own_small):
        """Parquet partitions are disposable, too."""
        for partition in own_small.sample_folder.rglob("month=*.parquet"):
            partition.write_bytes(b"PAR1 no more")
        assert 1 == gaitkeeper("--home", own_small.path, "week", "--as-of", EXAMPLE_DAY).status
        told = gaitkeeper("--home", own_small.path, "sql", "select count(*) from sample")
        assert ATTENTION == told.status
        assert "DuckDB can't run that" in told.err
        assert 0 == gaitkeeper("--home", own_small.path, "rebuild").status
        assert 0 == gaitkeeper("--home", own_small.path, "sql", "select count(*) from sample").status
