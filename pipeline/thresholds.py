"""Which of the runner's own thresholds hold on which day: the one place where a setting meets a date."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pipeline.model import Thresholds

if TYPE_CHECKING:
    from datetime import date

    from pipeline.warehouse.connection import Connection

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
        from pipeline.warehouse.connection import ask  # noqa: PLC0415 - a worker that derives needs the book, and no DuckDB

        self._home_time_zone = home_time_zone
        self._periods: dict[str, list[_Period]] = {}
        for row in ask(connection, "setting_periods"):
            period = _Period(row["setting"], row["setting_value"], row["valid_from_date"], row["valid_before_date"])
            self._periods.setdefault(row["runner_id"], []).append(period)

    def of_runner(self, runner_id: str) -> ThresholdBook:
        """Return the book of one runner: what another process needs to know."""
        one = object.__new__(ThresholdBook)
        one._home_time_zone = self._home_time_zone
        one._periods = {runner_id: self._periods.get(runner_id, [])}
        return one

    def time_zone(self, runner_id: str) -> str:
        """Return the zone for runs that have neither place nor offset: the runner's last word, else the home's."""
        zones = [p for p in self._periods.get(runner_id, []) if p.setting == "time_zone"]
        return max(zones, key=lambda p: p.valid_from_date).value if zones else self._home_time_zone

    def has_critical_speed(self, runner_id: str, day: date) -> bool:
        """Return whether a critical speed was said for that day, so that none has to be estimated."""
        return "critical_speed_mps" in self._said(runner_id, day)

    def _said(self, runner_id: str, day: date) -> dict[str, str]:
        return {
            p.setting: p.value
            for p in self._periods.get(runner_id, [])
            if p.valid_from_date <= day < p.valid_before_date
        }

    def on(self, runner_id: str, day: date, estimated_mps: float | None = None) -> Thresholds:
        """Return the thresholds of one runner on one local day.

        Args:
            runner_id: the runner.
            day: the local day.
            estimated_mps: critical speed by the log itself (`critical_speed_estimate`); what was said goes before it.
        """
        said = self._said(runner_id, day)
        critical_speed, critical_speed_source = None, None
        if "critical_speed_mps" in said:
            critical_speed, critical_speed_source = float(said["critical_speed_mps"]), "configured"
        elif estimated_mps is not None:
            critical_speed = round(estimated_mps, 2)
            critical_speed_source = "estimated from 120 days: a lower bound where nothing was run hard"
        is_estimated = "critical_speed_mps" not in said and estimated_mps is not None
        ceiling, ceiling_source = None, None
        if "ceiling_mps" in said:
            ceiling, ceiling_source = float(said["ceiling_mps"]), "talk test"
        elif critical_speed is not None:
            ceiling = round(CEILING_TO_CRITICAL_SPEED * critical_speed, 4)
            ceiling_source = f"{CEILING_TO_CRITICAL_SPEED} x critical speed ({critical_speed_source})"
        return Thresholds(
            ceiling_mps=ceiling,
            ceiling_source=ceiling_source,
            critical_speed_mps=critical_speed,
            critical_speed_source=critical_speed_source,
            is_critical_speed_estimated=is_estimated,
            is_ceiling_estimated=is_estimated and "ceiling_mps" not in said,
            max_heart_rate_bpm=float(said["max_heart_rate_bpm"]) if "max_heart_rate_bpm" in said else None,
            home_time_zone=self.time_zone(runner_id),
        )


@lru_cache(maxsize=4096)  # most sessions of a log share their thresholds
def threshold_digest(thresholds: Thresholds, sport: str | None = None, *, is_excluded: bool = False) -> str:
    """Return a short name for what a session was derived with; a session with another one is derived anew.

    Args:
        thresholds: those of its day.
        sport: the sport as a correction has it, None where there is none.
        is_excluded: whether it was taken out of the training: the runs after it have another baseline then.
    """
    return hashlib.sha256(repr((astuple(thresholds), sport, is_excluded)).encode()).hexdigest()[:12]
