"""Strava over HTTP: the library's client, and around it what it lacks: time-outs, the gate, retries, tokens kept.

`stravalib` builds the requests, speaks OAuth and tells Strava's errors apart. Its typed methods drop fields that they
don't know and turn unknown sports into "Workout", so the answers are taken one level below, from its public
`client.protocol.get`: the JSON as it was sent. Its own limiter sleeps inside the call or throws a good answer away, and
its own refresh keeps the new token in memory alone: both are left unused.
"""

from __future__ import annotations

import logging
import os
import random
import warnings
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.strava_answers import Answer, answer_of
from connectors.strava_auth import CONNECT, RefreshRefused, Tokens
from pipeline.errors import NeedsAttention, TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stravalib.client import Client

    from connectors.base import SourceSetup
    from connectors.strava_auth import Account, Application
    from connectors.strava_limits import Gate

#: Where stravalib sends everything.
STRAVA: Final = "https://www.strava.com"
#: Another address for Strava's API, should it move, or a server on this machine.
URL_VARIABLE: Final = "GAITKEEPER_STRAVA_URL"
_LOCAL: Final = ("127.0.0.1", "localhost", "::1")

#: Seconds to connect, and between two pieces of an answer: `requests` waits for ever by default. The streams of an
#: ultra-marathon take Strava a few seconds.
TIMEOUT_S: Final = (10.0, 60.0)
#: What fails on the way is asked again: at once usually helps, and after three times it is down.
TRIES: Final = 3
BACKOFF_S: Final = 2.0


Shape = TypeVar("Shape", list[Any], dict[str, Any])


class NotThere(Exception):
    """Strava answers 404; the caller knows what that means."""


class Refused(Exception):
    """Strava answers another 4xx; the caller knows whether that concerns one thing or all."""


def base_url() -> str:
    """Return where Strava is: its own address, or the one that the environment names.

    Raises:
        NeedsAttention: that is neither https nor on this machine.
    """
    named = os.environ.get(URL_VARIABLE, STRAVA).rstrip("/")
    parts = urlsplit(named)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise NeedsAttention(f"{URL_VARIABLE} has to be an https:// address (http:// for this machine only).")
    return named


class PatientAdapter(HTTPAdapter):
    """Sends requests with a time-out, through the gate, to wherever Strava is."""

    def __init__(self, gate: Gate) -> None:
        """Use the gate for all that counts."""
        self._gate = gate
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - as requests calls it
        """Send one request; the token endpoint has no limit of its own and is not counted."""
        address = request.url or ""
        is_counted = not urlsplit(address).path.startswith("/oauth/")
        if base_url() != STRAVA:
            base = urlsplit(base_url())
            parts = urlsplit(address)
            path = base.path + parts.path
            request.url = urlunsplit((base.scheme, base.netloc, path, parts.query, ""))
            if base.hostname in _LOCAL:
                options["proxies"] = {}  # those of the environment are for the world outside
        options["timeout"] = TIMEOUT_S
        if is_counted:
            self._gate.enter()
        response = super().send(request, *args, **options)
        if is_counted:
            self._gate.leave(response.headers, response.status_code)
        return response


def _without_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in for an authentication: without one, `requests` puts a password of ~/.netrc over our token."""
    return request


def make_client(gate: Gate) -> Client:
    """Return stravalib's client without a token, without its limiter and without its own refresh."""
    session = requests.Session()
    session.auth = _without_netrc
    session.max_redirects = 0  # the API sends nobody elsewhere, and a token goes nowhere else
    session.mount(STRAVA, PatientAdapter(gate))
    os.environ.setdefault("SILENCE_TOKEN_WARNINGS", "true")  # else it writes on the root logger, and sets that up
    client = _client_class()(rate_limit_requests=False, requests_session=session)
    client.protocol.client_id = client.protocol.client_secret = None  # from the environment: it would refresh by itself
    return client


def _client_class() -> type[Client]:
    """Import stravalib and undo what its import does to the whole process: warning filters, warnings into the log."""
    shows = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from stravalib.client import Client  # noqa: PLC0415 - two thirds of a second, for those who have an account

        if warnings.showwarning is not shows:
            logging.captureWarnings(capture=False)
    return Client


class StravaApi:
    """Asks Strava for things of one account; also the `TokenEndpoint` of that account."""

    def __init__(self, setup: SourceSetup, account: Account, gate: Gate) -> None:
        """Use a home's account and gate; nothing is asked yet."""
        self._setup, self._account, self._gate = setup, account, gate
        self._client = make_client(gate)
        self._tokens = make_client(gate)  # a client of its own: stravalib keeps what it fetches

    def __repr__(self) -> str:
        """Name no token."""
        return f"StravaApi({self._account!r})"

    def get(self, path: str, shape: type[Shape], **params: object) -> Shape:
        """Return the JSON that Strava sends for a path of its API.

        Args:
            path: below /api/v3.
            shape: list or dict; anything else is a broken answer.
            params: of the query.

        Raises:
            NotThere: 404.
            Refused: another 4xx that does not concern the consent.
            TryAgainLater: busy, broken or out of reach, after a few tries; or a limit is used up.
            NeedsAttention: the consent or the application is no longer good.
        """
        has_refreshed = False
        failures = 0
        while True:
            token = self._account.access_token(self)
            self._client.protocol.access_token = token
            try:
                found: object = self._client.protocol.get(path, check_for_errors=True, **params)
                if isinstance(found, shape):
                    return found
                answer = Answer(None, "its answer is not what it should be")
            except (requests.RequestException, RecursionError) as error:
                answer = answer_of(error)
            if answer.status == 401 and not answer.lacks_scope and not has_refreshed:
                has_refreshed = True
                self._account.refresh(self, token)
                continue
            if answer.status == 404:
                raise NotThere(path)
            self._raise_final(answer)
            failures += 1
            self._again(failures, answer.reason)

    def _raise_final(self, answer: Answer) -> None:
        """Raise what trying again does not mend."""
        if answer.is_inactive:
            raise NeedsAttention(
                "The Strava application is inactive, so Strava answers nothing: the account that owns it needs a "
                "subscription of Strava (since 30 June 2026). Subscribe with it and reactivate the application at "
                "https://www.strava.com/settings/api, or use files: `gaitkeeper import` takes Strava's bulk export."
            )
        if answer.status in (401, 403) and answer.lacks_scope:
            raise NeedsAttention(
                f"Strava no longer lets Gaitkeeper read the activities: {CONNECT}, and leave the boxes ticked."
            )
        if answer.status == 401:
            raise NeedsAttention(f"Strava no longer accepts the consent: {CONNECT}.")
        if answer.status == 429:
            wait_s = answer.retry_after_s or self._gate.wait_s() or None
            raise TryAgainLater("Strava", "its limit of requests is used up", wait_s)
        if answer.status is not None and 400 <= answer.status < 500 and answer.status != 408:
            raise Refused(f"{answer.status}{answer.codes}")

    def _again(self, failures: int, reason: str) -> None:
        if failures >= TRIES:
            raise TryAgainLater("Strava", reason)
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, hides nothing
        self._setup.sleep(BACKOFF_S * 2 ** (failures - 1) * jitter)

    # --- The token endpoint ----------------------------------------------------------------------------------------

    def exchange(self, application: Application, code: str) -> tuple[Tokens, Mapping[str, Any]]:
        """Return the tokens for a code, and what Strava says of the athlete."""
        secret = application.client_secret
        try:
            found, athlete = self._tokens.protocol.exchange_code_for_token(
                application.client_id, secret, code, return_athlete=True
            )
            return _tokens(found), athlete if isinstance(athlete, dict) else {}
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            answer = answer_of(error)
        # Outside the `except`: a chained error would carry the request, and with it the secret and the code.
        if answer.status is not None and 400 <= answer.status < 500 and answer.status != 429:
            raise RefreshRefused(
                f"Strava did not take the consent ({answer.status}{answer.codes}): check client ID and client secret "
                f"at https://www.strava.com/settings/api, and {CONNECT} again."
            )
        raise TryAgainLater("Strava", answer.reason)

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        """Return the next tokens; see `TokenEndpoint`."""
        failures = 0
        while True:
            try:
                return _tokens(
                    self._tokens.protocol.refresh_access_token(
                        application.client_id, application.client_secret, refresh_token
                    )
                )
            except (requests.RequestException, KeyError, TypeError, ValueError) as error:
                answer = answer_of(error)
            if answer.is_inactive or answer.status == 429:
                self._raise_final(answer)
            if answer.status is not None and 400 <= answer.status < 500 and answer.status != 408:
                raise RefreshRefused(
                    f"Strava no longer accepts the saved consent ({answer.status}{answer.codes}). It was withdrawn, an "
                    "answer of Strava's was lost, or the home was restored from an older copy. What came before is "
                    f"kept; {CONNECT}."
                )
            failures += 1
            self._again(failures, answer.reason)

    def deauthorize(self) -> None:
        """Tell Strava that the consent is over."""
        self._client.protocol.access_token = self._account.access_token(self)
        answer = None
        try:
            self._client.protocol.post(f"{STRAVA}/oauth/deauthorize")
        except requests.RequestException as error:
            answer = answer_of(error)
        if answer is not None and answer.status != 401:  # 401: it was over before
            raise TryAgainLater("Strava", answer.reason)


def _tokens(found: Mapping[str, Any]) -> Tokens:
    access_token, refresh_token = found["access_token"], found["refresh_token"]
    if not (isinstance(access_token, str) and access_token and isinstance(refresh_token, str) and refresh_token):
        raise TypeError("no tokens")
    return Tokens(access_token, refresh_token, float(found["expires_at"]))
