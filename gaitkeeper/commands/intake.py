"""`gaitkeeper intake`: what a clinician asks at the first visit, a journal entry each (thresholds: `runner set`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
)
from gaitkeeper.output import print_rows, say
from pipeline.answers import HIGHER_CONCERNS, read_text
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.settings import Home

ITEMS: Final = ("surgery_date", "surgery_lock_until", "diagnosis_text", "history_text")


@click.command("intake")
@home_option
@runner_option
@format_option
@as_of_option
@day_option("--surgery-date", "Local day of the operation.")
@day_option("--surgery-lock-until", "Last local day on which the surgeon allows no running; needs --by.")
@click.option("--diagnosis-text", help="The diagnosis in the clinician's own words.")
@click.option("--history-text", help="The history, in words.")
@click.option(
    "--higher-concern",
    "concerns",
    multiple=True,
    type=click.Choice(HIGHER_CONCERNS),
    help="May be given several times.",
)
@click.option("--no-higher-concern", "no_concern", is_flag=True, help="Asked, and none of them.")
@click.option(
    "--withdraw",
    "withdrawn",
    multiple=True,
    type=click.Choice((*ITEMS, *HIGHER_CONCERNS)),
    help="Take back what was said of it; may be given several times.",
)
@click.option("--by", "said_by", metavar="NAME", help="Who says so; default: the runner.")
def intake_command(
    home: Home,
    runner_id: str | None,
    output_format: str,
    as_of: datetime | None,
    concerns: tuple[str, ...],
    no_concern: bool,
    withdrawn: tuple[str, ...],
    said_by: str | None,
    **said: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Enter the intake, or list what it holds."""
    from pipeline.warehouse.connection import ask

    runner_id = one_runner(home, runner_id)
    if concerns and no_concern:
        raise click.UsageError("--no-higher-concern says that there is none; leave it out where there is one.")
    by = (said_by or "").strip()
    _check(said, withdrawn, by)
    new = [
        *_said_items(said),
        *({"item": "higher_concern", "value": name} for name in (*concerns, *(("none",) if no_concern else ()))),
        *(_withdrawal(name) for name in withdrawn),
    ]
    now = now_in(home, as_of)
    write_entries(home, [new_entry("intake", runner_id, data, by=by or runner_id, now_utc=now) for data in new])
    if new:
        say(f"Recorded for {runner_id}: {', '.join(dict.fromkeys(str(data['item']) for data in new))}.")
    publish_first(home)
    with open_log(home, as_of) as connection:
        found = ask(connection, "intake_of_runner", {"runner_id": runner_id})
    print_rows(found, output_format, nothing="The intake is empty.")


def _check(said: dict[str, Any], withdrawn: tuple[str, ...], by: str) -> None:
    lock: date | None = said["surgery_lock_until"]
    surgery: date | None = said["surgery_date"]
    if (lock or "surgery_lock_until" in withdrawn) and not by:
        raise NeedsAttention("A surgery lock is the surgeon's word: say whose with --by NAME. Nothing was recorded.")
    if lock and surgery and lock < surgery:
        raise NeedsAttention(
            f"The lock would end on {lock}, before the operation on {surgery}: give a later --surgery-lock-until. "
            "Nothing was recorded."
        )
    both = sorted({name for name, value in said.items() if value is not None} & set(withdrawn))
    if both:
        raise click.UsageError(f"{both[0]} is said and withdrawn at once: leave one of them out.")


def _said_items(said: dict[str, Any]) -> list[dict[str, Any]]:
    days = {name: said[name].isoformat() for name in ITEMS[:2] if said[name] is not None}
    texts = {name: read_text(said[name], name) for name in ITEMS[2:]}
    return [{"item": name, "value": value} for name, value in {**days, **texts}.items() if value is not None]


def _withdrawal(name: str) -> dict[str, Any]:
    if name in HIGHER_CONCERNS:
        return {"item": "higher_concern", "value": name, "is_withdrawn": True}
    return {"item": name, "is_withdrawn": True}
