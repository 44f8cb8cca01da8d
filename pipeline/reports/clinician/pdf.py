"""The report as PDF: one A4 page and its appendix, set by typst (a typesetter in a wheel; no system library, no font).

What people wrote goes in as JSON and stands there as strings: a string is never markup to typst. The same report gives
the same bytes on every machine: the fonts lie beside the program and the date comes from the report.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pipeline.reports.clinician.glyphs import FONT_FOLDER, showable
from pipeline.reports.clinician.page import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typst

    from pipeline.reports.clinician.model import ClinicianReport

TEMPLATE: Final = Path(__file__).parents[1] / "templates" / "clinician.typ"

#: What holds no words of people, or is gone through on its own.
_PICTURES: Final = ("picture", "block_picture", "panels")

#: What stands for the fonts of a chart in the PDF: the report's own.
_FONT: Final = "Noto Sans"
_FONT_OF_SVG: Final = re.compile(r'font-family="[^"]*"')
#: Noto Sans is this much wider than the font that charts measure their words with (mean over the letters a to z: 0.553
#: of the size against 0.513), so words keep their room when they are set this much smaller.
_NARROWER: Final = 0.93
_SIZE_OF_SVG: Final = re.compile(r'font-size="([\d.]+)px"')


def render_pdf(report: ClinicianReport) -> bytes:
    """Return the report as a PDF that a screen reader can follow (PDF/UA-1: tagged, charts described).

    A letter that slipped through without a glyph breaks that standard: then it is the same PDF without the mark.
    """
    import typst

    try:
        made = _set(report, "pdf", ["ua-1"])
    except typst.TypstError:
        made = _set(report, "pdf")
    assert isinstance(made, bytes)
    return made


def render_pages(report: ClinicianReport) -> list[str]:
    """Return the pages of the PDF as SVG, letters as outlines: the same pages, to be looked at."""
    made = _set(report, "svg")
    return [page.decode() for page in ([made] if isinstance(made, bytes) else made)]


def _set(
    report: ClinicianReport, form: Literal["pdf", "svg"], standards: Sequence[typst.PDFStandard] = ()
) -> bytes | list[bytes]:
    import typst

    content = _showable(asdict(page_of(_in_our_letters(report))))
    made: bytes | list[bytes] = typst.compile(
        TEMPLATE.read_bytes(),
        format=form,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(content, ensure_ascii=False)},
        timestamp=int(report.as_of_utc.timestamp()),
        pdf_standards=list(standards),
    )
    return made


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)])


def _in_our_letters(report: ClinicianReport) -> ClinicianReport:
    """Return the report with what people wrote showable before it is put into sentences: those are never cut for it."""
    told = {item.name: _told(getattr(report, item.name)) for item in fields(report) if item.name not in _PICTURES}
    panels = [
        replace(panel, session=_told(panel.session), findings=_told(panel.findings), answers=_told(panel.answers))
        for panel in report.panels
    ]
    return replace(report, **{**told, "panels": panels})


def _told(value: Any) -> Any:  # noqa: ANN401 - rows of any shape
    match value:
        case str():
            return _fitting(value)
        case dict():
            return {key: _told(item) for key, item in value.items()}
        case list() | tuple():
            return [_told(item) for item in value]
    return value


def _showable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a structure with every text showable; pictures stay as they are, in the report's font."""
    match value:
        case {"svg": svg, "description": description}:
            return {"svg": _in_our_font(svg), "description": showable(description)}
        case dict():
            return {key: _showable(item) for key, item in value.items()}
        case list() | tuple():
            return [_showable(item) for item in value]
        case str():
            return showable(value)
    return value


def _fitting(text: str) -> str:
    """Return a text showable, cut where the names of its letters would take much more room than the letters."""
    told = showable(text)
    most = len(text) * 3 // 2 + 40
    return told if len(told) <= most else told[: most - 1] + "…"


def _in_our_font(svg: str) -> str:
    """Return a chart whose words are set in the report's font, and have glyphs for all their letters."""
    narrower = _SIZE_OF_SVG.sub(lambda found: f'font-size="{float(found[1]) * _NARROWER:.2f}px"', svg)
    named = _FONT_OF_SVG.sub(f'font-family="{_FONT}"', narrower)
    return re.sub(r">([^<>]+)<", lambda found: f">{_shown_in_svg(found[1])}<", named)


def _shown_in_svg(text: str) -> str:
    from html import escape, unescape

    plain = unescape(text)
    return escape(showable(plain).replace("\u200b", ""), quote=False) if plain.strip() else text
