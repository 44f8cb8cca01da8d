"""A message as a POST of JSON, signed where a secret is kept for the address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from flows.receivers import MEND_AND_REPEAT, ChannelClosed, ChannelDown, Refused
from pipeline.errors import TryAgainLater
from pipeline.kept import KeptFile

if TYPE_CHECKING:
    from pipeline.outbox import Message
    from pipeline.settings import Home

#: Seconds for each step of the exchange: a receiver that needs longer should take the message and work afterwards.
TIMEOUT_S: Final = 20

#: Answers that time mends: a time-out, too early, too many, and every fault of the server's own (RFC 9110, RFC 6585).
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})

SIGNATURE_HEADER: Final = "X-Gaitkeeper-Signature-256"


def webhook_secrets(home: Home) -> KeptFile:
    """Return where the secrets are kept, by address."""
    return KeptFile(home.secret_folder / "webhook.json")


def body_of(message: Message) -> bytes:
    """Return what is sent; the same message gives the same bytes, and so the same signature."""
    values = {
        "id": message.message_id,
        "what": message.what,
        "runner_id": message.runner_id,
        "to": message.to,
        "created_utc": message.created_utc.astimezone(UTC).isoformat(),
        "subject": message.subject,
        "text": message.text,
        "content_sha256": message.content_sha256,
        "attachments": [
            {
                "file_name": one.file_name,
                "media_type": one.media_type,
                "content_base64": base64.b64encode(one.content).decode(),
            }
            for one in message.attachments
        ],
    }
    return json.dumps(values, ensure_ascii=True, sort_keys=True).encode()


def signature_of(body: bytes, secret: str) -> str:
    """Return the header by which the receiver knows that it is from this home, and whole: HMAC-SHA256 of the body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(home: Home, message: Message) -> None:
    """Hand one message to its address; any 2xx is success, and nothing is followed elsewhere.

    Raises:
        TryAgainLater, ChannelDown, ChannelClosed, Refused: by what was answered.
    """
    url = message.address or ""
    name = f"The webhook at {urlsplit(url).hostname}"  # an address may hold a token
    body = body_of(message)
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.message_id, "User-Agent": "gaitkeeper"}
    secret = (webhook_secrets(home).read() or {}).get(url)
    if secret is not None:
        headers[SIGNATURE_HEADER] = signature_of(body, secret)
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, verify=ssl.create_default_context(), follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            code, retry_after = answer.status_code, answer.headers.get("Retry-After")
    except httpx.TransportError as error:
        if isinstance(error.__cause__ and error.__cause__.__cause__, ssl.SSLCertVerificationError):
            raise ChannelClosed(f"{name} doesn't prove who it is: its certificate is not trusted.") from error
        raise ChannelDown(
            name, "it can't be reached" if isinstance(error, httpx.ConnectError) else "it doesn't answer in time"
        ) from error
    except httpx.InvalidURL as error:
        raise Refused(f"{name} has no valid address. Mend it in config.toml.") from error
    if code in _LATER:
        raise TryAgainLater(name, f"it answers {code}", _seconds(retry_after))
    if not 200 <= code < 300:
        raise Refused(f"{name} refuses it for good: it answers {code}. {MEND_AND_REPEAT}")


def _seconds(retry_after: str | None) -> float | None:
    """Return the seconds that a server asks for: a number, or a date (RFC 9110 section 10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
