"""A root of trust, a server, and homes that deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from support.delivering import deliver_by_mail
from support.example_home import copy_of
from support.mail_server import Post, mail_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.settings import Home


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A root of the tests' own."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The root, trusted by this process as a user would: SSL_CERT_FILE."""
    file = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


@pytest.fixture
def post(trusted: trustme.CA) -> Iterator[Post]:
    """A mail server with STARTTLS and AUTH."""
    with mail_server(trusted) as served:
        yield served


@pytest.fixture
def mailing_home(home: Home, post: Post) -> Home:
    """A home without a log that sends by that server."""
    deliver_by_mail(home, post.port)
    return home


@pytest.fixture
def own_example(example_home: Home, tmp_path: Path) -> Home:
    """A copy of the example home."""
    return copy_of(example_home, tmp_path / "example")
