"""Records and messages of one FIT part -> its Recordings: every record belongs to a session, none is lost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from connectors import fit_meta
from connectors.channels import clean_columns
from connectors.fit_channels import MAX_DAYS_FROM_MIDDLE, channels, is_on_foot, utc_seconds
from connectors.fit_profile import FIT_EPOCH_UTC_S, LAP, SESSION, SPORT, WORKOUT
from pipeline.model import DeviceTotals, Issue, Lap, Recording, Samples, Split, TimerEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fit_messages import Messages
    from connectors.fit_meta import SessionHead, TimedLap
    from connectors.fit_records import RecordColumns
    from pipeline.model import Device, FloatArray, WorkoutStep

_Thing = TypeVar("_Thing")

#: A session begins with the timer's start, its first record follows within minutes (satellites, smart recording). A
#: start a day or more before it comes from a wrong clock.
_MAX_LEAD_S: Final = 86_400.0
#: A session over all the others: its records belong to them.
_UMBRELLA_SPORT: Final = "multisport"
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all recordings of a part have in common, read once."""

    decoder: str
    device: Device
    utc_offset_s: int | None
    workout_steps: tuple[WorkoutStep, ...]
    events: dict[int, list[tuple[float, bool]]]  #: place of a session -> (FIT seconds, is a start)
    laps: dict[int, list[TimedLap]]
    splits: dict[int, list[tuple[float, float, str]]]  #: start in FIT seconds, duration, kind


def build_recordings(records: RecordColumns, messages: Messages, *, decoder: str, first_index: int) -> list[Recording]:
    """Make the recordings of one part, in the order of time.

    Several sessions share the records by their starts: a record belongs to the last session that had begun. Records
    before the first session belong to it. Without a session message all records are one recording.
    """
    issues: list[Issue] = []
    times_utc_s, kept = utc_seconds(records.times, issues)
    columns = records.columns if kept is None else {name: one[kept] for name, one in records.columns.items()}
    heads = _session_heads(messages, times_utc_s, issues)
    if not heads:
        return []
    starts = np.array([head.start for head in heads], dtype=np.float64)
    shared = _share(messages, starts, decoder)
    owner = _owners(times_utc_s - FIT_EPOCH_UTC_S, starts)
    built: list[Recording] = []
    for place, head in enumerate(heads):
        mine = slice(None) if len(heads) == 1 else owner == place
        fields = {name: column[mine] for name, column in columns.items()}
        built.append(_recording(shared, place, head, times_utc_s[mine], fields))
    built = _rebase_distances(built)
    built[0] = replace(built[0], issues=(*issues, *built[0].issues))
    return [replace(one, index=first_index + place) for place, one in enumerate(built)]


def _share(messages: Messages, starts: FloatArray, decoder: str) -> _Shared:
    events = fit_meta.timer_events(messages)
    # A stop at the very start of the next session still belongs to the one before.
    by_event = [float(np.nextafter(at, -np.inf)) if not is_start else at for at, is_start in events]
    laps, splits = fit_meta.timed_laps(messages), fit_meta.timed_splits(messages)
    return _Shared(
        decoder,
        fit_meta.device(messages),
        fit_meta.utc_offset_s(messages),
        fit_meta.workout_steps(messages),
        _by_owner(events, by_event, starts),
        _by_owner(laps, [one.start for one in laps], starts),
        _by_owner(splits, [start for start, _, _ in splits], starts),
    )


def _by_owner(things: list[_Thing], times: list[float], starts: FloatArray) -> dict[int, list[_Thing]]:
    owned: dict[int, list[_Thing]] = defaultdict(list)
    for thing, place in zip(things, _owners(np.array(times, dtype=np.float64), starts).tolist(), strict=True):
        owned[place].append(thing)
    return owned


def _session_heads(messages: Messages, times_utc_s: FloatArray, issues: list[Issue]) -> list[SessionHead]:
    """Return the sessions by their starts, or one that stands in for them where records have none."""
    found = [fit_meta.session_head(message) for message in messages.of(SESSION)]
    # Some devices write a session again when its totals change: the later message holds the final ones.
    heads = {(head.start, head.sport, head.sub_sport): head for head in found if head.start is not None}
    parts = [head for head in heads.values() if head.sport != _UMBRELLA_SPORT]
    kept = parts or list(heads.values())
    if kept and len(kept) < len(found):
        detail = "without a start, over all other sessions, or written again with the same start: the last one counts"
        issues.append(Issue("repeated_session", "session", len(found) - len(kept), detail))
    if kept:
        return sorted(kept, key=lambda head: head.start or 0.0)
    known = times_utc_s[~np.isnan(times_utc_s)]
    if not len(known):
        return []
    first = float(known.min()) - FIT_EPOCH_UTC_S
    if found:
        return [replace(found[-1], start=first)]
    issues.append(Issue("no_session", "session", 1, "the file holds records but no session message"))
    return [_stand_in(messages, first)]


def _stand_in(messages: Messages, start: float) -> SessionHead:
    """What else names the sport: the sport message, the laps, the workout that was loaded. Two sports name none."""
    for kind in (SPORT, LAP, WORKOUT):
        named = {(fit_meta.word(one, "sport"), fit_meta.word(one, "sub_sport")) for one in messages.of(kind)}
        named = {(sport, sub_sport) for sport, sub_sport in named if sport is not None}
        if len(named) == 1:
            sport, sub_sport = named.pop()
            return fit_meta.SessionHead(start, sport, sub_sport, DeviceTotals())
        if named:
            break
    return fit_meta.SessionHead(start, None, None, DeviceTotals())


def _owners(times: FloatArray, starts: FloatArray) -> np.ndarray:
    """Return for each time the place of the last session that had begun, 0 for those before all."""
    return np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)


def _recording(
    shared: _Shared, place: int, head: SessionHead, times_utc_s: FloatArray, fields: Mapping[str, FloatArray]
) -> Recording:
    issues: list[Issue] = []
    sport_is_foot = fit_meta.is_foot(head.sport, head.sub_sport)
    on_foot = is_on_foot(fields, head.sport, sport_is_foot=sport_is_foot, issues=issues)
    columns = channels(fields, is_foot=on_foot, issues=issues)
    times, columns, cleaned = clean_columns(times_utc_s, columns)
    start_utc_s = _start_utc_s(head, times)
    timeline = _Timeline(start_utc_s, issues)
    return Recording(
        format="fit",
        decoder=shared.decoder,
        index=place,
        sport=head.sport,
        sub_sport=head.sub_sport,
        start_utc=_UNIX_EPOCH + timedelta(seconds=start_utc_s),
        utc_offset_s=shared.utc_offset_s,
        samples=Samples.from_columns(times - start_utc_s, columns),
        timer_events=timeline.events(shared.events.get(place, [])),
        laps=timeline.laps(shared.laps.get(place, []), on_foot=on_foot),
        splits=timeline.splits(shared.splits.get(place, [])),
        workout_steps=shared.workout_steps,
        device=shared.device,
        totals=head.totals,
        perceived_exertion_0_10=head.perceived_exertion_0_10,
        feel_0_100=head.feel_0_100,
        issues=(*issues, *cleaned),
    )


def _start_utc_s(head: SessionHead, times_utc_s: FloatArray) -> float:
    """The session's start where it can be: not after the first record, not a day before it."""
    claimed = None if head.start is None else head.start + FIT_EPOCH_UTC_S
    if not len(times_utc_s):
        return claimed or 0.0
    first = float(times_utc_s[0])
    return claimed if claimed is not None and 0 <= first - claimed < _MAX_LEAD_S else first


def _rebase_distances(built: list[Recording]) -> list[Recording]:
    """Count each session's distance from its own start where the device counts on through the whole activity."""
    before_m = 0.0
    rebased = []
    for one in built:
        known = one.samples.distance_m[~np.isnan(one.samples.distance_m)]
        if len(known):
            # A device that counts each session from 0 falls back at its start.
            counts_on = known[0] >= before_m
            base_m, before_m = (before_m if counts_on else 0.0), float(known[-1])
            if base_m:
                distance_m = np.maximum(one.samples.distance_m - base_m, 0.0)  # it may fall back a little
                one = replace(one, samples=replace(one.samples, distance_m=distance_m))  # noqa: PLW2901 - same session
        rebased.append(one)
    return rebased


class _Timeline:
    """Places what a session holds on its own clock; what lies days off it is left out and told."""

    def __init__(self, start_utc_s: float, issues: list[Issue]) -> None:
        self._zero = start_utc_s - FIT_EPOCH_UTC_S
        self._issues = issues

    def events(self, found: list[tuple[float, bool]]) -> tuple[TimerEvent, ...]:
        kept = self._near(found, [at for at, _ in found], "event")
        return tuple(TimerEvent(self._since(at), is_start) for at, is_start in kept)

    def laps(self, found: list[TimedLap], *, on_foot: bool) -> tuple[Lap, ...]:
        return tuple(
            Lap(
                start_s=self._since(one.start),
                elapsed_s=one.elapsed_s,
                timer_s=fit_meta.number(one.message, "total_timer_time"),
                distance_m=fit_meta.number(one.message, "total_distance"),
                trigger=fit_meta.word(one.message, "lap_trigger"),
                intensity=fit_meta.word(one.message, "intensity"),
                workout_step_index=fit_meta.step_index(one.message),
                step_count=fit_meta.steps(one.message) if on_foot else None,
            )
            for one in self._near(found, [one.start for one in found], "lap")
        )

    def splits(self, found: list[tuple[float, float, str]]) -> tuple[Split, ...]:
        kept = self._near(found, [start for start, _, _ in found], "split")
        return tuple(Split(self._since(start), duration_s, kind) for start, duration_s, kind in kept)

    def _since(self, at: float) -> float:
        # The timer's start is stamped up to a second before the first record: nothing begins before the recording.
        return max(at - self._zero, 0.0)

    def _near(self, found: list[_Thing], times: list[float], name: str) -> list[_Thing]:
        kept = [
            one
            for one, at in zip(found, times, strict=True)
            if -_MAX_LEAD_S < at - self._zero < MAX_DAYS_FROM_MIDDLE * _MAX_LEAD_S
        ]
        if len(kept) < len(found):
            detail = "days away from the session that it belongs to"
            self._issues.append(Issue("implausible_time", name, len(found) - len(kept), detail))
        return kept
