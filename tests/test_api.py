"""The log from Python, and `gaitkeeper export`: frames with the right kinds, charts that show themselves, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime

import duckdb
import pandas as pd
import pytest

import gaitkeeper
from pipeline.errors import NeedsAttention
from support.command import gaitkeeper as command
from support.example_home import EXAMPLE_DAY
from support.source_tree import ROOT


@pytest.fixture(scope="module")
def log(example_home):
    return gaitkeeper.open(example_home.path, as_of=date.fromisoformat(EXAMPLE_DAY))


def test_importing_it_costs_nothing():
    """Only what is used is imported."""
    program = "import sys, gaitkeeper; print(sorted({'duckdb', 'pandas', 'altair', 'click', 'vl_convert'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    ("attribute", "relation"),
    [
        ("runners", "runner"), ("sessions", "session"), ("findings", "finding"), ("facts", "session_fact"),
        ("weeks", "week_summary"), ("surges", "surge"), ("climbs", "climb"), ("symptoms", "symptom"), ("rehab", "rehab"),
    ],
)  # fmt: skip
def test_every_main_relation_is_a_property(log, attribute, relation):
    """Rows as in the warehouse, all of them."""
    with log.connect() as connection:
        count = connection.execute(f'select count(*) from "{relation}"').fetchone()[0]
    assert count == len(getattr(log, attribute)) > 0


def test_a_frame_has_the_kinds_that_the_names_say(log):
    """Instants are aware, days are days, what is missing stays missing; and pandas has nothing to warn of."""
    sessions = log.sessions
    assert isinstance(sessions, pd.DataFrame)
    assert "datetime64[us, UTC]" == str(sessions["start_utc"].dtype)
    assert "datetime64[us]" == str(sessions["session_date"].dtype)
    assert pd.Timestamp("2026-02-16 06:40", tz="UTC") == sessions["start_utc"].min()
    indoor = sessions[sessions["is_indoor"]].iloc[0]
    assert pd.isna(indoor["ascent_m"])
    assert pd.api.types.is_integer_dtype(sessions["step_count"])
    assert sessions["step_count"].isna().any()
    assert list(sessions["start_utc"]) == sorted(sessions["start_utc"])


def test_a_relation_is_narrowed_to_a_runner_and_to_days(log):
    """By its own columns, or by those of its session."""
    assert date(2026, 4, 1) <= log.relation("session", since="2026-04-01")["session_date"].min().date()
    assert 0 < len(log.relation("surge", runner_id="example", since=date(2026, 4, 1))) < len(log.surges)
    assert (
        date(2026, 4, 1) <= log.relation("symptom", since=datetime(2026, 4, 1, 8, tzinfo=UTC))["entry_utc"].min().date()
    )
    assert log.relation("finding", session_id="nobody").empty


def test_the_seconds_of_one_session(log):
    """Named as the command names it: an id, a day, or last."""
    last = log.samples()
    assert {str(log.sessions["session_id"].iloc[-1])} == set(last["session_id"])
    assert list(range(len(last))) == list(last["t_s"])
    assert "datetime64[us, UTC]" == str(last["time_utc"].dtype)
    assert 1764 == len(log.samples("2026-03-04"))  # 1812 s, of which the watch was paused for 48


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda log: log.relation("sessions"), "no relation 'sessions'. Did you mean session"),
        (lambda log: log.relation("qqqqq"), "no relation 'qqqqq'. There are: as_of"),
        (lambda log: log.relation("session", since="yesterday"), "'yesterday' is no day"),
        (lambda log: log.relation("session", runner_id="nobody"), "no runner 'nobody' in this home (example)"),
        (lambda log: log.relation("as_of", runner_id="example"), "as_of doesn't tell its runners apart"),
        (lambda log: log.relation("quarantine", session_id="x"), "quarantine doesn't tell its sessions apart"),
        (lambda log: log.samples("zzz"), "No session matches 'zzz'"),
        (lambda log: log.charts.week("2020-W01"), "does not reach the week 2020-W01"),
        (lambda log: log.export("/proc/none"), "can't be written"),
        (lambda log: log.export("/tmp/x", "xlsx"), "'xlsx' is no form of an export"),
        (
            lambda log: gaitkeeper.open("/nowhere"),
            "There is no Gaitkeeper home in /nowhere. Run `gaitkeeper init` first.",
        ),
        (lambda log: gaitkeeper.open(log.home.path, as_of=datetime.now(UTC)), "without a time zone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_answered_says_what_to_do(log, ask, sentence):
    """One sentence, no traceback of a database."""
    with pytest.raises(NeedsAttention) as caught:
        ask(log)
    assert sentence in str(caught.value)


def test_an_attribute_that_is_not_there_is_named():
    """A typing mistake is answered with what there is."""
    with pytest.raises(AttributeError, match="no attribute 'opne'; it has: Log, open"):
        gaitkeeper.opne  # noqa: B018 - asked for on purpose


def test_the_connection_only_reads(log):
    """A notebook can't change the log."""
    with log.connect() as connection:
        assert 27 == connection.execute("select count(*) from session").fetchone()[0]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("delete from measured_session")


@pytest.mark.parametrize("draw", ["session", "week", "block", "cadence"])
def test_charts_show_themselves_in_a_notebook(log, draw):
    """As a picture, and as a sentence where there are none."""
    chart = getattr(log.charts, draw)(width_px=360)
    shown = chart._repr_mimebundle_()
    assert {"image/svg+xml", "text/plain"} == set(shown)
    assert 'width="360"' in shown["image/svg+xml"]
    assert chart.description == shown["text/plain"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_reads_back_the_same(log, tmp_path, form):
    """Another program gets every row and every column."""
    files = log.export(tmp_path / "out", form, relations=["session", "finding"])
    assert ["finding", "session"] == sorted(path.stem for path in files)
    for path in files:
        with log.connect() as connection:
            found = connection.execute(f"select * from '{path}'").fetchall()
            expected = connection.execute(f'select * from "{path.stem}"').fetchall()
        assert len(expected) == len(found)
        assert len(expected[0]) == len(found[0])
        if form == "parquet":
            assert sorted(map(str, expected)) == sorted(map(str, found))


def test_an_export_is_private_and_whole(log, tmp_path):
    """It holds health data: its owner reads it, nobody else; and the seconds come only when named."""
    files = log.export(tmp_path / "out")
    assert {"0o600"} == {oct(path.stat().st_mode & 0o777) for path in files}
    assert "0o700" == oct((tmp_path / "out").stat().st_mode & 0o777)
    assert {path.name for path in files} == {path.name for path in (tmp_path / "out").iterdir()}
    assert {"session", "symptom", "week_summary"} <= {path.stem for path in files}
    assert "sample" not in {path.stem for path in files}
    own = log.export(tmp_path / "own", runner_id="example")
    assert {"session", "surge"} <= {path.stem for path in own}
    assert "fact_definition" not in {path.stem for path in own}


def test_the_command_exports(example_home, tmp_path):
    """Files, and a sentence that says how many and what was left out."""
    done = command("--home", example_home.path, "export", tmp_path / "out", "--format", "parquet")
    assert (0, "") == (done.status, done.err)
    assert f"file(s) written to {tmp_path / 'out'}." in done.out
    assert "--relation sample" in done.out
    assert (tmp_path / "out" / "session.parquet").is_file()


def test_the_command_exports_what_is_named(example_home, tmp_path):
    """Some relations only; a name that is unknown writes nothing and is answered with the nearest."""
    few = ("--relation", "climb", "--relation", "surge", "--runner", "example")
    assert 0 == command("--home", example_home.path, "export", tmp_path / "few", *few).status
    assert ["climb.csv", "surge.csv"] == sorted(path.name for path in (tmp_path / "few").iterdir())
    done = command(
        "--home", example_home.path, "export", tmp_path / "none", "--relation", "climb", "--relation", "serge"
    )
    assert (2, False) == (done.status, (tmp_path / "none").exists())
    assert "no relation 'serge'. Did you mean surge" in done.err
