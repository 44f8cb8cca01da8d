"""What every test shares: the real files where they are there, a home of its own, and no network."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.settings import Home

#: Real activity files, beside the checkout; nothing of them is copied into the project.
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real activity files; a clone without it skips, and says so. In CI it has to be there."""
    if not CORPUS.is_dir():
        sentence = "the real activity files of ../shared/corpus are not beside this checkout"
        if os.environ.get("CI"):
            pytest.fail(f"{sentence}, and in CI they have to be")
        pytest.skip(sentence)
    return CORPUS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh home in UTC, without a runner."""
    fresh = Home(tmp_path / "home")
    fresh.create(time_zone="UTC")
    return fresh


@pytest.fixture(scope="session")
def example_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The example log, imported once. Whoever changes something takes a copy (support.example_home.copy_of)."""
    from support.example_home import make_example_home  # not before a test asks for it

    return make_example_home(tmp_path_factory.mktemp("example") / "home")


@pytest.fixture
def now_utc() -> datetime:
    """The instant that "now" means in tests."""
    return datetime(2026, 4, 12, 18, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let no test reach beyond this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]) if isinstance(address, tuple) else ""
            if host not in ("127.0.0.1", "::1", "localhost"):
                message = f"a test tried to reach {host}: tests stay on this machine"
                raise AssertionError(message)
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
