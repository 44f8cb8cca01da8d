"""`gaitkeeper backup` and `gaitkeeper restore`: a home's truth in one file, and a home out of it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaitkeeper.cli import EXIT_FINDINGS
from gaitkeeper.options import home_option, now_in
from gaitkeeper.output import progress_bar, say

if TYPE_CHECKING:
    from pipeline.settings import Home


@click.command("backup")
@home_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-secrets", is_flag=True, help="Tokens and passwords, too: keep such a file like a key.")
def backup_command(home: Home, file: Path, *, with_secrets: bool) -> None:
    """Write archive, journal, config and protocols into FILE (.zip); may be run while a night is running."""
    from pipeline.backup import write_backup

    outcome = write_backup(home, file, with_secrets=with_secrets)
    click.echo(
        f"{file}: {outcome.original_count} originals, {outcome.entry_count} journal entries, "
        f"{outcome.size_bytes / 1e6:.1f} MB in the home, {file.stat().st_size / 1e6:.1f} MB in the file. "
        "It was read back and is whole."
    )
    say(
        "Tokens and passwords are in it: keep it like a key." if with_secrets else "Tokens and passwords are not in it."
    )
    if outcome.missing:
        say(f"{len(outcome.missing)} original(s) are gone or altered; `gaitkeeper doctor --deep` names them.")
        raise click.exceptions.Exit(EXIT_FINDINGS)


@click.command("restore")
@home_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore_command(home: Home, file: Path) -> None:
    """Make a home out of a backup: FILE is checked, put into an empty folder, and the warehouse made again from it."""
    from flows.work import rebuild
    from pipeline.backup import restore_backup

    restored = restore_backup(file, home)
    say(
        f"{home.path}: {restored.original_count} originals and {restored.entry_count} journal entries are back "
        f"(from a backup of Gaitkeeper {restored.program_version}). The warehouse is made again from them."
    )
    with progress_bar("restoring") as progress:
        outcome = rebuild(home, now_in(home, None), progress)
    click.echo(
        f"{outcome.seen_count} files, {outcome.new_count} recordings, {outcome.quarantined_count} quarantined: "
        "the log is as it was."
    )
    if not restored.has_secrets and (home.config().sources or home.config().mail):
        say("Tokens and passwords were not in it: link accounts and the mail server again with `gaitkeeper connect`.")
