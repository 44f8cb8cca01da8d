"""`gaitkeeper serve`: one process that keeps a home's schedule for years.

The main thread waits for a signal and, every few minutes, looks for red flags (flows.watch); Prefect's Runner has a
thread (flows.schedule), and its server a child process (flows.server).
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from flows.deliver import deliver_due
from flows.environment import prepare_prefect
from flows.server import own_server
from flows.serving import SERVE_VARIABLE, forget_server, only_one
from flows.watch import Watch
from pipeline.errors import GaitkeeperError, NeedsAttention
from pipeline.log_lines import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from flows.schedule import Schedule
    from pipeline.settings import Home

#: How often the main thread sees to it that the Runner is alive and the config as it was.
TICK_S: Final = 5


def serve(home: Home, port: int, announce: Callable[[str], None]) -> None:
    """Keep the schedule of a home until SIGTERM or SIGINT.

    Args:
        home: the home.
        port: of the Prefect server that is started where PREFECT_API_URL names none.
        announce: told the address of Prefect's pages once everything is there.

    Raises:
        NeedsAttention: the config can't be followed, the home is served already, or Prefect's server can't be asked.
    """
    home.config()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    sentence = f"{home.path} is served already: one `gaitkeeper serve` a home."
    with ExitStack() as stack:
        stack.enter_context(only_one(home, "serve", sentence))
        forget_server(home)
        os.environ[SERVE_VARIABLE] = str(os.getpid())
        prepare_prefect(home)
        api_url = os.environ.get("PREFECT_API_URL")
        is_shared = api_url is not None
        if api_url is None:
            server = stack.enter_context(own_server(home, port))
            os.environ["PREFECT_API_URL"], os.environ["PREFECT_API_AUTH_STRING"] = server.api_url, server.auth
            api_url = server.api_url
        from flows.schedule import Schedule  # noqa: PLC0415 - Prefect reads its settings when it is imported

        schedule = Schedule(home, is_shared=is_shared)
        stack.callback(schedule.stop)
        schedule.start()
        log("serving", prefect_url=api_url.removesuffix("/api"))
        announce(api_url.removesuffix("/api"))
        _wait(home, schedule, stop)
        log("stopping")


def _wait(home: Home, schedule: Schedule, stop: threading.Event) -> None:
    """Look for red flags and for a changed config until somebody says stop."""
    watch = Watch(home)
    look_at_s = time.monotonic()
    config_ns = home.config_file.stat().st_mtime_ns
    while not stop.wait(TICK_S):
        if not schedule.is_running():
            raise NeedsAttention("Prefect's Runner ended. Start `gaitkeeper serve` again; the log says what happened.")
        if home.config_file.exists() and home.config_file.stat().st_mtime_ns != config_ns:
            config_ns = home.config_file.stat().st_mtime_ns
            _attempt("config_taken_up", schedule.register_again)
            look_at_s = time.monotonic()  # the minutes between two looks may be other ones now
        if time.monotonic() >= look_at_s:
            look_at_s = time.monotonic() + 60 * _attempt_minutes(home)
            _attempt("looked", lambda: _look(home, schedule, watch))


def _attempt_minutes(home: Home) -> int:
    try:
        return home.config().night.red_flag_minutes
    except GaitkeeperError:
        return 15


def _attempt(event: str, do: Callable[[], None]) -> None:
    """Do one thing that may fail without the schedule ending with it; what failed is tried at its next time."""
    try:
        do()
    except Exception as error:  # noqa: BLE001 - whatever it is, the nights go on; it is told
        message = str(error) if isinstance(error, GaitkeeperError) else None
        log(event, level=logging.WARNING, state="failed", problem=type(error).__name__, message=message)


def _look(home: Home, schedule: Schedule, watch: Watch) -> None:
    """Have new red flags told by a flow run; send again what a mail server did not take."""
    now_utc = datetime.now(UTC)
    sessions = watch.look(now_utc)
    if sessions:
        log("red_flag", session_ids=",".join(sessions))
        schedule.start_red_flags()
        watch.told()
    else:
        sent = deliver_due(home, now_utc, what=[])
        if sent.sent_count:
            log(
                "delivered",
                sent_count=sent.sent_count,
                waiting_count=sent.waiting_count,
                failed_count=sent.failed_count,
            )
