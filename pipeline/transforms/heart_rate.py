"""Heart-rate zones, beside the pace zones and never mixed with them: the two agree on 61-70 % of minutes (METRICS.md).

Wrist heart rate is unreliable in short surges: strides are never judged by it (EVIDENCE.md section 4e).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Fact, FactDefinition
from pipeline.transforms.definitions import Transform, not_assessable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import FloatArray
    from pipeline.transforms.workings import Workings

#: DANIELS: easy 65-79 % of the maximum, tempo 88-92 %. Upper borders of zones 1-3; zone 4 is beyond.
BORDERS_RATIO: Final = (0.79, 0.88, 0.92)
_WORDS: Final = ("up to 79 %", "79-88 %", "88-92 %", "over 92 %")

_SOURCE: Final = "running seconds by share of the maximum heart rate (DANIELS)"
MEAN: Final = FactDefinition(
    "mean_run_heart_rate_bpm", "Mean heart rate while running.", "mean over running seconds", 5.0
)
ZONE_DEFINITIONS: Final = tuple(
    FactDefinition(f"heart_rate_zone_{number}_s", f"Running seconds at {words} of the maximum heart rate.", _SOURCE)
    for number, words in enumerate(_WORDS, start=1)
)
DEFINITIONS: Final = (MEAN, *ZONE_DEFINITIONS)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the mean and the zones."""
    held = _running(w)
    if len(held) == 0:
        yield from not_assessable(DEFINITIONS, "no heart rate was recorded while running")
        return
    yield Fact(MEAN.name, float(held.mean()))
    maximum_bpm = w.thresholds.max_heart_rate_bpm
    if maximum_bpm is None:
        yield from not_assessable(ZONE_DEFINITIONS, "no maximum heart rate set")
        return
    zone = np.searchsorted(np.array(BORDERS_RATIO) * maximum_bpm, held, side="left")
    for definition, seconds in zip(ZONE_DEFINITIONS, np.bincount(zone, minlength=4), strict=True):
        yield Fact(definition.name, float(seconds))


def _running(w: Workings) -> FloatArray:
    values = w.grid.heart_rate_bpm[w.gait.is_run]
    return values[np.isfinite(values)]


def mean_heart_rate_bpm(w: Workings) -> float | None:
    """Return the mean over all timer time; None without heart rate."""
    held = w.grid.heart_rate_bpm[np.isfinite(w.grid.heart_rate_bpm)]
    return float(held.mean()) if len(held) else None


TRANSFORM: Final = Transform("heart_rate", DEFINITIONS, facts)
