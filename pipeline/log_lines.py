"""The log of what the program does: one line a fact on standard error, as text or (on request) as JSON.

A line names ids, counts, states and times. It never names a place, a note, a title, an answer or a person: a log is
copied into tickets and mails by people who should not have to read it first.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal

LogFormat = Literal["text", "json", "off"]
LOG_FORMATS: Final = ("text", "json", "off")

#: Names the form for every command and every process that it starts.
LOG_VARIABLE: Final = "GAITKEEPER_LOG"

_LOGGER: Final = logging.getLogger("gaitkeeper")
_LOGGER.addHandler(logging.NullHandler())  # where nobody asked for a log, Python would print warnings without one


class FactLines(logging.Formatter):
    """One line a record: its instant, its level, what happened, and the facts of it."""

    def __init__(self, log_format: str) -> None:
        """Write text or JSON."""
        super().__init__()
        self._is_json = log_format == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts: dict[str, Any] = getattr(record, "facts", {})
        if self._is_json:
            line = {"at_utc": at, "level": record.levelname.lower(), "event": record.getMessage(), **facts}
            return json.dumps(line, ensure_ascii=False, default=str)
        told = "".join(f" {name}={_word(value)}" for name, value in facts.items())
        return f"{at} {record.levelname.lower()} {record.getMessage()}{told}"


def _word(value: object) -> str:
    text = "-" if value is None else str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n\r\t') else text


def start_log(log_format: str | None, default: LogFormat = "off") -> None:
    """Write the log in this form, in this process and in those that it starts.

    Args:
        log_format: what the user asked for on the command line; None takes GAITKEEPER_LOG.
        default: the form where neither says one.
    """
    named = log_format or os.environ.get(LOG_VARIABLE) or default
    chosen = named if named in LOG_FORMATS else default
    os.environ[LOG_VARIABLE] = chosen
    for handler in [one for one in _LOGGER.handlers if isinstance(one.formatter, FactLines)]:
        _LOGGER.removeHandler(handler)
    _LOGGER.propagate = False  # a library that sets up the root logger must not print our lines a second time
    if chosen != "off":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(FactLines(chosen))
        _LOGGER.addHandler(handler)
        _LOGGER.setLevel(logging.INFO)


def log(event: str, *, level: int = logging.INFO, **facts: object) -> None:
    """Write one line.

    Args:
        event: what happened, in snake_case: `source_synced`.
        level: of `logging`.
        facts: ids, counts, states, times and our own sentences about sources; nothing that a person said.
    """
    _LOGGER.log(level, event, extra={"facts": facts})
