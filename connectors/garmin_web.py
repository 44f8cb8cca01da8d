"""The only module that knows `garminconnect`: an optional extra, whose login imitates Garmin's app and a browser.

Held at arm's length for what it does by itself and must not do here: it tries eleven logins where the first was told
to wait, retries in the middle of a call, swallows a failed refresh, writes tokens to files of its own, prints
tracebacks, and its errors hold the answer together with the request's token. So one login way at a time is tried,
nothing is retried, tokens go to the home's keeper as soon as they are there, and only GarminFault leaves this module.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

import garminconnect
from garminconnect.client import Client

from connectors.garmin_faults import GarminFault, Trouble
from connectors.garmin_web_errors import answer_fault, by_status, header, login_fault, own_error, wait_s
from pipeline.errors import GaitkeeperError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from connectors.base import Keeper

_Answer = TypeVar("_Answer")

#: The ways in, in the library's own order, without those that it says are usually blocked (plain requests).
_WAYS: Final = ("mobile+cffi", "widget+cffi", "portal+cffi")
_ALL_WAYS: Final = frozenset({*_WAYS, "mobile+requests", "portal+requests"})
#: Another way in may succeed after these; after any other it can't, or must not be tried.
_TRY_ANOTHER_WAY: Final = frozenset({Trouble.BLOCKED, Trouble.CHANGED})

#: The tokens as the library writes and reads them.
_TOKEN_NAMES: Final = ("di_token", "di_refresh_token", "di_client_id")
_PROFILE: Final = "/userprofile-service/socialProfile"

# What it says goes to nobody: its words hold paths and addresses, and what matters is in our own sentences.
logging.getLogger("garminconnect").setLevel(logging.CRITICAL + 1)


class _Client(Client):  # type: ignore[misc]  # not installed where mypy runs (Python 3.11)
    """The library's client with its seams tied: see the module."""

    def __init__(self, secrets: Keeper, origin: str | None) -> None:
        super().__init__("garmin.com", verify_login=False)
        self._secrets = secrets
        self.token_status: int | None = None  #: of the last answer of the token server
        self.token_wait: str | None = None  #: its Retry-After
        self.is_refreshing = False
        self.is_linking = False  #: the tokens that are kept belong to the link before
        if origin is not None:
            self._sso = self._connect = self._connectapi = origin
            self._di_token_url = f"{origin}/di-oauth2-service/oauth/token"
            self._ios_service_url = f"{origin}/gcm/ios"
            self._mobile_sso_service_url = f"{origin}/gcm/android"
            self._portal_service_url = f"{origin}/app"

    def __repr__(self) -> str:
        """Say nothing of what it holds."""
        return "<Garmin client>"

    def _http_post(self, url: str, **kwargs: Any) -> Any:  # noqa: ANN401 - the library's signature
        self.token_status = self.token_wait = None
        answer = super()._http_post(url, **kwargs)
        self.token_status, self.token_wait = answer.status_code, answer.headers.get("Retry-After")
        return answer

    def _login_with_impersonations(
        self, label: str, impersonations: tuple[str, ...], do_login: Callable[..., None], email: str, password: str
    ) -> None:
        super()._login_with_impersonations(label, impersonations[:1], do_login, email, password)

    def _refresh_session(self) -> None:
        with self._token_lock:
            if self.is_linking:
                return  # a new token that is refused is no better when it is renewed
            kept = self._secrets.read() or {}
            if kept.get("di_token") and kept["di_token"] != self.di_token:
                self.loads(json.dumps(kept))  # another process was quicker; its refresh token is the one that holds
                return
            self.is_refreshing = True
            self._refresh_di_token()
            self.is_refreshing = False
            self.keep({})

    def keep(self, more: dict[str, Any]) -> None:
        """Write the tokens down before anything is asked with them: the old refresh token is dead by now."""
        tokens = json.loads(self.dumps())
        kept = self._secrets.read() or {}
        self._secrets.write({**kept, **{name: tokens[name] for name in _TOKEN_NAMES}, **more})
        self.is_linking = False


class Account:
    """A Garmin account: `GarminWeb` once it is linked, `GarminLogin` until then."""

    def __init__(self, secrets: Keeper, origin: str | None = None) -> None:
        """Make one from the tokens that are kept; nothing is asked yet.

        Args:
            secrets: where the tokens lie.
            origin: another server than Garmin's, such as http://127.0.0.1:8000.
        """
        self._garmin = garminconnect.Garmin(retry_attempts=0)
        self._client = self._garmin.client = _Client(secrets, origin)
        self._pending: Any = None
        self._linked_to: str | None = None
        kept = secrets.read()
        if kept is not None and kept.get("di_token"):
            self._client.loads(json.dumps(kept))

    def __repr__(self) -> str:
        """Say nothing of what it holds."""
        return "<Garmin account>"

    def activities(self, start: int, limit: int, since: date | None) -> object:
        """Return the JSON of one page of the list."""
        filters = {} if since is None else {"startDate": since.isoformat()}
        return self._ask(lambda: self._garmin.search_activities(start, limit, **filters))

    def original(self, activity_id: str) -> bytes:
        """Return the original of an activity."""
        kind = garminconnect.Garmin.ActivityDownloadFormat.ORIGINAL
        content = self._ask(lambda: self._garmin.download_activity(activity_id, kind))
        return bytes(content)

    def log_in(self, email: str, password: str) -> bool:
        """Send both, by one way after another while another one may help; return whether a code is asked for."""
        fault = GarminFault(Trouble.CHANGED, "no way of logging in is left")
        self._client.is_linking = True
        for way in _WAYS:
            self._client.skip_strategies = set(_ALL_WAYS - {way})
            try:
                status, self._pending = self._ask(
                    lambda: self._client.login(email, password, return_on_mfa=True), is_login=True
                )
                if status != "needs_mfa":
                    self._check_token()
                return bool(status == "needs_mfa")
            except GarminFault as error:
                fault = error
            if fault.trouble not in _TRY_ANOTHER_WAY:
                break
        raise fault

    def give_code(self, code: str) -> None:
        """Send the code that Garmin asked for."""
        self._ask(lambda: self._client.resume_login(self._pending, code), is_login=True, is_code=True)
        self._check_token()

    def linked_to(self) -> str | None:
        """Keep the tokens, and return the account's name, None where Garmin doesn't tell."""
        self._client.keep({"linked_to": self._linked_to})
        return self._linked_to

    def _check_token(self) -> None:
        """A login without a token that lasts is none: the library falls back to a cookie that can't be kept.

        And one whose token the API refuses, which happens to some accounts by some ways
        (cyberjunky/python-garminconnect#369), is none either.
        """
        if not (self._client.di_token and self._client.di_refresh_token):
            raise by_status(self._client.token_status, self._client.token_wait) or GarminFault(
                Trouble.CHANGED, "it let us in and gave no token that can be kept"
            )
        try:
            profile = self._ask(lambda: self._garmin.connectapi(_PROFILE))
        except GarminFault as fault:
            if fault.trouble is not Trouble.UNLINKED:
                return  # that says nothing of the token
        else:
            found = profile.get("displayName") if isinstance(profile, dict) else None
            self._linked_to = found.strip() if isinstance(found, str) and found.strip() else None
            return
        raise GarminFault(Trouble.CHANGED, "it let us in and refuses its own token")

    def _ask(self, question: Callable[[], _Answer], *, is_login: bool = False, is_code: bool = False) -> _Answer:
        """Ask, and turn whatever comes in place of an answer into a GarminFault, no error of the library behind it."""
        try:
            return question()
        except GaitkeeperError:
            raise
        except Exception as error:  # noqa: BLE001 - it lets through whatever its own libraries raise
            ours = own_error(error)
            fault = self._fault(error, is_login=is_login, is_code=is_code)
        if ours is not None:
            raise ours
        raise fault  # outside of `except`: what it came from holds the token

    def _fault(self, error: Exception, *, is_login: bool, is_code: bool) -> GarminFault:
        if self._client.is_refreshing:
            self._client.is_refreshing = False
            return self._refresh_fault()
        text = str(error)
        if isinstance(error, garminconnect.GarminConnectTooManyRequestsError):
            return GarminFault(Trouble.LIMITED, "HTTP 429", wait_s(header(error, "Retry-After")))
        if is_login:
            return login_fault(error, text, is_code=is_code)
        return answer_fault(error, text)

    def _refresh_fault(self) -> GarminFault:
        status = self._client.token_status
        if status is None:
            return GarminFault(Trouble.DOWN, "no answer when the link was to be renewed")
        fault = by_status(status, self._client.token_wait)
        if fault is not None and fault.trouble is not Trouble.WITHHELD:
            return fault
        if status in (400, 401):
            return GarminFault(Trouble.UNLINKED, f"HTTP {status}")
        return GarminFault(Trouble.CHANGED, f"HTTP {status} when the link was to be renewed")
