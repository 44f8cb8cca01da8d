"""Recording -> samples -> facts -> warehouse: the only place where they meet.

One batch is one transaction. The result depends on the set of files, not on their order: sessions are groups of copies
(`duplicates`), and the best copy of each group speaks for it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.duplicates import Copy, group_copies
from pipeline.errors import SkipRecording
from pipeline.model import DecodedFile, DeviceTotals, SessionMeasures
from pipeline.thresholds import ThresholdBook, threshold_digest
from pipeline.transforms import derive
from pipeline.transforms.local_day import local_start
from pipeline.warehouse import store
from pipeline.warehouse.connection import Connection, ask, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline.archive import Received
    from pipeline.model import DerivedSession, Recording, SessionSamples, Thresholds
    from pipeline.settings import Home


@dataclass(frozen=True, slots=True)
class Incoming:
    """One archived file and what came of reading it."""

    received: Received
    decoded: DecodedFile | SkipRecording


@dataclass(frozen=True, slots=True)
class _Derived:
    """One recording with all that was made of it."""

    recording_id: str
    received: Received
    decoded: DecodedFile
    recording: Recording
    thresholds: Thresholds
    session: DerivedSession

    @property
    def copy(self) -> Copy:
        return Copy(
            recording_id=self.recording_id,
            content_sha256=self.received.content_sha256 or "",
            file_format=self.recording.format,
            sample_count=len(self.recording.samples),
            has_barometer=self.session.measures.altitude_source == "barometric",
            has_cadence=self.recording.samples.has("cadence_spm"),
            recorded_minutes=self.session.recorded_minutes,
        )


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What one batch changed."""

    session_ids: tuple[str, ...]  #: written or written anew
    quarantined_count: int
    merged_count: int  #: recordings that are further copies of a session


def recording_id(runner_id: str, content_sha256: str, index: int) -> str:
    """Return the stable id of one recording: ten hexadecimal digits, the same after every rebuild.

    40 bits: among 100,000 recordings the chance of any collision is 0.5 %, and the insert would fail loudly.
    """
    return hashlib.sha256(f"{runner_id}\n{content_sha256}\n{index}".encode()).hexdigest()[:10]


class Ingest:
    """Writes batches of read files into one open warehouse."""

    def __init__(
        self,
        connection: Connection,
        home: Home,
        home_time_zone: str,
        zone_at: Callable[[float, float], str | None],
    ) -> None:
        """Use the writer's connection; thresholds are read once."""
        self._connection = connection
        self._home = home
        self._zone_at = zone_at
        self._book = ThresholdBook(connection, home_time_zone)

    def store(self, incoming: Sequence[Incoming]) -> IngestResult:
        """Derive, group and write one batch: all of it or nothing.

        Files whose content is in the warehouse already are written anew (a rebuild, or changed thresholds).
        """
        incoming = list(incoming)
        derived = {item.recording_id: item for file in list(incoming) for item in self._derived(file, incoming)}
        groups = self._groups(derived)
        written = [group[0].recording_id for group in groups if group[0].recording_id in derived]
        store.store_samples(self._connection, self._home, self._partitions(derived, groups, written))
        self._connection.execute("begin")
        try:
            self._write_recordings(derived, groups)
            gone = {copy.recording_id for group in groups for copy in group}
            store.delete_sessions(self._connection, gone - self._kept(groups, derived))
            self._write_sessions([derived[recording_id] for recording_id in written])
            quarantined = self._write_quarantine(incoming)
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            raise
        merged = sum(copy.recording_id in derived for group in groups for copy in group[1:])
        return IngestResult(tuple(written), quarantined, merged)

    def outdated(self) -> list[str]:
        """Return the sessions whose thresholds have changed since they were derived."""
        return [
            row["session_id"]
            for row in ask(self._connection, "session_thresholds")
            if row["threshold_digest"] != threshold_digest(self._book.on(row["runner_id"], row["session_date"]))
        ]

    # ----------------------------------------------------------------------------------------------------------------

    def _derived(self, file: Incoming, incoming: list[Incoming]) -> Iterator[_Derived]:
        """Yield what one file gives; a recording that can't be derived joins `incoming` as something skipped."""
        if isinstance(file.decoded, SkipRecording):
            return
        received = file.received
        for recording in file.decoded.recordings:
            day, _, _ = local_start(recording, self._book.time_zone(received.runner_id), self._zone_at)
            thresholds = self._book.on(received.runner_id, date.fromisoformat(day))
            try:
                session = derive(recording, thresholds, self._zone_at)
            except SkipRecording as error:
                incoming.append(Incoming(received, error))
                continue
            id_ = recording_id(received.runner_id, received.content_sha256 or "", recording.index)
            yield _Derived(id_, received, file.decoded, recording, thresholds, session)

    def _groups(self, derived: dict[str, _Derived]) -> list[list[Copy]]:
        """Group the new copies with all stored ones that they touch, runner by runner."""
        by_runner: dict[str, list[Copy]] = defaultdict(list)
        for item in derived.values():
            by_runner[item.received.runner_id].append(item.copy)
        groups: list[list[Copy]] = []
        for runner_id, new in by_runner.items():
            groups += group_copies([*new, *self._stored_copies(runner_id, new, set(derived))])
        return groups

    def _stored_copies(self, runner_id: str, new: Sequence[Copy], known: set[str]) -> list[Copy]:
        """Return the stored copies whose recorded spans touch the new ones, or touch one that does."""
        spans = [copy.recorded_minutes for copy in new if copy.recorded_minutes.size]
        if not spans:
            return []
        low, high = min(int(s[0]) for s in spans), max(int(s[-1]) for s in spans)
        while True:
            found = ask(
                self._connection,
                "copies_between",
                {"runner_id": runner_id, "first_minute": low, "last_minute": high},
            )
            wider = [(row["recorded_minutes"][0], row["recorded_minutes"][-1]) for row in found]
            reached = (min([low, *(w[0] for w in wider)]), max([high, *(w[1] for w in wider)]))
            if reached == (low, high):
                return [_stored_copy(row) for row in found if row["recording_id"] not in known]
            low, high = reached

    @staticmethod
    def _kept(groups: list[list[Copy]], derived: dict[str, _Derived]) -> set[str]:
        """Return the sessions that stand as they are: led by a stored copy that this batch doesn't touch."""
        return {group[0].recording_id for group in groups} - set(derived)

    def _partitions(
        self, derived: dict[str, _Derived], groups: list[list[Copy]], written: list[str]
    ) -> dict[tuple[str, str], dict[str, SessionSamples | None]]:
        kept = self._kept(groups, derived)
        partitions: dict[tuple[str, str], dict[str, SessionSamples | None]] = defaultdict(dict)
        stored = [copy.recording_id for group in groups for copy in group if copy.recording_id not in derived]
        for row in rows(
            self._connection,
            "select session_id, runner_id, start_utc from measured_session where session_id in (select unnest($ids))",
            {"ids": [session_id for session_id in stored if session_id not in kept]},
        ):
            partitions[row["runner_id"], f"{row['start_utc']:%Y-%m}"][row["session_id"]] = None
        for session_id in written:
            item = derived[session_id]
            month = f"{item.recording.start_utc:%Y-%m}"
            partitions[item.received.runner_id, month][session_id] = item.session.samples
        return partitions

    def _write_recordings(self, derived: dict[str, _Derived], groups: list[list[Copy]]) -> None:
        leader = {copy.recording_id: group[0].recording_id for group in groups for copy in group}
        store.replace_recordings(
            self._connection,
            [_recording_row(item, leader[item.recording_id]) for item in derived.values()],
            [row for item in derived.values() for row in _issue_rows(item)],
        )
        for copy_id, session_id in leader.items():
            if copy_id not in derived:
                self._connection.execute(
                    "update recording set session_id = $session_id, is_primary = ($session_id = $recording_id) "
                    "where recording_id = $recording_id and session_id <> $session_id",
                    {"session_id": session_id, "recording_id": copy_id},
                )

    def _write_sessions(self, items: Sequence[_Derived]) -> None:
        rows_of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for item in items:
            rows_of["measured_session"].append(_session_row(item))
            for table, values in _detail_rows(item):
                rows_of[table].append(values)
        for table, listed in rows_of.items():
            store.insert_rows(self._connection, table, listed)

    def _write_quarantine(self, incoming: Sequence[Incoming]) -> int:
        found = [row for file in incoming for row in _quarantine_rows(file)]
        for file in incoming:
            self._connection.execute(
                "delete from quarantine where runner_id = ? and source = ? and source_ref = ? "
                "and (content_sha256 is null or content_sha256 = ?)",
                [
                    file.received.runner_id,
                    file.received.source,
                    file.received.source_ref,
                    file.received.content_sha256,
                ],
            )
        store.insert_rows(self._connection, "quarantine", found)
        return len(found)


def _stored_copy(row: dict[str, Any]) -> Copy:
    return Copy(
        recording_id=row["recording_id"],
        content_sha256=row["content_sha256"],
        file_format=row["file_format"],
        sample_count=row["sample_count"],
        has_barometer=row["has_barometer"],
        has_cadence=row["has_cadence"],
        recorded_minutes=np.array(row["recorded_minutes"], dtype=np.int32),
    )


def _recording_row(item: _Derived, session_id: str) -> dict[str, Any]:
    recording, received, copy = item.recording, item.received, item.copy
    return {
        "recording_id": item.recording_id,
        "runner_id": received.runner_id,
        "session_id": session_id,
        "source": received.source,
        "source_ref": received.source_ref,
        "content_sha256": received.content_sha256,
        "file_index": recording.index,
        "file_name": received.file_name,
        "file_format": recording.format,
        "decoder": recording.decoder,
        "device_name": recording.device.name,
        "sport": recording.sport,
        "is_primary": session_id == item.recording_id,
        "crc_ok": item.decoded.crc_ok,
        "damage": None if item.decoded.damage is None else item.decoded.damage.reason,
        "start_utc": recording.start_utc,
        "sample_count": copy.sample_count,
        "has_barometer": copy.has_barometer,
        "has_cadence": copy.has_cadence,
        "recorded_minutes": item.session.recorded_minutes.tolist(),
    }


def _issue_rows(item: _Derived) -> Iterable[dict[str, Any]]:
    for issue in item.recording.issues:
        yield {
            "recording_id": item.recording_id,
            "issue_kind": issue.kind,
            "issue_name": issue.name,
            "issue_count": issue.count,
            "detail": issue.detail,
        }


def _session_row(item: _Derived) -> dict[str, Any]:
    session, recording = item.session, item.recording
    measures = {field.name: getattr(session.measures, field.name) for field in fields(SessionMeasures)}
    totals = {f"device_{field.name}": getattr(recording.totals, field.name) for field in fields(DeviceTotals)}
    return {
        "session_id": item.recording_id,
        "runner_id": item.received.runner_id,
        "session_date": date.fromisoformat(session.session_date),
        "start_utc": recording.start_utc,
        "utc_offset_s": session.utc_offset_s,
        "time_zone_source": session.time_zone_source,
        "sport": session.sport,
        "sport_source": session.sport_source,
        "sub_sport": recording.sub_sport,
        "title": recording.title,
        "is_run": session.is_run,
        "is_indoor": session.is_indoor,
        **measures,
        **totals,
        "ceiling_mps": item.thresholds.ceiling_mps,
        "ceiling_source": item.thresholds.ceiling_source,
        "critical_speed_mps": item.thresholds.critical_speed_mps,
        "critical_speed_source": item.thresholds.critical_speed_source,
        "threshold_digest": threshold_digest(item.thresholds),
    }


def _detail_rows(item: _Derived) -> Iterable[tuple[str, dict[str, Any]]]:
    session, session_id = item.session, item.recording_id
    key = {"session_id": session_id}
    for fact in session.facts:
        row = asdict(fact)
        yield "measured_fact", {"runner_id": item.received.runner_id, **key, "fact": row.pop("name"), **row}
    for surge in session.surges:
        yield "surge", {**key, **asdict(surge)}
    for climb in session.climbs:
        yield "climb", {**key, **asdict(climb)}
    for zone in session.zone_times:
        yield "zone_time", {**key, **asdict(zone)}
    for duration_s, distance_m in session.best_efforts:
        yield "best_effort", {**key, "duration_s": duration_s, "distance_m": distance_m}
    for start_s, speed_mps, cadence_spm in session.cadence_minutes:
        yield "cadence_minute", {**key, "start_s": start_s, "speed_mps": speed_mps, "cadence_spm": cadence_spm}
    for place, lap in enumerate(item.recording.laps, 1):
        row = asdict(lap)
        del row["step_count"]
        yield "lap", {**key, "lap_index": place, "lap_trigger": row.pop("trigger"), **row}


def _quarantine_rows(file: Incoming) -> Iterable[dict[str, Any]]:
    received, decoded = file.received, file.decoded
    if isinstance(decoded, SkipRecording):
        reason, offset_bytes, salvaged = decoded.reason, decoded.offset_bytes, 0
    elif decoded.damage is not None:
        reason, offset_bytes = decoded.damage.reason, decoded.damage.offset_bytes
        salvaged = decoded.damage.salvaged_samples
    elif not decoded.recordings:
        reason, offset_bytes, salvaged = "the file holds no activity", None, 0
    else:
        return
    yield {
        "runner_id": received.runner_id,
        "source": received.source,
        "source_ref": received.source_ref,
        "file_name": received.file_name,
        "content_sha256": received.content_sha256,
        "reason": reason,
        "offset_bytes": offset_bytes,
        "salvaged_samples": salvaged,
        "first_seen_utc": received.received_utc,
    }
