"""A source that is linked to the small Strava of `strava_server`, without a home or within one."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.base import SourceSetup
from connectors.strava import StravaSource
from connectors.strava_client import URL_VARIABLE
from flows import work
from flows.sources import setup_of
from pipeline.config import SourceConfig
from pipeline.errors import TryAgainLater
from support.small_log import RUNNER_ID, SmallLog
from support.strava_server import StravaServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from support.strava_server import Clock


@dataclass
class InMemory:
    """A keeper that keeps what it is given as long as the test lasts."""

    values: dict[str, Any] | None = None
    written: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> dict[str, Any] | None:
        return None if self.values is None else dict(self.values)

    def write(self, values: dict[str, Any]) -> None:
        self.values = dict(values)
        self.written.append(self.values)


@dataclass
class Linked:
    """A server, and what a home would keep of its account."""

    strava: StravaServer
    secrets: InMemory
    memory: InMemory

    @property
    def setup(self) -> SourceSetup:
        clock = self.strava.clock
        return SourceSetup("me", None, self.secrets, self.memory, clock.now, clock.sleep)

    def open(self) -> StravaSource:
        """Return a source as the next process would open it."""
        return StravaSource.open(self.setup)


@contextmanager
def running_strava(**limits: tuple[int, int]) -> Iterator[StravaServer]:
    """Run a server, and have the connector talk to it."""
    before = os.environ.get(URL_VARIABLE)
    with StravaServer(**limits) as strava:
        os.environ[URL_VARIABLE] = strava.url
        try:
            yield strava
        finally:
            os.environ.pop(URL_VARIABLE)
            if before is not None:
                os.environ[URL_VARIABLE] = before


@contextmanager
def linked_strava(scope: str = "read,activity:read_all", **limits: tuple[int, int]) -> Iterator[Linked]:
    """Run a server and link an account of it."""
    with running_strava(**limits) as strava:
        yield Linked(strava, InMemory(strava.linked(scope)), InMemory())


class StravaLog(SmallLog):
    """A home with a linked account, and the nights that bring it in, without Prefect."""

    @property
    def config(self) -> SourceConfig:
        return SourceConfig("strava", None, RUNNER_ID, may_reach_clinician=False)

    def link(self, strava: StravaServer, scope: str = "read,activity:read_all") -> None:
        """Keep what a consent would leave behind, in the real files."""
        setup_of(self.home, self.config).secrets.write(strava.linked(scope))

    def open(self, clock: Clock) -> StravaSource:
        """Open the source as the flow does."""
        return StravaSource.open(setup_of(self.home, self.config, now=clock.now, sleep=clock.sleep))

    def night(self, clock: Clock, since: datetime | None = None) -> work.Outcome:
        """Bring in what there is, once."""
        return work.import_source(self.home, RUNNER_ID, self.open(clock), clock.now(), since=since)

    def nights(self, clock: Clock, most: int = 30) -> int:
        """Try night after night until one comes to its end; return how many it took."""
        for number in range(1, most + 1):
            try:
                self.night(clock)
            except TryAgainLater:
                tomorrow = clock.now() + timedelta(days=1)
                clock.now_utc = tomorrow.replace(hour=2, minute=15, second=0)
            else:
                return number
        message = f"not done after {most} nights"
        raise AssertionError(message)
