"""A message as e-mail: HTML with a plain-text alternative, attachments, and a server that proves who it is."""

from __future__ import annotations

import re
import smtplib
import ssl
import unicodedata
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Final

from flows.receivers import MEND_AND_REPEAT, ChannelClosed, ChannelDown, Refused, said_by
from pipeline.errors import NeedsAttention, TryAgainLater
from pipeline.kept import KeptFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import MailConfig
    from pipeline.outbox import Message
    from pipeline.settings import Home

#: Seconds to wait for each answer of the server: RFC 5321 section 4.5.3.2 allows minutes; a night has other things to
#: do, and the message is tried again.
TIMEOUT_S: Final = 30

#: Everything in seven bits: a server on the way may not take eight (RFC 6152).
_POLICY: Final = SMTP.clone(cte_type="7bit")

#: Invisible characters (line ends, what turns a text round) go; joiners inside an emoji or a word of Persian stay.
_INVISIBLE: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS: Final = "\u200c\u200d"

_TOO_LARGE: Final = 552
_TEMPORARY: Final = range(400, 500)


def mail_password(home: Home) -> KeptFile:
    """Return where the password of the mail server is kept."""
    return KeptFile(home.secret_folder / "mail.json")


def mail_config(home: Home) -> MailConfig:
    """Return the `[mail]` block.

    Raises:
        ChannelClosed: there is none.
    """
    config = home.config().mail
    if config is None:
        raise ChannelClosed(f"{home.config_file} has no [mail] block: it says which server takes e-mail.")
    return config


def one_line(text: str) -> str:
    """Return a text as one line for a header: no line end, nothing invisible but what joins letters and emoji."""
    kept = (char if char in _JOINERS or unicodedata.category(char) not in _INVISIBLE else " " for char in text)
    return " ".join("".join(kept).split())


def checked_address(address: str) -> str:
    """Return one bare e-mail address.

    Raises:
        NeedsAttention: it is none, it is several, or it would smuggle in a header of its own.
    """
    is_bare = re.fullmatch(r"[^@\s,;:<>()\"\\]+@[^@\s,;:<>()\"\\]+", address)
    if not is_bare or one_line(address) != address:
        raise NeedsAttention(f"{one_line(address)!r} is not one e-mail address. Mend it in config.toml.")
    return address


def _address(name: str, address: str) -> Address:
    """Return an address with its domain in ASCII (RFC 5891), which every server takes."""
    local, _, domain = checked_address(address).rpartition("@")
    try:
        return Address(one_line(name), local, domain.encode("idna").decode())
    except UnicodeError as error:
        raise NeedsAttention(f"{domain!r} is no domain. Mend the address in config.toml.") from error


def sender_of(config: MailConfig) -> Address:
    """Return who a mail is from.

    Raises:
        ChannelClosed: `[mail] sender` is no address.
    """
    name, address = parseaddr(config.sender)
    try:
        return _address(name, address)
    except NeedsAttention as error:
        raise ChannelClosed(
            f"[mail] sender is {one_line(config.sender)!r}: it has to be one e-mail address."
        ) from error


def compose(message: Message, config: MailConfig) -> EmailMessage:
    """Return the mail; the same message gives the same mail at every attempt."""
    mail = EmailMessage(_POLICY)
    mail["From"] = sender_of(config)
    mail["To"] = _address("", message.address or "")
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.created_utc)
    mail["Message-ID"] = message.mail_id
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    mail.set_content(_encodable(message.text), subtype="plain")
    if message.html is not None:
        mail.add_alternative(_encodable(message.html), subtype="html")
    for one in message.attachments:
        main, _, sub = one.media_type.partition("/")
        mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one_line(one.file_name))
    for place, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"={place}_{message.message_id}=")  # else it is another one at every attempt
    return mail


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def send_mail(home: Home, message: Message) -> None:
    """Hand one message to the server of `[mail]`.

    Raises:
        TryAgainLater, ChannelDown, ChannelClosed, Refused: by what the server answered.
    """
    config = mail_config(home)
    try:
        mail = compose(message, config)
    except ChannelClosed:
        raise
    except NeedsAttention as error:
        raise Refused(str(error)) from error
    with _opened(home, config) as server:
        try:
            _hand_over(server, mail)
        except smtplib.SMTPException as error:
            raise _after_refusal(error, config) from error
        except OSError as error:
            raise ChannelDown(_name(config), _why(error)) from error


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    """Send as smtplib's own send_message does, but leave the text as it is: that one writes ">From" for "From"."""
    sender, recipient = (mail[name].addresses[0].addr_spec for name in ("From", "To"))
    is_ascii = (sender + recipient).isascii()
    server.ehlo_or_helo_if_needed()
    if not is_ascii and not server.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError
    content = mail.as_bytes(policy=_POLICY.clone(utf8=not is_ascii))
    server.sendmail(sender, [recipient], content, mail_options=() if is_ascii else ("SMTPUTF8",))


def try_login(home: Home) -> None:
    """Open a connection, log in, and leave.

    Raises:
        TryAgainLater, ChannelClosed: by what went wrong.
    """
    with _opened(home, mail_config(home)):
        pass


def _name(config: MailConfig) -> str:
    return f"The mail server {config.host}:{config.port}"


def _why(error: OSError) -> str:
    return said_by(str(error.strerror or error) or type(error).__name__)


@contextmanager
def _opened(home: Home, config: MailConfig) -> Iterator[smtplib.SMTP]:
    """Give a connection that is encrypted and logged in; what goes wrong on leaving it changes nothing any more."""
    context = ssl.create_default_context()
    try:
        server = (
            smtplib.SMTP_SSL(config.host, config.port, timeout=TIMEOUT_S, context=context)
            if config.security == "tls"
            else smtplib.SMTP(config.host, config.port, timeout=TIMEOUT_S)
        )
    except smtplib.SMTPException as error:
        raise ChannelDown(_name(config), said_by(str(error))) from error
    except OSError as error:
        raise _after_network(error, config) from error
    try:
        _secure_and_log_in(server, home, config, context)
        yield server
        with suppress(smtplib.SMTPException, OSError):
            server.quit()  # the message is taken by now: a server that slams the door afterwards has it all the same
    finally:
        server.close()


def _secure_and_log_in(server: smtplib.SMTP, home: Home, config: MailConfig, context: ssl.SSLContext) -> None:
    try:
        if config.security == "starttls":
            server.starttls(context=context)
        if config.user is not None:
            server.login(config.user, _password(home))
    except smtplib.SMTPNotSupportedError as error:
        raise ChannelClosed(
            f"{_name(config)} doesn't offer what [mail] asks for ({said_by(str(error))}). "
            "Mend security, port or user there."
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code in _TEMPORARY:
            raise ChannelDown(_name(config), said_by(error.smtp_error)) from error
        raise ChannelClosed(
            f"{_name(config)} refuses the login of [mail] user: {error.smtp_code} {said_by(error.smtp_error)}. "
            "Run `gaitkeeper connect mail` with the right password; what waits goes out after that."
        ) from error
    except smtplib.SMTPException as error:
        raise ChannelDown(_name(config), said_by(str(error))) from error
    except OSError as error:
        raise _after_network(error, config) from error


def _password(home: Home) -> str:
    kept = mail_password(home).read()
    if kept is None or not isinstance(kept.get("password"), str):
        raise ChannelClosed("The password of the mail server isn't here. Run `gaitkeeper connect mail`.")
    return str(kept["password"])


def _after_network(error: OSError, config: MailConfig) -> ChannelDown | ChannelClosed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ChannelClosed(
            f"{_name(config)} doesn't prove that it is {config.host}: {error.verify_message.rstrip('.')}. "
            "Write the name of its certificate into [mail] host; for a server of your own, name its root certificate "
            "in SSL_CERT_FILE."
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return ChannelClosed(
            f"{_name(config)} speaks another TLS than [mail] says ({_why(error)}). "
            "Mend security (starttls is mostly on port 587, tls on 465) or port there."
        )
    return ChannelDown(_name(config), _why(error))


def _after_refusal(error: smtplib.SMTPException, config: MailConfig) -> Exception:
    """Return what an answer to the mail itself means: 4xx is later, 5xx is never (RFC 5321 section 4.2.1)."""
    name = _name(config)
    match error:
        case smtplib.SMTPNotSupportedError():
            return Refused(f"{name} can't take an address with letters beyond ASCII. Use another address.")
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            code, answer = next(iter(recipients.values()))
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=answer):
            pass
        case _:  # the connection went away: whether it took the mail is not known, the next attempt has the same id
            return ChannelDown(name, said_by(str(error)))
    if code in _TEMPORARY:
        return TryAgainLater(name, f"{code} {said_by(answer)}")
    if isinstance(error, smtplib.SMTPSenderRefused) and code != _TOO_LARGE:
        return ChannelClosed(f"{name} refuses [mail] sender: {code} {said_by(answer)}. Mend it in config.toml.")
    return Refused(f"{name} refuses it for good: {code} {said_by(answer)}. {MEND_AND_REPEAT}")
