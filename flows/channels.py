"""A message -> its channel: a file, standard output, e-mail, a webhook."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.mail import send_mail
from flows.receivers import ChannelClosed, ChannelDown
from flows.webhook import post
from pipeline.errors import NeedsAttention
from pipeline.kept import write_private

if TYPE_CHECKING:
    from pipeline.outbox import Message
    from pipeline.settings import Home

#: What no name of a file is made of.
_NOT_IN_NAMES: Final = re.compile(r"[^\w.-]+")


def send(home: Home, message: Message) -> None:
    """Hand one message to its receiver; when the call returns, the receiver has it.

    Raises:
        TryAgainLater: not now; ChannelDown: nor anything else by this channel.
        ChannelClosed: nothing goes by this channel until somebody edits something.
        Refused: this one is refused for good.
    """
    match message.by:
        case "email":
            send_mail(home, message)
        case "webhook":
            post(home, message)
        case "stdout":
            _say(message)
        case _:
            _write(home, message)


def _say(message: Message) -> None:
    try:
        sys.stdout.write(f"{message.subject}\n\n{message.text}\n")
        sys.stdout.flush()
    except OSError as error:  # a pipe whose reader has left
        raise ChannelDown("standard output", str(error.strerror or error)) from error


def folder_of(home: Home, message: Message) -> Path:
    """Return where the files of a message go."""
    return home.report_folder / message.runner_id if message.address is None else Path(message.address)


def _write(home: Home, message: Message) -> None:
    """Write its text, HTML and attachments; a second time they take their own place."""
    folder = folder_of(home, message)
    if not folder.parent.is_dir():  # not to make a folder below the place where a share should be mounted
        raise ChannelDown("the folder", f"{folder.parent} is not there")
    stem = f"{message.what}-{message.created_utc:%Y-%m-%d}-{message.message_id[:8]}"
    try:
        write_private(folder / f"{stem}.txt", f"{message.subject}\n\n{message.text}\n".encode())
        if message.html is not None:
            write_private(folder / f"{stem}.html", message.html.encode())
        for one in message.attachments:
            write_private(folder / f"{stem}-{_NOT_IN_NAMES.sub('_', one.file_name)}", one.content)
    except NeedsAttention as error:
        raise ChannelClosed(str(error)) from error
