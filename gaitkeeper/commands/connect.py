"""`gaitkeeper connect`: link an account or a mail server; each in a module of its own, imported when it is called."""

from __future__ import annotations

from typing import Final

import click

from gaitkeeper.cli import LazyGroup

#: What can be linked -> the module of `gaitkeeper.commands` that holds `<name>_command`, and its one line of help.
LINKS: Final[dict[str, tuple[str, str]]] = {
    "strava": ("connect_strava", "Link a Strava account, in the browser or by pasting an address."),
    "garmin": ("connect_garmin", "Link a Garmin account (Python 3.12 or newer, an optional extra)."),
    "mail": ("connect_mail", "Keep the password of the mail server that config.toml names."),
    "webhook": ("connect_webhook", "Keep the secret that signs what goes to a webhook."),
}


class Links(LazyGroup):
    """Finds what can be linked in LINKS."""

    entries = LINKS


@click.group("connect", cls=Links)
def connect_command() -> None:
    """Link an account or a mail server."""
