"""The report out of a real home: what it collects, what it leaves out, and the command that writes it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from flows.clinician import clinician_report, load_clinician_report
from gaitkeeper.commands.report import FORMS, rendered
from pipeline.compliance.judge import judge_once
from pipeline.journal import new_entry, write_entries
from pipeline.reports.clinician.page import page_of
from support import pdf_check
from support.command import gaitkeeper, is_sentence
from support.example_home import EXAMPLE_DAY, EXAMPLE_NOW_UTC, copy_of, open_home
from support.report_check import faults_of

TODAY = date(2026, 4, 12)
OUTSIDE = "6a503e4d29"  # the run of 10 April, 6 minutes above the ceiling


def loaded(home, *, charts=False, lay=None, since=None):
    with open_home(home) as connection:
        if lay is not None:
            connection.execute(lay)
        judge_once(connection)
        return load_clinician_report(connection, "example", EXAMPLE_NOW_UTC, TODAY, since_date=since, charts=charts)


@pytest.fixture(scope="module")
def report(example_home):
    return loaded(example_home, charts=True)


def test_the_example_reads_as_its_diary_says(report):
    """Two weeks, seven runs, one of them outside plan, all answers in but the morning that isn't due yet."""
    page = page_of(report)
    assert "Red flags: none reported (7 of 7 runs answered)" == page.red_heading
    assert page.status.startswith("Stage S2, easy running and strides; day 14; criteria recorded as met")
    assert ["outside plan", "outside plan"] == [line.verdict for line in page.findings]
    assert "27 of 28 pain answers of these days are in, 1 not due yet" in page.chart_note
    assert "Median +6 % over 6 of 7 runs, 145 matched minutes" == page.cadence[0]
    assert any("drill 3 of 3, strength 2 of 2" in line for line in page.rehab)
    assert any(line.startswith("Altitude of the runs: barometric 6, gps 1") for line in page.quality)
    assert "Files in quarantine 1" in " ".join(page.quality)
    assert page.data_days.startswith("Days with data in the 30 days Sat 14 Mar to Sun 12 Apr: 29 (16 with a recording")
    assert "limits set by Dr Example on 2026-03-30" in page.limits


def test_every_flagged_session_has_a_panel_with_its_chart(report):
    """Chart, findings with their stretch, and what the runner said."""
    (panel,) = report.panels
    assert OUTSIDE == panel.session["session_id"]
    assert panel.picture is not None
    assert "<svg" in panel.picture.svg
    said = page_of(report).panels[0].said
    assert any("worst during 2 (right side, groin, at knee lift)" in line for line in said)


def test_the_example_as_pdf_is_whole(report):
    """With its real charts: one page and an appendix, nothing cut, no empty box."""
    assert [] == faults_of(report)


def test_a_reported_red_flag_goes_first(example_home, tmp_path):
    """Said this morning, it stands before everything and silences the plan."""
    home = copy_of(example_home, tmp_path / "copy")
    with open_home(home) as connection:
        last = connection.execute("select max_by(session_id, start_utc) from run_session").fetchone()[0]
    said = {"session_id": last, "moment": "after", "red_flags": ["night_or_rest_pain"]}
    at = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
    write_entries(home, [new_entry("symptom", "example", said, by="example", now_utc=at)])
    report = loaded(home)
    page = page_of(report)
    assert "reported" == page.red_state
    assert page.red_lines[0].startswith("Pain at night or at rest: reported for Sun 12 Apr 2026")
    assert () == page.findings
    assert report.has_findings


def test_what_may_not_reach_a_clinician_is_left_out_and_counted(example_home):
    """Its measurements, findings and panel are gone, criteria that rest on it are not told; the count and reason are."""
    lay = (
        "create temporary table recording as select * replace "
        f"(if(session_id = '{OUTSIDE}', 'strava', source) as source) from recording"
    )
    report = loaded(example_home, lay=lay, charts=True)
    page = page_of(report)
    assert (1, "strava") == (report.withheld_count, report.withheld_source)
    assert OUTSIDE not in {row["session_id"] for row in [*report.sessions, *report.findings, *report.answers]}
    assert () == page.panels
    assert report.criteria is None
    assert report.block_picture is None
    assert "Left out: 1 session from strava" in page.session_note
    assert "criteria not shown" in page.status


def test_a_red_flag_of_a_withheld_run_is_told_all_the_same(example_home, tmp_path):
    """It is the runner's own word, not the source's: told by the day on which it was said."""
    home = copy_of(example_home, tmp_path / "copy")
    said = {"session_id": OUTSIDE, "moment": "next_morning", "red_flags": ["night_or_rest_pain"]}
    at = datetime(2026, 4, 11, 9, 0, tzinfo=UTC)
    write_entries(home, [new_entry("symptom", "example", said, by="example", now_utc=at)])
    lay = (
        "create temporary table recording as select * replace "
        f"(if(session_id = '{OUTSIDE}', 'strava', source) as source) from recording"
    )
    page = page_of(loaded(home, lay=lay))
    assert "reported" == page.red_state
    assert "reported for Sat 11 Apr 2026" in page.red_lines[0]


def test_a_span_without_a_run_says_so(example_home):
    """An empty report is a report."""
    with open_home(example_home) as connection:
        judge_once(connection)
        report = load_clinician_report(connection, "example", EXAMPLE_NOW_UTC, date(2026, 2, 14), charts=False)
    page = page_of(report)
    assert "no run in these days" in page.red_heading
    assert [] == faults_of(report, look_for_tofu=False)


def test_all_forms_at_once(example_home, report):
    """What a delivery sends: each of its own kind, and the same as from a connection that is open."""
    files = clinician_report(example_home, "example", EXAMPLE_NOW_UTC)
    assert report == files.report
    assert files.pdf.startswith(b"%PDF-")
    assert files.html.startswith("<!DOCTYPE html>")
    assert files.text.startswith("Return-to-run report: example")
    assert "Bundle" == json.loads(files.fhir_json)["resourceType"]
    assert files.report.has_findings


@pytest.mark.parametrize(
    ("suffix", "start"), [(".html", b"<!DOCTYPE"), (".htm", b"<!DOCTYPE"), (".txt", b"Return"), (".json", b"{")]
)
def test_a_suffix_names_a_form(report, suffix, start):
    """Every suffix that the command takes."""
    assert suffix in FORMS
    assert rendered(report, suffix).startswith(start)


@pytest.mark.parametrize(("suffix", "start"), [("PDF", b"%PDF-"), ("json", b"{")])
def test_the_suffix_decides(example_home, tmp_path, suffix, start):
    """One file, for its owner alone; 1 says that there is something to look at."""
    out = tmp_path / f"report.{suffix}"
    answer = gaitkeeper("--home", example_home.path, "report", "--as-of", EXAMPLE_DAY, "--out", out)
    assert 1 == answer.status, answer.err
    assert out.read_bytes().startswith(start)
    assert 0o600 == out.stat().st_mode & 0o777


def test_nothing_to_look_at_exits_clean(example_home, tmp_path):
    """The first days of the example are within plan or not fully known."""
    out = tmp_path / "calm.txt"
    answer = gaitkeeper("--home", example_home.path, "report", "--as-of", "2026-02-20", "--out", out)
    assert 0 == answer.status, answer.err


@pytest.mark.parametrize("name", ["report.doc", "report", "nowhere/report.pdf"])
def test_a_file_that_can_not_be_is_a_sentence(example_home, tmp_path, name):
    """What to write is not guessed, and folders are not made by a slip of the hand."""
    answer = gaitkeeper("--home", example_home.path, "report", "--as-of", EXAMPLE_DAY, "--out", tmp_path / name)
    assert 2 == answer.status
    assert is_sentence(answer.err)
    assert [] == list(tmp_path.iterdir())


def test_a_report_that_begins_after_its_end_is_a_sentence(example_home, tmp_path):
    """--since is a day before the last one."""
    out = tmp_path / "x.pdf"
    words = ("--as-of", EXAMPLE_DAY, "--since", "2026-05-01", "--out", out)
    answer = gaitkeeper("--home", example_home.path, "report", *words)
    assert 2 == answer.status
    assert "--since" in answer.err


def test_sending_needs_somewhere_to_send_to(example_home, tmp_path):
    """The file is written; where it would go has to be said in config.toml."""
    words = ("--as-of", EXAMPLE_DAY, "--out", tmp_path / "x.txt", "--send")
    answer = gaitkeeper("--home", copy_of(example_home, tmp_path / "copy").path, "report", *words)
    assert 2 == answer.status
    assert "[[delivery]]" in answer.err


def test_sending_queues_it_once(example_home, tmp_path):
    """PDF and FHIR go along; the same report is not queued twice."""
    home = copy_of(example_home, tmp_path / "copy")
    target = tmp_path / "mailbox"
    with home.config_file.open("a", encoding="utf-8") as config:
        config.write(f'\n[[delivery]]\nwhat = ["flagged"]\nto = "clinician"\nby = "file"\naddress = "{target}"\n')
    words = ("--as-of", EXAMPLE_DAY, "--out", tmp_path / "x.txt", "--send")
    first = gaitkeeper("--home", home.path, "report", *words)
    second = gaitkeeper("--home", home.path, "report", *words)
    assert (1, 1) == (first.status, second.status), first.err + second.err
    assert "Queued for the clinician" in first.err
    assert "nothing new" in second.err


def test_a_long_report_lists_every_run(example_home):
    """Eight weeks: the newest on the page, all of them in the appendix."""
    report = loaded(example_home, since=date(2026, 2, 16))
    page = page_of(report)
    assert 8 == len(page.session_rows)
    assert len(report.runs) == len(page.listed_rows)
    assert f"{len(report.runs) - 8} earlier in the appendix." in page.session_note
    assert 1 < len(pdf_check.texts(_pdf(report)))


def _pdf(report):
    from pipeline.reports.clinician.pdf import render_pdf

    return render_pdf(report)
