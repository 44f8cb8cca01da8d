"""The command `gaitkeeper`: names, options, exit status. What a command does lies in `gaitkeeper.commands`.

A command's module is imported when it is called, so that `gaitkeeper week` starts without Prefect, stravalib or a chart
library.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import ClassVar, Final, NoReturn

import click

from pipeline.errors import GaitkeeperError

EXIT_CLEAN: Final = 0
EXIT_FINDINGS: Final = 1
EXIT_ATTENTION: Final = 2

#: Command -> the module of `gaitkeeper.commands` that holds it, and its one line of help.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("demo", "Run the nightly job on the bundled example log."),
    "init": ("home", "Make a home: config, the first runner, the default protocol."),
    "runner": ("people", "Add runners, and set their thresholds."),
    "stage": ("people", "The clinician's stage decisions."),
    "pain": ("symptoms", "Say how the hip felt: before, during, after, next morning."),
    "rehab": ("rehab", "Say what rehab work was done, and plan it."),
    "prom": ("prom", "Scores of questionnaires: UWRI, iHOT-12, HAGOS, OSTRC."),
    "intake": ("intake", "History, diagnosis, surgery locks, what calls for higher concern."),
    "correct": ("correct", "Set right what a recording gets wrong; reversible."),
    "connect": ("connect", "Link an account or a mail server."),
    "import": ("log", "Bring in files, folders and zip archives."),
    "sync": ("log", "Run the nightly flow once, now."),
    "serve": ("serve", "Keep the nightly schedule."),
    "rebuild": ("log", "Make the warehouse again from archive and journal."),
    "week": ("show", "The weekly summary."),
    "session": ("show", "One session: facts, findings, segments."),
    "flagged": ("show", "Flagged sessions."),
    "status": ("show", "The stage today, and what it allows."),
    "report": ("report", "The clinician's report: PDF, HTML, text, FHIR."),
    "protocol": ("protocol", "The stage limits and their sources."),
    "sql": ("show", "Any read-only query."),
    "export": ("export", "The relations as CSV or Parquet files."),
    "web": ("web", "The pages for runner and clinician."),
    "deliver": ("deliver", "Send what is due and what waits; or show what would go where."),
    "backup": ("backup", "Archive, journal and config in one file."),
    "restore": ("backup", "A home out of a backup."),
    "doctor": ("doctor", "What is wrong and what to do."),
}


class LazyGroup(click.Group):
    """Finds commands by name, and imports each when it is used."""

    #: Command -> the module of `gaitkeeper.commands` that holds it, and its one line of help.
    entries: ClassVar[dict[str, tuple[str, str]]] = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in their order."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the command's module and return it."""
        if cmd_name not in self.entries:
            return None
        module = import_module(f"gaitkeeper.commands.{self.entries[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.entries.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", "home_text", metavar="DIR", help="The home; also GAITKEEPER_HOME.")
@click.version_option(package_name="gaitkeeper")
@click.pass_context
def gaitkeeper(ctx: click.Context, home_text: str | None) -> None:
    """Hold every run of a Garmin/Strava log against the return-to-run limits a clinician has set."""
    ctx.obj = home_text


def main() -> NoReturn:
    """Run the command and leave with its status: 0 clean, 1 findings or quarantined files, 2 needs attention."""
    try:
        status = gaitkeeper.main(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        status = leaving.exit_code
    except click.ClickException as error:
        error.show()
        status = EXIT_ATTENTION
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was done before is kept; run it again to go on.", err=True)
        status = 130
    except GaitkeeperError as error:
        click.echo(f"Error: {error}", err=True)
        status = EXIT_ATTENTION
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = EXIT_CLEAN
    except Exception as error:
        if os.environ.get("GAITKEEPER_DEBUG"):
            raise
        click.echo(
            f"Error: this is a mistake of Gaitkeeper's own ({type(error).__name__}: {error}). Archive and journal are "
            "untouched. Run it again with GAITKEEPER_DEBUG=1 and report what it prints.",
            err=True,
        )
        status = EXIT_ATTENTION
    sys.exit(status if isinstance(status, int) else EXIT_CLEAN)
