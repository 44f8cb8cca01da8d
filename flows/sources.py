"""A `[[source]]` block of the home's config -> the source itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors import SOURCES
from connectors.base import SourceSetup
from pipeline.kept import KeptFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.base import Source
    from pipeline.config import SourceConfig
    from pipeline.settings import Home


def setup_of(
    home: Home,
    config: SourceConfig,
    now: Callable[[], datetime] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> SourceSetup:
    """Return what the home gives to a source: tokens below `secrets/`, the rest of its memory below `sources/`."""
    name = f"{config.kind}-{config.runner_id}.json"
    return SourceSetup(
        runner_id=config.runner_id,
        path=config.path,
        secrets=KeptFile(home.secret_folder / name),
        memory=KeptFile(home.source_folder / name),
        now=now or (lambda: datetime.now(UTC)),
        sleep=sleep,
        shared=KeptFile(home.source_folder / f"{config.kind}.json"),
    )


def open_source(home: Home, config: SourceConfig) -> Source:
    """Open the source that a block names; nothing is asked of the outside world yet."""
    kind = next(one for one in SOURCES if one.name == config.kind)
    return kind.load().open(setup_of(home, config))


def is_account(source_name: str) -> bool:
    """Return whether `Source.name` is one of an account: its things have versions, and can be gone."""
    return any(kind.is_account for kind in SOURCES if kind.name == source_name)
