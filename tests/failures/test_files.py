"""FAILURES, "Indoor, GPS, files", the second half: files that are broken, empty or oddly written, tried in a home.

The other sections of that list have rooms of their own: "Upstream change" and "Auth and limits" are in
`test_auth_and_limits.py` (Strava) and `test_garmin_auth.py`, "Operations" in `test_operations.py`; docs/failures.md
names the test of every line, and `test_every_line.py` holds the page to it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.decode import decode
from pipeline.transforms import derive
from support.fit_file import FitOptions, FitWriter, chain, fit_other
from support.fit_writer import Field
from support.gpx_file import gpx_point, gpx_text, gpx_track
from support.small_log import SmallLog, as_fit, log_of
from support.synthetic_run import RUNNER, START, SyntheticRun, easy

if TYPE_CHECKING:
    from datetime import datetime


def run_on(day: int) -> SyntheticRun:
    return SyntheticRun((easy(300),), start_utc=START + timedelta(days=day))


CUT = as_fit(run_on(1))[:6000]
NO_TIMES = gpx_text(gpx_track([gpx_point(t, time=None) for t in range(60)])).encode()
FILES = {
    "1 good.fit": as_fit(run_on(0)),
    "2 cut.fit": CUT,
    "3 blank.fit": b"",
    "4 zeros.fit": bytes(4096),
    "5 blank.gpx": b"\n",
    "6 spaces.tcx": b"  \n\n",
    "7 no times.gpx": NO_TIMES,
    "8 workout.fit": fit_other("workout"),
    "9 good.fit": as_fit(run_on(2)),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """Good files before and after bad ones. Read only."""
    return log_of(tmp_path_factory.mktemp("files") / "log", FILES)


def reason(log: SmallLog, file_name: str) -> str:
    return str(log.one(f"from quarantine where file_name = '{file_name}'")["reason"])


def test_a_corrupt_file_does_not_end_the_run(log: SmallLog):
    """diegoscarabelli/garmin-health-data#34: a corrupt FIT ends the run. Here it gives what it has, and the rest comes."""
    names = {row["file_name"] for row in log.ask("from recording")}
    assert {"1 good.fit", "2 cut.fit", "9 good.fit"} == names
    cut = log.one("from quarantine where file_name = '2 cut.fit'")
    assert cut["salvaged_samples"] > 100
    assert cut["offset_bytes"] is not None
    assert 3 == log.one("select sum(run_count) as n from week_summary")["n"]


@pytest.mark.parametrize("name", ["3 blank.fit", "4 zeros.fit", "5 blank.gpx", "6 spaces.tcx"])
def test_a_blank_file_is_told_as_one(log: SmallLog, name: str):
    """GoldenCheetah/GoldenCheetah#3265: blank files in an export."""
    assert any(word in reason(log, name) for word in ("empty", "zero", "text, not a")), reason(log, name)


def test_a_route_without_times_is_no_run_and_is_told(log: SmallLog):
    """SamR1/FitTrackee#338: GPX without times."""
    assert "time" in reason(log, "7 no times.gpx")


def test_nothing_is_lost_without_a_word(log: SmallLog):
    told = {row["file_name"] for row in log.ask("from quarantine")} | {
        r["file_name"] for r in log.ask("from recording")
    }
    assert set(FILES) == told


@pytest.mark.parametrize(
    "content",
    [
        as_fit(run_on(0), options=FitOptions(trailing=bytes(16))),
        as_fit(run_on(0), options=FitOptions(trailing=b"\x01\x02GARMIN" * 40)),
        chain(as_fit(run_on(0)), fit_other("settings")),
        as_fit(run_on(0), options=FitOptions(data_size=0)),
    ],
    ids=["zeros", "rubbish", "another file", "a size of 0"],
)
def test_data_behind_the_end_costs_nothing(content: bytes):
    """alex-hhh/ActivityLog2#96: trailing data after a firmware update."""
    whole = derive(decode(as_fit(run_on(0)), "x").recordings[0], RUNNER)
    found = decode(content, "x")
    assert whole.measures == derive(found.recordings[0], RUNNER).measures
    assert whole.facts == derive(found.recordings[0], RUNNER).facts


def test_a_field_of_a_wrong_size_costs_its_own_value_only():
    """polyvertex/fitdecode#13: bad field size. A distance of three bytes says nothing; heart rate and time do."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START)
    for second in range(120):
        raw = {Field(5, "uint32"): b"\x01\x02\x03"}
        writer.write("record", raw=raw, timestamp=START + timedelta(seconds=second), heart_rate=140, cadence=82)
    end: datetime = START + timedelta(seconds=119)
    writer.write(
        "session",
        raw={Field(22, "uint16"): b"\x05"},
        timestamp=end,
        start_time=START,
        sport="running",
        total_elapsed_time=119.0,
    )
    found = decode(writer.to_bytes(), "x")
    (recording,) = found.recordings
    assert (None, 120) == (found.damage, len(recording.samples))
    assert not recording.samples.has("distance_m")
    measures = derive(recording, RUNNER).measures
    assert (140.0, 164.0) == (measures.mean_heart_rate_bpm, measures.mean_run_cadence_spm)


def test_points_without_a_time_among_others_are_left_out():
    """SamR1/FitTrackee#338, half of it: every other point has no time; the rest is a run."""
    points = [gpx_point(t, time=None if t % 2 else "") for t in range(600)]
    recording = decode(gpx_text(gpx_track(points)).encode(), "x").recordings[0]
    assert 300 == len(recording.samples)
    assert 1800.0 == pytest.approx(derive(recording, RUNNER).measures.distance_m, rel=0.01)
