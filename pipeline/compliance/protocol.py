"""What a protocol is: stages, limits and criteria as data; and how a file of one is read, strictly.

A protocol is refused, with the nearest known name and the line, rather than followed in part: an unknown fact or a
wrong unit would otherwise be a limit that never speaks.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.settings import Home

Basis = Literal["source", "consensus", "default"]
Bound = Literal["max", "min"]
BreachOutcome = Literal["contact_clinician", "hold", "outside_plan", "note"]
Decision = Literal["advance", "hold", "regress", "layoff"]

_BUNDLED: Final = Path(__file__).parent / "protocols"

#: A protocol of seven stages and forty limits has 20 KB; more than this is some other file.
MAX_FILE_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One rung, in the order of the file."""

    stage_id: str
    name: str
    rehab_per_week: tuple[tuple[str, int], ...] = ()  #: kind of rehab work -> times a week


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit on one fact of a run in one stage."""

    stage_id: str
    fact: str
    bound: Bound
    limit_value: float  #: in the fact's own unit
    outcome: BreachOutcome
    basis: Basis
    source: str
    sentence: str  #: what is measured, for people


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that speaks for a decision about the stage, held against a fact of today.

    `bound` and `limit_value` say when it is met: for advancing, what has to be reached; for holding, going back and
    layoffs, what must not be exceeded.
    """

    stage_id: str
    decision: Decision
    fact: str
    bound: Bound
    limit_value: float
    basis: Basis
    source: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """All stages, limits and criteria of one file."""

    name: str
    version: str  #: name, version and the start of the file's digest: two different files never look the same
    title: str
    stages: tuple[Stage, ...]
    limits: tuple[Limit, ...]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What a protocol may name, each with its unit."""

    of_runs: Mapping[str, str]
    of_today: Mapping[str, str]


def bundled_names() -> list[str]:
    """Return the protocols that come with the program."""
    return sorted(path.stem for path in _BUNDLED.glob("*.toml"))


def find_protocol(home: Home, name: str) -> Path:
    """Return the file that a name means: the home's own copy goes before a bundled one.

    Raises:
        NeedsAttention: there is no such protocol.
    """
    for path in (home.protocol_folder / name, home.protocol_folder / f"{name}.toml", _BUNDLED / f"{name}.toml"):
        if path.is_file():
            return path
    known = sorted({*bundled_names(), *(path.stem for path in home.protocol_folder.glob("*.toml"))})
    raise NeedsAttention(
        f"There is no protocol {name!r} (known: {', '.join(known)}). "
        f"Put a file into {home.protocol_folder}, or mend `protocol` in {home.config_file}."
    )


def version_mark(text: str) -> str:
    """Return what the version of a protocol ends with: the start of its text's digest, always of one length."""
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def load_protocol(path: Path, known: KnownFacts) -> Protocol:
    """Read one protocol file.

    Raises:
        NeedsAttention: the file can't be followed; the sentence lists every mistake with its line.
    """
    return parse_protocol(read_protocol_text(path), str(path), known)


def read_protocol_text(path: Path) -> str:
    """Return the text of a protocol file.

    Raises:
        NeedsAttention: it can't be read, or is too large or no text at all.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NeedsAttention(f"The protocol {path} can't be read: {error.strerror}.") from error
    if len(content) > MAX_FILE_BYTES:
        raise NeedsAttention(f"{path} has {len(content):,} bytes: that is no protocol (at most {MAX_FILE_BYTES:,}).")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NeedsAttention(f"{path} is no text in UTF-8: {error.reason} at byte {error.start}.") from error


def parse_protocol(text: str, origin: str, known: KnownFacts) -> Protocol:
    """Read the text of a protocol.

    Args:
        text: TOML.
        origin: what to call it in front of people.
        known: the facts that it may name.

    Raises:
        NeedsAttention: it can't be followed; the sentence lists every mistake with its line.
    """
    from pipeline.compliance.protocol_reader import ProtocolReader  # noqa: PLC0415 - it needs the records above

    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError; so is a number of 5,000 digits
        raise NeedsAttention(f"{origin} is not valid TOML: {error}. Protocols are TOML files.") from error
    return ProtocolReader(text, origin, known).read(raw, version_mark(text))
