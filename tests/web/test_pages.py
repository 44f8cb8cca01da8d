"""What the pages show: the same facts and sentences as the commands, and names of people as text."""

from __future__ import annotations

import re

import pytest

from support.example_home import asked
from support.web_client import links_of, text_of
from support.web_home import WEB_NOW_UTC, A, B

RUNNER_PAGES = ["/r/{}", "/r/{}/pain", "/r/{}/week", "/r/{}/week/2026-W15", "/r/{}/rehab"]
CLINIC_PAGES = ["/clinic/{}", "/clinic/{}/stage", "/clinic/{}/protocol"]


@pytest.fixture
def tempo_run(runs):
    """The example's run of 10 April, outside the plan."""
    return next(row["session_id"] for row in runs[A] if str(row["session_date"]) == "2026-04-10")


@pytest.mark.parametrize("runner_id", [A, B])
@pytest.mark.parametrize("pattern", RUNNER_PAGES + CLINIC_PAGES)
def test_every_page_is_there_for_whoever_sits_at_the_machine(owner, pattern, runner_id):
    """Without accounts the one person of the machine is runner and clinician in one."""
    response = owner.get(pattern.format(runner_id))
    assert 200 == response.status_code, text_of(response)
    assert "text/html; charset=utf-8" == response.headers["content-type"]


@pytest.mark.parametrize("page", ["/", "/clinic", "/questions", "/login"])
def test_the_pages_over_all_runners_are_there(owner, page):
    """The first page of somebody with several runners is the caseload."""
    assert owner.get(page).status_code in (200, 303)


def test_every_link_leads_somewhere(owner, runs):
    """Whatever a page leads to is there: no dead end, no address beyond this machine."""
    ids = [row["session_id"] for runner_id in (A, B) for row in runs[runner_id][:2]]
    todo = ["/", *(pattern.format(A) for pattern in RUNNER_PAGES), *(pattern.format(A) for pattern in CLINIC_PAGES)]
    todo += [f"/r/{A}/session/{ids[0]}", f"/clinic/{B}/session/{ids[2]}", "/questions"]
    found = {link for page in todo for link in links_of(owner.get(page)) if "/week/" not in link}
    found = {link for link in found if not re.search(r"/report\.|/logout|/override|/question$|/undo", link)}
    assert len(found) > 40
    assert [] == sorted(link for link in found if owner.get(link.partition("#")[0]).status_code != 200)


def test_today_says_the_stage_the_last_run_and_what_is_open(owner):
    """The runner opens a phone in the morning: the question is there, and the answer is three taps away."""
    text = text_of(owner.get(f"/r/{A}"))
    for words in (
        "S2 Easy running and strides",
        "How is the hip this morning?",
        "Run of Sun 12 Apr",
        "pending",
        "limits within plan",
    ):
        assert words in text


def test_the_week_says_what_the_command_says(owner, web_home):
    """Page and terminal read the same relations."""
    text = text_of(owner.get(f"/r/{A}/week/2026-W15"))
    row = asked(web_home, f"from week_summary where runner_id = '{A}' and iso_week = '2026-W15'", WEB_NOW_UTC)[0]
    assert f"Runs {row['run_count']} Distance {row['run_distance_m'] / 1000:.2f} km" in text
    assert "Tempo running: 5:55 min, at most 0 s in S2; outside the plan set by Dr Example" in text


@pytest.mark.parametrize("wrong", ["2026-W99", "2026-15", "0000-W01", "x", "9999-W53"])
def test_a_week_that_is_none_is_not_there(owner, wrong):
    """A guessed address gives a page, never a fault."""
    assert 404 == owner.get(f"/r/{A}/week/{wrong}").status_code


def test_a_session_shows_its_findings_its_answers_and_where_it_comes_from(owner, tempo_run):
    """The runner sees what went within the plan first, the clinician the worst first."""
    runner = text_of(owner.get(f"/r/{A}/session/{tempo_run}"))
    clinic = text_of(owner.get(f"/clinic/{A}/session/{tempo_run}"))
    for text in (runner, clinic):
        for words in (
            "Time above the conversational ceiling",
            "The hip's answer",
            "2026-04-10-07-30.fit",
            "pickup_count",
        ):
            assert words in text
    assert runner.index("Within plan") < runner.index("Outside the plan")
    assert clinic.index("Outside the plan") < clinic.index("Within plan")
    assert "Set aside" in clinic
    assert "Set aside" not in runner


def test_charts_are_pictures_with_a_sentence(owner, tempo_run):
    """Whoever doesn't see them reads what they show; they come from here, and hold no script."""
    page = owner.get(f"/r/{A}/session/{tempo_run}").text
    assert re.search(r'<img src="[^"]*chart\.svg\?w=720" alt="[^"]{40,}"', page)
    for width in (360, 720):
        picture = owner.get(f"/r/{A}/session/{tempo_run}/chart.svg?w={width}")
        assert "image/svg+xml" == picture.headers["content-type"]
        assert picture.text.startswith("<svg")
        assert "<script" not in picture.text


@pytest.mark.parametrize(
    "pattern",
    ["/r/{}", "/r/{}/pain", "/r/{}/week/2026-W15", "/r/{}/session/{}", "/clinic/{}/session/{}", "/clinic/{}/stage"],
)
def test_a_hostile_name_stays_text(owner, runs, pattern):
    """Markup and template marks in an activity's name or a reason are letters on the page."""
    session_id = next(row["session_id"] for row in runs[B] if row["title"] != "Second watch")
    response = owner.get(pattern.format(B, session_id))
    for raw in ("<script>document", "<img src=x"):
        assert raw not in response.text
    if pattern != "/r/{}/pain":
        assert "&lt;script&gt;document.title" in response.text
        assert "{{ 7 * 7 }}" in response.text


def test_the_patient_page_has_the_order_of_the_evidence(owner):
    """Red flags, status with unknowns, findings, chart, runs, cadence, rehab, questionnaires, quality, limits."""
    text = text_of(owner.get(f"/clinic/{A}"))
    wanted = [
        "Red flags:",
        "Status",
        "Findings, worst first",
        "Runs",
        "Cadence at matched speed",
        "Rehab",
        "Questionnaires",
        "Data quality",
        "What this is, and is not",
        "It does not diagnose",
    ]
    places = [text.index(words, text.index("as of")) for words in wanted]
    assert sorted(places) == places


def test_the_protocol_page_shows_every_limit_with_its_source(owner, web_home):
    """Whoever signs sees where each number comes from."""
    from pipeline.compliance.judge import home_protocol

    text = text_of(owner.get(f"/clinic/{A}/protocol"))
    assert [] == [limit.sentence for limit in home_protocol(web_home).limits if limit.sentence not in text]


def test_the_caseload_puts_those_who_need_eyes_first(owner):
    """Equals stand by their names (what comes first on a red flag: test_words); what waits for a person is told."""
    text = text_of(owner.get("/clinic"))
    assert text.index(B) < text.index("? 1 pair to settle") < text.index(A)
    assert 2 == text.count("Outside plan: 1 run")


def test_no_page_says_more_than_the_plan(owner):
    """Calm words only: nobody is told to be safe or ready, and nothing is an alarm."""
    pages = [owner.get(pattern.format(A)).text for pattern in RUNNER_PAGES + CLINIC_PAGES]
    assert [] == [
        word
        for word in ("safe to", "you are ready", "ready to run", "danger", "alarm", "warning!")
        if any(word in page.lower() for page in pages)
    ]


def test_a_home_without_a_log_has_a_page_that_says_so(home, tmp_path):
    """Nothing was imported yet: a sentence with what to do, no traceback."""
    from gaitkeeper.commands.home import add_runner
    from support.web_client import WebSite

    add_runner(home, "me", None)
    site = WebSite(home)
    response = site.browser().get("/r/me")
    assert 503 == response.status_code
    assert "Nothing was imported into" in text_of(response)
    assert "gaitkeeper import" in text_of(response)
    site.close()


def test_an_outdated_log_has_a_page_that_says_so(own_home, monkeypatch):
    """Another version of the program published it: it is made again before it is read, and the page says how."""
    from pipeline.warehouse import connection
    from support.web_client import WebSite

    monkeypatch.setattr(connection, "ALGORITHM_VERSION", 10_000)
    site = WebSite(own_home)
    response = site.browser().get(f"/r/{A}")
    assert 503 == response.status_code
    assert "gaitkeeper rebuild" in text_of(response)
    site.close()


def test_a_mistake_of_ours_is_a_page_without_a_traceback(own_site, monkeypatch, capsys):
    """The sentence is for people, the fault for the terminal."""
    from gaitkeeper.web import routes_runner

    monkeypatch.setattr(routes_runner, "_today", lambda *_: 1 / 0)
    response = own_site.browser().get(f"/r/{A}")
    assert 500 == response.status_code
    assert "Archive and journal are untouched" in text_of(response)
    assert "ZeroDivisionError" not in response.text
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "kind", "start"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("html", "text/html", b"<!DOCTYPE"),
        ("json", "application/fhir+json", b"{"),
    ],
)
def test_the_report_can_be_taken_along(owner, form, kind, start):
    """A file to save, never a page that runs here."""
    response = owner.get(f"/clinic/{A}/report.{form}")
    assert 200 == response.status_code
    assert response.headers["content-type"].startswith(kind)
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.content.lstrip()[:9].upper().startswith(start.upper())


def test_a_log_without_a_run_has_every_page(home, now_utc):
    """Missing is shown as missing: a new runner sees pages, not faults."""
    from flows import work
    from gaitkeeper.commands.home import add_runner
    from support.web_client import WebSite

    add_runner(home, "new", None)
    work.refresh(home, now_utc)
    site = WebSite(home)
    browser = site.browser()
    pages = [pattern.format("new") for pattern in RUNNER_PAGES + CLINIC_PAGES]
    assert [200] * len(pages) == [browser.get(page).status_code for page in pages]
    assert "No run is in the log yet." in text_of(browser.get("/"))
    site.close()
