"""An account in the nightly flow: brought in, told where it fails, and no secret in what Prefect keeps."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.lines import read_lines
from support.strava_activity import strava_run
from support.strava_home import StravaLog, running_strava
from support.synthetic_run import SyntheticRun, easy

pytestmark = pytest.mark.filterwarnings("ignore")  # Prefect's own; ours are errors everywhere else


def test_a_night_with_an_account_tells_no_secret(tmp_path, caplog):
    """A good night and a bad one: the rows of `sync_run`, and neither token nor secret in Prefect's database or log."""
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

    from flows.sync import sync

    caplog.set_level(logging.DEBUG)
    (tmp_path / "log").mkdir()
    log = StravaLog(tmp_path / "log")
    with log.home.config_file.open("a", encoding="utf-8") as stream:
        stream.write('\n[[source]]\nkind = "strava"\nrunner = "me"\n')
    with running_strava() as strava:
        strava.clock.now_utc = datetime.now(UTC)
        log.link(strava)
        start = strava.clock.now().replace(microsecond=0) - timedelta(days=1)
        strava.add(strava_run(1, SyntheticRun((easy(60),), start_utc=start)))
        found = sync(str(log.home.path))
        assert (1, 1) == (found["seen_count"], found["new_count"])
        strava.fail("inactive", times=9)
        strava.clock.now_utc += timedelta(hours=7)
        assert "subscription" in sync(str(log.home.path), is_full=True)["message"]
        assert ["success", "failed"] == [line["state"] for line in read_lines(log.home.sync_run_file)]
        database = Path(PREFECT_API_DATABASE_CONNECTION_URL.value().partition("///")[2])
        kept = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
        assert b"gaitkeeper sync" in kept
        for secret in strava.secrets:
            assert secret.encode() not in kept
            assert secret not in caplog.text
