"""Run, walk or still, second by second, and the bouts of running that the walk/run ladder needs.

Cadence decides, not speed: against Garmin's own split messages a 140-steps border reaches an accuracy of .96, a speed
border of 2 m/s .85 (METRICS.md, "run / walk / still"); 140 spm tells 91 % of walk-to-run changes, 2.1 m/s 55 %
(DUCHARME23).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import GAITS, Fact, FactDefinition
from pipeline.transforms.definitions import Transform, not_assessable
from pipeline.transforms.windows import BoolArray, IndexArray, Pieces, hysteresis, median_of_5, stretches, window_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.model import FloatArray
    from pipeline.transforms.grid import Grid
    from pipeline.transforms.workings import Workings

STILL, WALK, RUN = (GAITS.index(name) for name in ("still", "walk", "run"))
UNKNOWN: Final = 255

#: METRICS.md, "run / walk / still": on at 140 steps a minute, off below 130.
RUN_ON_SPM: Final = 140.0
RUN_OFF_SPM: Final = 130.0
#: DUCHARME23: between 135 and 140 the speed decides.
AMBIGUOUS_SPM: Final = 135.0
AMBIGUOUS_RUN_MPS: Final = 2.0
#: Without cadence: the walk-to-run change lies near 2.0-2.1 m/s (DUCHARME23).
RUN_ON_MPS: Final = 2.1
RUN_OFF_MPS: Final = 1.9
#: Without steps this fast for half a minute is a ride, not a run: 7.5 m/s is 2:13/km.
RIDE_MPS: Final = 7.5
RIDE_WINDOW_S: Final = 30
#: METRICS.md: still is below 0.5 m/s with a cadence of 0.
STILL_MPS: Final = 0.5

#: A break of running shorter than this doesn't end a bout, and a bout shorter than this is none: the time it takes to
#: cross a road or let somebody pass; the ladders of EVIDENCE.md section 2 count whole minutes.
BOUT_BREAK_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Gait:
    """What the legs did in each row, and the bouts of running."""

    code: NDArray[np.uint8]  #: index into GAITS, 255 unknown
    by: str  #: cadence, speed or none: what decided
    is_run: BoolArray
    is_stepped: BoolArray  #: running, and the steps say so
    bout_first: IndexArray  #: first row of each bout of running
    bout_end: IndexArray  #: row after its last

    def seconds(self, code: int) -> float:
        """Return the seconds of one gait."""
        return float(np.count_nonzero(self.code == code))


def classify(grid: Grid) -> Gait:
    """Tell run, walk and still apart; unknown where neither cadence nor speed is known."""
    cadence_spm = grid.cadence_spm
    speed_mps = grid.speed_mps
    has_cadence = np.isfinite(cadence_spm)
    v = np.fmax(speed_mps, 0.0)  # unknown counts as 0: both are told apart below
    c = np.fmax(_smooth(cadence_spm), 0.0)
    on = np.where(
        has_cadence,
        (c >= RUN_ON_SPM) | ((c >= AMBIGUOUS_SPM) & (v >= AMBIGUOUS_RUN_MPS)),
        v >= RUN_ON_MPS,
    )
    off = np.where(has_cadence, c < RUN_OFF_SPM, v < RUN_OFF_MPS)
    is_run = hysteresis(on, off, grid.pieces)
    still = ~is_run & (v < STILL_MPS) & np.where(has_cadence, c == 0.0, np.isfinite(speed_mps))
    code = np.where(is_run, RUN, np.where(still, STILL, WALK)).astype(np.uint8)
    rides = window_mean(grid.step_m, grid.pieces, RIDE_WINDOW_S) > RIDE_MPS
    code[~has_cadence & (rides | ~np.isfinite(speed_mps))] = UNKNOWN
    is_run = code == RUN
    first, end = _bouts(is_run, grid.t_s)
    share = float(has_cadence.mean()) if len(has_cadence) else 0.0
    by = "cadence" if share >= 0.5 else "speed" if np.isfinite(speed_mps).any() else "cadence" if share > 0 else "none"
    return Gait(code, by, is_run, is_run & has_cadence, first, end)


def _smooth(cadence_spm: FloatArray) -> FloatArray:
    """Return the median of five seconds where all five are known, else the value itself."""
    median = median_of_5(cadence_spm)
    return np.where(np.isfinite(median), median, cadence_spm)


def _bouts(is_run: BoolArray, t_s: NDArray[np.int32]) -> tuple[IndexArray, IndexArray]:
    """Return the bouts of running: breaks under BOUT_BREAK_S (a short pause, too) bridged, shorter bouts left out."""
    first, end = stretches(is_run, Pieces.single(len(is_run)))
    # A pause is a hole in t_s inside what looks like one stretch.
    holes = np.flatnonzero((np.diff(t_s) > BOUT_BREAK_S) & is_run[:-1] & is_run[1:]) + 1 if len(t_s) > 1 else first[:0]
    first, end = np.sort(np.concatenate((first, holes))), np.sort(np.concatenate((end, holes)))
    if len(first) == 0:
        return first, end
    apart = t_s[first[1:]] - (t_s[end[:-1] - 1] + 1) >= BOUT_BREAK_S
    first, end = first[np.concatenate(([True], apart))], end[np.concatenate((apart, [True]))]
    long = t_s[end - 1] + 1 - t_s[first] >= BOUT_BREAK_S
    return first[long], end[long]


_GAIT_SOURCE: Final = "cadence 140/130 steps a minute with a 5 s median (METRICS.md; DUCHARME23); speed without cadence"

DEFINITIONS: Final = (
    FactDefinition("run_s", "Seconds of running, walks and pauses left out.", _GAIT_SOURCE, error_ratio=0.02),
    FactDefinition("walk_s", "Seconds of walking.", _GAIT_SOURCE, error_ratio=0.05),
    FactDefinition("still_s", "Seconds of standing still with the timer running.", _GAIT_SOURCE, error_abs=5.0),
    FactDefinition("walk_share_ratio", "Walking as a share of walking and running time.", _GAIT_SOURCE, error_abs=0.03),
    FactDefinition(
        "longest_run_bout_s",
        "Length of the longest stretch of running; a walk, stop or pause of 10 s or more ends it.",
        _GAIT_SOURCE,
        error_abs=10.0,
    ),
    FactDefinition("run_bout_count", "Number of stretches of running of 10 s or more.", _GAIT_SOURCE),
)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the run/walk structure."""
    gait, t_s = w.gait, w.grid.t_s
    if gait.by == "none":
        yield from not_assessable(DEFINITIONS, "neither cadence nor speed was recorded")
        return
    run_s, walk_s = gait.seconds(RUN), gait.seconds(WALK)
    detail = None if gait.by == "cadence" else "told by speed alone: no cadence was recorded"
    yield Fact("run_s", run_s, detail=detail)
    yield Fact("walk_s", walk_s, detail=detail)
    yield Fact("still_s", gait.seconds(STILL), detail=detail)
    if run_s + walk_s > 0:
        yield Fact("walk_share_ratio", walk_s / (run_s + walk_s), detail=detail)
    else:
        yield Fact("walk_share_ratio", None, "not_assessable", "no second of running or walking")
    length_s = t_s[gait.bout_end - 1] + 1.0 - t_s[gait.bout_first] if len(gait.bout_first) else np.zeros(1)
    longest = int(np.argmax(length_s))
    start_s = float(t_s[gait.bout_first[longest]]) if len(gait.bout_first) else None
    end_s = None if start_s is None else start_s + float(length_s[longest])
    yield Fact("longest_run_bout_s", float(length_s[longest]), detail=detail, start_s=start_s, end_s=end_s)
    yield Fact("run_bout_count", float(len(gait.bout_first)), detail=detail)


TRANSFORM: Final = Transform("gait", DEFINITIONS, facts)
