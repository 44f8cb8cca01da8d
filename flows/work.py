"""What a night does, as plain functions: fetch, archive, bring in, publish. No Prefect in here.

`gaitkeeper import` calls them straight; `flows.sync` wraps the same ones in a Prefect flow.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from flows import writing
from flows.outcome import Outcome, Progress
from flows.reading import Arrived, OneByOne
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
    from flows.reading import Reader
    from flows.writing import OpenLog
    from pipeline.model import RefKey
    from pipeline.settings import Home

__all__ = ["Outcome", "Progress", "batches", "default_processes", "import_batch", "import_source", "rebuild", "refresh"]

#: Bytes of one batch of an account: a log of ultra-marathons must not grow the memory.
BATCH_BYTES: Final = 32_000_000

#: Files of one batch of a folder: they are taken up in one opening of the log, and read in the archive, not in memory.
BATCH_LISTED: Final = 1000

#: A long import shows what it has so often: a copy of the warehouse each time.
PUBLISH_EVERY_S: Final = 30.0


#: More processes than this gain nothing: the one that writes has most of the work. On fewer cores than this they cost
#: more than they give (docs/growth.md).
MOST_PROCESSES: Final = 4


def default_processes() -> int:
    """Return how many processes read a long import, unless somebody says another number."""
    can_tell = hasattr(os, "sched_getaffinity")  # not on macOS
    cores = len(os.sched_getaffinity(0)) if can_tell else os.cpu_count() or 1
    return MOST_PROCESSES if cores >= MOST_PROCESSES else 1


def batches(refs: Iterable[RefKey]) -> Iterator[list[RefKey]]:
    """Cut a listing into batches: of an account bounded by number and by bytes, of files that lie here by number."""
    batch: list[RefKey] = []
    size_bytes = 0
    for ref in refs:
        is_dear = ref.version is not None
        most = writing.BATCH_FILES if is_dear else BATCH_LISTED
        is_full = is_dear and size_bytes + (ref.size_bytes or 0) > BATCH_BYTES
        if batch and (len(batch) >= most or is_full):
            yield batch
            batch, size_bytes = [], 0
        batch.append(ref)
        size_bytes += ref.size_bytes or 0
    if batch:
        yield batch


@dataclass(slots=True)
class _Intake:
    """Fetches from one source into the archive; what is new is written down before anybody derives it."""

    home: Home
    runner_id: str
    source: Source
    now_utc: datetime
    archive: Archive = field(init=False)
    arrivals: Arrivals = field(init=False)
    known: set[tuple[str, object]] = field(init=False)  #: (runner, content), (runner, (ref, reason of a refusal))
    lent: set[tuple[str, object]] = field(init=False)  #: those that stand by an account's word alone
    new_count: int = 0
    duplicate_count: int = 0
    interruption: GaitkeeperError | None = None

    def __post_init__(self) -> None:
        """Read what arrived before."""
        self.archive = Archive(self.home)
        self.arrivals = Arrivals.of(self.archive.received())
        self.known = {(item.runner_id, key_of(item)) for item in self.arrivals.standing}
        self.lent = self.known - {
            (item.runner_id, key_of(item)) for item in self.arrivals.in_order if item.version is None
        }

    def take(self, refs: Iterable[RefKey]) -> Iterator[list[Arrived]]:
        """Yield what is new of some things, a few at a time; where the source breaks off, `interruption` says why.

        An account's things are yielded at the end: the log is not opened, and nobody kept from writing, till they are
        all here.
        """
        new: list[Arrived] = []
        later: list[Received] = []
        for ref in refs:
            if self.arrivals.knows(self.runner_id, ref.source, ref.ref, ref.version):
                self.duplicate_count += 1
                continue
            try:
                arrived = _fetched(self.archive, self.runner_id, self.source, ref, self.now_utc)
            except (TryAgainLater, NeedsAttention) as error:
                self.interruption = error
                break
            self._sort(arrived, new, later)
            if ref.version is None and len(new) >= writing.BATCH_FILES:
                self.archive.note(later)
                yield new
                new, later = [], []
        self.archive.note(later)
        if new:
            yield new

    def _sort(self, arrived: Arrived, new: list[Arrived], later: list[Received]) -> None:
        """Sort one fetched thing; a known content under a new version is written down, and not derived again."""
        received = arrived.received
        key = (received.runner_id, key_of(received))
        is_known = key in self.known
        self.known.add(key)
        self.duplicate_count += is_known
        self.new_count += not is_known
        if not is_known:
            new.append(arrived)
        if received.version is not None and arrived.content is not None:
            self.archive.note([received])  # at once: an account's things are dear, its limit counts each request
        elif not is_known or key in self.lent:  # a file's own copy stays when the account's is deleted
            self.lent.discard(key)
            later.append(received)  # one write for a whole batch of files


@contextmanager
def _reader(home: Home, processes: int) -> Iterator[Reader]:
    """Give a reader that works in so many processes, if there is enough to read."""
    archive = Archive(home)
    reader: Reader = OneByOne(archive)
    scheduler = home.config().cluster.scheduler
    if scheduler is not None:
        from flows.cluster import Cluster  # noqa: PLC0415 - as below; and Dask is an extra

        reader = Cluster(archive, scheduler)
    elif processes > 1:
        from flows.pool import Pool  # noqa: PLC0415 - a small import starts no process, and needs none of it

        reader = Pool(archive, processes)
    try:
        yield reader
    finally:
        reader.close()


def import_batch(
    home: Home,
    runner_id: str,
    source: Source,
    refs: Sequence[RefKey],
    now_utc: datetime,
    progress: Progress | None = None,
    processes: int = 1,
    *,
    is_last: bool = False,
) -> Outcome:
    """Fetch and archive some things of one source; decode, derive, store, judge and publish them.

    The writer's lock is taken when the first of a folder's files have been fetched, and all of an account's: a source
    that makes us wait keeps nobody from writing.

    Args:
        home: the home.
        runner_id: whose they are.
        source: where they come from.
        refs: what to fetch.
        now_utc: what "now" means.
        progress: told how many are done.
        processes: how many may read, where there is enough to read.
        is_last: what older sessions owe to the new ones is settled in the same opening of the log.

    Raises:
        TryAgainLater: the source went away; what was fetched before is kept.
        NeedsAttention: the home can't be written, or another process writes to it; what was fetched is brought in by
            whoever opens the log next.
    """
    home_protocol(home)  # before anything is fetched: a config that can't be followed is told first
    intake = _Intake(home, runner_id, source, now_utc)
    chunks = intake.take(refs)
    first = next(chunks, [])
    result = Outcome()
    if first or not home.published_file.exists():
        contents = {item.received.content_sha256 or "": item.content for item in first if item.content is not None}
        with _reader(home, processes) as reader, opened(home, contents=contents, reader=reader) as log:
            contents.clear()
            log.progress = _Telling(log, intake, progress, len(refs), len(first))
            result = log.caught_up + log.derive((item for chunk in chunks for item in chunk), len(refs))
            if is_last:
                log.progress = None
                log.settle()
            log.finish(now_utc)
    if progress is not None:
        progress(len(refs), len(refs))
    if intake.interruption is not None:
        raise intake.interruption
    return replace(result, seen_count=len(refs), new_count=intake.new_count, duplicate_count=intake.duplicate_count)


@dataclass(slots=True)
class _Telling:
    """Tells how far a batch is, and shows readers now and then what is there of it."""

    log: OpenLog
    intake: _Intake
    progress: Progress | None
    count: int
    done_before: int
    published_s: float = field(default_factory=monotonic)

    def __call__(self, done: int, _: int) -> None:
        """Hear that so many were written since the opening."""
        if self.progress is not None:
            self.progress(min(self.done_before + done + self.intake.duplicate_count, self.count), self.count)
        if monotonic() - self.published_s >= PUBLISH_EVERY_S:
            self.log.finish(self.intake.now_utc)
            self.published_s = monotonic()


def _fetched(archive: Archive, runner_id: str, source: Source, ref: RefKey, now_utc: datetime) -> Arrived:
    """Fetch one thing into the archive; what can't be had is remembered with the reason."""
    received = Received(
        runner_id, source.name, ref.ref, ref.file_name, None, ref.size_bytes, now_utc, version=ref.version
    )
    try:
        fetched = source.fetch(ref)
    except SkipRecording as error:
        return Arrived(replace(received, refusal=error.reason))
    sha256 = archive.put(fetched.content)
    size_bytes = len(fetched.content)
    kept = replace(received, file_name=fetched.file_name, content_sha256=sha256, size_bytes=size_bytes)
    return Arrived(kept, fetched.content)


def import_source(
    home: Home,
    runner_id: str,
    source: Source,
    now_utc: datetime,
    progress: Progress | None = None,
    since: datetime | None = None,
    processes: int = 1,
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
        processes: how many may read, where there is enough to read.
    """
    refs = list(source.refs(since))
    total = Outcome()
    has_to_settle = False
    cut = list(batches(refs))
    for batch in cut:
        told = None if progress is None else _Shifted(progress, total.seen_count, len(refs))
        is_last = batch is cut[-1] and not is_account(source.name)  # an account's deletions come after its last batch
        came = import_batch(home, runner_id, source, batch, now_utc, told, processes, is_last=is_last)
        has_to_settle = (has_to_settle or came.new_count > 0) and not (is_last and came.new_count)
        total += came
    if since is None and is_account(source.name):
        total += withdraw_missing(home, runner_id, source.name, refs, now_utc)
    if has_to_settle:
        with _reader(home, processes) as reader, opened(home, reader=reader) as log:
            if log.settle():
                log.finish(now_utc)
    return total


@dataclass(frozen=True, slots=True)
class _Shifted:
    """The progress of a batch as that of the whole."""

    progress: Progress
    before: int
    count: int

    def __call__(self, done: int, _: int) -> None:
        """Hear of the batch, tell of the whole."""
        self.progress(self.before + done, self.count)


def rebuild(home: Home, now_utc: datetime, progress: Progress | None = None, processes: int = 1) -> Outcome:
    """Make the warehouse and the samples again from the archive and the journal."""
    home.require()
    home_protocol(home)
    with suppress(BrokenWarehouse), locked(home):  # a broken file is what a rebuild is for
        pass  # nobody else writes
    for file in home.warehouse_folder.glob("writer.duckdb*"):
        file.unlink()
    stale = set(home.sample_folder.rglob("month=*.parquet"))
    with _reader(home, processes) as reader, opened(home, progress, stale_partitions=stale, reader=reader) as log:
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


def refresh(home: Home, now_utc: datetime, progress: Progress | None = None, processes: int = 1) -> Outcome:
    """Derive anew what a changed threshold touches, and publish; cheap when nothing changed."""
    with _reader(home, processes) as reader, opened(home, progress, reader=reader) as log:
        settled = log.settle()
        log.finish(now_utc)
    return Outcome(seen_count=len(settled), session_ids=tuple(settled))
