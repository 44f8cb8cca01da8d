"""A training diary as a test: what was run and said, and what the real SQL finds by the bundled protocol.

    Mon 2 Mar  stage S1 by Dr B
    Mon 2 Mar  run 20:00  3.4 km  168 spm
    Tue 3 Mar  run 20:00  3.4 km
               pain before 0, during 1; no red flag
    now Tue 3 Mar 18:00
    -> rest_days_before: outside_plan on Tue 3 Mar

The year is 2026, the zone UTC, and every run a calm one on the flat, unless a line says otherwise: `over ceiling 90 s`,
`strides 4`, `fact ascent_m 72`, `unknown ascent_m`, `no distance`. Weekdays are checked. A line `->` names the worst
finding of a fact on a day; a day may have several runs, of which the last is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline.compliance.judge import bring_protocols
from pipeline.transforms import FACTS

if TYPE_CHECKING:
    from support.sql_case import Bench, Row

YEAR = 2026
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{1,2}) ([A-Z][a-z]{2})"
_WORST_FIRST = ("contact_clinician", "hold", "outside_plan", "not_assessable", "pending", "note", "within_plan")
_MOMENTS = {"before": "before", "during": "during", "after": "after", "morning": "next_morning"}


@dataclass
class Diary:
    """A diary that has been read: rows for the tables, and what is expected."""

    runs: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    expected: dict[tuple[date, str], str] = field(default_factory=dict)
    now_utc: str = f"{YEAR}-12-31T12:00:00+00:00"


def read_diary(text: str) -> Diary:
    """Read a diary; a line that can't be followed is a mistake of the test."""
    diary = Diary()
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("->"):
            _expect(diary, line)
        elif line.startswith("now "):
            _, clock = _day_and_rest(line.removeprefix("now "))
            day = _day_of(line)
            diary.now_utc = f"{day}T{clock or '12:00'}:00+00:00"
        elif re.match(_DAY, line):
            day, rest = _day_and_rest(line)
            _happened(diary, day, rest)
        else:
            _said(diary, line)
    return diary


def judged(bench: Bench, text: str) -> tuple[dict[tuple[date, str], str], dict[tuple[date, str], str]]:
    """Return what the diary expects, and what was found for the same days and facts: the worst outcome of each."""
    diary = read_diary(text)
    with bench.case(diary.now_utc) as case:
        case.say([{"kind": "runner", "entry_utc": f"{YEAR}-01-01T00:00:00+00:00"}, *diary.entries])
        bring_protocols(bench.connection, bench.home)
        case.put("measured_session", diary.runs)
        case.put(
            "recording", [{"recording_id": run["session_id"], "session_id": run["session_id"]} for run in diary.runs]
        )
        case.put("measured_fact", diary.facts)
        rows = case.ask("select finding.*, start_utc from finding inner join measured_session using (session_id)")
        verdicts = case.ask('select session_date, verdict, start_utc from "session"')
    found: dict[tuple[date, str], str] = {}
    last = {row["session_date"]: row["start_utc"] for row in sorted(verdicts, key=lambda row: row["start_utc"])}
    for row in rows:
        key = (row["session_date"], row["fact"])
        if row["start_utc"] == last[row["session_date"]]:
            found[key] = min(row["outcome"], found.get(key, "within_plan"), key=_WORST_FIRST.index)
    for row in verdicts:
        if row["start_utc"] == last[row["session_date"]]:
            found[row["session_date"], "verdict"] = row["verdict"] or "none"
    return diary.expected, {key: found.get(key, "nothing") for key in diary.expected}


def _day_of(text: str) -> date:
    match = re.search(_DAY, text)
    assert match, f"no day in {text!r}"
    day = date(YEAR, _MONTHS.index(match[3]) + 1, int(match[2]))
    assert match[1] == _WEEKDAYS[day.weekday()], f"{day} is a {_WEEKDAYS[day.weekday()]}, not a {match[1]}"
    return day


def _day_and_rest(line: str) -> tuple[date, str]:
    return _day_of(line), re.sub(_DAY, "", line, count=1).strip()


def _expect(diary: Diary, line: str) -> None:
    match = re.fullmatch(rf"-> (\w+): (\w+) on ({_DAY})", line)
    assert match, f"what is expected reads `-> fact: outcome on Mon 2 Mar`, not {line!r}"
    diary.expected[_day_of(match[3]), match[1]] = match[2]


def _happened(diary: Diary, day: date, rest: str) -> None:
    stage = re.fullmatch(r"stage (\w+) by (.+)", rest)
    if stage:
        data = {"stage_id": stage[1], "from_date": day.isoformat()}
        diary.entries.append({"kind": "stage", "by": stage[2], "entry_utc": f"{day}T00:00:00+00:00", **data})
        return
    first, *words = re.split(r"\s{2,}", rest)
    match = re.fullmatch(r"(run|ride) (\d+):(\d\d)", first)
    assert match, f"no run in {rest!r}"
    duration_s = 60 * int(match[2]) + int(match[3])
    session_id = f"s{len(diary.runs):03}"
    start_utc = datetime(
        day.year, day.month, day.day, 6 + sum(run["session_date"] == day.isoformat() for run in diary.runs), tzinfo=UTC
    )
    is_run = match[1] == "run"
    run: Row = {
        "session_id": session_id, "session_date": day.isoformat(), "start_utc": start_utc.isoformat(), "is_run": is_run,
        "sport": "running" if is_run else "cycling", "run_s": duration_s if is_run else None, "moving_s": duration_s,
        "elapsed_s": duration_s, "distance_m": 2.8 * duration_s,
    }  # fmt: skip
    values: dict[str, float | None] = dict.fromkeys((one.name for one in FACTS), 0.0) if is_run else {}
    values.update({"run_s": float(duration_s)} if is_run else {})
    for word in words:
        _detail(run, values, word)
    diary.runs.append(run)
    diary.facts += [
        {
            "session_id": session_id,
            "fact": name,
            "value": value,
            "status": "ok" if value is not None else "not_assessable",
            "detail": "the diary says so",
        }
        for name, value in values.items()
    ]


def _detail(run: Row, values: dict[str, float | None], word: str) -> None:
    patterns = {
        r"([\d.]+) km": lambda m: run.update(distance_m=1000 * float(m[1])),
        r"no distance": lambda _: run.update(distance_m=None),
        r"([\d.]+) spm": lambda m: run.update(mean_run_cadence_spm=float(m[1])),
        r"over ceiling (\d+) s": lambda m: values.update(over_ceiling_s=float(m[1])),
        r"strides (\d+)": lambda m: values.update(
            pickup_count=float(m[1]), pickup_max_duration_s=20.0, pickup_min_recovery_s=120.0
        ),
        r"fact (\w+) ([\d.]+)": lambda m: values.update({m[1]: float(m[2])}),
        r"unknown (\w+)": lambda m: values.update({m[1]: None}),
    }
    for pattern, follow in patterns.items():
        match = re.fullmatch(pattern, word)
        if match:
            follow(match)
            return
    message = f"the diary can't follow {word!r}"
    raise AssertionError(message)


def _said(diary: Diary, line: str) -> None:
    """Read `pain before 0, during 1; no red flag` about the last run."""
    about = diary.runs[-1]
    said_utc = f"{about['session_date']}T20:00:00+00:00"
    entry: Row = {"kind": "symptom", "by": "me", "entry_utc": said_utc, "session_id": about["session_id"]}
    for part in re.split(r";\s*", line):
        flags = re.fullmatch(r"(no red flag|red flag (\w+))", part)
        if flags:
            diary.entries.append({**entry, "red_flags": "[]" if flags[2] is None else f'["{flags[2]}"]'})
            continue
        assert part.startswith("pain "), f"the diary can't follow {part!r}"
        for moment, level in re.findall(r"(\w+) (\d+)", part.removeprefix("pain ")):
            diary.entries.append({**entry, "moment": _MOMENTS[moment], "pain_0_10": level})
