"""What may be said about questionnaires: instruments, subscales and scores. Item texts are the clinic's, not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.answer_reader import BadAnswer, Reader, bare, number

if TYPE_CHECKING:
    from datetime import date

#: Instrument -> lowest and highest score (EVIDENCE section 4d): no item texts, whose licences are not ours.
PROM_RANGES: Final[dict[str, tuple[int, int]]] = {
    "UWRI": (0, 36),
    "iHOT-12": (0, 100),
    "HAGOS": (0, 100),
    "OSTRC": (0, 100),
}
HAGOS_SUBSCALES: Final = ("pain", "symptoms", "daily_living", "sport_recreation", "participation", "quality_of_life")


def read_prom(instrument: object, subscale: object, score: object) -> tuple[str, str | None, float]:
    """Read one score of a questionnaire.

    Returns:
        The instrument and subscale as they are written here, and the score in the instrument's own points.

    Raises:
        BadAnswer: an unknown instrument or subscale, or a score that it can't give.
    """
    reader = Reader()
    spellings = {bare(name): name for name in PROM_RANGES} | {"ihot": "iHOT-12", "ostrch2": "OSTRC", "ostrch": "OSTRC"}
    name = spellings.get(bare(instrument), "")
    if not name:
        raise BadAnswer([f"{str(instrument)!r} is no questionnaire that is kept here: {', '.join(PROM_RANGES)}."])
    part = reader.choice(subscale, "subscale", HAGOS_SUBSCALES) if name == "HAGOS" else None
    if name == "HAGOS" and part is None and not reader.mistakes:
        reader.mistakes.append(
            f"HAGOS has no score of its own: name the subscale, one of {', '.join(HAGOS_SUBSCALES)}."
        )
    if name != "HAGOS" and subscale is not None:
        reader.mistakes.append(f"{name} has one score and no subscale: leave the subscale out.")
    low, high = PROM_RANGES[name]
    points = number(score)
    if points is None or not low <= points <= high or (name == "UWRI" and points != int(points)):
        kind = "a whole number" if name == "UWRI" else "a number"
        reader.mistakes.append(f"{name} is {str(score)!r}: its score is {kind} from {low} to {high}.")
    reader.finish()
    assert points is not None
    return name, part, points


def check_prom_day(day: date, today: date) -> None:
    """Refuse a questionnaire of the future.

    Raises:
        BadAnswer: the day has not come.
    """
    if day > today:
        raise BadAnswer([f"{day} has not come yet: a score is entered on the day of the questionnaire or later."])
