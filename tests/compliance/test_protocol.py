"""Protocol files are followed whole or refused, with every mistake named; `gaitkeeper protocol check` tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.compliance.protocol import _BUNDLED
from support.command import gaitkeeper

if TYPE_CHECKING:
    from pathlib import Path

BUNDLED = (_BUNDLED / "return_to_run_hip.toml").read_text("utf-8")

HEAD = 'name = "mine"\nversion = "1"\ntitle = "A plan"\n[[stage]]\nid = "S1"\nname = "easy"\n[[stage]]\nid = "S2"\nname = "less easy"\n'
LIMIT = {
    "fact": '"run_s"', "unit": '"s"', "max": "{ S1 = 1800 }", "outcome": '"outside_plan"', "basis": '"source"', "source": '"CROWELL23"',
    "sentence": '"Running time"',
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "home"
    gaitkeeper("--home", path, "init")
    return path


def block(**changed: str | None) -> str:
    """Return one [[limit]] with some keys changed or (None) left out."""
    lines = [f"{key} = {value}" for key, value in {**LIMIT, **changed}.items() if value is not None]
    return "\n".join(["[[limit]]", *lines, ""])


def checked(home: Path, content: str | bytes, name: str = "mine.toml"):
    path = home / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return gaitkeeper("--home", home, "protocol", "check", path)


def test_the_smallest_protocol_is_followed(home):
    """A stage or two and one limit are enough."""
    answer = checked(home, HEAD + block())
    assert (0, "") == (answer.status, answer.err)
    assert "stages S1, S2, 1 limits" in answer.out


def test_the_bundled_protocol_is_followed_by_the_same_reader(home):
    """No side door for our own file."""
    assert 0 == checked(home, BUNDLED).status


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + block(fact='"run_min"'), ["'run_min' is no known fact", "run_s"]),
        (HEAD + block(fact='"over_ceilling_s"'), ["over_ceiling_s"]),
        (HEAD + block(fact='"qqq"'), ["'qqq' is no known fact"]),
        (HEAD + block(unit='"min"'), ["run_s is in 's', not in 'min'"]),
        (HEAD + block(unit=None), ["no unit"]),
        (HEAD + block(source=None), ["no source"]),
        (HEAD + block(source='"  "'), ["source"]),
        (HEAD + block(sentence=None), ["no sentence"]),
        (HEAD + block(basis='"opinion"'), ["source, consensus, default"]),
        (HEAD + block(outcome='"stop"'), ["contact_clinician, hold, outside_plan, note"]),
        (HEAD + block(outcome='"within_plan"'), ["contact_clinician, hold, outside_plan, note"]),
        (HEAD + block(max=None), ["neither max nor min"]),
        (HEAD + block(max="1800"), ["names each stage"]),
        (HEAD + block(max="{ S9 = 1800 }"), ["'S9' is no stage of this file"]),
        (HEAD + block(max="{ S1 = -1 }"), ["-1", "0 or more"]),
        (HEAD + block(max="{ S1 = nan }"), ["nan"]),
        (HEAD + block(max="{ S1 = inf }"), ["inf"]),
        (HEAD + block(max="{ S1 = true }"), ["True"]),
        (HEAD + block(max='{ S1 = "1800" }'), ["'1800'"]),
        (HEAD + block(max="{ S1 = 1" + 400 * "0" + " }"), ["S1"]),
        (HEAD + block() + block(), ["run_s has two values for max"]),
        (HEAD + block(maximum="{ S1 = 1 }"), ["unknown key 'maximum'", "max"]),
        (HEAD.replace("title", "titel") + block(), ["no title", "unknown key 'titel'"]),
        (HEAD + HEAD.partition("\n[[stage]]")[2].join(["[[stage]]", ""]) + block(), ["twice"]),
        ('name = "x"\nversion = "1"\ntitle = "t"\n', ["no [[stage]]"]),
        ('stage = "S1"\n' + HEAD.partition("[[stage]]")[0], ["[[stage]]"]),
        ('stage = ["S1"]\n' + HEAD.partition("[[stage]]")[0], ["stage"]),
        ("limit = [1, 2]\n" + HEAD, ["limit"]),
        ("limit = 7\n" + HEAD, ["limit"]),
        (HEAD.replace('id = "S1"', "id = 1") + block(max="{ S2 = 1 }"), ["id"]),
        (HEAD.replace('version = "1"', "version = 1") + block(), ["version"]),
    ],
    ids=lambda value: value[0][:40] if isinstance(value, list) else "",
)
def test_a_mistake_is_named(home, text, says):
    """Status 2, a sentence with what stands there and what would be right; never an excuse of ours."""
    answer = checked(home, text)
    assert (2, "") == (answer.status, answer.out), answer.err
    assert "mistake of Gaitkeeper's own" not in answer.err, answer.err
    assert [] == [part for part in says if part not in answer.err], answer.err


def test_all_mistakes_are_named_at_once(home):
    """A file is mended in one go."""
    text = HEAD + block(fact='"run_min"', source=None) + block(unit='"min"', outcome='"stop"', max="{ S9 = -1 }")
    answer = checked(home, text)
    for part in ("'run_min'", "no source", "not in 'min'", "'stop'", "'S9'"):
        assert part in answer.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name: mine\nstages:\n  - id: S1\n", "not valid TOML"),
        (b'{"name": "mine"}', "not valid TOML"),
        (HEAD.encode() + b'\n[[limit]\nfact = "run_s"', "not valid TOML"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"", "no name"),
        (b"x = " + b"[" * 100_000, "not valid TOML"),
        (b"x = 1" + b"0" * 10_000, "not valid TOML"),
        (b"# " + b"x" * 5_000_000, "that is no protocol"),
    ],
    ids=["YAML", "JSON", "one bracket", "no text", "empty", "deep", "long number", "5 MB"],
)
def test_what_is_no_protocol_at_all_is_refused(home, content, says):
    """By mistake the wrong file: a sentence, quickly."""
    answer = checked(home, content)
    assert (2, "") == (answer.status, answer.out), answer.err
    assert "mistake of Gaitkeeper's own" not in answer.err, answer.err[:400]
    assert says in answer.err


def test_a_file_that_is_not_there_is_told(home):
    """Its name, and why."""
    answer = gaitkeeper("--home", home, "protocol", "check", home / "nowhere.toml")
    assert 2 == answer.status
    assert "nowhere.toml can't be read" in answer.err


def test_two_versions_of_a_file_never_look_the_same(home):
    """The version that a finding shows holds a digest of the text."""
    told = {checked(home, HEAD + block(max=f"{{ S1 = {value} }}")).out for value in (1800, 1801)}
    assert 2 == len(told)
