"""`gaitkeeper report`: the clinician's report, as PDF, HTML, text or a FHIR bundle, by the suffix of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gaitkeeper.cli import EXIT_CLEAN, EXIT_FINDINGS
from gaitkeeper.options import (
    as_of_option,
    day_option,
    home_option,
    now_in,
    one_runner,
    open_log,
    runner_option,
    today_in,
)
from gaitkeeper.output import say
from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.reports.clinician.model import ClinicianReport
    from pipeline.settings import Home

#: Suffix of the file -> what is written into it.
FORMS: Final = {".pdf": "PDF", ".html": "HTML", ".htm": "HTML", ".json": "FHIR R4", ".txt": "plain text"}


@click.command("report")
@home_option
@runner_option
@as_of_option
@day_option("--since", "First local day of the report; default: two weeks.")
@click.option("--out", "out_text", metavar="FILE", required=True, help="FILE.pdf, .html, .txt, or .json (FHIR R4).")
@click.option("--send", "is_sent", is_flag=True, help="Queue it for the clinician, too, as config.toml says.")
def report_command(
    home: Home, runner_id: str | None, as_of: datetime | None, since: date | None, out_text: str, is_sent: bool
) -> None:
    """Write the clinician's report of one runner: one A4 page, worst first, and its appendix."""
    out = Path(out_text).expanduser()
    suffix = out.suffix.lower()
    if suffix not in FORMS:
        listed = ", ".join(sorted(FORMS))
        raise NeedsAttention(f"{out.name!r} doesn't say what to write: end it with one of {listed}.")
    runner_id = one_runner(home, runner_id)
    now_utc, today = now_in(home, as_of), today_in(home, as_of)
    if since is not None and since > today:
        raise NeedsAttention(f"--since {since} lies after {today}, the last day of the report.")
    from flows.clinician import load_clinician_report

    with open_log(home, as_of, judge=True) as connection:
        report = load_clinician_report(
            connection, runner_id, now_utc, today, since_date=since, charts=is_sent or suffix != ".json"
        )
    _write(out, rendered(report, suffix))
    say(f"Written: {out} ({FORMS[suffix]}, {report.since_date} to {report.as_of_date}).")
    if is_sent:
        _send(home, report, now_utc)
    raise click.exceptions.Exit(EXIT_FINDINGS if report.has_findings else EXIT_CLEAN)


def rendered(report: ClinicianReport, suffix: str) -> bytes:
    """Return the report in the form that a file's suffix asks for."""
    if suffix == ".pdf":
        from pipeline.reports.clinician.pdf import render_pdf

        return render_pdf(report)
    if suffix == ".json":
        from pipeline.reports.clinician.fhir import render_fhir

        return render_fhir(report).encode()
    if suffix == ".txt":
        from pipeline.reports.clinician.text import render_text

        return render_text(report).encode()
    from pipeline.reports.clinician.html import render_html

    return render_html(report).encode()


def _write(out: Path, content: bytes) -> None:
    """Write the file for its owner alone: it holds health data."""
    from pipeline.kept import write_private

    if not out.parent.is_dir():
        raise NeedsAttention(f"The folder {out.parent} doesn't exist. Make it, or name another --out.")
    if out.is_dir():
        raise NeedsAttention(f"{out} is a folder. Name a file in it.")
    write_private(out, content)


def _send(home: Home, report: ClinicianReport, now_utc: datetime) -> None:
    """Put the report into the outbox for the clinician; the next delivery sends it."""
    from flows.clinician import files_of
    from flows.deliver import queue
    from pipeline.outbox import Attachment

    files = files_of(report)
    runner_id, day = report.runner_id, report.as_of_date
    name = f"return-to-run-{day}"
    queued = queue(
        home,
        runner_id,
        "report",
        "clinician",
        f"Return-to-run report, {runner_id}, {day}",
        files.text,
        files.html,
        [
            Attachment(f"{name}.pdf", "application/pdf", files.pdf),
            Attachment(f"{name}.fhir.json", "application/fhir+json", files.fhir_json.encode()),
        ],
        f"report {runner_id} {report.since_date} {now_utc:%Y-%m-%dT%H:%M}",
        now_utc,
    )
    say("Queued for the clinician; `gaitkeeper deliver` sends it." if queued else "It was queued before; nothing new.")
