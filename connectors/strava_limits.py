"""Strava's rate limits: what has been used, when it is free again, and the gate that every request goes through.

Strava counts by application, in quarters of an hour (:00, :15, :30, :45) and in days (midnight UTC), once over all
requests and once over reads, and says in every answer how much is used (https://developers.strava.com/docs/rate-limits).
A request that is refused counts too, so none is sent that would be: it waits, or is left to the next night.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.base import Keeper, SourceSetup

QUARTER_S: Final = 900
DAY_S: Final = 86_400

#: The limits of a new application, until an answer says otherwise: (a quarter of an hour, a day).
DEFAULT_LIMITS: Final = {"overall": (200, 2000), "read": (100, 1000)}
#: The headers that say (limit, usage) of each.
HEADERS: Final = {
    "overall": ("x-ratelimit-limit", "x-ratelimit-usage"),
    "read": ("x-readratelimit-limit", "x-readratelimit-usage"),
}

#: A window ends by Strava's clock, which its answers tell to the second; so much later is certainly after it.
MARGIN_S: Final = 2.0
#: Waiting holds up the night: two whole quarters of an hour a day at most, which gives three quarters' worth of
#: requests (150 activities). What is left comes the next night.
MAX_WAIT_S_A_DAY: Final = 2 * (QUARTER_S + MARGIN_S)
#: Two clocks differ by less than this, or one of them is broken: then what was counted says nothing.
MAX_CLOCK_CHANGE_S: Final = 2 * DAY_S


@dataclass(slots=True)
class Meter:
    """What one limit allows and how much of it is used, in the running quarter of an hour and on the running day."""

    quarter_limit: int
    day_limit: int
    quarter_count: int = 0
    day_count: int = 0


@dataclass(slots=True)
class Usage:
    """All meters at one instant of Strava's clock."""

    at_s: float = 0.0  #: when it was counted last, seconds since 1970 by Strava's clock
    skew_s: float = 0.0  #: Strava's clock minus ours
    blocked_until_s: float = 0.0  #: refused without saying which limit, by Strava's clock
    waited_s: float = 0.0  #: waited on the running day
    meters: dict[str, Meter] = field(
        default_factory=lambda: {name: Meter(*limits) for name, limits in DEFAULT_LIMITS.items()}
    )

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Usage:
        """Read what `kept` wrote; what is not there or not readable starts anew."""
        try:
            meters = {name: Meter(**kept["meters"][name]) for name in DEFAULT_LIMITS}
            names = ("at_s", "skew_s", "blocked_until_s", "waited_s")
            return cls(**{name: float(kept[name]) for name in names}, meters=meters)
        except (KeyError, TypeError, ValueError):
            return cls()

    def kept(self) -> dict[str, Any]:
        """Return it as plain values."""
        meters = {name: {slot: getattr(meter, slot) for slot in Meter.__slots__} for name, meter in self.meters.items()}
        return {
            "at_s": self.at_s,
            "skew_s": self.skew_s,
            "blocked_until_s": self.blocked_until_s,
            "waited_s": self.waited_s,
            "meters": meters,
        }

    def roll(self, now_s: float) -> None:
        """Start the windows anew that have ended since the last count; `now_s` is by our clock.

        A clock that goes back a little ends nothing; one that jumps by days makes the count worthless.
        """
        now_s += self.skew_s
        is_broken = now_s < self.at_s - MAX_CLOCK_CHANGE_S
        if is_broken:
            self.blocked_until_s = 0.0
        for meter in self.meters.values():
            if is_broken or now_s // QUARTER_S > self.at_s // QUARTER_S:
                meter.quarter_count = 0
            if is_broken or now_s // DAY_S > self.at_s // DAY_S:
                meter.day_count = 0
        if is_broken or now_s // DAY_S > self.at_s // DAY_S:
            self.waited_s = 0.0
        self.at_s = now_s if is_broken else max(self.at_s, now_s)

    def wait(self, now_s: float) -> tuple[float, str]:
        """Return the seconds until the next request may go out, and what stands against it; 0 where nothing does."""
        self.roll(now_s)
        now_s += self.skew_s
        found = [(0.0, "")]
        if self.blocked_until_s > now_s:
            found.append((self.blocked_until_s - now_s, "its limit of requests is used up"))
        for meter in self.meters.values():
            if meter.day_count >= meter.day_limit:
                found.append((_until(now_s, DAY_S), f"the day's {meter.day_limit} requests are used up"))
            elif meter.quarter_count >= meter.quarter_limit:
                reason = f"the {meter.quarter_limit} requests of this quarter of an hour are used up"
                found.append((_until(now_s, QUARTER_S), reason))
        return max(found)

    def count(self) -> None:
        """Count one read."""
        for meter in self.meters.values():
            meter.quarter_count += 1
            meter.day_count += 1

    def learn(self, headers: Mapping[str, str], now_s: float, *, is_refused: bool) -> None:
        """Take over what an answer says: the clock, the limits, what is used; `headers` in any case.

        Args:
            headers: of the answer.
            now_s: our clock.
            is_refused: it was a 429.
        """
        found = {name.lower(): value for name, value in headers.items()}
        told_s = _date_s(found.get("date"))
        if told_s is not None and abs(told_s - now_s - self.skew_s) > MARGIN_S:
            self.skew_s = told_s - now_s
        self.roll(now_s)
        for name, (limit, usage) in HEADERS.items():
            limits, used = _pair(found.get(limit)), _pair(found.get(usage))
            if limits and used:
                self.meters[name] = Meter(*limits, *used)
        if is_refused and not self.wait(now_s)[0]:  # it did not say why: this quarter of an hour is over for us
            later_s = _seconds(found.get("retry-after")) or _until(now_s + self.skew_s, QUARTER_S)
            self.blocked_until_s = now_s + self.skew_s + later_s


def _until(now_s: float, window_s: int) -> float:
    """Return the seconds to the end of a window, and a little."""
    return window_s - now_s % window_s + MARGIN_S


def _pair(text: str | None) -> tuple[int, int] | None:
    """Return "100,1000" as two numbers; None where it isn't that."""
    parts = (text or "").split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdecimal() else None


def _date_s(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


class Gate:
    """Lets one request through at a time, and none past a limit. What it knows outlives the process.

    Strava counts by application, so the runners of a home who use the same one share what is known of it.
    """

    def __init__(self, setup: SourceSetup) -> None:
        """Use the memory, clock and sleep of a home; nothing is read yet."""
        self._memory, self._now, self._sleep = Memory(setup.shared or setup.memory), setup.now, setup.sleep
        self._secrets = setup.secrets

    def enter(self) -> None:
        """Count one request before it is sent, waiting for a short while where a limit is used up.

        Raises:
            TryAgainLater: the wait would be too long.
        """
        usage = self._usage()
        wait_s, reason = usage.wait(self._now_s())
        while wait_s:
            if usage.waited_s + wait_s > MAX_WAIT_S_A_DAY:
                raise TryAgainLater("Strava", reason, wait_s)
            usage.waited_s += wait_s
            self._keep(usage)
            self._sleep(wait_s)
            usage = self._usage()  # another process may have used some of it
            wait_s, reason = usage.wait(self._now_s())
        usage.count()
        self._keep(usage)  # before it is sent: a process that is killed now has sent it

    def leave(self, headers: Mapping[str, str], status: int) -> None:
        """Learn from the answer; where it agrees with our own count there is nothing to write."""
        usage = self._usage()
        before = {**usage.kept(), "at_s": None}
        usage.learn(headers, self._now_s(), is_refused=status == 429)
        if before != {**usage.kept(), "at_s": None}:
            self._keep(usage)

    def free_again_utc(self) -> datetime | None:
        """Return when the limit that stands against a request ends; None where none does."""
        usage = self._usage()
        now_s = self._now_s()
        wait_s, _ = usage.wait(now_s)
        return datetime.fromtimestamp(now_s + wait_s, UTC) if wait_s else None

    def wait_s(self) -> float:
        """Return the seconds until a request may go out."""
        return self._usage().wait(self._now_s())[0]

    def _usage(self) -> Usage:
        return Usage.of(self._memory.read().get(self._name) or {})

    def _keep(self, usage: Usage) -> None:
        self._memory.update(**{self._name: usage.kept()})

    @cached_property
    def _name(self) -> str:
        return f"limits of {(self._secrets.read() or {}).get('client_id', 'no application')}"

    def _now_s(self) -> float:
        return self._now().timestamp()


class Memory:
    """What a source keeps between two nights, changed part by part."""

    def __init__(self, keeper: Keeper) -> None:
        """Use a home's keeper."""
        self._keeper = keeper

    def read(self) -> dict[str, Any]:
        """Return all of it, as it stands now."""
        return self._keeper.read() or {}

    def update(self, **values: object) -> None:
        """Replace some parts; the others stay as they stand now."""
        self._keeper.write({**self.read(), **values})
