"""One life of a process that brings an account in, ended by SIGKILL at one of its own steps. Started with `lives`.

A step is whatever Python's audit hooks see (https://docs.python.org/3/library/audit_events.html): a file opened, renamed
or removed, a connection made. So the moment does not depend on how busy the machine is.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.strava_client import URL_VARIABLE
from pipeline.errors import GaitkeeperError
from support.strava_home import StravaLog
from support.strava_server import Clock

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.connection import Connection

#: Imported once, in a process that then forks: a life begins within milliseconds.
_PRELOADED = ("support.strava_life", "stravalib.client", "connectors.strava_streams", "pipeline.transforms")
#: What leaves a trace, on the disk or at Strava.
_STEPS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "socket.connect", "http.client.send"})


def lives(folder: Path, url: str, now_utc: datetime, last_step: int | None = None) -> int | None:
    """Live through one night; return its number of steps, None where it was killed at `last_step`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    ours, theirs = context.Pipe()
    process = context.Process(target=_live, args=(str(folder), url, now_utc, last_step, theirs))
    process.start()
    theirs.close()
    with suppress(EOFError):
        steps: int = ours.recv()
        process.join()
        return steps
    process.join()
    assert -signal.SIGKILL == process.exitcode
    return None


def _live(folder: str, url: str, now_utc: datetime, last_step: int | None, told: Connection) -> None:
    steps = 0

    def count(event: str, _args: object) -> None:
        nonlocal steps
        if event in _STEPS:
            steps += 1
            if steps == last_step:
                os.kill(os.getpid(), signal.SIGKILL)

    os.environ[URL_VARIABLE] = url
    sys.addaudithook(count)
    with suppress(GaitkeeperError):
        StravaLog(Path(folder)).night(Clock(now_utc))
    told.send(steps)
