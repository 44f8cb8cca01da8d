"""A home with two runners that is made once, and copies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.example_home import copy_of
from support.web_client import Browser, WebSite
from support.web_home import A, B, make_web_home, sessions_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.settings import Home


@pytest.fixture(scope="session")
def web_home(example_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two runners; nobody writes to it."""
    return make_web_home(example_home, tmp_path_factory.mktemp("web") / "home")


@pytest.fixture(scope="session")
def open_site(web_home: Home) -> Iterator[WebSite]:
    """The pages of a machine without accounts; nobody sends a form."""
    site = WebSite(web_home)
    yield site
    site.close()


@pytest.fixture(scope="session")
def owner(open_site: WebSite) -> Browser:
    """Whoever sits at that machine."""
    return open_site.browser()


@pytest.fixture(scope="session")
def runs(web_home: Home) -> dict[str, list[dict]]:
    """The sessions of both runners, newest first."""
    return {runner_id: sessions_of(web_home, runner_id) for runner_id in (A, B)}


@pytest.fixture
def own_home(web_home: Home, tmp_path: Path) -> Home:
    """A copy of the home that a test may change, and that nobody looked at yet."""
    home = copy_of(web_home, tmp_path / "home")
    home.view_file.unlink(missing_ok=True)
    return home


@pytest.fixture
def own_site(own_home: Home) -> Iterator[WebSite]:
    """The pages of that copy."""
    site = WebSite(own_home)
    yield site
    site.close()
