"""E-mail through a real server on loopback: what it takes and refuses, and how a mail looks when it is read back."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from flows.deliver import deliver_due
from flows.mail import checked_address, mail_password, one_line
from pipeline.errors import NeedsAttention
from pipeline.outbox import Attachment, Outbox
from support.delivering import MONDAY_UTC, deliver_by_mail, parts_of, queued
from support.mail_server import free_port, mail_server

PDF = Attachment("report.pdf", "application/pdf", b"%PDF-1.7 \x00\xff not really")


def state_of(home) -> list[str]:
    return [progress.state for _, progress in Outbox(home).messages()]


class TestTaken:
    """What the receiver gets."""

    def test_html_text_and_pdf_arrive_whole(self, mailing_home, post):
        """The text comes first, the HTML as its alternative, the PDF beside them, byte for byte."""
        queued(mailing_home, attachments=[PDF], html="<p>As planned.</p>")
        outcome = deliver_due(mailing_home, MONDAY_UTC)
        (mail,) = post.mails
        assert (1, 0, 0) == (outcome.sent_count, outcome.waiting_count, outcome.failed_count)
        assert [("text/plain", None), ("text/html", None), ("application/pdf", "report.pdf")] == parts_of(mail)
        assert "multipart/mixed" == mail.get_content_type()
        assert "As planned." == mail.get_body(("plain",)).get_content().strip()
        assert "<p>As planned.</p>" == mail.get_body(("html",)).get_content().strip()
        assert [PDF.content] == [part.get_content() for part in mail.iter_attachments()]
        assert ["runner@example.org"] == post.recipients
        assert ["gaitkeeper"] == post.logins

    def test_the_headers_say_who_when_and_that_nobody_is_to_answer(self, mailing_home, post):
        """A holiday notice must not come back every night, and a mail that waited shows when it was written."""
        queued(mailing_home)
        deliver_due(mailing_home, MONDAY_UTC + timedelta(hours=9))
        (mail,) = post.mails
        assert "Gaitkeeper <night@example.org>" == mail["From"]
        assert "auto-generated" == mail["Auto-Submitted"]
        assert MONDAY_UTC == parsedate_to_datetime(mail["Date"])
        assert mail["Message-ID"].endswith("@example.org>")

    @pytest.mark.parametrize(
        "subject",
        [
            "Week 2026-W15, Zoë 🏃🏽‍♀️",
            "أسبوع 2026-W15، نور",
            "שבוע של נועה",
            "週 " * 60,
            "A long subject that goes on and on " * 8,
        ],
        ids=["emoji", "arabic", "hebrew", "long-cjk", "long-ascii"],
    )
    def test_a_subject_comes_back_as_it_was(self, mailing_home, post, subject):
        """Names are written in every script; a header is folded, never cut."""
        queued(mailing_home, subject=subject)
        deliver_due(mailing_home, MONDAY_UTC)
        (mail,) = post.mails
        assert subject.strip() == mail["Subject"]
        assert 998 >= max(map(len, post.taken[0].split(b"\r\n")))

    def test_a_long_line_and_every_script_come_back_in_the_text(self, mailing_home, post):
        """SMTP has lines of 998 octets at most, and a server may take seven bits only."""
        text = "x" * 5000 + " – نور 🏃\n.\n..leading dots\nFrom here\n"
        queued(mailing_home, text=text)
        deliver_due(mailing_home, MONDAY_UTC)
        assert text == post.mails[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert 998 >= max(map(len, post.taken[0].split(b"\r\n")))
        assert post.taken[0].isascii()

    def test_what_people_wrote_is_text_in_the_html(self, mailing_home, post):
        """A title of an activity is no markup."""
        queued(mailing_home, text="  <script>alert(1)</script> & more\n")
        deliver_due(mailing_home, MONDAY_UTC)
        html = post.mails[0].get_body(("html",)).get_content()
        assert "<script>" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html

    def test_implicit_tls_is_spoken(self, home, trusted):
        """Port 465's way."""
        with mail_server(trusted, security="tls") as post:
            deliver_by_mail(home, post.port, security="tls")
            queued(home)
            assert 1 == deliver_due(home, MONDAY_UTC).sent_count
        assert (1, ["gaitkeeper"]) == (len(post.mails), post.logins)

    def test_a_server_on_this_machine_needs_neither_tls_nor_login(self, home):
        """`security = "none"` is for localhost alone (config.py holds that)."""
        with mail_server(None, security="none") as post:
            deliver_by_mail(home, post.port, security="none")
            queued(home)
            assert 1 == deliver_due(home, MONDAY_UTC).sent_count
        assert [] == post.logins

    @pytest.mark.parametrize(
        ("address", "recipient"),
        [("a@bücher.example", "a@xn--bcher-kva.example"), ("zoë@example.org", "zoë@example.org")],
    )
    def test_an_address_beyond_ascii_is_reached(self, mailing_home, post, address, recipient):
        """A domain has a form in ASCII; a name has none, and asks for SMTPUTF8."""
        config = mailing_home.config_file
        config.write_text(config.read_text("utf-8").replace("runner@example.org", address), "utf-8")
        queued(mailing_home)
        assert 1 == deliver_due(mailing_home, MONDAY_UTC).sent_count
        assert [recipient] == post.recipients


class TestRefused:
    """What the receiver does not take: each is told with what to do, and nothing is lost."""

    def test_a_wrong_password_is_told_and_the_message_waits(self, mailing_home, post):
        """It is no fault of the message; and one refusal a night is enough for two messages: accounts get locked."""
        mail_password(mailing_home).write({"password": "wrong"})
        queued(mailing_home, "one")
        queued(mailing_home, "two")
        outcome = deliver_due(mailing_home, MONDAY_UTC)
        assert (0, 2, True) == (outcome.sent_count, outcome.waiting_count, outcome.needs_attention)
        assert ["gaitkeeper"] * 2 == post.logins  # smtplib tries PLAIN, then LOGIN: once for both messages
        assert "gaitkeeper connect mail" in outcome.sentences[0]
        assert "wrong" not in " ".join(outcome.sentences)

        mail_password(mailing_home).write({"password": "correct horse battery"})
        assert 2 == deliver_due(mailing_home, MONDAY_UTC, at_once=True).sent_count

    def test_a_missing_password_is_told_and_the_message_waits(self, mailing_home, post):
        """Before anybody ran `connect mail`, or after a backup without secrets."""
        mail_password(mailing_home).forget()
        queued(mailing_home)
        outcome = deliver_due(mailing_home, MONDAY_UTC)
        assert ["waiting"] == state_of(mailing_home)
        assert "Run `gaitkeeper connect mail`" in outcome.sentences[0]
        assert [] == post.logins

    @pytest.mark.parametrize("stranger", ["other.example.org", "localhost"])
    def test_a_server_that_does_not_prove_itself_gets_no_password(
        self, home, authority, trusted, monkeypatch, stranger
    ):
        """A certificate of another name, or of a root that nobody trusts: nothing is said to it."""
        if stranger == "localhost":
            monkeypatch.delenv("SSL_CERT_FILE")
        with mail_server(authority, name=stranger) as post:
            deliver_by_mail(home, post.port)
            queued(home)
            outcome = deliver_due(home, MONDAY_UTC)
        assert ([], []) == (post.logins, post.taken)
        assert (1, True) == (outcome.waiting_count, outcome.needs_attention)
        assert "doesn't prove that it is localhost" in outcome.sentences[0]

    def test_a_server_without_starttls_gets_no_password(self, home):
        """The line could be listened to: nothing goes in clear where TLS was asked for."""
        with mail_server(None, security="none") as post:
            deliver_by_mail(home, post.port, security="starttls")
            queued(home)
            outcome = deliver_due(home, MONDAY_UTC)
        assert ([], []) == (post.logins, post.taken)
        assert "doesn't offer what [mail] asks for" in outcome.sentences[0]

    def test_tls_on_a_starttls_port_is_told_as_that(self, home, trusted):
        """The commonest mistake of all."""
        with mail_server(trusted) as post:
            deliver_by_mail(home, post.port, security="tls")
            queued(home)
            outcome = deliver_due(home, MONDAY_UTC)
        assert outcome.needs_attention
        assert "speaks another TLS than [mail] says" in outcome.sentences[0]

    def test_an_unknown_mailbox_is_told_and_not_tried_again_until_somebody_asks(self, mailing_home, post):
        """550 is for good; the sentence has no address in it, since it goes into logs."""
        post.rcpt_answers["runner@example.org"] = "550 5.1.1 <runner@example.org>: no such user"
        queued(mailing_home)
        first = deliver_due(mailing_home, MONDAY_UTC)
        again = deliver_due(mailing_home, MONDAY_UTC + timedelta(days=3))
        assert (1, ["failed"]) == (first.failed_count, state_of(mailing_home))
        assert "550 5.1.1 <address>: no such user" in first.sentences[0]
        assert "runner@example.org" not in " ".join(first.sentences)
        assert (0, 1) == (again.sent_count, again.failed_count)

        post.rcpt_answers.clear()
        assert 1 == Outbox(mailing_home).retry_failed()
        assert 1 == deliver_due(mailing_home, MONDAY_UTC).sent_count
        assert 1 == len(post.taken)

    def test_one_refused_mailbox_holds_up_no_other(self, mailing_home, post):
        """The clinician's mail goes out while the runner's address is wrong."""
        config = mailing_home.config_file
        block = '\n[[delivery]]\nwhat = ["week"]\nto = "clinician"\nby = "email"\naddress = "clinic@example.org"\n'
        config.write_text(config.read_text("utf-8").replace("\n[mail]", f"{block}\n[mail]"), "utf-8")
        post.rcpt_answers["runner@example.org"] = "550 no"
        queued(mailing_home, to="runner")
        queued(mailing_home, to="clinician")
        outcome = deliver_due(mailing_home, MONDAY_UTC)
        assert (1, 1, ["clinic@example.org"]) == (outcome.sent_count, outcome.failed_count, post.recipients)

    @pytest.mark.parametrize("answer", ["451 4.7.1 greylisted", "421 4.3.0 busy", "452 4.2.2 mailbox full"])
    def test_not_now_is_tried_again_later_and_taken_once(self, mailing_home, post, answer):
        """Greylisting turns everybody away at first."""
        post.data_answers.append(answer)
        queued(mailing_home)
        first = deliver_due(mailing_home, MONDAY_UTC)
        too_early = deliver_due(mailing_home, MONDAY_UTC + timedelta(minutes=4))
        later = deliver_due(mailing_home, MONDAY_UTC + timedelta(minutes=6))
        assert [0, 0, 1] == [one.sent_count for one in (first, too_early, later)]
        assert [1, 1, 0] == [one.waiting_count for one in (first, too_early, later)]
        assert 1 == len(post.taken)

    def test_a_mail_that_is_refused_after_its_content_is_refused_for_good(self, mailing_home, post):
        """554: taken for spam, or too large."""
        post.data_answers.append("554 5.7.1 spam")
        queued(mailing_home)
        assert 1 == deliver_due(mailing_home, MONDAY_UTC).failed_count


class TestDown:
    """A server that is not there delays; it never loses and never doubles."""

    def test_three_nights_without_a_server_end_in_one_mail_each(self, home, trusted):
        """Night after night one more waits; when the server is back, all go, once, the oldest first."""
        port = free_port()
        deliver_by_mail(home, port)
        for night in range(3):
            now_utc = MONDAY_UTC + timedelta(days=night)
            queued(home, f"night {night}", now_utc, subject=f"Night {night}")
            queued(home, f"night {night}", now_utc, subject=f"Night {night}")
            outcome = deliver_due(home, now_utc)
            assert (0, night + 1) == (outcome.sent_count, outcome.waiting_count)
        with mail_server(trusted, port=port) as post:
            for night in range(3, 6):
                deliver_due(home, MONDAY_UTC + timedelta(days=night))
        assert ["Night 0", "Night 1", "Night 2"] == [mail["Subject"] for mail in post.mails]

    def test_a_server_that_is_down_is_asked_once_a_delivery(self, home, trusted):
        """Twenty recipients must not wait for twenty time-outs."""
        deliver_by_mail(home, free_port())
        for place in range(20):
            queued(home, str(place))
        outcome = deliver_due(home, MONDAY_UTC)
        attempts = [progress.attempt_count for _, progress in Outbox(home).messages()]
        assert (20, 1) == (outcome.waiting_count, sum(attempts))
        assert 1 == len(outcome.sentences)


class TestSmuggling:
    """A header is one line, whatever somebody writes."""

    @pytest.mark.parametrize(
        "address",
        ["a@b.c\r\nBcc: x@y.z", "a@b.c, d@e.f", "a@b.c\n", "<a@b.c>", "no address", "a@b@c", "a@b.c\u2028d", ""],
    )
    def test_an_address_that_is_not_one_address_is_refused(self, address):
        """Nobody else gets a copy."""
        with pytest.raises(NeedsAttention):
            checked_address(address)

    def test_a_line_end_in_a_subject_makes_no_header(self, mailing_home, post):
        """It becomes a space."""
        queued(mailing_home, subject="Week\r\nBcc: x@example.org\r\n\r\nbody")
        deliver_due(mailing_home, MONDAY_UTC)
        (mail,) = post.mails
        assert "Week Bcc: x@example.org body" == mail["Subject"]
        assert mail["Bcc"] is None
        assert ["runner@example.org"] == post.recipients

    def test_what_turns_a_text_round_goes_and_what_joins_it_stays(self):
        """A name may hold joiners; nobody's name holds an override of direction."""
        assert "abc def 👩\u200d🔬" == one_line("abc\u202edef\u0000 👩\u200d🔬")
