"""Symptoms from a CSV that a form filled: every row is checked before anything is written, each mistake with its line.

Columns are named as those of the relation `symptom`, so that what `gaitkeeper sql "from symptom" --format csv` printed
can be read again, and a row that the journal holds already adds nothing. Pure: text in, entries out.
"""

from __future__ import annotations

import csv
import difflib
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from pipeline.answer_reader import BadAnswer
from pipeline.answers import AnsweredSession, Symptom, answer_digest, check_time, read_symptom
from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What a row may say. `session_date` (with `start_time` where there are several that day) stands in for `session_id`;
#: `onset_minute` for `onset_s`. The rest is what an export of the relation has besides.
COLUMNS: Final = (
    "session_id", "session_date", "start_time", "moment", "pain_0_10", "side", "place", "phase", "onset_minute",
    "onset_s", "red_flags", "entry_utc", "said_by", "runner_id", "entry_id",
)  # fmt: skip

#: A year of four answers a day is 100 KB; more than this is some other file.
MAX_FILE_BYTES: Final = 5_000_000

#: A form's start of the run and the watch's differ by a warm-up, not by more.
_START_SLACK: Final = timedelta(minutes=10)

#: Mistakes told at once: enough to see what they have in common.
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """One row that is right."""

    line: int  #: of the file, the header being 1
    symptom: Symptom
    session: AnsweredSession
    said_utc: datetime
    said_by: str | None
    digest: str  #: of the answer and its instant, where the row told one
    entry_id: str | None  #: of the entry that it was exported from


class BadAnswerFile(NeedsAttention):
    """A CSV that can't be taken; nothing of it was."""

    def __init__(self, file_name: str, mistakes: Sequence[str]) -> None:
        """Keep every mistake; the sentence tells the first ones."""
        self.file_name, self.mistakes = file_name, tuple(mistakes)
        told = [*mistakes[:_TOLD], *([f"and {len(mistakes) - _TOLD} more"] if len(mistakes) > _TOLD else [])]
        super().__init__(
            f"{file_name} holds {len(mistakes)} mistake(s); nothing was recorded:\n"
            + "\n".join(f"  - {mistake}" for mistake in told)
            + "\nMend them and read the file again."
        )


def read_answers(
    content: bytes, file_name: str, runner_id: str, sessions: Sequence[AnsweredSession], now_utc: datetime
) -> list[FileAnswer]:
    """Read a whole file.

    Args:
        content: the file, UTF-8, fields parted by comma, semicolon or tab.
        file_name: what to call it in a sentence.
        runner_id: whose answers they are.
        sessions: the sessions of that runner.
        now_utc: the instant of every row without one of its own.

    Raises:
        BadAnswerFile: anything in it is wrong.
    """
    reader = _Reader(runner_id, sessions, now_utc)
    found = list(reader.read(_table(content, file_name)))
    if reader.mistakes:
        raise BadAnswerFile(file_name, reader.mistakes)
    return found


def _table(content: bytes, file_name: str) -> csv.DictReader[str]:
    """Return the rows of a file whose header is understood."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadAnswerFile(file_name, [f"byte {error.start} is not UTF-8: save it as CSV (UTF-8)"]) from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in table.fieldnames or []]
    except csv.Error as error:
        raise BadAnswerFile(file_name, [f"line 1 is no header of a CSV: {error}"]) from error
    mistakes = [f"line 1: the column {name!r} is not known{_nearest(name)}" for name in names if name not in COLUMNS]
    mistakes += [f"line 1: the column {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if not {"session_id", "session_date"} & set(names):
        mistakes.append(
            "line 1: there is neither session_id nor session_date, so no row says which session it is about"
        )
    if mistakes:
        raise BadAnswerFile(file_name, mistakes)
    table.fieldnames = names
    return table


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), COLUMNS, n=1, cutoff=0.5)
    return f": did you mean {close[0]}?" if close else f": the columns are {', '.join(COLUMNS)}"


class _Reader:
    """Goes through the rows and collects every mistake."""

    def __init__(self, runner_id: str, sessions: Sequence[AnsweredSession], now_utc: datetime) -> None:
        self.mistakes: list[str] = []
        self._runner_id = runner_id
        self._sessions = sessions
        self._now_utc = now_utc
        self._seen: dict[tuple[str, str | None, datetime], tuple[int, str]] = {}

    def read(self, table: csv.DictReader[str]) -> Iterator[FileAnswer]:
        while True:
            try:
                row = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                self.mistakes.append(f"line {table.line_num}: {error}")
                return
            try:
                yield self._answer(row, table.line_num)
            except BadAnswer as error:
                self.mistakes += [f"line {table.line_num}: {mistake}" for mistake in error.mistakes]

    def _answer(self, row: dict[str, str], line: int) -> FileAnswer:
        if None in row or None in row.values():
            raise BadAnswer(["it has not as many fields as the header: quote a field that holds the separator."])
        raw = {name: value.strip() for name, value in row.items() if value.strip()}
        if raw.get("runner_id", self._runner_id) != self._runner_id:
            raise BadAnswer([f"it is about runner {raw['runner_id']!r}, not {self._runner_id!r}: use --runner."])
        symptom = read_symptom({**raw, "onset_minute": _onset_minute(raw)})
        session = self._session(raw)
        told_utc = _instant(raw.get("entry_utc"))
        said_utc = told_utc or self._now_utc
        check_time(symptom, session, said_utc, self._now_utc)
        digest = answer_digest(symptom, session.session_id, told_utc)
        self._refuse_contradiction(symptom, session, said_utc, line, digest)
        return FileAnswer(line, symptom, session, said_utc, raw.get("said_by"), digest, raw.get("entry_id"))

    def _refuse_contradiction(
        self, symptom: Symptom, session: AnsweredSession, said_utc: datetime, line: int, digest: str
    ) -> None:
        key = (session.session_id, symptom.moment, said_utc)
        first_line, first_digest = self._seen.setdefault(key, (line, digest))
        if first_digest != digest:
            sentence = (
                f"line {first_line} answers the same moment of the same session otherwise: keep one of them, or give "
                "each its own entry_utc (the later one counts)."
            )
            raise BadAnswer([sentence])

    def _session(self, raw: dict[str, str]) -> AnsweredSession:
        if "session_id" in raw:
            found = [one for one in self._sessions if one.session_id == raw["session_id"]]
            if not found:
                raise BadAnswer(
                    [f'no session has the id {raw["session_id"]!r}: gaitkeeper sql "from session" lists them.']
                )
            return found[0]
        if "session_date" not in raw:
            raise BadAnswer(["it names no session: give session_id or session_date."])
        try:
            day = date.fromisoformat(raw["session_date"])
        except ValueError as error:
            raise BadAnswer([f"session_date is {raw['session_date']!r}: write it as 2026-04-08."]) from error
        found = [one for one in self._sessions if one.session_date == day]
        if "start_time" in raw:
            found = [one for one in found if _starts_near(one, raw["start_time"])]
        if len(found) == 1:
            return found[0]
        when = f"{day} {raw['start_time']}" if "start_time" in raw else str(day)
        if not found:
            raise BadAnswer([f"there is no session on {when}; the log {self._extent()}."])
        starts = ", ".join(one.local(one.start_utc)[-5:] for one in found)
        raise BadAnswer([f"there are {len(found)} sessions on {when}: give start_time, one of {starts}."])

    def _extent(self) -> str:
        days = [one.session_date for one in self._sessions]
        return f"reaches from {min(days)} to {max(days)}" if days else "holds no session yet"


def _onset_minute(raw: dict[str, str]) -> str | None:
    if "onset_minute" in raw or "onset_s" not in raw:
        return raw.get("onset_minute")
    try:
        return str(float(raw["onset_s"]) / 60)
    except ValueError:
        return raw["onset_s"]


def _starts_near(session: AnsweredSession, text: str) -> bool:
    try:
        told = time.fromisoformat(text)
    except ValueError as error:
        raise BadAnswer([f"start_time is {text!r}: write the local time as 07:30."]) from error
    local = (session.start_utc + timedelta(seconds=session.utc_offset_s)).replace(tzinfo=None)
    return abs(datetime.combine(session.session_date, told.replace(tzinfo=None)) - local) <= _START_SLACK


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadAnswer([f"entry_utc is {text!r}: write it as 2026-04-09T07:05+02:00."]) from error
    if found.tzinfo is None:
        raise BadAnswer([f"entry_utc is {text!r} without its offset: write it as 2026-04-09T07:05+02:00 (or Z)."])
    return found
