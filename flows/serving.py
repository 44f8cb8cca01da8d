"""Who serves a home: one process at a time, and where its Prefect server is. No Prefect in here."""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.errors import NeedsAttention
from pipeline.kept import KeptFile
from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.settings import Home

#: Set by `gaitkeeper serve` for the runs that it starts: its process id.
SERVE_VARIABLE: Final = "GAITKEEPER_SERVE_PID"

#: Seconds between two looks at who the parent is.
PARENT_LOOK_S: Final = 2


@dataclass(frozen=True, slots=True)
class Server:
    """A Prefect server on this machine."""

    api_url: str
    auth: str  #: user:password; whoever reaches the server without it reads nothing and starts nothing

    @property
    def page_url(self) -> str:
        """Return the address that people type."""
        return self.api_url.removesuffix("/api")


def _address_file(home: Home) -> KeptFile:
    return KeptFile(home.prefect_folder / "serve.json")


def own_auth(home: Home) -> str:
    """Return the login of this home's own Prefect server, made on first use and kept with the other secrets.

    Prefect's server asks for none by default. Any other user of the machine, or a web page that a browser on it shows,
    could then read the findings and have a flow run with parameters of its choice.
    """
    kept = KeptFile(home.secret_folder / "prefect.json")
    known = kept.read()
    if known is None:
        known = {"auth": f"gaitkeeper:{secrets.token_urlsafe(18)}"}
        kept.write(known)
    return str(known["auth"])


@contextmanager
def only_one(home: Home, name: str, sentence: str) -> Iterator[None]:
    """Hold a lock of the home as long as the block runs; the system frees it when the process ends, however it ends.

    Raises:
        NeedsAttention: another process holds it; `sentence` says what to do.
    """
    home.require()
    home.prefect_folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    path = home.prefect_folder / f"{name}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE_MODE)
    except OSError as error:
        raise NeedsAttention(f"{path} can't be opened: {error.strerror}. Mend the permissions of the home.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NeedsAttention(sentence) from error
        yield
    finally:
        os.close(descriptor)


def is_held(home: Home, name: str) -> bool:
    """Return whether some process holds a lock of this home right now."""
    try:
        descriptor = os.open(home.prefect_folder / f"{name}.lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def standing_server(home: Home) -> Server | None:
    """Return the server that a running `gaitkeeper serve` keeps for this home; None where there is none."""
    if not is_held(home, "serve"):
        return None
    found = _address_file(home).read()
    return None if found is None else Server(str(found["api_url"]), own_auth(home))


def forget_server(home: Home) -> None:
    """Forget the address that a `serve` left when it was killed: to be called by the one that holds its lock now."""
    _address_file(home).forget()


@contextmanager
def announced(home: Home, server: Server) -> Iterator[None]:
    """Let other commands of this home find the server as long as the block runs."""
    file = _address_file(home)
    file.write({"api_url": server.api_url})
    try:
        yield
    finally:
        file.forget()


def end_with_serve() -> None:
    """Let this process end soon after the `gaitkeeper serve` that started it, also where that one was killed.

    A run left behind would go on beside the one that the next `serve` catches up with, and wait for a server that is
    gone. Nothing is lost by ending at once: what arrived is in the archive, and a batch is one transaction.
    """
    serve_pid = int(os.environ.get(SERVE_VARIABLE, "0"))
    if serve_pid and os.getppid() == serve_pid:
        atexit.register(end_quietly)
        threading.Thread(target=_end_after, args=(serve_pid,), name="end-with-serve", daemon=True).start()


def end_quietly() -> None:
    """Say nothing while the interpreter goes down: DuckDB lists what Prefect's threads hold, forty lines a run."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _end_after(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(PARENT_LOOK_S)
    os._exit(1)
