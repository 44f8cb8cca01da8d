"""What kind of file is this? Answered by its first bytes."""

from __future__ import annotations

import contextlib
import re
import zlib
from pathlib import PurePath
from typing import Final, Literal

Kind = Literal["fit", "gpx", "tcx", "strava", "gzip", "zip"]

#: Enough for a long prologue of comments and processing instructions.
HEAD_BYTES: Final = 65_536

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
#: Where the header of a FIT file says ".FIT" (FIT SDK, flexible and interoperable data transfer protocol, file header).
_FIT_MARK: Final = slice(8, 12)
_ROOT_KINDS: Final[dict[str, Kind]] = {"gpx": "gpx", "trainingcenterdatabase": "tcx"}
_ACTIVITY_KINDS: Final = frozenset({"fit", "gpx", "tcx", "strava"})
#: How the document begins that `connectors.strava_document` makes of an activity.
_STRAVA_START: Final = re.compile(rb'\s*\{\s*"_format"\s*:\s*"gaitkeeper\.strava/')
#: What may stand before the root element.
_PROLOGUE_END: Final = {"<?": "?>", "<!--": "-->"}


def kind_of(head: bytes) -> Kind | None:
    """Return the kind of a file from its first bytes (`HEAD_BYTES` are enough), None when it is none of ours."""
    if head.startswith(_GZIP_MAGIC):
        return "gzip"
    if head.startswith(_ZIP_MAGICS):
        return "zip"
    if head[_FIT_MARK] == b".FIT":
        return "fit"
    if _STRAVA_START.match(head):
        return "strava"
    root = xml_root(head)
    return _ROOT_KINDS.get(root) if root else None


def holds_activity(head: bytes) -> bool:
    """Return whether a file's first bytes look like one of ours, a .gz by what it holds."""
    kind = kind_of(head)
    if kind == "gzip":
        with contextlib.suppress(zlib.error):
            return kind_of(zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)) in _ACTIVITY_KINDS
    return kind in _ACTIVITY_KINDS


def xml_root(head: bytes) -> str | None:
    """Return the root element's local name in lower case, None when this is no XML."""
    text = _as_text(head[:HEAD_BYTES]).lstrip()
    while text.startswith("<"):
        opener = next((opener for opener in _PROLOGUE_END if text.startswith(opener)), None)
        if opener:
            text = text.partition(_PROLOGUE_END[opener])[2].lstrip()
        elif text[:9].upper() == "<!DOCTYPE":
            text = _after_doctype(text)
        else:
            match = re.match(r"<([\w.-]+:)?([\w.-]+)[\s/>]", text)
            return match[2].lower() if match else None
    return None


def describe(content: bytes, file_name: str) -> str:
    """Say in a clause what a file is that none of our decoders reads."""
    if not content:
        return "the file is empty (0 bytes)"
    head = content[:HEAD_BYTES]
    if not any(head):
        return "the file is blank: nothing but zero bytes"
    lowered = _as_text(head[:1024]).lstrip().lower()
    if lowered.startswith(("<!doctype html", "<html")):
        return "a web page, saved in place of the activity: log in and download it again"
    root = xml_root(head)
    if root:
        return f"XML, but neither GPX nor TCX: its first element is <{root[:40]}>"
    if lowered.startswith(("{", "[")):
        return "JSON, not a FIT, GPX or TCX file"
    suffix = PurePath(file_name).suffix.lower()
    claim = f" although its name ends in {suffix}" if suffix in {".fit", ".gpx", ".tcx", ".gz", ".zip"} else ""
    what = "text" if _is_text(head) else "bytes that no decoder knows"
    return f"{what}, not a FIT, GPX or TCX file{claim}"


def _after_doctype(text: str) -> str:
    """Return what follows a document type declaration, internal subset and all."""
    bracket, end = text.find("["), text.find(">")
    if 0 <= bracket < end:
        end = text.find(">", text.find("]", bracket))
    return text[end + 1 :].lstrip() if end >= 0 else ""


def _as_text(head: bytes) -> str:
    """Decode far enough to find tags: every encoding in use agrees on ASCII but UTF-16."""
    if head.startswith((b"\xff\xfe", b"<\0")):
        return head.decode("utf-16-le", "replace").lstrip("\ufeff")
    if head.startswith((b"\xfe\xff", b"\0<")):
        return head.decode("utf-16-be", "replace").lstrip("\ufeff")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _is_text(head: bytes) -> bool:
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head)
