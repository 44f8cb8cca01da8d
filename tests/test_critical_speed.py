"""The critical speed that the log itself tells: from the runs before, in any order of arrival, never from the day itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flows import work
from support.small_log import NOW_UTC, SmallLog, as_fit, log_of
from support.synthetic_run import Part, SyntheticRun, easy

if TYPE_CHECKING:
    from pathlib import Path

FIRST_DAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def on_day(day: int) -> datetime:
    return FIRST_DAY + timedelta(days=day)


#: Day -> speed of the fast two minutes and of the five around them.
HARD_DAYS = {0: (4.2, 3.4), 3: (4.4, 3.3), 6: (4.1, 3.5), 9: (4.3, 3.2), 12: (4.5, 3.45), 40: (4.0, 3.1)}


@cache
def hard(day: int, fast_mps: float, slow_mps: float) -> bytes:
    parts = (Part(120, fast_mps, 182.0), Part(300, slow_mps, 172.0), easy(30))
    return as_fit(SyntheticRun(parts, start_utc=on_day(day)))


FILES = {f"{day:03}.fit": hard(day, *speeds) for day, speeds in HARD_DAYS.items()}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """Every run in a batch of its own, as they were run. Read only."""
    return log_of(tmp_path_factory.mktemp("order") / "log", *({name: FILES[name]} for name in sorted(FILES)))


def thresholds(log: SmallLog) -> dict[int, tuple[float | None, str | None]]:
    """Return the critical speed of each session and who told it, by day."""
    rows = log.ask("select session_date, critical_speed_mps, critical_speed_source from session")
    return {
        (row["session_date"] - FIRST_DAY.date()).days: (row["critical_speed_mps"], row["critical_speed_source"])
        for row in rows
    }


def speeds(log: SmallLog) -> dict[int, float | None]:
    return {day: speed for day, (speed, _) in thresholds(log).items()}


def third_best_mps(log: SmallLog, *days: int) -> float:
    """Return the slope through the third-best stretches of some days, worked out here once more."""
    efforts = log.ask(
        "select session_date, duration_s, effort.distance_m from best_effort as effort join session using (session_id)"
    )
    wanted = [row for row in efforts if (row["session_date"] - FIRST_DAY.date()).days in days]
    durations = sorted({row["duration_s"] for row in wanted})
    third = [sorted(-r["distance_m"] for r in wanted if r["duration_s"] == duration)[2] for duration in durations]
    return round(float(np.polyfit(durations, np.negative(third), 1)[0]), 2)


def test_the_estimate_is_of_the_third_best_stretches_before(in_order: SmallLog):
    found = speeds(in_order)
    assert {0: None, 3: None, 6: None} == {day: found[day] for day in (0, 3, 6)}
    assert third_best_mps(in_order, 0, 3, 6) == found[9]
    assert third_best_mps(in_order, 0, 3, 6, 9) == found[12]
    assert third_best_mps(in_order, 0, 3, 6, 9, 12) == found[40]


def test_an_estimate_says_that_it_is_one(in_order: SmallLog):
    speed, source = thresholds(in_order)[40]
    assert "estimated" in source
    assert "lower bound" in source
    ceiling = in_order.one(
        f"select ceiling_mps, ceiling_source from session where session_date = '{on_day(40).date()}'"
    )
    assert 0.823 * speed == pytest.approx(ceiling["ceiling_mps"], abs=1e-3)
    assert "estimated" in ceiling["ceiling_source"]


def test_a_session_tells_nothing_of_its_own_day_nor_of_those_before(in_order: SmallLog, tmp_path: Path):
    """A race at the end changes the estimate of no day that is there."""
    log = in_order.copy(tmp_path / "log")
    log.arrive({"race.fit": hard(40, 6.0, 5.0)})
    log.arrive({"later.fit": hard(41, 6.0, 5.0)})
    log.refresh()
    assert speeds(in_order) == {day: speed for day, speed in speeds(log).items() if day != 41}


def test_stretches_older_than_120_days_are_forgotten(tmp_path: Path):
    files = {f"{day}.fit": hard(day, *HARD_DAYS[0]) for day in (0, 1, 2)}
    for day in (120, 121):  # without steps they tell nothing themselves
        files[f"{day}.fit"] = as_fit(SyntheticRun((easy(120),), start_utc=on_day(day), has_cadence=False))
    log = log_of(tmp_path / "log", files)
    assert speeds(log)[120] is not None
    assert speeds(log)[121] is None


def test_what_the_clinician_set_wins(in_order: SmallLog, tmp_path: Path):
    log = in_order.copy(tmp_path / "log")
    log.say("runner", setting="critical_speed_mps", value="3.8", from_date=on_day(10).date().isoformat())
    log.say("runner", setting="critical_speed_mps", value="3.7", from_date=on_day(0).date().isoformat())
    assert 6 == log.refresh().seen_count
    assert {(3.7, "configured"), (3.8, "configured")} == set(thresholds(log).values())
    assert 3.8 == speeds(log)[12]


def test_the_zone_of_every_second_is_that_of_the_estimate(in_order: SmallLog):
    """What `sample` shows and what `zone_time` adds up are the same, also where the log itself told the threshold."""
    shown = in_order.ask(
        "select session_id, zone, count(*) as time_s from sample where zone > 0 group by all order by all"
    )
    added = in_order.ask(
        "select session_id, zone, time_s from zone_time where not grade_adjusted and time_s > 0 order by all"
    )
    assert len(added) >= 6
    assert [tuple(row.values()) for row in added] == [tuple(row.values()) for row in shown]


@pytest.mark.parametrize("seed", range(2))
def test_a_late_upload_changes_the_sessions_after_it(in_order: SmallLog, tmp_path: Path, seed: int):
    """Whatever the order of arrival, what comes out is what comes out in the order of running: samples included."""
    names = sorted(FILES)
    Random(seed).shuffle(names)
    cut = 1 + seed
    log = log_of(tmp_path / "log", {n: FILES[n] for n in names[:cut]}, {n: FILES[n] for n in names[cut:]})
    log.refresh()
    assert in_order.everything() == log.everything()
    assert 0 == log.refresh().seen_count


def test_an_import_settles_what_came_late_and_a_rebuild_gives_the_same(in_order: SmallLog, tmp_path: Path):
    """Without a night in between; and though the archive remembers another order, the rebuild does not depend on it."""
    names = sorted(FILES, reverse=True)
    log = log_of(tmp_path / "log", *({name: FILES[name] for name in names[i : i + 2]} for i in (0, 2, 4)))
    expected = in_order.everything()
    assert expected == log.everything()
    work.rebuild(log.home, NOW_UTC)
    assert expected == log.everything()


def test_one_refresh_follows_a_correction_to_the_end(in_order: SmallLog, tmp_path: Path):
    """A ride under a run's name was the third best: without it the estimates of all later days change, in one go."""
    log = in_order.copy(tmp_path / "log")
    ride = log.one(f"select session_id from session where session_date = '{on_day(6).date()}'")["session_id"]
    undone = log.say("correction", correction="sport", recording_id=ride, value="cycling")
    log.refresh()
    assert third_best_mps(log, 0, 3, 9, 12) == speeds(log)[40]
    assert speeds(log)[9] is None
    assert 0 == log.refresh().seen_count
    log.say("correction", correction="undo", undone_entry_id=undone)
    log.refresh()
    assert in_order.everything() == log.everything()
