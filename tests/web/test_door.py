"""Logging in and out, what keeps strangers out, and the list of who looked."""

from __future__ import annotations

import json
import stat

import pytest

from gaitkeeper.web.accounts import AccountBook
from gaitkeeper.web.security import Place
from gaitkeeper.web.sessions import IDLE_S, TRIES, WHOLE_S, WINDOW_S
from pipeline.errors import NeedsAttention
from support.example_home import asked
from support.web_accounts import PASSWORD, add_people, logged_in
from support.web_client import WebSite, text_of
from support.web_home import WEB_NOW_UTC, A, B

OUTSIDE = Place("0.0.0.0", 8642, "https://gait.example.org")
PAGE = f"/r/{A}"


@pytest.fixture
def site(own_home):
    """The pages of a home with accounts."""
    add_people(own_home)
    made = WebSite(own_home)
    yield made
    made.close()


def may_see(browser) -> bool:
    return browser.get(PAGE).status_code == 200


def test_one_account_closes_the_door_for_all(own_home):
    """Without accounts the person at this machine sees everything; with the first one everybody logs in, at once."""
    site = WebSite(own_home)
    browser = site.browser()
    assert may_see(browser)
    add_people(own_home)
    assert f"/login?next=/r/{A}" == browser.get(PAGE).headers["location"]
    site.close()


@pytest.mark.parametrize(
    "place", [OUTSIDE, Place("127.0.0.1", 8642, "https://gait.example.org"), Place("192.168.1.4", 80)]
)
def test_without_accounts_nobody_beyond_this_machine_sees_anything(own_home, place):
    """Also where the accounts were removed while the pages are served, and behind a proxy on this machine."""
    site = WebSite(own_home, place)
    browser = site.browser("https://gait.example.org" if place.public_url else "http://192.168.1.4")
    assert 303 == browser.get(PAGE).status_code
    site.close()


def test_a_request_that_came_through_a_proxy_is_nobody_at_this_machine(own_home):
    """A proxy that somebody put before it, without saying so in the config, opens nothing."""
    site = WebSite(own_home)
    assert 303 == site.browser().get(PAGE, headers={"x-forwarded-for": "203.0.113.9"}).status_code
    assert 303 == site.browser(address="203.0.113.9").get(PAGE).status_code
    site.close()


def test_the_right_password_opens_and_leads_back(site):
    """Whoever asked for a page gets it after the door; no link leads elsewhere."""
    browser = site.browser()
    for wanted, leads_to in (
        (PAGE, PAGE),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil", "/"),
        ("x", "/"),
    ):
        response = browser.send("/login", {"name": "anna", "password": PASSWORD, "next": wanted})
        assert (303, leads_to) == (response.status_code, response.headers["location"])
    assert may_see(browser)


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong password"), ("nobody", PASSWORD), ("", ""), ("anna", "x" * 5000), ("ANNA", PASSWORD)],
)
def test_what_doesnt_belong_together_stays_outside(site, name, password):
    """One sentence for every case: it doesn't tell which of the two is wrong."""
    browser = site.browser()
    response = browser.log_in(name, password)
    assert 422 == response.status_code
    assert "This name and password don't belong together." in text_of(response)
    assert not may_see(browser)


def test_a_wrong_name_takes_as_long_as_a_wrong_password(own_home, monkeypatch):
    """A hash is checked in both cases, so the time tells nobody who has an account."""
    from gaitkeeper.web import accounts

    add_people(own_home)
    checked = []
    monkeypatch.setattr(accounts, "_fits", lambda password_hash, _: checked.append(password_hash[:9]))
    book = AccountBook(own_home)
    book.with_password("anna", "x")
    book.with_password("nobody", "x")
    assert ["$argon2id"] * 2 == checked


def test_the_token_changes_with_the_login_and_ends_with_the_logout(site):
    """What somebody planted in the browser before opens nothing, nor what it held after."""
    browser = site.browser()
    browser.get("/login")
    before = browser.client.cookies["gaitkeeper"]
    browser.log_in("anna", PASSWORD)
    held = browser.client.cookies["gaitkeeper"]
    assert before != held
    assert may_see(browser)
    thief = site.browser()
    thief.client.cookies.set("gaitkeeper", held)
    assert may_see(thief)
    assert 303 == browser.send("/logout", {}, page=PAGE).status_code
    assert not may_see(browser)
    assert not may_see(thief)


@pytest.mark.parametrize("name", ["anna", "clara"])
def test_a_session_ends_by_itself(site, name):
    """After some time without a page, and after some time in all; a clinician's sooner."""
    role, page = ("runner", PAGE) if name == "anna" else ("clinician", "/clinic")
    browser = logged_in(site, name)
    site.clock.now_s += IDLE_S[role] - 1
    assert 200 == browser.get(page).status_code
    site.clock.now_s += IDLE_S[role] + 1
    assert 303 == browser.get(page).status_code
    browser = logged_in(site, name)
    for _ in range(int(WHOLE_S[role] / (IDLE_S[role] / 2)) + 1):
        site.clock.now_s += IDLE_S[role] / 2
        browser.get(page)
    assert 303 == browser.get(page).status_code
    assert IDLE_S["clinician"] < IDLE_S["runner"]


def test_a_changed_or_removed_account_is_out_at_once(site):
    """A new password, another role, no account any more: the old sessions end."""
    book = AccountBook(site.home)
    browser = logged_in(site, "anna")
    book.add("anna", "runner", [A], "", "another password")
    assert not may_see(browser)
    browser.log_in("anna", "another password")
    assert may_see(browser)
    book.remove("anna")
    assert not may_see(browser)


def test_sessions_outlive_a_restart_and_their_file_opens_no_door(site):
    """A runner isn't asked every morning; who reads the file has digests."""
    browser = logged_in(site, "anna")
    token = browser.client.cookies["gaitkeeper"]
    kept = (site.home.secret_folder / "web_sessions.json").read_text("utf-8")
    assert token not in kept
    again = WebSite(site.home, clock=site.clock)
    other = again.browser()
    other.client.cookies.set("gaitkeeper", token)
    assert may_see(other)
    for digest in json.loads(kept)["sessions"]:
        other.client.cookies.set("gaitkeeper", digest)
        assert not may_see(other)
        other.client.cookies.clear()
    again.close()


def test_too_many_tries_wait(site, monkeypatch):
    """Counted for the account from this address; somebody elsewhere still gets in, and so does this one later."""
    monkeypatch.setattr(AccountBook, "with_password", _quick(AccountBook.with_password))
    browser = site.browser()
    for _ in range(TRIES["pair"]):
        assert 422 == browser.log_in("anna", "wrong password").status_code
    response = browser.log_in("anna", PASSWORD)
    assert 429 == response.status_code
    assert int(response.headers["retry-after"]) <= WINDOW_S
    assert "There were too many tries. Wait 15 minutes" in text_of(response)
    assert 303 == site.browser(address="192.0.2.7").log_in("anna", PASSWORD).status_code
    assert 303 == browser.log_in("bert", PASSWORD).status_code
    site.clock.now_s += WINDOW_S + 1
    assert 303 == browser.log_in("anna", PASSWORD).status_code


def test_an_address_that_tries_many_names_waits(site, monkeypatch):
    """Guessing one password for every name is throttled, too."""
    monkeypatch.setattr(AccountBook, "with_password", lambda *_: None)
    browser = site.browser()
    answers = [browser.log_in(f"name{number}", "x").status_code for number in range(TRIES["address"] + 1)]
    assert [422] * TRIES["address"] + [429] == answers


def _quick(real):
    return lambda book, name, password: real(book, name, password) if password == PASSWORD else None


# --------------------------------------------------------------------------------------------------------------------
# Forms, hosts, headers


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        (None, {"origin": "https://evil.example"}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"origin": "null"}),
    ],
)
def test_a_form_from_elsewhere_writes_nothing(own_site, own_home, token, headers):
    """Without the token of this browser, or sent from another site, a form is refused with a sentence."""
    browser = own_site.browser()
    size = own_home.journal_file.stat().st_size
    page = f"/r/{A}/rehab"
    real = browser.token(page)
    fields = {"kind": "drill", "exercise": "x", "form_token": real if token is None else token}
    response = browser.post(page, fields, headers=headers)
    assert 403 == response.status_code
    assert "Nothing was recorded" in text_of(response)
    assert size == own_home.journal_file.stat().st_size
    assert 303 == browser.post(page, {**fields, "form_token": real}).status_code


def test_another_browsers_token_is_no_token(open_site):
    """A token belongs to the cookie that it was made for."""
    one, other = open_site.browser(), open_site.browser()
    page = f"/r/{A}/rehab"
    other.get(page)
    assert 403 == other.post(page, {"kind": "drill", "exercise": "x", "form_token": one.token(page)}).status_code


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8642", "", "[::1", "192.168.1.4"]
)
def test_a_host_that_isnt_meant_is_refused(open_site, host):
    """A page elsewhere that points its own name at this machine reads nothing."""
    response = open_site.browser().get(PAGE, headers={"host": host})
    assert 400 == response.status_code
    assert A not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "[::1]:8642", "LOCALHOST"])
def test_the_names_of_this_machine_are_meant(open_site, host):
    """Whatever port, whatever of its names."""
    assert 200 == open_site.browser().get(PAGE, headers={"host": host}).status_code


@pytest.mark.parametrize("path", ["/login", PAGE, "/nothing", f"/r/{B}/session/x", "/clinic"])
def test_every_answer_carries_the_headers(open_site, path):
    """Pages, errors and pictures alike: nothing inline runs, nobody frames it, nothing is kept by a cache."""
    headers = open_site.browser().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert ("nosniff", "same-origin", "no-store") == tuple(
        headers[name] for name in ("x-content-type-options", "referrer-policy", "cache-control")
    )


def test_no_page_holds_a_script_or_a_style_of_its_own(owner, runs):
    """The policy would stop them: everything comes from files of ours."""
    import re

    session_id = runs[A][0]["session_id"]
    for path in (
        PAGE,
        f"{PAGE}/pain",
        f"{PAGE}/session/{session_id}",
        f"{PAGE}/rehab",
        f"/clinic/{A}",
        f"/clinic/{A}/stage",
    ):
        text = owner.get(path).text
        assert [] == re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text), path
        assert [] == re.findall(r'(?:src|href)="(?:https?:)?//', text), path


def test_cookies_are_for_this_place_alone(own_home):
    """Out of reach of scripts and of other sites; over TLS only everywhere but on this machine."""
    add_people(own_home)
    near, far = WebSite(own_home), WebSite(own_home, OUTSIDE)
    at_home = near.browser().get("/login").headers["set-cookie"]
    outside = far.browser("https://gait.example.org").get("/login").headers
    assert "httponly" in at_home.lower()
    assert "samesite=lax" in at_home.lower()
    assert "secure" not in at_home.lower()
    assert outside["set-cookie"].startswith("__Host-gaitkeeper=")
    assert "secure" in outside["set-cookie"].lower()
    assert "max-age=31536000" == outside["strict-transport-security"]
    near.close()
    far.close()


def test_a_body_that_is_too_large_is_refused(open_site):
    """A form of ours has some hundred bytes."""
    assert 413 == open_site.browser().post(f"/r/{A}/rehab", {"exercise": "x" * 100_000}).status_code


# --------------------------------------------------------------------------------------------------------------------
# Who looked


def views(home) -> list[tuple]:
    rows = asked(home, "from page_view order by viewed_utc, view_id", WEB_NOW_UTC)
    return [(row["viewed_by"], row["viewer_role"], row["runner_id"], row["page"], row["session_id"]) for row in rows]


def test_every_view_of_a_runners_data_is_a_line(site, runs):
    """Who, as what, whose, which page; what wasn't shown isn't there."""
    session_id = runs[A][0]["session_id"]
    anna, clara = logged_in(site, "anna"), logged_in(site, "clara")
    anna.get("/")
    anna.get(f"/r/{A}/session/{session_id}")
    anna.get(f"/r/{B}")
    clara.get("/clinic")
    clara.get(f"/clinic/{A}/session/{session_id}/chart.svg")
    clara.get(f"/clinic/{B}")
    assert {
        ("anna", "runner", A, "/", None),
        ("anna", "runner", A, "/r/{runner_id}/session/{session_id}", session_id),
        ("clara", "clinician", A, "/clinic", None),
        ("clara", "clinician", A, "/clinic/{runner_id}/session/{session_id}/chart.svg", session_id),
    } == set(views(site.home))


def test_what_cant_be_noted_isnt_shown(own_site):
    """A list of views with holes is none."""
    own_site.home.view_file.unlink(missing_ok=True)
    own_site.home.view_file.mkdir()
    response = own_site.browser().get(PAGE)
    assert 503 == response.status_code
    assert "How is the hip" not in text_of(response)


def test_an_old_home_without_the_list_of_views_can_be_read(own_home):
    """A home that was made before there were pages has no such file."""
    own_home.view_file.unlink(missing_ok=True)
    assert [] == views(own_home)


# --------------------------------------------------------------------------------------------------------------------
# Accounts


@pytest.mark.parametrize(
    ("name", "role", "runner_ids", "password", "words"),
    [
        ("a b", "runner", [A], PASSWORD, "may have letters"),
        ("", "runner", [A], PASSWORD, "may have letters"),
        ("anna", "runner", [], PASSWORD, "Say whom the account may see"),
        ("anna", "runner", [A, B], PASSWORD, "for one runner"),
        ("anna", "runner", [A], "short", "A password has 10 to 1000 letters"),
    ],
)
def test_an_account_that_cant_be_is_refused(home, name, role, runner_ids, password, words):
    """A sentence that says what would be right; nothing is written."""
    with pytest.raises(NeedsAttention, match=words):
        AccountBook(home).add(name, role, runner_ids, "", password)
    assert {} == AccountBook(home).all()


def test_accounts_are_private_and_hold_no_password(home):
    """Only the owner may read the file, and it holds Argon2id hashes."""
    AccountBook(home).add("anna", "runner", [A], "Anna", PASSWORD)
    file = home.secret_folder / "accounts.json"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    text = file.read_text("utf-8")
    assert PASSWORD not in text
    assert "$argon2id$" in text


def test_a_damaged_file_of_accounts_lets_nobody_in(own_home):
    """Rather nobody than everybody: a page that says what to mend."""
    (own_home.secret_folder / "accounts.json").write_text("{", "utf-8")
    site = WebSite(own_home)
    response = site.browser().get(PAGE)
    assert 503 == response.status_code
    assert "is damaged" in text_of(response)
    site.close()
