"""`gaitkeeper protocol`: the stage limits, their sources, a copy to edit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaitkeeper.options import (
    day_option,
    format_option,
    home_option,
    now_in,
    one_runner,
    runner_option,
    today_in,
)
from gaitkeeper.output import print_rows, say
from pipeline.compliance.judge import home_protocol, known_facts
from pipeline.compliance.protocol import find_protocol, load_protocol, parse_protocol, read_protocol_text
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries
from pipeline.settings import PRIVATE_FILE_MODE

if TYPE_CHECKING:
    from datetime import date

    from pipeline.settings import Home


@click.group("protocol")
def protocol_command() -> None:
    """Show, check, copy and adopt the stage limits."""


@protocol_command.command("show")
@home_option
@format_option
def show_command(home: Home, output_format: str) -> None:
    """Print every limit with its basis and source."""
    protocol = home_protocol(home)
    units = known_facts().of_runs
    listed = [
        {
            "stage_id": limit.stage_id,
            "fact": limit.fact,
            "bound": limit.bound,
            "limit_value": limit.limit_value,
            "unit": units[limit.fact],
            "outcome": limit.outcome,
            "basis": limit.basis,
            "source": limit.source,
        }
        for stage in protocol.stages
        for limit in protocol.limits
        if limit.stage_id == stage.stage_id
    ]
    if output_format == "table":
        click.echo(f"{protocol.title}\nProtocol {protocol.version}\n")
    print_rows(listed, output_format)


@protocol_command.command("check")
@home_option
@click.argument("path", required=False, type=click.Path(path_type=Path))
def check_command(home: Home, path: Path | None) -> None:
    """Check a protocol file; without PATH, the one that this home uses."""
    if path is None:
        path = find_protocol(home, home.config().protocol)
    protocol = load_protocol(path, known_facts())
    stages = ", ".join(stage.stage_id for stage in protocol.stages)
    click.echo(f"{path}: {protocol.version}, stages {stages}, {len(protocol.limits)} limits. Nothing is wrong with it.")


@protocol_command.command("new")
@home_option
@click.argument("name")
def new_command(home: Home, name: str) -> None:
    """Copy this home's protocol under a new name, to be edited."""
    source = find_protocol(home, home.config().protocol)
    target = home.protocol_folder / f"{Path(name).stem}.toml"
    if target.exists():
        raise NeedsAttention(f"{target} is there already: choose another name.")
    target.write_bytes(source.read_bytes())
    target.chmod(PRIVATE_FILE_MODE)
    say(f"Copied to {target}. Edit it, check it with `gaitkeeper protocol check`, and name it in {home.config_file}:")
    click.echo(f'protocol = "{target.stem}"')


@protocol_command.command("adopt")
@home_option
@runner_option
@click.argument("name")
@click.option("--by", "said_by", required=True, metavar="NAME", help="Who decides: a clinician's name.")
@click.option("--reason", help="Why.")
@day_option("--from", "First local day that it judges; default today. Earlier days stay as they were judged.")
def adopt_command(
    home: Home,
    runner_id: str | None,
    name: str,
    said_by: str,
    reason: str | None,
    **said: date | None,
) -> None:
    """Let a protocol judge a runner from a day on; its text goes into the journal as it stands now."""
    runner_id = one_runner(home, runner_id)
    text = read_protocol_text(find_protocol(home, name))
    protocol = parse_protocol(text, name, known_facts())
    day = (said["from"] or today_in(home, None)).isoformat()
    data = {"from_date": day, "protocol_name": name, "protocol_text": text, "reason": reason}
    write_entries(home, [new_entry("protocol", runner_id, data, by=said_by, now_utc=now_in(home, None))])
    say(f"{runner_id} is judged by {protocol.version} from {day}, adopted by {said_by}.")
