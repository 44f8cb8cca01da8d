"""A chart as people get it: one Vega-Lite spec, and from it SVG, PNG and a page of its own. Sole user of vl-convert.

vl-convert carries Vega in a JavaScript engine of its own: the first picture of a process costs about 0.6 s, later ones
tens of milliseconds. Nothing is fetched: no spec of ours holds an address, and none would be followed.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

#: A tag with its attributes: texts have no bare angle brackets, so nobody's words are ever taken for one.
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
#: Vega numbers its clip paths from 0 in every picture; two of them on one page would cut each other.
_NAMED = re.compile(r'(id="|url\(#|href="#)((?:clip|gradient|pattern)\w*)')
#: What Vega says of every title and axis: one sentence speaks for the whole picture instead.
_SPOKEN = re.compile(r' (?:role|aria-\w+)="[^"]*"')


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. The same data give the same spec and the same bytes."""

    spec: dict[str, Any]  #: Vega-Lite, with its data in it
    description: str  #: one sentence for those who don't see it
    width_px: int

    @property
    def digest(self) -> str:
        """A name for what is drawn: equal specs have equal ones (an ETag, a cache's key)."""
        return hashlib.sha256(self.spec_text().encode()).hexdigest()[:16]

    def spec_text(self) -> str:
        """Return the spec as JSON that can stand inside a page's script element."""
        text = json.dumps(self.spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

    def altair(self) -> alt.VConcatChart:
        """Return the chart as Altair's own object, checked against Vega-Lite's schema, to be changed at will."""
        import altair as alt

        return alt.VConcatChart.from_dict(self.spec)

    def svg(self) -> str:
        """Return the picture as an SVG element, to stand in a page or a file of its own; texts stay texts."""
        import vl_convert

        drawn: str = vl_convert.vegalite_to_svg(self.spec, allowed_base_urls=[])
        name = rf"\g<1>c{self.digest}-\g<2>"
        own = _TAG.sub(lambda tag: _NAMED.sub(name, _SPOKEN.sub("", tag[0])), drawn)
        return own.replace("<svg ", f'<svg role="img" aria-label="{html.escape(self.description)}" ', 1)

    def png(self, scale: int = 2) -> bytes:
        """Return the picture as PNG, `scale` dots for each CSS pixel."""
        import vl_convert

        drawn: bytes = vl_convert.vegalite_to_png(self.spec, scale=scale, allowed_base_urls=[])
        return drawn

    def html(self, title: str = "Gaitkeeper") -> str:
        """Return a page of its own that needs nothing else: no script, no address, prints as it stands."""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(title)}</title>"
            "<style>body{margin:1rem;font-family:Arial,Helvetica,sans-serif}svg{max-width:100%;height:auto}</style>"
            f'</head><body><figure style="margin:0">{self.svg()}</figure></body></html>\n'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002 - Jupyter's protocol
        """Show the picture in a notebook: SVG, and a sentence where there are no pictures."""
        return {"image/svg+xml": self.svg(), "text/plain": self.description}
