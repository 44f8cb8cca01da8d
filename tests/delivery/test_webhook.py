"""A webhook on loopback: what is posted, how it is signed, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest

from flows.deliver import deliver_due
from flows.webhook import SIGNATURE_HEADER, webhook_secrets
from pipeline.outbox import Attachment, Outbox
from support.delivering import MONDAY_UTC, deliver_to, queued
from support.hook_server import hook_server
from support.mail_server import free_port


@pytest.fixture
def hook():
    with hook_server() as served:
        yield served


@pytest.fixture
def hooked_home(home, hook):
    deliver_to(home, "webhook", hook.url)
    return home


def test_what_is_posted_holds_the_message_and_is_signed(hooked_home, hook):
    """The receiver can tell that it is from this home, and whole."""
    webhook_secrets(hooked_home).write({hook.url: "a secret"})
    queued(hooked_home, text="As planned – نور\n", attachments=[Attachment("a.pdf", "application/pdf", b"\x00\xff")])
    assert 1 == deliver_due(hooked_home, MONDAY_UTC).sent_count
    (posted,) = hook.posted
    assert {
        "what": "week",
        "runner_id": "me",
        "to": "runner",
        "subject": "A week",
        "text": "As planned – نور\n",
    }.items() <= (posted.values.items())
    assert b"\x00\xff" == base64.b64decode(posted.values["attachments"][0]["content_base64"])
    assert posted.values["id"] == posted.headers["Idempotency-Key"]
    expected = "sha256=" + hmac.new(b"a secret", posted.body, hashlib.sha256).hexdigest()
    assert expected == posted.headers[SIGNATURE_HEADER]


def test_without_a_secret_nothing_is_signed(hooked_home, hook):
    """A signature with an empty key would prove nothing."""
    queued(hooked_home)
    deliver_due(hooked_home, MONDAY_UTC)
    assert SIGNATURE_HEADER not in hook.posted[0].headers


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_success(hooked_home, hook, status):
    """The receiver has it."""
    hook.answers.append((status, {}))
    queued(hooked_home)
    assert 1 == deliver_due(hooked_home, MONDAY_UTC).sent_count


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413, 301, 307])
def test_a_refusal_is_for_good_told_and_shows_no_token(hooked_home, hook, status):
    """A wrong address does not mend itself, and a redirect is not followed: the content goes where config.toml says."""
    hook.answers.append((status, {"Location": "http://127.0.0.1:1/elsewhere"}))
    queued(hooked_home)
    outcome = deliver_due(hooked_home, MONDAY_UTC)
    deliver_due(hooked_home, MONDAY_UTC + timedelta(days=2))
    assert (1, 1) == (outcome.failed_count, len(hook.posted))
    assert f"answers {status}" in outcome.sentences[0]
    assert "hidden" not in " ".join(outcome.sentences)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_time_mends_is_tried_again_with_the_same_id_and_bytes(hooked_home, hook, status):
    """The receiver can tell that it is the same message."""
    hook.answers.append((status, {}))
    queued(hooked_home)
    assert 1 == deliver_due(hooked_home, MONDAY_UTC).waiting_count
    assert 1 == deliver_due(hooked_home, MONDAY_UTC + timedelta(minutes=6)).sent_count
    first, second = hook.posted
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


@pytest.mark.parametrize(
    ("asked", "minutes"), [("3600", 60), ("1", 5), ("Mon, 13 Apr 2026 06:00:00 GMT", 5), ("soon", 5), ("9999999", 1440)]
)
def test_the_wait_that_is_asked_for_is_kept_within_reason(hooked_home, hook, asked, minutes):
    """Retry-After in seconds or as a date; never less than our own wait, never more than a day."""
    hook.answers.append((429, {"Retry-After": asked}))
    queued(hooked_home)
    deliver_due(hooked_home, MONDAY_UTC)
    ((_, progress),) = Outbox(hooked_home).messages()
    assert timedelta(minutes=minutes) == progress.next_utc - MONDAY_UTC


def test_a_receiver_that_is_down_is_tried_again(home):
    """Nobody listens there."""
    deliver_to(home, "webhook", f"http://127.0.0.1:{free_port()}/hook")
    queued(home)
    outcome = deliver_due(home, MONDAY_UTC)
    assert (1, False) == (outcome.waiting_count, outcome.needs_attention)
    assert "it can't be reached" in outcome.sentences[0]


def test_a_receiver_that_never_answers_is_given_up_in_time(hooked_home, hook, monkeypatch):
    """A night has other things to do."""
    import socket

    monkeypatch.setattr("flows.webhook.TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = hooked_home.config_file
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        config.write_text(config.read_text("utf-8").replace(hook.url, url), "utf-8")
        queued(hooked_home)
        outcome = deliver_due(hooked_home, MONDAY_UTC)
    assert "it doesn't answer in time" in outcome.sentences[0]
