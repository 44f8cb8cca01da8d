"""How Prefect is set up for one home. Called before Prefect is imported: it reads its settings on import."""

from __future__ import annotations

import atexit
import os
import sys
from typing import TYPE_CHECKING, Final

from flows.serving import end_quietly, standing_server

if TYPE_CHECKING:
    from pipeline.settings import Home

#: Ninety days of flow runs in Prefect's own pages. Its database then stays below some 20 MB (docs/nights.md has the
#: figures); what is to be kept for years is in the home itself: `sync_run`, the journal, the reports.
RETENTION_S: Final = 90 * 86_400

_DEFAULTS: Final = {
    # Telemetry is off unless the user turned it on. Both switches are needed: there are two telemetry hosts, one for
    # the client and one for the server. The newer of Prefect's two sets of pages asks a third one, as soon as a
    # browser opens it and whatever the switches say: the older set is the default here.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # The server that a flow starts for itself may take 16 s from cold; 20 s is the default limit, too near on a small
    # machine.
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # Warnings are kept with the run, in Prefect's pages. On standard error our own lines tell what failed
    # (pipeline.log_lines), not pages of traceback.
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    # Nothing that a flow returns is written down by Prefect: results live as long as the process.
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    # Old flow runs go, with their logs and artefacts; events (most of what a run writes) after a week.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(RETENTION_S),
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
    # A slot that a killed run holds comes free again after the server was started anew; in memory it would be lost, and
    # every later night refused.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # Prefect lets pages of any origin ask its server ("*"). What is asked here is health data: its own pages only.
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "http://127.0.0.1",
}


def prepare_prefect(home: Home) -> None:
    """Give Prefect this home's own folder and quiet, local defaults; what the user set in the environment wins.

    Where `gaitkeeper serve` keeps a server for this home, its runs and ours are seen in the same place, and no second
    server opens the same database.
    """
    if "prefect" not in sys.modules:
        atexit.register(end_quietly)  # before Prefect's own handlers are there, so after them at the end
    os.umask(0o077)  # its database and its logs are for the home's owner alone, as all the rest
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(home.prefect_folder))
    if "PREFECT_API_URL" not in os.environ:
        server = standing_server(home)
        if server is not None:
            os.environ["PREFECT_API_URL"] = server.api_url
            os.environ["PREFECT_API_AUTH_STRING"] = server.auth
