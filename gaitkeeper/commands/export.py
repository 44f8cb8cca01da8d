"""`gaitkeeper export`: the relations as files for spreadsheets and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaitkeeper.options import as_of_option, home_option, one_runner, open_log, runner_option

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.settings import Home


@click.command("export")
@home_option
@runner_option
@as_of_option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="The form of the files.",
)
@click.option(
    "--relation",
    "names",
    metavar="NAME",
    multiple=True,
    help="Only this relation; again for more. Default: all but sample.",
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
def export_command(
    home: Home, runner_id: str | None, as_of: datetime | None, file_format: str, names: tuple[str, ...], folder: Path
) -> None:
    """Write the relations into a folder, a file each: all but the seconds, which `--relation sample` adds."""
    from pipeline.warehouse.frames import LARGE, export

    home.require()
    if runner_id is not None:
        runner_id = one_runner(home, runner_id)
    with open_log(home, as_of, judge=True) as connection:
        files = export(connection, folder.expanduser(), file_format, names=names, runner_id=runner_id)
    click.echo(f"{len(files)} file(s) written to {folder}.")
    if not names:
        click.echo(f"The seconds of the sessions are left out; add them with --relation {LARGE}.")
