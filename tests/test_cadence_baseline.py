"""The cadence baseline: the runner's own line through the 60 days before, refused where it rests on too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from support.small_log import SmallLog, as_fit, as_gpx, log_of
from support.synthetic_run import Part, SyntheticRun, easy

if TYPE_CHECKING:
    from pathlib import Path

FIRST_DAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def on_day(day: int) -> datetime:
    return FIRST_DAY + timedelta(days=day)


#: Legs: 164 steps a minute at 2.80 m/s, 9 more a metre a second.
SLOPE = 9.0


@cache
def steady(
    day: int,
    *,
    ratio: float = 1.0,
    minutes: int = 20,
    speed_mps: float | None = None,
    hour: int = 0,
    slope: float = SLOPE,
) -> bytes:
    speed = 2.5 + 0.1 * (day % 7) if speed_mps is None else speed_mps
    spm = (164.0 + slope * (speed - 2.8)) * ratio
    run = SyntheticRun(
        (Part(60 * minutes, speed, spm),),
        sampling="smart",
        cadence_step_spm=0.25,
        start_utc=on_day(day) + timedelta(hours=hour),
        seed=day,
    )
    return as_fit(run)


def baseline_files(days: range, **how: float) -> dict[str, bytes]:
    return {f"base-{day:03}.fit": steady(day, **how) for day in days}


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """Eight runs of 20 minutes on eight days, and one with 7 % quicker steps on the ninth. Read only."""
    quicker = {"quicker.fit": steady(20, ratio=1.07, speed_mps=2.85)}
    return fast_log(tmp_path_factory.mktemp("eight") / "log", baseline_files(range(8)) | quicker)


def fast_log(path: Path, *batches: dict[str, bytes]) -> SmallLog:
    """A log of somebody who could run much faster: none of these runs is a surge."""
    path.mkdir()
    log = SmallLog(path)
    log.say("runner", setting="critical_speed_mps", value="5.0", from_date="2026-01-01")
    for batch in batches:
        log.arrive(batch)
    return log


def matched(log: SmallLog, day: int) -> dict[str, object]:
    return log.one(
        "select fact.* from session_fact as fact join session using (session_id) "
        f"where fact = 'matched_cadence_ratio' and session_date = '{on_day(day).date()}'"
    )


def test_seven_percent_quicker_steps_are_seven_percent(eight: SmallLog):
    fact = matched(eight, 20)
    assert "ok" == fact["status"]
    assert 0.07 == pytest.approx(fact["value"], abs=0.004)


def test_a_faster_run_of_the_same_legs_is_no_change(eight: SmallLog, tmp_path: Path):
    """At 3.1 m/s these legs make 2.5 more steps a minute: matched at the same speed that is nothing."""
    log = eight.copy(tmp_path / "log")
    log.arrive({"faster.fit": steady(21, speed_mps=3.1)})
    assert 0.0 == pytest.approx(matched(log, 21)["value"], abs=0.004)


def test_the_line_is_the_legs_own(eight: SmallLog):
    row = eight.one(
        f"select base.* from cadence_baseline as base join session using (session_id) "
        f"where session_date = '{on_day(20).date()}'"
    )
    assert 8 == row["run_count"]
    assert SLOPE == pytest.approx(row["slope_spm_per_mps"], abs=0.5)
    expected_spm = 164.0 + SLOPE * (row["baseline_speed_mps"] - 2.8)
    assert expected_spm == pytest.approx(row["baseline_spm"], abs=0.3)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (baseline_files(range(7)), "7 of 8 runs"),
        (baseline_files(range(8), minutes=17), "112 of 120 minutes"),
        (baseline_files(range(8), slope=-20.0), "does not follow the speed"),
    ],
    ids=["too few runs", "too few minutes", "no legs' slope"],
)
def test_a_thin_baseline_is_refused(tmp_path: Path, files: dict[str, bytes], words: str):
    log = fast_log(tmp_path / "log", files | {"quicker.fit": steady(20, ratio=1.07, speed_mps=2.8)})
    fact = matched(log, 20)
    assert ("not_assessable", None) == (fact["status"], fact["value"])
    assert words in fact["detail"]


def test_a_log_at_one_speed_has_a_baseline(tmp_path: Path):
    """A rehab log: eight runs at 2.8 m/s tell no slope, and need none for a run at the same speed."""
    files = baseline_files(range(8), speed_mps=2.8) | {"quicker.fit": steady(20, ratio=1.07, speed_mps=2.8)}
    assert 0.07 == pytest.approx(matched(fast_log(tmp_path / "log", files), 20)["value"], abs=0.004)


def test_a_speed_that_the_baseline_has_not_seen_is_refused(eight: SmallLog, tmp_path: Path):
    log = eight.copy(tmp_path / "log")
    log.arrive({"race.fit": steady(21, speed_mps=4.2)})
    assert "not_assessable" == matched(log, 21)["status"]
    assert "0 of 10 minutes" in matched(log, 21)["detail"]


def test_the_baseline_is_of_the_60_days_before_and_not_of_the_day_itself(eight: SmallLog, tmp_path: Path):
    log = eight.copy(tmp_path / "log")
    log.arrive({"in.fit": steady(60), "same-day.fit": steady(20, minutes=8, hour=5), "out.fit": steady(61)})
    counts = log.ask(
        "select session_date, run_count from cadence_baseline join session using (session_id) order by start_utc, run_count"
    )
    by_day = {(row["session_date"] - FIRST_DAY.date()).days: row["run_count"] for row in counts}
    assert {20: 8, 60: 10, 61: 10} == {day: by_day[day] for day in (20, 60, 61)}


def test_the_order_of_arrival_does_not_change_the_baseline(eight: SmallLog, tmp_path: Path):
    late = baseline_files(range(3, 6))
    quicker = {"quicker.fit": steady(20, ratio=1.07, speed_mps=2.85)}
    log = fast_log(tmp_path / "log", quicker | baseline_files(range(6, 8)), late, baseline_files(range(3)))
    assert eight.everything() == log.everything()


def test_an_excluded_run_leaves_the_baseline_and_comes_back(eight: SmallLog, tmp_path: Path):
    log = eight.copy(tmp_path / "log")
    lent = log.one(f"select session_id from session where session_date = '{on_day(2).date()}'")["session_id"]
    entry = log.say("correction", correction="exclude", recording_id=lent)
    log.refresh()
    assert "7 of 8 runs" in matched(log, 20)["detail"]
    log.say("correction", correction="undo", undone_entry_id=entry)
    log.refresh()
    assert eight.everything() == log.everything()


def test_a_run_that_moves_to_another_day_leaves_the_baseline_of_the_old_one(tmp_path: Path):
    """The phone's copy tells that a run was in Honolulu, and there on the day before: no longer 60 days back."""
    early = replace(SyntheticRun((easy(1200),)), start_utc=FIRST_DAY.replace(hour=5), start_latitude_deg=21.3)
    early = replace(early, start_longitude_deg=-157.8)
    watch = as_fit(early, without=["latitude_deg", "longitude_deg"])
    log = log_of(tmp_path / "log", {"watch.fit": watch, "last.fit": steady(60)})
    last = "select run_count from cadence_baseline join session using (session_id) order by start_utc desc limit 1"
    assert 1 == log.one(last)["run_count"]
    log.arrive({"phone.gpx": as_gpx(early)})
    assert 2 == log.one("select count(*) as n from session")["n"]
    assert 0 == log.one(last)["run_count"]
