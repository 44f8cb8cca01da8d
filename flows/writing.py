"""The open warehouse: everything that stands is brought in before anybody works with it, and after a crash just so.

Whoever brings something in archives it and writes it down first, without the writer's lock; then opens. So a crash, a
source that makes us wait, or a second import beside it leave nothing that opening doesn't put right.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from connectors.decode import decode
from flows.outcome import Outcome
from flows.reading import Arrived, OneByOne
from pipeline.archive import Archive, Received
from pipeline.arrivals import Arrivals
from pipeline.compliance.judge import bring_protocols
from pipeline.ingest import Ingest
from pipeline.places import zone_at
from pipeline.settings import local_today
from pipeline.warehouse import checks
from pipeline.warehouse.connection import ask, publish, writing
from pipeline.warehouse.store import replace_withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from flows.outcome import Progress
    from flows.reading import Reader
    from pipeline.model import DecodedFile
    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

#: Files of one batch: one transaction, one published snapshot. Large enough that the copy of the snapshot costs little,
#: small enough that a crash loses seconds of work (nothing that arrived is lost: the archive comes first).
BATCH_FILES: Final = 40

#: A correction changes what later sessions are estimated from, and they change nothing further: two rounds and one that
#: finds nothing. More is a session that can't come to rest; the next night goes on with it.
MAX_ROUNDS: Final = 5


@dataclass(slots=True)
class OpenLog:
    """One home's warehouse, open for writing by this process alone."""

    home: Home
    connection: Connection
    ingest: Ingest
    arrivals: Arrivals  #: all that ever arrived, as of the opening
    reader: Reader
    caught_up: Outcome = field(default_factory=Outcome)  #: what the opening brought in
    progress: Progress | None = None

    def finish(self, now_utc: datetime) -> None:
        """Check what was written, and publish it."""
        checks.run_stopping(self.connection)
        today = local_today(now_utc, self.home.config().time_zone)
        publish(self.connection, self.home, now_utc, today)

    def settle(self) -> list[str]:
        """Derive anew what thresholds, corrections or earlier sessions have changed, until nothing is outdated."""
        settled: set[str] = set()
        for _ in range(MAX_ROUNDS):
            outdated = self.ingest.outdated()
            if not outdated:
                break
            settled.update(outdated)
            contents = ask(self.connection, "contents_of_sessions", {"session_ids": outdated})
            wanted = {(row["runner_id"], row["content_sha256"]) for row in contents}
            again = [item for item in self.arrivals.standing if (item.runner_id, item.content_sha256) in wanted]
            self.derive([Arrived(item) for item in again], len(again))
        return sorted(settled)

    def derive(self, arrived: Iterable[Arrived], count: int | None = None) -> Outcome:
        """Read archived files and write what they give, batch by batch.

        Args:
            arrived: what is to be derived, taken as there is room.
            count: how many there will be, for the progress; None: nobody is told.
        """
        total = Outcome()
        incoming = self.reader.read(arrived, self.ingest.expected)
        while batch := list(islice(incoming, BATCH_FILES)):
            result = self.ingest.store(batch)
            total += Outcome(
                seen_count=len(batch),
                new_count=len(batch),
                merged_count=result.merged_count,
                quarantined_count=result.quarantined_count,
                session_ids=result.session_ids,
            )
            if self.progress is not None and count is not None:
                self.progress(total.seen_count, count)
        return total


@contextmanager
def opened(
    home: Home,
    progress: Progress | None = None,
    *,
    contents: Mapping[str, bytes] | None = None,
    stale_partitions: set[Path] | None = None,
    reader: Reader | None = None,
) -> Iterator[OpenLog]:
    """Open the warehouse for writing, with the protocol's limits and all that stands brought in.

    Args:
        home: the home.
        progress: told after each batch.
        contents: bytes that are at hand, by their SHA-256.
        stale_partitions: files of samples whose content is not to be kept (a rebuild).
        reader: who decodes; None: this process, one file after the other.

    Raises:
        NeedsAttention: the home can't be written, or another process writes to it.
    """
    config = home.config()
    archive = Archive(home)
    with writing(home) as connection:
        bring_protocols(connection, home)
        reader = reader or OneByOne(archive)
        ingest = Ingest(
            connection, home, config.time_zone, zone_at, _decoder(archive), stale_partitions, reader.derive_many
        )
        arrivals = Arrivals.of(archive.received())
        log = OpenLog(home, connection, ingest, arrivals, reader, progress=progress)
        _catch_up(log, contents or {})
        yield log


def _decoder(archive: Archive) -> Callable[[str, str], DecodedFile]:
    return lambda sha256, file_name: decode(archive.get(sha256), file_name)


def _catch_up(log: OpenLog, contents: Mapping[str, bytes]) -> None:
    """Derive what stands and isn't in the warehouse, take out what is and doesn't stand.

    All of it after a change of schema, one batch after a crash, what has just arrived in a night.
    """
    runners = {item.runner_id for item in log.arrivals.in_order}
    known = {runner_id: _known(log.connection, runner_id) for runner_id in runners}
    doomed = {(owner, content) for owner, content in log.arrivals.superseded if content in known[owner]}
    if doomed:
        log.ingest.store([], doomed)
    if log.arrivals.withdrawn or ask(log.connection, "withdrawals", _ANY):
        replace_withdrawals(log.connection, log.arrivals.withdrawn)
    missing = [item for item in log.arrivals.standing if key_of(item) not in known[item.runner_id]]
    arrived = [Arrived(item, contents.get(item.content_sha256 or "")) for item in missing]
    log.caught_up = log.derive(arrived, len(arrived))


#: Every withdrawal of every runner.
_ANY: Final = {"runner_id": None, "first_date": None, "last_date": None}


def key_of(item: Received) -> object:
    """Return by what an arrival is known: its content, or where and why there is none."""
    return item.content_sha256 or (item.source_ref, item.refusal)


def _known(connection: Connection, runner_id: str) -> set[object]:
    """Return what is in the warehouse already."""
    return {
        (row["source_ref"], row["reason"]) if row["content_sha256"] is None else row["content_sha256"]
        for row in ask(connection, "known_contents", {"runner_id": runner_id})
    }
