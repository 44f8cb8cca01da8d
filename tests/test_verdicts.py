"""What changed in verdicts when the log was made again: by another version of the program, or by `gaitkeeper rebuild`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.verdicts import TOLD_CHANGES, change_lines, is_outdated, verdicts_of
from pipeline.warehouse import connection as connection_module
from support.command import gaitkeeper
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC, copy_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from pipeline.settings import Home


def verdict(session_id: str, word: str | None) -> dict[str, object]:
    return {"session_id": session_id, "session_date": "2026-04-10", "verdict": word}


def test_the_lines_count_and_name_what_changed():
    """Changed, gone and new ones; what stayed is not told."""
    before = {"a": verdict("a", "within_plan"), "b": verdict("b", "pending"), "c": verdict("c", "hold")}
    after = {"a": verdict("a", "outside_plan"), "b": verdict("b", "pending"), "d": verdict("d", None)}
    assert [
        "3 of 4 verdicts changed:",
        "  2026-04-10, session d: not there -> not judged",
        "  2026-04-10, session c: hold -> not there",
        "  2026-04-10, session a: within plan -> outside plan",
    ] == change_lines(before, after)


def test_many_changes_are_counted_and_the_first_ones_shown():
    """A change of a limit changes a whole log: a screen is enough."""
    before = {str(n): verdict(str(n), "pending") for n in range(50)}
    after = {str(n): verdict(str(n), "within_plan") for n in range(50)}
    lines = change_lines(before, after)
    assert ("50 of 50 verdicts changed:", "  ... and 40 more") == (lines[0], lines[-1])
    assert TOLD_CHANGES + 2 == len(lines)


def test_a_snapshot_that_cannot_be_read_is_said_to_be_one():
    """Not knowing is not 'no change'."""
    assert "can't be said which verdicts changed" in change_lines(None, {})[0]


def test_a_rebuild_that_changes_nothing_says_so(example_home: Home, tmp_path: Path):
    """The promise of a rebuild, told by the rebuild itself."""
    home = copy_of(example_home, tmp_path / "home")
    answer = gaitkeeper("--home", home.path, "rebuild", "--as-of", EXAMPLE_DAY)
    assert "No verdict changed (26 run(s))." in answer.err
    assert 0 == answer.status


def test_a_newer_program_makes_the_log_again_and_says_what_changed(
    example_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A stricter protocol came with it: the next command of any kind tells which verdicts are other ones now."""
    home = copy_of(example_home, tmp_path / "home")
    before = verdicts_of(home, EXAMPLE_NOW_UTC)
    assert not is_outdated(home)
    monkeypatch.setattr(connection_module, "ALGORITHM_VERSION", 999)
    assert is_outdated(home)
    assert before == verdicts_of(home, EXAMPLE_NOW_UTC)
    gaitkeeper("--home", home.path, "protocol", "new", "strict")
    strict = next(home.protocol_folder.glob("strict*"))
    strict.write_text(strict.read_text("utf-8").replace("S1 = 3000, S2 = 3600", "S1 = 60, S2 = 60"), "utf-8")
    home.config_file.write_text(home.config_file.read_text("utf-8").replace("return_to_run_hip", "strict"), "utf-8")
    answer = gaitkeeper("--home", home.path, "status", "--as-of", EXAMPLE_DAY)
    assert "made by another version of Gaitkeeper" in answer.err
    assert "verdicts changed:" in answer.err
    assert "session fe72173569: pending -> outside plan" in answer.err
    assert not is_outdated(home)
