"""Judging some days alone says of them what judging the whole log does, however little of the log is looked at."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from flows.report import days_of_week, iso_week, load_week
from gaitkeeper.commands.demo import RUNNER
from gaitkeeper.options import open_log
from pipeline.compliance.judge import Days, bring_protocols, judge_once
from pipeline.warehouse.connection import rows
from support.example_home import EXAMPLE_NOW_UTC
from support.sql_case import open_bench

#: All that a reader may ask about some days.
ASKED = {
    "finding": "select * from finding where session_date between $from_date and $last_date",
    "session_fact": "select fact.* from session_fact as fact semi join (select session_id from measured_session "
    "where session_date between $from_date and $last_date) as asked using (session_id)",
    "session": "select * from session where session_date between $from_date and $last_date",
    "stage_on_date": "select * from stage_on_date where stage_date between $from_date and $last_date",
    "week_summary": "select * from week_summary where week_start_date between $from_date and $last_date",
    "silence": "from silence",
}
AS_OF = EXAMPLE_NOW_UTC.replace(tzinfo=None)


def exact(value: object) -> object:
    """Return a value to be compared: a sum of doubles depends on the order of its parts in the last digit."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def answers(connection, runner_id: str | None, span: tuple[date, date]) -> dict[str, list[str]]:
    """Return what is asked about some days, of one runner or of all."""
    asked = dict(zip(("from_date", "last_date"), span, strict=True))
    return {
        name: sorted(
            str([exact(value) for value in row.values()])
            for row in rows(connection, text, {key: day for key, day in asked.items() if f"${key}" in text})
            if runner_id in (None, row["runner_id"])
        )
        for name, text in ASKED.items()
    }


def weeks_of(connection) -> list[tuple[date, date]]:
    """Return every week of the log."""
    found = rows(connection, "select min(session_date) as low, max(session_date) as high from measured_session")[0]
    monday = found["low"] - timedelta(days=found["low"].weekday())
    count = (found["high"] - monday).days // 7 + 1
    return [(monday + timedelta(days=7 * n), monday + timedelta(days=7 * n + 6)) for n in range(count)]


def test_each_week_of_the_example(example_home):
    """A week's page is the same, whether the whole log was judged for it or only what it rests on."""
    with open_log(example_home, AS_OF, judge=True) as connection:
        weeks = weeks_of(connection)
        whole = [
            (answers(connection, RUNNER, span), load_week(connection, RUNNER, iso_week(span[0]))) for span in weeks
        ]
    for span, (told, page) in zip(weeks, whole, strict=True):
        days = days_of_week(RUNNER, iso_week(span[0]))
        assert span == (days.from_date, days.last_date)
        with open_log(example_home, AS_OF, judge=days) as connection:
            assert told == answers(connection, RUNNER, span)
            again = load_week(connection, RUNNER, iso_week(span[0]))
        assert page.findings == again.findings
        assert page.last_run_date == again.last_run_date
    assert any(told["finding"] for told, _ in whole)


def test_other_days_are_not_there(example_home):
    """What was not judged shows no finding, rather than one that looked at half of what it rests on."""
    with open_log(example_home, AS_OF) as connection:
        first, last = weeks_of(connection)[1]
    with open_log(example_home, AS_OF, judge=Days(RUNNER, first, last)) as connection:
        inside = rows(connection, "select session_date from finding")
    assert inside
    assert all(first <= row["session_date"] <= last for row in inside)


HARD = ("pickup_count", "tempo_s", "interval_count", "hard_s", "uphill_3pct_s")


def eight_years(rng: random.Random) -> tuple[list[dict], list[dict]]:
    """Return sessions and facts of two runners: blocks of running between layoffs of weeks, months and more than a year."""
    sessions, facts = [], []
    for runner in ("one", "two"):
        day = date(2018, 1, 3)
        while day < date(2025, 12, 1):
            day += timedelta(days=rng.choice([0, 1, 2, 2, 3, 3, 4, 7, 20, 61, 130, 400]))
            session_id = f"{runner}-{len(sessions)}"
            sessions.append(
                {
                    "session_id": session_id, "runner_id": runner, "session_date": day.isoformat(),
                    "start_utc": f"{day} {rng.randrange(5, 20):02}:{rng.randrange(60):02}:00+00",
                    "sport": "running", "is_run": rng.random() < 0.9, "run_s": rng.choice([30, 1200, 3600]),
                    "elapsed_s": 3600, "distance_m": rng.choice([None, 3000, 5000, 9000, 15000]),
                }
            )  # fmt: skip
            facts += [
                {
                    "session_id": session_id,
                    "runner_id": runner,
                    "fact": fact,
                    "value": rng.choice([None, 0, 0, 0, 4, 90]),
                }
                for fact in HARD
            ]
    return sessions, facts


def journal(rng: random.Random, sessions: list[dict]) -> list[dict]:
    """Return what was said: stages, exclusions, answers, rehab."""
    said = [{"kind": "runner", "runner_id": runner} for runner in ("one", "two")]
    for runner in ("one", "two"):
        said += [
            {"kind": "stage", "runner_id": runner, "stage_id": f"S{n}", "from_date": f"20{17 + 2 * n}-03-01"}
            for n in (1, 2, 3, 4)
        ]
    for session in sessions:
        key = {"runner_id": session["runner_id"]}
        if rng.random() < 0.1:
            recording = {"recording_id": session["session_id"], "correction": "exclude", "reason": "x"}
            said.append({"kind": "correction", **key, **recording})
        if rng.random() < 0.5:
            said += [
                {
                    "kind": "symptom", **key, "session_id": session["session_id"], "moment": moment,
                    "entry_utc": f"{session['session_date']}T21:00:00+00:00", "pain_0_10": rng.randrange(4),
                    "place": rng.choice(["groin", "side"]), "phase": rng.choice(["knee_lift", "foot_on_ground"]),
                }
                for moment in ("before", "during", "after")
            ]  # fmt: skip
        if rng.random() < 0.3:
            work = {"rehab_date": session["session_date"], "exercise": "bridge"}
            said.append({"kind": "rehab", **key, **work, "data_kind": "strength"})
    return said


def put(connection, table: str, new_rows: list[dict]) -> None:
    """Insert rows that leave out what may be NULL; one statement for all."""
    names = list(new_rows[0])
    listed = ", ".join(f'unnest(${name}) as "{name}"' for name in names)
    connection.execute(
        f"insert into {table} by name select {listed}", {name: [row[name] for row in new_rows] for name in names}
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_days_of_eight_years(seed):
    """Facts look back as far as they need to: over any layoff to the run, the hard run and the strides before it."""
    rng = random.Random(seed)
    sessions, facts = eight_years(rng)
    with open_bench() as bench, bench.case("2025-12-20T12:00:00+00:00") as case:
        case.say(journal(rng, sessions))
        bring_protocols(bench.connection, bench.home)
        case.put("measured_session", sessions)
        case.put("recording", [{"recording_id": s["session_id"], **_key(s)} for s in sessions])
        put(bench.connection, "measured_fact", [{**fact, "status": _status(fact)} for fact in facts])
        weeks = weeks_of(bench.connection)
        run_days = [date.fromisoformat(s["session_date"]) for s in sessions if s["runner_id"] == "one" and s["is_run"]]
        asked = [span for span in weeks if any(span[0] <= day <= span[1] for day in run_days)]
        asked = [*rng.sample(asked, 8), weeks[-1]]
        judge_once(bench.connection)
        whole = [answers(bench.connection, "one", span) for span in asked]
        of_all = answers(bench.connection, None, asked[0])
        for span, told in zip(asked, whole, strict=True):
            lift(bench.connection)
            judge_once(bench.connection, Days("one", *span))
            assert told == answers(bench.connection, "one", span), span
        lift(bench.connection)
        judge_once(bench.connection, Days(None, *asked[0]))
        assert of_all == answers(bench.connection, None, asked[0])
    assert sum(len(told["finding"]) for told in whole) > 40


def _key(session: dict) -> dict:
    return {"session_id": session["session_id"], "runner_id": session["runner_id"]}


def _status(fact: dict) -> str:
    return "ok" if fact["value"] is not None else "not_assessable"


def lift(connection) -> None:
    """Take away what `judge_once` has laid over the views."""
    for row in rows(connection, "select table_name from duckdb_tables() where temporary"):
        connection.execute(f'drop table temp."{row["table_name"]}"')
