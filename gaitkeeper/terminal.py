"""Pages on a terminal: their width, and a little colour where somebody looks; a pipe gets the same words, plain."""

from __future__ import annotations

import shutil
import sys
from typing import Final

import click

#: Wider lines are hard to follow; narrower than this nothing can be laid out.
WIDEST_COLUMNS: Final = 120
NARROWEST_COLUMNS: Final = 40

#: Words of outcomes and headings -> rich's styles. Every colour repeats what a word says: without colours (NO_COLOR, a
#: printer, colour-blind eyes) nothing is lost. No red: a finding is something to look at, not an alarm.
_STYLES: Final = {
    r"\bwithin plan\b": "green",
    r"\b(outside plan|hold)\b": "bold yellow",
    r"CONTACT YOUR CLINICIAN": "bold reverse",
    r"\b(not fully known|pending)\b|\?(?=\])": "cyan",
    r"^(Week|Runner) .*|^(Flagged|Limits of|Notes).*": "bold",
    r"[█▏▎▍▌▋▊▉]+": "blue",
    r"^  Day  .*": "dim",
}


def page_columns() -> int:
    """Return the columns of the terminal (COLUMNS goes before it), 100 for a pipe."""
    columns = shutil.get_terminal_size((100, 24)).columns
    return min(max(columns, NARROWEST_COLUMNS), WIDEST_COLUMNS)


def show_page(text: str) -> None:
    """Print a page whose words say all; on a terminal some of them are set off."""
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.text import Text

    page = Text(text.rstrip("\n"))
    for pattern, style in _STYLES.items():
        page.highlight_regex(f"(?m){pattern}", style)
    Console(highlight=False).print(page, soft_wrap=True)
