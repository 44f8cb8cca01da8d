"""The nightly sync as a Prefect flow: every source, what changed thresholds touch, the week, the flagged, the post.

A task is a batch, never a file, and there is no subflow: a task costs milliseconds of the orchestrator's own, a further
flow a second. Only TryAgainLater is retried. Parameters are stored by Prefect in clear, so they are the home's path and
ids, nothing else; what tasks return, and what they raise, is not stored at all (`persist_result`).
"""

from __future__ import annotations

import logging
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from prefect import flow, task

from flows import artefacts, report, upstream, work
from flows.judge import deliver_now
from flows.serving import end_with_serve, only_one
from flows.sources import is_account, open_source
from flows.verdicts import change_lines, is_outdated, verdicts_of
from pipeline.errors import GaitkeeperError, TryAgainLater
from pipeline.log_lines import log, start_log
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


def processes_of_night() -> int:
    """Return how many processes may read: GAITKEEPER_PROCESSES, which `sync --processes` sets, or what is useful."""
    said = os.environ.get("GAITKEEPER_PROCESSES", "")
    return int(said) if said.isdigit() and int(said) else work.default_processes()


@task(
    name="list source",
    retries=len(RETRY_DELAYS_S),
    retry_delay_seconds=list(RETRY_DELAYS_S),
    retry_condition_fn=_may_retry,
    persist_result=False,
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
    persist_result=False,
)
def import_batch(home_path: str, source_index: int, refs: list[dict[str, Any]], now_utc: datetime) -> work.Outcome:
    """Bring in one batch of one source."""
    home = Home(Path(home_path))
    config = home.config().sources[source_index]
    source = open_source(home, config)
    found = [RefKey(**ref) for ref in refs]
    return work.import_batch(home, config.runner_id, source, found, now_utc, processes=processes_of_night())


@task(name="judge again", persist_result=False)
def judge_again(home_path: str, now_utc: datetime) -> work.Outcome:
    """Derive anew what changed thresholds touch, and publish."""
    return work.refresh(Home(Path(home_path)), now_utc, processes=processes_of_night())


@task(name="weekly summary", persist_result=False)
def weekly_summary(home_path: str, now_utc: datetime) -> list[str]:
    """Write the weekly summaries and the flagged sessions; return the files."""
    return [str(path) for path in report.write_reports(Home(Path(home_path)), now_utc)]


def sync_source(
    home: Home, source_index: int, now_utc: datetime, *, is_full: bool, accept_deletions: bool
) -> work.Outcome:
    """Bring in one source, and write its row of `sync_run`, also when it fails."""
    source = home.config().sources[source_index]
    started_s = monotonic()
    since = None if is_full else upstream.since_of(home, source.runner_id, source.name, now_utc)
    outcome = work.Outcome()
    state = "success"
    try:
        listed = [RefKey(**ref) for ref in list_source(str(home.path), source_index, since)]
        for batch in work.batches(listed):
            refs = [asdict(ref) for ref in batch]
            outcome += import_batch(str(home.path), source_index, refs, now_utc)
        if since is None and is_account(source.kind):
            outcome += upstream.withdraw_missing(
                home, source.runner_id, source.kind, listed, now_utc, is_confirmed=accept_deletions
            )
        if outcome.quarantined_count or outcome.message:
            state = "partial"
    except GaitkeeperError as error:
        arrived_count = upstream.arrived_since(home, source.runner_id, source.kind, now_utc)
        state = "partial" if outcome.seen_count or arrived_count else "failed"
        outcome = replace(outcome, new_count=arrived_count, message=str(error))
    elapsed_s = monotonic() - started_s
    ended_utc = now_utc + timedelta(seconds=elapsed_s)
    upstream.note_sync_run(
        home, source.runner_id, source.name, now_utc, ended_utc, state, outcome, is_whole=since is None
    )
    log(
        "source_synced",
        level=logging.INFO if state == "success" else logging.WARNING,
        runner_id=source.runner_id,
        source=source.name,
        state=state,
        seen_count=outcome.seen_count,
        new_count=outcome.new_count,
        duplicate_count=outcome.duplicate_count,
        quarantined_count=outcome.quarantined_count,
        elapsed_s=round(elapsed_s, 2),
        message=outcome.message,
    )
    return outcome


@flow(name="gaitkeeper sync", persist_result=False)
def sync(
    home_path: str, as_of: datetime | None = None, *, is_full: bool = False, accept_deletions: bool = False
) -> dict[str, Any]:
    """Run one night: sources, judgement, reports, delivery.

    Args:
        home_path: the home.
        as_of: the instant that "today" means; None asks the clock.
        is_full: list all that each account has, as is done once a week.
        accept_deletions: it is right that many activities are gone from an account.

    Raises:
        NeedsAttention: another night of this home is under way, or the home can't be read or written.
    """
    start_log(None)
    end_with_serve()
    home = Home(Path(home_path))
    now_utc = as_of or datetime.now(UTC)
    try:
        with only_one(home, "night", f"A night of {home.path} is under way already. Wait until it is done."):
            return _night(home, now_utc, is_full=is_full or accept_deletions, accept_deletions=accept_deletions)
    except Exception as error:
        log("night_failed", level=logging.ERROR, problem=type(error).__name__, message=str(error))
        raise


def _night(home: Home, now_utc: datetime, *, is_full: bool, accept_deletions: bool) -> dict[str, Any]:
    home_path = str(home.path)
    before = verdicts_of(home, now_utc) if is_outdated(home) else None
    total = work.Outcome()
    for index in range(len(home.config().sources)):
        total += sync_source(home, index, now_utc, is_full=is_full, accept_deletions=accept_deletions)
    judge_again(home_path, now_utc)
    if before is not None:
        log("made_again_by_a_newer_program", message=" ".join(change_lines(before, verdicts_of(home, now_utc))))
    files = weekly_summary(home_path, now_utc)
    delivered, trouble = _delivered(home_path, now_utc)
    artefacts.show_night(home, now_utc)
    artefacts.show_flagged(home, now_utc, total.session_ids)
    log("night_done", new_count=total.new_count, session_count=len(total.session_ids), report_count=len(files))
    return {
        "seen_count": total.seen_count,
        "new_count": total.new_count,
        "duplicate_count": total.duplicate_count,
        "merged_count": total.merged_count,
        "quarantined_count": total.quarantined_count,
        "withdrawn_count": total.withdrawn_count,
        "session_ids": list(total.session_ids),
        "message": total.message or trouble,
        "report_files": files,
        **delivered,
    }


def _delivered(home_path: str, now_utc: datetime) -> tuple[dict[str, int], str | None]:
    """Deliver what is due; a mail that can't go spoils no night, and is told."""
    try:
        return deliver_now(home_path, now_utc, None), None
    except GaitkeeperError as error:
        log("delivery_failed", level=logging.WARNING, problem=type(error).__name__, message=str(error))
        return {}, str(error)


def main() -> None:
    """Run one night for the home in GAITKEEPER_HOME: the entry point of a process worker."""
    sync(os.environ["GAITKEEPER_HOME"])


if __name__ == "__main__":
    main()
