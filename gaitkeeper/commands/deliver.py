"""`gaitkeeper deliver`: what is due goes out, and what waits; or, with --dry-run, what would go where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gaitkeeper.cli import EXIT_ATTENTION, EXIT_CLEAN, EXIT_FINDINGS
from gaitkeeper.options import as_of_option, format_option, home_option, now_in
from gaitkeeper.output import print_rows, say

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.outbox import Message, Progress
    from pipeline.settings import Home

Row = dict[str, Any]


@click.command("deliver")
@home_option
@format_option
@as_of_option
@click.option("--dry-run", is_flag=True, help="Show what would go where; nothing is sent or marked.")
@click.option("--again", is_flag=True, help="Try once more what was refused for good: the address was mended.")
def deliver_command(home: Home, output_format: str, as_of: datetime | None, *, dry_run: bool, again: bool) -> None:
    """Send what is due and what waits, by the [[delivery]] blocks of config.toml; nothing is told twice."""
    home.require()
    now_utc = now_in(home, as_of)
    if dry_run:
        print_rows(_would_go(home, now_utc), output_format, nothing="Nothing is due, and nothing waits.")
        return
    from flows.deliver import deliver_due
    from pipeline.outbox import Outbox

    if again:
        count = Outbox(home).retry_failed()
        say(f"Refused before and tried once more: {count}.")
    outcome = deliver_due(home, now_utc, at_once=True)
    for sentence in outcome.sentences:
        say(sentence)
    row = {
        "queued_count": outcome.queued_count,
        "sent_count": outcome.sent_count,
        "waiting_count": outcome.waiting_count,
        "failed_count": outcome.failed_count,
    }
    if output_format == "table":
        click.echo(f"Sent: {outcome.sent_count}. Waiting: {outcome.waiting_count}. Refused: {outcome.failed_count}.")
    else:
        print_rows([row], output_format)
    if outcome.needs_attention or outcome.failed_count:
        raise click.exceptions.Exit(EXIT_ATTENTION)
    raise click.exceptions.Exit(EXIT_FINDINGS if outcome.waiting_count else EXIT_CLEAN)


def _would_go(home: Home, now_utc: datetime) -> list[Row]:
    from flows.deliver import dry_run

    waiting, due = dry_run(home, now_utc)
    for problem in due.problems:
        say(problem)
    return [
        *(_row(message, _state(message, progress), progress.reason) for message, progress in waiting),
        *(
            _row(draft.message, "withheld" if draft.is_withheld else "due", " ".join(draft.left_out) or None)
            for draft in due.drafts
        ),
    ]


def _state(message: Message, progress: Progress) -> str:
    if progress.state == "failed":
        return "refused"
    if progress.state == "sent":
        return "sent, to be noted"
    return f"waits since {message.created_utc:%Y-%m-%d %H:%M} UTC, {progress.attempt_count} tried"


def _row(message: Message, state: str, note: str | None) -> Row:
    from flows.deliver import recipient_of

    return {
        "state": state,
        "what": message.what,
        "runner_id": message.runner_id,
        "to": message.to,
        "by": message.by,
        "recipient": recipient_of(message),
        "subject": message.subject,
        "attachments": ", ".join(f"{one.file_name} ({len(one.content) / 1000:.0f} kB)" for one in message.attachments)
        or None,
        "note": note,
    }
