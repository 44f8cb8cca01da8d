"""Reads what was typed into an answer: choices, whole numbers, names and red flags, every mistake told at once."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Final

from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Longer ones are pasted by mistake; names stand in tables, texts on pages.
MAX_NAME_CHARS: Final = 120
MAX_TEXT_CHARS: Final = 4000

#: Joiner and non-joiner have no shape of their own, and are part of how Persian, Hindi and emoji are written.
_JOINERS: Final = {0x200C: None, 0x200D: None}


class BadAnswer(NeedsAttention):
    """Something that can't be so, or not yet; `mistakes` are whole sentences."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        """Keep every mistake once."""
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__(" ".join((*self.mistakes, "Nothing was recorded.")))


def key_of(raw: object) -> str:
    """Return a typed word as the journal writes it: `Knee-lift` is knee_lift."""
    return re.sub(r"[\s-]+", "_", str(raw or "").strip().lower())


def bare(raw: object) -> str:
    """Return letters and digits only: `iHOT 12` is ihot12."""
    return re.sub(r"[\W_]+", "", str(raw).lower())


def number(raw: object) -> float | None:
    """Return a typed number, None where it is none."""
    try:
        value = float(str(raw).strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class Reader:
    """Collects every mistake before it refuses."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def finish(self) -> None:
        """Raise BadAnswer where something was not understood."""
        if self.mistakes:
            raise BadAnswer(self.mistakes)

    def choice(self, raw: object, name: str, allowed: tuple[str, ...]) -> str | None:
        """Read one of some words; nothing typed is None."""
        key = key_of(raw)
        if key and key not in allowed:
            self.mistakes.append(f"{name} is {str(raw)!r}: it is one of {', '.join(allowed)}.")
        return key if key in allowed else None

    def whole(self, raw: object, name: str, low: int, high: int) -> int | None:
        """Read a whole number; nothing typed is None."""
        if raw is None or not str(raw).strip():
            return None
        value = number(raw)
        if value is None or value != int(value) or not low <= value <= high:
            self.mistakes.append(f"{name} is {str(raw)!r}: it is a whole number from {low} to {high}.")
            return None
        return int(value)

    def text(self, raw: object, name: str, max_chars: int) -> str | None:
        """Read one line of plain text, its spaces put right; nothing typed is None."""
        text = " ".join(str(raw or "").split())
        if len(text) > max_chars:
            self.mistakes.append(f"{name} has {len(text)} letters: at most {max_chars}.")
        if not text.translate(_JOINERS).isprintable():
            self.mistakes.append(f"{name} holds signs that can't be printed: write it as plain text.")
        return text or None

    def names(self, raw: object, what: str, allowed: tuple[str, ...]) -> tuple[str, ...] | None:
        """Read names from a list or a text that lists them; `none` and an empty list are "asked, and none"."""
        if raw is None:
            return None
        words = list(raw) if isinstance(raw, (list, tuple)) else re.findall(r"[\w-]+", str(raw))
        if not words:
            return () if isinstance(raw, (list, tuple)) or str(raw).strip() == "[]" else None
        keys = [key_of(word) for word in words]
        if keys == ["none"]:
            return ()
        if "none" in keys:
            self.mistakes.append(f"none says that there is no {what}: leave it out where there is one.")
        self.mistakes += [
            f"{key!r} is no {what}: {_nearest(key, allowed)}" for key in keys if key not in (*allowed, "none")
        ]
        return tuple(dict.fromkeys(keys))


def _nearest(word: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, allowed, n=1, cutoff=0.5)
    near += [name for name in allowed if set(word.split("_")) & set(name.split("_")) - {"or", "and"}]
    return f"did you mean {near[0]}?" if near else f"the answers are {', '.join(allowed)}; or none."
