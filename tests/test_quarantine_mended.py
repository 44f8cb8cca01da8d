"""A file that came half and then whole: the run is whole, and nobody is told of the half any more."""

from __future__ import annotations

from connectors.folder import FolderSource
from flows import work
from pipeline.warehouse.connection import ask, reading
from support.small_log import NOW_UTC, RUNNER_ID, SmallLog, as_fit
from support.synthetic_run import START, SyntheticRun, easy

FIT = as_fit(SyntheticRun((easy(600),)))


def told(log: SmallLog) -> list[str]:
    """What `doctor` says of quarantined things, and how many the clinician's report counts."""
    with reading(log.home, NOW_UTC, NOW_UTC.date()) as connection:
        day = {"since_date": START.date(), "until_date": NOW_UTC.date()}
        (quality,) = ask(connection, "report_quality", {"runner_id": RUNNER_ID, **day})
        rows = ask(connection, "quarantined", {"runner_id": None})
        assert len(rows) == quality["quarantined_count"]
        return [row["file_name"] for row in rows]


def bring(log: SmallLog, **files: bytes) -> None:
    """Write files into the same folder as before, and import it."""
    folder = log.path / "watch"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.fit").write_bytes(content)
    work.import_source(log.home, RUNNER_ID, FolderSource(folder), NOW_UTC)


def test_a_half_that_came_whole_is_no_longer_told(tmp_path):
    """One with samples, one without any: both are in the relation, neither waits for anybody."""
    log = SmallLog(tmp_path)
    bring(log, half=FIT[: len(FIT) // 2], blank=b"")
    assert ["blank.fit", "half.fit"] == sorted(told(log))
    other = as_fit(SyntheticRun((easy(900),), start_utc=START.replace(hour=20)))
    bring(log, half=FIT, blank=other)
    assert [] == told(log)
    assert 2 == len(log.ask("from quarantine"))
    assert 2 == len(log.ask("from session"))


def test_another_run_under_the_same_name_mends_nothing(tmp_path):
    """latest.fit was cut, and is another run now: the first one stays damaged."""
    log = SmallLog(tmp_path)
    bring(log, latest=FIT[: len(FIT) // 2])
    bring(log, latest=as_fit(SyntheticRun((easy(900),), start_utc=START.replace(hour=20))))
    assert ["latest.fit"] == told(log)
