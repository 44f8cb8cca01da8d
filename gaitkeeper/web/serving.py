"""Listens, until somebody stops it. Sole user of uvicorn."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from gaitkeeper.web.security import Place


def serve(app: ASGIApp, place: Place, tell: Callable[[Place, int], None]) -> None:
    """Serve the pages until Ctrl+C.

    Args:
        app: the application.
        place: where to listen; port 0 takes any free one.
        tell: told the place and the port as soon as it listens.

    Raises:
        NeedsAttention: somebody else listens there, or the address is none of this machine's.
    """
    with listening(place) as listener:
        tell(place, listener.getsockname()[1])
        server(app, place).run(sockets=[listener])


def server(app: ASGIApp, place: Place) -> uvicorn.Server:
    """Return the server, not yet running. A proxy's word on who asks counts only where the config names one."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,  # addresses name runners; who looked is in the journal
            log_level="warning",
            proxy_headers=place.public_url is not None,
            forwarded_allow_ips="127.0.0.1,::1",
            server_header=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=3,
        )
    )


def listening(place: Place) -> socket.socket:
    """Return a socket that listens at this place.

    Raises:
        NeedsAttention: it can't.
    """
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # named as TCP, else asyncio leaves small packets waiting for one another, 40 ms a page
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((place.host.strip("[]"), place.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        reason = error.strerror or error
        raise NeedsAttention(
            f"Nothing can be served at {place.host}:{place.port}: {reason}. Name another --port or --host."
        ) from error
    return listener
