"""One Prefect server for all tests of flows: it takes ten seconds to start."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def prefect(tmp_path_factory: pytest.TempPathFactory):
    """Prefect with a database of its own, quiet and without telemetry."""
    from flows.environment import prepare_prefect
    from pipeline.settings import Home

    before = dict(os.environ)
    prepare_prefect(Home(Path(tmp_path_factory.mktemp("prefect"))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Prefect's own, on import and while its server starts and stops
        from prefect.testing.utilities import prefect_test_harness

        with prefect_test_harness(server_startup_timeout=120):
            yield
    os.environ.clear()
    os.environ.update(before)
