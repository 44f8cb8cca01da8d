"""Several processes read, one writes: the same warehouse as with one, and no file can take the others down."""

from __future__ import annotations

import os
import pickle
import signal
import time
from typing import TYPE_CHECKING

import pytest

from connectors.folder import FolderSource
from flows import work
from flows.deep import digests_of
from flows.pool import Pool
from flows.reading import Arrived, Job, OneByOne, read_job
from flows.writing import opened
from pipeline.ahead import Expected
from pipeline.archive import Archive, Received
from pipeline.errors import BadConfig, CheckFailed, SkipRecording, TryAgainLater, UnreadableFile
from pipeline.warehouse.digests import differing
from support.large_log import write_log
from support.small_log import NOW_UTC, RUNNER_ID, SmallLog

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rows import Incoming

RUN_COUNT = 30


def deadly(job: Job) -> Incoming:
    """Read a job as usual; a file of the right name kills or holds the process that reads it."""
    if job.received.file_name == "deadly.fit":
        os.kill(os.getpid(), signal.SIGKILL)
    if job.received.file_name == "endless.fit":
        time.sleep(600)
    return read_job(job)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of some weeks: watches, a phone, a copy, a file twice."""
    folder = tmp_path_factory.mktemp("files")
    write_log(folder, RUN_COUNT)
    return folder


@pytest.fixture(scope="module")
def alone(files: Path, tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """The log, imported in this process."""
    log = SmallLog(tmp_path_factory.mktemp("alone"))
    work.import_source(log.home, RUNNER_ID, FolderSource(files), NOW_UTC)
    return log


def arrive_again(log: SmallLog, other: SmallLog) -> None:
    """Let all that arrived in one log stand in another one's archive, the last file first, without bringing it in."""
    here, there = Archive(log.home), Archive(other.home)
    received = there.received()
    for item in received:
        here.put(there.get(item.content_sha256))
    here.note(reversed(received))


def differences(one: SmallLog, other: SmallLog) -> set[str]:
    """Return the relations that differ, but for the journal: entries have ids of their own."""
    return set(differing(digests_of(one.home, NOW_UTC), digests_of(other.home, NOW_UTC)))


def test_two_processes_write_what_one_writes(alone, tmp_path):
    """Digests of every relation, samples among them; the other order of the files, too."""
    log = SmallLog(tmp_path)
    arrive_again(log, alone)
    pool = Pool(Archive(log.home), 2, worth_starting_bytes=0, room_bytes=2_000_000)
    try:
        with opened(log.home, reader=pool) as open_log:
            open_log.settle()
            open_log.finish(NOW_UTC)
    finally:
        pool.close()
    assert set() == differences(alone, log)
    assert RUN_COUNT + 1 == log.one("select count(*) as n from recording")["n"]


def test_a_small_import_starts_no_process(alone):
    """Starting costs more than it gives: the few files of a night are read where they are written."""
    received = Archive(alone.home).received()
    pool = Pool(Archive(alone.home), 2)
    read = list(pool.read([Arrived(item) for item in received], lambda runner_id: None))
    assert [item.content_sha256 for item in received] == [item.received.content_sha256 for item in read]
    assert pool._executor is None
    assert {()} == {item.ahead for item in read}


def test_no_more_is_under_way_than_there_is_room_for(alone):
    """Backpressure is by bytes: what is taken ahead of what was given back stays below the room."""
    received = Archive(alone.home).received()
    room_bytes = 3_000_000
    taken: list[Received] = []

    def stream():
        for item in received:
            taken.append(item)
            yield Arrived(item)

    with opened(alone.home) as log:
        pool = Pool(Archive(alone.home), 2, worth_starting_bytes=0, room_bytes=room_bytes)
        try:
            most, given = 0, 0
            for _ in pool.read(stream(), log.ingest.expected):
                given += 1
                ahead = taken[given:]
                most = max(most, sum(6 * item.size_bytes for item in ahead[:-1]))
        finally:
            pool.close()
    assert len(received) == given
    assert 0 < most < room_bytes


def test_a_file_that_kills_its_reader_or_never_ends_is_told_and_the_others_go_on(alone):
    """The culprits are quarantined with a reason; what was under way beside them is read again."""
    received = Archive(alone.home).received()[:8]
    names = {2: "deadly.fit", 5: "endless.fit"}
    received = [
        item if place not in names else type(item)(**{**_fields(item), "file_name": names[place]})
        for place, item in enumerate(received)
    ]
    with opened(alone.home) as log:
        pool = Pool(Archive(alone.home), 2, worth_starting_bytes=0, time_limit_s=3.0, work=deadly)
        try:
            read = list(pool.read([Arrived(item) for item in received], log.ingest.expected))
        finally:
            pool.close()
    assert [item.file_name for item in received] == [item.received.file_name for item in read]
    refused = {item.received.file_name: item.decoded for item in read if isinstance(item.decoded, SkipRecording)}
    assert {"deadly.fit", "endless.fit"} == set(refused)
    assert "broke off without a word" in refused["deadly.fit"].reason
    assert "took longer than 3 s" in refused["endless.fit"].reason
    assert all("kept in the archive" in error.reason for error in refused.values())


def _fields(item: Received) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__slots__}


class Misled(OneByOne):
    """Derives ahead with a critical speed that nobody has."""

    def read(self, arrived, expected):
        for item in arrived:
            wrong = Expected(RUNNER_ID, expected(RUNNER_ID).book, 9.9)
            read = read_job(Job(self._archive, item.received, wrong))
            assert {9.9} == {one.thresholds.critical_speed_mps for one in read.ahead}
            yield read


def test_what_another_process_derived_is_taken_where_it_is_right_and_never_else(alone, tmp_path):
    """Thresholds that turn out otherwise are derived with anew: the warehouse is that of the writer's own."""
    log = SmallLog(tmp_path)
    arrive_again(log, alone)
    with opened(log.home, reader=Misled(Archive(log.home))) as open_log:
        open_log.settle()
        open_log.finish(NOW_UTC)
    assert set() == differences(alone, log)


def test_a_refusal_stays_a_refusal_in_any_reader(alone):
    """What could not be fetched and what is no activity come back as what they are."""
    archive = Archive(alone.home)
    sha256 = archive.put(b"no activity at all")
    unreadable = Received(RUNNER_ID, "folder", "x", "x.fit", sha256, 18, NOW_UTC)
    missing = Received(RUNNER_ID, "folder", "y", "y.fit", None, None, NOW_UTC, refusal="the card was pulled out")
    found = [item.decoded for item in OneByOne(archive).read([Arrived(unreadable), Arrived(missing)], lambda _: None)]
    assert UnreadableFile is type(found[0])
    assert "the card was pulled out" == found[1].reason


@pytest.mark.parametrize(
    "error",
    [
        TryAgainLater("strava", "too many requests", 900.0),
        UnreadableFile("torn", 17),
        BadConfig("config.toml", "night.at", "25:00", "a time"),
        CheckFailed("twice", "a session that is there twice", 2),
    ],
)
def test_errors_cross_a_process_border_whole(error):
    """A sentence that is built of parts isn't built of itself on the other side."""
    other = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error), vars(error)) == (type(other), str(other), vars(other))
