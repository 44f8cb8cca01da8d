"""`gaitkeeper connect garmin`: links a Garmin account, once, by hand; no night ever logs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from gaitkeeper.options import home_option, one_runner, runner_option
from gaitkeeper.output import say

if TYPE_CHECKING:
    from connectors.garmin_faults import GarminLogin
    from pipeline.settings import Home

_NOTICE: Final = """\
Garmin offers no way in for programs of single people. What follows is the login of Garmin's own app, imitated down to
a browser's fingerprint by the library garminconnect: Garmin may change it, block it, or ask this account to wait, and
its terms don't foresee it. The files of the watch and Garmin's account export need none of this (docs/garmin.md).
E-mail address and password go to Garmin and are not kept; a token is, readable for you alone. It takes up to a minute.
"""

#: A code may be mistyped; more wrong ones lock accounts.
_CODE_TRIES: Final = 3


@click.command("garmin")
@home_option
@runner_option
@click.option("--email", metavar="ADDRESS", help="The account's e-mail address; asked for where it is left out.")
@click.option("--forget", is_flag=True, help="Forget the link that is kept here; what came by it stays.")
def garmin_command(home: Home, runner_id: str | None, email: str | None, *, forget: bool) -> None:
    """Link a Garmin account: e-mail address, password and code are asked for, a token is kept.

    Needs Python 3.12 or newer and the extra gaitkeeper[garmin].
    """
    from connectors.garmin import why_not_here
    from connectors.garmin_cooldown import CoolDown
    from flows.sources import setup_of
    from pipeline.config import SourceConfig
    from pipeline.errors import NeedsAttention
    from pipeline.kept import KeptFile

    runner_id = one_runner(home, runner_id)
    setup = setup_of(home, SourceConfig("garmin", None, runner_id))
    if forget:
        assert isinstance(setup.secrets, KeptFile)
        setup.secrets.forget()
        click.echo(f"Forgotten: nothing more comes from the Garmin account of {runner_id}.")
        return
    missing = why_not_here()
    if missing is not None:
        raise NeedsAttention(missing)
    cool_down = CoolDown(setup.memory, setup.now)
    cool_down.respect()
    say(_NOTICE)
    who = _link(open_login(setup.secrets), email, cool_down)
    cool_down.end()
    click.echo(f"Linked to {who or 'the Garmin account'} for {runner_id}.")
    if not any(one.kind == "garmin" and one.runner_id == runner_id for one in home.config().sources):
        click.echo(
            f"To have it read every night, add to {home.config_file}:\n\n"
            f'[[source]]\nkind = "garmin"\nrunner = "{runner_id}"'
        )


def open_login(secrets: object) -> GarminLogin:
    """Return the account to be linked."""
    from connectors.garmin_web import Account

    return Account(secrets)  # type: ignore[arg-type]  # a Keeper; the face names no protocol of the connectors


def _link(account: GarminLogin, email: str | None, cool_down: object) -> str | None:
    """Log in; a limit starts the wait that nothing skips, everything else is told with what to do."""
    from connectors.garmin_cooldown import CoolDown
    from connectors.garmin_faults import COOLING, GarminFault

    assert isinstance(cool_down, CoolDown)
    try:
        return _logged_in(account, email)
    except GarminFault as error:
        fault = error
    raise cool_down.begin(fault) if fault.trouble in COOLING else fault.told()


def _logged_in(account: GarminLogin, email: str | None) -> str | None:
    from connectors.garmin_faults import GarminFault, Trouble

    address = email or click.prompt("E-mail address of the Garmin account", err=True)
    password = click.prompt("Password", hide_input=True, err=True)
    if account.log_in(address, password):
        for attempt in range(1, _CODE_TRIES + 1):
            code = click.prompt("Code (sent by e-mail or SMS, or of your app)", err=True).strip()
            try:
                account.give_code(code)
                break
            except GarminFault as fault:
                if fault.trouble is not Trouble.WRONG_CODE or attempt == _CODE_TRIES:
                    raise
                say(f"{fault}. Another try:")
    return account.linked_to()
