"""Every field is mapped, ignored by name, or reported once: what a FIT part held that nobody looked at."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from connectors.fit_messages import known_fields
from connectors.fit_profile import FIELD_DESCRIPTION, LAP, SESSION, WANTED_FIELDS
from pipeline.model import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.fit_messages import Messages
    from connectors.fit_records import RecordColumns
    from connectors.fit_walk import Part

_AUDITED: Final = {SESSION: "session", LAP: "lap"}


def audit_issues(part: Part, records: RecordColumns, messages: Messages) -> Iterator[Issue]:
    """Yield one issue for each field that is neither read nor left out by name, with the messages that held it.

    Of sessions and laps everything that the profile names and we don't read is left out by name: averages, maxima and
    totals that we derive ourselves, and what concerns bicycles, pools and dives.
    """
    for number, count in sorted(records.unmapped.items()):
        yield Issue("unmapped_field", f"record.field_{number}", count)
    for message, name in _AUDITED.items():
        unknown = _unknown_fields(part, message)
        if unknown:
            numbers = ", ".join(map(str, sorted(unknown)))
            yield Issue("unmapped_field", name, max(unknown.values()), f"fields that no profile names: {numbers}")
    for name, count in sorted(records.unusable.items()):
        yield Issue("unusable_field", f"record.{name}", count, "its size does not fit its type")
    names = _developer_names(messages)
    for key, count in sorted(records.developer.items()):
        # Developer fields are left out by name, whatever they hold: a foot pod's power is another quantity than a
        # watch's, and of two fields with one name the native one counts.
        yield Issue("developer_field", names.get(key, f"application {key[0]}, field {key[1]}"), count, "left out")


def _unknown_fields(part: Part, message: int) -> Counter[int]:
    found: Counter[int] = Counter()
    known = WANTED_FIELDS[message] | known_fields(message)
    for stream in part.streams_of(message):
        found.update({one.number: len(stream.positions) for one in stream.fields if one.number not in known})
    return found


def _developer_names(messages: Messages) -> dict[tuple[int, int], str]:
    names = {}
    for one in messages.of(FIELD_DESCRIPTION):
        index, number, name = (
            one.get(key) for key in ("developer_data_index", "field_definition_number", "field_name")
        )
        if isinstance(index, int) and isinstance(number, int) and isinstance(name, str) and name.strip():
            names[index, number] = name.strip()
    return names
