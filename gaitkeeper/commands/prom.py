"""`gaitkeeper prom`: scores of questionnaires, and what their changes can mean. The items are the clinic's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gaitkeeper.commands.rehab import publish_first
from gaitkeeper.options import (
    as_of_option,
    day_option,
    format_option,
    home_option,
    now_in,
    one_runner,
    open_log,
    runner_option,
    today_in,
)
from gaitkeeper.output import print_rows, say
from pipeline.journal import new_entry, write_entries
from pipeline.prom import HAGOS_SUBSCALES, PROM_RANGES, check_prom_day, read_prom

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.settings import Home


@click.command("prom")
@home_option
@runner_option
@format_option
@as_of_option
@click.argument("instrument", required=False)
@click.argument("score", required=False)
@click.option("--subscale", help=f"HAGOS only: {', '.join(HAGOS_SUBSCALES)}.")
@day_option("--date", "Local day of the questionnaire; default today.")
def prom_command(
    home: Home,
    runner_id: str | None,
    output_format: str,
    as_of: datetime | None,
    instrument: str | None,
    score: str | None,
    subscale: str | None,
    **said: date | None,
) -> None:
    """Enter the score of a questionnaire, or list the scores: UWRI (0-36), iHOT-12, HAGOS, OSTRC (0-100)."""
    from pipeline.warehouse.connection import ask

    runner_id = one_runner(home, runner_id)
    if instrument is not None:
        if score is None:
            raise click.UsageError(f"Give the score, such as: gaitkeeper prom {next(iter(PROM_RANGES))} 28.")
        day = said["date"] or today_in(home, as_of)
        name, part, points = read_prom(instrument, subscale, score)
        check_prom_day(day, today_in(home, as_of))
        data = {"prom_date": day.isoformat(), "instrument": name, "subscale": part, "score": points}
        write_entries(home, [new_entry("prom", runner_id, data, by=runner_id, now_utc=now_in(home, as_of))])
        say(f"Recorded for {day}: {name}{'' if part is None else f' {part}'} {points:g}.")
    publish_first(home)
    with open_log(home, as_of) as connection:
        found = ask(connection, "proms", {"runner_id": runner_id})
    print_rows(found, output_format, nothing="No score was entered.")
