"""Rows: what ingest knows, as the tables of `sql/tables` hold it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.duplicates import Copy
from pipeline.errors import SkipRecording
from pipeline.model import DecodedFile, DeviceTotals, SessionMeasures
from pipeline.thresholds import threshold_digest
from pipeline.transforms.barometers import has_barometer
from pipeline.transforms.session import recorded_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ahead import Ahead
    from pipeline.archive import Received
    from pipeline.corrections import Correction
    from pipeline.model import DerivedSession, Recording, Thresholds

Row = dict[str, Any]


def _columns(record: Any) -> Row:  # noqa: ANN401 - any of the flat records of model.py
    """Return a flat record as a row; dataclasses.asdict would copy every value deeply, a tenth of an import's time."""
    return {name: getattr(record, name) for name in record.__slots__}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One archived file and what came of reading it."""

    received: Received
    decoded: DecodedFile | SkipRecording
    ahead: tuple[Ahead | None, ...] = ()  #: its recordings derived already, where another process had the time


@dataclass(frozen=True, slots=True)
class Read:
    """One recording with where it came from."""

    recording_id: str
    received: Received
    decoded: DecodedFile
    recording: Recording
    ahead: Ahead | None = None

    def copy(self) -> Copy:
        """Return what is needed to tell whether it is a copy of another."""
        recording = self.recording
        return Copy(
            recording_id=self.recording_id,
            content_sha256=self.received.content_sha256 or "",
            file_format=recording.format,
            sample_count=len(recording.samples),
            has_barometer=has_barometer(recording.device) and recording.samples.has("altitude_m"),
            has_cadence=recording.samples.has("cadence_spm"),
            recorded_minutes=recorded_minutes(recording),
        )


@dataclass(frozen=True, slots=True)
class Derived:
    """One session: its copies, the best one first, and all that was made of them."""

    runner_id: str
    recording: Recording  #: composed of the copies
    recording_ids: tuple[str, ...]
    gave: dict[str, int]  #: channel -> place in recording_ids
    correction: Correction
    thresholds: Thresholds
    session: DerivedSession

    @property
    def session_id(self) -> str:
        """The id of the recording that speaks for it."""
        return self.recording_ids[0]


def recording_row(item: Read, session_id: str) -> Row:
    """Return the row of `recording`."""
    recording, received, copy = item.recording, item.received, item.copy()
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
        "title": recording.title,
        "note": recording.note,
        "perceived_exertion_0_10": recording.perceived_exertion_0_10,
        "feel_0_100": recording.feel_0_100,
        "is_primary": session_id == item.recording_id,
        "crc_ok": item.decoded.crc_ok,
        "damage": None if item.decoded.damage is None else item.decoded.damage.reason,
        "start_utc": recording.start_utc,
        "sample_count": copy.sample_count,
        "has_barometer": copy.has_barometer,
        "has_cadence": copy.has_cadence,
        "recorded_minutes": copy.recorded_minutes.tolist(),
    }


def issue_rows(item: Read) -> Iterable[Row]:
    """Yield the rows of `recording_issue`."""
    for issue in item.recording.issues:
        yield {
            "recording_id": item.recording_id,
            "issue_kind": issue.kind,
            "issue_name": issue.name,
            "issue_count": issue.count,
            "detail": issue.detail,
        }


def session_row(item: Derived) -> Row:
    """Return the row of `measured_session`."""
    session, recording = item.session, item.recording
    measures = {field.name: getattr(session.measures, field.name) for field in fields(SessionMeasures)}
    totals = {f"device_{field.name}": getattr(recording.totals, field.name) for field in fields(DeviceTotals)}
    return {
        "session_id": item.session_id,
        "runner_id": item.runner_id,
        "session_date": date.fromisoformat(session.session_date),
        "start_utc": recording.start_utc,
        "utc_offset_s": session.utc_offset_s,
        "time_zone_source": session.time_zone_source,
        "sport": session.sport,
        "sport_source": session.sport_source if item.correction.sport is None else "corrected",
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
        "threshold_digest": threshold_digest(
            item.thresholds, item.correction.sport, is_excluded=item.correction.is_excluded
        ),
    }


def detail_rows(item: Derived) -> Iterable[tuple[str, Row]]:
    """Yield (table, row) for everything that hangs on a session."""
    session, session_id = item.session, item.session_id
    key = {"session_id": session_id}
    for fact in session.facts:
        row = _columns(fact)
        yield "measured_fact", {"runner_id": item.runner_id, **key, "fact": row.pop("name"), **row}
    for name, place in item.gave.items():
        yield "session_field", {**key, "field": name, "recording_id": item.recording_ids[place]}
    for surge in session.surges:
        yield "surge", {**key, **_columns(surge)}
    for climb in session.climbs:
        yield "climb", {**key, **_columns(climb)}
    for zone in session.zone_times:
        yield "zone_time", {**key, **_columns(zone)}
    for duration_s, distance_m in session.best_efforts:
        yield "best_effort", {**key, "duration_s": duration_s, "distance_m": distance_m}
    for start_s, speed_mps, cadence_spm in session.cadence_minutes:
        yield "cadence_minute", {**key, "start_s": start_s, "speed_mps": speed_mps, "cadence_spm": cadence_spm}
    for place, lap in enumerate(item.recording.laps, 1):
        row = _columns(lap)
        del row["step_count"]
        yield "lap", {**key, "lap_index": place, "lap_trigger": row.pop("trigger"), **row}


def quarantine_rows(file: Incoming) -> Iterable[Row]:
    """Yield the row of `quarantine`, if the file belongs there."""
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
