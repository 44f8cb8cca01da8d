"""`gaitkeeper web`: the pages for runner and clinician, and who may see them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from gaitkeeper.options import as_of_option, format_option, home_option, open_log
from gaitkeeper.output import print_rows, say
from pipeline.errors import GaitkeeperError, NeedsAttention

if TYPE_CHECKING:
    from datetime import datetime

    from gaitkeeper.web.security import Place
    from pipeline.settings import Home

_ACCOUNT_HELP = "gaitkeeper web account add NAME --role runner --runner ID (or --role clinician)"


@click.group("web", invoke_without_command=True)
@home_option
@as_of_option
@click.option("--host", metavar="ADDRESS", help="Where to listen; default: config.toml, else this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; default: config.toml, else 8642; 0 takes any.")
@click.pass_context
def web_command(ctx: click.Context, home: Home, as_of: datetime | None, host: str | None, port: int | None) -> None:
    """Serve the pages for runner and clinician, on this machine only unless told otherwise."""
    if ctx.invoked_subcommand is None:
        home.require()
        _serve(home, as_of, host, port)


def _serve(home: Home, as_of: datetime | None, host: str | None, port: int | None) -> None:
    from gaitkeeper.web.security import Place

    config = home.config().web
    place = Place.of(
        replace(config, host=config.host if host is None else host, port=config.port if port is None else port)
    )
    _require_accounts(home, place)
    _bring_up_to_date(home, as_of)
    from gaitkeeper.web.app import make_app
    from gaitkeeper.web.serving import serve

    serve(make_app(home, place, as_of=as_of), place, _tell)


def _require_accounts(home: Home, place: Place) -> None:
    """Refuse to show health data to a network where nobody has to say who they are."""
    from gaitkeeper.web.accounts import AccountBook

    if place.is_private or AccountBook(home).all():
        return
    where = f"to {place.host}" if place.public_url is None else f"as {place.public_url}"
    raise NeedsAttention(
        f"The pages are to be served {where}, beyond this machine: make accounts first. {_ACCOUNT_HELP}"
    )


def _bring_up_to_date(home: Home, as_of: datetime | None) -> None:
    """Make the log again where another version of the program made it; a home without one has pages that say so."""
    try:
        with open_log(home, as_of):
            pass
    except GaitkeeperError as error:
        say(str(error))


def _tell(place: Place, port: int) -> None:
    from gaitkeeper.web.security import is_loopback

    host = f"[{place.host}]" if ":" in place.host else place.host
    say(f"Gaitkeeper's pages are at {place.public_url or f'http://{host}:{port}/'} (Ctrl+C stops them).")
    if not is_loopback(place.host) and not (place.public_url or "").startswith("https:"):
        say(
            "Nobody can log in over plain http from another machine: put a TLS proxy before it, and name its address "
            "in config.toml: [web] public_url. docs/web.md shows how."
        )


# --------------------------------------------------------------------------------------------------------------------
# Who may log in


@web_command.group("account")
def account_group() -> None:
    """Add, list and remove who may log in; as soon as there is one account, everybody has to."""


@account_group.command("add")
@home_option
@click.argument("name")
@click.option("--role", type=click.Choice(["runner", "clinician"]), required=True, help="What they may see.")
@click.option(
    "--runner",
    "runner_ids",
    multiple=True,
    required=True,
    metavar="ID",
    help="Whom they may see; a clinician's may be given several times.",
)
@click.option("--full-name", default="", help="The name that stands with what they say and decide; default: NAME.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
def add_command(
    home: Home, name: str, role: str, runner_ids: tuple[str, ...], full_name: str, password_stdin: bool
) -> None:
    """Add an account, or give one a new password; its password is asked for and never shown."""
    from gaitkeeper.web.accounts import AccountBook
    from pipeline.journal import runner_ids as known_runners

    home.require()
    known = known_runners(home)
    unknown = [runner_id for runner_id in runner_ids if runner_id not in known]
    if unknown:
        raise NeedsAttention(f"There is no runner {unknown[0]!r} in this home ({', '.join(known) or 'none yet'}).")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    account = AccountBook(home).add(
        name, "runner" if role == "runner" else "clinician", runner_ids, full_name.strip(), password
    )
    say(f"{account.name} may log in as {account.role} and see {', '.join(account.runner_ids)}.")


@account_group.command("list")
@home_option
@format_option
def list_command(home: Home, output_format: str) -> None:
    """List who may log in."""
    from gaitkeeper.web.accounts import AccountBook

    home.require()
    rows = [
        {"name": one.name, "role": one.role, "full_name": one.full_name, "runner_ids": list(one.runner_ids)}
        for one in AccountBook(home).all().values()
    ]
    print_rows(rows, output_format, nothing="No account: on this machine, whoever sits at it sees everything.")


@account_group.command("remove")
@home_option
@click.argument("name")
def remove_command(home: Home, name: str) -> None:
    """Remove an account; whoever is logged in with it is out at once."""
    from gaitkeeper.web.accounts import AccountBook

    home.require()
    AccountBook(home).remove(name)
    say(f"Removed {name}.")
