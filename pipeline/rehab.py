"""What may be said about the work beside the runs: drills by name, strength, mobility, manual therapy, and its plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.answer_reader import MAX_NAME_CHARS, BadAnswer, Reader

if TYPE_CHECKING:
    from datetime import date

REHAB_KINDS: Final = ("drill", "strength", "mobility", "manual_therapy", "other")

#: The drills of the founding article (SEED1), as they are written here; other spellings of theirs lead to them.
DRILLS: Final = ("marching hands over head", "marching dowel overhead")
_DRILL_SPELLINGS: Final = {
    "marching hoh": DRILLS[0],
    "marching hands overhead": DRILLS[0],
    "marching dowel over head": DRILLS[1],
}

#: Stands in a plan for whatever exercise of its kind.
ANY_EXERCISE: Final = "any"

#: A plan ends: nobody is asked for drills for ever (SEED1: "does not have to be a PERMANENT change"). A year is ours.
MAX_PLAN_DAYS: Final = 366


def read_exercise(raw: object) -> str:
    """Return the name of an exercise; spellings of the known drills lead to one name.

    Raises:
        BadAnswer: no name, or a text too long to be one.
    """
    reader = Reader()
    name = reader.text(raw, "exercise", MAX_NAME_CHARS)
    if name is None and not reader.mistakes:
        reader.mistakes.append(f"Name the exercise, such as {DRILLS[0]!r}.")
    reader.finish()
    assert name is not None
    plain = plain_name(name)
    return _DRILL_SPELLINGS.get(plain, name)


def plain_name(name: str) -> str:
    """Return an exercise's letters and digits, small: what two spellings of it share (so does the view)."""
    return re.sub(r"[\W_]+", " ", name.lower()).strip()


def check_rehab_day(day: date, today: date) -> None:
    """Refuse work that was not done yet.

    Raises:
        BadAnswer: the day has not come.
    """
    if day > today:
        raise BadAnswer([f"{day} has not come yet: rehab work is entered when it is done."])


def check_plan(from_date: date, until_date: date) -> None:
    """Refuse a plan without an end that somebody would live to see.

    Raises:
        BadAnswer: it ends before it begins, or after more than a year.
    """
    if until_date < from_date:
        raise BadAnswer([f"The plan would end on {until_date}, before it begins on {from_date}: give a later --until."])
    if (until_date - from_date).days > MAX_PLAN_DAYS:
        raise BadAnswer(
            [f"A plan ends within {MAX_PLAN_DAYS} days, so that it is looked at again: give an earlier --until."]
        )
