"""What people may say about the hip: moments, pain, side, place, phase, red flags; checked here and nowhere else.

The commands, a CSV that a form filled and the pages hand in what was typed, as text, and get a record or `BadAnswer`
with every mistake and what would be right. Pure: no clock, no file. Rehab work is read by `pipeline.rehab`, scores of
questionnaires by `pipeline.prom`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.answer_reader import MAX_NAME_CHARS, MAX_TEXT_CHARS, BadAnswer, Reader, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

#: The four moments of one session (EVIDENCE section 4d).
MOMENTS: Final = ("before", "during", "after", "next_morning")
MOMENT_WORDS: Final = {
    "before": "before the run",
    "during": "worst during the run",
    "after": "an hour after the run",
    "next_morning": "the next morning",
}
PAIN_RANGE: Final = (0, 10)

#: When in the stride it hurts: the question that the founding article asks (SEED1).
PHASES: Final = ("knee_lift", "foot_on_ground", "both", "unsure")
SIDES: Final = ("left", "right", "both")

#: The red-flag questions (EVIDENCE section 4d; ROBERTSON17, MEDSCAPE).
RED_FLAGS: Final = (
    "cannot_bear_weight_or_hop",
    "limp_persisting",
    "night_or_rest_pain",
    "pain_each_footfall_increasing",
    "sudden_sharp_or_crack",
    "locking_or_giving_way",
    "fever_or_unwell_or_weight_loss",
    "numb_weak_leg_or_bladder_saddle",
    "calf_swelling_or_breathless_postop",
)

#: The next morning is 8 to 36 hours after the run (EVIDENCE section 4d, our default): what comes later is taken, and
#: says so in the fact's detail (`sql/facts/symptom_answer.sql`).
MORNING_FROM_H: Final = 8
MORNING_TO_H: Final = 36

#: Clocks of phones and servers differ.
_CLOCK_SLACK: Final = timedelta(minutes=5)

#: With these a stress fracture is thought of sooner (EVIDENCE section 4d): a word to the clinician.
HIGHER_CONCERNS: Final = (
    "low_energy_availability",
    "amenorrhoea",
    "early_menopause",
    "previous_bone_stress",
    "recent_spike",
)


@dataclass(frozen=True, slots=True)
class Symptom:
    """One entry about the hip; None is what was not said."""

    moment: str | None
    pain_0_10: int | None
    side: str | None
    place: str | None
    phase: str | None
    onset_minute: int | None  #: minute of the run, as people count them
    red_flags: tuple[str, ...] | None  #: empty: asked, and none


@dataclass(frozen=True, slots=True)
class AnsweredSession:
    """What an answer is held against."""

    session_id: str
    session_date: date
    start_utc: datetime
    utc_offset_s: int
    elapsed_s: float | None

    @property
    def end_utc(self) -> datetime:
        """When it ended; its start where that is not known."""
        return self.start_utc + timedelta(seconds=self.elapsed_s or 0)

    def local(self, instant_utc: datetime) -> str:
        """Return an instant as the runner's clock showed it."""
        return f"{instant_utc + timedelta(seconds=self.utc_offset_s):%Y-%m-%d %H:%M}"


def read_symptom(raw: Mapping[str, object]) -> Symptom:
    """Read one entry: moment, pain_0_10, side, place, phase, onset_minute, red_flags, as text or as they are.

    Raises:
        BadAnswer: a word or number that is not among the answers, or nothing said at all.
    """
    reader = Reader()
    found = Symptom(
        moment=reader.choice(raw.get("moment"), "moment", MOMENTS),
        pain_0_10=reader.whole(raw.get("pain_0_10"), _pain_name(raw.get("moment")), *PAIN_RANGE),
        side=reader.choice(raw.get("side"), "side", SIDES),
        place=reader.text(raw.get("place"), "place", MAX_NAME_CHARS),
        phase=reader.choice(raw.get("phase"), "phase", PHASES),
        onset_minute=reader.whole(raw.get("onset_minute"), "onset_minute", 0, 6000),
        red_flags=reader.names(raw.get("red_flags"), "red-flag question", RED_FLAGS),
    )
    if not reader.mistakes and found.pain_0_10 is not None and found.moment is None:
        reader.mistakes.append(f"A pain belongs to a moment: one of {', '.join(MOMENTS)}.")
    if not reader.mistakes and found == Symptom(found.moment, None, None, None, None, None, None):
        reader.mistakes.append(
            "Say something: a pain from 0 to 10 at a moment, a side, place or phase, or red flags (or none)."
        )
    reader.finish()
    return found


def _pain_name(moment: object) -> str:
    words = MOMENT_WORDS.get(key_of(moment))
    return f"pain {words}" if words else "pain"


def check_time(symptom: Symptom, session: AnsweredSession, said_utc: datetime, now_utc: datetime) -> None:
    """Refuse what can't be known yet at the instant at which it was said.

    Raises:
        BadAnswer: with the instant from which it would be right.
    """
    mistakes = list(_time_mistakes(symptom, session, said_utc, now_utc))
    if mistakes:
        raise BadAnswer(mistakes)


def _time_mistakes(symptom: Symptom, session: AnsweredSession, said_utc: datetime, now_utc: datetime) -> Iterator[str]:
    if said_utc > now_utc + _CLOCK_SLACK:
        yield f"{said_utc:%Y-%m-%d %H:%M} UTC has not come yet: an answer is entered when it is known."
        return
    start, end = session.local(session.start_utc), session.local(session.end_utc)
    said_local = said_utc + timedelta(seconds=session.utc_offset_s)
    if symptom.moment == "before":
        if said_local.date() < session.session_date and said_utc < session.start_utc - timedelta(hours=12):
            yield f"The session began at {start}: the pain before it is entered on its day."
    elif said_utc < session.start_utc:
        yield f"The session began at {start}, after this was said ({session.local(said_utc)}): enter it from then on."
    elif symptom.moment == "after" and said_utc < session.end_utc:
        yield f"The session ended at {end}: the pain after it is entered from then on."
    elif symptom.moment == "next_morning" and said_utc < (first_utc := _morning_utc(session)):
        yield (
            f"The session ended at {end}: its next morning has not come yet. "
            f"Enter it from {session.local(first_utc)} on ({MORNING_FROM_H} hours after it, on a later day)."
        )
    if symptom.onset_minute and session.elapsed_s and 60 * symptom.onset_minute > session.elapsed_s + 60:
        yield (
            f"The session lasted {session.elapsed_s / 60:.0f} min, so the pain can't have begun in minute "
            f"{symptom.onset_minute}: count the minutes from its start."
        )


def _morning_utc(session: AnsweredSession) -> datetime:
    """Return the first instant that can be the next morning."""
    local_start = session.start_utc + timedelta(seconds=session.utc_offset_s)
    midnight = local_start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(session.end_utc + timedelta(hours=MORNING_FROM_H), midnight - timedelta(seconds=session.utc_offset_s))


def lateness(symptom: Symptom, session: AnsweredSession, said_utc: datetime) -> str | None:
    """Return the sentence about a next-morning answer that came late; it is taken all the same."""
    hours = (said_utc - session.end_utc) / timedelta(hours=1)
    if symptom.moment != "next_morning" or hours <= MORNING_TO_H:
        return None
    return (
        f"This was said {hours:.0f} hours after the session; the next morning is {MORNING_FROM_H} to {MORNING_TO_H} "
        "hours after it. It counts, and the fact says so."
    )


def symptom_data(symptom: Symptom, session_id: str) -> dict[str, Any]:
    """Return the journal's data of one entry."""
    return {
        "session_id": session_id,
        "moment": symptom.moment,
        "pain_0_10": symptom.pain_0_10,
        "side": symptom.side,
        "place": symptom.place,
        "phase": symptom.phase,
        "onset_minute": symptom.onset_minute,
        "red_flags": None if symptom.red_flags is None else list(symptom.red_flags),
    }


def answer_digest(symptom: Symptom, session_id: str, said_utc: datetime | None) -> str:
    """Return what tells two entries apart: the same answer for the same session, said at the same instant (if told)."""
    data = symptom_data(symptom, session_id)
    data["red_flags"] = None if symptom.red_flags is None else sorted(set(symptom.red_flags))
    said = None if said_utc is None else said_utc.timestamp()
    return hashlib.sha256(json.dumps([data, said], sort_keys=True).encode()).hexdigest()[:16]


def read_text(raw: object, name: str) -> str | None:
    """Return a free text of the intake, None where nothing was written.

    Raises:
        BadAnswer: it is too long, or holds what is no text.
    """
    reader = Reader()
    found = reader.text(raw, name, MAX_TEXT_CHARS)
    reader.finish()
    return found
