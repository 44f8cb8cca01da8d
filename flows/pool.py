"""Decoding and deriving in processes of this machine: a plain pool, one writer, and a file that kills its reader.

No more is under way than fits in a number of bytes, whatever the files are. Results come in the order of the files,
so nobody can tell by the warehouse how many processes read. A reader that dies or hangs (a crash in a library, a file
that unpacks into the machine's memory) takes the pool with it: then what was under way is read again one by one by a
single worker, the culprit is told by that, and the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final

from flows.reading import Job, OneByOne, derive_one, is_worth_it, read_job
from pipeline.errors import SkipRecording
from pipeline.rows import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from flows.reading import Arrived
    from pipeline.ahead import Expected
    from pipeline.archive import Archive
    from pipeline.model import DerivedSession, Recording, Thresholds

#: Bytes that may be under way: read, derived, and not yet written.
ROOM_BYTES: Final = 96_000_000

#: What an hour-long run takes once it is read (decoded and derived columns: 600 KB) to what it takes as a FIT file
#: (100 KB). GPX shrinks instead: counted alike, it has less room than it could.
READ_TO_RAW: Final = 6

#: A pool takes about a second of each process's time to start, and saves 5 ms a FIT file of 100 KB: less than this in
#: one go stays in one process.
WORTH_STARTING_BYTES: Final = 30_000_000

#: The longest real file (an ultra-marathon of 30 hours as GPX) is read in 3 s; nothing needs longer than this.
FILE_TIME_LIMIT_S: Final = 120.0


@dataclass(slots=True)
class _UnderWay:
    """One file that a worker has, or is going to have."""

    job: Job
    result: Future[Incoming]
    size_bytes: int


@dataclass(slots=True)
class Pool:
    """A reader that starts its processes when there is enough to do, and not before."""

    archive: Archive
    processes: int
    room_bytes: int = ROOM_BYTES
    worth_starting_bytes: int = WORTH_STARTING_BYTES
    time_limit_s: float = FILE_TIME_LIMIT_S
    work: Callable[[Job], Incoming] = read_job
    _executor: ProcessPoolExecutor | None = field(default=None, init=False)
    _again: ProcessPoolExecutor | None = field(default=None, init=False)

    def read(self, arrived: Iterable[Arrived], expected: Callable[[str], Expected]) -> Iterator[Incoming]:
        """Yield what came of each file, in order; see `Reader`."""
        is_worth, items = is_worth_it(arrived, self.worth_starting_bytes if self._executor is None else 0)
        if not is_worth:
            yield from OneByOne(self.archive).read(items, expected)
            return
        jobs = (Job(self.archive, item.received, expected(item.received.runner_id)) for item in items)
        yield from self._in_order(jobs)

    def derive_many(self, wanted: Sequence[tuple[Recording, Thresholds]]) -> Sequence[DerivedSession]:
        """Derive in workers of their own: the writer waits for these, and must not stand in line behind files.

        They were derived once, so that no file among them is deadly; should a worker be lost all the same, it is done
        here.
        """
        if self._executor is None or len(wanted) < self.processes:
            return [derive_one(one) for one in wanted]
        if self._again is None:
            self._again = _executor(self.processes)
        try:
            return list(self._again.map(derive_one, wanted))
        except BrokenProcessPool:
            self._again.shutdown()
            self._again = None
            return [derive_one(one) for one in wanted]

    def close(self) -> None:
        """Stop the workers; what they have not begun is left."""
        for executor in (self._executor, self._again):
            if executor is not None:
                executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._again = None

    def _in_order(self, jobs: Iterator[Job]) -> Iterator[Incoming]:
        under_way: deque[_UnderWay] = deque()
        size_bytes = 0
        while True:
            while not under_way or size_bytes < self.room_bytes:
                job = next(jobs, None)
                if job is None:
                    break
                under_way.append(self._begin(job))
                size_bytes += under_way[-1].size_bytes
            if not under_way:
                return
            item = under_way.popleft()
            size_bytes -= item.size_bytes
            try:
                yield item.result.result()
            except BrokenProcessPool:
                yield from self._one_after_the_other([item, *under_way])
                under_way.clear()
                size_bytes = 0

    def _begin(self, job: Job) -> _UnderWay:
        result: Future[Incoming]
        try:
            result = self._started().submit(_limited, self.work, job, self.time_limit_s)
        except BrokenProcessPool as error:  # just now: those before this one have the same to tell
            result = Future()
            result.set_exception(error)
        return _UnderWay(job, result, READ_TO_RAW * (job.received.size_bytes or 0))

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = _executor(self.processes)
        return self._executor

    def _one_after_the_other(self, under_way: Iterable[_UnderWay]) -> Iterator[Incoming]:
        """Yield what came of each, after a worker was lost: those that were not done, in one worker and one by one."""
        self.close()
        alone: ProcessPoolExecutor | None = None
        for item in under_way:
            if item.result.done() and item.result.exception() is None:
                yield item.result.result()
                continue
            alone = alone or _executor(1)
            started_s = time.monotonic()
            try:
                yield alone.submit(_limited, self.work, item.job, self.time_limit_s).result()
            except BrokenProcessPool:
                took_s = time.monotonic() - started_s
                yield Incoming(item.job.received, _culprit(took_s, self.time_limit_s))
                alone.shutdown()
                alone = None
        if alone is not None:
            alone.shutdown()


def _culprit(took_s: float, time_limit_s: float) -> SkipRecording:
    """Return what to tell of a file that no worker survived, read alone."""
    what = f"took longer than {time_limit_s:.0f} s" if took_s >= time_limit_s else "broke off without a word"
    return SkipRecording(
        f"reading it {what} (a fault of Gaitkeeper or of a library, or too little memory); the file is kept in "
        "the archive, please report this"
    )


def _executor(processes: int) -> ProcessPoolExecutor:
    """Start workers as fresh processes: a fork of one that holds threads (DuckDB's) may never wake up."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_prepare_worker)


def _prepare_worker() -> None:
    """Leave Ctrl-C to the writer, and end with it, however it ends: a worker waiting for jobs would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _limited(work: Callable[[Job], Incoming], job: Job, time_limit_s: float) -> Incoming:
    """Do one job; beyond the limit the alarm ends the process, even inside of a library that listens to nothing."""
    signal.setitimer(signal.ITIMER_REAL, time_limit_s)
    try:
        return work(job)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
