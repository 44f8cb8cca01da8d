"""The report as one HTML file: no script, no address, charts inside; it prints on A4 as it reads on a screen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.reports.clinician.page import page_of

if TYPE_CHECKING:
    import jinja2

    from pipeline.reports.clinician.model import ClinicianReport

TEMPLATE_FOLDER: Final = Path(__file__).parents[1] / "templates"

#: Characters that turn the direction of what stands after them: a name must not turn the line that it stands in.
_TURNING: Final = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def render_html(report: ClinicianReport) -> str:
    """Return the report as a page of its own; every text is escaped."""
    return _template().render(page=page_of(report), labelled=_labelled)


def render_html_body(report: ClinicianReport) -> str:
    """Return what stands inside the page's <main>, for a page that brings its own frame (`gaitkeeper web`)."""
    return _environment().get_template("clinician_body.html").render(page=page_of(report), labelled=_labelled)


def report_style() -> str:
    """Return the style sheet that `render_html_body` needs."""
    return (TEMPLATE_FOLDER / "clinician.css").read_text("utf-8")


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_plain,
    )
    environment.globals["style"] = report_style()
    return environment


def _template() -> jinja2.Template:
    return _environment().get_template("clinician.html")


def _plain(value: object) -> object:
    """Take out what would turn the direction of the text after it; markup of our own stays."""
    return value.translate(_TURNING) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _labelled(line: str) -> tuple[str, str]:
    """Part a line at its first colon where what stands before is a name, as the PDF does."""
    label, colon, rest = line.partition(": ")
    return (f"{label}:", f" {rest}") if colon and len(label) < 46 and ";" not in label else ("", line)
