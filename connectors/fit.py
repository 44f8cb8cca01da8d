"""FIT files: bytes in, recordings out. Damage is a value, not an end: what lies before it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from connectors.fit_audit import audit_issues
from connectors.fit_messages import fitparse_version, read_messages
from connectors.fit_oracle import read_whole
from connectors.fit_profile import FILE_ID, RECORD, SESSION
from connectors.fit_records import read_records
from connectors.fit_sessions import build_recordings
from connectors.fit_walk import walk_file
from pipeline.errors import NotAnActivity, NoTimestamps, UnreadableFile
from pipeline.model import Damage, DecodedFile, Issue, Recording

if TYPE_CHECKING:
    from connectors.fit_messages import Messages
    from connectors.fit_records import RecordColumns
    from connectors.fit_walk import Chain, Part

Engine = Literal["columns", "fitparse"]


def decode_fit(content: bytes, *, engine: Engine = "columns") -> DecodedFile:
    """Decode a FIT file, however many parts and sessions it holds.

    Args:
        content: the whole file, not compressed.
        engine: "columns" reads the records with numpy and the rest with fitparse; "fitparse" reads everything with
            fitparse, some 40 times slower, to check the other against.

    Returns:
        The recordings in the order of the file. `crc_ok` is None where the device never wrote a checksum; `damage`
        tells why and where a file could not be read whole.

    Raises:
        UnreadableFile: nothing can be read; with the byte at which reading failed.
        NotAnActivity: settings, a workout plan, a course, ...
        NoTimestamps: records, but none with a time.
    """
    chain = walk_file(content)
    found = _Gathered()
    for part in chain.parts:
        _gather(found, content, part, engine)
    damage = _damage(chain, found)
    if not found.recordings:
        raise _nothing(found, damage)
    recordings = _tell_more(found, chain)
    return DecodedFile("fit", tuple(recordings), _crc_ok(chain), damage)


@dataclass(slots=True)
class _Gathered:
    """What the parts of a file gave so far."""

    recordings: list[Recording] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  #: what fitparse gave up on
    refused: list[str] = field(default_factory=list)  #: kinds of parts that are no activity
    is_untimed: bool = False  #: a part holds records, but none with a time


def _gather(found: _Gathered, content: bytes, part: Part, engine: Engine) -> None:
    if engine == "fitparse":
        records, messages = read_whole(content[part.start : part.next_start])
    else:
        records, messages = read_records(content, part), read_messages(content, part)
    found.faults += messages.faults
    kind = _refused_kind(part, messages)
    if kind is not None:
        found.refused.append(kind)
        return
    built = build_recordings(records, messages, decoder=_decoder(engine), first_index=len(found.recordings))
    found.is_untimed = found.is_untimed or (not built and len(records.times) > 0)
    found.recordings += _with_issues(built, part, records, messages)


def _decoder(engine: Engine) -> str:
    return f"{'fit_records+' if engine == 'columns' else ''}fitparse {fitparse_version()}"


def _refused_kind(part: Part, messages: Messages) -> str | None:
    """Return the file's type where it says that it is no activity."""
    kinds = [one["type"] for one in messages.of(FILE_ID) if one.get("type") is not None]
    if not kinds or kinds[0] == "activity":
        return None
    if isinstance(kinds[0], str):
        return kinds[0].replace("_", " ")
    # A number that no profile knows: what it holds decides.
    holds = messages.of(SESSION) or any(True for _ in part.streams_of(RECORD))
    return None if holds else f"type {kinds[0]}"


def _with_issues(built: list[Recording], part: Part, records: RecordColumns, messages: Messages) -> list[Recording]:
    """Tell what concerns the whole part with its first recording."""
    if not built:
        return built
    issues = [*audit_issues(part, records, messages)]
    issues += [Issue("message_fault", "fitparse", 1, fault) for fault in messages.faults]
    if part.crc_ok is None:
        issues.append(Issue("unclosed_file", "data_size", 1, "the device stopped before it closed the file"))
    return [replace(built[0], issues=(*built[0].issues, *issues)), *built[1:]]


def _tell_more(found: _Gathered, chain: Chain) -> list[Recording]:
    """Tell with the first recording what else the file holds: other kinds of parts, bytes behind the end."""
    issues = [
        Issue("other_part", kind, 1, "a part of the file that is no activity: left out") for kind in found.refused
    ]
    if chain.trailing_bytes and chain.fault is None:
        detail = "behind the end of the FIT data: left out"
        issues.append(Issue("trailing_bytes", "file", chain.trailing_bytes, detail))
    first, *others = found.recordings
    return [replace(first, issues=(*first.issues, *issues)), *others]


def _crc_ok(chain: Chain) -> bool | None:
    told = [part.crc_ok for part in chain.parts if part.crc_ok is not None]
    return all(told) if told else None


def _damage(chain: Chain, found: _Gathered) -> Damage | None:
    """Return the first thing that is wrong: a torn structure, then a wrong checksum, then what fitparse gave up on."""
    salvaged = sum(len(one.samples) for one in found.recordings)
    torn = [part.fault for part in chain.parts if part.fault is not None]
    torn += [chain.fault] if chain.fault is not None else []
    if torn:
        return Damage(torn[0].reason, torn[0].offset_bytes, salvaged)
    wrong = [part for part in chain.parts if part.crc_ok is False]
    if wrong:
        return Damage("the checksum does not match: values may be wrong", wrong[0].next_start - 2, salvaged)
    if found.faults:
        return Damage(f"messages that could not be read: {found.faults[0]}", None, salvaged)
    return None


def _nothing(found: _Gathered, damage: Damage | None) -> UnreadableFile | NotAnActivity | NoTimestamps:
    if damage is not None:
        return UnreadableFile(damage.reason, damage.offset_bytes)
    if found.refused:
        return NotAnActivity(f"a FIT file of the kind '{found.refused[0]}', not an activity")
    if found.is_untimed:
        return NoTimestamps("a FIT activity whose records have no usable time")
    return NotAnActivity("a FIT activity file without a session and without records")
