"""What doctor says of the home itself: modes, room, clock, encryption, deliveries, and the log made again."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from flows.deep import _clear_stopped
from flows.outcome import Outcome
from flows.upstream import note_sync_run
from gaitkeeper.commands import doctor_home
from pipeline.disk import DiskEncryption
from pipeline.outbox import Outbox
from support.command import gaitkeeper
from support.delivering import deliver_by_mail, queued
from support.example_home import EXAMPLE_DAY


def told(home, check: str, *words: str) -> list[tuple[str, str]]:
    answer = gaitkeeper("--home", home.path, "doctor", "--format", "json", *words)
    return [(row["state"], row["message"]) for row in answer.rows if row["check"] == check]


def test_a_fresh_home_is_private(home):
    """What `init` makes, nobody else may read."""
    assert ["fine"] == [state for state, _ in told(home, "disk")]


@pytest.mark.parametrize("part", ["secrets", "journal/journal.jsonl", "archive", "config.toml", "."])
def test_what_others_may_read_is_named(home, part):
    """Each of the places where health data or keys lie."""
    (home.path / part).chmod(0o755)
    (found,) = [message for state, message in told(home, "disk") if state == "look"]
    assert str((home.path / part).resolve()) in found
    assert "others may read" in found


def test_little_room_is_told_before_it_is_none(home, monkeypatch):
    """A night that fails for want of room can be foreseen."""
    monkeypatch.setattr(doctor_home.shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000_000))
    assert [("look", "100 MB are free")] == told(home, "disk")


def test_a_home_that_can_not_be_written_is_told_with_what_to_do(home, monkeypatch):
    """A read-only disk, or files of somebody else."""
    monkeypatch.setattr(doctor_home.os, "access", lambda path, _mode: path != home.journal_file)
    state, message = told(home, "disk")[0]
    assert "wrong" == state
    assert (
        f"{home.journal_file} can't be written: the disk is read-only, or the files belong to somebody else" in message
    )


@pytest.mark.parametrize(("seen", "state"), [("encrypted", "fine"), ("not_seen", "look"), ("unknown", "look")])
def test_encryption_is_fine_only_where_it_was_seen(home, monkeypatch, seen, state):
    """What can't be told is not fine."""
    monkeypatch.setattr(doctor_home, "disk_encryption", lambda _: DiskEncryption(seen, "so it is"))
    ((found, message),) = told(home, "encryption")
    assert state == found
    assert "so it is" in message


def test_a_clock_that_jumped_back_is_told_and_breaks_nothing(home):
    """An empty battery: the last night lies in the future."""
    ahead = datetime.now(UTC) + timedelta(days=400)
    note_sync_run(home, "me", "folder:watch", ahead, ahead, "success", Outcome(), is_whole=True)
    ((state, message),) = told(home, "clock")
    assert "look" == state
    assert f"the newest entry is of {ahead:%Y-%m-%d %H:%M} UTC" in message
    assert [] == told(home, "clock", "--as-of", EXAMPLE_DAY)


def test_seconds_between_two_clocks_are_nothing(home):
    """Every clock is set right by seconds now and then."""
    soon = datetime.now(UTC) + timedelta(minutes=2)
    note_sync_run(home, "me", "folder:watch", soon, soon, "success", Outcome(), is_whole=True)
    assert [] == told(home, "clock")


class TestDelivery:
    """What waits too long, what was refused, and a password that isn't there."""

    @pytest.fixture
    def mailing_home(self, home):
        deliver_by_mail(home, 1)
        return home

    def test_a_message_that_waits_for_more_than_a_day_is_told(self, mailing_home):
        """A server that is down for a night is not."""
        queued(mailing_home, "old", datetime.now(UTC) - timedelta(days=2))
        queued(mailing_home, "new", datetime.now(UTC))
        ((state, message),) = told(mailing_home, "delivery")
        assert "look" == state
        assert "week to the runner of me by email waits since" in message

    def test_a_refused_message_is_wrong_until_somebody_acts(self, mailing_home):
        """And says how."""
        queued(mailing_home)
        outbox = Outbox(mailing_home)
        ((message, progress),) = outbox.messages()
        outbox.fail(message, progress, "550 no such user")
        rows = gaitkeeper("--home", mailing_home.path, "doctor", "--format", "json").rows
        (row,) = [row for row in rows if row["check"] == "delivery"]
        assert ("wrong", "gaitkeeper deliver --again") == (row["state"], row["what_to_do"])
        assert "550 no such user" in row["message"]

    def test_a_missing_password_is_told_before_the_night(self, mailing_home):
        """After a backup without secrets."""
        (mailing_home.secret_folder / "mail.json").unlink()
        assert [("wrong", "the password of localhost isn't here: no e-mail can be sent")] == told(
            mailing_home, "delivery"
        )


def test_deep_finds_a_row_that_archive_and_journal_do_not_give(own_small):
    """A digit that changed on the disk, in whatever relation."""
    import duckdb

    with duckdb.connect(str(own_small.published_file)) as connection:
        connection.execute("update lap set elapsed_s = elapsed_s + 1 where lap_index = 1")
    answer = gaitkeeper("--home", own_small.path, "doctor", "--deep", "--format", "json", "--as-of", EXAMPLE_DAY)
    wrong = [row["message"] for row in answer.rows if row["check"] == "rebuild" and row["state"] == "wrong"]
    assert 2 == answer.status
    assert ["lap is not what archive and journal give"] == [message.partition(":")[0] for message in wrong]


def test_deep_clears_what_a_stopped_one_left(own_small):
    """A home for the moment whose process is gone; one whose process lives is left alone."""
    gone, alive = own_small.warehouse_folder / "deep-999999999", own_small.warehouse_folder / f"deep-{os.getppid()}"
    gone.mkdir()
    alive.mkdir()
    _clear_stopped(own_small.warehouse_folder)
    assert [False, True] == [gone.exists(), alive.exists()]
