"""`gaitkeeper connect mail`: keeps the password of the mail server, and tries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gaitkeeper.options import home_option, now_in
from gaitkeeper.output import say

if TYPE_CHECKING:
    from pipeline.settings import Home


@click.command("mail")
@home_option
@click.option("--test", "test_address", metavar="ADDRESS", help="Then send a test mail to this address.")
@click.option("--keep", is_flag=True, help="Don't ask for the password: use the one that is kept.")
def mail_command(home: Home, test_address: str | None, *, keep: bool) -> None:
    """Keep the password of the mail server that config.toml names under [mail]; it is asked for, never an argument.

    The login is tried at once. The password lies in the home's secrets, readable for its owner alone.
    """
    from flows.mail import checked_address, mail_config, mail_password, try_login
    from pipeline.errors import NeedsAttention

    home.require()
    config = mail_config(home)
    if test_address is not None:
        checked_address(test_address)
    if config.user is None:
        say(f"[mail] names no user: {config.host} is asked without a login.")
    elif not keep:
        password = click.prompt(f"Password of {config.user} at {config.host}", hide_input=True, err=True)
        if "\n" in password or "\r" in password:
            raise NeedsAttention("A password is one line. Nothing was kept.")
        mail_password(home).write({"password": password})
    try_login(home)
    click.echo(
        f"{config.host}:{config.port} answers ({config.security})" + (", and takes the login." if config.user else ".")
    )
    if test_address is not None:
        _send_test(home, test_address)
        click.echo(f"A test mail was handed to {config.host} for {test_address}.")


def _send_test(home: Home, address: str) -> None:
    from email.utils import make_msgid

    from flows.mail import send_mail
    from pipeline.outbox import Message
    from pipeline.reports.mail import render_mail

    subject = "Gaitkeeper: a test"
    text = "This mail was sent to try the mail server. It holds nothing of anybody's log.\n"
    send_mail(
        home,
        Message(
            key="test",
            runner_id="",
            what="test",
            to="runner",
            by="email",
            address=address,
            subject=subject,
            text=text,
            html=render_mail(subject, text),
            attachments=(),
            created_utc=now_in(home, None),
            mail_id=make_msgid(domain="gaitkeeper.invalid"),
        ),
    )
