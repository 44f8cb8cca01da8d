"""The deployments of one home, as `gaitkeeper serve` keeps them in Prefect: the night, the weekly report, red flags.

Prefect's Runner polls in a thread of its own and starts each run in a process of its own, so that whatever a night
needs of memory is given back in the morning. One run at a time: the Runner takes one, a deployment takes one (a second
one is cancelled, not queued: the night after is soon enough), and the home's own locks hold against a `gaitkeeper sync`
by hand.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from prefect import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, FlowRun, State, StateType
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows import judge, nights
from flows.sync import sync
from flows.verdicts import is_outdated
from pipeline.errors import NeedsAttention
from pipeline.log_lines import log

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import PrefectClient
    from prefect.flows import Flow

    from pipeline.config import Config
    from pipeline.settings import Home

NIGHTLY: Final = "nightly"
WEEKLY: Final = "weekly"
RED_FLAGS: Final = "red-flags"

#: Seconds between two questions for runs that are due. Nobody waits for a night by the second, and on a small machine
#: each question costs; a run that somebody starts in Prefect's pages begins within this time.
POLL_S: Final = 15

#: A run that is stopped has this long to end; then its process is killed. What had arrived is in the archive anyway.
STOP_TIMEOUT_S: Final = 40

#: Registering takes a second; the first question to a server that was just started may take some more.
REGISTER_TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class Kept:
    """One deployment."""

    name: str
    flow: Flow[Any, Any]
    cron: str | None  #: None: it runs when somebody starts it
    description: str


def deployments(config: Config) -> tuple[Kept, ...]:
    """Return what is kept for a home of this config."""
    return (
        Kept(NIGHTLY, sync, nights.night_cron(config.night), "Every configured source, judgement, reports, delivery."),
        Kept(WEEKLY, judge.weekly_report, nights.weekly_cron(config.night), "The week of every runner, delivered."),
        Kept(RED_FLAGS, judge.red_flags, None, "Started by `gaitkeeper serve` when a red flag is new."),
    )


class Schedule:
    """Keeps the deployments of one home, and runs what is due, until it is stopped."""

    def __init__(self, home: Home, *, is_shared: bool) -> None:
        """Prepare; nothing is asked of the server yet.

        Args:
            home: the home.
            is_shared: the Prefect server may hold other homes, so that names must tell them apart.
        """
        self._home = home
        self._mark = f"-{hashlib.sha256(str(home.path.resolve()).encode()).hexdigest()[:8]}" if is_shared else ""
        self._ids: dict[str, UUID] = {}
        self._runner: Runner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._registered = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="prefect-runner", daemon=True)

    def start(self) -> None:
        """Register the deployments, catch up what was missed, and begin to run what is due.

        Raises:
            NeedsAttention: the server can't be asked.
        """
        self._thread.start()
        self._registered.wait(REGISTER_TIMEOUT_S)
        if self._failure is not None or not self._registered.is_set():
            raise NeedsAttention(f"Prefect's server can't be asked: {self._failure or 'it does not answer'}.")

    def is_running(self) -> bool:
        """Return whether due runs are still being started."""
        return self._thread.is_alive()

    def register_again(self) -> None:
        """Bring a changed config to the server."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._register(), self._loop).result(REGISTER_TIMEOUT_S)

    def start_red_flags(self) -> None:
        """Have the check for red flags run now."""
        with get_client(sync_client=True) as client:
            client.create_flow_run_from_deployment(self._ids[RED_FLAGS])

    def stop(self) -> None:
        """Stop polling, and end a run that is under way; what it didn't finish is caught up at the next start."""
        if self._runner is not None and self._loop is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._runner.astop(), self._loop)
        self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to: `start` and the log tell it
            self._failure = error
            log("runner_ended", level=40, problem=type(error).__name__, message=str(error))
        self._registered.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._runner = Runner(name="gaitkeeper", query_seconds=POLL_S, limit=1, pause_on_shutdown=False)
        await self._register()
        async with get_client() as client:
            await _end_lost_runs(client, list(self._ids.values()))
            await self._catch_up(client)
        self._registered.set()
        await self._runner.start()

    async def _register(self) -> None:
        assert self._runner is not None
        config = self._home.config()
        for kept in deployments(config):
            self._ids[kept.name] = await self._runner.aadd_flow(
                kept.flow,
                name=f"{kept.name}{self._mark}",
                schedule=Cron(kept.cron, timezone=config.time_zone) if kept.cron else None,
                parameters={"home_path": str(self._home.path.resolve())},
                concurrency_limit=ConcurrencyLimitConfig(
                    limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
                ),
                description=kept.description,
                tags=["gaitkeeper"],
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
            log("deployment_kept", deployment=kept.name, cron=kept.cron, time_zone=config.time_zone)

    async def _catch_up(self, client: PrefectClient) -> None:
        """Start what was missed while nobody served, once each, however many nights it was."""
        now_utc = datetime.now(UTC)
        config = self._home.config()
        missed = [
            # a newer program makes the log again, and says what changed, now rather than at four in the morning
            (NIGHTLY, nights.is_night_missed(self._home, config, now_utc) or is_outdated(self._home)),
            (WEEKLY, nights.is_weekly_missed(self._home, config, now_utc)),
        ]
        for name, is_missed in missed:
            if is_missed:
                await client.create_flow_run_from_deployment(self._ids[name], name=f"catch-up-{now_utc:%Y%m%dT%H%M%S}")
                log("catching_up", deployment=name)


async def _end_lost_runs(client: PrefectClient, deployment_ids: list[UUID]) -> None:
    """Close what an earlier `serve` left open: this one holds the home's lock, so nobody runs it any more.

    A run that still counts as running would keep its deployment's only slot, and every night after it would be
    cancelled. Runs that were due meanwhile go, too: one is caught up, not all of them one after another.
    """
    under_way = await _runs(client, deployment_ids, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
    for run in under_way:
        lost: State[Any] = Crashed(message="`gaitkeeper serve` ended while this ran.")
        await client.set_flow_run_state(run.id, lost, force=True)
        log("lost_run_closed", flow_run_id=str(run.id))
    now_utc = datetime.now(UTC)
    for run in await _runs(client, deployment_ids, StateType.SCHEDULED):
        if run.expected_start_time is not None and run.expected_start_time < now_utc:
            await client.delete_flow_run(run.id)


async def _runs(client: PrefectClient, deployment_ids: list[UUID], *states: StateType) -> list[FlowRun]:
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
        ),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=deployment_ids)),
        limit=200,
    )
