"""Words and small lines that every form of the report shares; the outcomes' own words are in `reports.format`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

#: The red-flag questions (pipeline.answers) as people say them.
RED_FLAG_WORDS: Final = {
    "cannot_bear_weight_or_hop": "can't bear weight or hop",
    "limp_persisting": "a limp that stays",
    "night_or_rest_pain": "pain at night or at rest",
    "pain_each_footfall_increasing": "pain at each footfall that starts earlier run after run",
    "sudden_sharp_or_crack": "sudden sharp pain or a crack",
    "locking_or_giving_way": "locking or giving way",
    "fever_or_unwell_or_weight_loss": "fever, feeling unwell or weight loss",
    "numb_weak_leg_or_bladder_saddle": "a numb or weak leg, saddle or bladder change",
    "calf_swelling_or_breathless_postop": "calf swelling or breathlessness after an operation",
}

MOMENT_WORDS: Final = {
    "before": "before",
    "during": "worst during",
    "after": "an hour after",
    "next_morning": "next morning",
    None: "at no set moment",
}

PHASE_WORDS: Final = {
    "knee_lift": "at knee lift",
    "foot_on_ground": "with the foot on the ground",
    "both": "at knee lift and with the foot on the ground",
    "unsure": "when in the stride is not clear to the runner",
}

#: What a limit's number rests on: the letter of EVIDENCE.md and its meaning.
BASIS_LETTERS: Final = {"source": "S", "consensus": "C", "default": "D"}
BASIS_LEGEND: Final = "S: read in a source. C: practice consensus. D: our default, for the clinician to set."

NOT_SET: Final = "not set"


def basis(row: Mapping[str, Any]) -> str:
    """Return S, C or D for a limit; the missing mark where nothing is said."""
    return BASIS_LETTERS.get(row["basis"], fmt.MISSING)


def words_of(name: str | None, known: Mapping[Any, str]) -> str:
    """Return a name in words; what is not known stands as it was said, underscores apart."""
    return known.get(name, str(name).replace("_", " "))


def plain_message(message: str) -> str:
    """Return a finding's sentence with the red flags in words."""
    for name, words in RED_FLAG_WORDS.items():
        message = message.replace(name, words)
    return message


def long_day(value: date) -> str:
    """Return a day with its year, "Mon 2 Mar 2026"."""
    return f"{fmt.day(value)} {value.year}"


def segment(row: Mapping[str, Any]) -> str:
    """Return the stretch of the session that shows a finding; the missing mark where it is the whole run."""
    if row["start_s"] is None or row["end_s"] is None:
        return fmt.MISSING
    return f"{fmt.duration(row['start_s'])}–{fmt.duration(row['end_s'])}"


def bound_text(row: Mapping[str, Any]) -> str:
    """Return the limit with its direction: "at most 60 s"."""
    if row["limit_text"] is None:
        return fmt.MISSING
    return f"{'at most' if row['bound'] == 'max' else 'at least'} {row['limit_text']}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return "1 run", "2 runs", "no run"."""
    if number == 0:
        return f"no {one}"
    return f"{number} {one if number == 1 else many or one + 's'}"


def tally(values: Iterable[str]) -> str:
    """Return values with how often each stands there, in the order of their first: "barometric 5, gps 1"."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return ", ".join(f"{value} {count}" for value, count in counts.items())


def shown(items: Sequence[str], most: int, apart: str = ", ") -> str:
    """Return the first few of some words, and how many more there are."""
    more = len(items) - most
    return apart.join(items[:most]) + (f" and {more} more" if more > 0 else "")


def shortened(text: str, most: int) -> str:
    """Return a text on one line, cut with an ellipsis where it is longer than `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
