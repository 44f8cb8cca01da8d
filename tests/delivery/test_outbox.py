"""The outbox: what is put stays, goes once, and a crash at any point loses nothing."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from flows import deliver
from flows.deliver import deliver_due, queue
from pipeline.errors import NeedsAttention
from pipeline.lines import read_lines
from pipeline.outbox import BACKOFF_MINUTES, Outbox, Progress
from support.delivering import MONDAY_UTC, deliver_to, queued


class Killed(BaseException):
    """Stands for SIGKILL inside this process: nothing of ours catches it."""


def told(home) -> list[dict]:
    return [line for line in read_lines(home.journal_file) if line["kind"] == "told"]


class TestPut:
    """What is put is there, once."""

    def test_the_same_key_is_queued_once_and_survives_being_sent(self, mailing_home, post):
        """The same report of the same night, whoever asks twice, before and after it went out."""
        assert [1, 0] == [queued(mailing_home, "night"), queued(mailing_home, "night")]
        deliver_due(mailing_home, MONDAY_UTC)
        assert 0 == queued(mailing_home, "night")
        assert 0 == deliver_due(mailing_home, MONDAY_UTC).sent_count
        assert 1 == len(post.taken)

    def test_what_waits_is_for_its_owner_alone(self, mailing_home):
        """It holds health data."""
        queued(mailing_home)
        files = [path for path in mailing_home.outbox_folder.rglob("*") if path.is_file()]
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}

    def test_a_home_from_before_the_outbox_gets_one(self, mailing_home, post):
        """Writers make the folder."""
        mailing_home.outbox_folder.rmdir()
        queued(mailing_home)
        assert 0o700 == stat.S_IMODE(mailing_home.outbox_folder.stat().st_mode)
        assert 1 == deliver_due(mailing_home, MONDAY_UTC).sent_count

    def test_nobody_to_send_to_is_told(self, home):
        """A report that goes nowhere must not look sent."""
        with pytest.raises(NeedsAttention, match=r"no \[\[delivery\]\] to the clinician of me"):
            queued(home, to="clinician")

    def test_a_message_goes_to_every_recipient_of_its_role(self, home, tmp_path):
        """A file and a webhook are two messages."""
        deliver_to(home, "file", str(tmp_path / "a"))
        deliver_to(home, "file", str(tmp_path / "b"))
        deliver_to(home, "file", str(tmp_path / "c"), to="clinician")
        assert 2 == queued(home)
        assert 2 == deliver_due(home, MONDAY_UTC).sent_count
        assert [True, True, False] == [(tmp_path / name).is_dir() for name in "abc"]

    def test_a_damaged_message_holds_up_no_other_and_is_told(self, mailing_home, post):
        """Never sent, never in the way."""
        queued(mailing_home)
        (mailing_home.outbox_folder / "0123.json").write_text("{", "utf-8")
        outcome = deliver_due(mailing_home, MONDAY_UTC)
        assert 1 == len(post.taken)
        assert "0123.json can't be read and is never sent" in " ".join(outcome.sentences)


class TestCrash:
    """Killed between any two steps: after the next delivery the receiver has it, and the journal says so once."""

    @pytest.mark.parametrize(
        ("step", "mails"),
        [
            ("before the server", 1),
            ("before our note", 2),  # the one window that SMTP leaves: both have one Message-ID
            ("before the journal", 1),
            ("after the journal", 1),
        ],
    )
    def test_a_crash_loses_nothing_and_doubles_nothing_unseen(self, mailing_home, post, monkeypatch, step, mails):
        """The message is found, and the second copy can be told as one by its id."""

        def kill(*_: object, **__: object) -> None:
            raise Killed

        queued(mailing_home)
        with monkeypatch.context() as patched:
            if step == "before the server":
                patched.setattr(deliver.channels, "send", kill)
            if step == "before our note":
                patched.setattr(Outbox, "sent", kill)
            if step == "before the journal":
                patched.setattr(deliver, "write_entries", kill)
            if step == "after the journal":
                patched.setattr(Outbox, "put_away", kill)
            with pytest.raises(Killed):
                deliver_due(mailing_home, MONDAY_UTC)
        again = deliver_due(mailing_home, MONDAY_UTC + timedelta(minutes=1))
        assert mails == len(post.taken)
        assert 1 == len({mail["Message-ID"] for mail in post.mails})
        assert len(set(post.taken)) == 1
        assert 1 == len(told(mailing_home))
        assert [] == Outbox(mailing_home).messages()
        is_repeated = step in ("before the server", "before our note")
        assert is_repeated == any("goes once more, with the same id" in sentence for sentence in again.sentences)

    def test_a_process_killed_in_the_middle_loses_nothing(self, mailing_home, post):
        """SIGKILL, in a process of its own, after the server took it and before that was noted."""
        queued(mailing_home)
        program = (
            "import os, signal, sys; from datetime import datetime; from pathlib import Path\n"
            "from pipeline.outbox import Outbox; from pipeline.settings import Home; from flows.deliver import deliver_due\n"
            "Outbox.sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
            "deliver_due(Home(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(mailing_home.path), MONDAY_UTC.isoformat()],
            cwd=Path(deliver.__file__).parents[1],
            env=os.environ.copy(),
            check=False,
        )
        assert -signal.SIGKILL == done.returncode
        assert 1 == len(post.taken)
        assert 1 == deliver_due(mailing_home, MONDAY_UTC).sent_count
        assert 1 == len({mail["Message-ID"] for mail in post.mails})
        assert 1 == len(told(mailing_home))

    def test_two_deliveries_at_once_send_once(self, mailing_home, post):
        """The second one says so and leaves it to the first."""
        queued(mailing_home)
        with Outbox(mailing_home).sending() as is_ours:
            assert is_ours
            outcome = deliver_due(mailing_home, MONDAY_UTC)
        assert (0, []) == (outcome.sent_count, post.taken)
        assert ["Another delivery is under way; it sends what waits."] == outcome.sentences
        assert 1 == deliver_due(mailing_home, MONDAY_UTC).sent_count

    def test_a_journal_that_can_not_be_written_is_told_and_the_mail_is_not_sent_twice(
        self, mailing_home, post, monkeypatch
    ):
        """A full disk after the mail went out: the line follows when there is room."""

        def full(*_: object) -> None:
            raise NeedsAttention("No space left.")

        queued(mailing_home)
        with monkeypatch.context() as patched:
            patched.setattr(deliver, "write_entries", full)
            with pytest.raises(NeedsAttention):
                deliver_due(mailing_home, MONDAY_UTC)
        deliver_due(mailing_home, MONDAY_UTC)
        assert (1, 1) == (len(post.taken), len(told(mailing_home)))


class TestWaiting:
    """When the next attempt is due."""

    def test_the_wait_grows_to_a_day_and_never_ends(self, mailing_home):
        """A server that is gone costs a try a day; the message is never given up."""
        queued(mailing_home)
        outbox = Outbox(mailing_home)
        ((message, progress),) = outbox.messages()
        waits = []
        for _ in range(8):
            progress = outbox.postpone(message, outbox.begin(message, progress, MONDAY_UTC), MONDAY_UTC, "down")
            waits.append((progress.next_utc - MONDAY_UTC) // timedelta(minutes=1))
        assert [*BACKOFF_MINUTES, 1440, 1440] == waits

    def test_a_clock_that_was_ahead_holds_nothing_up(self):
        """A next attempt in 2036 was written by a clock with an empty battery."""
        ahead = Progress(next_utc=MONDAY_UTC + timedelta(days=3650))
        assert ahead.is_due(MONDAY_UTC)
        assert not Progress(next_utc=MONDAY_UTC + timedelta(hours=1)).is_due(MONDAY_UTC)

    def test_what_was_sent_goes_after_a_year_and_stays_told(self, mailing_home, post):
        """The content for a year, the journal's line for ever."""
        queued(mailing_home)
        deliver_due(mailing_home, MONDAY_UTC)
        sent = list((mailing_home.outbox_folder / "sent").iterdir())
        for path in sent:
            os.utime(path, (MONDAY_UTC.timestamp(),) * 2)
        deliver_due(mailing_home, MONDAY_UTC + timedelta(days=365))
        assert all(path.exists() for path in sent)
        deliver_due(mailing_home, MONDAY_UTC + timedelta(days=367))
        assert not any(path.exists() for path in sent)
        assert 1 == len(told(mailing_home))


def test_the_journal_says_what_was_told_to_whom_with_its_digest(mailing_home, post):
    """The digest is that of the message as the outbox keeps it."""
    queued(mailing_home)
    ((message, _),) = Outbox(mailing_home).messages()
    deliver_due(mailing_home, MONDAY_UTC)
    (line,) = told(mailing_home)
    assert ("gaitkeeper", "me", MONDAY_UTC.isoformat()) == (line["by"], line["runner_id"], line["entry_utc"])
    expected = {"what": "week", "to": "runner", "recipient": "runner@example.org", "channel": "email"}
    assert expected.items() <= line["data"].items()
    assert message.content_sha256 == line["data"]["content_sha256"]


def test_a_webhook_is_told_by_its_host_alone(home, monkeypatch):
    """The rest of an address may be a token, and the journal goes into backups."""
    deliver_to(home, "webhook", "https://hooks.example.org/T0K3N?key=hidden")
    queued(home)
    monkeypatch.setattr(deliver.channels, "send", lambda *_: None)
    deliver_due(home, MONDAY_UTC)
    assert "hooks.example.org" == told(home)[0]["data"]["recipient"]


def test_a_message_that_we_fail_on_holds_up_no_other(home, tmp_path, monkeypatch):
    """Our own mistake is told, the message waits, the others go."""
    deliver_to(home, "file", str(tmp_path / "out"))
    queued(home, "bad", subject="bad")
    queued(home, "good", subject="good", now_utc=MONDAY_UTC + timedelta(seconds=1))
    send = deliver.channels.send

    def clumsy(home, message) -> None:
        if message.subject == "bad":
            raise ZeroDivisionError
        send(home, message)

    monkeypatch.setattr(deliver.channels, "send", clumsy)
    outcome = deliver_due(home, MONDAY_UTC)
    assert (1, 1) == (outcome.sent_count, outcome.waiting_count)
    assert "failed while sending it (ZeroDivisionError)" in outcome.sentences[0]


def test_a_share_that_is_not_mounted_makes_no_folder(home, tmp_path):
    """Below a mount point that is empty, files would be hidden by the next mount."""
    deliver_to(home, "file", str(tmp_path / "share" / "reports"))
    queued(home)
    assert 1 == deliver_due(home, MONDAY_UTC).waiting_count
    assert not (tmp_path / "share").exists()
    (tmp_path / "share").mkdir()
    assert 1 == deliver_due(home, MONDAY_UTC, at_once=True).sent_count


def test_standard_output_gets_the_text(home, capsys):
    """For logs and pipes."""
    deliver_to(home, "stdout", None)
    queued(home, text="As planned.\n")
    assert 1 == deliver_due(home, MONDAY_UTC).sent_count
    assert "A week\n\nAs planned.\n" in capsys.readouterr().out


def test_what_somebody_asks_for_by_hand_goes_wherever_something_goes_to_that_role(home, tmp_path):
    """`gaitkeeper report --send` needs no deliverable of its own."""
    deliver_to(home, "file", str(tmp_path / "a"), what='["red_flag"]', to="clinician")
    assert 1 == queue(home, "me", "report", "clinician", "s", "t", None, (), "k", MONDAY_UTC)
    assert 0 == len(told(home))
