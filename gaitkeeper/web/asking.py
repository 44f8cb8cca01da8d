"""What a runner is asked about the hip: which moments of a run are open, answered, or not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.answer_reader import BadAnswer
from pipeline.answers import MOMENT_WORDS, MOMENTS, Symptom, check_time
from pipeline.entries import answered_session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gaitkeeper.web.log import Log

#: Runs that the first page asks about: the last one, and the ones of the days before whose morning may still be open.
ASKED_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of one run."""

    moment: str
    words: str
    answer: Mapping[str, Any] | None  #: the row of moment_answer, where something was said
    not_yet: str | None  #: why it can't be answered now; None where it can

    @property
    def pain_0_10(self) -> int | None:
        """The pain that was told, None where none was."""
        return None if self.answer is None else self.answer["pain_0_10"]

    @property
    def is_open(self) -> bool:
        """Whether an answer is missing that can be given."""
        return self.not_yet is None and self.pain_0_10 is None


def moments_of(session: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], now_utc: datetime) -> list[Moment]:
    """Return the four moments of one run, in their order."""
    told = {row["moment"]: row for row in answers if row["session_id"] == session["session_id"]}
    return [
        Moment(moment, MOMENT_WORDS[moment], told.get(moment), _not_yet(moment, session, now_utc)) for moment in MOMENTS
    ]


def _not_yet(moment: str, session: Mapping[str, Any], now_utc: datetime) -> str | None:
    symptom = Symptom(moment, 0, None, None, None, None, None)
    try:
        check_time(symptom, answered_session(session), now_utc, now_utc)
    except BadAnswer as error:
        return " ".join(error.mistakes)
    return None


def next_open(moments: Sequence[Moment]) -> Moment | None:
    """Return the moment to ask about first: the next morning as soon as it is there, else in the order of the run."""
    by_name = {one.moment: one for one in moments}
    order = ("next_morning", "during", "after", "before")
    return next((by_name[name] for name in order if by_name[name].is_open), None)


def asked_runs(log: Log, runner_id: str) -> list[tuple[Mapping[str, Any], list[Moment]]]:
    """Return the last run, and those of the last days that something is still open about, with their moments."""
    runs = [row for row in log.ask("page_sessions", runner_id=runner_id, session_count=12) if row["is_run"]]
    near = [row for row in runs if (log.today - row["session_date"]).days <= ASKED_DAYS]
    wanted = near or runs[:1]
    answers = log.ask("page_answers", runner_id=runner_id, session_ids=tuple(row["session_id"] for row in wanted))
    found = [(row, moments_of(row, answers, log.now_utc)) for row in wanted]
    return [one for place, one in enumerate(found) if place == 0 or next_open(one[1]) is not None]
