"""What `gaitkeeper doctor` says of a source: linked or not, last success, backlog, when a limit ends, what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flows.sources import open_source
from pipeline.errors import GaitkeeperError
from pipeline.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.base import SourceStatus
    from pipeline.config import SourceConfig
    from pipeline.settings import Home

Row = dict[str, Any]


def source_rows(home: Home, now_utc: datetime) -> Iterator[Row]:
    """Yield one row a configured source; nothing is asked of the network."""
    config = home.config()
    if not config.sources:
        yield _row("fine", "none configured: files come in with `gaitkeeper import`")
    for source in config.sources:
        yield _told(home, source, ZoneInfo(config.time_zone), now_utc)


def _told(home: Home, source: SourceConfig, zone: ZoneInfo, now_utc: datetime) -> Row:
    whose = f"{source.name} for {source.runner_id}"
    try:
        status = open_source(home, source).status()
    except GaitkeeperError as error:
        return _row("wrong", f"{whose}: {error}")
    parts = [status.message, _last_success(home, source, zone)]
    if status.backlog_count:
        parts.append(f"{status.backlog_count} still to be fetched")
    waits = status.free_again_utc is not None and status.free_again_utc > now_utc
    if status.free_again_utc is not None and waits:
        parts.append(f"may be asked again at {status.free_again_utc.astimezone(zone):%Y-%m-%d %H:%M}")
    if not source.may_reach_clinician:
        parts.append("not shown to a clinician")
    return _row(_state(status, waits=waits), f"{whose}: {'; '.join(parts)}", status.what_to_do)


def _state(status: SourceStatus, *, waits: bool) -> str:
    if not status.is_linked:
        return "wrong"
    return "look" if waits or status.what_to_do else "fine"


def _last_success(home: Home, source: SourceConfig, zone: ZoneInfo) -> str:
    when = [
        datetime.fromisoformat(line["ended_utc"])
        for line in read_lines(home.sync_run_file)
        if (line["runner_id"], line["source"]) == (source.runner_id, source.name) and line["state"] != "failed"
    ]
    return f"last success {max(when).astimezone(zone):%Y-%m-%d %H:%M}" if when else "never synced"


def _row(state: str, message: str, what_to_do: str | None = None) -> Row:
    return {"check": "sources", "state": state, "message": message, "what_to_do": what_to_do}
