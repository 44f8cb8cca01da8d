"""`gaitkeeper demo`: the whole nightly job on the bundled example log, in a throw-away home."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import tomllib
from datetime import UTC, date, datetime, time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gaitkeeper.cli import EXIT_FINDINGS
from gaitkeeper.commands.home import make_home
from gaitkeeper.options import format_option, now_in, open_log
from gaitkeeper.output import print_rows, say
from pipeline.journal import new_entry, write_entries
from pipeline.settings import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.journal import Entry

#: In a wheel the example lies beside the package's modules; in a checkout below data/.
_PLACES: Final = (Path(__file__).parents[1] / "example", Path(__file__).parents[2] / "data" / "example")

RUNNER: Final = "example"
TIME_ZONE: Final = "Europe/Madrid"

#: The example's own "today": the evening of its last run.
AS_OF: Final = datetime(2026, 4, 12, 20, 0)  # noqa: DTZ001 - a local time in TIME_ZONE


def example_folder() -> Path:
    """Return the folder with the example log."""
    return next(place for place in _PLACES if (place / "journal.toml").is_file())


@click.command("demo")
@format_option
@click.option("--keep", metavar="DIR", help="Leave the home here; default: a folder of the system for temporary files.")
def demo_command(output_format: str, keep: str | None) -> None:
    """Run the nightly job on eight weeks of a runner who doesn't exist, and print the last week."""
    from gaitkeeper.commands.log import run_sync

    home = Home(Path(keep) if keep else Path(tempfile.gettempdir()) / f"gaitkeeper-demo-{os.getuid()}")
    if not keep and home.path.exists():
        shutil.rmtree(home.path)
    make_home(home, RUNNER, TIME_ZONE)
    _configure(home)
    say(f"A throw-away home in {home.path}. The nightly flow starts; Prefect needs some seconds.")
    entries = tomllib.loads((example_folder() / "journal.toml").read_text("utf-8"))["entry"]
    write_entries(home, chain.from_iterable(_said(entry) for entry in entries))
    outcome = run_sync(home, AS_OF)
    write_entries(home, _answers(home, entries))
    _print(home, outcome, output_format)
    raise click.exceptions.Exit(EXIT_FINDINGS)


def _configure(home: Home) -> None:
    """Put the example's folders into this home, and name them as its sources.

    Copies whose files look as old as what they tell: of a fresh checkout the one that was cut short would be taken for
    a copy that still goes on, and left to the next night.
    """
    if not home.config().sources:
        blocks = []
        for name in ("watch", "phone"):
            folder = home.path / "example" / name
            shutil.copytree(example_folder() / name, folder, copy_function=shutil.copyfile)
            for file in folder.iterdir():
                os.utime(file, (AS_OF.timestamp(), AS_OF.timestamp()))
            path = json.dumps(str(folder))
            blocks.append(f'\n[[source]]\nkind = "folder"\npath = {path}\nrunner = "{RUNNER}"\n')
        with home.config_file.open("a", encoding="utf-8") as stream:
            stream.write("".join(blocks))


def _said(entry: dict[str, Any]) -> Iterator[Entry]:
    """Yield the journal entries of one block that need no session: intake, stages, rehab."""
    data = {key: _text(value) for key, value in entry.items() if key not in ("kind", "date", "set_by")}
    day: date = entry["date"]
    now_utc = datetime.combine(day, time(6), tzinfo=UTC)
    if entry["kind"] == "runner":
        for setting, value in data.items():
            said = {"setting": setting, "value": str(value), "from_date": day.isoformat()}
            yield new_entry("runner", RUNNER, said, by="Dr Example", now_utc=now_utc)
    elif entry["kind"] == "stage":
        yield new_entry("stage", RUNNER, {**data, "from_date": day.isoformat()}, by=entry["set_by"], now_utc=now_utc)
    elif entry["kind"] == "rehab":
        data["kind"] = data.pop("rehab_kind")
        yield new_entry("rehab", RUNNER, data, by=RUNNER, now_utc=now_utc)


def _answers(home: Home, entries: list[dict[str, Any]]) -> list[Entry]:
    """Return the symptom entries, each with the session of its day."""
    from pipeline.warehouse.connection import ask

    with open_log(home, AS_OF) as connection:
        runs = ask(connection, "runs_by_date", {"runner_id": RUNNER})
    session_on = {row["session_date"]: row["session_id"] for row in runs}
    return [
        new_entry(
            "symptom",
            RUNNER,
            {
                "session_id": session_on[entry["session_date"]],
                **{k: v for k, v in entry.items() if k not in ("kind", "date", "session_date", "entry_utc")},
            },
            by=RUNNER,
            now_utc=entry["entry_utc"],
        )
        for entry in entries
        if entry["kind"] == "symptom" and entry["session_date"] in session_on
    ]


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _print(home: Home, outcome: dict[str, Any], output_format: str) -> None:
    from flows import report
    from pipeline.reports.weekly import render_week
    from pipeline.warehouse.connection import ask

    files = report.write_reports(home, now_in(home, AS_OF))
    with open_log(home, AS_OF) as connection:
        if output_format != "table":
            print_rows(ask(connection, "week", {"runner_id": RUNNER, "iso_week": None}), output_format)
            return
        week = report.load_week(connection, RUNNER, report.iso_week(AS_OF.date()))
        assert week is not None
        click.echo(render_week(week))
        click.echo(report.flagged_report(connection, RUNNER, None))
    click.echo(f"{outcome['seen_count']} files were read, {outcome['quarantined_count']} of them not whole.")
    for file in files:
        click.echo(f"Written: {file}")
    click.echo(f"Look around: gaitkeeper --home {home.path} week --as-of {AS_OF.date()}")
    say("Findings are what this example is made to show: exit status 1 is the expected outcome.")
