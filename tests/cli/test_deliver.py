"""`gaitkeeper deliver` and `gaitkeeper connect mail|webhook`, as somebody types them."""

from __future__ import annotations

import json
import re

import click
import pytest
import trustme

from flows.mail import mail_password
from flows.webhook import webhook_secrets
from pipeline.outbox import Outbox
from support.command import gaitkeeper
from support.delivering import MONDAY_UTC, deliver_by_mail, deliver_to, queued
from support.example_home import asked, copy_of
from support.mail_server import PASSWORD, free_port, mail_server

MONDAY = "2026-04-13T08:00"


@pytest.fixture
def post(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "root.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
    with mail_server(authority) as served:
        yield served


@pytest.fixture
def typed(monkeypatch):
    """What is typed where a password is asked for."""
    answers: list[str] = []
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda _: answers.pop(0))
    return answers


class TestDeliver:
    """What is due goes out, and a dry run only shows it."""

    def test_a_dry_run_shows_what_would_go_where_and_marks_nothing(self, small_home, tmp_path):
        """Subject, recipient, attachments, what is withheld; afterwards the home is as it was."""
        home = copy_of(small_home, tmp_path / "home")
        deliver_to(home, "file", str(tmp_path / "out"), what='["week", "flagged"]')
        before = sorted(path for path in home.path.rglob("*") if not path.name.endswith(".lock"))
        rows = gaitkeeper("--home", home.path, "deliver", "--dry-run", "--format", "json", "--as-of", MONDAY).rows
        assert ["week", "flagged"] == [row["what"] for row in rows]
        assert ("due", "file", str(tmp_path / "out")) == tuple(rows[0][key] for key in ("state", "by", "recipient"))
        assert re.fullmatch(r"Week 2026-W15, \w+", rows[0]["subject"])
        assert before == sorted(path for path in home.path.rglob("*") if not path.name.endswith(".lock"))
        assert not (tmp_path / "out").exists()

    def test_what_was_sent_is_a_row_of_told(self, small_home, tmp_path):
        """With its digest; a second call sends nothing."""
        home = copy_of(small_home, tmp_path / "home")
        deliver_to(home, "file", str(tmp_path / "out"))
        first, second = (gaitkeeper("--home", home.path, "deliver", "--as-of", MONDAY) for _ in range(2))
        assert (0, "Sent: 1. Waiting: 0. Refused: 0.") == (first.status, first.out.strip())
        assert (0, "Sent: 0. Waiting: 0. Refused: 0.") == (second.status, second.out.strip())
        (row,) = asked(home, "from told", MONDAY_UTC)
        assert ("runner", "week", "file", str(tmp_path / "out")) == (
            row["told_to"], row["what"], row["channel"], row["recipient"],
        )  # fmt: skip
        assert re.fullmatch("[0-9a-f]{64}", row["content_sha256"])
        assert MONDAY_UTC == row["told_utc"]

    def test_the_exit_status_says_whether_somebody_has_to_act(self, home, post):
        """1: it waits; 2: refused; after the address was mended, `--again` sends it."""
        deliver_by_mail(home, free_port())
        queued(home)
        down = gaitkeeper("--home", home.path, "deliver")
        assert (1, True) == (down.status, "can't answer now" in down.err)
        config = home.config_file
        config.write_text(re.sub(r"port = \d+", f"port = {post.port}", config.read_text("utf-8")), "utf-8")
        post.rcpt_answers["runner@example.org"] = "550 no such user"
        refused = gaitkeeper("--home", home.path, "deliver")
        assert (2, True) == (refused.status, "550 no such user" in refused.err)
        listed = gaitkeeper("--home", home.path, "deliver", "--dry-run", "--format", "json").rows
        assert [("refused", "A week")] == [(row["state"], row["subject"]) for row in listed]
        post.rcpt_answers.clear()
        again = gaitkeeper("--home", home.path, "deliver", "--again", "--format", "json")
        assert (0, 1) == (again.status, json.loads(again.out)[0]["sent_count"])
        assert [] == Outbox(home).messages()

    def test_a_home_without_deliveries_has_nothing_to_send(self, home):
        """And says so."""
        assert "Nothing is due, and nothing waits." in gaitkeeper("--home", home.path, "deliver", "--dry-run").out
        assert 0 == gaitkeeper("--home", home.path, "deliver").status


class TestConnectMail:
    """The password is asked for, kept, tried, and never shown."""

    def test_the_password_is_kept_and_tried_and_a_test_mail_sent(self, home, post, typed):
        """All in one call."""
        deliver_by_mail(home, post.port)
        mail_password(home).forget()
        typed.append(PASSWORD)
        answer = gaitkeeper("--home", home.path, "connect", "mail", "--test", "me@example.org")
        assert (0, {"password": PASSWORD}) == (answer.status, mail_password(home).read())
        assert PASSWORD not in answer.out + answer.err
        assert ["me@example.org"] == post.recipients
        assert "Gaitkeeper: a test" == post.mails[0]["Subject"]
        assert 0 == gaitkeeper("--home", home.path, "connect", "mail", "--keep").status

    def test_a_wrong_password_is_told(self, home, post, typed):
        """At once, not in the night."""
        deliver_by_mail(home, post.port)
        typed.append("wrong one")
        answer = gaitkeeper("--home", home.path, "connect", "mail")
        assert (2, True) == (answer.status, "refuses the login" in answer.err)
        assert "wrong one" not in answer.out + answer.err

    def test_without_a_mail_block_it_says_what_to_write(self, home):
        """config.toml comes first."""
        answer = gaitkeeper("--home", home.path, "connect", "mail")
        assert (2, True) == (answer.status, "has no [mail] block" in answer.err)


class TestConnectWebhook:
    """The secret is made or taken, kept by its address, and shown once."""

    def test_a_secret_is_made_and_shown_once_or_taken(self, home, typed):
        """The receiver needs it, too."""
        url = "https://hooks.example.org/x"
        deliver_to(home, "webhook", url)
        typed += ["", "my own"]
        made = gaitkeeper("--home", home.path, "connect", "webhook", url)
        assert {url: made.out.strip()} == webhook_secrets(home).read()
        assert 64 == len(made.out.strip())
        taken = gaitkeeper("--home", home.path, "connect", "webhook", url)
        assert ({url: "my own"}, "") == (webhook_secrets(home).read(), taken.out)
        gaitkeeper("--home", home.path, "connect", "webhook", url, "--forget")
        assert {} == webhook_secrets(home).read()

    def test_an_address_that_nothing_goes_to_is_refused(self, home):
        """A secret for a mistyped address would sign nothing."""
        answer = gaitkeeper("--home", home.path, "connect", "webhook", "https://hooks.example.org/y")
        assert (2, True) == (answer.status, "Add it there first" in answer.err)
