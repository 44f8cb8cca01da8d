"""The nightly sync as a Prefect flow: every configured source, then what changed thresholds touch, then the week.

A task is a batch, never a file: a task costs milliseconds of the orchestrator's own. Only TryAgainLater is retried.
Parameters are stored by Prefect in clear, so they are the home's path and ids, nothing else.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prefect import flow, task

from connectors.folder import FolderSource
from flows import report, work
from pipeline.errors import GaitkeeperError, TryAgainLater
from pipeline.model import RefKey
from pipeline.settings import Home

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

#: Three tries over half an hour: a source that is down for longer is left to the next night.
RETRY_DELAYS_S: Final = (60, 300, 1500)


def _may_retry(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Return whether the batch failed on something that time mends; nothing else is tried again."""
    try:
        state.result()
    except TryAgainLater:
        return True
    except Exception:  # noqa: BLE001 - any other failure, ours or not, is final and is reported by the flow
        return False
    return False


def _source(home: Home, index: int) -> FolderSource:
    return FolderSource(home.config().sources[index].path)


@task(
    name="list source",
    retries=len(RETRY_DELAYS_S),
    retry_delay_seconds=list(RETRY_DELAYS_S),
    retry_condition_fn=_may_retry,
)
def list_source(home_path: str, source_index: int) -> list[dict[str, Any]]:
    """Return what one source has, as plain values."""
    refs = _source(Home(Path(home_path)), source_index).refs(None)
    return [{"source": r.source, "ref": r.ref, "file_name": r.file_name, "size_bytes": r.size_bytes} for r in refs]


@task(
    name="import batch",
    retries=len(RETRY_DELAYS_S),
    retry_delay_seconds=list(RETRY_DELAYS_S),
    retry_condition_fn=_may_retry,
)
def import_batch(home_path: str, source_index: int, refs: list[dict[str, Any]], now_utc: datetime) -> work.Outcome:
    """Bring in one batch of one source."""
    home = Home(Path(home_path))
    runner_id = home.config().sources[source_index].runner_id
    return work.import_batch(home, runner_id, _source(home, source_index), [RefKey(**ref) for ref in refs], now_utc)


@task(name="judge again")
def judge_again(home_path: str, now_utc: datetime) -> work.Outcome:
    """Derive anew what changed thresholds touch, and publish."""
    return work.refresh(Home(Path(home_path)), now_utc)


@task(name="weekly summary")
def weekly_summary(home_path: str, now_utc: datetime) -> list[str]:
    """Write the weekly summaries and the flagged sessions; return the files."""
    return [str(path) for path in report.write_reports(Home(Path(home_path)), now_utc)]


def sync_source(home: Home, source_index: int, now_utc: datetime) -> work.Outcome:
    """Bring in one source, and write its row of `sync_run`, also when it fails."""
    source = home.config().sources[source_index]
    started_utc = datetime.now(UTC)
    outcome = work.Outcome()
    state = "success"
    try:
        listed = list_source(str(home.path), source_index)
        for batch in work.batches([RefKey(**ref) for ref in listed]):
            refs = [
                {"source": r.source, "ref": r.ref, "file_name": r.file_name, "size_bytes": r.size_bytes} for r in batch
            ]
            outcome += import_batch(str(home.path), source_index, refs, now_utc)
        if outcome.quarantined_count:
            state = "partial"
    except GaitkeeperError as error:
        state = "partial" if outcome.seen_count else "failed"
        outcome += work.Outcome(message=str(error))
    work.note_sync_run(home, source.runner_id, f"{source.kind}:{source.path.name}", started_utc, state, outcome)
    return outcome


@flow(name="gaitkeeper sync")
def sync(home_path: str, as_of: datetime | None = None) -> dict[str, Any]:
    """Run one night: sources, judgement, reports.

    Args:
        home_path: the home.
        as_of: the instant that "today" means; None asks the clock.
    """
    home = Home(Path(home_path))
    now_utc = as_of or datetime.now(UTC)
    total = work.Outcome()
    for index in range(len(home.config().sources)):
        total += sync_source(home, index, now_utc)
    judge_again(home_path, now_utc)
    files = weekly_summary(home_path, now_utc)
    return {
        "seen_count": total.seen_count,
        "new_count": total.new_count,
        "duplicate_count": total.duplicate_count,
        "merged_count": total.merged_count,
        "quarantined_count": total.quarantined_count,
        "session_ids": list(total.session_ids),
        "message": total.message,
        "report_files": files,
    }


def main() -> None:
    """Run one night for the home in GAITKEEPER_HOME: the entry point of a process worker."""
    sync(os.environ["GAITKEEPER_HOME"])


if __name__ == "__main__":
    main()
