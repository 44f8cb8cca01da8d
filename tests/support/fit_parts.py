"""What a FIT file of tests is made of: the device, how it writes, activities with laps, splits and workout steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from support.fit_writer import ByteOrder, DeveloperField, Value


@dataclass(frozen=True)
class FitDevice:
    """What recorded it."""

    manufacturer: str | int = "garmin"
    product: int | None = 2691  #: fr935 (FIT SDK, type `garmin_product`): has a barometer and lists it
    serial_number: int | None = 1234567890
    sensors: tuple[int, ...] | None = (
        4,
    )  #: local device_info types beside the creator; 4: barometer; None: no device_info
    product_name: str | None = None


FORERUNNER: Final = FitDevice()


@dataclass(frozen=True)
class FitOptions:
    """How the same truth is written down."""

    byte_order: ByteOrder = "<"
    header_bytes: Literal[12, 14] = 14
    header_crc: bool = True
    enhanced: bool | Literal["both"] = True  #: enhanced_altitude and enhanced_speed, the plain ones, or both
    fractional_cadence: bool = True  #: the part of a stride behind the point in its own field
    compressed: bool = False  #: records with compressed-timestamp headers
    sparse: bool = False  #: leave missing cells out of the record (other definition) rather than write invalid ones
    sport_message: bool = True  #: say the sport before the records too, as Garmin does: all that a cut file tells of it
    data_size: int | None = None  #: overrides the header's; 0 is what a crashed device leaves
    crc: int | None = None  #: overrides the right one; -1: none
    trailing: bytes = b""


@dataclass(frozen=True)
class FitLap:
    """One lap; `fields` are further lap fields by profile name."""

    start_s: float
    end_s: float
    trigger: str = "manual"
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class FitSplit:
    """One split message."""

    start_s: float
    end_s: float
    kind: str | int


@dataclass(frozen=True)
class FitStep:
    """One workout step."""

    duration_type: str = "open"
    duration_value: int | None = (
        None  #: milliseconds for time, centimetres for distance, the step to go back to for repeats
    )
    intensity: str = "active"
    name: str | None = None
    target_value: int | None = None  #: repeats: how often


@dataclass(frozen=True)
class Activity:
    """One session: columns of equal length at `t_s` (default: one a second), NaN where nothing was recorded."""

    start_utc: datetime
    columns: Mapping[str, ArrayLike]
    t_s: ArrayLike | None = None
    sport: str | int = "running"
    sub_sport: str | int = "generic"
    events: Sequence[tuple[float, str]] | None = (
        None  #: timer events (t_s, "start" | "stop" | "stop_all"); None: start, stop_all
    )
    laps: Sequence[FitLap] | None = None  #: None: one over the whole
    splits: Sequence[FitSplit] = ()
    totals: Mapping[str, Value] = field(default_factory=dict)  #: session fields by profile name; None leaves one out
    developer: Mapping[DeveloperField, ArrayLike] = field(default_factory=dict)  #: developer field -> column

    def times_s(self) -> np.ndarray:
        """Return the times of the rows."""
        if self.t_s is not None:
            return np.asarray(self.t_s, float)
        return np.arange(len(np.asarray(next(iter(self.columns.values())))), dtype=float)

    def at(self, t_s: float) -> datetime:
        """Return the instant of `t_s`."""
        return self.start_utc + timedelta(seconds=float(t_s))

    def timer_events(self) -> list[tuple[float, str]]:
        """Return the timer events, from the start to the end."""
        if self.events is not None:
            return list(self.events)
        times = self.times_s()
        return [(0.0, "start"), (float(times[-1]) if len(times) else 0.0, "stop_all")]

    def timer_s(self, start_s: float, end_s: float) -> float:
        """Return the seconds of [start_s, end_s] in which the timer ran."""
        total, running_since = 0.0, None
        for t_s, kind in [*self.timer_events(), (end_s, "stop")]:
            if kind == "start":
                running_since = t_s if running_since is None else running_since
            elif running_since is not None:
                total += max(0.0, min(t_s, end_s) - max(running_since, start_s))
                running_since = None
        return total

    def distance_m(self, start_s: float, end_s: float) -> float | None:
        """Return the distance covered in [start_s, end_s], None without one."""
        if "distance_m" not in self.columns:
            return None
        column = np.asarray(self.columns["distance_m"], float)
        known = np.isfinite(column)
        if not known.any():
            return None
        first, last = np.interp([start_s, end_s], self.times_s()[known], column[known])
        return float(last - first)

    def end_s(self) -> float:
        """Return the second of the last row or timer event."""
        times = self.times_s()
        return max(float(times[-1]) if len(times) else 0.0, *(t_s for t_s, _ in self.timer_events()))
