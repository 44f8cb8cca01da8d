"""What is documented is tested: commands, options and relations of the README are those that exist, and all of them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from gaitkeeper.cli import COMMANDS, gaitkeeper
from pipeline.compliance.judge import known_facts
from pipeline.compliance.protocol import _BUNDLED, load_protocol
from support.command import gaitkeeper as call
from support.example_home import asked, columns_of
from support.source_tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = ROOT / "README.md"

#: Relations that are a step on the way to one that people ask for: explained in the database, not in the README.
INNER = {
    "as_of", "best_effort", "cadence_minute", "load_change", "matched_cadence", "measured_fact", "measured_session",
    "pickup_week", "protocol_stage", "run_session", "run_spacing", "stage_decision", "symptom_answer", "tempo_week",
    "warehouse_info",
}  # fmt: skip

#: Options that every command of their kind takes: said once, above the table of commands.
SHARED_OPTIONS = {"--home", "--runner", "--format", "--as-of", "--help", "--version"}


def documents() -> dict[Path, str]:
    """Return the README and what lies in docs/, where there is any."""
    return {path: path.read_text("utf-8") for path in [README, *sorted((ROOT / "docs").rglob("*.md"))]}


def documented() -> str:
    return "\n".join(documents().values())


def leaves(
    command: click.Command = gaitkeeper, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    """Return every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found = []
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        found += leaves(below, (*path, name))
    return found


def options_of(command: click.Command) -> set[str]:
    return {
        text for one in command.params if isinstance(one, click.Option) for text in one.opts if text.startswith("--")
    }


def shown_commands() -> list[tuple[str, str]]:
    """Return (file, line) of every line in a fenced block that calls the command; continued lines are joined."""
    found = []
    for path, text in documents().items():
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            for line in block.replace("\\\n", " ").splitlines():
                match = re.match(r"^\s*(?:[$>] )?(?:\.venv/bin/)?(gaitkeeper\s.+)$", line)
                if match:
                    found.append((path.name, match[1]))
    return found


def words_of(line: str) -> list[str]:
    """Return the words of one shown line, without comments, pipes and what follows them."""
    words = shlex.split(line, comments=True)
    ends = [place for place, word in enumerate(words) if word in ("|", ">", "&&", ";", "2>")]
    return words[1 : ends[0]] if ends else words[1:]


def is_shortened(line: str) -> bool:
    """Return whether a line stands for several (`…`, `[PATH]`): it is read by people, not by a shell."""
    return any(mark in line for mark in ("…", "...", "["))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name):
    """Nobody has to read the source to learn what there is."""
    assert re.search(rf"gaitkeeper {name}\b", documented())


@pytest.mark.parametrize(
    ("path", "command"), leaves(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_subcommand_and_option_is_in_the_readme(path, command):
    """An option that is not written down is a secret."""
    text = documented()
    missing = [name for name in sorted(options_of(command) - SHARED_OPTIONS) if not re.search(rf"{name}\b", text)]
    assert path[-1] in text
    assert [] == missing


def test_the_shared_options_are_in_the_readme():
    """Said once for all commands."""
    assert [] == [name for name in ("--home", "--runner", "--format", "--as-of") if name not in documented()]


@pytest.mark.parametrize(
    ("path", "command"), leaves(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_option_says_what_it_is_for(path, command):
    """`--help` is documentation, too; a bare number or choice may speak for itself."""
    silent = [
        one.opts[0]
        for one in command.params
        if isinstance(one, click.Option)
        and not one.help
        and isinstance(one.type, (click.types.StringParamType, click.Path))
    ]
    assert [] == silent
    assert command.help


def test_the_readme_shows_commands():
    """Otherwise the next test would pass for nothing."""
    assert any(line.startswith("gaitkeeper import") for _, line in shown_commands())
    assert any(line.startswith("gaitkeeper week") for _, line in shown_commands())


@pytest.mark.parametrize(("file", "line"), [one for one in shown_commands() if not is_shortened(one[1])])
def test_every_command_shown_can_be_called(file, line):
    """A reader copies it into a shell: its words are commands, its options exist, its values are accepted."""
    words = words_of(line)
    command: click.Command = gaitkeeper
    context = click.Context(gaitkeeper, info_name="gaitkeeper")
    while words[:1] == ["--home"]:
        words = words[2:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        below = command.get_command(context, words[0])
        assert below is not None, f"{file}: {line}: there is no command {words[0]!r}"
        command, words = below, words[1:]
        context = click.Context(command, parent=context, info_name=command.name)
    if "--help" in words or "--version" in words or isinstance(command, click.Group):
        return
    command.parse_args(context, words)  # raises UsageError with the word it stumbles over


def test_every_relation_is_documented(example_home):
    """A relation is in the README or in docs/, or on the list of inner ones."""
    found = {relation for relation, _, _ in columns_of(example_home)}
    text = documented()
    assert [] == sorted(name for name in found - INNER if not re.search(rf"`{name}`", text))


def test_the_readme_names_no_relation_that_is_gone(example_home):
    """The first column of the table of relations is what `gaitkeeper sql "from ..."` takes."""
    text = README.read_text("utf-8")
    block = text.partition("| relation | a row is |")[2].partition("\n\n")[0]
    named = {
        name
        for line in block.splitlines()
        for name in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else "")
    }
    known = {relation for relation, _, _ in columns_of(example_home)}
    assert {"session", "finding", "sample"} <= named
    assert set() == named - known


def test_every_file_that_the_documents_name_is_there():
    """A path in backticks that looks like one of the project's leads somewhere."""
    tops = ("pipeline/", "connectors/", "flows/", "gaitkeeper/", "sql/", "tests/", "data/")
    named = {word for word in re.findall(r"`([\w./-]+/[\w./-]*)`", documented()) if word.startswith(tops)}
    assert [] == sorted(word for word in named if not (ROOT / word).exists())


def test_every_make_target_that_the_documents_name_is_there():
    """`make demo` and `make test` are the first two commands that anybody types."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", documented()))
    assert {"demo", "test"} <= named
    assert set() == named - targets


def spoken_commands() -> list[tuple[str, str]]:
    """Return (file, command) of every command that a sentence or a table names in backticks, with its options."""
    return [
        (path.name, command)
        for path, text in documents().items()
        for command in re.findall(
            r"`(gaitkeeper [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        )
    ]


@pytest.mark.parametrize(("file", "command"), sorted(set(spoken_commands())))
def test_every_command_in_a_sentence_is_one(file, command):
    """`gaitkeeper pain --offers` in a sentence may leave out values, but names no command and no option that is gone."""
    found: click.Command = gaitkeeper
    context = click.Context(gaitkeeper, info_name="gaitkeeper")
    words = [word for word in shlex.split(command)[1:] if not is_shortened(word)]
    while words and isinstance(found, click.Group) and not words[0].startswith("-"):
        below = found.get_command(context, words[0])
        assert below is not None, f"{file}: `{command}`: there is no command {words[0]!r}"
        found, words = below, words[1:]
        context = click.Context(found, parent=context, info_name=found.name)
    known = {text for one in found.get_params(context) for text in one.opts} | {"--help", "--version", "--home"}
    assert [] == sorted({word for word in words if word.startswith("-")} - known), f"{file}: `{command}`"


def shown_sql() -> list[tuple[str, str]]:
    """Return (file, statement) of every `sql` block, and of every `gaitkeeper sql "..."` anywhere."""
    blocks = [
        (path.name, statement.strip())
        for path, text in documents().items()
        for block in re.findall(r"^```sql\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        for statement in block.split(";")
        if statement.strip()
    ]
    called = [
        (path.name, statement)
        for path, text in documents().items()
        for statement in re.findall(r'gaitkeeper sql "([^"]+)"', text)
        if not is_shortened(statement)
    ]
    return sorted({*blocks, *called})


@pytest.mark.parametrize(("file", "statement"), shown_sql())
def test_every_statement_shown_can_be_asked(example_home, file, statement):
    """Its relations and columns exist: it is run against the example log."""
    asked(example_home, f"select count(*) from ({statement})")


def test_there_are_statements_to_ask():
    """Otherwise the test above would hold nothing."""
    assert len(shown_sql()) > 5


def test_every_link_of_the_documents_leads_somewhere():
    """To a file of the project, and to a heading of it where one is named."""
    texts = {path.resolve(): text for path, text in documents().items()}
    texts |= {path: path.read_text("utf-8") for path in [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]}
    lost = []
    for path, text in texts.items():
        for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", text):
            name, _, heading = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            is_there = file.exists() and (not heading or heading in headings_of(file.read_text("utf-8")))
            if not is_there:
                lost.append(f"{path.name}: {target}")
    assert [] == lost


def headings_of(text: str) -> set[str]:
    """Return the headings of a page as links name them."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def test_every_page_is_in_the_index():
    """docs/README.md leads to all of them."""
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert [] == sorted(name for name in pages if f"({name})" not in index)


def test_the_keepers_page_explains_every_line_of_doctor():
    """Each check that `gaitkeeper doctor` can name has a row of the table."""
    modules = sorted((ROOT / "gaitkeeper" / "commands").glob("doctor*.py"))
    source = "\n".join(path.read_text("utf-8") for path in modules)
    named = set(re.findall(r'_row\(\s*f?"([a-z ?]+?)(?: \{|")', source)) | set(
        re.findall(r'"check": "([a-z ?]+)"', source)
    )
    table = (ROOT / "docs" / "keeper.md").read_text("utf-8")
    assert {"config", "disk", "quarantine", "same run?", "check", "sources"} <= named
    states = {"wrong", "look", "fine"}
    assert [] == sorted(name for name in named - states if f"| `{name}`" not in table)


def test_the_counts_of_science_and_default_are_those_of_the_protocol():
    """docs/protocol.md says how many limits rest on what: a changed protocol changes the sentence."""
    protocol = load_protocol(_BUNDLED / "return_to_run_hip.toml", known_facts())
    basis = {(one.fact, one.bound, one.outcome, one.sentence): one.basis for one in protocol.limits}
    count = {name: list(basis.values()).count(name) for name in ("source", "consensus", "default")}
    sentence = (
        f"Of the {len(basis)} limits (a fact, a bound and an outcome each) {count['source']} rest on a figure that was read "
        f"in a source, {count['consensus']} on practice, and {count['default']} are our defaults."
    )
    assert sentence in " ".join((ROOT / "docs" / "protocol.md").read_text("utf-8").split())


def test_the_readme_shows_the_week_as_the_demo_prints_it(example_home, monkeypatch):
    """The sample output is a real one, to the line; it ends where `...` stands."""
    monkeypatch.setenv("COLUMNS", "100")
    shown = README.read_text("utf-8").partition("```text\n")[2].partition("...\n```")[0]
    page = call("--home", example_home.path, "week", "--as-of", "2026-04-12T20:00").out
    assert len(shown.splitlines()) > 20
    assert page.startswith(shown)
