"""What went wrong with a request to Strava, without anything of the request itself: that holds the token."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass(frozen=True, slots=True)
class Answer:
    """One failure, as far as somebody may read of it."""

    status: int | None  #: None: there was no answer
    reason: str  #: a clause for people
    errors: list[dict[str, Any]] = field(default_factory=list, repr=False)  #: Strava's resource, field and code
    retry_after_s: float | None = None

    @property
    def is_inactive(self) -> bool:
        """Whether it is the application that is refused."""
        said = {"resource": "application", "field": "status", "code": "inactive"}
        return self.status == 402 or any(
            all(str(error.get(key)).lower() == value for key, value in said.items()) for error in self.errors
        )

    @property
    def lacks_scope(self) -> bool:
        """Whether a permission is missing: `activity:read_permission` is what Strava calls the scope there."""
        return any("activity" in str(error.get("field")) or "scope" in str(error.get("field")) for error in self.errors)

    @property
    def codes(self) -> str:
        """Strava's words of one kind: letters and underscores, nothing that could be a secret of ours sent back."""
        words = [str(error.get(key, "")) for error in self.errors[:3] for key in ("resource", "field", "code")]
        plain = [word for word in words if re.fullmatch(r"[A-Za-z_: ]{1,30}", word)]
        return f": {' '.join(plain)}" if plain else ""


def answer_of(error: Exception) -> Answer:
    """Return what an exception of `requests` or `stravalib` tells."""
    response = getattr(error, "response", None)
    if not isinstance(error, requests.HTTPError) or response is None:
        return Answer(None, _fault(error))
    try:
        said = response.json()
    except ValueError:
        said = None
    errors = said.get("errors") if isinstance(said, dict) else None
    errors = [errors] if isinstance(errors, dict) else errors
    found = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    status = int(response.status_code)
    if status < 400:  # Strava's JSON speaks of an error under a good status
        status = 502
    retry_after = response.headers.get("Retry-After", "")
    return Answer(status, f"it answers {status}", found, float(retry_after) if retry_after.isdecimal() else None)


def _fault(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "it took too long to answer"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be checked"
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return "its answer broke off"
    if isinstance(error, requests.ConnectionError):
        return "it can't be reached"
    return "its answer is not what it should be"
