"""What the report's own fonts can show. Everything else is told by its name, in brackets: never an empty box.

The fonts lie beside the program (Noto Sans, SIL Open Font License: Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian,
Georgian, Thai, Devanagari), so a PDF is the same on every machine. Emoji are named ("[runner]"), other scripts are told
by script and length ("[5 characters: CJK]"); the HTML and the FHIR bundle hold every text as it was said.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

FONT_FOLDER: Final = Path(__file__).parents[1] / "fonts"

#: More characters than this of one emoji's name say less, not more.
_MOST_NAME_LETTERS: Final = 24

#: Seen by nobody: joiners, variation selectors, direction marks, skin tones. Left out without a word. Marks that turn
#: the direction of the text around it belong to these: a name must not turn the line that it stands in.
_SILENT_CATEGORIES: Final = ("Cc", "Cf", "Cs", "Mn", "Me")
#: A word longer than this may be broken: nothing runs over the edge of its column.
_LONG_WORD: Final = re.compile(r"[^\s\u200b]{18}(?=[^\s\u200b])")
_BREAK: Final = "\u200b"

_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)

#: Letters with more marks than this on them are noise that would reach into the lines above and below.
_MOST_MARKS: Final = 2


def font_files() -> list[Path]:
    """Return the font files, in the order of their names."""
    return sorted(FONT_FOLDER.glob("*.ttf"))


@cache
def known_characters() -> frozenset[int]:
    """Return every code point that one of the fonts has a glyph for."""
    return frozenset(code for file in font_files() for code in _mapped(file.read_bytes()))


def showable(text: str) -> str:
    """Return a text of one line with everything that has no glyph told in brackets instead.

    Line breaks and tabs become blanks; control characters, direction marks and joiners go.
    """
    plain = unicodedata.normalize("NFC", text)
    parts: list[str] = []
    for kind, run in groupby(_calmed(plain), key=_kind):
        letters = "".join(run)
        if kind == "known":
            parts.append(_LONG_WORD.sub(rf"\g<0>{_BREAK}", letters))
        elif kind == "blank":
            parts.append(" ")
        elif kind == "emoji":
            parts += [f"[{_name(letter)}]" for letter in dict.fromkeys(letters)]
        elif kind == "script":
            parts.append(_told(letters))
    return "".join(parts)


def _calmed(text: str) -> str:
    """Leave out marks beyond the second on one letter."""
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def _kind(letter: str) -> str | None:
    """Return known, blank, emoji, script (of other letters), or None for what nobody sees."""
    code = ord(letter)
    if letter.isspace():
        return "blank"
    category = unicodedata.category(letter)
    if letter != _BREAK and (category in ("Cc", "Cf", "Cs") or code in _SKIN_TONES):
        return None
    if code in known_characters() or letter == _BREAK:
        return "known"
    if category in _SILENT_CATEGORIES:
        return None
    if category in ("So", "Sk", "Sm", "Po", "No", "Sc"):
        return "emoji"
    return "script"


def _told(letters: str) -> str:
    """Return how many letters of which scripts are there."""
    scripts = ", ".join(dict.fromkeys(map(_script, letters)))
    return f"[{len(letters)} {'character' if len(letters) == 1 else 'characters'}: {scripts}]"


def _script(letter: str) -> str:
    """Return the script by the first word of the character's name, as Unicode has it."""
    first = unicodedata.name(letter, "unknown script").partition(" ")[0]
    return first if first == "CJK" else first.capitalize() if first.isupper() else "unknown script"


def _name(letter: str) -> str:
    name = unicodedata.name(letter, "symbol").lower()
    return name if len(name) <= _MOST_NAME_LETTERS else name[:_MOST_NAME_LETTERS].rpartition(" ")[0]


def _mapped(font: bytes) -> set[int]:
    """Return the code points of a font's character map (OpenType `cmap`, formats 4 and 12)."""
    (table_count,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4sIII", font, 12 + 16 * place) for place in range(table_count))
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for place in range(count):
        (offset,) = struct.unpack_from(">I", font, start + 4 + 8 * place + 4)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == 4:
            found |= _segments(font, start + offset)
        elif form == 12:
            found |= _groups(font, start + offset)
    return found


def _segments(font: bytes, at: int) -> set[int]:
    (double,) = struct.unpack_from(">H", font, at + 6)
    many = f">{double // 2}H"
    ends = struct.unpack_from(many, font, at + 14)
    starts = struct.unpack_from(many, font, at + 16 + double)
    deltas = struct.unpack_from(many, font, at + 16 + 2 * double)
    ranges_at = at + 16 + 3 * double
    ranges = struct.unpack_from(many, font, ranges_at)
    found: set[int] = set()
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code + deltas[place]
            if ranges[place]:
                at_glyph = ranges_at + 2 * place + ranges[place] + 2 * (code - start)
                (glyph,) = struct.unpack_from(">H", font, at_glyph)
                glyph = glyph + deltas[place] if glyph else 0
            if glyph & 0xFFFF:
                found.add(code)
    return found


def _groups(font: bytes, at: int) -> set[int]:
    (count,) = struct.unpack_from(">I", font, at + 12)
    groups = (struct.unpack_from(">III", font, at + 16 + 12 * place) for place in range(count))
    return {code for start, end, glyph in groups for code in range(start, end + 1) if glyph + code - start}
