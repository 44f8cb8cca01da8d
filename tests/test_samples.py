"""Seconds as they are kept: whole numbers of fine steps in Parquet, small blocks in DuckDB, nothing of an older form."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np

from pipeline.model import GAITS, SessionSamples
from pipeline.warehouse.connection import ALGORITHM_VERSION, publish, sample_folder, writing
from pipeline.warehouse.store import store_samples
from support.sql_case import Case, open_bench

#: How far a value may be from what was handed over: half a step (the number that it is shown as has seven digits).
HALF_STEP = {
    "latitude_deg": 0.5e-7, "longitude_deg": 0.5e-7, "altitude_m": 0.005, "distance_m": 0.005, "speed_mps": 0.0005,
    "grade_pct": 0.005, "cadence_spm": 0.05, "heart_rate_bpm": 0.05, "ground_contact_ms": 0.05,
    "vertical_oscillation_m": 0.00005, "step_length_m": 0.00005,
}  # fmt: skip
COUNT = 500


def made_samples(rng: np.random.Generator, count: int = COUNT) -> SessionSamples:
    """Return seconds with every value that a recording can hold, some of them missing."""
    ranges = {
        "latitude_deg": (-90, 90), "longitude_deg": (-180, 180), "altitude_m": (-430, 8850), "distance_m": (0, 300_000),
        "speed_mps": (0, 12), "grade_pct": (-60, 60), "cadence_spm": (0, 260), "heart_rate_bpm": (30, 230),
        "ground_contact_ms": (100, 600), "vertical_oscillation_m": (0.02, 0.2), "step_length_m": (0.2, 2.5),
    }  # fmt: skip
    columns = {name: rng.uniform(low, high, count) for name, (low, high) in ranges.items()}
    for values in columns.values():
        values[rng.random(count) < 0.1] = np.nan
    return SessionSamples(
        t_s=np.cumsum(rng.integers(1, 4, count)).astype(np.int32),
        gait=rng.choice(np.array([0, 1, 2, 255], np.uint8), count),
        zone=rng.integers(0, 6, count).astype(np.uint8),
        **columns,
    )


def stored(bench, sessions: dict[str, SessionSamples]) -> dict[str, list[dict]]:
    """Put sessions into one partition, one call each, and return what `sample` shows of them."""
    for session_id, samples in sessions.items():
        store_samples(bench.connection, bench.home, {("me", "2026-01"): {session_id: samples}}, set())
    with bench.case("2026-01-02T00:00:00+00:00") as case:
        case.put("measured_session", [{"session_id": session_id} for session_id in sessions])
        return {
            session_id: Case.ask(case, f"from sample where session_id = '{session_id}' order by t_s")
            for session_id in sessions
        }


def test_a_second_is_shown_as_it_was_handed_over():
    """To half a step, and never a number where there was none."""
    rng = np.random.default_rng(5)
    made = {"b": made_samples(rng), "a": made_samples(rng)}
    with open_bench() as bench:
        shown = stored(bench, made)
    for session_id, samples in made.items():
        rows = shown[session_id]
        assert samples.t_s.tolist() == [row["t_s"] for row in rows]
        assert [None if code == 255 else GAITS[code] for code in samples.gait] == [row["gait"] for row in rows]
        assert samples.zone.tolist() == [row["zone"] for row in rows]
        for name, half_step in HALF_STEP.items():
            told = np.array([np.nan if row[name] is None else row[name] for row in rows])
            handed = getattr(samples, name)
            assert np.array_equal(np.isnan(handed), np.isnan(told)), name
            slack = half_step * 1.01 + 1e-7 * np.nanmax(np.abs(handed)) * (
                name not in ("latitude_deg", "longitude_deg")
            )
            assert np.nanmax(np.abs(told - handed)) <= slack, name


def test_a_number_beyond_all_ranges_is_no_number():
    """What no partition can hold is missing, and costs no other second."""
    samples = made_samples(np.random.default_rng(6), 3)
    samples.distance_m[:] = [1.0, 1e12, np.inf]
    with open_bench() as bench:
        rows = stored(bench, {"a": samples})["a"]
    assert [1.0, None, None] == [row["distance_m"] for row in rows]


def test_a_session_is_replaced_and_removed_in_its_partition():
    """The others of its month stay as they were."""
    rng = np.random.default_rng(7)
    first, second, other = (made_samples(rng, 10) for _ in range(3))
    with open_bench() as bench:
        before = stored(bench, {"a": first, "other": other})
        after = stored(bench, {"a": second})
        store_samples(bench.connection, bench.home, {("me", "2026-01"): {"a": None}}, set())
        with bench.case("2026-01-02T00:00:00+00:00") as case:
            case.put("measured_session", [{"session_id": "a"}, {"session_id": "other"}])
            left = case.ask("from sample order by t_s")
    assert before["a"] != after["a"]
    assert before["other"] == left


def test_the_same_sessions_make_the_same_partition(tmp_path):
    """In whatever order they came: the file is equal byte for byte."""
    rng = np.random.default_rng(8)
    made = {"a": made_samples(rng), "b": made_samples(rng)}
    contents = []
    for names in ("ab", "ba"):
        with open_bench() as bench:
            stored(bench, {name: made[name] for name in names})
            (path,) = sample_folder(bench.home).rglob("month=*.parquet")
            contents.append(path.read_bytes())
    assert contents[0] == contents[1]


def test_samples_of_an_older_form_go_once_the_new_ones_are_published(home, now_utc):
    """Until then those who read the old snapshot find them."""
    old = home.sample_folder / "runner_id=me" / "month=2020-01.parquet"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x")
    (home.sample_folder / "empty.parquet").write_bytes(b"x")
    with writing(home) as connection:
        assert old.exists()
        publish(connection, home, now_utc, date(2026, 4, 12))
    assert [sample_folder(home)] == list(home.sample_folder.iterdir())


def test_a_warehouse_of_another_version_is_begun_anew_in_small_blocks(home):
    """An older file would keep its size and its large blocks for ever."""
    with duckdb.connect(str(home.writer_file)) as connection:
        connection.execute("create table leftover as select range as n from range(100000)")
        assert 262_144 == connection.execute("select block_size from pragma_database_size()").fetchall()[0][0]
    with writing(home) as connection:
        assert 16_384 == connection.execute("select block_size from pragma_database_size()").fetchall()[0][0]
        assert [] == connection.execute("select 1 from duckdb_tables() where table_name = 'leftover'").fetchall()
        assert [(ALGORITHM_VERSION,)] == connection.execute("select algorithm_version from warehouse_info").fetchall()
    sizes = []
    for _ in range(3):  # the second opening writes what the first one noted; from then on it is the same
        with writing(home):
            pass
        sizes.append(home.writer_file.stat().st_size)
    assert sizes[1] == sizes[2] < 2_000_000
