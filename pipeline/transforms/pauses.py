"""Timer time: the stretches in which the device's timer ran.

Elapsed time minus what lies between a stop event and the next start (METRICS.md, "timer time"). A hole in the records
without a stop event is a tunnel or smart recording, not a pause. GPX segments arrive here as events, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pipeline.model import FloatArray, Recording, TimerEvent

#: The timer may be stopped this long after the last record (smart recording writes at least every 60 s or so); a stop
#: later than that is a timer left on overnight without recording (METRICS.md, traps).
MAX_TAIL_S: Final = 60.0

#: A hole without a stop event longer than this is a clock that jumped (a zone change, a battery pulled), not a tunnel:
#: the longest road tunnel, Lærdal's 24.5 km, takes a walker about 5 hours. FAILURES.md, "a 1168 h activity".
CLOCK_JUMP_S: Final = 6 * 3600.0

#: Records after the last stop that show that a start event was lost. Some devices write one or two more when saving.
LOST_START_RECORDS: Final = 10

#: A device's own timer time shorter than ours by more than this shows pauses that left no event (old devices, TCX).
UNSEEN_PAUSE_S: Final = 10.0
UNSEEN_PAUSE_RATIO: Final = 0.005
#: A hole shorter than this is a missed record.
MIN_UNSEEN_PAUSE_S: Final = 5.0


def timer_spans(recording: Recording) -> FloatArray:
    """Return the stretches of running timer as rows of (start_s, end_s), increasing and apart.

    Seconds since the recording's start. Shape (n, 2); none where there are fewer than two records.
    """
    t_s = recording.samples.t_s
    if len(t_s) == 0:
        return np.zeros((0, 2))
    spans = _from_events(recording.timer_events, t_s)
    spans = _without(spans, clock_jumps(spans, t_s))
    if not recording.timer_events:
        spans = _without(spans, _unseen_pauses(spans, t_s, recording.totals.timer_s))
    return spans[spans[:, 1] > spans[:, 0]]


def told_timer_s(recording: Recording) -> float | None:
    """Return the timer time that a recording without a single record claims (it was typed in); None with records."""
    totals = recording.totals
    return None if len(recording.samples) else totals.timer_s or totals.elapsed_s or 0.0


def timer_s(spans: FloatArray) -> float:
    """Return the seconds of running timer."""
    return float((spans[:, 1] - spans[:, 0]).sum()) if len(spans) else 0.0


def elapsed_s(recording: Recording) -> float:
    """Return the seconds from the first start to the last end, pauses included, clock jumps left out.

    A recording without a single record was typed in: what it claims is all that is known.
    """
    t_s = recording.samples.t_s
    if len(t_s) == 0:
        return recording.totals.elapsed_s or recording.totals.timer_s or 0.0
    spans = _from_events(recording.timer_events, t_s)
    jumps = clock_jumps(spans, t_s)
    first, last = min(float(t_s[0]), float(spans[0, 0])), max(float(t_s[-1]), float(spans[-1, 1]))
    return last - first - float((jumps[:, 1] - jumps[:, 0]).sum())


def clock_jumps(spans: FloatArray, t_s: FloatArray) -> FloatArray:
    """Return the holes between records, as rows of (start_s, end_s), over which the timer can't have run."""
    at = np.flatnonzero(np.diff(t_s) > CLOCK_JUMP_S)
    holes = np.column_stack((t_s[at], t_s[at + 1]))
    edges = spans.ravel()
    length = np.diff(edges, prepend=edges[:1])
    length[::2] = 0.0  # from an end to the next start no time is run
    run_s = np.interp(holes, edges, np.cumsum(length))
    jumps: FloatArray = holes[run_s[:, 1] - run_s[:, 0] > CLOCK_JUMP_S]
    return jumps


def overlaps(spans: FloatArray, others: FloatArray) -> FloatArray:
    """Return what two lists of (start, end), each increasing and apart, have in common, as such a list."""
    low = np.searchsorted(others[:, 1], spans[:, 0], side="right")
    count = np.maximum(np.searchsorted(others[:, 0], spans[:, 1], side="left") - low, 0)
    mine = np.repeat(np.arange(len(spans)), count)
    theirs = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    start = np.maximum(spans[mine, 0], others[theirs, 0])
    end = np.minimum(spans[mine, 1], others[theirs, 1])
    return np.column_stack((start, end))


def is_within(spans: FloatArray, t_s: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return True for the instants at which the timer ran (start included, end not)."""
    if len(spans) == 0:
        return np.zeros(len(t_s), dtype=np.bool_)
    at = np.searchsorted(spans[:, 0], t_s, side="right") - 1
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (at >= 0) & (t_s < spans[np.maximum(at, 0), 1])
    return inside


def _from_events(events: tuple[TimerEvent, ...], t_s: FloatArray) -> FloatArray:
    """Follow the events; a doubled start or stop says nothing new, a lost start is seen from the records after it."""
    first, last = float(t_s[0]), float(t_s[-1])
    # Events far outside the records are a timer left on overnight, or broken times.
    ordered = sorted((e for e in events if first - MAX_TAIL_S <= e.t_s), key=lambda event: event.t_s)
    # A first start just before the first record is the true start; records before a first start lost an earlier one.
    open_at: float | None = min(first, ordered[0].t_s) if ordered and ordered[0].is_start else first
    spans: list[tuple[float, float]] = []
    for event in ordered:
        if event.is_start and open_at is None:
            open_at = event.t_s
        elif not event.is_start and open_at is not None:
            spans.append((open_at, event.t_s if event.t_s <= last + MAX_TAIL_S else last))
            open_at = None
    if open_at is None and int((t_s > spans[-1][1] + 1.0).sum()) >= LOST_START_RECORDS:
        open_at = float(t_s[np.searchsorted(t_s, spans[-1][1] + 1.0, side="right")])
    if open_at is not None:
        spans.append((open_at, last))
    cut = np.array(spans, dtype=np.float64).reshape(-1, 2)
    cut = cut[cut[:, 1] > cut[:, 0]]
    return cut if len(cut) else np.array([[first, first]])


def _without(spans: FloatArray, holes: FloatArray) -> FloatArray:
    """Take the holes out of the spans."""
    if len(holes) == 0:
        return spans
    edges = np.concatenate(([-np.inf], holes.ravel(), [np.inf]))
    return overlaps(spans, edges.reshape(-1, 2))


def _unseen_pauses(spans: FloatArray, t_s: FloatArray, device_timer_s: float | None) -> FloatArray:
    """Return the longest holes where their sum explains the device's shorter timer time; none where it doesn't."""
    none = np.zeros((0, 2))
    if device_timer_s is None or device_timer_s <= 0 or len(t_s) < 3:
        return none
    unseen_s = timer_s(spans) - device_timer_s
    tolerance_s = max(UNSEEN_PAUSE_S, UNSEEN_PAUSE_RATIO * device_timer_s)
    gap = np.diff(t_s)
    usual_s = float(np.median(gap))
    order = np.argsort(-gap)
    order = order[gap[order] > max(3 * usual_s, MIN_UNSEEN_PAUSE_S)]
    if unseen_s <= tolerance_s or len(order) == 0:
        return none
    taken_s = np.cumsum(gap[order] - usual_s)
    best = int(np.argmin(np.abs(taken_s - unseen_s)))
    if abs(taken_s[best] - unseen_s) > tolerance_s:
        return none
    chosen = np.sort(order[: best + 1])
    return np.column_stack((t_s[chosen] + usual_s, t_s[chosen + 1]))
