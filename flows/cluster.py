"""Decoding and deriving past one machine: jobs on Dask workers, through Prefect's Dask task runner; one writer.

A worker needs the same program and the way to the archive (a shared path or an object store), nothing else: no home, no
warehouse. Jobs go out some at a time, as plain Dask tasks of the runner's client: as Prefect tasks each would cost
150 ms of the orchestrator's own, ten times what it takes to read a file. Results come in the order of the files.
"""

from __future__ import annotations

import faulthandler
import sys
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from flows.reading import Job, OneByOne, decoded, is_worth_it, read_job
from pipeline.errors import NeedsAttention, SkipRecording
from pipeline.rows import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from flows.reading import Arrived
    from pipeline.ahead import Expected
    from pipeline.archive import Archive
    from pipeline.model import DerivedSession, Recording, Thresholds

#: Files of one Dask task: 0.2 s of work for 5 to 10 ms of the scheduler's.
JOBS_PER_TASK: Final = 20

#: Bytes that may be under way, as columns: enough for some dozen workers, and they come back into one process.
ROOM_BYTES: Final = 400_000_000

#: See `flows.pool`.
READ_TO_RAW: Final = 6
WORTH_STARTING_BYTES: Final = 30_000_000
FILE_TIME_LIMIT_S: Final = 120.0

#: A scheduler that is there answers within a second; one that just starts is waited for.
CONNECT_TIMEOUT_S: Final = 30.0

#: What has to be the same everywhere, or a result could depend on who worked it out.
_ALIKE: Final = ("gaitkeeper", "numpy", "timezonefinder-data", "tzdata")

INSTALL: Final = (
    "[cluster] needs Dask: install Gaitkeeper with it, `pip install 'gaitkeeper[cluster]'`, here and on each worker."
)


@dataclass(slots=True)
class _UnderWay:
    """Some files that a worker has, or is going to have."""

    jobs: list[Job]
    result: Any  #: a Future of Dask's
    size_bytes: int


@dataclass(slots=True)
class Cluster:
    """A reader that has a Dask cluster work; small imports stay in this process."""

    archive: Archive
    scheduler: str  #: its address
    room_bytes: int = ROOM_BYTES
    worth_starting_bytes: int = WORTH_STARTING_BYTES
    time_limit_s: float = FILE_TIME_LIMIT_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    work: Callable[[Job], Incoming] = read_job
    _client: Any = field(default=None, init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)

    def read(self, arrived: Iterable[Arrived], expected: Callable[[str], Expected]) -> Iterator[Incoming]:
        """Yield what came of each file, in order; see `Reader`.

        Raises:
            NeedsAttention: Dask is not installed, its scheduler doesn't answer, or a worker runs another version.
        """
        is_worth, items = is_worth_it(arrived, self.worth_starting_bytes if self._client is None else 0)
        if not is_worth:
            yield from OneByOne(self.archive).read(items, expected)
            return
        self._connect()
        yield from self._in_order(Job(self.archive, item.received, expected(item.received.runner_id)) for item in items)

    def derive_many(self, wanted: Sequence[tuple[Recording, Thresholds]]) -> Sequence[DerivedSession]:
        """Derive here: the columns are here, and on a busy cluster these would stand in line behind files."""
        return OneByOne(self.archive).derive_many(wanted)

    def close(self) -> None:
        """Leave the cluster; it goes on for others."""
        self._open.close()
        self._client = None

    def _connect(self) -> None:
        if self._client is not None:
            return
        try:
            from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise NeedsAttention(INSTALL) from error
        wait = {"timeout": self.connect_timeout_s}
        try:
            runner = self._open.enter_context(DaskTaskRunner(address=self.scheduler, client_kwargs=wait))
            self._client = runner.client
            told = self._client.run(_versions)
        except (OSError, TimeoutError, ValueError) as error:
            raise NeedsAttention(
                f"The Dask scheduler {self.scheduler} doesn't answer ({error}). Start it, mend [cluster] in config.toml"
                " or, to read on this machine alone, take that block out."
            ) from error
        _require_alike(told)

    def _in_order(self, jobs: Iterator[Job]) -> Iterator[Incoming]:
        under_way: deque[_UnderWay] = deque()
        size_bytes = 0
        while True:
            while not under_way or size_bytes < self.room_bytes:
                some = list(islice(jobs, JOBS_PER_TASK))
                if not some:
                    break
                under_way.append(self._begin(some))
                size_bytes += under_way[-1].size_bytes
            if not under_way:
                return
            item = under_way.popleft()
            size_bytes -= item.size_bytes
            yield from self._result(item)

    def _begin(self, jobs: list[Job]) -> _UnderWay:
        size_bytes = READ_TO_RAW * sum(job.received.size_bytes or 0 for job in jobs)
        # pure: the same jobs of an earlier import would else be answered from memory, with the thresholds of then
        return _UnderWay(
            jobs, self._client.submit(_read_jobs, self.work, jobs, self.time_limit_s, pure=False), size_bytes
        )

    def _result(self, item: _UnderWay) -> Iterator[Incoming]:
        """Yield what came of some files; where no worker survives them, each is tried alone, and the culprit told."""
        from distributed.scheduler import KilledWorker  # noqa: PLC0415 - an extra

        try:
            found: list[Incoming] = item.result.result()
        except KilledWorker:
            if len(item.jobs) > 1:
                for job in item.jobs:
                    yield from self._result(self._begin([job]))
                return
            reason = SkipRecording(
                "no worker survived reading it (a fault of Gaitkeeper or of a library, too little memory, or it took "
                f"longer than {self.time_limit_s:.0f} s); the file is kept in the archive, please report this"
            )
            yield Incoming(item.jobs[0].received, reason)
            return
        yield from map(self._confirmed, found)

    def _confirmed(self, incoming: Incoming) -> Incoming:
        """Return what a worker says, a refusal not without having looked: the worker may have no way to the archive."""
        if not isinstance(incoming.decoded, SkipRecording):
            return incoming
        return Incoming(incoming.received, decoded(self.archive, incoming.received))


def _read_jobs(work: Callable[[Job], Incoming], jobs: list[Job], time_limit_s: float) -> list[Incoming]:
    """Do some jobs on a worker; one that takes too long ends the worker, which its nanny starts again."""
    done = []
    for job in jobs:
        faulthandler.dump_traceback_later(time_limit_s, exit=True, file=sys.__stderr__ or sys.stderr)
        try:
            done.append(work(job))
        finally:
            faulthandler.cancel_dump_traceback_later()
    return done


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _ALIKE}


def _require_alike(told: dict[str, dict[str, str]]) -> None:
    own = _versions()
    if not told:
        raise NeedsAttention("The Dask scheduler has no workers. Start some: see deploy/README.md.")
    for worker, versions in told.items():
        for name, version in versions.items():
            if version != own[name]:
                raise NeedsAttention(
                    f"The worker {worker} has {name} {version}, this machine {own[name]}: results could differ. "
                    "Install the same lock file everywhere."
                )
