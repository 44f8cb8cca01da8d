"""What people say on the pages: it goes into the journal as the commands write it, and the verdict follows at once."""

from __future__ import annotations

import json
import re

import pytest

from support.example_home import asked
from support.web_client import text_of
from support.web_home import WEB_NOW_UTC, A, B, journal_since


@pytest.fixture
def browser(own_site):
    return own_site.browser()


@pytest.fixture
def last(runs):
    """The last run of the example."""
    return runs[A][0]


def said(home, size: int) -> list[dict]:
    return [json.loads(line) for line in journal_since(home, size)]


def answer(browser, session_id: str, **fields):
    data = {"session_id": session_id, "moment": "next_morning", "pain": "1", "flags": "none", **fields}
    return browser.send(f"/r/{A}/pain", data, page=f"/r/{A}/pain")


def test_pain_in_three_taps_changes_the_verdict_at_once(browser, own_home, last):
    """A number, and "none of these": the pending run is judged on the page that follows."""
    size = own_home.journal_file.stat().st_size
    assert "pending" == last["verdict"]
    response = browser.follow(answer(browser, last["session_id"], pain="0"))
    text = text_of(response)
    assert re.search(r"Recorded: the next morning, 0 of 10\s?\. The verdict was pending ?; now it is within plan", text)
    (entry,) = said(own_home, size)
    assert ("symptom", A, A) == (entry["kind"], entry["runner_id"], entry["by"])
    assert {"session_id": last["session_id"], "moment": "next_morning", "pain_0_10": 0, "red_flags": []} == entry[
        "data"
    ]


def test_a_red_flag_stands_alone(browser, last):
    """Whom to contact, what was said, and nothing besides: on the session's page, on today's, and first for the clinician."""
    response = browser.follow(answer(browser, last["session_id"], red_flag="night_or_rest_pain", flags="ticked"))
    for text in (text_of(response), text_of(browser.get(f"/r/{A}"))):
        assert "Stop running and contact" in text
        assert "not watched by anybody in real time" in text
        for advice in ("allows", "Within plan", "limits within plan", "Next:", "How is the hip"):
            assert advice not in text
    caseload = text_of(browser.get("/clinic"))
    assert "Red flag or contact asked for" in caseload
    assert caseload.index(A) < caseload.index(B)
    assert "Red flag reported" in text_of(browser.get(f"/clinic/{A}"))
    assert "Criteria are not told while a red flag stands" in text_of(browser.get(f"/clinic/{A}/stage"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pain": "11"}, "it is a whole number from 0 to 10"),
        ({"pain": "abc"}, "it is a whole number from 0 to 10"),
        ({"moment": "yesterday"}, "moment is 'yesterday'"),
        ({"red_flag": "limp_persisting", "flags": "none"}, "none says that there is no red-flag question"),
        ({"red_flag": "nonsense", "flags": "ticked"}, "'nonsense' is no red-flag question"),
        ({"moment": "during", "onset_minute": "999"}, "The session lasted"),
        ({"place": "x" * 300}, "place has 300 letters"),
        ({"pain": "", "flags": "ticked"}, "Say something"),
    ],
)
def test_what_cant_be_right_is_told_and_nothing_is_written(owner, web_home, last, fields, words):
    """The sentences are those of the command; the form comes back as it was filled."""
    size = web_home.journal_file.stat().st_size
    response = answer(owner, last["session_id"], **fields)
    assert 422 == response.status_code
    assert words in text_of(response)
    assert [] == said(web_home, size)


def test_a_morning_that_has_not_come_is_told(own_home, last):
    """The evening of the run: the form says from when on, and takes nothing."""
    from support.web_client import WebSite

    site = WebSite(own_home, as_of="2026-04-12T20:00")
    browser = site.browser()
    size = own_home.journal_file.stat().st_size
    assert "its next morning has not come yet" in text_of(browser.get(f"/r/{A}/pain?moment=next_morning"))
    assert 422 == answer(browser, last["session_id"]).status_code
    assert [] == said(own_home, size)
    site.close()


def test_rehab_work_is_logged_by_one_tap_and_taken_back(browser, own_home):
    """The button holds what was done the last time; undo leaves the entry in the journal."""
    fields = {"kind": "drill", "exercise": "Marching HOH", "sets": "3", "minutes": "5"}
    page = browser.follow(browser.send(f"/r/{A}/rehab", fields, page=f"/r/{A}/rehab"))
    assert "Recorded." in text_of(page)
    assert "Mon 13 Apr Marching hands over head drill, 3 sets, 5 min" in text_of(page)
    (row,) = asked(own_home, f"from rehab where rehab_date = '2026-04-13' and runner_id = '{A}'", WEB_NOW_UTC)
    assert ("marching hands over head", 3, 300.0) == (row["exercise"], row["sets"], row["duration_s"])
    taken = browser.send(f"/r/{A}/rehab/undo", {"entry_id": row["entry_id"]}, page=f"/r/{A}/rehab")
    assert "Taken back." in text_of(browser.follow(taken))
    assert [] == asked(own_home, "from rehab where rehab_date = '2026-04-13'", WEB_NOW_UTC)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "yoga"}, "kind is 'yoga'"),
        ({"exercise": ""}, "Name the exercise"),
        ({"sets": "0"}, "Sets is '0'"),
        ({"load_kg": "heavy"}, "The load in kg is 'heavy'"),
        ({"minutes": "1e9"}, "The minutes is '1e9'"),
        ({"date": "2027-01-01"}, "has not come yet"),
        ({"date": "tomorrow"}, "is no day"),
    ],
)
def test_work_that_cant_be_right_is_told(owner, web_home, fields, words):
    """The same ranges as the command's, each mistake with what would be right."""
    size = web_home.journal_file.stat().st_size
    data = {"kind": "strength", "exercise": "split squat", **fields}
    response = owner.send(f"/r/{A}/rehab", data, page=f"/r/{A}/rehab")
    assert 422 == response.status_code
    assert words in text_of(response)
    assert [] == said(web_home, size)


def test_a_stage_is_signed_with_name_and_reason(browser, own_home):
    """The decision holds at once, with what was known when it was made."""
    fields = {"stage_id": "S3", "name": "Dr Web", "reason": "four sessions with strides", "from_date": "2026-04-13"}
    page = browser.follow(browser.send(f"/clinic/{A}/stage", fields, page=f"/clinic/{A}/stage"))
    assert "S3 Tempo Set by Dr Web on Mon 13 Apr 2026" in text_of(page)
    assert "S3 Tempo" in text_of(browser.get(f"/r/{A}"))
    row = asked(own_home, f"from stage_today where runner_id = '{A}'", WEB_NOW_UTC)[0]
    assert ("S3", "Dr Web") == (row["stage_id"], row["set_by"])
    last_line = own_home.journal_file.read_text("utf-8").splitlines()[-1]
    assert json.loads(last_line)["data"]["criteria_then"] == "5 of 9 met, 1 unknown"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "Say who decides"),
        ({"reason": ""}, "Say why"),
        ({"stage_id": "S9"}, "'S9' is no stage"),
        ({"from_date": "soon"}, "is no day"),
    ],
)
def test_a_decision_without_name_reason_or_stage_is_none(owner, web_home, fields, words):
    """Nothing is signed by nobody."""
    size = web_home.journal_file.stat().st_size
    data = {"stage_id": "S3", "name": "Dr Web", "reason": "why", **fields}
    response = owner.send(f"/clinic/{A}/stage", data, page=f"/clinic/{A}/stage")
    assert 422 == response.status_code
    assert words in text_of(response)
    assert [] == said(web_home, size)


def test_a_finding_is_set_aside_and_counts_again(browser, runs):
    """It stays visible, with the name and the reason, for the runner, too."""
    run = next(row for row in runs[A] if str(row["session_date"]) == "2026-04-10")
    page, address = f"/clinic/{A}/session/{run['session_id']}", f"/clinic/{A}/session/{run['session_id']}/override"
    for fact in ("over_ceiling_s", "tempo_s"):
        browser.follow(
            browser.send(address, {"fact": fact, "name": "Dr Web", "reason": "a test that I asked for"}, page=page)
        )
    text = text_of(browser.get(f"/r/{A}/session/{run['session_id']}"))
    assert "By Dr Web : a test that I asked for" in text
    assert "Nothing was found outside the plan" in text
    browser.follow(browser.send(address, {"fact": "tempo_s", "name": "Dr Web", "undo": "yes"}, page=page))
    assert "Tempo running: 5:55 min, at most 0 s in S2; outside" in text_of(browser.get(page))


def test_a_finding_that_isnt_there_or_lacks_a_reason_is_not_set_aside(owner, web_home, last):
    """The sentence of the command, and nothing in the journal."""
    run = last["session_id"]
    size = web_home.journal_file.stat().st_size
    for data in ({"fact": "nonsense", "name": "Dr Web", "reason": "x"}, {"fact": "tempo_s", "name": "Dr Web"}):
        response = owner.send(f"/clinic/{A}/session/{run}/override", data, page=f"/clinic/{A}/stage")
        assert 422 == response.status_code
        assert "Nothing was recorded" in text_of(response) or "has no finding" in text_of(response)
    assert [] == said(web_home, size)


@pytest.mark.parametrize(
    ("choice", "words"), [("same", "joined with the next sync"), ("different", "stay two sessions")]
)
def test_a_pair_is_settled_by_one_tap(browser, own_home, choice, words):
    """The question is gone at once; the same run is one after the next sync."""
    page = browser.get("/questions").text
    assert "Second watch" not in page  # names of files, not of runs
    (row,) = asked(own_home, f"from duplicate_question where runner_id = '{B}'", WEB_NOW_UTC)
    data = {
        "recording_id": row["recording_id"],
        "other_recording_id": row["other_recording_id"],
        "answer": choice,
        "name": "Dr Web",
    }
    after = browser.follow(browser.send(f"/clinic/{B}/question", data, page="/questions"))
    assert words in text_of(after)
    assert "Nothing to settle" in text_of(after)
    correction = asked(own_home, "from correction", WEB_NOW_UTC)[0]
    assert (choice, "Dr Web") == (correction["correction"], correction["said_by"])


def test_what_is_sent_twice_counts_once(browser, own_home, last):
    """A second tap says the same again: the last word holds."""
    for _ in range(2):
        answer(browser, last["session_id"], pain="1")
    rows = asked(
        own_home,
        f"from moment_answer where session_id = '{last['session_id']}' and moment = 'next_morning'",
        WEB_NOW_UTC,
    )
    assert [1] == [row["pain_0_10"] for row in rows]


def test_a_run_that_just_synced_is_asked_about(own_home):
    """A snapshot that is published while the pages are open is on the next page."""
    import shutil

    from connectors.folder import FolderSource
    from flows import work
    from support.web_client import WebSite
    from support.web_home import _run

    site = WebSite(own_home)
    browser = site.browser()
    assert "Run of Sun 12 Apr" in text_of(browser.get(f"/r/{A}/pain"))
    files = own_home.path.parent / "late"
    files.mkdir()
    (files / "late.gpx").write_text(
        _run(4 * 3600 + 20 * 3600, 4 * 3600 + 20 * 3600 + 1200, "Before breakfast"), "utf-8"
    )
    work.import_source(own_home, A, FolderSource(files), WEB_NOW_UTC)
    shutil.rmtree(files)
    text = text_of(browser.get(f"/r/{A}/pain"))
    assert "Run of Mon 13 Apr" in text or "Before breakfast" in text
    site.close()
