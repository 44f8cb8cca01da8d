"""Rows on standard output as a table, JSON or CSV; everything that is not the answer goes to standard error."""

from __future__ import annotations

import csv
import json
import math
import sys
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


def plain(value: object) -> object:
    """Return a value as JSON has it: instants and days in ISO 8601, missing as null (never NaN)."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case None | str() | int() | float():
            return value
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def print_rows(rows: Sequence[Mapping[str, Any]], output_format: str, *, nothing: str = "Nothing.") -> None:
    """Print rows in the asked form; `nothing` is the sentence for an empty table."""
    if output_format == "json":
        click.echo(json.dumps([plain(dict(row)) for row in rows], ensure_ascii=False, indent=1))
    elif output_format == "csv":
        _print_csv(rows)
    elif not rows:
        click.echo(nothing)
    else:
        _print_table(rows)


def _print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow("" if value is None else _cell(plain(value)) for value in row.values())


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _short(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(_cell(plain(value)))


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_short(value)) for value in row.values()))
    console = Console(soft_wrap=False)
    if not console.is_terminal:
        console.width = 100_000  # a pipe has no edge to fold at
        console.width = console.measure(table).maximum
    console.print(table)


def say(sentence: str) -> None:
    """Print a sentence about what is being done; standard output stays for the answer."""
    click.echo(sentence, err=True)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function (done, total) that moves a bar on a terminal's standard error; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
