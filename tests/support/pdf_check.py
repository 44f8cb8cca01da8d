"""What is wrong with a PDF as a reader would see it: cut text, empty boxes, more than a page, too pale in grey print."""

from __future__ import annotations

import ctypes
import re
from typing import TYPE_CHECKING, Any

import pypdfium2
import pypdfium2.raw as pdfium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

MM = 72 / 25.4
A4_PT = (210 * MM, 297 * MM)

#: The box that Noto's fonts show for a letter they don't have: a rectangle with a smaller one in it, both from the left.
_TOFU = re.compile(
    r"M 0 0m [\d.]+ [-\d.]+v (?P<high>[\d.]+)h (?P<wide>[\d.]+)v -(?P=high)h -(?P=wide)Z "
    r"m (?P<edge>[\d.]+) (?P=edge)h (?P<in_wide>[\d.]+)v (?P<in_high>[\d.]+)h -(?P=in_wide)v -(?P=in_high)Z"
)


def opened(pdf: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(pdf)


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page, line ends as blanks."""
    with opened(pdf) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


#: What a printer leaves white above and below; the line at the foot of the page stands right above it.
_FOOT_PT = 5 * MM


def outside(pdf: bytes, margin_mm: float) -> list[str]:
    """Return the letters that reach into the margin of a page, with their place."""
    with opened(pdf) as document:
        return [told for number, page in enumerate(document, 1) for told in _outside(number, page, margin_mm * MM)]


def _outside(number: int, page: Any, margin: float) -> Iterator[str]:
    wide, high = page.get_size()
    if (abs(wide - A4_PT[0]) > 1) or (abs(high - A4_PT[1]) > 1):
        yield f"page {number} is {wide:.0f} x {high:.0f} pt"
    text = page.get_textpage()
    for place in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(place)
        is_in = left >= margin and right <= wide - margin and bottom >= _FOOT_PT and top <= high - _FOOT_PT
        if not is_in and right > left:
            yield f"page {number}: {text.get_text_range(place, 1)!r} at {left:.0f}-{right:.0f}, {bottom:.0f}-{top:.0f}"


def overlapping(pdf: bytes) -> list[str]:
    """Return pairs of neighbouring lines of text that lie on each other (first page)."""
    with opened(pdf) as document:
        text = document[0].get_textpage()
        boxes = [text.get_rect(place) for place in range(text.count_rects())]
    found = []
    for place, (left, bottom, right, top) in enumerate(boxes):
        for other_left, other_bottom, other_right, other_top in boxes[place + 1 :]:
            wide = min(right, other_right) - max(left, other_left)
            high = min(top, other_top) - max(bottom, other_bottom)
            least = min(top - bottom, other_top - other_bottom)
            if wide > 2 and least > 3 and high > 0.3 * least and abs(bottom - other_bottom) > 2.5:
                found.append(f"{left:.0f},{bottom:.0f} and {other_left:.0f},{other_bottom:.0f}")
    return found


def smallest_text_pt(pdf: bytes) -> float:
    """Return the size of the smallest letters of the first page."""
    with opened(pdf) as document:
        text = document[0].get_textpage()
        sizes = [pdfium.FPDFText_GetFontSize(text, place) for place in range(text.count_chars())]
    return min(size for size in sizes if size > 1)


def drawn(pdf: bytes, number: int = 0, scale: float = 1.5) -> Image:
    with opened(pdf) as document:
        return document[number].render(scale=scale).to_pil()


def grey_contrast(pdf: bytes) -> list[tuple[float, str]]:
    """Return (contrast in grey, letter) of every letter of the first page whose colour is told, the palest first."""
    with opened(pdf) as document:
        page = document[0]
        text = page.get_textpage()
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        found: dict[tuple[int, int, int], str] = {}
        for place in range(text.count_chars()):
            letter = text.get_text_range(place, 1)
            if letter.strip() and pdfium.FPDFText_GetFillColor(text, place, red, green, blue, alpha):
                found.setdefault((red.value, green.value, blue.value), letter)
    return sorted((_contrast_on_white(colour), letter) for colour, letter in found.items())


def _contrast_on_white(colour: tuple[int, int, int]) -> float:
    """Return the contrast of a colour's grey (as a printer without colour makes it) on white, as WCAG has it."""
    red, green, blue = colour
    grey = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    linear = grey / 12.92 if grey <= 0.04045 else ((grey + 0.055) / 1.055) ** 2.4
    return 1.05 / (linear + 0.05)


def tofu_in(svg: str) -> int:
    """Return how many of the letters of a page (typst's SVG) are the box for a letter that isn't there."""
    return len(_TOFU.findall(svg))
