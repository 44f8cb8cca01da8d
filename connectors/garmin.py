"""A Garmin account as a source: what was recorded by the watch, as the watch wrote it.

The list says what there is and, by a digest of each line, what was edited; the bytes are the original file's. What only
the account knows (a name, a note, a kind of sport or a rating that was changed there) is left out: the original holds
none of it, and the archive keeps nothing that did not come as bytes. A wrong sport is set right with `gaitkeeper
correct sport`; the rating that the watch asked for after the run stands in its file.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from connectors.base import Fetched, SourceSetup, SourceStatus
from connectors.garmin_answers import BY_HAND, Listed, read_page
from connectors.garmin_cooldown import CoolDown
from connectors.garmin_faults import COOLING, FILE_WAYS, LINK_AGAIN, GarminFault, GarminWeb, Trouble
from connectors.garmin_original import NO_FILE, activity_file
from pipeline.errors import GaitkeeperError, NeedsAttention, SkipRecording, TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from connectors.base import Keeper
    from pipeline.model import RefKey

_Answer = TypeVar("_Answer")

#: Lines of one page; Garmin's own pages ask for 20 at a time, its server gives up to 1,000.
PAGE_LINES: Final = 100
#: The list can only be cut by the day of the run. A watch that was not synchronised for weeks brings old runs, and
#: people set right last week's; what was edited longer ago is seen by the weekly whole listing.
OVERLAP: Final = timedelta(days=30)
#: The list grows at its front while it is read: then it is read again from there.
_MOST_READINGS: Final = 3
#: Nobody has 200,000 activities; a server that never comes to an end is one that ignores where we are.
_MOST_PAGES: Final = 2000

#: Between two requests: what a person who clicks would need, so that a back-fill looks like nothing else.
PAUSE_S: Final = 1.0
#: One broken original is refused with 403 (moderation/garmin-connect-export#5); so many in a row are no broken files.
_WITHHELD_IS_BLOCKED: Final = 5
#: Waits before the second and third try of a request that met a passing fault.
RETRY_WAITS_S: Final = (3.0, 12.0)

_LIBRARY: Final = "garminconnect"
_MISSING: Final = (
    "A Garmin account needs the library garminconnect, and that needs Python 3.12 or newer: install Gaitkeeper there "
    "with `pip install 'gaitkeeper[garmin]'`."
)


def why_not_here() -> str | None:
    """Return why accounts can't be had on this machine, None where they can."""
    return None if find_spec(_LIBRARY) else f"{_MISSING} {FILE_WAYS}"


def linked_account(secrets: Keeper) -> GarminWeb:
    """Return the account whose tokens are kept."""
    from connectors.garmin_web import Account  # noqa: PLC0415 - an optional extra

    return Account(secrets)


@dataclass(slots=True)
class _Visit:
    """What lasts as long as the source is open: the connection, and how often it was turned away."""

    web: GarminWeb | None = None
    withheld_in_a_row_count: int = 0


@dataclass(frozen=True, slots=True)
class GarminSource:
    """One linked account."""

    setup: SourceSetup
    account: Callable[[Keeper], GarminWeb] = linked_account
    name: str = "garmin"
    visit: _Visit = field(default_factory=_Visit, repr=False, compare=False)

    def __repr__(self) -> str:
        """Say nothing of what the home gave it."""
        return f"<Garmin account of {self.setup.runner_id}>"

    @classmethod
    def open(cls, setup: SourceSetup) -> Self:
        """Use the account that was linked for this runner; nothing is asked yet."""
        return cls(setup)

    def status(self) -> SourceStatus:
        """Say whether it is linked, when the limit ends, and what of Garmin's list nobody here reads."""
        missing = why_not_here()
        if missing is not None:
            return SourceStatus(is_linked=False, message="garminconnect is not installed", what_to_do=missing)
        kept = self.setup.secrets.read() or {}
        if not kept.get("di_token"):
            return SourceStatus(is_linked=False, message="no Garmin account is linked", what_to_do=LINK_AGAIN)
        memory = self.setup.memory.read() or {}
        message = f"linked to {kept.get('linked_to') or 'a Garmin account'}"
        unmapped = memory.get("unmapped_fields") or []
        if unmapped:
            message += f"; fields of Garmin's list that nobody here reads: {', '.join(unmapped)}"
        until = self._cool_down.until_utc()
        what_to_do = None if until is None else f"wait until {until:%Y-%m-%d %H:%M} UTC. {FILE_WAYS}"
        return SourceStatus(is_linked=True, message=message, free_again_utc=until, what_to_do=what_to_do)

    def refs(self, since: datetime | None) -> Iterator[RefKey]:
        """List the activities, in the order of their ids.

        Args:
            since: activities of 30 days before it and later; None: all.

        Raises:
            TryAgainLater: Garmin is out of reach, asks us to wait, or gives no whole list.
            NeedsAttention: no account is linked, or the link no longer holds.
        """
        web = self._web()
        unmapped: set[str] = set()
        day = None if since is None else (since - OVERLAP).date()
        listed = self._list(web, day, unmapped)
        kept_ids = {one.activity_id for one in listed}
        memory = self.setup.memory.read() or {}
        if since is None and not listed and memory.get("listed_count"):
            raise TryAgainLater(
                "Garmin",
                f"its list is empty, though it held {memory['listed_count']} activities: nothing is taken as gone",
            )
        news: dict[str, Any] = {"unmapped_fields": sorted(unmapped)}
        if since is None:
            news["listed_count"] = len(listed)
        if any(memory.get(name) != value for name, value in news.items()):
            self.setup.memory.write({**memory, **news})
        # A leg of a multisport activity is in its parent's original.
        found = [one for one in listed if one.parent_id not in kept_ids]
        return iter(sorted((one.ref(self.name) for one in found), key=lambda ref: ref.ref))

    def fetch(self, ref: RefKey) -> Fetched:
        """Hand over the original of one activity, unpacked.

        Raises:
            TryAgainLater: Garmin is out of reach or asks us to wait.
            SkipRecording: there is no original, or no activity file in it.
            NeedsAttention: the link no longer holds.
        """
        if not (ref.ref.isascii() and ref.ref.isdigit() and ref.ref.strip("0")):
            raise SkipRecording("no activity of a Garmin account")
        if ref.version is not None and ref.version.endswith(BY_HAND):
            raise SkipRecording(NO_FILE)  # hundreds of them are asked about every night, and Garmin never once
        web = self._web()
        self.setup.sleep(PAUSE_S)
        file_name, content = self._ask(lambda: activity_file(web.original(ref.ref), ref.ref))
        return Fetched(content, file_name, ref.ref, None)

    @property
    def _cool_down(self) -> CoolDown:
        return CoolDown(self.setup.memory, self.setup.now)

    def _web(self) -> GarminWeb:
        missing = why_not_here() if self.account is linked_account else None
        if missing is not None:
            raise NeedsAttention(missing)
        if not (self.setup.secrets.read() or {}).get("di_token"):
            raise NeedsAttention(f"No Garmin account is linked for {self.setup.runner_id}. {LINK_AGAIN} {FILE_WAYS}")
        self._cool_down.respect()
        if self.visit.web is None:
            self.visit.web = self.account(self.setup.secrets)
        return self.visit.web

    def _list(self, web: GarminWeb, day: date | None, unmapped: set[str]) -> list[Listed]:
        for _ in range(_MOST_READINGS):
            listed = self._read_list(web, day, unmapped)
            if listed is not None:
                return listed
        raise TryAgainLater("Garmin", "its list of activities changes while it is read")

    def _read_list(self, web: GarminWeb, day: date | None, unmapped: set[str]) -> list[Listed] | None:
        """Read all pages; None where something was added or deleted meanwhile, so that a line may be missing.

        Each page begins with the last line of the one before: a list that shifted shows.
        """
        found: dict[str, Listed] = {}
        last: str | None = None
        start = 0
        for _ in range(_MOST_PAGES):
            page = self._ask(partial(_page, web, start, day, unmapped), is_list=True)
            if last is not None and (not page or page[0].activity_id != last):
                return None
            fresh = [one for one in page if one.activity_id not in found]
            if not fresh:
                return list(found.values())
            found.update({one.activity_id: one for one in fresh})
            last = page[-1].activity_id
            start += len(page) - 1
            if not start:  # a single activity: the next page would be the same one
                return list(found.values())
            self.setup.sleep(PAUSE_S)
        raise TryAgainLater("Garmin", "its list of activities has no end")

    def _ask(self, question: Callable[[], _Answer], *, is_list: bool = False) -> _Answer:
        """Ask once, and again after a passing fault; a limit starts the enforced wait, an answer ends it."""
        for wait_s in (*RETRY_WAITS_S, None):
            try:
                answer = question()
            except GarminFault as error:
                fault = error
            else:
                self.visit.withheld_in_a_row_count = 0
                self._cool_down.end()
                return answer
            if fault.trouble is not Trouble.DOWN or wait_s is None:
                break
            self.setup.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        raise self._told(fault, is_list=is_list)

    def _told(self, fault: GarminFault, *, is_list: bool) -> GaitkeeperError:
        if fault.trouble is Trouble.WITHHELD:
            self.visit.withheld_in_a_row_count += 1
            if is_list or self.visit.withheld_in_a_row_count >= _WITHHELD_IS_BLOCKED:
                return self._cool_down.begin(GarminFault(Trouble.BLOCKED, fault.detail))
        if fault.trouble in COOLING:
            return self._cool_down.begin(fault)
        if fault.trouble in (Trouble.GONE, Trouble.WITHHELD) and not is_list:
            return SkipRecording(str(fault))
        return fault.told()


def _page(web: GarminWeb, start: int, day: date | None, unmapped: set[str]) -> list[Listed]:
    return read_page(web.activities(start, PAGE_LINES, day), unmapped)
