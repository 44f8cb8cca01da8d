"""What a tired hand, an old tab or an ill-wisher sends: a sentence, a line in the list of views, and nothing lost silently."""

from __future__ import annotations

import json
import re

import pytest

from gaitkeeper.web.app import PAGES
from gaitkeeper.web.sessions import IDLE_S, SAVED_EVERY_S
from support.example_home import asked
from support.web_accounts import PASSWORD, add_people, logged_in
from support.web_client import WebSite, text_of
from support.web_home import WEB_NOW_UTC, A, B, journal_since, sessions_of

#: What the phone's keyboard writes: an emoji of several signs, and Persian, hold a joiner or a non-joiner.
JOINED = "groin \U0001f937\u200d\u2640\ufe0f \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


@pytest.fixture
def closed_site(own_home):
    """The pages of a home with accounts."""
    add_people(own_home)
    site = WebSite(own_home)
    yield site
    site.close()


def size_of(home) -> int:
    return home.journal_file.stat().st_size


# --------------------------------------------------------------------------------------------------------------------
# Addresses and forms that can't be


@pytest.mark.parametrize("week", ["0001-W01", "9999-W52", "1899-W52", "\u0662\u0660\u0662\u0666-W15"])
@pytest.mark.parametrize("page", ["/r/{}/week/{}", "/r/{}/week/{}/chart.svg"])
def test_a_week_at_the_end_of_the_calendar_is_not_there(owner, page, week):
    """The weeks beside it are no days of a calendar: a page, never a fault."""
    assert 404 == owner.get(page.format(A, week)).status_code


def test_a_stage_from_a_day_that_no_protocol_judges_keeps_what_was_typed(own_site, own_home):
    """The last day of the calendar: the sentence stands above the form, the reason still in it."""
    browser, size = own_site.browser(), size_of(own_home)
    fields = {"stage_id": "S3", "name": "Dr Example", "reason": "all green for weeks", "from_date": "9999-12-31"}
    response = browser.send(f"/clinic/{A}/stage", fields, page=f"/clinic/{A}/stage")
    assert 422 == response.status_code
    assert f"No protocol judges {A} on 9999-12-31" in text_of(response)
    assert "all green for weeks</textarea>" in response.text
    assert size == size_of(own_home)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", "Say why"),
        ("  ", "Say why"),
        ("x" * 4001, "at most 4000"),
        ("a\x00b", "can't be printed"),
        ("\u202ex", "can't"),
    ],
)
def test_a_finding_is_set_aside_with_a_reason_that_can_be_read(own_site, own_home, runs, reason, words):
    """The same text as with a stage: one that is there, of a length, without hidden signs; told in a page's words."""
    browser, size = own_site.browser(), size_of(own_home)
    run = next(row["session_id"] for row in runs[A] if row["verdict"] == "outside_plan")
    fields = {"fact": "tempo_s", "name": "Dr Example", "reason": reason}
    response = browser.send(f"/clinic/{A}/session/{run}/override", fields, page=f"/clinic/{A}/stage")
    assert 422 == response.status_code
    assert words in text_of(response)
    assert "--reason" not in response.text
    assert size == size_of(own_home)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"garbage", "multipart/form-data; boundary=x"), (b"a=1&" * 200, "application/x-www-form-urlencoded")],
)
def test_what_is_no_form_is_refused_with_a_sentence(own_site, own_home, body, kind):
    """A page like any other, with its headers, and nothing written."""
    size = size_of(own_home)
    response = own_site.browser().post(f"/r/{A}/rehab", None, content=body, headers={"content-type": kind})
    assert 400 == response.status_code
    assert "can't be read as a form" in text_of(response)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert size == size_of(own_home)


def test_joined_signs_are_letters(own_site, own_home, runs):
    """An emoji of a phone's keyboard, and Persian, are plain text; they come back as they were typed."""
    fields = {"session_id": runs[A][0]["session_id"], "moment": "next_morning", "pain": "1", "flags": "none"}
    response = own_site.browser().send(f"/r/{A}/pain", {**fields, "place": JOINED}, page=f"/r/{A}/pain")
    assert 303 == response.status_code
    assert JOINED == json.loads(own_home.journal_file.read_text("utf-8").splitlines()[-1])["data"]["place"]


def test_a_patient_without_a_stage_has_a_protocol_page_that_names_none(home, now_utc):
    """No version is put together from nothing."""
    from flows import work
    from gaitkeeper.commands.home import add_runner

    add_runner(home, "new", None)
    work.refresh(home, now_utc)
    site = WebSite(home)
    assert "judges today" not in text_of(site.browser().get("/clinic/new/protocol"))
    site.close()


# --------------------------------------------------------------------------------------------------------------------
# Being logged out


def test_a_form_of_somebody_who_was_logged_out_is_said_to_be_lost(closed_site):
    """Its words are not in the journal, and whoever wrote them knows before anything else."""
    anna = logged_in(closed_site, "anna")
    size = size_of(closed_site.home)
    closed_site.clock.now_s += IDLE_S["runner"] + 1
    response = anna.post(f"/r/{A}/pain", {"pain": "3"})
    door = anna.follow(response)
    assert "nothing was recorded. Log in and enter it again." in text_of(door)
    assert f'name="next" value="/r/{A}/pain"' in door.text
    assert size == size_of(closed_site.home)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.take and page.audience != "public"], ids=lambda one: one.path
)
def test_behind_the_door_there_is_a_page(closed_site, runs, page):
    """After the login a form's address leads to a page that can be shown, also where the form has none of its own."""
    address = page.path.format(runner_id=A, session_id=runs[A][0]["session_id"])
    location = closed_site.browser().post(address, {}).headers["location"]
    leads_to = re.search(r"next=([^&]*)", location)[1]
    name = "clara" if page.audience == "clinician" else "anna"
    assert 200 == logged_in(closed_site, name).get(leads_to).status_code, leads_to


def test_the_door_leads_to_the_very_page(closed_site, runs):
    """With what stood behind the question mark: the moment of the run that was asked about."""
    wanted = f"/r/{A}/pain?session={runs[A][1]['session_id']}&moment=during"
    browser = closed_site.browser()
    door = browser.follow(browser.get(wanted))
    target = re.search(r'name="next" value="([^"]*)"', door.text)[1].replace("&amp;", "&")
    assert wanted == target
    response = browser.send("/login", {"name": "anna", "password": PASSWORD, "next": target})
    assert wanted == response.headers["location"]


def test_a_restart_takes_nothing_off_the_idle_time(closed_site):
    """Whoever looked yesterday is not logged out by a restart today, however long ago the login was."""
    anna = logged_in(closed_site, "anna")
    for _ in range(3):
        closed_site.clock.now_s += IDLE_S["runner"] - SAVED_EVERY_S
        assert 200 == anna.get(f"/r/{A}").status_code
    again = WebSite(closed_site.home, clock=closed_site.clock)
    other = again.browser()
    other.client.cookies.set("gaitkeeper", anna.client.cookies["gaitkeeper"])
    assert 200 == other.get(f"/r/{A}").status_code
    again.close()


@pytest.mark.parametrize(
    "text", ["{", "", "[]", '{"sessions": []}', '{"sessions": {"a": {"x": 1}}}', '{"sessions": {"a": 1}}']
)
def test_a_damaged_list_of_sessions_asks_everybody_to_log_in(closed_site, text):
    """It holds nothing that can't be had again: the pages are served, and whoever was logged in does so anew."""
    anna = logged_in(closed_site, "anna")
    (closed_site.home.secret_folder / "web_sessions.json").write_text(text, "utf-8")
    again = WebSite(closed_site.home, clock=closed_site.clock)
    other = again.browser()
    other.client.cookies.set("gaitkeeper", anna.client.cookies["gaitkeeper"])
    assert 303 == other.get(f"/r/{A}").status_code
    again.close()
    third = WebSite(closed_site.home, clock=closed_site.clock)
    assert 200 == logged_in(third, "anna").get(f"/r/{A}").status_code
    third.close()


# --------------------------------------------------------------------------------------------------------------------
# Who looked


def test_a_form_that_comes_back_with_its_mistakes_is_a_view(own_site, own_home):
    """It shows what the page shows; nobody reads a runner's data without a line by sending an empty form."""
    browser = own_site.browser()
    browser.send(f"/clinic/{A}/stage", {"stage_id": "S3"}, page=f"/r/{B}/rehab")
    pages = [row["page"] for row in asked(own_home, f"from page_view where runner_id = '{A}'", WEB_NOW_UTC)]
    assert ["/clinic/{runner_id}/stage"] == pages


def test_the_list_of_views_is_in_a_backup(own_site, own_home, tmp_path):
    """Who looked is part of the truth: it comes back with the home, line by line."""
    from pipeline.backup import restore_backup, write_backup
    from pipeline.settings import Home

    own_site.browser().get(f"/r/{A}")
    own_site.close()
    views = own_home.view_file.read_bytes()
    write_backup(own_home, tmp_path / "kept.zip")
    restore_backup(tmp_path / "kept.zip", Home(tmp_path / "again"))
    assert views
    assert views == Home(tmp_path / "again").view_file.read_bytes()


# --------------------------------------------------------------------------------------------------------------------
# The chart above its words, and the runner's own pairs


def test_a_page_with_a_chart_does_not_say_that_there_is_none(owner):
    """The page draws its own charts: the report's words are made without any."""
    page = owner.get(f"/clinic/{A}")
    assert "chart/block.svg" in page.text
    assert "No chart" not in text_of(page)
    assert "a missing answer is a gap, never 0" in text_of(page)


def test_what_is_read_aloud_keeps_its_figures_apart(owner):
    """A dot between two figures is for the eye alone; without it distance, time and pace are still three words."""
    page = re.sub(r'<span[^>]*aria-hidden="true"[^>]*>[^<]*</span>', "", owner.get(f"/r/{A}").text)
    figures = re.search(r'<span class="figures">([^<]*)</span>', page)[1]
    assert ["4.77", "km", "30:59", "6:12/km"] == figures.split()


def test_a_red_flag_is_told_in_words(own_site, runs):
    """On the page that matters most nobody reads a name with underscores; several are told apart."""
    browser = own_site.browser()
    fields = {"session_id": runs[A][0]["session_id"], "moment": "next_morning", "pain": "3", "flags": "ticked"}
    browser.send(
        f"/r/{A}/pain", {**fields, "red_flag": ["limp_persisting", "locking_or_giving_way"]}, page=f"/r/{A}/pain"
    )
    for page in (f"/r/{A}", f"/r/{A}/week/2026-W15", f"/clinic/{A}/session/{runs[A][0]['session_id']}"):
        text = text_of(browser.get(page))
        assert "Red flags reported: 2 (" in text
        told = re.search(r"Red flags reported: 2 \(([^)]*)\)", text)[1]
        assert {"a limp that stays", "locking or giving way"} == set(told.split(", "))


def test_the_runner_says_whether_two_are_one_run(own_site, own_home):
    """Whoever ran knows: the first page asks, the answer carries the runner's name, and the clinician isn't asked any more."""
    browser = own_site.browser()
    first = text_of(browser.get(f"/r/{B}"))
    assert "1 pair of recordings looks alike" in first
    page = browser.get(f"/r/{B}/pairs")
    assert "one.gpx" in page.text
    assert "Your name" not in page.text
    pair = dict(re.findall(r'name="((?:other_)?recording_id)" value="(\w+)"', page.text))
    size = size_of(own_home)
    assert 422 == browser.send(f"/r/{B}/pairs", {**pair, "answer": "perhaps"}, page=f"/r/{B}/pairs").status_code
    assert 404 == browser.send(f"/r/{A}/pairs", {**pair, "answer": "same"}, page=f"/r/{B}/pairs").status_code
    done = browser.follow(browser.send(f"/r/{B}/pairs", {**pair, "answer": "different"}, page=f"/r/{B}/pairs"))
    assert "They stay two sessions. Nothing to settle." in text_of(done)
    entries = [json.loads(line) for line in journal_since(own_home, size)]
    assert [("correction", "different", B)] == [(one["kind"], one["data"]["correction"], one["by"]) for one in entries]
    assert "Nothing to settle" in text_of(browser.get("/questions"))
    assert "to settle" not in text_of(browser.get("/clinic"))
    assert "looks alike" not in text_of(browser.get(f"/r/{B}"))


def test_what_is_kept_from_a_clinician_is_asked_of_the_runner(own_home):
    """A source's terms leave a pair to the one whose runs they are, and the clinician's page counts it."""
    with own_home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[source]]\nkind = "folder"\npath = "x"\nrunner = "{B}"\nclinician = false\n')
    site = WebSite(own_home)
    browser = site.browser()
    assert {False} == {row["may_reach_clinician"] for row in sessions_of(own_home, B)}
    assert "1 pair left out" in text_of(browser.get("/questions"))
    assert "one.gpx" not in browser.get("/questions").text
    assert "one.gpx" in browser.get(f"/r/{B}/pairs").text
    assert "to settle" not in text_of(browser.get("/clinic"))
    site.close()


def test_what_may_not_be_shown_is_not_called_within_plan(own_home):
    """A caseload whose runs are all left out says so; the ceiling that was set is told without one of them."""
    with own_home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[source]]\nkind = "folder"\npath = "x"\nrunner = "{A}"\nclinician = false\n')
    site = WebSite(own_home)
    browser = site.browser()
    caseload = text_of(browser.get("/clinic"))
    assert "No run that may be shown here" in caseload
    assert "Within plan" not in caseload
    assert "Conversational ceiling 5:45/km, from talk test; no run of these days" in text_of(
        browser.get(f"/clinic/{A}")
    )
    site.close()
