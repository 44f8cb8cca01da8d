"""The nightly sync as a Prefect flow: every configured source, then what changed thresholds touch, then the week.

A task is a batch, never a file: a task costs milliseconds of the orchestrator's own. Only TryAgainLater is retried.
Parameters are stored by Prefect in clear, so they are the home's path and ids, nothing else.
"""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from prefect import flow, task

from flows import report, work
from flows.sources import is_account, open_source
from pipeline.errors import GaitkeeperError, TryAgainLater
from pipeline.model import RefKey
from pipeline.settings import Home

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

#: Three tries over half an hour: a source that is down for longer is left to the next night.
RETRY_DELAYS_S: Final = (60, 300, 1500)


def _may_retry(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Return whether the batch failed on something that this night's time mends; nothing else is tried again."""
    try:
        state.result()
    except TryAgainLater as error:
        return error.retry_after_s is None or error.retry_after_s <= max(RETRY_DELAYS_S)
    except Exception:  # noqa: BLE001 - any other failure, ours or not, is final and is reported by the flow
        return False
    return False


@task(
    name="list source",
    retries=len(RETRY_DELAYS_S),
    retry_delay_seconds=list(RETRY_DELAYS_S),
    retry_condition_fn=_may_retry,
)
def list_source(home_path: str, source_index: int, since: datetime | None) -> list[dict[str, Any]]:
    """Return what one source has, as plain values."""
    home = Home(Path(home_path))
    source = open_source(home, home.config().sources[source_index])
    return [asdict(ref) for ref in source.refs(since)]


@task(
    name="import batch",
    retries=len(RETRY_DELAYS_S),
    retry_delay_seconds=list(RETRY_DELAYS_S),
    retry_condition_fn=_may_retry,
)
def import_batch(home_path: str, source_index: int, refs: list[dict[str, Any]], now_utc: datetime) -> work.Outcome:
    """Bring in one batch of one source."""
    home = Home(Path(home_path))
    config = home.config().sources[source_index]
    source = open_source(home, config)
    return work.import_batch(home, config.runner_id, source, [RefKey(**ref) for ref in refs], now_utc)


@task(name="judge again")
def judge_again(home_path: str, now_utc: datetime) -> work.Outcome:
    """Derive anew what changed thresholds touch, and publish."""
    return work.refresh(Home(Path(home_path)), now_utc)


@task(name="weekly summary")
def weekly_summary(home_path: str, now_utc: datetime) -> list[str]:
    """Write the weekly summaries and the flagged sessions; return the files."""
    return [str(path) for path in report.write_reports(Home(Path(home_path)), now_utc)]


def sync_source(
    home: Home, source_index: int, now_utc: datetime, *, is_full: bool, accept_deletions: bool
) -> work.Outcome:
    """Bring in one source, and write its row of `sync_run`, also when it fails."""
    source = home.config().sources[source_index]
    started_s = monotonic()
    since = None if is_full else work.since_of(home, source.runner_id, source.name, now_utc)
    outcome = work.Outcome()
    state = "success"
    try:
        listed = [RefKey(**ref) for ref in list_source(str(home.path), source_index, since)]
        for batch in work.batches(listed):
            refs = [asdict(ref) for ref in batch]
            outcome += import_batch(str(home.path), source_index, refs, now_utc)
        if since is None and is_account(source.kind):
            outcome += work.withdraw_missing(
                home, source.runner_id, source.kind, listed, now_utc, is_confirmed=accept_deletions
            )
        if outcome.quarantined_count or outcome.message:
            state = "partial"
    except GaitkeeperError as error:
        arrived_count = work.arrived_since(home, source.runner_id, source.kind, now_utc)
        state = "partial" if outcome.seen_count or arrived_count else "failed"
        outcome = replace(outcome, new_count=arrived_count, message=str(error))
    ended_utc = now_utc + timedelta(seconds=monotonic() - started_s)
    work.note_sync_run(home, source.runner_id, source.name, now_utc, ended_utc, state, outcome, is_whole=since is None)
    return outcome


@flow(name="gaitkeeper sync")
def sync(
    home_path: str, as_of: datetime | None = None, *, is_full: bool = False, accept_deletions: bool = False
) -> dict[str, Any]:
    """Run one night: sources, judgement, reports.

    Args:
        home_path: the home.
        as_of: the instant that "today" means; None asks the clock.
        is_full: list all that each account has, as is done once a week.
        accept_deletions: it is right that many activities are gone from an account.
    """
    home = Home(Path(home_path))
    now_utc = as_of or datetime.now(UTC)
    total = work.Outcome()
    for index in range(len(home.config().sources)):
        total += sync_source(
            home, index, now_utc, is_full=is_full or accept_deletions, accept_deletions=accept_deletions
        )
    judge_again(home_path, now_utc)
    files = weekly_summary(home_path, now_utc)
    return {
        "seen_count": total.seen_count,
        "new_count": total.new_count,
        "duplicate_count": total.duplicate_count,
        "merged_count": total.merged_count,
        "quarantined_count": total.quarantined_count,
        "withdrawn_count": total.withdrawn_count,
        "session_ids": list(total.session_ids),
        "message": total.message,
        "report_files": files,
    }


def main() -> None:
    """Run one night for the home in GAITKEEPER_HOME: the entry point of a process worker."""
    sync(os.environ["GAITKEEPER_HOME"])


if __name__ == "__main__":
    main()
