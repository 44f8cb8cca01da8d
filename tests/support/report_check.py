"""What is wrong with one clinician's report as a PDF: more than a page, cut, lying on each other, tofu, too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.reports.clinician.glyphs import known_characters
from pipeline.reports.clinician.pdf import render_pages, render_pdf
from support import pdf_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.reports.clinician.model import ClinicianReport

#: Nothing but the page's own white is nearer to its edge than this.
MARGIN_MM = 13

#: Smaller than this nobody reads on paper.
LEAST_PT = 5.2

#: What PDFium adds of its own: a break in a word, and what stands for a hyphen.
_OF_PDFIUM = {"\u200b", "\ufffe", "\u00ad"}


def faults_of(report: ClinicianReport, *, pdf: bytes | None = None, look_for_tofu: bool = True) -> list[str]:
    """Return what is wrong, in sentences; marks that tower over their letters may touch the line above."""
    return list(_faults(report, pdf or render_pdf(report), look_for_tofu=look_for_tofu))


def _faults(report: ClinicianReport, pdf: bytes, *, look_for_tofu: bool) -> Iterator[str]:
    # PDFium gives marks that lie on a letter a place of their own, in the middle of a sentence
    pages = ["".join(letter for letter in page if ord(letter) not in _COMBINING) for page in pdf_check.texts(pdf)]
    said = report.runner_id + str(report.settings.get("contact")) + str(report.status["set_by"])
    is_plain = not any(ord(letter) in _COMBINING for letter in said)
    ends = ["This report compares", "not watched in real time"] if is_plain else ["This report compares"]
    if not all(words in pages[0] for words in ends):
        yield f"the first page does not hold the whole of itself: {pages[0][-120:]}"
    if len(pages) > 1 and "Appendix" not in pages[1][:60]:
        yield f"the second page is not the appendix: {pages[1][:80]}"
    yield from pdf_check.outside(pdf, MARGIN_MM)
    if is_plain:
        yield from (f"text on text at {place}" for place in pdf_check.overlapping(pdf))
    smallest = pdf_check.smallest_text_pt(pdf)
    if smallest < LEAST_PT:
        yield f"letters of {smallest:.1f} pt"
    letters = {letter for page in pages for letter in page if not letter.isspace()} - _OF_PDFIUM
    unknown = sorted(letter for letter in letters if ord(letter) not in known_characters())
    if unknown:
        yield f"letters without a glyph: {unknown}"
    if look_for_tofu:
        boxes = sum(pdf_check.tofu_in(page) for page in render_pages(report))
        if boxes:
            yield f"{boxes} empty boxes"


_COMBINING = range(0x300, 0x370)
