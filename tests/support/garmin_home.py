"""What a home gives to a Garmin account: keepers in memory, a clock that a test moves, a sleep that moves it, too."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPException
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from connectors.base import SourceSetup
from connectors.garmin import GarminSource
from connectors.garmin_faults import GarminFault, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from pipeline.model import RefKey
    from support.garmin_server import GarminServer

#: CI runs Python 3.11, for which the library isn't made: what needs it is tested wherever the extra is installed.
needs_library = pytest.mark.skipif(
    find_spec("garminconnect") is None,
    reason="garminconnect is an optional extra for Python 3.12 and newer: pip install 'gaitkeeper[garmin]'",
)

NOW = datetime(2026, 4, 12, 18, 0, tzinfo=UTC)


class MemoryKeeper:
    """A Keeper that keeps nothing when the test ends, and counts what is written."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values = None if values is None else dict(values)
        self.write_count = 0

    def read(self) -> dict[str, Any] | None:
        return copy.deepcopy(self.values)

    def write(self, values: Mapping[str, Any]) -> None:
        self.values = copy.deepcopy(dict(values))
        self.write_count += 1


@dataclass
class Given:
    """A setup whose clock stands until it is moved."""

    secrets: MemoryKeeper = field(default_factory=MemoryKeeper)
    memory: MemoryKeeper = field(default_factory=MemoryKeeper)
    now_utc: datetime = NOW
    slept_s: list[float] = field(default_factory=list)
    path: Path | None = None

    def setup(self) -> SourceSetup:
        return SourceSetup("anna", self.path, self.secrets, self.memory, lambda: self.now_utc, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_utc += timedelta(seconds=seconds)

    def pass_hours(self, hours: float) -> None:
        self.now_utc += timedelta(hours=hours)


#: The ways to speak to the test server that this machine has.
WEBS = ("plain",) if find_spec("garminconnect") is None else ("plain", "library")


@dataclass
class Linked:
    """A server with a linked account, and the home's side of it."""

    server: GarminServer
    kind: str  #: one of WEBS
    given: Given = field(default_factory=Given)

    def __post_init__(self) -> None:
        self.given.secrets.write(self.server.kept())

    @property
    def source(self) -> GarminSource:
        """The source as the next night opens it."""
        if self.kind == "library":
            from connectors.garmin_web import Account

            return GarminSource(self.given.setup(), account=partial(Account, origin=self.server.origin))
        return GarminSource(self.given.setup(), account=partial(PlainWeb, origin=self.server.origin))

    def refs(self, since: datetime | None = None) -> list[RefKey]:
        """Return what it lists."""
        return list(self.source.refs(since))


class PlainWeb:
    """A GarminWeb without the library, for Python 3.11: plain HTTP to the test server, no renewing of tokens."""

    def __init__(self, secrets: MemoryKeeper, origin: str) -> None:
        self.secrets, self.origin = secrets, origin

    def activities(self, start: int, limit: int, since: date | None) -> object:
        query = {"start": start, "limit": limit} | ({} if since is None else {"startDate": since.isoformat()})
        content = self._get(f"/activitylist-service/activities/search/activities?{urlencode(query)}")
        try:
            return json.loads(content)
        except ValueError:
            raise GarminFault(Trouble.CHANGED, "HTTP 200") from None

    def original(self, activity_id: str) -> bytes:
        return self._get(f"/download-service/files/activity/{activity_id}")

    def _get(self, address: str) -> bytes:
        request = Request(self.origin + address, headers={"Authorization": f"Bearer {self.secrets.values['di_token']}"})
        try:
            with urlopen(request, timeout=5) as answer:
                return answer.read()
        except HTTPError as error:
            with error:
                raise _fault(error) from None
        except (OSError, HTTPException):
            raise GarminFault(Trouble.DOWN, "no whole answer") from None


def _fault(error: HTTPError) -> GarminFault:
    is_page = "html" in error.headers.get("Content-Type", "")
    wait_s = error.headers.get("Retry-After")
    kinds = {401: Trouble.UNLINKED, 403: Trouble.BLOCKED if is_page else Trouble.WITHHELD, 404: Trouble.GONE}
    kinds |= {429: Trouble.LIMITED, 427: Trouble.LIMITED}
    return GarminFault(kinds.get(error.code, Trouble.DOWN), f"HTTP {error.code}", float(wait_s) if wait_s else None)
