"""A Strava account as a source: what it lists, one activity at a time, and how it stands with Strava."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from connectors.base import Fetched, SourceSetup, SourceStatus
from connectors.strava_auth import CONNECT, PARTLY, Account
from connectors.strava_document import document, version_of
from connectors.strava_fields import STREAMS
from connectors.strava_limits import Gate, Memory
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.model import RefKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.strava_client import StravaApi

NAME: Final = "strava"

#: The most that Strava lists at once.
PER_PAGE: Final = 200
#: How far behind `since` a listing reaches: watches are synced late, titles and sports are set right later. A page
#: costs one request and a runner has fewer than 200 activities a month, so a month costs the same as a day.
OVERLAP: Final = timedelta(days=30)
#: The listing says nothing of description, note and exertion, and "pain 2/10" is written the next morning. So each
#: activity is looked at once more when it is this old: its version changes then, without an edit.
LATER: Final = timedelta(hours=48)

#: The backlog is written down after so many activities, at an interruption and at the end: each is a file on the disk.
_NOTED_EVERY: Final = 20

_ID: Final = re.compile(r"[1-9][0-9]{0,18}")


class StravaSource:
    """The activities of one linked athlete."""

    name = NAME

    def __init__(self, setup: SourceSetup) -> None:
        """Use a home's memory and secrets; nothing is read or asked yet."""
        self._setup = setup
        self._account = Account(setup.secrets, setup.runner_id, setup.now)
        self._memory = Memory(setup.memory)
        self._gate = Gate(setup)
        self._connected: StravaApi | None = None

    def __repr__(self) -> str:
        """Name the runner, and no secret."""
        return f"StravaSource({self._setup.runner_id!r})"

    @classmethod
    def open(cls, setup: SourceSetup) -> Self:
        """Make one for a home."""
        return cls(setup)

    @property
    def _api(self) -> StravaApi:
        if self._connected is None:
            from connectors.strava_client import StravaApi  # noqa: PLC0415 - `requests` for those who ask something

            self._connected = StravaApi(self._setup, self._account, self._gate)
        return self._connected

    # --- What there is ---------------------------------------------------------------------------------------------

    def refs(self, since: datetime | None) -> Iterator[RefKey]:
        """List the activities, sorted by ref; see `Source.refs`."""
        with self._troubles():
            found = {str(one["id"]): self._ref(one) for one in self._listed(since)}
        refs = [found[key] for key in sorted(found)]
        backlog = self._memory.read().get("backlog")
        ids = [ref.ref for ref in refs]
        self._memory.update(listed=ids, backlog=len(ids) if backlog is None else backlog)
        return iter(refs)

    def _listed(self, since: datetime | None) -> Iterator[dict[str, Any]]:
        """Yield the summaries, newest first, each page from where the last one ended.

        Not by number of page: an activity that is deleted meanwhile would move another one across the border of two
        pages, past us, and what a whole listing leaves out counts as gone.
        """
        oldest = None if since is None else since - OVERLAP
        before_s: int | None = None
        known: set[str] = set()
        while page := self._page(before_s):
            last = min(_start(one) for one in page)
            fresh = [one for one in page if str(one["id"]) not in known]
            known.update(str(one["id"]) for one in fresh)
            yield from (one for one in fresh if oldest is None or _start(one) >= oldest)
            if oldest is not None and last < oldest:
                return
            # A page may be shorter than asked for without being the last (Strava's reference, pagination): only an
            # empty one is. `before` leaves out its own second, in which another device may have started.
            before_s = int(last.timestamp()) + (1 if fresh else 0)

    def _page(self, before_s: int | None) -> list[dict[str, Any]]:
        from connectors.strava_client import NotThere, Refused  # noqa: PLC0415 - as above

        bounds: dict[str, object] = {} if before_s is None else {"before": before_s}
        try:
            found = self._api.get("/athlete/activities", list, page=1, per_page=PER_PAGE, **bounds)
        except (NotThere, Refused) as error:
            raise NeedsAttention(
                f"Strava refuses to list the activities ({error}). See https://status.strava.com and the application "
                f"at https://www.strava.com/settings/api; if both are well, {CONNECT}."
            ) from error
        if not all(isinstance(one, dict) and _ID.fullmatch(str(one.get("id"))) for one in found):
            raise TryAgainLater("Strava", "its list of activities is not what it should be")
        return found

    def _ref(self, summary: dict[str, Any]) -> RefKey:
        version = version_of(summary)
        if self._setup.now() - _start(summary) >= LATER:
            version += "+"
        day = str(summary.get("start_date_local") or summary.get("start_date"))[:10]
        return RefKey(NAME, str(summary["id"]), f"strava-{day}-{summary['id']}.json", None, version)

    # --- One of them -----------------------------------------------------------------------------------------------

    def fetch(self, ref: RefKey) -> Fetched:
        """Hand over detail and streams of one activity as one document; see `Source.fetch`."""
        if not _ID.fullmatch(ref.ref):
            raise SkipRecording("no activity of Strava: its activities have numbers")
        try:
            with self._troubles():
                content = self._document(ref.ref)
        except TryAgainLater:
            self._note_backlog(ref.ref, is_done=False)
            raise
        except SkipRecording:
            self._note_backlog(ref.ref, is_done=True)
            raise
        self._note_backlog(ref.ref, is_done=True)
        return Fetched(content, ref.file_name, ref.ref, None)

    def _document(self, activity_id: str) -> bytes:
        from connectors.strava_client import NotThere, Refused  # noqa: PLC0415 - as above

        try:
            activity = self._api.get(f"/activities/{activity_id}", dict)
        except NotThere as error:
            raise SkipRecording("gone from Strava since it was listed") from error
        except Refused as error:
            raise SkipRecording(f"Strava does not hand it over ({error})") from error
        if str(activity.get("id")) != activity_id:
            raise TryAgainLater("Strava", "it answers with another activity")
        return document(activity, self._streams(activity_id) if activity.get("manual") is not True else {})

    def _streams(self, activity_id: str) -> dict[str, Any]:
        """Return the streams; none where Strava has none (404: entered by hand, strength training)."""
        from connectors.strava_client import NotThere, Refused  # noqa: PLC0415 - as above

        try:
            return self._api.get(f"/activities/{activity_id}/streams", dict, keys=",".join(STREAMS), key_by_type="true")
        except NotThere:
            return {}
        except Refused as error:
            raise SkipRecording(f"Strava does not hand over its streams ({error})") from error

    # --- How it stands ---------------------------------------------------------------------------------------------

    def status(self) -> SourceStatus:
        """Say whether it is linked, what is still to come, and when a limit ends; never asks the network."""
        try:
            is_linked = self._account.tokens is not None
            kept = self._memory.read()
            free_again_utc = self._gate.free_again_utc()
        except NeedsAttention as error:
            return SourceStatus(is_linked=False, message=str(error), what_to_do=CONNECT)
        if not is_linked:
            message = f"Strava is not linked for {self._setup.runner_id}"
            return SourceStatus(is_linked=False, message=message, what_to_do=CONNECT)
        message, what_to_do = f"linked to {self._account.athlete}", None
        if self._account.is_partly_granted:
            message, what_to_do = f"{message}; {PARTLY}", f"{CONNECT} and tick it, or leave it so"
        if kept.get("trouble"):
            message, what_to_do = f"{message}, but turned away at the last try", str(kept["trouble"])
        backlog = kept.get("backlog")
        backlog_count = backlog if isinstance(backlog, int) else None
        if (backlog_count or free_again_utc is not None) and what_to_do is None:
            what_to_do = "nothing: the next nights bring it in"
        return SourceStatus(
            is_linked=True,
            message=message,
            backlog_count=backlog_count,
            free_again_utc=free_again_utc,
            what_to_do=what_to_do,
        )

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Remember what only a person can mend, for `status`, until Strava answers again."""
        try:
            yield
        except NeedsAttention as error:
            self._memory.update(trouble=str(error))
            raise
        if self._memory.read().get("trouble"):
            self._memory.update(trouble=None)

    def _note_backlog(self, activity_id: str, *, is_done: bool) -> None:
        """Count what is listed behind this one: a flow takes them in order, and what came before is here."""
        kept = self._memory.read()
        listed, before = kept.get("listed"), kept.get("backlog")
        if not isinstance(listed, list):
            return
        left = sum(one > activity_id or (one == activity_id and not is_done) for one in listed)
        backlog = min(left, before) if is_done and isinstance(before, int) else left
        if backlog != before and (not is_done or backlog % _NOTED_EVERY == 0):
            self._memory.update(backlog=backlog)


def _start(summary: dict[str, Any]) -> datetime:
    try:
        found = datetime.fromisoformat(str(summary["start_date"]))
    except (KeyError, ValueError):
        _broken()
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _broken() -> NoReturn:
    raise TryAgainLater("Strava", "its list of activities is not what it should be") from None
