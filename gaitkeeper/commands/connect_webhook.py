"""`gaitkeeper connect webhook`: keeps the secret by which a receiver knows that a message is ours."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import click

from gaitkeeper.options import home_option

if TYPE_CHECKING:
    from pipeline.settings import Home

#: 256 bits, as long as the digest that it keys (RFC 2104 section 3).
_SECRET_BYTES: Final = 32


@click.command("webhook")
@home_option
@click.argument("url")
@click.option("--forget", is_flag=True, help="Forget the secret: messages go unsigned again.")
def webhook_command(home: Home, url: str, *, forget: bool) -> None:
    """Keep a secret for the webhook at URL; every message to it is signed from then on.

    Leave the secret empty to have one made; it is printed once, for the receiver.
    """
    from flows.webhook import SIGNATURE_HEADER, webhook_secrets
    from pipeline.errors import NeedsAttention

    home.require()
    if not any(one.by == "webhook" and one.address == url for one in home.config().deliveries):
        raise NeedsAttention(f"No [[delivery]] of {home.config_file} goes to the webhook {url}. Add it there first.")
    kept = webhook_secrets(home)
    known = {key: value for key, value in (kept.read() or {}).items() if key != url}
    if forget:
        kept.write(known)
        click.echo("Forgotten: messages to it go unsigned.")
        return
    told = click.prompt("Secret (empty: one is made)", hide_input=True, default="", show_default=False, err=True)
    secret = told or secrets.token_hex(_SECRET_BYTES)
    kept.write({**known, url: secret})
    if not told:
        click.echo(secret)
    click.echo(f"Messages to it carry {SIGNATURE_HEADER}: sha256=HMAC-SHA256 of the body with this secret.", err=True)
