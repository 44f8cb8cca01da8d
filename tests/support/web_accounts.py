"""Accounts for tests of the pages: a runner each, and a clinician of the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaitkeeper.web.accounts import AccountBook
from support.web_home import A, B

if TYPE_CHECKING:
    from pipeline.settings import Home
    from support.web_client import Browser, WebSite

PASSWORD = "correct horse battery"

#: Name -> role, and whom they may see.
PEOPLE = {"anna": ("runner", [A]), "bert": ("runner", [B]), "clara": ("clinician", [A])}


_MADE: list[bytes] = []


def add_people(home: Home) -> None:
    """Make the accounts; hashing is slow on purpose, so a process does it once."""
    file = home.secret_folder / "accounts.json"
    if not _MADE:
        book = AccountBook(home)
        for name, (role, runner_ids) in PEOPLE.items():
            book.add(name, role, runner_ids, f"Dr {name.title()}" if role == "clinician" else "", PASSWORD)
        _MADE.append(file.read_bytes())
    file.write_bytes(_MADE[0])


def logged_in(site: WebSite, name: str | None) -> Browser:
    """Return the browser of somebody who is logged in; None stays outside."""
    browser = site.browser()
    if name is not None:
        assert browser.log_in(name, PASSWORD).status_code == 303
    return browser
