"""The pages in a real browser: three taps, a signature, a hostile name, phone and desk, keyboard only, and axe-core."""

from __future__ import annotations

import json
import re

import pytest

from support.chromium import DESK, PHONE, chromium_path, served, shoot, started_chromium
from support.example_home import copy_of
from support.web_accounts import PASSWORD, add_people
from support.web_home import HOSTILE, A, B

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium():
    with started_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(web_home):
    """A home that nobody writes to."""
    with served(web_home) as address:
        yield address


@pytest.fixture
def own_address(own_home):
    with served(own_home) as address:
        yield address


@pytest.fixture
def open_page(chromium):
    """Give pages of a fresh profile, and hold that nothing went wrong inside them."""
    contexts, faults = [], []

    def open_one(**options):
        context = chromium.new_context(**{"viewport": PHONE, "locale": "en-GB", **options})
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text) if message.type == "error" and "status of 4" not in message.text else None
            ),
        )
        page.on("dialog", lambda dialog: faults.append(f"a dialog: {dialog.message}"))
        contexts.append(context)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [] == faults


def last_journal_entry(home) -> dict:
    return json.loads(home.journal_file.read_text("utf-8").splitlines()[-1])


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_pain_in_three_taps(own_home, own_address, open_page, script):
    """This morning, a number, none of these: the verdict changes on the page that follows, with and without JavaScript."""
    page = open_page(java_script_enabled=script)
    page.goto(f"{own_address}/r/{A}")
    assert page.locator(".v-pending").first.is_visible()
    page.get_by_role("link", name="the next morning").click()
    page.get_by_text("0", exact=True).first.wait_for()
    page.locator("label.tile", has_text=re.compile("^0$")).click()
    page.get_by_role("button", name="None of these: save").click()
    page.locator(".notice.said").wait_for()
    assert "The verdict was pending; now it is within plan." in re.sub(
        r"\s+", " ", page.locator(".notice.said").inner_text()
    )
    assert "within plan" in page.locator("#verdict").inner_text()
    assert 0 == last_journal_entry(own_home)["data"]["pain_0_10"]
    if script:
        shoot(page, "said-phone")


def test_the_form_keeps_what_was_typed_and_says_what_cant_be(own_address, open_page):
    """A mistake is told where it was made, and read aloud; nothing that was tapped is lost."""
    page = open_page()
    page.goto(f"{own_address}/r/{A}/pain")
    page.locator("label.tile", has_text=re.compile("^4$")).click()
    page.get_by_label("A limp that stays").check()
    page.get_by_role("button", name="None of these: save").click()
    page.locator("#mistakes").wait_for()
    assert "leave it out where there is one" in page.locator("#mistakes").inner_text()
    assert page.locator("input[name=pain][value='4']").is_checked()
    assert page.get_by_label("A limp that stays").is_checked()
    page.get_by_role("button", name="Save with what I ticked").click()
    page.locator(".alone").wait_for()
    assert "Stop running and contact" in page.locator("h1").inner_text()
    shoot(page, "red-flag-phone")


def test_a_stage_is_signed(own_home, own_address, open_page):
    """Name, reason, one button; the runner's first page has the new stage."""
    page = open_page(viewport=DESK)
    page.goto(f"{own_address}/clinic/{A}/stage")
    page.locator("select[name=stage_id]").select_option("S3")
    page.get_by_label("Clinician's name").fill("Dr Browser")
    page.get_by_label("Reason").fill("four sessions with strides, all green")
    page.get_by_role("button", name="Sign and set the stage").click()
    page.locator(".notice.said").wait_for()
    assert "S3" in page.locator("h1").inner_text()
    assert "Dr Browser" == last_journal_entry(own_home)["by"]
    shoot(page, "signed-desk")
    page.goto(f"{own_address}/r/{A}")
    assert "S3" in page.locator("h1").inner_text()


def test_a_hostile_name_stays_text(site, runs, open_page):
    """Its letters are on the page; nothing of it ran, in the title, the text or the chart."""
    run = next(row for row in runs[B] if row["title"] != "Second watch")
    page = open_page()
    for path in (f"/r/{B}/session/{run['session_id']}", f"/r/{B}/week/2026-W15", f"/clinic/{B}", f"/clinic/{B}/stage"):
        page.goto(site + path)
        page.wait_for_load_state("networkidle")
        assert "owned" not in page.title()
        assert 0 == page.locator("main img[src='x']").count()
    page.goto(f"{site}/r/{B}/session/{run['session_id']}")
    assert HOSTILE[:52] in page.locator("h1").inner_text()
    assert "{{ 7 * 7 }}" in page.locator("h1").inner_text()
    shoot(page, "hostile-phone")


def test_by_keyboard_alone(own_home, own_address, open_page):
    """Tab, arrows, space and enter are enough to say how the hip is; what has the focus can be seen."""
    page = open_page(viewport=DESK)
    page.goto(f"{own_address}/r/{A}/pain")
    page.keyboard.press("Tab")
    assert "Skip to the page" == page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    _tab_to(page, "input[name=pain]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert "1" == page.evaluate("document.querySelector('input[name=pain]:checked').value")
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")
    assert "none" != outline
    _tab_to(page, "button[value=none]")
    page.keyboard.press("Enter")
    page.locator(".notice.said").wait_for()
    assert 1 == last_journal_entry(own_home)["data"]["pain_0_10"]
    assert "main" == page.evaluate("document.activeElement.id")


def _tab_to(page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
            return
    pytest.fail(f"{selector} can't be reached by keyboard")


def test_two_taps_are_one_answer(own_home, own_address, open_page):
    """A second tap while the first is under way sends nothing."""
    page = open_page()
    page.goto(f"{own_address}/r/{A}/rehab")
    lines = len(own_home.journal_file.read_text("utf-8").splitlines())
    page.locator(".tap").first.dblclick()
    page.locator(".notice.said").wait_for()
    assert lines + 1 == len(own_home.journal_file.read_text("utf-8").splitlines())


def test_log_in_and_out(web_home, tmp_path, open_page):
    """A clinician logs in, sees the caseload, and is out again; going back shows nothing of it."""
    home = copy_of(web_home, tmp_path / "closed")
    add_people(home)
    with served(home) as address:
        page = open_page(viewport=DESK)
        page.goto(f"{address}/clinic/{A}")
        assert "Log in" == page.locator("h1").inner_text()
        shoot(page, "login-desk")
        page.get_by_label("Name").fill("clara")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        assert A == page.locator("h1").inner_text()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        page.go_back()
        assert "Log in" == page.locator("h1").inner_text()


# --------------------------------------------------------------------------------------------------------------------
# Every page: how it looks, and whether it can be read in other ways than by eye


@pytest.fixture(scope="module")
def pages(runs):
    """Every page, by a name for its picture."""
    run = next(row["session_id"] for row in runs[A] if str(row["session_date"]) == "2026-04-10")
    return {
        "today": f"/r/{A}", "pain": f"/r/{A}/pain", "week": f"/r/{A}/week/2026-W15", "session": f"/r/{A}/session/{run}",
        "rehab": f"/r/{A}/rehab", "caseload": "/clinic", "patient": f"/clinic/{A}", "stage": f"/clinic/{A}/stage",
        "protocol": f"/clinic/{A}/protocol", "clinic-session": f"/clinic/{A}/session/{run}", "questions": "/questions",
        "nothing": "/nothing", "pairs": f"/r/{B}/pairs",
    }  # fmt: skip


NAMES = [
    "today", "pain", "week", "session", "rehab", "caseload", "patient", "stage", "protocol", "clinic-session", "questions",
    "nothing", "pairs",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits_and_can_be_read_in_other_ways(site, pages, open_page, name):
    """A light phone and a dark desk: nothing runs over the edge, and axe-core finds nothing serious."""
    from axe_playwright_python.sync_playwright import Axe

    for size, viewport, scheme in (("phone", PHONE, "light"), ("desk", DESK, "dark")):
        page = open_page(viewport=viewport, color_scheme=scheme)
        page.goto(site + pages[name])
        shoot(page, f"{name}-{size}-{scheme}")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{name} runs {over} px over the edge of a {size}"
        found = Axe().run(page).response["violations"]
        told = [
            f"{one['id']} ({one['impact']}): {one['help']}: {[node['html'] for node in one['nodes'][:3]]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert [] == told


def test_what_can_be_tapped_is_large_enough(site, pages, open_page):
    """On a phone a thumb meets what it means: 44 px high and wide, or a link inside a sentence."""
    page = open_page()
    for name in ("today", "pain", "week", "rehab"):
        page.goto(site + pages[name])
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, a.moment, a.session, .tile, .choice, .tick, .tabs a, .step')]
            .map(one => [one.innerText.trim(), one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.height < 44 || box.width < 44)).map(([text]) => text)"""
        )
        assert [] == small, name


def test_printed_pages_hold_their_charts(site, pages, open_page):
    """On A4 the charts are there, also those further down, and no word of a table is broken in two."""
    from support.pdf_check import texts

    page = open_page(viewport=DESK)
    for name, words in (
        ("patient", ["Running a week", "Cadence (steps/min) against pace", "Distance Running Pace"]),
        ("session", ["Pace (min/km), faster is higher"]),
    ):
        page.goto(site + pages[name])
        page.wait_for_load_state("networkidle")
        text = " ".join(" ".join(texts(page.pdf(format="A4"))).split())
        assert [] == [one for one in words if one not in text], name


def test_no_figure_of_a_table_is_broken_in_two(site, runs, open_page):
    """A time such as 13:31 stays on one line, on a phone, too; what doesn't fit is moved by a finger."""
    run = next(row["session_id"] for row in runs[A] if str(row["session_date"]) == "2026-04-06")
    page = open_page()
    page.goto(f"{site}/r/{A}/session/{run}")
    lines = page.evaluate(
        """() => [...document.querySelectorAll('section[aria-labelledby=bouts] td:first-child')].map(cell => {
            const range = document.createRange(); range.selectNodeContents(cell); return range.getClientRects().length })"""
    )
    assert lines
    assert {1} == set(lines)


def test_without_a_browser_the_tests_say_so(monkeypatch):
    """Skipped with a reason on somebody's machine, a failure in CI: never silently green."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium is not installed"):
        chromium_path()
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="Chromium is not installed"):
        chromium_path()
