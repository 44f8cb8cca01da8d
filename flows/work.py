"""What a night does, as plain functions: fetch, archive, bring in, publish. No Prefect in here.

`gaitkeeper import` calls them straight; `flows.sync` wraps the same ones in a Prefect flow.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from flows import writing
from flows.outcome import Outcome, Progress
from flows.sources import is_account
from flows.upstream import withdraw_missing
from flows.writing import key_of, opened
from pipeline.archive import Archive, Received
from pipeline.arrivals import Arrivals
from pipeline.compliance.judge import home_protocol
from pipeline.errors import GaitkeeperError, NeedsAttention, SkipRecording, TryAgainLater
from pipeline.warehouse.connection import BrokenWarehouse, ask
from pipeline.warehouse.connection import writing as locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from connectors.base import Source
    from pipeline.model import RefKey
    from pipeline.settings import Home

__all__ = ["Outcome", "Progress", "batches", "import_batch", "import_source", "rebuild", "refresh"]

#: Bytes of one batch: a log of ultra-marathons must not grow the memory.
BATCH_BYTES: Final = 32_000_000


def batches(refs: Iterable[RefKey]) -> Iterator[list[RefKey]]:
    """Cut a listing into batches, bounded by number and by bytes."""
    batch: list[RefKey] = []
    size_bytes = 0
    for ref in refs:
        if batch and (len(batch) >= writing.BATCH_FILES or size_bytes + (ref.size_bytes or 0) > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(ref)
        size_bytes += ref.size_bytes or 0
    if batch:
        yield batch


@dataclass(slots=True)
class _Batch:
    """What of one batch is new: archived and written down, not yet in the warehouse."""

    archive: Archive
    known: set[tuple[str, object]]  #: (runner, content), (runner, (ref, reason of a refusal))
    later: list[Received] = field(default_factory=list)  #: to be written down with the rest of the batch
    contents: dict[str, bytes] = field(default_factory=dict)  #: what is to be derived, by its SHA-256
    new_count: int = 0
    duplicate_count: int = 0

    def take(self, received: Received, content: bytes | None) -> None:
        """Sort one fetched thing; a known content under a new version is written down, and not derived again."""
        key = (received.runner_id, key_of(received))
        is_known = key in self.known
        self.known.add(key)
        self.duplicate_count += is_known
        self.new_count += not is_known
        if not is_known and received.content_sha256 is not None and content is not None:
            self.contents[received.content_sha256] = content
        if received.version is not None and content is not None:
            self.archive.note([received])  # at once: an account's things are dear, its limit counts each request
        elif not is_known:
            self.later.append(received)

    def close(self) -> None:
        """Write down what was left to the end: one write for all of a folder's files."""
        self.archive.note(self.later)


def import_batch(home: Home, runner_id: str, source: Source, refs: Sequence[RefKey], now_utc: datetime) -> Outcome:
    """Fetch and archive some things of one source; then decode, derive, store, judge and publish them.

    The writer's lock is taken after the fetching: a source that makes us wait keeps nobody from writing.

    Raises:
        TryAgainLater: the source went away; what was fetched before is kept.
        NeedsAttention: the home can't be written, or another process writes to it; what was fetched is brought in by
            whoever opens the log next.
    """
    archive = Archive(home)
    arrivals = Arrivals.of(archive.received())
    batch = _Batch(archive, {(item.runner_id, key_of(item)) for item in arrivals.standing})
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
    batch.close()
    result = Outcome()
    if batch.new_count or not home.published_file.exists():
        with opened(home, contents=batch.contents) as log:
            log.finish(now_utc)
            result = log.caught_up
    if interruption is not None:
        raise interruption
    return replace(result, seen_count=len(refs), new_count=batch.new_count, duplicate_count=batch.duplicate_count)


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
        with opened(home) as log:
            if log.settle():
                log.finish(now_utc)
    return total


def rebuild(home: Home, now_utc: datetime, progress: Progress | None = None) -> Outcome:
    """Make the warehouse and the samples again from the archive and the journal."""
    home.require()
    home_protocol(home)
    with suppress(BrokenWarehouse), locked(home):  # a broken file is what a rebuild is for
        pass  # nobody else writes
    for file in home.warehouse_folder.glob("writer.duckdb*"):
        file.unlink()
    stale = set(home.sample_folder.rglob("month=*.parquet"))
    with opened(home, progress, stale_partitions=stale) as log:
        log.settle()
        for partition in stale:  # those that nothing was put into
            partition.unlink()
        log.finish(now_utc)
        counts = ask(log.connection, "warehouse_counts")[0]
    return Outcome(
        seen_count=counts["file_count"],
        new_count=counts["recording_count"],
        quarantined_count=counts["quarantined_count"],
    )


def refresh(home: Home, now_utc: datetime, progress: Progress | None = None) -> Outcome:
    """Derive anew what a changed threshold touches, and publish; cheap when nothing changed."""
    with opened(home, progress) as log:
        settled = log.settle()
        log.finish(now_utc)
    return Outcome(seen_count=len(settled), session_ids=tuple(settled))
