"""Recording -> samples -> facts -> warehouse: the only place where they meet.

One batch is one transaction. The result depends on the set of files and of what was said, not on their order: sessions
are groups of copies (`duplicates`), and every group that a batch touches is composed and derived anew.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.ahead import Expected
from pipeline.baselines import write_baselines
from pipeline.corrections import CorrectionBook
from pipeline.duplicates import Copy, Grouping, components, group_copies
from pipeline.errors import SkipRecording, own_mistake
from pipeline.rows import Derived, Incoming, Read, detail_rows, issue_rows, quarantine_rows, recording_row, session_row
from pipeline.thresholds import ThresholdBook, threshold_digest
from pipeline.transforms import derive
from pipeline.transforms.compose import compose
from pipeline.transforms.local_day import local_start
from pipeline.warehouse import store
from pipeline.warehouse.connection import Connection, ask
from pipeline.warehouse.store import SESSION_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from pipeline.model import DecodedFile, DerivedSession, Recording, SessionSamples, Thresholds
    from pipeline.settings import Home

    Decode = Callable[[str, str], DecodedFile]
    DeriveMany = Callable[[Sequence[tuple[Recording, Thresholds]]], Sequence[DerivedSession]]


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What one batch changed."""

    session_ids: tuple[str, ...]  #: written or written anew
    quarantined_count: int
    merged_count: int  #: recordings of this batch that are further copies of a session


def recording_id(runner_id: str, content_sha256: str, index: int) -> str:
    """Return the stable id of one recording: ten hexadecimal digits, the same after every rebuild.

    40 bits: among 100,000 recordings the chance of any collision is 0.5 %, and the insert would fail loudly.
    """
    return hashlib.sha256(f"{runner_id}\n{content_sha256}\n{index}".encode()).hexdigest()[:10]


#: What an estimate of the critical speed is made of.
EFFORT_TABLES: Final = ("measured_session", "best_effort")


class Ingest:
    """Writes batches of read files into one open warehouse."""

    def __init__(
        self,
        connection: Connection,
        home: Home,
        home_time_zone: str,
        zone_at: Callable[[float, float], str | None],
        decode_archived: Decode,
        stale_partitions: set[Path] | None = None,
        derive_many: DeriveMany | None = None,
    ) -> None:
        """Use the writer's connection; thresholds and corrections are read once.

        Args:
            connection: the writer's.
            home: where the samples lie.
            home_time_zone: for runners who named none.
            zone_at: latitude and longitude to a time zone.
            decode_archived: (content_sha256, file_name) -> what that archived file holds, for copies of a session that
                arrived before; raises SkipRecording where it can't be read any more.
            stale_partitions: files of samples whose content is not to be kept (a rebuild).
            derive_many: derives some recordings, each with its thresholds, where others can help; None: here.
        """
        self._derive_many = derive_many or self._derive_here
        self._connection = connection
        self._home = home
        self._zone_at = zone_at
        self._decode_archived = decode_archived
        self._stale_partitions = set() if stale_partitions is None else stale_partitions
        self._thresholds = ThresholdBook(connection, home_time_zone)
        self._corrections = CorrectionBook(connection)
        self._last_estimate: dict[str, tuple[str, float]] = {}  # runner -> day, critical speed that the log told

    def store(self, incoming: Sequence[Incoming], superseded: Collection[tuple[str, str]] = ()) -> IngestResult:
        """Group, compose, derive and write one batch: all of it or nothing.

        Files whose content is in the warehouse already are written anew (a rebuild, or changed thresholds).

        Args:
            incoming: what was read.
            superseded: (runner, content) that no longer stands: its recordings are taken out, and what they were part
                of is made anew of the rest.
        """
        refused = list(incoming)
        read = {item.recording_id: item for file in incoming for item in _read(file)}
        stale = self._stale(superseded)
        touched = self._touched(read, stale)
        derived = [item for group in touched.groups if (item := self._derived(group, read, refused)) is not None]
        leaders = {member: item.session_id for item in derived for member in item.recording_ids}
        members = [*(member for group in touched.groups for member in _ids(group)), *stale]
        gone = ask(self._connection, "sessions_of_recordings", {"recording_ids": members})
        self._connection.execute("begin")
        try:
            self._write_recordings(read, leaders, touched, stale)
            store.delete_sessions(self._connection, [row["session_id"] for row in gone])
            derived = self._with_estimates(derived)
            self._write_sessions(derived)
            write_baselines(self._connection, derived, gone)
            store.delete_quarantine(self._connection, superseded)
            quarantined = self._write_quarantine(incoming, refused)
            partitions = _partitions(derived, gone)
            store.store_samples(self._connection, self._home, partitions, self._stale_partitions)
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            raise
        merged = sum(leaders.get(member, member) != member for member in read)
        return IngestResult(tuple(item.session_id for item in derived), quarantined, merged)

    def expected(self, runner_id: str) -> Expected:
        """Return what is likely to hold for the next sessions of a runner, for whoever derives them ahead."""
        return Expected(runner_id, self._thresholds.of_runner(runner_id), self._estimate(runner_id))

    def _estimate(self, runner_id: str) -> float | None:
        """Return the critical speed that the log told for the runner's last session: most often the next one's, too."""
        told = self._last_estimate.get(runner_id)
        return None if told is None else told[1]

    def outdated(self) -> list[str]:
        """Return the sessions whose thresholds, corrections or copies have changed since they were derived."""
        stale = {
            row["session_id"]
            for row in ask(self._connection, "session_thresholds")
            if row["threshold_digest"] != self._expected_digest(row)
        }
        return sorted(stale | self._grouped_otherwise())

    def _grouped_otherwise(self) -> set[str]:
        """Return the sessions whose copies would be grouped otherwise by what is said now."""
        named = sorted({member for pair in self._corrections.pairs for member in pair})
        stored = ask(self._connection, "recording_sessions", {"recording_ids": named})
        session_of = {row["recording_id"]: row["session_id"] for row in stored}
        ranked = sorted((_stored_copy(row) for row in stored), key=lambda copy: copy.rank)
        overlaps = [tuple(row.values()) for row in ask(self._connection, "overlaps")]
        leader_of = components(_ids(ranked), overlaps, self._corrections.pairs)
        moved = [member for member, leader in leader_of.items() if session_of[member] != leader]
        return {session_of[member] for member in moved} | {session_of[leader_of[member]] for member in moved}

    def _expected_digest(self, row: dict[str, Any]) -> str:
        correction = self._corrections.of(row["recording_ids"])
        day, runner_id = row["session_date"], row["runner_id"]
        thresholds = self._thresholds.on(runner_id, day, row["estimated_critical_speed_mps"])
        return threshold_digest(correction.thresholds(thresholds), correction.sport, is_excluded=correction.is_excluded)

    # --- Which sessions a batch touches --------------------------------------------------------------------------

    def _stale(self, superseded: Collection[tuple[str, str]]) -> dict[str, str]:
        """Return the stored recordings of contents that no longer stand: recording id -> runner."""
        if not superseded:
            return {}
        contents = sorted({content for _, content in superseded})
        found = ask(self._connection, "recordings_of_contents", {"content_sha256s": contents})
        return {
            row["recording_id"]: row["runner_id"]
            for row in found
            if (row["runner_id"], row["content_sha256"]) in superseded
        }

    def _touched(self, read: dict[str, Read], stale: dict[str, str]) -> Grouping:
        """Group the batch's copies with all stored ones that they touch, runner by runner, those taken out left out."""
        by_runner: dict[str, list[Copy]] = defaultdict(list, {runner_id: [] for runner_id in stale.values()})
        for item in read.values():
            by_runner[item.received.runner_id].append(item.copy())
        groups: list[list[Copy]] = []
        overlaps: list[tuple[str, str, float]] = []
        for runner_id, new in by_runner.items():
            gone = {member for member, owner in stale.items() if owner == runner_id}
            stored = self._stored_copies(runner_id, new, gone)
            kept = [row for row in stored if row["recording_id"] not in read and row["recording_id"] not in gone]
            copies = [*new, *(_stored_copy(row) for row in kept)]
            grouping = group_copies(copies, self._corrections.pairs)
            leader_then = {row["recording_id"]: row["session_id"] for row in stored}
            changed = {leader_then[member] for member in leader_then if member in read or member in gone}
            for group in grouping.groups:
                led = {leader_then.get(member) for member in _ids(group)}
                if led != {group[0].recording_id} or led & changed:
                    groups.append(group)
            overlaps += grouping.overlaps
        members = {member for group in groups for member in _ids(group)}
        return Grouping(groups, [pair for pair in overlaps if not members.isdisjoint(pair[:2])])

    def _stored_copies(self, runner_id: str, new: Sequence[Copy], gone: set[str]) -> list[dict[str, Any]]:
        """Return the stored copies that the new ones may belong to, and those that are to be taken out.

        Those whose recorded spans touch theirs, or touch one that does, those that a person called the same, and those
        that share a stored session with any of them: it may come apart.
        """
        spans = [copy.recorded_minutes for copy in new if copy.recorded_minutes.size]
        low = min((int(span[0]) for span in spans), default=0)
        high = max((int(span[-1]) for span in spans), default=-1)
        named = {copy.recording_id for copy in new} | gone
        while True:
            found = ask(
                self._connection,
                "copies_between",
                {
                    "runner_id": runner_id,
                    "first_minute": low,
                    "last_minute": high,
                    "recording_ids": sorted(named | self._said_same(named)),
                },
            )
            spans_found = [row["recorded_minutes"] for row in found if row["recorded_minutes"]]
            reached = (
                min([low, *(span[0] for span in spans_found)]),
                max([high, *(span[-1] for span in spans_found)]),
                named | {row["recording_id"] for row in found},
            )
            if reached == (low, high, named):
                return found
            low, high, named = reached

    def _said_same(self, recording_ids: set[str]) -> set[str]:
        pairs = (pair for pair, is_same in self._corrections.pairs.items() if is_same and pair & recording_ids)
        return set().union(*pairs)

    # --- What is made of them ------------------------------------------------------------------------------------

    def _derived(self, group: list[Copy], read: dict[str, Read], refused: list[Incoming]) -> Derived | None:
        """Return the session of one group, led by its best copy that can be; those that can't join `refused`."""
        members = [read.get(copy.recording_id) or self._archived(copy.recording_id, refused) for copy in group]
        present = [member for member in members if member is not None]
        while present:
            try:
                return self._made_of(present)
            except SkipRecording as error:
                refused.append(Incoming(present.pop(0).received, error))
            except Exception as error:  # noqa: BLE001 - a file that we fail on must not lock the whole home
                refused.append(Incoming(present.pop(0).received, own_mistake("deriving", error)))
        return None

    def _made_of(self, present: list[Read]) -> Derived:
        recording, gave = compose([member.recording for member in present])
        ids = tuple(member.recording_id for member in present)
        correction = self._corrections.of(ids)
        recording = correction.recording(recording)
        runner_id = present[0].received.runner_id
        day, _, _ = local_start(recording, self._thresholds.time_zone(runner_id), self._zone_at)
        ahead = present[0].ahead
        # whichever estimate: `_with_estimates` finds the one that holds, and derives anew where it is another one
        estimated_mps = self._estimate(runner_id) if ahead is None else ahead.estimated_mps
        on_day = self._thresholds.on(runner_id, date.fromisoformat(day), estimated_mps)
        thresholds = correction.thresholds(on_day)
        if ahead is not None and ahead.thresholds == thresholds and recording is present[0].recording:
            session = ahead.session
        else:
            session = derive(recording, thresholds, self._zone_at)
        return Derived(runner_id, recording, ids, gave, correction, thresholds, session)

    def _derive_here(self, wanted: Sequence[tuple[Recording, Thresholds]]) -> list[DerivedSession]:
        return [derive(recording, thresholds, self._zone_at) for recording, thresholds in wanted]

    def _archived(self, wanted_id: str, refused: list[Incoming]) -> Read | None:
        """Read a stored copy again from the archive; one that can't be read any more joins `refused`."""
        row = ask(self._connection, "one_recording", {"recording_id": wanted_id})[0]
        received = store.received_of(row)
        try:
            decoded = self._decode_archived(row["content_sha256"], row["file_name"])
        except SkipRecording as error:
            refused.append(Incoming(received, error))
            return None
        return next((item for item in _read(Incoming(received, decoded)) if item.recording_id == wanted_id), None)

    def _with_estimates(self, derived: list[Derived]) -> list[Derived]:
        """Derive once more the sessions for which the log itself tells another critical speed than was expected.

        The stretches that tell it have to be in the warehouse first, those of this batch among them; they are the same
        whatever the thresholds. Nobody is asked where somebody said one.
        """
        open_items = [
            item
            for item in derived
            if not self._thresholds.has_critical_speed(item.runner_id, date.fromisoformat(item.session.session_date))
        ]
        estimate_mps: dict[str, float] = {}
        open_ids = [item.session_id for item in open_items if item.session.is_run]
        if open_ids:
            self._write_sessions(derived, only=EFFORT_TABLES)
            found = ask(self._connection, "critical_speeds", {"session_ids": open_ids})
            store.delete_sessions(self._connection, [item.session_id for item in derived])
            estimate_mps = {row["session_id"]: row["critical_speed_mps"] for row in found}
        changed: dict[str, tuple[Derived, Thresholds]] = {}
        for item in open_items:
            thresholds = self._estimated(item, estimate_mps.get(item.session_id))
            if thresholds != item.thresholds:
                changed[item.session_id] = (item, thresholds)
        sessions = self._derive_many([(item.recording, thresholds) for item, thresholds in changed.values()])
        again = {
            item.session_id: replace(item, thresholds=thresholds, session=session)
            for (item, thresholds), session in zip(changed.values(), sessions, strict=True)
        }
        return [again.get(item.session_id, item) for item in derived]

    def _estimated(self, item: Derived, estimated_mps: float | None) -> Thresholds:
        """Return the thresholds of a session with what the log itself tells, which is kept for the next one."""
        day = item.session.session_date
        if estimated_mps is not None and day >= self._last_estimate.get(item.runner_id, ("", 0.0))[0]:
            self._last_estimate[item.runner_id] = (day, estimated_mps)
        on_day = self._thresholds.on(item.runner_id, date.fromisoformat(day), estimated_mps)
        return item.correction.thresholds(on_day)

    # --- Rows ----------------------------------------------------------------------------------------------------

    def _write_recordings(
        self, read: dict[str, Read], leaders: dict[str, str], touched: Grouping, stale: Iterable[str]
    ) -> None:
        members = [*(member for group in touched.groups for member in _ids(group)), *stale]
        lost = set(members) - leaders.keys()
        written = [item for item in read.values() if item.recording_id in leaders]
        store.replace_recordings(
            self._connection,
            [recording_row(item, leaders[item.recording_id]) for item in written],
            [row for item in written for row in issue_rows(item)],
            lost,
        )
        moved = {member: leader for member, leader in leaders.items() if member not in read}
        store.move_recordings(self._connection, moved)
        overlaps = [pair for pair in touched.overlaps if lost.isdisjoint(pair[:2])]
        store.replace_overlaps(self._connection, members, overlaps)

    def _write_sessions(self, items: Sequence[Derived], only: Sequence[str] = SESSION_TABLES) -> None:
        rows_of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for item in items:
            rows_of["measured_session"].append(session_row(item))
            for table, values in detail_rows(item):
                rows_of[table].append(values)
        for table in only:
            store.insert_rows(self._connection, table, rows_of[table])

    def _write_quarantine(self, incoming: Sequence[Incoming], refused: Sequence[Incoming]) -> int:
        found = [row for file in refused for row in quarantine_rows(file)]
        store.replace_quarantine(self._connection, [file.received for file in incoming], found)
        return len(found)


def _read(file: Incoming) -> Iterable[Read]:
    """Yield the recordings of one file with their ids."""
    if not isinstance(file.decoded, SkipRecording):
        received = file.received
        for place, recording in enumerate(file.decoded.recordings):
            id_ = recording_id(received.runner_id, received.content_sha256 or "", recording.index)
            ahead = file.ahead[place] if file.ahead else None
            yield Read(id_, received, file.decoded, recording, ahead)


def _ids(group: Iterable[Copy]) -> list[str]:
    return [copy.recording_id for copy in group]


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


def _partitions(
    derived: Sequence[Derived], gone: Sequence[dict[str, Any]]
) -> dict[tuple[str, str], dict[str, SessionSamples | None]]:
    """Return which samples are put into which partition, and which are taken out."""
    partitions: dict[tuple[str, str], dict[str, SessionSamples | None]] = defaultdict(dict)
    for row in gone:
        partitions[row["runner_id"], f"{row['start_utc']:%Y-%m}"][row["session_id"]] = None
    for item in derived:
        partitions[item.runner_id, f"{item.recording.start_utc:%Y-%m}"][item.session_id] = item.session.samples
    return partitions
