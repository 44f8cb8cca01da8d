"""What goes wrong with a Garmin account, by what can be done about it. Nothing of the library, nothing secret."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from pipeline.errors import GaitkeeperError, NeedsAttention, TryAgainLater

if TYPE_CHECKING:
    from datetime import date

#: What to do instead, in every sentence about trouble with the account.
FILE_WAYS: Final = (
    "The watch's own files and Garmin's account export still work: `gaitkeeper import`, see docs/garmin.md."
)
LINK_AGAIN: Final = "Run `gaitkeeper connect garmin`."


class Trouble(Enum):
    """The kinds of trouble, each with its sentence."""

    LIMITED = "Garmin asks this account to wait: too many requests"
    BLOCKED = "Garmin's protection against programs (Cloudflare) turned this one away"
    DOWN = "Garmin can't be reached or is out of order"
    CHANGED = "Garmin's answer is not the one that this version of garminconnect knows"
    GONE = "Garmin no longer has it"
    WITHHELD = "Garmin does not hand it over"
    UNLINKED = "Garmin no longer takes the link that is kept here"
    REFUSED = "Garmin does not take this e-mail address and password"
    LOCKED = "Garmin has locked this account"
    WRONG_CODE = "Garmin does not take this code"


#: After these a further request only lengthens the block (drkostas/hevy2garmin#191).
COOLING: Final = frozenset({Trouble.LIMITED, Trouble.BLOCKED})
#: These mend themselves.
_PASSING: Final = frozenset({Trouble.LIMITED, Trouble.BLOCKED, Trouble.DOWN, Trouble.CHANGED})

_WHAT_TO_DO: Final = {
    Trouble.UNLINKED: f"{LINK_AGAIN} (A new password, a long silence or a restored backup ends a link.)",
    Trouble.REFUSED: f"Check both at https://connect.garmin.com, then link again. {LINK_AGAIN}",
    Trouble.LOCKED: "Unlock it at https://sso.garmin.com (a new password, or a day's wait), then link again. "
    + LINK_AGAIN,
    Trouble.WRONG_CODE: f"Ask for a new one. {LINK_AGAIN}",
}


class GarminFault(Exception):
    """One answer that is no answer. It stays inside the connectors: `told` makes of it what may leave them."""

    def __init__(self, trouble: Trouble, detail: str = "", retry_after_s: float | None = None) -> None:
        """Keep the kind, a clause of our own words (an HTTP status, a step), and the wait that Garmin named."""
        self.trouble = trouble
        self.detail = detail
        self.retry_after_s = retry_after_s
        super().__init__(trouble.value + (f" ({detail})" if detail else ""))

    def told(self) -> GaitkeeperError:
        """Return the error that people see."""
        if self.trouble in _PASSING:
            more = (
                " If it lasts, update the library: pip install -U garminconnect"
                if self.trouble is Trouble.CHANGED
                else ""
            )
            return TryAgainLater("Garmin", f"{self}.{more} {FILE_WAYS}".rstrip("."))
        return NeedsAttention(f"{self}. {_WHAT_TO_DO.get(self.trouble, LINK_AGAIN)} {FILE_WAYS}")


class GarminWeb(Protocol):
    """A linked account, as far as the source needs one. Every method raises GarminFault and nothing else of its own."""

    def activities(self, start: int, limit: int, since: date | None) -> object:
        """Return the JSON of one page of the list, newest first; `since` is a local day."""

    def original(self, activity_id: str) -> bytes:
        """Return what was once uploaded, as Garmin packs it (a zip)."""


class GarminLogin(Protocol):
    """An account that is being linked."""

    def log_in(self, email: str, password: str) -> bool:
        """Send both; return whether Garmin asks for a code. Raises GarminFault."""

    def give_code(self, code: str) -> None:
        """Send the code. Raises GarminFault; after WRONG_CODE another one may be given."""

    def linked_to(self) -> str | None:
        """Keep the tokens, and return the account's name, None where Garmin doesn't tell. Raises GarminFault."""
