"""The Prefect server that `gaitkeeper serve` keeps where the user runs none: a child on this machine only.

It ends with its parent, however that ends: it reads a pipe that nobody writes to, and the end of the pipe is the end
of the server. A server left behind would hold the port and the database against the next `serve`.
"""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from flows.serving import Server, announced, own_auth
from pipeline.errors import NeedsAttention
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.settings import Home

HOST: Final = "127.0.0.1"

#: 8 to 14 s were measured on two cores; a single slow one may take some times that.
START_TIMEOUT_S: Final = 180

#: A server that doesn't end in this time after it was asked is ended; its database is made for that (SQLite's log).
STOP_TIMEOUT_S: Final = 15

#: The server logs warnings only; more than this is set aside at the next start, so that it never fills a disk.
LOG_BYTES: Final = 1_000_000


@contextmanager
def own_server(home: Home, port: int) -> Iterator[Server]:
    """Keep a Prefect server with its pages on this machine as long as the block runs.

    Raises:
        NeedsAttention: the port is taken, or the server doesn't come up.
    """
    _require_free(port)
    server = Server(f"http://{HOST}:{port}/api", os.environ.get("PREFECT_SERVER_API_AUTH_STRING") or own_auth(home))
    process = _start(home, port, server.auth)
    try:
        _await_ready(process, server, _log_file(home))
        with announced(home, server):
            yield server
    finally:
        _stop(process)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise NeedsAttention(
                f"Port {port} of this machine is taken ({error.strerror}). Name another one with --port, or say with "
                "PREFECT_API_URL which Prefect server to use."
            ) from error


def _log_file(home: Home) -> Path:
    return home.prefect_folder / "server.log"


def _start(home: Home, port: int, auth: str) -> subprocess.Popen[bytes]:
    home.prefect_folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    log = _log_file(home)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=PRIVATE_FILE_MODE)
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    environment["PREFECT_SERVER_API_AUTH_STRING"] = auth
    environment["PREFECT_SERVER_UI_API_URL"] = f"http://{HOST}:{port}/api"  # else the pages ask Prefect's default port
    with log.open("ab") as stream:
        return subprocess.Popen(  # noqa: S603 - our own module, no words of anybody's
            [sys.executable, "-P", "-m", "flows.server", str(port)],  # -P: a folder "flows" right here is not ours
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=stream,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the parent, which ends the server after the runs
        )


def _await_ready(process: subprocess.Popen[bytes], server: Server, log: Path) -> None:
    opener = build_opener(ProxyHandler({}))  # a proxy of the environment doesn't lead to this machine
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NeedsAttention(f"Prefect's server ended at once. {log} says why.")
        try:
            with opener.open(f"{server.api_url}/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.25)
    raise NeedsAttention(f"Prefect's server did not come up within {START_TIMEOUT_S} s. {log} may say why.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_with_parent() -> None:
    """Wait for the end of standard input, ask the server to end, and end it."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_TIMEOUT_S - 5)
    os._exit(0)


def _let_the_scheduler_write() -> None:
    """Let SQLAlchemy pass over what is no column in the rows of Prefect's scheduler, as it did before 2.1.

    Prefect 3.8.8 hands over whole runs, `state` among their keys. SQLAlchemy 2.1 refuses such a key ("please supply a
    bulk_dml decorated function"), and then no run is ever scheduled: the server stands there, and no night comes.
    """
    from prefect.server.database import orm_models  # noqa: PLC0415 - only the child may start Prefect

    for mapper in orm_models.Base.registry.mappers:
        for attribute in mapper.all_orm_descriptors.values():
            if getattr(attribute, "bulk_dml_setter", True) is None:
                vars(attribute)["bulk_dml_setter"] = _pass_over


def _pass_over(_cls: object, _row: object, _value: object) -> None:
    """Leave a key of a row where it is."""


def main() -> None:
    """Be the server, on the port that the first argument names, until standard input ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _let_the_scheduler_write()
    sys.argv = ["prefect", "server", "start", "--host", HOST, "--port", sys.argv[1], "--log-level", "WARNING"]
    runpy.run_module("prefect", run_name="__main__")


if __name__ == "__main__":
    main()
