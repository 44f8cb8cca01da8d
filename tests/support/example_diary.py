"""What the runner and the clinician of the example log said: intake, stages, symptoms, rehab, as TOML."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from support.example_log import SESSIONS, ZONE, Session

Entry = dict[str, object]

INTAKE_DATE: Final = date(2026, 2, 15)
#: Pain before, during, an hour after and the next morning; None: no entry. Sessions that aren't here had a quiet hip.
QUIET: Final = (0, 1, 0, 0)
PAIN: Final[dict[str, tuple[int | None, int | None, int | None, int | None]]] = {
    "2026-02-16": (1, 2, 1, 1),
    "2026-02-18": (1, 2, 1, 1),
    "2026-02-21": (1, 1, 1, 0),
    "2026-03-10": (0, 2, 2, 1),  # the strides: a note the next morning
    "2026-03-15": (None, None, None, None),  # the ride
    "2026-03-18": (1, 3, 3, 3),  # the hills: two more the next morning
    "2026-03-21": (1, 1, 1, 1),
    "2026-03-25": (None, None, None, None),  # forgotten
    "2026-03-27": (0, 1, 0, None),  # forgotten the next morning
    "2026-04-10": (0, 2, 1, 1),
    "2026-04-12": (0, 1, 0, None),  # not due yet
}
MOMENTS: Final = ("before", "during", "after", "next_morning")

#: (weekday, kind, exercise, sets, reps, load in kg, seconds)
REHAB_WEEK: Final = (
    (1, "strength", "split squat", 3, 8, 12.0, None),
    (3, "strength", "trap-bar deadlift", 3, 6, 50.0, None),
    (0, "drill", "marching, hands over head", 3, None, None, 300),
    (2, "drill", "marching, dowel overhead", 3, None, None, 300),
    (5, "drill", "marching, hands over head", 3, None, None, 300),
)
LAZY_WEEK_START: Final = date(2026, 3, 16)  #: one strength session and two drills only


def journal_toml() -> str:
    """Return every entry in the order of its making."""
    entries = [*_intake(), *_stages(), *_symptoms(), *_rehab()]
    entries.sort(key=lambda entry: (str(entry["date"]), str(entry.get("entry_utc", ""))))
    lines = [
        "# What the example's runner and clinician said. Written by data/make_example.py; all of it is made up.",
        "# Fields are named as the columns of the relations; `kind` says which relation, so a rehab entry's own kind",
        "# is `rehab_kind`. A symptom belongs to the session that began on `session_date`, the runner's local day.",
    ]
    for entry in entries:
        lines += ["", "[[entry]]", *(f"{key} = {_toml(value)}" for key, value in entry.items() if value is not None)]
    return "\n".join([*lines, ""])


def _intake() -> list[Entry]:
    return [
        {
            "kind": "runner",
            "date": INTAKE_DATE,
            "time_zone": ZONE.key,
            "ceiling_mps": 2.897,
            "critical_speed_mps": 3.52,
            "max_heart_rate_bpm": 186,
            "cadence_baseline_spm": 164,
            "cadence_baseline_speed_mps": 2.80,
            "cadence_slope_spm_per_mps": 9.0,
            "contact": "Dr Example",
        }
    ]


def _stages() -> list[Entry]:
    reasons = {
        "S0": (date(2026, 2, 16), "first run after the lay-off"),
        "S1": (date(2026, 3, 2), "25 min without walking, twice, and a quiet hip"),
        "S2": (date(2026, 3, 30), "two runs over 30 min; the hills of 18 March have settled"),
    }
    return [
        {"kind": "stage", "date": day, "stage_id": stage, "set_by": "Dr Example", "reason": reason}
        for stage, (day, reason) in reasons.items()
    ]


def _symptoms() -> list[Entry]:
    return [
        _symptom(session, moment, pain)
        for session in SESSIONS
        for moment, pain in zip(MOMENTS, PAIN.get(session.start[:10], QUIET), strict=True)
        if pain is not None
    ]


def _symptom(session: Session, moment: str, pain: int) -> Entry:
    entry_utc = {
        "before": session.start_utc - timedelta(minutes=10),
        "during": session.end_utc + timedelta(minutes=5),
        "after": session.end_utc + timedelta(minutes=60),
        "next_morning": _waking_utc(session),
    }[moment]
    where: Entry = {"side": "right", "place": "groin", "phase": "knee_lift" if moment == "during" else None}
    return {
        "kind": "symptom",
        "date": entry_utc.astimezone(ZONE).date(),
        "session_date": date.fromisoformat(session.start[:10]),
        "entry_utc": entry_utc,
        "moment": moment,
        "pain_0_10": pain,
        **(where if pain else {}),
        # Asked after every run, none reported.
        "red_flags": [] if moment in {"after", "next_morning"} else None,
    }


def _waking_utc(session: Session) -> datetime:
    """Return 07:05 of the first morning that is at least eight hours away."""
    day = session.end_utc.astimezone(ZONE).date()
    waking = datetime.combine(day + timedelta(days=1), time(7, 5), ZONE).astimezone(UTC)
    assert waking - session.end_utc >= timedelta(hours=8)
    return waking


def _rehab() -> list[Entry]:
    entries: list[Entry] = []
    for week in range(8):
        monday = date(2026, 2, 16) + timedelta(weeks=week)
        for weekday, kind, exercise, sets, reps, load_kg, duration_s in REHAB_WEEK:
            day = monday + timedelta(days=weekday)
            if monday == LAZY_WEEK_START and weekday in {3, 5}:
                continue
            entries.append(
                {
                    "kind": "rehab",
                    "date": day,
                    "rehab_date": day,
                    "rehab_kind": kind,
                    "exercise": exercise,
                    "sets": sets,
                    "reps": reps,
                    "load_kg": load_kg,
                    "duration_s": duration_s,
                }
            )
    return entries


def _toml(value: object) -> str:
    """Return a value as TOML writes it; JSON's strings, numbers and empty lists are TOML's."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else json.dumps(value)
