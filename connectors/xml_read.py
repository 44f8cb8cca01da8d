"""The way into XML that somebody else wrote: expat without namespaces, entities refused, encodings forgiven.

No namespaces, because real files use prefixes that they never declare (`gpxdata:`). What stands before a cut is handed
over like the rest; the fault comes beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from xml.parsers import expat

from pipeline.errors import UnreadableFile
from pipeline.model import Issue

if TYPE_CHECKING:
    from collections.abc import Callable

State = TypeVar("State")

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
#: Bytes looked at to tell wrong bytes from a wrong encoding; a character is 4 bytes at most in UTF-8.
_WINDOW_BYTES: Final = 4096

_CODES: Final = expat.errors.codes
_JUNK_AFTER_ROOT: Final = _CODES[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_INVALID_TOKEN: Final = _CODES[expat.errors.XML_ERROR_INVALID_TOKEN]
_UNKNOWN_ENCODING: Final = _CODES[expat.errors.XML_ERROR_UNKNOWN_ENCODING]
_INCORRECT_ENCODING: Final = _CODES[expat.errors.XML_ERROR_INCORRECT_ENCODING]
#: Names with a bare "&", control characters and HTML's entities are common in hand-written exporters; as spaces they
#: spoil a name at most, and a number that one stands in is unreadable, not wrong.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_FORGIVABLE: Final = {_INVALID_TOKEN, _CODES[expat.errors.XML_ERROR_UNDEFINED_ENTITY]}
#: What expat calls a document that simply ends: its words mean little to people.
_CUT: Final = {
    _CODES[expat.errors.XML_ERROR_NO_ELEMENTS],
    _CODES[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    _CODES[expat.errors.XML_ERROR_PARTIAL_CHAR],
    _CODES[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a document stopped being readable, and why."""

    reason: str  #: a clause without a full stop
    offset_bytes: int


class _Refused(Exception):  # a signal out of expat's callback, never seen outside this module
    """The document declares entities."""


@dataclass(frozen=True)
class _Attempt(Generic[State]):
    state: State
    code: int | None  #: expat's error; None: read whole
    offset_bytes: int
    encoding: str | None  #: None: as the document declares

    @property
    def fault(self) -> Fault | None:
        """Return what ended the reading, None where nothing did."""
        if self.code is None:
            return None
        reason = "the file ends in the middle" if self.code in _CUT else f"broken XML: {expat.ErrorString(self.code)}"
        return Fault(reason, self.offset_bytes)


def read_xml(content: bytes, attach: Callable[[expat.XMLParserType], State]) -> tuple[State, Fault | None, list[Issue]]:
    """Parse a document with the handlers that `attach` sets on the parser.

    Args:
        content: the whole document.
        attach: sets handlers and returns the state that they fill; called again for a second try in another encoding.

    Returns:
        The state, the fault that ended the reading (None: read whole), and what was forgiven.

    Raises:
        UnreadableFile: the document declares entities.
    """
    best, issues = _attempt(content, None, attach), list[Issue]()
    for encoding in _other_encodings(content, best):
        other = _attempt(content, encoding, attach)
        if other.code is None or other.offset_bytes > best.offset_bytes:
            best, issues = other, [Issue("wrong_encoding", "document", 1, f"read as {encoding}")]
        if best.code is None:
            break
    if best.code == _JUNK_AFTER_ROOT or (best.code == _INVALID_TOKEN and _is_whole(content[: best.offset_bytes])):
        return best.state, None, [*issues, Issue("trailing_bytes", "document", len(content) - best.offset_bytes)]
    if best.code in _FORGIVABLE and not content.startswith(_UTF16_BOMS):
        other = _attempt(_NOT_XML.sub(b" ", content), best.encoding, attach)
        if other.code is None or other.offset_bytes > best.offset_bytes:
            best, issues = other, [*issues, Issue("forbidden_characters", "document", 1, "read as spaces")]
    return best.state, best.fault, issues


def first_byte(content: bytes) -> int:
    """Return where the document begins: some writers put white space before it, which XML forbids."""
    start = len(_UTF8_BOM) if content.startswith(_UTF8_BOM) else 0
    blank = len(content) - start - len(content[start:].lstrip()) if content[start : start + 1].isspace() else 0
    return start + blank if blank else 0


def _attempt(content: bytes, encoding: str | None, attach: Callable[[expat.XMLParserType], State]) -> _Attempt[State]:
    start = first_byte(content)
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse
    state = attach(parser)
    try:
        parser.Parse(memoryview(content)[start:] if start else content, True)
    except expat.ExpatError as error:
        return _Attempt(state, error.code, start + parser.ErrorByteIndex, encoding)
    except (LookupError, ValueError):  # what pyexpat raises for encodings that it doesn't know, or of several bytes
        return _Attempt(state, _UNKNOWN_ENCODING, start, encoding)
    except _Refused:
        offset_bytes = start + parser.CurrentByteIndex
        raise UnreadableFile("the XML declares entities, which no activity needs; refused", offset_bytes) from None
    return _Attempt(state, None, len(content), encoding)


def _is_whole(content: bytes) -> bool:
    """Return whether a document was closed before the bytes that expat stumbled over."""
    try:
        expat.ParserCreate().Parse(content[first_byte(content) :], True)
    except (expat.ExpatError, LookupError, ValueError):
        return False
    return True


def _refuse(*_declaration: object) -> None:
    raise _Refused


def _other_encodings(content: bytes, attempt: _Attempt[State]) -> tuple[str, ...]:
    """Return what to try when the declared encoding is not the one the bytes are in."""
    if attempt.code in (_UNKNOWN_ENCODING, _INCORRECT_ENCODING):
        return ("utf-8", "iso-8859-1")
    if attempt.code == _INVALID_TOKEN and not content.startswith(_UTF16_BOMS):
        window = content[attempt.offset_bytes : attempt.offset_bytes + _WINDOW_BYTES]
        try:
            window.decode()
        except UnicodeDecodeError as error:
            if error.start < len(window) - 4:
                return ("iso-8859-1",)
    return ()
