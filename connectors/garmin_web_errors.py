"""What the library raises -> a GarminFault. Its words are looked at and never handed on: they hold addresses."""

from __future__ import annotations

import re
from typing import Any, Final

import garminconnect

from connectors.garmin_faults import GarminFault, Trouble
from pipeline.errors import GaitkeeperError

_TOO_MANY: Final = frozenset({427, 429})  # 427 is Garmin's own (the library's `_BLOCKED_STATUSES`)
_NOT_NOW_S: Final = re.compile(r"\d{1,7}")
_STATUS: Final = re.compile(r"\b(?:API Error|HTTP|returned|failed:) (\d{3})\b")
_NO_ANSWER: Final = re.compile(
    r"curl: \(\d+\)|(?<!GarminConnect)ConnectionError|Timeout|SSLError|connection error|Bad Gateway|Unavailable",
    re.IGNORECASE,
)


def own_error(error: BaseException | None) -> GaitkeeperError | None:
    """Return our own error where the library wrapped it: a full disk while tokens were kept."""
    while error is not None and not isinstance(error, GaitkeeperError):
        error = error.__cause__
    return error


def by_status(status: int | None, wait: str | None = None) -> GarminFault | None:
    """Return what an HTTP status alone tells."""
    if status in _TOO_MANY:
        return GarminFault(Trouble.LIMITED, f"HTTP {status}", wait_s(wait))
    if status is not None and status >= 500:
        return GarminFault(Trouble.DOWN, f"HTTP {status}")
    if status == 403:
        return GarminFault(Trouble.BLOCKED, "HTTP 403")
    return None


def answer_fault(error: Exception, text: str) -> GarminFault:
    """Read what came in place of an answer of the API."""
    response = _response(error)
    status = getattr(response, "status_code", None) or _status_in(text)
    if status == 401 or isinstance(error, garminconnect.GarminConnectAuthenticationError):
        return GarminFault(Trouble.UNLINKED, "HTTP 401")
    if status in (404, 410):
        return GarminFault(Trouble.GONE, f"HTTP {status}")
    if status in (400, 403) and not _is_page(response):
        return GarminFault(Trouble.WITHHELD, f"HTTP {status}")
    fault = by_status(status, header(error, "Retry-After"))
    if fault is not None:
        return fault
    if status is None and _is_no_answer(error):
        return GarminFault(Trouble.DOWN, "no whole answer")
    return GarminFault(Trouble.CHANGED, f"HTTP {status or 200}")


def login_fault(error: Exception, text: str, *, is_code: bool) -> GarminFault:
    """Read what came in place of a login. The library's words are looked at, never handed on."""
    status = _status_in(text)
    if "locked" in text.lower():
        return GarminFault(Trouble.LOCKED)
    if status in _TOO_MANY:
        return GarminFault(Trouble.LIMITED, f"HTTP {status}")
    if "captcha" in text.lower() or "cloudflare" in text.lower() or status == 403:
        return GarminFault(Trouble.BLOCKED, "a challenge for browsers")
    if (status or 0) >= 500 or _NO_ANSWER.search(text) or _is_no_answer(error):
        return GarminFault(Trouble.DOWN, "at the login" + (f", HTTP {status}" if status else ""))
    if isinstance(error, garminconnect.GarminConnectAuthenticationError) and "JWT_WEB" not in text:
        return GarminFault(Trouble.WRONG_CODE if is_code else Trouble.REFUSED)
    return GarminFault(Trouble.CHANGED, "at the login")


def _status_in(text: str) -> int | None:
    found = _STATUS.search(text)
    return int(found[1]) if found else None


def _response(error: BaseException | None) -> Any:  # noqa: ANN401 - of whichever of its HTTP libraries
    """Return the HTTP answer that an error or its cause holds."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return response
        error = error.__cause__ or error.__context__
    return None


def header(error: BaseException, name: str) -> str | None:
    found = getattr(_response(error), "headers", {}).get(name)
    return str(found) if found is not None else None


def wait_s(named: str | None) -> float | None:
    return float(named) if named is not None and _NOT_NOW_S.fullmatch(named) else None


def _is_page(response: Any) -> bool:  # noqa: ANN401 - as above
    return "html" in str(getattr(response, "headers", {}).get("Content-Type", "")).lower()


def _is_no_answer(error: BaseException | None) -> bool:
    """Return whether the network is behind it, and no answer that was read and not understood."""
    while error is not None:
        if isinstance(error, ValueError):  # JSON that is none, of every library
            return False
        if isinstance(error, OSError):  # every fault of the network, of every library
            return True
        error = error.__cause__ or error.__context__
    return False
