"""The enforced wait after Garmin's limit: written down in the home, so that no night, no command and no restart asks.

The limit is per account and a retry re-arms it (drkostas/hevy2garmin#191); what helped there is a wait that doubles
from 2 to 24 hours and that nothing can skip (#212).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from connectors.garmin_faults import FILE_WAYS, GarminFault
from pipeline.errors import TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.base import Keeper

FIRST_S: Final = 2 * 3600.0
LONGEST_S: Final = 24 * 3600.0
#: A `Retry-After` beyond a week is a mistake of the server's.
_LONGEST_NAMED_S: Final = 7 * 86_400.0

_KEY: Final = "cool_down"


@dataclass(frozen=True, slots=True)
class CoolDown:
    """The wait that stands in the home's memory of one account."""

    memory: Keeper
    now: Callable[[], datetime]

    def until_utc(self) -> datetime | None:
        """Return when it ends; None where none stands now."""
        kept = self._kept()
        if kept is None:
            return None
        now = self.now()
        until = min(kept[0], now) + timedelta(seconds=kept[1])
        return until if until > now else None

    def respect(self) -> None:
        """Raise TryAgainLater while it stands: then no request may be sent."""
        kept, until = self._kept(), self.until_utc()
        if kept is not None and kept[0] > self.now():
            self._write(self.now(), kept[1])  # the clock was set back: the wait begins anew, once
        if until is not None:
            wait_s = (until - self.now()).total_seconds()
            raise TryAgainLater(
                "Garmin",
                f"it set this account a limit, and asking before {until:%Y-%m-%d %H:%M} UTC would lengthen it, so "
                f"nothing is asked. {FILE_WAYS}".rstrip("."),
                wait_s,
            )

    def begin(self, fault: GarminFault) -> TryAgainLater:
        """Start the wait, twice as long as the last where that did not help; return what to tell."""
        kept = self._kept()
        length_s = FIRST_S if kept is None else min(2 * kept[1], LONGEST_S)
        if fault.retry_after_s is not None:
            length_s = max(length_s, min(fault.retry_after_s, _LONGEST_NAMED_S))
        since = self.now()
        until = since + timedelta(seconds=length_s)
        self._write(since, length_s)
        return TryAgainLater(
            "Garmin",
            f"{fault}. Nothing more is asked before {until:%Y-%m-%d %H:%M} UTC. {FILE_WAYS}".rstrip("."),
            length_s,
        )

    def end(self) -> None:
        """Forget it: Garmin answered."""
        kept = self.memory.read() or {}
        if kept.pop(_KEY, None) is not None:
            self.memory.write(kept)

    def _kept(self) -> tuple[datetime, float] | None:
        found = (self.memory.read() or {}).get(_KEY)
        if not isinstance(found, dict):
            return None
        try:
            since, length_s = datetime.fromisoformat(found["since_utc"]), float(found["length_s"])
        except (KeyError, TypeError, ValueError):
            return None
        return (since if since.tzinfo else since.replace(tzinfo=UTC)), length_s

    def _write(self, since_utc: datetime, length_s: float) -> None:
        kept = self.memory.read() or {}
        self.memory.write({**kept, _KEY: {"since_utc": since_utc.isoformat(), "length_s": length_s}})
