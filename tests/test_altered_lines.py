"""A line that was changed since it was written is named, whichever byte it was; one only set anew is not."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lines import altered_values, append_lines, read_lines

ENTRY = {
    "by": "me",
    "data": {"pain_0_10": 2, "note": 'größer, "crc32":"00000000",'},
    "entry_id": "a1",
    "kind": "symptom",
}


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_is_found(tmp_path_factory, data):
    """The quick look at bytes and the whole reading of a line say the same."""
    file = tmp_path_factory.mktemp("lines") / "list.jsonl"
    append_lines(file, [ENTRY, {"by": "me", "data": {"pain_0_10": 3}, "entry_id": "b2", "kind": "symptom"}])
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(content.index(b"\n") + 1, len(content) - 2))
    content[place] = data.draw(st.integers(32, 126).filter(lambda byte: byte != content[place]))
    file.write_bytes(content)
    assert [ENTRY] == list(read_lines(file))
    try:
        changed = json.loads(bytes(content).splitlines()[1])
    except ValueError:
        changed = {}
    named = [changed["entry_id"]] if "entry_id" in changed else []
    assert named == altered_values(file, "entry_id")


def test_a_line_set_anew_is_trusted(tmp_path):
    """Other spaces and another order of the keys change nothing of what was said."""
    file = tmp_path / "list.jsonl"
    append_lines(file, [ENTRY])
    line = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(dict(reversed(line.items())), indent=None) + "\n", "utf-8")
    assert [] == altered_values(file, "entry_id")
    assert [ENTRY] == list(read_lines(file))


def test_only_asked_lines_are_read(tmp_path):
    """A long journal is not parsed for the few lines of one kind."""
    file = tmp_path / "list.jsonl"
    append_lines(file, [ENTRY, {"kind": "runner", "runner_id": "me"}])
    assert ["me"] == [line["runner_id"] for line in read_lines(file, holding=b'"runner"')]
