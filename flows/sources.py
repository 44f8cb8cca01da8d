"""A `[[source]]` block of the home's config -> the source itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from connectors import SOURCES
from connectors.base import SourceSetup
from pipeline.kept import KeptFile
from pipeline.log_lines import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.base import Source
    from pipeline.config import SourceConfig
    from pipeline.settings import Home


#: What waits for longer than a retry does is said in the log: a night that stands still for a quarter of an hour is
#: waiting for a limit, and nobody should have to guess that.
TOLD_WAIT_S: Final = 60.0


def setup_of(
    home: Home,
    config: SourceConfig,
    now: Callable[[], datetime] | None = None,
    sleep: Callable[[float], None] | None = None,
) -> SourceSetup:
    """Return what the home gives to a source: tokens below `secrets/`, the rest of its memory below `sources/`."""
    name = f"{config.kind}-{config.runner_id}.json"
    return SourceSetup(
        runner_id=config.runner_id,
        path=config.path,
        secrets=KeptFile(home.secret_folder / name),
        memory=KeptFile(home.source_folder / name),
        now=now or (lambda: datetime.now(UTC)),
        sleep=sleep or partial(_wait, config),
        shared=KeptFile(home.source_folder / f"{config.kind}.json"),
    )


def _wait(config: SourceConfig, seconds: float) -> None:
    if seconds >= TOLD_WAIT_S:
        log("source_waits", runner_id=config.runner_id, source=config.name, wait_s=round(seconds))
    time.sleep(seconds)


def open_source(home: Home, config: SourceConfig) -> Source:
    """Open the source that a block names; nothing is asked of the outside world yet."""
    kind = next(one for one in SOURCES if one.name == config.kind)
    return kind.load().open(setup_of(home, config))


def is_account(source_name: str) -> bool:
    """Return whether `Source.name` is one of an account: its things have versions, and can be gone."""
    return any(kind.is_account for kind in SOURCES if kind.name == source_name)
