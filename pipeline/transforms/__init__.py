"""What a recording means: pure derivations, arrays in, arrays and facts out. No clock, no files.

A derivation is one module with its facts' definitions beside its function, and one line in `TRANSFORMS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.transforms import cadence, distance, dynamics, elevation, gait, heart_rate, hills, surge_facts, zones
from pipeline.transforms.session import derive_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.model import DerivedSession, FactDefinition, Recording, Thresholds
    from pipeline.transforms.definitions import Transform

#: Every derivation that yields facts, in the order in which they are shown.
TRANSFORMS: Final[tuple[Transform, ...]] = (
    distance.SESSION_TRANSFORM,
    distance.RUN_TRANSFORM,
    gait.TRANSFORM,
    cadence.TRANSFORM,
    elevation.TRANSFORM,
    hills.TRANSFORM,
    zones.TRANSFORM,
    surge_facts.TRANSFORM,
    heart_rate.TRANSFORM,
    dynamics.TRANSFORM,
)

#: Every fact that one session can yield. A run yields each, with a value or with the reason why there is none; other
#: sports yield those of the transforms that aren't `runs_only`.
FACTS: Final[tuple[FactDefinition, ...]] = tuple(
    definition for transform in TRANSFORMS for definition in transform.definitions
)


def derive(
    recording: Recording,
    thresholds: Thresholds,
    zone_at: Callable[[float, float], str | None] | None = None,
) -> DerivedSession:
    """Make of one recording all that it alone can tell.

    Args:
        recording: as a connector hands it over.
        thresholds: the runner's limits of intensity on that day.
        zone_at: (latitude_deg, longitude_deg) -> IANA time zone, as `pipeline.places.zone_at`; None leaves places out.

    Raises:
        SkipRecording: its times claim more than a recording can hold.
    """
    return derive_session(recording, thresholds, zone_at, TRANSFORMS)
