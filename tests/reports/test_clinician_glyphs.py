"""What the fonts can show, and what is said in place of the rest."""

from __future__ import annotations

import pytest
import typst

from pipeline.reports.clinician.glyphs import FONT_FOLDER, font_files, known_characters, showable
from pipeline.reports.clinician.pdf import _fonts
from support.pdf_check import tofu_in


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Morning run", "Morning run"),
        ("🏃‍♀️ easy", "[runner][female sign] easy"),
        ("🏃🏽", "[runner]"),
        ("朝のランニング", "[7 characters: CJK, Hiragana, Katakana]"),
        ("走", "[1 character: CJK]"),
        ("ok\u202ereversed\u2066", "okreversed"),
        ("a\x00b\x1bc\n\td", "abc d"),
        ("ריצת בוקר", "ריצת בוקר"),
        ("≤ 5 km", "[less-than or equal to] 5 km"),
        ("Zażółć Ελλάδα Москва", "Zażółć Ελλάδα Москва"),
        ("", ""),
    ],
)
def test_what_can_not_be_shown_is_named(said, told):
    """Never an empty box: emoji by their names, other scripts by name and length; what nobody sees goes."""
    assert told == showable(said)


def test_telling_twice_changes_nothing():
    """A text may pass through more than one door."""
    for text in ("🏃 朝の " + "x" * 90, "e\u0301" * 5):
        assert showable(text) == showable(showable(text))


def test_a_tower_of_marks_keeps_two():
    """Marks piled on a letter would reach into the lines around it."""
    assert "o\u0334\u035a" == showable("o\u0334\u035a\u0343\u0313\u030f")


def test_a_long_word_may_be_broken():
    """Nothing runs over the edge of its column."""
    assert "\u200b" in showable("x" * 40)
    assert "\u200b" not in showable("ordinary words of a usual length")


def test_every_character_that_we_call_known_has_a_glyph():
    """Typst draws none of them as the box for a missing letter; the reader of the fonts is right."""
    text = "".join(chr(code) for code in sorted(known_characters()) if chr(code).isprintable() and code != 0x25A1)
    families = ", ".join(f'"{name}"' for name in sorted(_fonts().families(), key=len))
    source = f"#set text(font: ({families}))\n#set page(height: auto)\n#sys.inputs.text.clusters().join(sym.zws)"
    made = typst.compile(
        source.encode(), format="svg", font_paths=_fonts(), ignore_system_fonts=True, sys_inputs={"text": text}
    )
    assert 4000 < len(text)
    assert 0 == tofu_in((made if isinstance(made, bytes) else b"".join(made)).decode())


def test_the_fonts_come_with_their_licence():
    """They may be handed on as they are, with the licence beside them."""
    assert 5 < len(font_files())
    assert "SIL OPEN FONT LICENSE" in (FONT_FOLDER / "OFL.txt").read_text("utf-8")
