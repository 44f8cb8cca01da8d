"""What a source did upstream and in the nights before: deletions, since when to ask, the rows of `sync_run`."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from flows.outcome import Outcome
from flows.reading import Arrived
from flows.writing import opened
from pipeline.archive import Archive, Received
from pipeline.arrivals import Arrivals
from pipeline.lines import append_lines, read_lines
from pipeline.warehouse.connection import ask
from pipeline.warehouse.store import replace_withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.model import RefKey
    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

#: More than so many, and more than this part of what is here, gone at once is rather a fault of the listing than
#: somebody's wish (an empty list stayed unnoticed for months: FAILURES.md). A person decides then.
MANY_GONE_COUNT: Final = 5
MANY_GONE_RATIO: Final = 0.2


def withdraw_missing(
    home: Home,
    runner_id: str,
    source_name: str,
    listed: Iterable[RefKey],
    now_utc: datetime,
    *,
    is_confirmed: bool = False,
) -> Outcome:
    """Take out what an account no longer has, after a whole listing; the bytes stay in the archive.

    Args:
        home: the home.
        runner_id: whose account it is.
        source_name: `Source.name`; a source without versions (a folder) never loses anything.
        listed: all that the account has.
        now_utc: what "now" means.
        is_confirmed: a person said that it is right that so many are gone.
    """
    refs = {ref.ref for ref in listed}
    with opened(home) as log:
        arrivals = log.arrivals
        held = [
            item
            for (owner, source, _), item in arrivals.last_word.items()
            if (owner, source) == (runner_id, source_name) and not item.is_withdrawn
        ]
        gone = [item for item in held if item.source_ref not in refs]
        if not gone:
            return Outcome()
        if not is_confirmed and len(gone) > max(MANY_GONE_COUNT, MANY_GONE_RATIO * len(held)):
            return Outcome(
                message=f"{source_name} lists {len(held) - len(gone)} of {len(held)} known activities: nothing was "
                "taken out, since so many are rarely deleted at once. If they were, run "
                "`gaitkeeper sync --accept-deletions`."
            )
        lines = _farewells(log.connection, gone, now_utc)
        Archive(home).note(lines)
        left = Arrivals.of([*arrivals.in_order, *lines])
        result = log.ingest.store([], left.superseded)
        replace_withdrawals(log.connection, left.withdrawn)
        farewell = {(item.runner_id, item.content_sha256) for item in gone}
        held_elsewhere = [item for item in left.standing if (item.runner_id, item.content_sha256) in farewell]
        log.derive(Arrived(item) for item in held_elsewhere)  # they are that source's from now on
        log.finish(now_utc)
    return Outcome(withdrawn_count=len(gone), session_ids=result.session_ids)


def _farewells(connection: Connection, gone: Sequence[Received], now_utc: datetime) -> list[Received]:
    """Return the lines that take some activities out, each with the day that it had: afterwards nothing tells it."""
    source = {"runner_id": gone[0].runner_id, "source": gone[0].source}
    told = {row["source_ref"]: row for row in ask(connection, "recordings_of_source", source)}
    return [
        replace(
            item,
            received_utc=now_utc,
            is_withdrawn=True,
            start_utc=told.get(item.source_ref, {}).get("start_utc"),
            session_date=told.get(item.source_ref, {}).get("session_date"),
        )
        for item in gone
    ]


#: A whole listing of an account finds what was deleted and what was edited long ago: once a week, since it costs a
#: request for every 200 activities.
WHOLE_LISTING_EVERY: Final = timedelta(days=7)


def since_of(home: Home, runner_id: str, source_name: str, now_utc: datetime) -> datetime | None:
    """Return since when a source is to be listed: its last success, None where a whole listing is due."""
    runs = [
        line
        for line in read_lines(home.sync_run_file)
        if (line["runner_id"], line["source"], line["state"]) == (runner_id, source_name, "success")
    ]
    whole = [datetime.fromisoformat(line["started_utc"]) for line in runs if line.get("is_whole")]
    if not whole or not timedelta(0) <= now_utc - max(whole) < WHOLE_LISTING_EVERY:
        return None
    return max(datetime.fromisoformat(line["started_utc"]) for line in runs)


def arrived_since(home: Home, runner_id: str, source_name: str, now_utc: datetime) -> int:
    """Return how many things of a source came in the run of this very instant: what an interrupted run achieved."""
    return sum(
        (item.runner_id, item.source, item.received_utc, item.is_withdrawn) == (runner_id, source_name, now_utc, False)
        for item in Archive(home).received()
    )


def note_sync_run(
    home: Home,
    runner_id: str,
    source_name: str,
    started_utc: datetime,
    ended_utc: datetime,
    state: str,
    outcome: Outcome,
    *,
    is_whole: bool,
) -> None:
    """Append one row of `sync_run`: what one source gave in one run of the sync.

    Args:
        home: the home.
        runner_id: whose source it is.
        source_name: `SourceConfig.name`.
        started_utc: what "now" meant for the run.
        ended_utc: the same and the time that it took.
        state: success, partial, failed.
        outcome: what came of it.
        is_whole: whether all that the source has was listed.
    """
    append_lines(
        home.sync_run_file,
        [
            {
                "sync_id": f"{started_utc:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
                "runner_id": runner_id,
                "source": source_name,
                "started_utc": started_utc.isoformat(),
                "ended_utc": ended_utc.isoformat(),
                "state": state,
                "seen_count": outcome.seen_count,
                "new_count": outcome.new_count,
                "duplicate_count": outcome.duplicate_count,
                "quarantined_count": outcome.quarantined_count,
                "withdrawn_count": outcome.withdrawn_count,
                "is_whole": is_whole,
                "message": outcome.message,
            }
        ],
    )
