"""The outbox: what waits to be sent, as files of the home, so that a mail server that is down delays and never loses.

A message is written once and never changed (`<id>.json`); how far it got stands beside it (`<id>.state.json`). Both are
written by rename and on the disk when a call returns. Its id is made of its key, so the same report of the same night
is queued once, whoever asks twice. What was sent, and noted in the journal as told, moves to `sent/`.

One crash window can't be closed from our side: between the receiver's "250 taken" and our note of it. A message found
in that state is sent again with the same Message-ID (and, by webhook, the same Idempotency-Key), by which the receiver
can tell that it is the same one. Not to send it again would close the window the other way, and lose a red flag.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from pipeline.errors import NeedsAttention
from pipeline.kept import KeptFile
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.settings import Home

#: waiting; sending: begun, the answer not noted yet; sent; failed: refused for good, somebody has to edit something.
SendState = Literal["waiting", "sending", "sent", "failed"]

#: Minutes to wait after the first, second, ... failed attempt, the last one for ever: greylisting wants five minutes
#: (RFC 6647 section 5), a server that is mended overnight is found in the morning, one that is gone costs a try a day.
BACKOFF_MINUTES: Final = (5, 15, 60, 240, 720, 1440)

#: What was sent is kept for a year, so that a digest in the journal can be held against what it is a digest of.
KEPT: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that goes along."""

    file_name: str
    media_type: str  #: such as application/pdf
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to one recipient by one channel; never changed once it is put."""

    key: str  #: the same key is the same message
    runner_id: str
    what: str  #: week, flagged, red_flag, silence, or what somebody asked for by hand
    to: str  #: runner, clinician
    by: str  #: file, stdout, email, webhook
    address: str | None
    subject: str
    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    created_utc: datetime
    items: tuple[str, ...] = ()  #: what it tells, each told once: a session's findings, a symptom entry, a silence
    mail_id: str = ""  #: the Message-ID, chance in it, the same at every attempt

    @property
    def message_id(self) -> str:
        """Return the name of its files, made of its key."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:24]

    @property
    def content_sha256(self) -> str:
        """Return the digest of what is told: subject, text and, where they go along, HTML and attachments."""
        digest = hashlib.sha256(self.subject.encode() + b"\0" + self.text.encode())
        digest.update(b"\0" + (self.html or "").encode())
        for one in self.attachments:
            digest.update(b"\0" + one.file_name.encode() + b"\0" + hashlib.sha256(one.content).digest())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a message got."""

    state: SendState = "waiting"
    attempt_count: int = 0
    attempted_utc: datetime | None = None
    next_utc: datetime | None = None  #: not before; None: at once
    sent_utc: datetime | None = None
    reason: str | None = None  #: why the last attempt failed
    was_interrupted: bool = False  #: an attempt began whose end nobody noted: it may have gone out twice

    def is_due(self, now_utc: datetime) -> bool:
        """Return whether to try now; a time too far ahead is of a clock that was wrong, and counts for nothing."""
        if self.state == "sending":
            return True
        if self.state != "waiting":
            return False
        wait = timedelta(0) if self.next_utc is None else self.next_utc - now_utc
        return wait <= timedelta(0) or wait > timedelta(minutes=BACKOFF_MINUTES[-1])


class Outbox:
    """The messages of one home."""

    def __init__(self, home: Home) -> None:
        """Use the outbox of this home; it may not be there yet."""
        self._folder = home.outbox_folder
        self._sent_folder = home.outbox_folder / "sent"

    def _message_file(self, message_id: str) -> KeptFile:
        return KeptFile(self._folder / f"{message_id}.json")

    def _state_file(self, message_id: str) -> KeptFile:
        return KeptFile(self._folder / f"{message_id}.state.json")

    def put(self, message: Message, sender_domain: str = "gaitkeeper.invalid") -> bool:
        """Keep a message until it is sent; return whether it is new. It is on the disk when the call returns.

        Raises:
            NeedsAttention: the disk is full or the home can't be written; nothing was put.
        """
        with self._locked("put.lock", wait=True):
            file = self._message_file(message.message_id)
            if file.path.exists() or (self._sent_folder / file.path.name).exists():
                return False
            mail_id = f"<{message.message_id}.{secrets.token_hex(8)}@{sender_domain}>"
            file.write(_as_json(replace(message, mail_id=mail_id)))
        return True

    def messages(self) -> list[tuple[Message, Progress]]:
        """Return what is not sent, or sent and not noted yet, oldest first; damaged ones are named by `damaged`."""
        found = [one for one in (self._read(path) for path in self._paths()) if one is not None]
        return sorted(found, key=lambda one: (one[0].created_utc, one[0].message_id))

    def damaged(self) -> list[Path]:
        """Return the messages that can't be read: they are never sent."""
        return [path for path in self._paths() if self._read(path) is None]

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.json") if not path.name.endswith(".state.json"))

    def _read(self, path: Path) -> tuple[Message, Progress] | None:
        try:
            values = KeptFile(path).read()
            if values is None:  # removed since it was listed
                return None
            return _message(values), _progress(self._state_file(path.stem).read() or {})
        except (NeedsAttention, KeyError, TypeError, ValueError):
            return None

    def items(self) -> set[str]:
        """Return all that is told by a message that waits, or that failed."""
        return {item for message, _ in self.messages() for item in (message.key, *message.items)}

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Be the one process that sends; gives False where another one does already."""
        with self._locked("send.lock", wait=False) as is_ours:
            yield is_ours

    @contextmanager
    def _locked(self, name: str, *, wait: bool) -> Iterator[bool]:
        try:
            self._folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, PRIVATE_FILE_MODE)
        except OSError as error:
            raise NeedsAttention(
                f"The outbox {self._folder} can't be written: {error.strerror}. Make room or mend the permissions."
            ) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                is_ours = True
            except BlockingIOError:
                is_ours = False
            yield is_ours
        finally:
            os.close(descriptor)

    def note(self, message: Message, progress: Progress) -> Progress:
        """Write how far a message got, and return it; on the disk when the call returns."""
        self._state_file(message.message_id).write(_state_as_json(progress))
        return progress

    def begin(self, message: Message, progress: Progress, now_utc: datetime) -> Progress:
        """Note that an attempt begins, so that a crash in it is seen afterwards."""
        return self.note(
            message,
            replace(
                progress,
                state="sending",
                attempt_count=progress.attempt_count + 1,
                attempted_utc=now_utc,
                was_interrupted=progress.was_interrupted or progress.state == "sending",
            ),
        )

    def postpone(
        self, message: Message, progress: Progress, now_utc: datetime, reason: str, retry_after_s: float | None = None
    ) -> Progress:
        """Note that it did not get through and is tried again later; what the receiver asks for is kept to."""
        place = min(max(progress.attempt_count, 1), len(BACKOFF_MINUTES)) - 1
        wait = timedelta(minutes=BACKOFF_MINUTES[place])
        if retry_after_s is not None:
            wait = min(max(wait, timedelta(seconds=retry_after_s)), timedelta(minutes=BACKOFF_MINUTES[-1]))
        return self.note(message, replace(progress, state="waiting", next_utc=now_utc + wait, reason=reason))

    def fail(self, message: Message, progress: Progress, reason: str) -> Progress:
        """Note that the receiver refused it for good."""
        return self.note(message, replace(progress, state="failed", next_utc=None, reason=reason))

    def sent(self, message: Message, progress: Progress, now_utc: datetime) -> Progress:
        """Note that the receiver took it."""
        return self.note(message, replace(progress, state="sent", sent_utc=now_utc, next_utc=None, reason=None))

    def retry_failed(self) -> int:
        """Let what was refused wait once more (an address was mended); return how many."""
        failed = [(message, progress) for message, progress in self.messages() if progress.state == "failed"]
        for message, progress in failed:
            self.note(message, replace(progress, state="waiting", next_utc=None))
        return len(failed)

    def put_away(self, message: Message) -> None:
        """Move what was sent and noted to `sent/`. The message goes first: without it a state means nothing."""
        self._sent_folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
        for file in (self._message_file(message.message_id), self._state_file(message.message_id)):
            if file.path.exists():
                file.path.replace(self._sent_folder / file.path.name)

    def prune(self, now_utc: datetime) -> None:
        """Remove what was sent more than a year ago; the journal keeps saying that it was told."""
        for path in self._sent_folder.glob("*.json"):
            if now_utc.timestamp() - path.stat().st_mtime > KEPT.total_seconds():
                path.unlink(missing_ok=True)


def _as_json(message: Message) -> dict[str, Any]:
    return {
        **{
            name: getattr(message, name)
            for name in ("key", "runner_id", "what", "to", "by", "address", "subject", "text", "html", "mail_id")
        },
        "created_utc": message.created_utc.isoformat(),
        "items": list(message.items),
        "attachments": [
            {
                "file_name": one.file_name,
                "media_type": one.media_type,
                "content_base64": base64.b64encode(one.content).decode(),
            }
            for one in message.attachments
        ],
    }


def _message(values: dict[str, Any]) -> Message:
    attachments = tuple(
        Attachment(one["file_name"], one["media_type"], base64.b64decode(one["content_base64"]))
        for one in values["attachments"]
    )
    created_utc = datetime.fromisoformat(values["created_utc"])
    return Message(
        **{**values, "created_utc": created_utc, "items": tuple(values["items"]), "attachments": attachments}
    )


def _state_as_json(progress: Progress) -> dict[str, Any]:
    values = {name: getattr(progress, name) for name in Progress.__slots__}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _progress(values: dict[str, Any]) -> Progress:
    read: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name.endswith("_utc") and value is not None else value
        for name, value in values.items()
    }
    return Progress(**read)
