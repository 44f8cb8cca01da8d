"""The work beside the runs: what is planned and done, and one tap for what was done before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from gaitkeeper.web.visit import NotThere
from pipeline.answer_reader import BadAnswer, Reader, number
from pipeline.entries import rehab_entry
from pipeline.journal import new_entry
from pipeline.rehab import REHAB_KINDS

if TYPE_CHECKING:
    from starlette.responses import Response

    from gaitkeeper.web.visit import Visit


def rehab(visit: Visit) -> Response:
    """Show what is planned and done, and take what was done by one tap."""
    return _rehab_page(visit, [])


def _rehab_page(visit: Visit, mistakes: list[str]) -> Response:
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        planned = log.ask("page_rehab_week", runner_id=runner_id)
        known = log.ask("page_exercises", runner_id=runner_id)
        since = log.today - timedelta(days=20)
        entries = log.ask("rehab_entries", runner_id=runner_id, since_date=since)
        today_date = log.today
    said = {name: visit.typed(name) for name in ("kind", "exercise", "sets", "reps", "load_kg", "minutes", "date")}
    done_today = {(row["kind"], row["exercise"]) for row in entries if row["rehab_date"] == today_date}
    return visit.page(
        "rehab.html",
        422 if mistakes else 200,
        runner_id=runner_id,
        tab="rehab",
        planned=planned,
        known=known,
        entries=entries,
        today=today_date,
        done_today=done_today,
        said=said,
        mistakes=mistakes,
        recorded=visit.asked("said"),
    )


def save_rehab(visit: Visit) -> Response:
    """Write one piece of work."""
    runner_id = visit.runner_id
    with visit.site.book.reading() as log:
        today_date = log.today
    try:
        kind, day, amounts = _read_work(visit, today_date)
        entry = rehab_entry(
            runner_id,
            kind,
            visit.typed("exercise"),
            day=day,
            today=today_date,
            by=visit.by(),
            now_utc=visit.site.book.now_utc(),
            amounts=amounts,
        )
    except BadAnswer as error:
        return _rehab_page(visit, list(error.mistakes))
    visit.write([entry])
    return visit.go(f"/r/{runner_id}/rehab?said={kind}")


#: Field -> its words and its range; the same as the options of `gaitkeeper rehab` take.
_AMOUNTS = {"sets": ("Sets", 1, 100), "reps": ("Repetitions", 1, 1000)}
_MEASURES = {"load_kg": ("The load in kg", 0.0, 1000.0), "minutes": ("The minutes", 0.1, 600.0)}


def _read_work(visit: Visit, today_date: date) -> tuple[str, date, dict[str, float | None]]:
    reader = Reader()
    kind = reader.choice(visit.typed("kind"), "kind", REHAB_KINDS)
    if kind is None and not reader.mistakes:
        reader.mistakes.append("Say what kind of work it was.")
    amounts: dict[str, float | None] = {
        name: reader.whole(visit.typed(name), words, low, high) for name, (words, low, high) in _AMOUNTS.items()
    }
    measures = {name: _measure(reader, visit.typed(name), *limits) for name, limits in _MEASURES.items()}
    try:
        day = date.fromisoformat(visit.typed("date") or today_date.isoformat())
    except ValueError:
        reader.mistakes.append(f"{visit.typed('date')!r} is no day: write it as {today_date}.")
        day = today_date
    reader.finish()
    assert kind is not None
    minutes = measures["minutes"]
    amounts |= {"load_kg": measures["load_kg"], "duration_s": None if minutes is None else 60 * minutes}
    return kind, day, amounts


def _measure(reader: Reader, typed: str, words: str, low: float, high: float) -> float | None:
    if not typed.strip():
        return None
    value = number(typed.replace(",", "."))
    if value is None or not low <= value <= high:
        reader.mistakes.append(f"{words} is {typed!r}: it is a number from {low:g} to {high:g}.")
        return None
    return value


def undo_rehab(visit: Visit) -> Response:
    """Take an entry back; it stays in the journal, and no longer counts."""
    runner_id, entry_id = visit.runner_id, visit.typed("entry_id")
    with visit.site.book.reading() as log:
        known = {row["entry_id"] for row in log.ask("rehab_entries", runner_id=runner_id, since_date=None)}
    if entry_id not in known:
        raise NotThere
    data = {"undone_entry_id": entry_id}
    now_utc = visit.site.book.now_utc()
    visit.write([new_entry("rehab", runner_id, data, by=visit.by(), now_utc=now_utc)])
    return visit.go(f"/r/{runner_id}/rehab?said=undone")
