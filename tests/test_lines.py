"""Append-only lines: whole or left out, never swallowed, durable when the call returns."""

from __future__ import annotations

import json
import multiprocessing
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import NeedsAttention
from pipeline.lines import CHECKSUM_KEY, append_lines, damaged_lines, read_lines

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8).filter(lambda key: key != CHECKSUM_KEY), JSON_VALUES, max_size=4)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "list.jsonl"


@given(values=st.lists(OBJECTS, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(tmp_path_factory, values):
    """Any JSON object, line ends and all, in order."""
    file = tmp_path_factory.mktemp("lines") / "list.jsonl"
    append_lines(file, values)
    append_lines(file, [])
    assert values == list(read_lines(file))
    assert 0 == damaged_lines(file)


@given(values=st.lists(OBJECTS, min_size=1, max_size=4), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_cut_anywhere_loses_only_what_was_cut(tmp_path_factory, values, data):
    """A power cut at any byte: the lines before it stand, and the next entry is whole."""
    file = tmp_path_factory.mktemp("lines") / "list.jsonl"
    append_lines(file, values)
    content = file.read_bytes()
    length = data.draw(st.integers(0, len(content)))
    file.write_bytes(content[:length])
    whole = content[:length].count(b"\n") + (length > 0 and content[length : length + 1] == b"\n")
    assert values[:whole] == list(read_lines(file))
    append_lines(file, [{"later": 1}])
    assert [*values[:whole], {"later": 1}] == list(read_lines(file))


def test_a_torn_line_is_left_out_and_counted(file):
    """It is closed off by the next append, and stays where it is: nothing is ever taken out of the file."""
    append_lines(file, [{"a": 1}])
    with file.open("a") as stream:
        stream.write('{"b":2,"cr')
    assert [{"a": 1}] == list(read_lines(file))
    assert 1 == damaged_lines(file)
    append_lines(file, [{"c": 3}])
    assert [{"a": 1}, {"c": 3}] == list(read_lines(file))
    assert 1 == damaged_lines(file)


@pytest.mark.parametrize(
    "line",
    ['{"a":2,"crc32":"00000000"}', '{"a":2}', "[1]", '"text"', "null", "{", '{"a":2,"crc32":7}', "\udcff"],
    ids=["checksum", "none", "list", "text", "null", "torn", "number", "bytes"],
)
def test_a_line_that_was_altered_or_is_none_of_ours_is_left_out(file, line):
    """What can't be trusted is told, not used."""
    append_lines(file, [{"a": 1}])
    with file.open("ab") as stream:
        stream.write(line.encode("utf-8", "surrogateescape") + b"\n")
    append_lines(file, [{"b": 2}])
    assert [{"a": 1}, {"b": 2}] == list(read_lines(file))
    assert 1 == damaged_lines(file)


def test_an_altered_value_is_found(file):
    """Somebody turned a 3 into a 0 with an editor."""
    append_lines(file, [{"pain": 3}])
    file.write_text(file.read_text().replace('"pain":3', '"pain":0'))
    assert [] == list(read_lines(file))
    assert 1 == damaged_lines(file)


def test_empty_lines_are_nothing(file):
    """An editor's last line end is no damage."""
    append_lines(file, [{"a": 1}])
    with file.open("a") as stream:
        stream.write("\n\n")
    assert [{"a": 1}] == list(read_lines(file))
    assert 0 == damaged_lines(file)


def test_a_file_that_is_not_there_is_an_empty_list(file):
    """Nothing was said yet."""
    assert ([], 0) == (list(read_lines(file)), damaged_lines(file))


def test_only_the_owner_may_read_it(file):
    """Health data."""
    append_lines(file, [{"a": 1}])
    assert 0o600 == file.stat().st_mode & 0o777


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """The sentence says that nothing was recorded."""
    with pytest.raises(NeedsAttention, match="Nothing was recorded"):
        append_lines(tmp_path / "none" / "list.jsonl", [{"a": 1}])


def test_a_full_disk_leaves_no_half_line(file, monkeypatch):
    """What was written of it is taken back."""
    append_lines(file, [{"a": 1}])
    before = file.read_bytes()
    real = os.write

    def half(descriptor: int, content: bytes) -> int:
        if len(content) < 20:
            raise OSError(28, "No space left on device")
        return real(descriptor, content[:-10])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(NeedsAttention, match="No space left on device"):
        append_lines(file, [{"b": "x" * 100}])
    assert before == file.read_bytes()


def _append_many(path: str, number: int) -> None:
    from pathlib import Path

    for place in range(40):
        append_lines(Path(path), [{"process": number, "place": place, "text": "x" * 500}])


def test_two_processes_never_mix_their_lines(file):
    """The command of the runner and the nightly job at the same moment."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append_many, args=(str(file), number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    found = list(read_lines(file))
    assert 80 == len(found)
    assert 0 == damaged_lines(file)
    for number in range(2):
        assert list(range(40)) == [line["place"] for line in found if line["process"] == number]


def test_lines_are_plain_json_that_other_programs_read(file):
    """One object a line, keys sorted, letters as they are."""
    append_lines(file, [{"ort": "Hüfte", "a": 1}])
    line = file.read_text("utf-8")
    assert '{"a":1,"crc32":' == line[:15]
    assert "Hüfte" in line
    assert {"a", "ort", CHECKSUM_KEY} == set(json.loads(line))
