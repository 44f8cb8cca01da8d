"""What is due goes into the outbox, and what waits there goes out: the one place where both happen.

A plain function: the nightly flow, the weekly one, the immediate check and `gaitkeeper deliver` all call `deliver_due`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flows import channels
from flows.due import Due, Told, due_drafts, message_of
from flows.mail import sender_of
from flows.receivers import ChannelClosed, ChannelDown, Refused
from pipeline.config import DELIVERABLES
from pipeline.errors import GaitkeeperError, NeedsAttention, TryAgainLater
from pipeline.journal import new_entry, write_entries
from pipeline.lines import read_lines
from pipeline.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline.outbox import Attachment, Message, Progress
    from pipeline.settings import Home

#: Who says in the journal that something was told.
BY: Final = "gaitkeeper"


@dataclass(slots=True)
class DeliveryOutcome:
    """What came of one delivery; `sentences` say what somebody should know, with ids and no more of a person."""

    queued_count: int = 0
    sent_count: int = 0
    waiting_count: int = 0  #: did not get through, or not yet: tried again later
    failed_count: int = 0  #: refused for good, now or before
    needs_attention: bool = False  #: something has to be edited before anything goes that way
    sentences: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Add a sentence, once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def queue(
    home: Home,
    runner_id: str,
    what: str,
    to: str,
    subject: str,
    text: str,
    html: str | None,
    attachments: Sequence[Attachment],
    key: str,
    now_utc: datetime,
) -> int:
    """Put one message into the outbox for every `[[delivery]]` that it goes by; return how many are new.

    Args:
        home: the home.
        runner_id: whom it is about.
        what: a name of DELIVERABLES, or another one, which goes wherever something goes to that role.
        to: runner, clinician.
        subject: one line.
        text: what everybody can read.
        html: the same for mail programs that show it; None makes it of the text.
        attachments: files that go along.
        key: the same key to the same recipient is the same message, queued once.
        now_utc: the instant.

    Raises:
        NeedsAttention: no `[[delivery]]` goes there, or the outbox can't be written.
    """
    deliveries = [
        one
        for one in home.config().deliveries
        if one.to == to and one.runner_id in (None, runner_id) and (what in one.what or what not in DELIVERABLES)
    ]
    if not deliveries:
        raise NeedsAttention(
            f"{home.config_file} has no [[delivery]] to the {to} of {runner_id}. Add one: it says by what and where."
        )
    told = Told(subject, text, key, html=html, attachments=tuple(attachments))
    return sum(_put(home, message_of(told, runner_id, what, one, now_utc)) for one in deliveries)


def _put(home: Home, message: Message) -> bool:
    """Put one message; the domain of its id is the sender's own, as receivers expect."""
    mail = home.config().mail
    if message.by != "email" or mail is None:
        return Outbox(home).put(message)
    try:
        domain = sender_of(mail).domain
    except ChannelClosed:  # a sender that is none is told when it is sent; the message must not be lost for it
        return Outbox(home).put(message)
    return Outbox(home).put(message, domain)


def dry_run(
    home: Home, now_utc: datetime, *, what: Sequence[str] | None = None
) -> tuple[list[tuple[Message, Progress]], Due]:
    """Return what waits and what is due now; nothing is sent, queued or marked."""
    return Outbox(home).messages(), due_drafts(home, now_utc, DELIVERABLES if what is None else what)


def deliver_due(
    home: Home, now_utc: datetime, *, what: Sequence[str] | None = None, at_once: bool = False
) -> DeliveryOutcome:
    """Queue what is due and send what waits; called twice, nothing is told twice.

    Args:
        home: the home.
        now_utc: the instant.
        what: only these deliverables become due (what waits is sent all the same); None: all of them.
        at_once: try what waits for its next attempt now, too: somebody mended something and asks for it.

    Raises:
        NeedsAttention: there is no home, its config can't be followed, or the outbox can't be written.
    """
    home.require()
    outcome = DeliveryOutcome()
    try:
        due = due_drafts(home, now_utc, DELIVERABLES if what is None else what)
        for problem in due.problems:
            outcome.say(problem)
        outcome.queued_count = sum(_put(home, draft.message) for draft in due.drafts if not draft.is_withheld)
    finally:  # what waits goes out, whatever is wrong with the log
        if home.outbox_folder.is_dir():
            _Sender(home, now_utc, outcome, at_once=at_once).send_all()
    return outcome


class _Sender:
    """Empties the outbox once."""

    def __init__(self, home: Home, now_utc: datetime, outcome: DeliveryOutcome, *, at_once: bool) -> None:
        self._home = home
        self._now_utc = now_utc
        self._outcome = outcome
        self._at_once = at_once
        self._outbox = Outbox(home)
        self._closed: set[tuple[str, str | None]] = set()  #: ways that nothing goes any more in this delivery

    def send_all(self) -> None:
        """Send what is due, red flags first; one process at a time."""
        with self._outbox.sending() as is_ours:
            if not is_ours:
                self._outcome.say("Another delivery is under way; it sends what waits.")
                return
            for path in self._outbox.damaged():
                self._outcome.say(f"{path} can't be read and is never sent: remove it.")
            messages = self._outbox.messages()
            for message, progress in sorted(messages, key=lambda one: one[0].what != "red_flag"):
                self._handle(message, progress)
            self._outbox.prune(self._now_utc)

    def _handle(self, message: Message, progress: Progress) -> None:
        if progress.state == "sent":  # and a crash came before the journal's line
            _note_told(self._home, self._outbox, message, progress.sent_utc or self._now_utc)
        elif progress.state == "failed":
            self._outcome.failed_count += 1
            self._outcome.say(_sentence(message, f"was refused: {progress.reason}"))
        elif _way(message) in self._closed or not (self._at_once or progress.is_due(self._now_utc)):
            self._outcome.waiting_count += 1
        else:
            self._attempt(message, progress)

    def _attempt(self, message: Message, progress: Progress) -> None:
        if progress.state == "sending":
            told = "was under way when the program stopped; it goes once more, with the same id"
            self._outcome.say(_sentence(message, told))
        begun = self._outbox.begin(message, progress, self._now_utc)
        try:
            channels.send(self._home, message)
        except Refused as error:
            self._outbox.fail(message, begun, str(error))
            self._outcome.failed_count += 1
            self._outcome.say(_sentence(message, f"was refused: {error}"))
        except GaitkeeperError as error:
            self._postpone(message, begun, error)
        except Exception as error:  # noqa: BLE001 - a message that we fail on must not stop the others
            what = f"Gaitkeeper failed while sending it ({type(error).__name__}); it waits. Please report this."
            self._postpone(message, begun, GaitkeeperError(what))
        else:
            self._outbox.sent(message, begun, self._now_utc)
            self._outcome.sent_count += 1
            _note_told(self._home, self._outbox, message, self._now_utc)

    def _postpone(self, message: Message, progress: Progress, error: GaitkeeperError) -> None:
        retry_after_s = error.retry_after_s if isinstance(error, TryAgainLater) else None
        self._outbox.postpone(message, progress, self._now_utc, str(error), retry_after_s)
        self._outcome.waiting_count += 1
        self._outcome.say(str(error))
        if isinstance(error, (ChannelDown, ChannelClosed)):
            self._closed.add(_way(message))
        self._outcome.needs_attention |= isinstance(error, ChannelClosed)


def _way(message: Message) -> tuple[str, str | None]:
    """Return what is down when one message does not get through: one mail server, or one address."""
    return message.by, None if message.by == "email" else message.address


def _sentence(message: Message, what_happened: str) -> str:
    name = f"{message.what} to the {message.to} of {message.runner_id} by {message.by} ({message.message_id})"
    return f"{name} {what_happened.rstrip('.')}."


def recipient_of(message: Message) -> str:
    """Return where a message goes, for people: of a web address the host alone, since the rest may be a token."""
    if message.by == "webhook":
        return urlsplit(message.address or "").hostname or "?"
    return message.address or message.to


def _note_told(home: Home, outbox: Outbox, message: Message, told_utc: datetime) -> None:
    """Write the journal's line and put the message away; after a crash between the two the line is there already."""
    known = (line["data"].get("message_id") for line in read_lines(home.journal_file) if line["kind"] == "told")
    if message.message_id not in known:
        said = {
            "what": message.what,
            "to": message.to,
            "recipient": recipient_of(message),
            "channel": message.by,
            "content_sha256": message.content_sha256,
            "message_id": message.message_id,
            "items": [message.key, *message.items],
        }
        write_entries(home, [new_entry("told", message.runner_id, said, by=BY, now_utc=told_utc)])
    outbox.put_away(message)
