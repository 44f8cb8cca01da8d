"""What is mailed, as simple HTML beside its plain text: the same words, in tables and lists that mail programs show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jinja2

#: Columns of our text tables stand two spaces or more apart; no cell holds two spaces.
_GAP: Final = re.compile(r" {2,}")

#: A bar may hold spaces before its limit: they are part of the cell.
_BAR: Final = re.compile(r"[█▏▎▍▌▋▊▉·]+ +│")

#: Fewer columns than this are a label and its value.
_TABLE_COLUMNS: Final = 3

#: A line that was wrapped is nearly as long as the page; the rest of it is moved in by two more.
_LONG_CHARS: Final = 70

#: Pixels of one step of indentation.
_STEP_PX: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text: its cells, and how far it is moved in."""

    cells: tuple[str, ...]
    indent_px: int


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of one kind."""

    kind: str  #: heading, text, list, table
    lines: tuple[Line, ...]
    has_header: bool = False  #: of a table: the first line names its columns


def render_mail(subject: str, text: str) -> str:
    """Return a text of ours as one page of HTML with its styles inside; whatever people wrote in it stays text.

    Args:
        subject: the heading.
        text: best with lines that are not wrapped: each becomes a paragraph, an item or a row.
    """
    return _environment().get_template("mail.html").render(subject=subject, blocks=list(blocks_of(text)))


@cache
def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - a week on a terminal needs none

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the parts of a text, told apart by the form of its lines."""
    for is_paragraph, group in groupby(_unwrapped(text), key=lambda line: bool(line.strip())):
        if is_paragraph:
            for kind, lines in groupby(group, key=_kind):
                yield _block(kind, [_line(line) for line in lines])


def _unwrapped(text: str) -> list[str]:
    """Return the lines of a text, those that were wrapped put together: the rest of a long one is moved in further."""
    lines: list[str] = []
    before = ""
    for line in text.splitlines():
        is_rest = len(before) >= _LONG_CHARS and _indent(line) == _indent(before) + 2 > 2
        is_more = (
            len(before) >= _LONG_CHARS and _indent(line) == _indent(before) and bool(lines) and lines[-1] != before
        )
        if line.strip() and len(_cells(line)) == 1 and (is_rest or is_more):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
        before = line
    return lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _kind(line: str) -> str:
    if line.startswith("#"):
        return "heading"
    if line.startswith("- "):
        return "list"
    if not line.startswith(" "):
        return "text"
    return "table" if len(_cells(line)) > 1 else "list"


def _cells(line: str) -> tuple[str, ...]:
    held = _BAR.sub(lambda found: found[0].replace(" ", "\u00a0"), line)
    return tuple(_GAP.split(held.strip()))


def _line(line: str) -> Line:
    cells = _cells(line) if _kind(line) == "table" else (_plain(line),)
    return Line(cells, max(_indent(line) - 2, 0) * _STEP_PX)


def _block(kind: str, lines: list[Line]) -> Block:
    if kind != "table":
        return Block(kind, tuple(lines))
    width = max(len(line.cells) for line in lines)
    first = lines[0].cells
    names_columns = len(first) >= _TABLE_COLUMNS and not any(char.isdigit() for cell in first for char in cell)
    padded = (Line((*line.cells, *[""] * (width - len(line.cells))), line.indent_px) for line in lines)
    return Block(kind, tuple(padded), has_header=names_columns and len(lines) > 1)


def _plain(line: str) -> str:
    """Return a line without the marks of Markdown that our reports use."""
    return re.sub(r"^(#+|-)\s+", "", line.strip()).replace("**", "")
