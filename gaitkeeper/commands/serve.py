"""`gaitkeeper serve`: the nightly schedule, kept until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from gaitkeeper.options import home_option, log_format_option
from gaitkeeper.output import say
from pipeline.log_lines import start_log

if TYPE_CHECKING:
    from pipeline.settings import Home

#: Prefect's own default: who runs one server on a machine finds it there.
PREFECT_PORT: Final = 4200


@click.command("serve")
@home_option
@log_format_option
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PREFECT_PORT,
    show_default=True,
    help="Of Prefect's pages on this machine, where PREFECT_API_URL names no server.",
)
@click.option("--show-login", is_flag=True, help="Print the password of Prefect's pages, and stop.")
def serve_command(home: Home, log_format: str | None, port: int, show_login: bool) -> None:
    """Keep the schedule: the nightly sync, the weekly report, red flags at once."""
    from flows.serve import serve
    from flows.serving import own_auth

    home.require()
    if show_login:
        click.echo(own_auth(home))
        return
    start_log(log_format, default="text")
    say(f"Serving {home.path}. Prefect starts; that takes some seconds.")
    serve(home, port, _ready)


def _ready(page_url: str) -> None:
    say(f"Prefect's pages: {page_url} (password: gaitkeeper serve --show-login). End with Ctrl-C.")
