"""Sections of the FHIR document in words: escaped paragraphs, so that a reader without our codes sees the report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_XHTML: Final = "http://www.w3.org/1999/xhtml"


def section(title: str, lines: Sequence[str], resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a section of a Composition with its narrative and what it speaks of."""
    paragraphs = "".join(f"<p>{escape(_printable(line))}</p>" for line in lines if line.strip()) or "<p>Nothing.</p>"
    made: dict[str, Any] = {
        "title": title,
        "text": {"status": "generated", "div": f'<div xmlns="{_XHTML}">{paragraphs}</div>'},
    }
    if resources:
        made["entry"] = [{"reference": f"urn:uuid:{one['id']}"} for one in resources]
    return made


def _printable(line: str) -> str:
    """Leave out what XML has no place for."""
    return "".join(letter for letter in line if letter.isprintable() or letter.isspace())
