"""The published log as the pages read it: opened and judged once, and again as soon as anything it rests on changed.

Judging a log of 3,000 runs takes a third of a second, and a page is asked for far more often than somebody says
something. So one judged reader is kept, with the rows that pages asked it for, until the snapshot, the journal, the
protocols or the hour are others.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gaitkeeper.options import now_in, today_in
from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.warehouse.connection import ask, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime
    from pathlib import Path

    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

#: Answers of one reader that are kept: some hundred pages' worth, a few megabytes.
MAX_KEPT: Final = 2_000

Row = dict[str, Any]


@dataclass(slots=True)
class Log:
    """One judged reader of the log, as it stood at `now_utc`. Rows are shared: nobody changes them."""

    connection: Connection
    state: object  #: what the reader rests on; another one is another log
    now_utc: datetime
    today: date
    _kept: OrderedDict[object, Any] = field(default_factory=OrderedDict)

    def ask(self, name: str, **parameters: Any) -> list[Row]:  # noqa: ANN401 - a query's parameters
        """Return the rows of one file of `sql/queries`; the second time without asking the database."""
        key = (name, *sorted(parameters.items()))
        found: list[Row] = self.keep(key, lambda: ask(self.connection, name, parameters))
        return found

    def keep(self, key: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is made
        """Return what was made for this key, made now where it was not; the longest unused goes first."""
        if key not in self._kept:
            self._kept[key] = make()
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class LogBook:
    """Gives every request the log of now; one request reads at a time."""

    def __init__(self, home: Home, as_of: datetime | None = None) -> None:
        """Open nothing yet.

        Args:
            home: the home.
            as_of: a local time that "now" means for all pages; None asks the clock.
        """
        self.home = home
        self.as_of = as_of
        self._lock = threading.RLock()
        self._stack = ExitStack()
        self._log: Log | None = None

    def now_utc(self) -> datetime:
        """Return what "now" means."""
        return now_in(self.home, self.as_of)

    @contextmanager
    def reading(self) -> Iterator[Log]:
        """Give the log as it stands now.

        Raises:
            NeedsAttention: nothing was published yet, or another version of the program published it.
        """
        with self._lock:
            now_utc = self.now_utc()
            state = self._state(now_utc)
            if self._log is None or self._log.state != state:
                self.close()  # first: DuckDB gives a path that is open already its old file
                self._log = self._opened(state, now_utc)
            yield self._log

    def _opened(self, state: object, now_utc: datetime) -> Log:
        today = today_in(self.home, self.as_of)
        with ExitStack() as stack:
            connection = stack.enter_context(reading(self.home, now_utc, today))
            lay_protocols_over(connection, self.home)
            judge_once(connection)
            self._stack = stack.pop_all()
        return Log(connection, state, now_utc, today)

    def _state(self, now_utc: datetime) -> object:
        """Return what a verdict depends on: the files, and the hour (what is pending becomes due)."""
        home = self.home
        files = (home.published_file, home.journal_file, home.config_file, *sorted(home.protocol_folder.glob("*.toml")))
        return (*map(_stamp, files), now_utc.replace(minute=0, second=0, microsecond=0))

    def close(self) -> None:
        """Let go of the snapshot."""
        with self._lock:
            self._log = None
            self._stack.close()


def _stamp(path: Path) -> object:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns
