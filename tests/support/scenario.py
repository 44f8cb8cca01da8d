"""A clinical scenario as a log: runs as files, a clinician's and a runner's words, judged by the real pipeline.

log = ScenarioLog(path).told("S1")
log.easy_weeks(before="2026-03-19", kilometres=4.8)
run = log.run("2026-03-19 17:30", easy(1800))
log.feels(run, before=0, during=1, after=1, next_morning=0)
log.judge("2026-03-20 18:00").found(run)      # {("matched_cadence_ratio", "note"), ...}; times are UTC
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from connectors.folder import FolderSource
from flows import work
from gaitkeeper.commands.home import make_home
from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.ingest import recording_id
from pipeline.journal import new_entry, write_entries
from pipeline.settings import Home
from pipeline.warehouse.connection import reading, rows
from support.small_log import as_fit, as_gpx
from support.synthetic_run import Part, SyntheticRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.journal import EntryKind

RUNNER_ID: Final = "me"
CLINICIAN: Final = "Dr Example"

#: Outcomes that somebody has to look at.
FLAGGED: Final = ("contact_clinician", "hold", "outside_plan")

#: Tuesday, Thursday, Saturday: a day of rest between runs, three a week.
THREE_A_WEEK: Final = (1, 3, 5)

#: The runner of EVIDENCE section 7 and of scenarios.json.
ATHLETE: Final = {
    "ceiling_mps": 2.897,
    "critical_speed_mps": 3.52,
    "max_heart_rate_bpm": 186,
    "cadence_baseline_spm": 164,
    "cadence_baseline_speed_mps": 2.80,
    "cadence_slope_spm_per_mps": 9.0,
}


def cadence_spm(speed_mps: float, ratio: float = 0.07) -> float:
    """Return the cadence of this runner at a speed: 7 % above the baseline, in the middle of the target band."""
    return (164.0 + 9.0 * (speed_mps - 2.80)) * (1.0 + ratio)


def jog(duration_s: float, speed_mps: float = 2.70, grade_pct: float = 0.0, ratio: float = 0.07) -> Part:
    """Return even running with the cadence of that speed."""
    return Part(round(duration_s), speed_mps, cadence_spm(speed_mps, ratio), grade_pct)


def walk(duration_s: float, speed_mps: float = 1.4, grade_pct: float = 0.0) -> Part:
    """Return walking."""
    return Part(round(duration_s), speed_mps, 112.0, grade_pct)


def bouts(
    count: int, duration_s: int, speed_mps: float, recovery: Iterable[Part], grade_pct: float = 0.0
) -> tuple[Part, ...]:
    """Return faster bouts, each with its recovery after it."""
    return (jog(duration_s, speed_mps, grade_pct), *recovery) * count


def at(text: str) -> datetime:
    """Return "2026-03-19 17:30" as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Outing:
    """One run as the file that arrives."""

    start_utc: datetime
    end_utc: datetime
    name: str
    content: bytes

    @property
    def recording_id(self) -> str:
        """The id that the pipeline will give it."""
        return recording_id(RUNNER_ID, hashlib.sha256(self.content).hexdigest(), 0)


@cache
def outing(start: str, parts: tuple[Part, ...], form: str = "fit", **how: Any) -> Outing:
    """Write one run as a file; the same run is written once in a test session.

    Args:
        start: local time.
        parts: what was run.
        form: "fit", a watch with a barometer; "gpx", a phone or a watch without one.
        how: fields of SyntheticRun.
    """
    run = SyntheticRun(parts, start_utc=at(start), **{"sampling": "smart", **how})
    content = as_fit(run) if form == "fit" else as_gpx(run, cadence="strides" if run.has_cadence else None)
    end_utc = at(start) + timedelta(seconds=run.truth.elapsed_s)
    return Outing(at(start), end_utc, f"{start.replace(' ', '-').replace(':', '-')}.{form}", content)


@cache
def _new_home() -> TemporaryDirectory[str]:
    """Make an empty home with the scenarios' runner once; its views take longer to make than a run to import."""
    folder = TemporaryDirectory()
    home = Home(Path(folder.name) / "home")
    make_home(home, RUNNER_ID, "UTC")
    said = at("2026-01-01 08:00")
    write_entries(
        home,
        [
            new_entry(
                "runner",
                RUNNER_ID,
                {"setting": name, "value": str(value), "from_date": "2026-01-01"},
                by=CLINICIAN,
                now_utc=said,
            )
            for name, value in ATHLETE.items()
        ],
    )
    work.refresh(home, said)
    return folder


@dataclass
class ScenarioLog:
    """One home, what arrives in it and what is said."""

    path: Path
    home: Home = field(init=False)
    _waiting: list[Outing] = field(default_factory=list)
    _said: int = 0
    _arrivals: int = 0

    def __post_init__(self) -> None:
        """Make the home."""
        self.home = Home(self.path / "home")
        if not self.home.exists():
            shutil.copytree(Path(_new_home().name) / "home", self.home.path)

    def copy(self, path: Path) -> ScenarioLog:
        """Return a copy that a test may change."""
        shutil.copytree(self.home.path, path / "home")
        return ScenarioLog(path, _said=self._said)

    # --- What is said ----------------------------------------------------------------------------------------------

    def say(self, entry_kind: EntryKind, by: str, when: datetime | None = None, /, **data: Any) -> str:
        """Write one entry; without an instant, a second after the last one."""
        self._said += 1
        now_utc = when or at("2026-02-01 08:00") + timedelta(seconds=self._said)
        entry = new_entry(entry_kind, RUNNER_ID, data, by=by, now_utc=now_utc)
        write_entries(self.home, [entry])
        return entry.entry_id

    def stage(self, stage_id: str, since: str, *, reason: str = "as agreed") -> str:
        """Let the clinician set a stage from a day on."""
        return self.say("stage", CLINICIAN, stage_id=stage_id, from_date=since, reason=reason)

    def feels(
        self,
        run: Outing,
        before: int | None = 0,
        during: int | None = 0,
        after: int | None = 0,
        next_morning: int | None = 0,
        red_flags: tuple[str, ...] | None = (),
        **where: Any,
    ) -> None:
        """Answer for a run; None is not answered. Red flags: () is "asked, none", None is "not asked"."""
        levels = {"before": before, "during": during, "after": after, "next_morning": next_morning}
        instants = {
            "before": run.start_utc - timedelta(minutes=5),
            "during": run.end_utc + timedelta(minutes=2),
            "after": run.end_utc + timedelta(minutes=60),
            "next_morning": datetime.combine(run.start_utc.date() + timedelta(days=1), run.start_utc.timetz()).replace(
                hour=7, minute=10
            ),
        }
        for moment, level in levels.items():
            if level is not None:
                said = {"session_id": run.recording_id, "moment": moment, "pain_0_10": level}
                if level:
                    said |= {"side": "right", "place": "groin", "phase": "knee_lift", **where}
                self.say("symptom", RUNNER_ID, instants[moment], **said)
        if red_flags is not None:
            said = {"session_id": run.recording_id, "moment": "after", "red_flags": list(red_flags)}
            self.say("symptom", RUNNER_ID, run.end_utc + timedelta(minutes=61), **said)

    def rehab(self, kind: str, exercise: str, *days: str) -> None:
        """Note rehab work that was done."""
        for day in days:
            self.say(
                "rehab", RUNNER_ID, at(f"{day} 19:00"), rehab_date=day, kind=kind, exercise=exercise, sets=3, reps=8
            )

    def set_aside(self, run: Outing, fact: str, reason: str) -> str:
        """Let the clinician override a finding."""
        return self.say("override", CLINICIAN, recording_id=run.recording_id, fact=fact, reason=reason)

    def count_again(self, run: Outing, fact: str) -> str:
        """Let the clinician take an override back."""
        return self.say("override", CLINICIAN, recording_id=run.recording_id, fact=fact, is_undone=True)

    def adopt(self, text: str, since: str) -> str:
        """Let the clinician adopt a protocol from a day on."""
        return self.say("protocol", CLINICIAN, from_date=since, protocol_name="adopted", protocol_text=text)

    # --- What is run -----------------------------------------------------------------------------------------------

    def run(self, start: str, *parts: Part, form: str = "fit", **how: Any) -> Outing:
        """Let a run arrive with the next import."""
        made = outing(start, parts, form, **how)
        self._waiting.append(made)
        return made

    def easy_weeks(
        self,
        before: str,
        kilometres: float,
        *,
        weeks: int = 4,
        days: tuple[int, ...] = THREE_A_WEEK,
        feels: bool = True,
    ) -> list[Outing]:
        """Run the same easy distance on the same weekdays of the weeks before a day, its own week included."""
        last = date.fromisoformat(before)
        monday = last - timedelta(days=last.weekday())
        made = []
        for week in range(-weeks, 1):
            for weekday in days:
                day = monday + timedelta(days=7 * week + weekday)
                if day < last:
                    made.append(self.run(f"{day} 07:30", jog(1000 * kilometres / 2.70)))
                    if feels:
                        self.feels(made[-1])
        return made

    def arrive(self, now: str | datetime = "2026-02-01 08:00") -> work.Outcome:
        """Import what is waiting, as one folder."""
        self._arrivals += 1
        folder = self.path / f"arrived-{self._arrivals}"
        folder.mkdir()
        for made in self._waiting:
            (folder / made.name).write_bytes(made.content)
        self._waiting.clear()
        now_utc = at(now) if isinstance(now, str) else now
        return work.import_source(self.home, RUNNER_ID, FolderSource(folder), now_utc)

    def judge(self, now: str) -> Judged:
        """Import what is waiting and look at the log at an instant."""
        if self._waiting:
            self.arrive(now)
        return Judged(self, at(now))


@dataclass(frozen=True)
class Judged:
    """The log as it is judged at one instant."""

    log: ScenarioLog
    now_utc: datetime

    def ask(self, *statements: str) -> list[list[dict[str, Any]]]:
        """Return the rows of each statement, as a command reads them."""
        with reading(self.log.home, self.now_utc, self.now_utc.date()) as connection:
            lay_protocols_over(connection, self.log.home)
            judge_once(connection)
            return [rows(connection, statement) for statement in statements]

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of one statement."""
        return self.ask(statement)[0]

    def findings(self, run: Outing) -> list[dict[str, Any]]:
        """Return all findings of one run."""
        return self.rows(f"from finding where session_id = '{run.recording_id}'")

    def found(self, run: Outing) -> set[tuple[str, str]]:
        """Return (fact, outcome) of all that is not simply within plan."""
        return {(row["fact"], row["outcome"]) for row in self.findings(run) if row["outcome"] != "within_plan"}

    def criteria(self, decision: str = "advance") -> dict[str, str]:
        """Return the criteria of today's stage: fact -> met, not_met or unknown."""
        listed = self.rows(f"from stage_criterion_status where decision = '{decision}'")
        return {row["fact"]: row["criterion_state"] for row in listed}
