"""Which of the runner's own thresholds hold on which day: the one place where a setting meets a date."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final

from pipeline.model import Thresholds
from pipeline.warehouse.connection import Connection, ask

if TYPE_CHECKING:
    from datetime import date

#: Conversational ceiling as a part of critical speed: the first threshold lies at 82.3 % of it (95 % CI 81.1-83.6,
#: 26 studies, n = 527; HUNTER24 in the evidence). A clinician's talk test goes before it.
CEILING_TO_CRITICAL_SPEED: Final = 0.823


@dataclass(frozen=True, slots=True)
class _Period:
    setting: str
    value: str
    valid_from_date: date
    valid_before_date: date


class ThresholdBook:
    """The settings of every runner, read once; asked for a runner and a day."""

    def __init__(self, connection: Connection, home_time_zone: str) -> None:
        """Read all periods of `runner_setting`."""
        self._home_time_zone = home_time_zone
        self._periods: dict[str, list[_Period]] = {}
        for row in ask(connection, "setting_periods"):
            period = _Period(row["setting"], row["setting_value"], row["valid_from_date"], row["valid_before_date"])
            self._periods.setdefault(row["runner_id"], []).append(period)

    def time_zone(self, runner_id: str) -> str:
        """Return the zone for runs that have neither place nor offset: the runner's last word, else the home's."""
        zones = [p for p in self._periods.get(runner_id, []) if p.setting == "time_zone"]
        return max(zones, key=lambda p: p.valid_from_date).value if zones else self._home_time_zone

    def on(self, runner_id: str, day: date) -> Thresholds:
        """Return the thresholds of one runner on one local day."""
        said = {
            p.setting: p.value
            for p in self._periods.get(runner_id, [])
            if p.valid_from_date <= day < p.valid_before_date
        }
        critical_speed = float(said["critical_speed_mps"]) if "critical_speed_mps" in said else None
        ceiling, ceiling_source = None, None
        if "ceiling_mps" in said:
            ceiling, ceiling_source = float(said["ceiling_mps"]), "talk test"
        elif critical_speed is not None:
            ceiling = CEILING_TO_CRITICAL_SPEED * critical_speed
            ceiling_source = f"{CEILING_TO_CRITICAL_SPEED} x critical speed"
        return Thresholds(
            ceiling_mps=ceiling,
            ceiling_source=ceiling_source,
            critical_speed_mps=critical_speed,
            critical_speed_source=None if critical_speed is None else "configured",
            max_heart_rate_bpm=float(said["max_heart_rate_bpm"]) if "max_heart_rate_bpm" in said else None,
            home_time_zone=self.time_zone(runner_id),
        )


def threshold_digest(thresholds: Thresholds) -> str:
    """Return a short name for these thresholds: a session with another one is derived anew."""
    return hashlib.sha256(repr(astuple(thresholds)).encode()).hexdigest()[:12]
