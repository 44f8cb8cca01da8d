"""Text of track points -> columns of numbers, a block at a time, so that a hostile file can't fill the memory."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.errors import UnreadableFile
from pipeline.model import Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from xml.parsers.expat import XMLParserType

    from pipeline.model import FloatArray

#: A point as text takes about 1 KB while it waits: 8,192 of them are 8 MB.
BLOCK_POINTS: Final = 8192

#: Activity formats nest about ten deep; a document that goes on and on would fill expat's own stack.
MAX_DEPTH: Final = 200

TIME: Final = "time"
OFFSET: Final = "utc_offset_s"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Writers that don't pad: 2019-9-2T1:10:03Z.
_UNPADDED: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2}):(\d{1,2})(.*)", re.DOTALL)
#: "2019-09-02T10:10": anything shorter is a date or no time at all.
_SHORTEST_TIME: Final = 16


class ChannelNames(dict[str, "str | None"]):
    """Element name -> channel, worked out once per name: "" is ignored by name, None is known to nobody."""

    def __init__(self, channels: Mapping[str, str], ignored: frozenset[str]) -> None:
        """Take local names, lower case, of the elements that are channels and of those that are left out knowingly."""
        super().__init__()
        self._channels = channels
        self._ignored = ignored
        self.unknown: Counter[str] = Counter()

    def __missing__(self, name: str) -> str | None:
        """Look up a name as it stands in the file, prefix and all."""
        local = name.rpartition(":")[2].lower()
        self[name] = channel = self._channels.get(local, "" if local in self._ignored else None)
        return channel

    def issues(self) -> list[Issue]:
        """Return what nobody knows, once per name."""
        return [Issue("unmapped_field", name, count) for name, count in sorted(self.unknown.items())]


def point_reader(
    parser: XMLParserType, channels: ChannelNames, take: Callable[[dict[str, str]], None], leave: Callable[[], None]
) -> Callable[[dict[str, str]], None]:
    """Return a function that takes over the parser at the start tag of a point, until its end tag.

    Closures and few branches on purpose: the handlers run about fourteen times a point.

    Args:
        parser: whose handlers are set.
        channels: element name -> channel.
        take: called with the whole point; one that the document is cut in is never taken.
        leave: called after that, to set the caller's handlers again.
    """
    row: dict[str, str] = {}
    text: list[str] = []
    channel: str | None = ""
    depth = 0

    def start(name: str, _attributes: object) -> None:
        nonlocal channel, depth
        depth += 1
        channel = channels[name]
        if channel:
            text.clear()
        elif channel is None:
            channels.unknown[name] += 1
            if depth > MAX_DEPTH:
                raise UnreadableFile(
                    f"XML nested more than {MAX_DEPTH} deep, which no activity is", parser.CurrentByteIndex
                )

    def end(_name: str) -> None:
        nonlocal channel, depth
        if channel:
            if text and channel not in row:
                row[channel] = "".join(text)
            channel = ""
        depth -= 1
        if depth < 0:
            parser.CharacterDataHandler = None
            take(row)
            leave()

    def begin(point: dict[str, str]) -> None:
        nonlocal row, channel, depth
        row, channel, depth = point, "", 0
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text.append

    return begin


class PointColumns:
    """Collects points (channel -> text) and turns them into columns."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: list[Mapping[str, str]] = []
        self._blocks: list[dict[str, FloatArray]] = []
        self._flushed_count = 0
        self._unreadable: Counter[str] = Counter()
        self._without_zone_count = 0

    def __len__(self) -> int:
        """Return the number of points so far."""
        return self._flushed_count + len(self._rows)

    def append(self, row: Mapping[str, str]) -> None:
        """Take one whole point; the mapping is kept, not copied."""
        self._rows.append(row)
        if len(self._rows) >= BLOCK_POINTS:
            self._flush()

    def finish(self) -> tuple[dict[str, FloatArray], list[Issue]]:
        """Return channel -> (n,) values with NaN where a point has none, and what could not be read.

        `time` (seconds since 1970 UTC) is always there; `utc_offset_s` where times carry an offset other than Z.
        """
        self._flush()
        names = {name for block in self._blocks for name in block} | {TIME}
        columns = {name: self._joined(name) for name in sorted(names)}
        issues = [Issue("unreadable_value", name, count) for name, count in sorted(self._unreadable.items()) if count]
        if self._without_zone_count:
            issues.append(Issue("time_without_zone", TIME, self._without_zone_count, "taken as UTC"))
        return columns, issues

    def _joined(self, name: str) -> FloatArray:
        parts = [block[name] if name in block else np.full(len(block[TIME]), np.nan) for block in self._blocks]
        return np.concatenate(parts) if parts else np.empty(0)

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        self._flushed_count += len(rows)
        times, offsets = self._instants([row.get(TIME) for row in rows])
        block = {TIME: times}
        if offsets is not None:
            block[OFFSET] = offsets
        for name in {name for row in rows for name in row} - {TIME}:
            block[name] = self._numbers(name, [row.get(name) for row in rows])
        self._blocks.append(block)

    def _numbers(self, name: str, texts: Sequence[str | None]) -> FloatArray:
        try:
            return np.array([np.nan if text is None else float(text) for text in texts])
        except ValueError:
            values = [np.nan if text is None else number(text) for text in texts]
        self._unreadable[name] += sum(value is None for value in values)
        return np.array([np.nan if value is None else value for value in values])

    def _instants(self, texts: Iterable[str | None]) -> tuple[FloatArray, FloatArray | None]:
        times_s: list[float] = []
        offsets_s: dict[int, float] = {}
        for text in texts:
            time = None if text is None else instant(text)
            if time is None:
                self._unreadable[TIME] += text is not None
                times_s.append(np.nan)
                continue
            if time.tzinfo is not UTC:
                offset = time.utcoffset()
                if offset is None:
                    self._without_zone_count += 1
                else:
                    offsets_s[len(times_s)] = offset.total_seconds()
            times_s.append(utc_seconds(time))
        return np.array(times_s), _sparse(offsets_s, len(times_s)) if offsets_s else None


def number(text: str) -> float | None:
    """Return the number that a text says, with a decimal comma if need be; None when it says none."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ".", 1))
    except ValueError:
        return None


def instant(text: str) -> datetime | None:
    """Return the time that a text says, naive where it names no zone; None when it is no time."""
    text = text.strip()
    if len(text) < _SHORTEST_TIME:
        match = _UNPADDED.fullmatch(text)
        return instant(_padded(match)) if match else None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    match = _UNPADDED.fullmatch(text)
    if match is None:
        return None
    try:
        return _leap_second(match) or datetime.fromisoformat(_padded(match))
    except ValueError:
        return None


def utc_seconds(time: datetime) -> float:
    """Return seconds since 1970 UTC; a time without zone is taken as UTC."""
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH).total_seconds()


def _leap_second(match: re.Match[str]) -> datetime | None:
    """A minute has 61 seconds once in a while; datetime knows only 60."""
    if match[6] != "60":
        return None
    return datetime.fromisoformat(_padded(match).replace(":60", ":59")) + timedelta(seconds=1)


def _padded(match: re.Match[str]) -> str:
    year, month, day, hour, minute, second, rest = match.groups()
    return f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}{rest.strip()}"


def claimed_offset(offsets_s: FloatArray | None) -> int | None:
    """Return the offset from UTC that most of the times carry; Z and +00:00 claim nothing."""
    if offsets_s is None:
        return None
    claimed = offsets_s[np.isfinite(offsets_s) & (offsets_s != 0)]
    if 2 * len(claimed) <= len(offsets_s):
        return None
    values, counts = np.unique(claimed, return_counts=True)
    return int(values[counts.argmax()])


def _sparse(values: Mapping[int, float], length: int) -> FloatArray:
    column = np.full(length, np.nan)
    column[list(values)] = list(values.values())
    return column
