"""What is due: the week that is over, flagged sessions, red flags, silences; each once to each recipient."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows import due
from flows.deliver import deliver_due
from flows.due import due_drafts, week_that_is_over
from flows.outcome import Outcome
from flows.report import load_week
from flows.upstream import note_sync_run
from pipeline.config import DELIVERABLES, NightConfig
from pipeline.journal import new_entry, write_entries
from pipeline.reports.notices import week_without
from pipeline.reports.weekly import render_week
from support.delivering import MONDAY_UTC, deliver_to
from support.example_home import EXAMPLE_NOW_UTC, asked, open_home


def drafts(home, now_utc=MONDAY_UTC, what=DELIVERABLES) -> list[tuple[str, str]]:
    found = due_drafts(home, now_utc, what)
    assert [] == found.problems
    return [(draft.message.what, draft.message.to) for draft in found.drafts]


def say_red_flag(home, session_date: str, flags: list[str], now_utc, moment: str = "after") -> None:
    """Enter a red flag as `gaitkeeper pain` does."""
    (row,) = asked(home, f"select session_id, runner_id from session where session_date = '{session_date}'")
    data = {"session_id": row["session_id"], "moment": moment, "red_flags": flags}
    write_entries(home, [new_entry("symptom", row["runner_id"], data, by="example", now_utc=now_utc)])


@pytest.fixture
def telling_home(own_example, tmp_path, monkeypatch):
    """The example, everything to runner and clinician as files; the PDF is another room's."""

    class Files:
        text = "The clinician's report.\n"
        pdf = b"%PDF-"

    monkeypatch.setattr(due, "clinician_report", lambda *_: Files)
    for to in ("runner", "clinician"):
        deliver_to(own_example, "file", str(tmp_path / to), what='["week", "flagged", "red_flag"]', to=to)
    return own_example


class TestOnce:
    """Nothing is told twice."""

    def test_a_week_and_its_flags_are_told_once_to_each(self, telling_home):
        """The second delivery of the night, and the next night's, find nothing new."""
        expected = [(what, to) for to in ("runner", "clinician") for what in ("week", "flagged")]
        assert expected == drafts(telling_home)
        assert 4 == deliver_due(telling_home, MONDAY_UTC).sent_count
        assert [] == drafts(telling_home)
        assert 0 == deliver_due(telling_home, MONDAY_UTC + timedelta(days=1)).queued_count

    def test_what_waits_is_not_queued_again(self, telling_home, monkeypatch):
        """Three nights without a server must not end in three reports."""
        monkeypatch.setattr("flows.deliver.channels.send", _down)
        counts = [deliver_due(telling_home, MONDAY_UTC + timedelta(days=night)).queued_count for night in range(3)]
        assert [4, 0, 0] == counts

    def test_a_home_out_of_a_backup_tells_nothing_again(self, telling_home):
        """The journal knows what was told, without the outbox."""
        deliver_due(telling_home, MONDAY_UTC)
        for path in sorted(telling_home.outbox_folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        assert [] == drafts(telling_home)

    def test_another_recipient_is_told_what_the_first_one_was(self, telling_home, tmp_path):
        """Told is told to somebody."""
        deliver_due(telling_home, MONDAY_UTC)
        deliver_to(telling_home, "file", str(tmp_path / "other"), to="clinician")
        assert [("week", "clinician")] == drafts(telling_home)

    def test_the_same_recipient_named_twice_is_told_once(self, telling_home, tmp_path):
        """Two blocks that say the same are one."""
        deliver_to(telling_home, "file", str(tmp_path / "runner"), what='["week", "flagged"]')
        assert 4 == len(drafts(telling_home))


def _down(*_: object) -> None:
    from flows.receivers import ChannelDown

    raise ChannelDown("the folder", "it is not there")


class TestRedFlag:
    """Told at once, once an entry, in the runner's own words and no others."""

    def test_it_is_told_to_both_and_once(self, telling_home, tmp_path):
        """The check every quarter of an hour finds it; the next one doesn't."""
        assert [] == drafts(telling_home, what=("red_flag",))
        say_red_flag(telling_home, "2026-04-12", ["limp_persisting"], MONDAY_UTC)
        assert 2 == deliver_due(telling_home, MONDAY_UTC, what=("red_flag",)).sent_count
        assert 0 == deliver_due(telling_home, MONDAY_UTC, what=("red_flag",)).queued_count
        runner = next((tmp_path / "runner").glob("*.txt")).read_text("utf-8")
        clinician = next((tmp_path / "clinician").glob("*.txt")).read_text("utf-8")
        assert "Stop running and contact" in runner
        assert "limp persisting (the run of Sun 12 Apr 2026, after the run; entered 2026-04-13 06:00 UTC)" in runner
        assert "The runner example was told: Stop running" in clinician
        assert "km" not in clinician

    def test_its_subject_says_nothing_of_health(self, telling_home):
        """A subject is read on a locked screen."""
        say_red_flag(telling_home, "2026-04-12", ["night_or_rest_pain"], MONDAY_UTC)
        found = due_drafts(telling_home, MONDAY_UTC, ("red_flag",)).drafts
        assert ["Please read today: what example reported"] * 2 == [draft.message.subject for draft in found]

    def test_one_that_was_taken_back_before_it_was_told_is_not_told(self, telling_home):
        """The same moment entered again, with none."""
        say_red_flag(telling_home, "2026-04-12", ["limp_persisting"], MONDAY_UTC)
        say_red_flag(telling_home, "2026-04-12", [], MONDAY_UTC)
        assert [] == drafts(telling_home, what=("red_flag",))

    def test_another_entry_is_told_again(self, telling_home):
        """Another moment, another entry: it may be worse."""
        say_red_flag(telling_home, "2026-04-12", ["limp_persisting"], MONDAY_UTC)
        deliver_due(telling_home, MONDAY_UTC, what=("red_flag",))
        say_red_flag(telling_home, "2026-04-12", ["limp_persisting"], MONDAY_UTC, moment="next_morning")
        assert 2 == len(drafts(telling_home, what=("red_flag",)))

    def test_history_is_not_told_when_a_home_begins_to_deliver(self, telling_home):
        """A flag of last winter was answered last winter."""
        say_red_flag(telling_home, "2026-04-12", ["limp_persisting"], MONDAY_UTC - timedelta(days=15))
        assert [] == drafts(telling_home, what=("red_flag",))

    def test_it_goes_before_everything_that_waits(self, telling_home, monkeypatch):
        """A slow server takes it first."""
        monkeypatch.setattr("flows.deliver.channels.send", _down)
        deliver_due(telling_home, MONDAY_UTC)
        say_red_flag(telling_home, "2026-04-12", ["limp_persisting"], MONDAY_UTC)
        order = []
        monkeypatch.setattr("flows.deliver.channels.send", lambda _home, message: order.append(message.what))
        deliver_due(telling_home, MONDAY_UTC, at_once=True)
        assert ["red_flag", "red_flag"] == order[:2]


class TestSharing:
    """What config.toml keeps from a clinician stays with the runner, and is counted."""

    @pytest.fixture
    def withholding_home(self, telling_home):
        """The runner's files may not reach a clinician."""
        config = telling_home.config_file
        block = '\n[[source]]\nkind = "folder"\npath = "watch"\nrunner = "example"\nclinician = false\n'
        config.write_text(config.read_text("utf-8") + block, "utf-8")
        return telling_home

    def test_withheld_sessions_are_left_out_and_counted(self, withholding_home):
        """To the runner all of it; to the clinician none of the watch's, with one sentence why."""
        found = due_drafts(withholding_home, MONDAY_UTC, ("week", "flagged"))
        by_role = {(draft.message.what, draft.message.to): draft for draft in found.drafts}
        assert not by_role["flagged", "runner"].is_withheld
        flagged = by_role["flagged", "clinician"]
        assert flagged.is_withheld
        assert "left out: config.toml doesn't let them reach a clinician." in flagged.left_out[0]
        assert by_role["week", "clinician"].is_withheld
        assert not by_role["week", "runner"].left_out

    def test_a_week_that_may_be_shown_in_part_shows_that_part_and_no_totals(self):
        """A sum over all sessions would show what may not be shown, and a day without one that may is not a day off."""
        with open_home(self.home, MONDAY_UTC) as connection:
            week = load_week(connection, "example", "2026-W15")
        hidden = week.sessions[0]["session_id"]
        text = render_week(week_without(week, {hidden}))
        assert hidden not in text
        assert all(row["session_id"] in text for row in week.sessions[1:])
        assert "Running   3 runs, –, –" in text
        assert "no session" not in text
        assert "Limits of" not in text

    @pytest.fixture(autouse=True)
    def _example(self, example_home):
        self.home = example_home

    def test_what_is_withheld_is_never_queued(self, withholding_home, tmp_path):
        """Not even as an empty mail."""
        deliver_due(withholding_home, MONDAY_UTC, what=("flagged",))
        assert not (tmp_path / "clinician").exists()
        assert (tmp_path / "runner").exists()


class TestRobust:
    """What fails is told, and the rest goes out."""

    def test_a_report_that_can_not_be_made_leaves_the_list(self, telling_home, monkeypatch):
        """The clinician is told without the PDF, and somebody is told of that."""

        def broken(*_: object) -> None:
            raise ZeroDivisionError("no chart")

        monkeypatch.setattr(due, "clinician_report", broken)
        found = due_drafts(telling_home, MONDAY_UTC, ("flagged",))
        assert 2 == len(found.drafts)
        assert "ZeroDivisionError" in found.problems[0]
        assert "outside plan" in found.drafts[1].message.text

    def test_a_log_that_can_not_be_read_holds_nothing_up_that_waits(self, telling_home, monkeypatch):
        """The outbox is emptied all the same."""
        monkeypatch.setattr("flows.deliver.channels.send", _down)
        deliver_due(telling_home, MONDAY_UTC)
        monkeypatch.undo()
        telling_home.published_file.write_bytes(b"not a database")
        outcome = deliver_due(telling_home, MONDAY_UTC, at_once=True)
        assert 4 == outcome.sent_count
        assert "gaitkeeper rebuild" in outcome.sentences[0]


MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("weekly", "now", "week"),
    [
        ((0, "06:30"), "2026-04-13T06:30", "2026-W15"),  # Monday morning: the week that ended yesterday
        ((0, "06:30"), "2026-04-13T06:29", "2026-W14"),  # a minute before: still the one before
        ((0, "06:30"), "2026-04-19T23:59", "2026-W15"),  # switched off since Monday: caught up
        ((6, "20:00"), "2026-04-12T20:00", "2026-W15"),  # Sunday evening: the week that is ending
        ((5, "20:00"), "2026-04-11T20:00", "2026-W14"),  # Saturday evening: not over yet
        ((0, "06:30"), "2026-03-30T06:30", "2026-W13"),  # the morning after the clocks went forward
        ((0, "06:30"), "2027-01-04T07:00", "2026-W53"),  # a year of 53 weeks
    ],
)
def test_the_week_that_is_told(weekly, now, week):
    """By the local clock of the home."""
    from datetime import time

    night = NightConfig(weekly_day=weekly[0], weekly_at=time.fromisoformat(weekly[1]))
    now_utc = datetime.fromisoformat(now).replace(tzinfo=MADRID)
    assert week == week_that_is_over(night, "Europe/Madrid", now_utc)


def test_a_silence_is_told_once_until_another_begins(own_example, tmp_path):
    """The same words for the same silence never come twice; a new one does."""
    deliver_to(own_example, "file", str(tmp_path / "out"), what='["silence"]')
    note_sync_run(
        own_example, "example", "folder:watch", EXAMPLE_NOW_UTC, EXAMPLE_NOW_UTC, "success", Outcome(), is_whole=True
    )
    later = MONDAY_UTC + timedelta(days=20)
    first = deliver_due(own_example, later)
    assert 1 == first.sent_count
    assert 0 == deliver_due(own_example, later + timedelta(days=1)).queued_count
    text = next((tmp_path / "out").glob("*.txt")).read_text("utf-8")
    assert "What has not been heard of for a while:" in text
