"""Homes that deliver: blocks of their config, and messages by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flows.deliver import queue
from flows.mail import mail_password
from support.mail_server import PASSWORD, USER

if TYPE_CHECKING:
    from email.message import EmailMessage

    from pipeline.settings import Home

#: The morning after the example's last run: a Monday, the week is over.
MONDAY_UTC = datetime(2026, 4, 13, 6, 0, tzinfo=UTC)


def deliver_by_mail(
    home: Home, port: int, *, security: str = "starttls", what: str = '["week"]', to: str = "runner"
) -> None:
    """Let a home send by e-mail, with the right password."""
    text = home.config_file.read_text("utf-8")
    home.config_file.write_text(
        f'{text}\n[[delivery]]\nwhat = {what}\nto = "{to}"\nby = "email"\naddress = "{to}@example.org"\n'
        f'\n[mail]\nhost = "localhost"\nport = {port}\nsecurity = "{security}"\n'
        + (f'user = "{USER}"\n' if security != "none" else "")
        + 'sender = "Gaitkeeper <night@example.org>"\n',
        "utf-8",
    )
    mail_password(home).write({"password": PASSWORD})


def deliver_to(home: Home, by: str, address: str | None, *, what: str = '["week"]', to: str = "runner") -> None:
    """Add one [[delivery]] block."""
    text = home.config_file.read_text("utf-8")
    line = "" if address is None else f'address = "{address}"\n'
    home.config_file.write_text(f'{text}\n[[delivery]]\nwhat = {what}\nto = "{to}"\nby = "{by}"\n{line}', "utf-8")


def queued(home: Home, key: str = "one", now_utc: datetime = MONDAY_UTC, **changes: Any) -> int:
    """Queue one message by hand."""
    told = {
        "what": "week",
        "to": "runner",
        "subject": "A week",
        "text": "As planned.\n",
        "html": None,
        "attachments": (),
    }
    return queue(home, "me", key=key, now_utc=now_utc, **(told | changes))


def parts_of(mail: EmailMessage) -> list[tuple[str, str | None]]:
    """Return (type, file name) of every part that holds something."""
    return [(part.get_content_type(), part.get_filename()) for part in mail.walk() if not part.is_multipart()]
