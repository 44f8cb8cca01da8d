"""`gaitkeeper init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gaitkeeper.options import home_option, now_in
from gaitkeeper.output import say
from pipeline.config import DEFAULT_RUNNER
from pipeline.journal import new_entry, runner_ids, write_entries
from pipeline.settings import machine_time_zone

if TYPE_CHECKING:
    from pipeline.settings import Home

#: Ids name folders and stand in commands: letters, digits, - and _, as short as a name.
RUNNER_ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"


def make_home(home: Home, runner_id: str | None, time_zone: str | None) -> None:
    """Make the home and its first runner where they are not there yet."""
    home.create(time_zone=time_zone or machine_time_zone())
    if not runner_ids(home):
        add_runner(home, runner_id or DEFAULT_RUNNER, time_zone)


def add_runner(home: Home, runner_id: str, time_zone: str | None) -> None:
    """Write the entry that makes a runner."""
    now = now_in(home, None)
    data = {"setting": "time_zone", "value": time_zone, "from_date": now.date().isoformat()} if time_zone else {}
    write_entries(home, [new_entry("runner", runner_id, data, by=runner_id, now_utc=now)])


@click.command("init")
@home_option
@click.option("--runner", "runner_id", metavar="ID", help=f"The first runner; default {DEFAULT_RUNNER!r}.")
@click.option("--time-zone", metavar="ZONE", help="IANA name, such as Europe/Berlin; default: this machine's.")
def init_command(home: Home, runner_id: str | None, time_zone: str | None) -> None:
    """Make a home: config, the first runner, the default protocol."""
    check_runner_id(runner_id)
    is_new = not home.exists()
    make_home(home, runner_id, time_zone)
    runners = ", ".join(runner_ids(home))
    say(f"{'Made' if is_new else 'There already is'} a home in {home.path} (runner: {runners}).")
    say("Next: gaitkeeper runner set --ceiling 5:45/km, gaitkeeper stage set S1 --by NAME, gaitkeeper import FOLDER.")


def check_runner_id(runner_id: str | None) -> None:
    """Refuse an id that can't name a folder."""
    import re

    if runner_id is not None and not re.fullmatch(RUNNER_ID_PATTERN, runner_id):
        raise click.UsageError(f"The runner's id {runner_id!r} may have letters, digits, - and _ only, at most 40.")
