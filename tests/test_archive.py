"""The raw archive: every byte that arrived, by its digest, never changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.archive import Archive, Received, content_sha256
from pipeline.errors import NeedsAttention, SkipRecording

if TYPE_CHECKING:
    from pipeline.settings import Home


def received(**changed: object) -> Received:
    fields = {
        "runner_id": "me", "source": "folder", "source_ref": "a.fit", "file_name": "a.fit", "content_sha256": "ab" * 32,
        "size_bytes": 3, "received_utc": datetime(2026, 3, 2, 6, 40, tzinfo=UTC),
    }  # fmt: skip
    return Received(**{**fields, **changed})


def files(home: Home) -> list:
    return [path for path in home.archive_folder.rglob("*") if path.is_file()]


@given(content=st.binary(max_size=2000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_in_comes_out(home, content):
    """Any bytes, none too, under the name of their SHA-256."""
    name = Archive(home).put(content)
    assert hashlib.sha256(content).hexdigest() == name == content_sha256(content)
    assert content == Archive(home).get(name)


def test_the_same_bytes_are_kept_once_and_not_touched_again(home):
    """A second copy under another name costs nothing."""
    archive = Archive(home)
    archive.put(b"run")
    before = files(home)[0].stat()
    archive.put(b"run")
    assert [before.st_mtime_ns] == [path.stat().st_mtime_ns for path in files(home)]


def test_only_the_owner_may_read_it(home):
    """Health data and a home address."""
    Archive(home).put(b"run")
    assert [0o600] == [path.stat().st_mode & 0o777 for path in files(home)]
    assert {0o700} == {path.parent.stat().st_mode & 0o777 for path in files(home)}


def test_bytes_that_changed_on_the_disk_are_refused(home):
    """An original that isn't what its name says is not used."""
    archive = Archive(home)
    name = archive.put(b"a run of five kilometres")
    files(home)[0].write_bytes(b"a run of six kilometres!")
    with pytest.raises(SkipRecording, match="was changed on the disk"):
        archive.get(name)


def test_bytes_that_are_gone_are_told(home):
    """The reason is a clause for the quarantine."""
    archive = Archive(home)
    name = archive.put(b"run")
    files(home)[0].unlink()
    with pytest.raises(SkipRecording, match="can't be read"):
        archive.get(name)


def test_a_full_disk_leaves_nothing_half_written(home, monkeypatch):
    """The sentence says what to do; what came before is kept."""
    archive = Archive(home)
    archive.put(b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NeedsAttention, match=r"No space left on device.*Make room"):
        archive.put(b"after")
    assert [content_sha256(b"before")] == [path.name for path in files(home)]


def test_what_arrived_is_listed_in_order_with_all_that_is_known(home):
    """Content, or the reason why there is none."""
    first, second = received(), received(source_ref="b.fit", content_sha256=None, refusal="it is gone")
    Archive(home).note([first, second])
    assert [first, second] == Archive(home).received()


def test_another_content_of_the_same_file_is_another_arrival(home):
    """A file that grew since last night: both versions stay."""
    Archive(home).note([received(), received(content_sha256="cd" * 32)])
    assert 2 == len(Archive(home).received())


def test_what_was_read_before_is_taken_up_only_where_the_list_still_begins_with_it(home):
    """Appended lines are read on; an altered line, a cut file and a torn end are seen at once."""
    archive = Archive(home)

    def names() -> list[str]:
        return [item.source_ref for item in archive.received()]

    def noted(name: str) -> Received:
        return Received("me", "folder", name, f"{name}.fit", None, None, datetime(2026, 1, 1, tzinfo=UTC), "gone")

    archive.note([noted("one"), noted("two")])
    assert ["one", "two"] == names() == names()
    archive.note([noted("three")])
    assert ["one", "two", "three"] == names()
    whole = home.received_file.read_bytes()
    home.received_file.write_bytes(whole.replace(b'"two"', b'"TWO"', 1))
    assert ["one", "three"] == names()
    home.received_file.write_bytes(whole[:-20])
    assert ["one", "two"] == names()
    archive.note([noted("four")])
    assert ["one", "two", "four"] == names()
    home.received_file.write_bytes(b"")
    assert [] == names()
