"""`gaitkeeper connect`: link an account or a mail server; each in a module of its own, imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

#: What can be linked -> the module of `gaitkeeper.commands` that holds `<name>_command`, and its one line of help.
LINKS: Final[dict[str, tuple[str, str]]] = {
    "strava": ("connect_strava", "Link a Strava account, in the browser or by pasting an address."),
    "garmin": ("connect_garmin", "Link a Garmin account (Python 3.12 or newer, an optional extra)."),
    "mail": ("connect_mail", "Keep the password of the mail server that config.toml names."),
    "webhook": ("connect_webhook", "Keep the secret that signs what goes to a webhook."),
}


class Links(click.Group):
    """Finds what can be linked in LINKS."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of LINKS."""
        return list(LINKS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module and return its command."""
        if cmd_name not in LINKS:
            return None
        command = getattr(import_module(f"gaitkeeper.commands.{LINKS[cmd_name][0]}"), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List them without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in LINKS.items()])


@click.group("connect", cls=Links)
def connect_command() -> None:
    """Link an account or a mail server."""
