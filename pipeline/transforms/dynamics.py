"""Running dynamics: how the feet met the ground. Trends within one device only; no verdict on left, right or the hip.

Ground contact is biased between systems and its balance has no validity evidence (EVIDENCE.md section 4e).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.model import Fact, FactDefinition
from pipeline.transforms.definitions import Transform
from pipeline.units import STEPS_PER_STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.transforms.workings import Workings

_SOURCE: Final = "mean over running seconds; compare within one device only (EVIDENCE.md section 4e)"
#: Seconds of running with a value that a mean needs.
MIN_ROWS: Final = 60

_CHANNELS: Final = {
    "mean_ground_contact_ms": "ground_contact_ms",
    "mean_vertical_oscillation_m": "vertical_oscillation_m",
    "mean_step_length_m": "step_length_m",
}

DEFINITIONS: Final = (
    FactDefinition("mean_ground_contact_ms", "Mean time a foot is on the ground while running.", _SOURCE, 5.0),
    FactDefinition("mean_vertical_oscillation_m", "Mean rise and fall of a step while running.", _SOURCE, 0.005),
    FactDefinition("mean_step_length_m", "Mean length of one step while running.", _SOURCE, error_ratio=0.03),
    FactDefinition(
        "hip_loaded_s",
        "Seconds for which one hip bore the body while running: stride cycles x ground contact. A time, no load.",
        "run stride cycles x mean ground contact",
        error_ratio=0.05,
    ),
)


def facts(w: Workings) -> Iterator[Fact]:
    """Yield the means and the time over which a hip was loaded."""
    means = {name: _mean(w, channel) for name, channel in _CHANNELS.items()}
    for name, value in means.items():
        if value is None:
            words = _CHANNELS[name].rsplit("_", 1)[0].replace("_", " ")
            yield Fact(name, None, "not_assessable", f"{words} was not recorded for a minute of running")
        else:
            yield Fact(name, value)
    contact_ms, steps = means["mean_ground_contact_ms"], w.steps
    if contact_ms is None or steps.run_count is None:
        yield Fact("hip_loaded_s", None, "not_assessable", "it needs ground contact and cadence; one was not recorded")
    else:
        yield Fact("hip_loaded_s", steps.run_count / STEPS_PER_STRIDE * contact_ms / 1000.0)


def _mean(w: Workings, channel: str) -> float | None:
    values = getattr(w.grid, channel)[w.gait.is_run]
    held = values[np.isfinite(values)]
    return float(held.mean()) if len(held) >= MIN_ROWS else None


TRANSFORM: Final = Transform("dynamics", DEFINITIONS, facts)
