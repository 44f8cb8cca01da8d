"""What a night does, as plain functions: archive, decode, ingest, publish, remember. No Prefect in here.

`gaitkeeper import` calls them straight; `flows.sync` wraps the same ones in a Prefect flow.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from connectors.decode import decode
from flows.sources import is_account
from pipeline.archive import Archive, Received
from pipeline.arrivals import Arrivals
from pipeline.compliance.judge import bring_protocols, home_protocol
from pipeline.errors import GaitkeeperError, NeedsAttention, SkipRecording, TryAgainLater, own_mistake
from pipeline.ingest import Ingest
from pipeline.lines import append_lines, read_lines
from pipeline.places import zone_at
from pipeline.rows import Incoming
from pipeline.settings import local_today
from pipeline.warehouse import checks
from pipeline.warehouse.connection import BrokenWarehouse, ask, publish, writing
from pipeline.warehouse.store import replace_withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from connectors.base import Source
    from pipeline.model import DecodedFile, RefKey
    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

#: Files of one batch: one transaction, one published snapshot. Large enough that the copy of the snapshot costs little,
#: small enough that a crash loses seconds of work (nothing that arrived is lost: the archive comes first).
BATCH_FILES: Final = 40

#: Bytes of one batch: a log of ultra-marathons must not grow the memory.
BATCH_BYTES: Final = 32_000_000

#: A correction changes what later sessions are estimated from, and they change nothing further: two rounds and one that
#: finds nothing. More is a session that can't come to rest; the next night goes on with it.
MAX_ROUNDS: Final = 5

#: Told (done, total) after each batch.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of listing and reading one source, or a part of it; outcomes add up."""

    seen_count: int = 0
    new_count: int = 0
    duplicate_count: int = 0  #: content that was here already
    merged_count: int = 0  #: further copies of a session that was recorded twice
    quarantined_count: int = 0
    withdrawn_count: int = 0  #: gone at their source
    session_ids: tuple[str, ...] = ()
    message: str | None = None

    def __add__(self, other: Outcome) -> Outcome:
        """Return both together."""
        return Outcome(
            self.seen_count + other.seen_count,
            self.new_count + other.new_count,
            self.duplicate_count + other.duplicate_count,
            self.merged_count + other.merged_count,
            self.quarantined_count + other.quarantined_count,
            self.withdrawn_count + other.withdrawn_count,
            tuple(dict.fromkeys(self.session_ids + other.session_ids)),
            other.message or self.message,
        )


@contextmanager
def _open(
    home: Home, progress: Progress | None = None, stale_partitions: set[Path] | None = None
) -> Iterator[tuple[Connection, Ingest, Arrivals]]:
    """Open the warehouse for writing, with the protocol's limits and all that ever arrived brought in."""
    config = home.config()
    with writing(home) as connection:
        bring_protocols(connection, home)
        ingest = Ingest(connection, home, config.time_zone, zone_at, _decoder(Archive(home)), stale_partitions)
        arrivals = _catch_up(home, connection, ingest, progress)
        yield connection, ingest, arrivals


def _decoder(archive: Archive) -> Callable[[str, str], DecodedFile]:
    return lambda sha256, file_name: decode(archive.get(sha256), file_name)


def _finish(home: Home, connection: Connection, now_utc: datetime) -> None:
    checks.run_stopping(connection)
    publish(connection, home, now_utc, local_today(now_utc, home.config().time_zone))


# --------------------------------------------------------------------------------------------------------------------
# In


def batches(refs: Iterable[RefKey]) -> Iterator[list[RefKey]]:
    """Cut a listing into batches, bounded by number and by bytes."""
    batch: list[RefKey] = []
    size_bytes = 0
    for ref in refs:
        if batch and (len(batch) >= BATCH_FILES or size_bytes + (ref.size_bytes or 0) > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(ref)
        size_bytes += ref.size_bytes or 0
    if batch:
        yield batch


def import_batch(home: Home, runner_id: str, source: Source, refs: Sequence[RefKey], now_utc: datetime) -> Outcome:
    """Fetch, archive, decode, derive, store, judge and publish some files of one source.

    Raises:
        TryAgainLater: the source went away; what was fetched before is kept.
        NeedsAttention: the home can't be written, or another process writes to it.
    """
    with _open(home) as (connection, ingest, arrivals):
        archive = Archive(home)
        batch = _Batch(_known(connection, runner_id))
        interruption: GaitkeeperError | None = None
        for ref in refs:
            if arrivals.knows(runner_id, ref.source, ref.ref, ref.version):
                batch.duplicate_count += 1
                continue
            try:
                batch.take(*_received(archive, runner_id, source, ref, now_utc))
            except (TryAgainLater, NeedsAttention) as error:
                interruption = error
                break
        archive.note(batch.arrived)
        arrived = Arrivals.of([*arrivals.in_order, *batch.arrived])
        superseded = arrived.superseded - arrivals.superseded
        result = ingest.store(batch.incoming, superseded)
        if arrived.withdrawn != arrivals.withdrawn:  # one came back
            replace_withdrawals(connection, arrived.withdrawn)
        if batch.incoming or superseded or not home.published_file.exists():
            _finish(home, connection, now_utc)
        if interruption is not None:
            raise interruption
    return Outcome(
        seen_count=len(refs),
        new_count=len(batch.incoming),
        duplicate_count=batch.duplicate_count,
        merged_count=result.merged_count,
        quarantined_count=result.quarantined_count,
        session_ids=result.session_ids,
    )


@dataclass(slots=True)
class _Batch:
    """What of one batch is new."""

    known: set[object]  #: contents, and refusals by (ref, reason), that the warehouse holds
    arrived: list[Received] = field(default_factory=list)
    incoming: list[Incoming] = field(default_factory=list)
    duplicate_count: int = 0

    def take(self, received: Received, content: bytes | None) -> None:
        """Sort one fetched thing; a known content under a new version is written down, and not derived again."""
        is_known = received.content_sha256 in self.known or (received.source_ref, received.refusal) in self.known
        if is_known:
            self.duplicate_count += 1
        else:
            self.known |= {received.content_sha256, (received.source_ref, received.refusal)}
            self.incoming.append(Incoming(received, _read(received, content)))
        if not is_known or (received.version is not None and content is not None):
            self.arrived.append(received)


def _known(connection: Connection, runner_id: str) -> set[object]:
    """Return what is here already: contents by SHA-256, and refusals by (ref, reason)."""
    return {
        (row["source_ref"], row["reason"]) if row["content_sha256"] is None else row["content_sha256"]
        for row in ask(connection, "known_contents", {"runner_id": runner_id})
    }


def _received(
    archive: Archive, runner_id: str, source: Source, ref: RefKey, now_utc: datetime
) -> tuple[Received, bytes | None]:
    """Fetch one thing into the archive; what can't be had is remembered with the reason."""
    received = Received(
        runner_id, source.name, ref.ref, ref.file_name, None, ref.size_bytes, now_utc, version=ref.version
    )
    try:
        fetched = source.fetch(ref)
    except SkipRecording as error:
        return replace(received, refusal=error.reason), None
    sha256 = archive.put(fetched.content)
    size_bytes = len(fetched.content)
    return replace(received, file_name=fetched.file_name, content_sha256=sha256, size_bytes=size_bytes), fetched.content


def _read(received: Received, content: bytes | None) -> DecodedFile | SkipRecording:
    if content is None:
        return SkipRecording(received.refusal or "it could not be read")
    try:
        return decode(content, received.file_name)
    except SkipRecording as error:
        return error
    except Exception as error:  # noqa: BLE001 - a file that we fail on must not stop the others, nor lock the home
        return own_mistake("reading", error)


def import_source(
    home: Home,
    runner_id: str,
    source: Source,
    now_utc: datetime,
    progress: Progress | None = None,
    since: datetime | None = None,
) -> Outcome:
    """Bring in what one source has, batch by batch, and what older sessions owe to it.

    Words that were said while another process wrote (a threshold, a correction) are taken up with it.

    Args:
        home: the home.
        runner_id: whose it is.
        source: where it comes from.
        now_utc: what "now" means.
        progress: told after each batch.
        since: see `Source.refs`; with None the listing is whole, and what it leaves out is gone.
    """
    refs = list(source.refs(since))
    total = Outcome()
    for batch in batches(refs):
        total += import_batch(home, runner_id, source, batch, now_utc)
        if progress is not None:
            progress(total.seen_count, len(refs))
    if since is None and is_account(source.name):
        total += withdraw_missing(home, runner_id, source.name, refs, now_utc)
    if total.new_count:
        with _open(home) as (connection, ingest, _):
            if _settle(home, connection, ingest, None):
                _finish(home, connection, now_utc)
    return total


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
    with _open(home) as (connection, ingest, arrivals):
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
        lines = _farewells(connection, gone, now_utc)
        Archive(home).note(lines)
        left = Arrivals.of([*arrivals.in_order, *lines])
        result = ingest.store([], left.superseded)
        replace_withdrawals(connection, left.withdrawn)
        _finish(home, connection, now_utc)
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


# --------------------------------------------------------------------------------------------------------------------
# Again


def _catch_up(home: Home, connection: Connection, ingest: Ingest, progress: Progress | None) -> Arrivals:
    """Derive what stands and isn't in the warehouse, take out what is and doesn't stand; return what arrived.

    All of it after a change of schema, one batch after a crash.
    """
    archive = Archive(home)
    arrivals = Arrivals.of(archive.received())
    known = {runner_id: _known(connection, runner_id) for runner_id in {item.runner_id for item in arrivals.in_order}}
    missing = [
        item
        for item in arrivals.standing
        if (item.content_sha256 or (item.source_ref, item.refusal)) not in known[item.runner_id]
    ]
    doomed = {(runner_id, content) for runner_id, content in arrivals.superseded if content in known[runner_id]}
    if doomed:
        ingest.store([], doomed)
    if arrivals.withdrawn:
        replace_withdrawals(connection, arrivals.withdrawn)
    _derive_again(archive, ingest, missing, progress)
    return arrivals


def _derive_again(archive: Archive, ingest: Ingest, received: Sequence[Received], progress: Progress | None) -> Outcome:
    """Decode archived files once more and write what they give."""
    total = Outcome()
    for start in range(0, len(received), BATCH_FILES):
        part = received[start : start + BATCH_FILES]
        result = ingest.store([Incoming(item, _read_archived(archive, item)) for item in part])
        total += Outcome(
            seen_count=len(part),
            new_count=len(part),
            merged_count=result.merged_count,
            quarantined_count=result.quarantined_count,
            session_ids=result.session_ids,
        )
        if progress is not None:
            progress(total.seen_count, len(received))
    return total


def _read_archived(archive: Archive, received: Received) -> DecodedFile | SkipRecording:
    try:
        content = None if received.content_sha256 is None else archive.get(received.content_sha256)
    except SkipRecording as error:
        return error
    return _read(received, content)


def rebuild(home: Home, now_utc: datetime, progress: Progress | None = None) -> Outcome:
    """Make the warehouse and the samples again from the archive and the journal."""
    home.require()
    home_protocol(home)
    with suppress(BrokenWarehouse), writing(home):  # a broken file is what a rebuild is for
        pass  # nobody else writes
    for file in home.warehouse_folder.glob("writer.duckdb*"):
        file.unlink()
    stale = set(home.sample_folder.rglob("month=*.parquet"))
    with _open(home, progress, stale_partitions=stale) as (connection, ingest, _):
        _settle(home, connection, ingest, progress)
        for partition in stale:  # those that nothing was put into
            partition.unlink()
        _finish(home, connection, now_utc)
        counts = ask(connection, "warehouse_counts")[0]
    return Outcome(
        seen_count=counts["file_count"],
        new_count=counts["recording_count"],
        quarantined_count=counts["quarantined_count"],
    )


def refresh(home: Home, now_utc: datetime, progress: Progress | None = None) -> Outcome:
    """Derive anew what a changed threshold touches, and publish; cheap when nothing changed."""
    with _open(home, progress) as (connection, ingest, _):
        settled = _settle(home, connection, ingest, progress)
        _finish(home, connection, now_utc)
    return Outcome(seen_count=len(settled), session_ids=tuple(settled))


def _settle(home: Home, connection: Connection, ingest: Ingest, progress: Progress | None) -> list[str]:
    """Derive anew what thresholds, corrections or earlier sessions have changed, until nothing is outdated."""
    archive = Archive(home)
    standing = Arrivals.of(archive.received()).standing
    settled: set[str] = set()
    for _ in range(MAX_ROUNDS):
        outdated = ingest.outdated()
        if not outdated:
            break
        settled.update(outdated)
        contents = ask(connection, "contents_of_sessions", {"session_ids": outdated})
        wanted = {(row["runner_id"], row["content_sha256"]) for row in contents}
        received = [item for item in standing if (item.runner_id, item.content_sha256) in wanted]
        _derive_again(archive, ingest, received, progress)
    return sorted(settled)


# --------------------------------------------------------------------------------------------------------------------
# Remember


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
