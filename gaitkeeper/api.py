"""The log from a notebook: relations as DataFrames, charts that show themselves, and a connection that only reads.

    >>> import gaitkeeper
    >>> log = gaitkeeper.open("~/gaitkeeper-home")
    >>> log.sessions
    >>> log.charts.session("last")

Nothing here writes: the archive, the journal and the warehouse stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gaitkeeper.options import default_home, one_runner, open_log, today_in
from pipeline.errors import NeedsAttention
from pipeline.settings import Home

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pipeline.reports.charts import Chart
    from pipeline.warehouse.connection import Connection
    from pipeline.warehouse.frames import Frame

#: Width of a chart in a notebook, in CSS pixels: that of its column in Jupyter.
NOTEBOOK_WIDTH_PX = 720


def open(home: str | Path | None = None, *, as_of: date | datetime | None = None) -> Log:  # noqa: A001 - called as gaitkeeper.open
    """Open a log for reading.

    Args:
        home: its folder; None means GAITKEEPER_HOME, else the platform's folder for user data.
        as_of: judge as if it were this local day (its last minute) or time; None asks the clock.

    Raises:
        NeedsAttention: there is no home in that folder.
    """
    chosen = Home(Path(home).expanduser() if home is not None else default_home())
    chosen.require()
    if as_of is not None and not isinstance(as_of, datetime):
        as_of = datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001 - a local time of the home, as for --as-of
    if as_of is not None and as_of.tzinfo is not None:
        raise NeedsAttention("as_of is a local day or time of the home: give it without a time zone.")
    return Log(chosen, as_of)


@dataclass(frozen=True, slots=True)
class Log:
    """One home, opened for reading. Every question reads the newest published snapshot, so nothing is ever stale."""

    home: Home
    as_of: datetime | None = None

    def __repr__(self) -> str:
        """Say which log it is and what can be asked of it."""
        return f"<Gaitkeeper log in {self.home.path}: .sessions, .findings, .relation(name), .charts, .connect()>"

    def connect(self) -> AbstractContextManager[Connection]:
        """Return a DuckDB connection that only reads, to be used in a `with`; every relation of the README is in it."""
        return open_log(self.home, self.as_of)

    def relation(
        self, name: str, runner_id: str | None = None, since: date | str | None = None, session_id: str | None = None
    ) -> Frame:
        """Return a relation's rows as a DataFrame.

        Args:
            name: as in the README: session, finding, session_fact, week_summary, ...
            runner_id: only this runner's rows.
            since: only rows of this local day and later; a date or "2026-03-02".
            session_id: only this session's rows.

        Raises:
            NeedsAttention: there is no such relation (the nearest names are told), runner or day.
        """
        from pipeline.warehouse.frames import frame

        if runner_id is not None:
            runner_id = one_runner(self.home, runner_id)
        with open_log(self.home, self.as_of) as connection:
            return frame(connection, name, runner_id=runner_id, since_date=_day(since), session_id=session_id)

    @property
    def runners(self) -> Frame:
        """One row per runner."""
        return self.relation("runner")

    @property
    def sessions(self) -> Frame:
        """One row per training session, duplicates merged, with its stage and verdict."""
        return self.relation("session")

    @property
    def findings(self) -> Frame:
        """One row per limit held against one run."""
        return self.relation("finding")

    @property
    def facts(self) -> Frame:
        """One row per fact of one session."""
        return self.relation("session_fact")

    @property
    def weeks(self) -> Frame:
        """One row per runner and ISO week; weeks without a run are there too."""
        return self.relation("week_summary")

    @property
    def surges(self) -> Frame:
        """One row per bout faster than the ceiling."""
        return self.relation("surge")

    @property
    def climbs(self) -> Frame:
        """One row per continuous climb or descent."""
        return self.relation("climb")

    @property
    def symptoms(self) -> Frame:
        """One row per symptom entry and moment."""
        return self.relation("symptom")

    @property
    def rehab(self) -> Frame:
        """One row per rehab entry."""
        return self.relation("rehab")

    def samples(self, session: str = "last") -> Frame:
        """Return the seconds of one session.

        Args:
            session: its id (or the start of it), its local day, or "last".
        """
        from pipeline.warehouse.frames import frame

        with open_log(self.home, self.as_of) as connection:
            return frame(connection, "sample", session_id=_session_id(connection, session))

    @property
    def charts(self) -> Charts:
        """The charts; a notebook shows what they return."""
        return Charts(self)

    def export(
        self,
        folder: str | Path,
        format: str = "csv",  # noqa: A002 - the word of the command's option
        relations: tuple[str, ...] | list[str] = (),
        runner_id: str | None = None,
    ) -> list[Path]:
        """Write relations into a folder, a file each, readable by you only; return the files.

        Args:
            folder: made where it is missing.
            format: csv or parquet.
            relations: names; none means all but `sample`, which is nine tenths of a log.
            runner_id: only this runner's rows.
        """
        from pipeline.warehouse.frames import export

        if runner_id is not None:
            runner_id = one_runner(self.home, runner_id)
        with open_log(self.home, self.as_of, judge=True) as connection:
            return export(connection, Path(folder).expanduser(), format, names=tuple(relations), runner_id=runner_id)


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of one log: each shows itself in a notebook, and has `.svg()`, `.png()`, `.html()` and `.spec`."""

    log: Log

    def session(self, session: str = "last", width_px: int = NOTEBOOK_WIDTH_PX) -> Chart:
        """Draw one session: its id (or the start of it), its local day, or "last"."""
        from flows.charts import session_chart_of
        from pipeline.reports.charts import session_chart

        with self.log.connect() as connection:
            data = session_chart_of(connection, _session_id(connection, session))
        if data is None:
            raise NeedsAttention(f"The session {session!r} has no recorded second: there is nothing to draw.")
        return session_chart(data, width_px)

    def week(
        self, iso_week: str | None = None, runner_id: str | None = None, width_px: int = NOTEBOOK_WIDTH_PX
    ) -> Chart:
        """Draw one ISO week, such as "2026-W12"; None is this one."""
        from flows.charts import week_chart_of
        from flows.report import iso_week as week_of
        from pipeline.reports.charts import week_chart

        runner = one_runner(self.log.home, runner_id)
        wanted = iso_week or week_of(today_in(self.log.home, self.log.as_of))
        with open_log(self.log.home, self.log.as_of, judge=True) as connection:
            data = week_chart_of(connection, runner, wanted)
        if data is None:
            raise NeedsAttention(f"The log of {runner} does not reach the week {wanted}.")
        return week_chart(data, width_px)

    def block(self, runner_id: str | None = None, width_px: int = NOTEBOOK_WIDTH_PX) -> Chart:
        """Draw all weeks, with the stages and the hip's answers."""
        from flows.charts import block_chart_of
        from pipeline.reports.charts import block_chart

        runner = one_runner(self.log.home, runner_id)
        with open_log(self.log.home, self.log.as_of, judge=True) as connection:
            data = block_chart_of(connection, runner)
        if data is None:
            raise NeedsAttention(f"The log of {runner} has no session yet: there is nothing to draw.")
        return block_chart(data, width_px)

    def cadence(self, runner_id: str | None = None, width_px: int = NOTEBOOK_WIDTH_PX) -> Chart:
        """Draw cadence against speed, with the baseline."""
        from flows.charts import cadence_chart_of
        from pipeline.reports.charts import cadence_chart

        runner = one_runner(self.log.home, runner_id)
        with self.log.connect() as connection:
            data = cadence_chart_of(connection, runner)
        if data is None:
            raise NeedsAttention(f"No run of {runner} has a minute of flat, steady running with a cadence.")
        return cadence_chart(data, width_px)


def _session_id(connection: Connection, wanted: str) -> str:
    from gaitkeeper.commands.show import find_session

    return find_session(connection, None, wanted)


def _day(since: date | str | None) -> date | None:
    if since is None or isinstance(since, date):
        return since.date() if isinstance(since, datetime) else since
    try:
        return date.fromisoformat(since)
    except ValueError as error:
        raise NeedsAttention(f"{since!r} is no day. Write it as 2026-03-02.") from error
