"""Another runner's data is not reachable by any guessed address: every route, as everybody, with everybody's ids."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from gaitkeeper.web.app import PAGES, make_pages
from support.example_home import asked, copy_of
from support.web_accounts import PEOPLE, add_people, logged_in
from support.web_client import WebSite, text_of
from support.web_home import WEB_NOW_UTC, A, B

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYBODY = [None, *PEOPLE]


@pytest.fixture(scope="module")
def closed_home(web_home, tmp_path_factory):
    """A home with accounts."""
    home = copy_of(web_home, tmp_path_factory.mktemp("closed") / "home")
    add_people(home)
    return home


@pytest.fixture(scope="module")
def closed_site(closed_home):
    site = WebSite(closed_home)
    yield site
    site.close()


@pytest.fixture(scope="module")
def browsers(closed_site):
    return {name: logged_in(closed_site, name) for name in EVERYBODY}


@pytest.fixture(scope="module")
def ids(runs):
    """What an address may name, by whose it is."""
    found = {}
    for runner_id in (A, B):
        found[runner_id] = {
            "session_id": [row["session_id"] for row in runs[runner_id][:1]],
            "iso_week": ["2026-W15"],
            "form": ["pdf", "json", "exe"],
            "name": ["block", "cadence", "nonsense"],
        }
    return found


def addresses(path: str, ids) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield (address, whose page, whose thing) for every mixture of a runner and somebody's ids."""
    names = re.findall(r"{(\w+)}", path)
    if "runner_id" not in names:
        yield path, None, None
        return
    for runner_id, other in product((A, B, "nobody"), (A, B)):
        choices = [[runner_id] if name == "runner_id" else ids[other][name] for name in names]
        for values in product(*choices):
            address = path
            for name, value in zip(names, values, strict=True):
                address = address.replace(f"{{{name}}}", value)
            yield address, runner_id, other if "session_id" in names else runner_id


def is_theirs(name: str | None, audience: str, runner_id: str | None, owner: str | None) -> bool:
    """Return whether somebody may see a page: said once more, apart from the code under test."""
    if audience == "public":
        return True
    if name is None:
        return False
    role, runners = PEOPLE[name]
    if audience == "anyone":
        return True
    if audience != role:
        return False
    return runner_id is None or (runner_id in runners and owner == runner_id)


@pytest.fixture(scope="module")
def marks(runs):
    """What stands on a page only if it shows this runner's data."""
    ids = {runner_id: [row["session_id"] for row in runs[runner_id]] for runner_id in (A, B)}
    return {A: [*ids[A], "2026-04-10-07-30.fit"], B: [*ids[B], "Second watch", "one.gpx"]}


def test_the_walk_knows_every_route(closed_site):
    """A route that is added is walked, too: there is no other way to add one."""
    served = {route.path for route in make_pages(closed_site.site).routes if isinstance(route, Route)}
    assert {page.path for page in PAGES} | {"/static/{digest}/{name}"} == served


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("page", [page for page in PAGES if page.show], ids=lambda page: page.path)
def test_nobody_sees_what_isnt_theirs(browsers, marks, ids, page, name):
    """404 for what is another's, as for what isn't there; whoever isn't logged in is led to the door."""
    seen = set()
    for address, runner_id, owner in addresses(page.path, ids):
        if (
            "report." in address
            and address.endswith(("pdf", "json"))
            and is_theirs(name, page.audience, runner_id, owner)
        ):
            continue  # made, read and measured by the report's own tests
        response = browsers[name].get(address)
        seen.add(response.status_code)
        if is_theirs(name, page.audience, runner_id, owner):
            assert response.status_code in (200, 303, 404), address
            if response.status_code == 404:
                assert re.search(r"nonsense|\.exe$", address), address
        elif name is None:
            assert (303, "/login") == (response.status_code, response.headers["location"].partition("?")[0]), address
        else:
            assert 404 == response.status_code, address
        others = [one for one in (A, B) if name is None or one not in PEOPLE[name][1]]
        body = response.text.replace(address, "")
        assert [] == [mark for other in others for mark in marks[other] if mark in body], address
    assert seen


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.take and page.path not in ("/login", "/logout")], ids=lambda page: page.path
)
def test_nobody_says_a_word_about_another(browsers, closed_home, ids, page, name):
    """A form that is sent to another's address, or from somebody with another part to play, writes nothing."""
    size = closed_home.journal_file.stat().st_size
    for address, runner_id, owner in addresses(page.path, ids):
        if is_theirs(name, page.audience, runner_id, owner):
            continue
        response = browsers[name].send(
            address, _form(ids.get(owner, ids[A])), page="/" if name is None else _page_with_form(name)
        )
        assert response.status_code == (303 if name is None else 404), address
        if name is None:
            assert response.headers["location"].startswith("/login")
    assert size == closed_home.journal_file.stat().st_size


def _page_with_form(name: str) -> str:
    return f"/r/{PEOPLE[name][1][0]}/rehab" if PEOPLE[name][0] == "runner" else f"/clinic/{A}/stage"


def _form(ids) -> dict[str, str]:
    return {
        "session_id": ids["session_id"][0], "moment": "next_morning", "pain": "3", "flags": "none",
        "kind": "drill", "exercise": "x", "entry_id": "x", "fact": "tempo_s", "reason": "x", "stage_id": "S3",
        "recording_id": "a", "other_recording_id": "b", "answer": "same",
    }  # fmt: skip


def test_own_address_with_anothers_ids_writes_nothing(browsers, closed_home, ids):
    """The address is one's own, the id in the form is another's: nothing there."""
    entry = asked(closed_home, f"select entry_id from rehab where runner_id = '{A}' limit 1", WEB_NOW_UTC)[0][
        "entry_id"
    ]
    pair = asked(closed_home, f"from duplicate_question where runner_id = '{B}'", WEB_NOW_UTC)[0]
    hers, his = ids[A]["session_id"][0], ids[B]["session_id"][0]
    size = closed_home.journal_file.stat().st_size
    tries = [
        ("anna", f"/r/{A}/pain", {"session_id": his, "moment": "next_morning", "pain": "3", "flags": "none"}),
        ("bert", f"/r/{B}/pain", {"session_id": hers, "moment": "next_morning", "pain": "3", "flags": "none"}),
        ("bert", f"/r/{B}/rehab/undo", {"entry_id": entry}),
        ("clara", f"/clinic/{A}/session/{his}/override", {"fact": "run_s", "reason": "x"}),
        ("clara", f"/clinic/{A}/question", {"recording_id": pair["recording_id"], "other_recording_id": pair["other_recording_id"], "answer": "same"}),
    ]  # fmt: skip
    for name, address, fields in tries:
        response = browsers[name].send(address, fields, page=_page_with_form(name))
        assert 404 == response.status_code, (name, address)
    for name, address in (("anna", f"/r/{A}/pain?session={his}"), ("bert", f"/r/{B}/pain?session={hers}")):
        assert 404 == browsers[name].get(address).status_code
    assert size == closed_home.journal_file.stat().st_size


def test_another_runners_pairs_and_cases_are_not_listed(browsers):
    """A clinician sees the runners of the account, nobody else's."""
    assert "Nothing to settle" in text_of(browsers["clara"].get("/questions"))
    caseload = text_of(browsers["clara"].get("/clinic"))
    assert A in caseload
    assert B not in caseload


def test_everybody_begins_at_their_own_first_page(browsers):
    """The runner's day, or the caseload."""
    assert "How is the hip this morning?" in text_of(browsers["anna"].get("/"))
    assert "S1 Conversational running" in text_of(browsers["bert"].get("/"))
    assert "Caseload" in text_of(browsers["clara"].get("/"))


def test_a_decision_carries_the_accounts_name(own_home):
    """Whoever is logged in signs as themselves, whatever a form says."""
    add_people(own_home)
    site = WebSite(own_home)
    clara = logged_in(site, "clara")
    fields = {"stage_id": "S3", "reason": "seen today", "name": "Somebody Else"}
    assert 303 == clara.send(f"/clinic/{A}/stage", fields, page=f"/clinic/{A}/stage").status_code
    entry = json.loads(own_home.journal_file.read_text("utf-8").splitlines()[-1])
    assert ("stage", "Dr Clara") == (entry["kind"], entry["by"])
    site.close()


def test_what_may_not_reach_a_clinician_is_left_out_and_counted(own_home, runs):
    """A source's terms keep its sessions from the clinic's pages; the runner sees them all; a red flag is told all the same."""
    block = '\n[[source]]\nkind = "folder"\npath = "x"\nrunner = "example"\nclinician = false\n'
    with own_home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(block)
    site = WebSite(own_home)
    browser = site.browser()
    last = runs[A][0]["session_id"]
    page = browser.get(f"/clinic/{A}")
    assert [] == [row["session_id"] for row in runs[A] if row["session_id"] in page.text]
    assert re.search(r"7 (sessions|runs|recordings)|left out|may not be shown", text_of(page))
    assert 404 == browser.get(f"/clinic/{A}/session/{last}").status_code
    assert 404 == browser.get(f"/clinic/{A}/session/{last}/chart.svg").status_code
    assert "not shown" in text_of(browser.get(f"/clinic/{A}/stage"))
    assert 200 == browser.get(f"/r/{A}/session/{last}").status_code
    fields = {
        "session_id": last,
        "moment": "next_morning",
        "pain": "3",
        "red_flag": "limp_persisting",
        "flags": "ticked",
    }
    browser.send(f"/r/{A}/pain", fields, page=f"/r/{A}/pain")
    assert "Red flag reported" in text_of(browser.get(f"/clinic/{A}"))
    caseload = text_of(browser.get("/clinic"))
    assert "Red flag or contact asked for" in caseload
    assert "7 runs of 14 days left out" in caseload
    assert "Last run" not in caseload[caseload.index(A) : caseload.index(B)]
    site.close()
