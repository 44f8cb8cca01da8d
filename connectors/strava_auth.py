"""Strava's OAuth: the application, the consent in the browser, and tokens that are saved before they are used.

A refresh token is good for one use: the answer brings the next one, which exists nowhere else. So it is on the disk
before the access token beside it goes out, and what is there is never removed because a refresh failed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from pipeline.errors import NeedsAttention, TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from connectors.base import Keeper

#: `read` is what Strava grants to everybody (who the athlete is). `activity:read_all` rather than `activity:read`: runs
#: that only the runner may see load the hip like any other, and without it the stretches inside a privacy zone are cut
#: off every run, so that distance and hills come out short. Nothing that writes.
SCOPES: Final = ("read", "activity:read_all")

#: Either lets us read; with the second alone, what `PARTLY` says is missing.
READS: Final = frozenset({"activity:read_all", "activity:read"})
PARTLY: Final = (
    "the box about private activities was not ticked: runs that only you can see are missing, and what lies inside a "
    "privacy zone is cut off the others"
)

#: Strava gives a new access token when the old one has an hour or less to live, and the old one before that
#: (https://developers.strava.com/docs/authentication): earlier makes no sense, later risks one that ends on the way.
EARLY_S: Final = 3600.0
#: Where our clock is wrong, a token may look old that is not: it is refreshed at most so often.
MIN_REFRESH_GAP_S: Final = 1800.0

CONNECT: Final = "run `gaitkeeper connect strava`"


@dataclass(frozen=True, slots=True)
class Application:
    """The runner's own entry at https://www.strava.com/settings/api."""

    client_id: int
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Strava gave for the runner's consent."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at_s: float  #: seconds since 1970


class TokenEndpoint(Protocol):
    """Asks Strava for tokens."""

    def exchange(self, application: Application, code: str) -> tuple[Tokens, Mapping[str, Any]]:
        """Return the tokens for a code, and what Strava says of the athlete."""

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        """Return the next tokens.

        Raises:
            RefreshRefused: this refresh token is no longer good.
            TryAgainLater: Strava is out of reach.
        """


class RefreshRefused(NeedsAttention):
    """Strava no longer takes the refresh token, or the application."""


class Account:
    """The linked account of one runner, as the home keeps it. Shows no secret when printed."""

    def __init__(self, keeper: Keeper, runner_id: str, now: Callable[[], datetime]) -> None:
        """Use a home's keeper of secrets; nothing is read yet."""
        self._keeper, self._runner_id, self._now = keeper, runner_id, now

    def __repr__(self) -> str:
        """Name the runner alone."""
        return f"Account({self._runner_id!r})"

    @property
    def application(self) -> Application | None:
        """The application that was named last; None where none was."""
        kept = self._read()
        if not isinstance(kept.get("client_id"), int) or not kept.get("client_secret"):
            return None
        return Application(kept["client_id"], str(kept["client_secret"]))

    @property
    def tokens(self) -> Tokens | None:
        """The tokens; None where the account is not linked."""
        kept = self._read()
        if not kept.get("refresh_token"):
            return None
        try:
            expires_at_s = float(kept.get("expires_at", 0))
        except (TypeError, ValueError):
            expires_at_s = 0.0
        return Tokens(str(kept.get("access_token", "")), str(kept["refresh_token"]), expires_at_s)

    @property
    def athlete(self) -> str:
        """Who it is, for people."""
        kept = self._read()
        return f"{kept.get('athlete_name') or 'athlete'} ({kept.get('athlete_id', 'unknown')})"

    @property
    def is_partly_granted(self) -> bool:
        """Whether the runner left out the private activities."""
        scopes = self._read().get("scopes")
        return isinstance(scopes, list) and "activity:read_all" not in scopes

    def link(self, application: Application, tokens: Tokens, athlete: Mapping[str, Any], scopes: list[str]) -> None:
        """Keep a new consent in place of any older one."""
        name = " ".join(str(athlete[key]) for key in ("firstname", "lastname") if athlete.get(key))
        self._keeper.write(
            {
                "client_id": application.client_id,
                "client_secret": application.client_secret,
                **self._kept(tokens),
                "scopes": scopes,
                "athlete_id": athlete.get("id"),
                "athlete_name": name[:100],
            }
        )

    def unlink(self) -> None:
        """Forget the consent; the application stays, for the next one."""
        kept = self._read()
        self._keeper.write({name: kept[name] for name in ("client_id", "client_secret") if name in kept})

    def access_token(self, endpoint: TokenEndpoint) -> str:
        """Return an access token that will last, refreshed and saved where it wouldn't.

        Raises:
            NeedsAttention: not linked, or the consent is no longer good.
            TryAgainLater: it has ended and Strava is out of reach.
        """
        tokens = self._linked()
        now_s = self._now().timestamp()
        refreshed_at_s = float(self._read().get("refreshed_at", 0))
        is_fresh = 0 <= now_s - refreshed_at_s < MIN_REFRESH_GAP_S
        if tokens.access_token and (is_fresh or tokens.expires_at_s - now_s > EARLY_S):
            return tokens.access_token
        try:
            return self.refresh(endpoint, tokens.access_token)
        except TryAgainLater:
            if tokens.access_token and tokens.expires_at_s > now_s:
                return tokens.access_token  # it is still good for a while
            raise

    def refresh(self, endpoint: TokenEndpoint, used_token: str) -> str:
        """Fetch the next tokens, save them, and return the access token.

        Args:
            endpoint: whom to ask.
            used_token: the access token that is not good any more. Where the home holds another one by now, a second
                process was faster, and its token is taken.
        """
        tokens = self._linked()
        application = self.application
        if application is None:
            raise NeedsAttention(f"The Strava application of {self._runner_id} is not known: {CONNECT}.")
        if tokens.access_token != used_token:
            return tokens.access_token
        try:
            new = endpoint.refresh(application, tokens.refresh_token)
        except RefreshRefused:
            now_kept = self._linked()
            if now_kept.refresh_token == tokens.refresh_token:
                raise
            return now_kept.access_token  # another process refreshed between our reading and our asking
        self._keeper.write({**self._read(), **self._kept(new)})
        return new.access_token

    def _kept(self, tokens: Tokens) -> dict[str, Any]:
        return {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "expires_at": tokens.expires_at_s,
            "refreshed_at": self._now().timestamp(),
        }

    def _linked(self) -> Tokens:
        tokens = self.tokens
        if tokens is None:
            raise NeedsAttention(f"Strava is not linked for {self._runner_id}: {CONNECT}.")
        return tokens

    def _read(self) -> dict[str, Any]:
        return self._keeper.read() or {}


# --------------------------------------------------------------------------------------------------------------------
# The consent


@dataclass(frozen=True, slots=True)
class Consent:
    """One request for consent: `state` comes back with the answer, so that nobody else's answer is taken for it."""

    application: Application
    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def address(self, base_url: str) -> str:
        """Return where the runner says yes or no."""
        asked = {
            "client_id": self.application.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "approval_prompt": "auto",
            "scope": ",".join(SCOPES),
            "state": self.state,
        }
        return f"{base_url}/oauth/authorize?{urlencode(asked)}"

    def is_ours(self, address: str) -> bool:
        """Return whether an address answers this request."""
        return secrets.compare_digest(_query(address).get("state", "").encode(), self.state.encode())

    def answer(self, address: str) -> tuple[str, list[str]]:
        """Return the code and the granted scopes from the address that the browser was sent to.

        Raises:
            NeedsAttention: it is another answer, the runner said no, or left out what is needed.
        """
        said = _query(address)
        if not self.is_ours(address):
            raise NeedsAttention(
                "This address does not belong to the consent that was just asked for. Start again, and paste the whole "
                "address that the browser shows after you agreed."
            )
        if said.get("error"):
            raise NeedsAttention(f"Strava says that the consent was not given. {_again()}")
        scopes = [scope for scope in said.get("scope", "").replace(" ", ",").split(",") if scope]
        if not READS & set(scopes):
            raise NeedsAttention(
                "Strava was not allowed to show your activities: leave the box about your activities ticked, and that "
                f"about private ones, too. {_again()}"
            )
        if not said.get("code"):
            raise NeedsAttention(f"The address holds no code of Strava's. {_again()}")
        return said["code"], scopes


def _query(address: str) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
    except ValueError:
        return {}


def _again() -> str:
    return "Nothing was changed; run `gaitkeeper connect strava` again."
