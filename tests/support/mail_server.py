"""A real SMTP server on loopback, in a thread of its own: STARTTLS or TLS with a certificate of a test's root, and AUTH."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    import trustme

USER = "gaitkeeper"
PASSWORD = "correct horse battery"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Post:
    """What a server took, and what it says."""

    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    rcpt_answers: dict[str, str] = field(default_factory=dict)  #: address -> answer; all others are taken
    data_answers: list[str] = field(default_factory=list)  #: said one after the other; then everything is taken
    logins: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [message_from_bytes(content, policy=policy.default) for content in self.taken]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.rcpt_answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.data_answers:
            return self.data_answers.pop(0)
        self.taken.append(envelope.original_content)
        self.recipients += envelope.rcpt_tos
        return "250 taken"


@contextmanager
def mail_server(
    authority: trustme.CA | None, *, security: str = "starttls", port: int = 0, name: str = "localhost"
) -> Iterator[Post]:
    """Serve until the block ends.

    Args:
        authority: signs the server's certificate; None for a server without TLS.
        security: starttls, tls, none.
        port: 0 takes a free one.
        name: what its certificate says.
    """
    post = Post(port=port or free_port())

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        post.logins.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    options: dict[str, Any] = {}
    if security != "none":
        assert authority is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        # implicit TLS is not seen as TLS by aiosmtpd: there AUTH is offered, and the client has to take it by itself
        is_seen = security == "starttls"
        options = {"authenticator": check, "auth_required": is_seen, "auth_require_tls": is_seen}
        options |= {"tls_context": context, "require_starttls": True} if is_seen else {"ssl_context": context}
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **options)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
