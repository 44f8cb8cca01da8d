"""Past one machine: Dask workers read from a shared archive, one writer; the same warehouse, and no worker is missed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from connectors.folder import FolderSource
from flows import work
from flows.cluster import Cluster
from flows.deep import digests_of
from flows.reading import Arrived, Job, read_job
from flows.writing import opened
from pipeline.archive import Archive, Received
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.storage import Remote
from pipeline.warehouse.digests import differing
from support.large_log import write_log
from support.small_log import NOW_UTC, RUNNER_ID, SmallLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.rows import Incoming

RUN_COUNT = 30


def deadly(job: Job) -> Incoming:
    """Read a job as usual; a file of the right name kills the worker."""
    if job.received.file_name == "deadly.fit":
        os.kill(os.getpid(), signal.SIGKILL)
    return read_job(job)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two workers on loopback."""
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` (Dask) is not installed")
    import dask

    # a file that kills its worker is given up after the second: each costs a worker's start
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1, "distributed.admin.log-format": "%(message)s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as cluster,
    ):
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """The log of some weeks, imported in this process."""
    files = tmp_path_factory.mktemp("files")
    write_log(files, RUN_COUNT)
    log = SmallLog(tmp_path_factory.mktemp("alone"))
    work.import_source(log.home, RUNNER_ID, FolderSource(files), NOW_UTC)
    return log


def configured(log: SmallLog, text: str) -> SmallLog:
    """Add a block to a home's config.toml."""
    with log.home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(text)
    return log


def test_a_cluster_and_a_shared_archive_write_what_one_machine_writes(alone, scheduler, tmp_path):
    """Digests of every relation; the bytes lie where config.toml says, the home holds none."""
    shared = tmp_path / "share"
    log = SmallLog(tmp_path)
    configured(log, f'\n[storage]\narchive = "file://{shared}"\n')
    here, there = Archive(log.home), Archive(alone.home)
    received = there.received()
    for item in received:
        here.put(there.get(item.content_sha256))
    here.note(received)
    reader = Cluster(Archive(log.home), scheduler, worth_starting_bytes=0, room_bytes=20_000_000)
    try:
        with opened(log.home, reader=reader) as open_log:
            open_log.settle()
            open_log.finish(NOW_UTC)
    finally:
        reader.close()
    assert [] == differing(digests_of(alone.home, NOW_UTC), digests_of(log.home, NOW_UTC))
    assert [] == [path for path in log.home.archive_folder.rglob("*") if path.is_file()]
    assert {item.content_sha256 for item in received} == {path.name for path in shared.rglob("*") if path.is_file()}


def test_a_file_that_kills_workers_is_told_and_the_others_go_on(alone, scheduler):
    """Dask gives up on the files that were with it, too: each is tried alone."""
    received = Archive(alone.home).received()[:4]
    fields = {name: getattr(received[1], name) for name in Received.__slots__}
    received[1] = Received(**{**fields, "file_name": "deadly.fit"})
    with opened(alone.home) as log:
        reader = Cluster(Archive(alone.home), scheduler, worth_starting_bytes=0, work=deadly)
        try:
            read = list(reader.read([Arrived(item) for item in received], log.ingest.expected))
        finally:
            reader.close()
    assert [item.file_name for item in received] == [item.received.file_name for item in read]
    assert ["deadly.fit"] == [item.received.file_name for item in read if isinstance(item.decoded, SkipRecording)]
    assert "no worker survived reading it" in read[1].decoded.reason
    assert all(item.ahead for item in read if item.received.file_name != "deadly.fit")


def test_a_scheduler_that_isnt_there_is_said_in_a_sentence(alone):
    """The nightly job names the setting to mend."""
    reader = Cluster(Archive(alone.home), "tcp://127.0.0.1:9", worth_starting_bytes=0, connect_timeout_s=1.0)
    received = Archive(alone.home).received()[:1]
    with opened(alone.home) as log, pytest.raises(NeedsAttention, match=r"doesn't answer .*mend \[cluster\]"):
        list(reader.read([Arrived(item) for item in received], log.ingest.expected))
    reader.close()


def test_an_object_store_keeps_the_archive(tmp_path):
    """What fsspec reaches is an archive like any other: put, get, gone, changed."""
    log = configured(SmallLog(tmp_path), '\n[storage]\narchive = "memory://clinic/archive"\n')
    archive = Archive(log.home)
    sha256 = archive.put(b"a run")
    assert sha256 == archive.put(b"a run")
    assert b"a run" == archive.get(sha256)
    with pytest.raises(SkipRecording, match="can't be read"):
        archive.get("0" * 64)
    Remote("memory://clinic/archive").put(f"{sha256[:2]}/{sha256}", b"another")
    with pytest.raises(SkipRecording, match="checksum differs"):
        archive.get(sha256)
    assert not any(path.is_file() for path in log.home.archive_folder.rglob("*"))


def test_a_store_that_doesnt_answer_quarantines_nothing(tmp_path, monkeypatch):
    """An outage says nothing of the files: the next run takes them up again."""
    from fsspec.implementations import memory

    log = configured(SmallLog(tmp_path), '\n[storage]\narchive = "memory://clinic/outage"\n')
    archive = Archive(log.home)
    sha256 = archive.put(b"a run")
    archive.note([Received(RUNNER_ID, "folder", "x.fit", "x.fit", sha256, 5, NOW_UTC)])

    def away(self: object, path: str, **_: object) -> bytes:
        raise ConnectionResetError("the line went dead")

    with monkeypatch.context() as cut:
        cut.setattr(memory.MemoryFileSystem, "cat_file", away)
        with pytest.raises(TryAgainLater, match="the line went dead"):
            log.refresh()
    log.refresh()
    assert 1 == log.one("select count(*) as n from quarantine")["n"]


@pytest.mark.parametrize("url", ["s4://bucket/archive", "gs://bucket/archive"])
def test_a_store_that_cant_be_reached_says_what_to_install_or_mend(tmp_path, url):
    """fsspec names the package; we say where it belongs."""
    log = configured(SmallLog(tmp_path), f'\n[storage]\narchive = "{url}"\n')
    with pytest.raises(NeedsAttention, match=r"can't be reached from here: .*mend \[storage\]"):
        Archive(log.home).put(b"a run")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[storage]\narchive = "/mnt/share"', "storage.archive"),
        ("[storage]\n", "storage.archive"),
        ('[cluster]\nscheduler = "somewhere"', "cluster.scheduler"),
        ('[cluster]\nscheduler = "tcp://10.0.0.5:8786"\nworkers = 3', "cluster.workers"),
    ],
)
def test_a_mistake_in_the_blocks_is_named(tmp_path, text, said):
    """As with every key of config.toml."""
    log = configured(SmallLog(tmp_path), f"\n{text}\n")
    with pytest.raises(NeedsAttention, match=said):
        log.home.config()
