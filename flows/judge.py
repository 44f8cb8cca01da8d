"""What is judged and told beside the night, as two small Prefect flows: the weekly report, and the red flags.

Neither writes to the warehouse: `finding` is a view, and what people say is judged as soon as it stands in the journal.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task

from flows import artefacts, deliver, nights, report
from flows.serving import end_with_serve
from pipeline.log_lines import log, start_log
from pipeline.settings import Home


@task(name="write reports", persist_result=False)
def write_reports(home_path: str, now_utc: datetime) -> list[str]:
    """Write the weekly summaries and the flagged sessions of every runner; return the files."""
    return [str(path) for path in report.write_reports(Home(Path(home_path)), now_utc)]


@task(name="deliver", persist_result=False)
def deliver_now(home_path: str, now_utc: datetime, what: list[str] | None) -> dict[str, int]:
    """Queue what is due and send what waits; the outbox sees to it that nothing goes twice."""
    outcome = deliver.deliver_due(Home(Path(home_path)), now_utc, what=what)
    counts = {
        "queued_count": outcome.queued_count,
        "sent_count": outcome.sent_count,
        "waiting_count": outcome.waiting_count,
        "failed_count": outcome.failed_count,
    }
    log("delivered", **counts)
    for sentence in outcome.sentences:
        log("delivery", level=logging.WARNING, message=sentence)
    return counts


@flow(name="gaitkeeper weekly report", persist_result=False)
def weekly_report(home_path: str, as_of: datetime | None = None) -> dict[str, Any]:
    """Write the week of every runner, and deliver what is due.

    Args:
        home_path: the home.
        as_of: the instant that "today" means; None asks the clock.
    """
    start_log(None)
    end_with_serve()
    home = Home(Path(home_path))
    now_utc = as_of or datetime.now(UTC)
    files = write_reports(home_path, now_utc)
    delivered = deliver_now(home_path, now_utc, None)
    nights.note_weekly(home, now_utc)
    log("weekly_report_written", report_count=len(files))
    return {"report_files": files, **delivered}


@flow(name="gaitkeeper red flags", persist_result=False)
def red_flags(home_path: str, as_of: datetime | None = None) -> dict[str, Any]:
    """Show the flagged sessions of the last days as they stand now, and deliver red flags at once.

    Args:
        home_path: the home.
        as_of: the instant that "today" means; None asks the clock.
    """
    start_log(None)
    end_with_serve()
    now_utc = as_of or datetime.now(UTC)
    delivered = deliver_now(home_path, now_utc, ["red_flag"])
    shown = artefacts.show_flagged(Home(Path(home_path)), now_utc)
    return {"session_ids": shown, **delivered}
