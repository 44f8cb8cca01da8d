"""How Prefect is set up for one home. Called before Prefect is imported: it reads its settings on import."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipeline.settings import Home

#: Telemetry is off unless the user turned it on: both switches are needed. The server that a flow starts for itself may
#: take 16 s from cold (20 s is the default limit, too near on a small machine).
_DEFAULTS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
}


def prepare_prefect(home: Home) -> None:
    """Give Prefect this home's own folder and quiet, local defaults; what the user set in the environment wins."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(home.prefect_folder))
