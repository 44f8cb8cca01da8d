"""`gaitkeeper connect strava`: the consent in the browser, or over SSH by pasting the address it ends at."""

from __future__ import annotations

import os
import sys
import webbrowser
from time import monotonic
from typing import TYPE_CHECKING, Final

import click

from gaitkeeper.options import home_option, one_runner, runner_option
from gaitkeeper.output import say
from pipeline.errors import GaitkeeperError, NeedsAttention

if TYPE_CHECKING:
    from connectors.base import SourceSetup
    from connectors.strava_auth import Account, Application, Consent
    from connectors.strava_consent import Catcher
    from pipeline.settings import Home

#: Somebody who looks for the password of an old account is done by then.
WAIT_S: Final = 300.0

_ID, _SECRET = "STRAVA_CLIENT_ID", "STRAVA_CLIENT_SECRET"
_SETTINGS: Final = "https://www.strava.com/settings/api"


@click.command("strava")
@home_option
@runner_option
@click.option("--paste", is_flag=True, help="Open no browser here: paste the address that yours ends at (over SSH).")
@click.option("--forget", is_flag=True, help="Take the consent back at Strava and here; what came by it stays.")
def strava_command(home: Home, runner_id: str | None, *, paste: bool, forget: bool) -> None:
    """Link a Strava account: you say yes in the browser, a token is kept, readable for you alone.

    Needs an application of your own (docs/strava.md): its client ID and secret are asked for, or taken from
    STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET.
    """
    from connectors.strava_auth import Account
    from flows.sources import setup_of
    from pipeline.config import SourceConfig

    runner_id = one_runner(home, runner_id)
    setup = setup_of(home, SourceConfig("strava", None, runner_id))
    account = Account(setup.secrets, runner_id, setup.now)
    if forget:
        _forget(setup, account)
        click.echo(f"Forgotten: nothing more comes from the Strava account of {runner_id}.")
        return
    application = _application(account)
    granted = _consent(application, is_pasted=paste or _is_remote())
    _link(setup, account, application, granted)
    click.echo(f"Linked to {account.athlete} for {runner_id}.")
    if account.is_partly_granted:
        from connectors.strava_auth import PARTLY

        say(f"Note: {PARTLY}. Run it again and tick it, or leave it so.")
    if not any(one.kind == "strava" and one.runner_id == runner_id for one in home.config().sources):
        block = f'[[source]]\nkind = "strava"\nrunner = "{runner_id}"'
        click.echo(f"To have it read every night, add to {home.config_file}:\n\n{block}")


def _application(account: Account) -> Application:
    """Return the application: from the environment, as it was kept, or asked for."""
    from connectors.strava_auth import Application

    kept = account.application
    client_id, secret = os.environ.get(_ID), os.environ.get(_SECRET)
    if not (client_id and secret) and kept is not None:
        return kept
    if not (client_id and secret):
        if not sys.stdin.isatty():
            raise NeedsAttention(
                f"Which application? Set {_ID} and {_SECRET}, or run it in a terminal, where it asks. Both are shown "
                f"at {_SETTINGS}."
            )
        say(f"Client ID and client secret are shown at {_SETTINGS} (docs/strava.md says how to get one).")
        client_id = click.prompt("Client ID", err=True)
        secret = click.prompt("Client secret (not shown)", hide_input=True, err=True)
    if not str(client_id).strip().isdecimal():
        raise NeedsAttention(f"The client ID is a number: see {_SETTINGS}.")
    return Application(int(str(client_id).strip()), str(secret).strip())


def _is_remote() -> bool:
    """Return whether the browser is on another machine than we are."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def _consent(application: Application, *, is_pasted: bool) -> tuple[str, list[str]]:
    """Ask for the consent and return the code and the granted scopes."""
    from connectors.strava_auth import Consent
    from connectors.strava_client import base_url
    from connectors.strava_consent import Catcher

    with Catcher() as catcher:
        consent = Consent(application, catcher.redirect_uri)
        address = consent.address(base_url())
        say(f"Say yes to Gaitkeeper at Strava, and leave the boxes ticked:\n\n  {address}\n")
        if is_pasted or not webbrowser.open(address):
            return _pasted(consent)
        return _caught(consent, catcher)


def _caught(consent: Consent, catcher: Catcher) -> tuple[str, list[str]]:
    """Take the first answer that is ours; another page of this machine may come by, and is told nothing."""
    say("Waiting for your browser. (If it is on another machine, press Ctrl-C and run it again with --paste.)")
    end_s = monotonic() + WAIT_S
    while (found := catcher.wait(max(end_s - monotonic(), 0.0))) is not None:
        if consent.is_ours(found):
            return consent.answer(found)
    raise NeedsAttention(f"No answer came within {WAIT_S / 60:.0f} minutes. Run it again, or with --paste.")


def _pasted(consent: Consent) -> tuple[str, list[str]]:
    say(
        "Your browser then shows an address that begins with http://127.0.0.1 and, on another machine, an error: that "
        "is right. Copy the whole address."
    )
    return consent.answer(click.prompt("The address (not shown)", hide_input=sys.stdin.isatty(), err=True))


def _link(setup: SourceSetup, account: Account, application: Application, granted: tuple[str, list[str]]) -> None:
    from connectors.strava_client import StravaApi
    from connectors.strava_limits import Gate, Memory

    code, scopes = granted
    tokens, athlete = StravaApi(setup, account, Gate(setup)).exchange(application, code)
    account.link(application, tokens, athlete, scopes)
    Memory(setup.memory).update(trouble=None)


def _forget(setup: SourceSetup, account: Account) -> None:
    """Take the consent back where Strava can be reached; here it is forgotten in any case."""
    from connectors.strava_client import StravaApi
    from connectors.strava_limits import Gate

    if account.tokens is None:
        raise NeedsAttention("No Strava account is linked: there is nothing to forget.")
    try:
        StravaApi(setup, account, Gate(setup)).deauthorize()
    except GaitkeeperError as error:
        say(f"Strava was not told ({error}) Take it off the list at https://www.strava.com/settings/apps yourself.")
    account.unlink()
