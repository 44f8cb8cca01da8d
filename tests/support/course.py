"""One synthetic runner on a synthetic course: legs and a route in, the truth second by second out.

The same seed gives the same bits on every machine and Python: `random.Random.random` is promised to be stable, and
everything else here is addition, multiplication, division and square root, which IEEE 754 rounds one way. So there is no
sine, no exponential, no power; normal numbers are sums of twelve uniform ones; and sums are `math.fsum`, as `sum` itself
rounds otherwise since Python 3.12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Final, Literal, NamedTuple

Kind = Literal["run", "walk", "stand", "pause", "ride"]

#: The course lies in open farmland, chosen off-hand and walked by nobody; `data/README.md` says so too.
ORIGIN_LATITUDE_DEG: Final = 42.1200
ORIGIN_LONGITUDE_DEG: Final = -5.0200
M_PER_DEG_LATITUDE: Final = 111_195.0  #: 6,371 km * pi / 180
M_PER_DEG_LONGITUDE: Final = 82_479.0  #: the same times cos 42.12 degrees


class Leg(NamedTuple):
    """One stretch of a session. In a `pause` the timer is stopped; in a `stand` it runs."""

    kind: Kind
    duration_s: int
    speed_mps: float = 0.0
    cadence_ratio: float | None = None  #: to the baseline at this speed; None: the runner's


@dataclass(frozen=True)
class Runner:
    """What makes the truth: the runner of the clinical scenarios."""

    baseline_cadence_spm: float = 164.0  #: at `baseline_speed_mps`
    baseline_speed_mps: float = 2.80
    cadence_slope_spm_per_mps: float = 9.0
    cadence_ratio: float = 1.06  #: how far above the baseline this runner runs
    max_heart_rate_bpm: float = 186.0


@dataclass(frozen=True)
class Route:
    """A polyline of (east, north, height) in metres; a loop, or there and back again."""

    points_m: tuple[tuple[float, float, float], ...]
    is_loop: bool

    def at(self, distance_m: float) -> tuple[float, float, float]:
        """Return (east, north, height) after `distance_m` along the ground."""
        corners = (*self.points_m, self.points_m[0]) if self.is_loop else self.points_m
        legs = [_length_m(a, b) for a, b in pairwise(corners)]
        whole = math.fsum(legs)
        left = distance_m % whole if self.is_loop else distance_m % (2 * whole)
        if left > whole:
            left = 2 * whole - left
        for (a, b), length in zip(pairwise(corners), legs, strict=True):
            if left <= length:
                share = left / length
                return tuple(p + (q - p) * share for p, q in zip(a, b, strict=True))  # type: ignore[return-value]  # three in, three out
            left -= length
        return corners[-1]


def _length_m(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Return the length on the map."""
    east, north = b[0] - a[0], b[1] - a[1]
    return math.sqrt(east * east + north * north)


def straight(start_height_m: float, *rises: tuple[float, float]) -> Route:
    """Return a way due east, there and back, of stretches (length in m, rise in m)."""
    points, east, height = [(0.0, 0.0, start_height_m)], 0.0, start_height_m
    for length_m, rise_m in rises:
        east, height = east + length_m, height + rise_m
        points.append((east, 0.0, height))
    return Route(tuple(points), is_loop=False)


@dataclass
class Truth:
    """What really happened, a row a second from the start; `seconds` counts pauses too."""

    kind: list[Kind] = field(default_factory=list)
    speed_mps: list[float] = field(default_factory=list)
    distance_m: list[float] = field(default_factory=list)  #: covered at the beginning of the second
    east_m: list[float] = field(default_factory=list)
    north_m: list[float] = field(default_factory=list)
    height_m: list[float] = field(default_factory=list)
    cadence_spm: list[float] = field(default_factory=list)
    heart_rate_bpm: list[float] = field(default_factory=list)

    def add(self, kind: Kind, values: tuple[float, ...]) -> None:
        """Add a second: its numbers in the order of the columns."""
        self.kind.append(kind)
        columns = (
            self.speed_mps,
            self.distance_m,
            self.east_m,
            self.north_m,
            self.height_m,
            self.cadence_spm,
            self.heart_rate_bpm,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)

    @property
    def seconds(self) -> int:
        """Return the length, pauses included."""
        return len(self.kind)

    @property
    def step_count(self) -> float:
        """Return the steps made."""
        return math.fsum(self.cadence_spm) / 60

    @property
    def pauses(self) -> list[tuple[int, int]]:
        """Return (first, after the last) second of every pause."""
        edges = [t for t in range(1, self.seconds) if (self.kind[t] == "pause") != (self.kind[t - 1] == "pause")]
        return list(zip(edges[::2], edges[1::2], strict=True))

    def ascent_descent_m(self, reversal_m: float = 2.0) -> tuple[float, float]:
        """Return metres up and down, swings under `reversal_m` left out."""
        up = down = 0.0
        low = high = self.height_m[0]
        rising: bool | None = None
        for height in self.height_m:
            low, high = min(low, height), max(high, height)
            if rising is not True and height - low >= reversal_m:
                down += high - low if rising is False else 0.0
                rising, high = True, height
            elif rising is not False and high - height >= reversal_m:
                up += high - low if rising is True else 0.0
                rising, low = False, height
        up += high - low if rising is True else 0.0
        down += high - low if rising is False else 0.0
        return up, down


class Wander:
    """A value that wanders about 0 and comes back: first-order noise, or second-order where `is_smooth`."""

    def __init__(self, source: Random, sd: float, tau_s: float, *, is_smooth: bool = False) -> None:
        """Take its stationary standard deviation and its time constant."""
        self._source, self._keep, self._is_smooth = source, 1 - 1 / tau_s, is_smooth
        # A second filter with the same time constant halves the variance.
        self._kick = sd * math.sqrt((2 if is_smooth else 1) * (1 - self._keep * self._keep))
        self._first = self._kick / math.sqrt(1 - self._keep * self._keep) * normal(source)
        self._second = self._first / math.sqrt(2)

    def next(self) -> float:
        """Return the value one second later."""
        self._first = self._keep * self._first + self._kick * normal(self._source)
        if not self._is_smooth:
            return self._first
        self._second += (1 - self._keep) * (self._first - self._second)
        return self._second


def normal(source: Random) -> float:
    """Return a standard normal number, to within what twelve uniform ones give."""
    return math.fsum(source.random() for _ in range(12)) - 6.0


def live_through(legs: list[Leg], route: Route, *, seed: int, runner: Runner | None = None) -> Truth:
    """Return what happens on these legs along this route."""
    runner = runner or Runner()
    source = Random(seed)
    wander = {
        "speed": Wander(source, 0.045, 15),
        "cadence": Wander(source, 1.2, 20),
        "heart": Wander(source, 1.5, 30),
    }
    truth = Truth()
    speed = distance = cadence = 0.0
    heart = 84.0  # standing about before the start
    for leg in legs:
        for _ in range(leg.duration_s):
            east, north, height = route.at(distance)
            _, _, ahead = route.at(distance + 5.0)
            is_moving = leg.speed_mps > 0
            # A body takes about two seconds to change pace, its heart about 35 s to follow (time constants).
            speed += (leg.speed_mps - speed) / 2.0 if is_moving else -speed
            moved = max(0.0, speed + wander["speed"].next()) if is_moving else 0.0
            truth.add(leg.kind, (moved, distance, east, north, height, cadence, heart))
            cadence += (_cadence_spm(leg, speed, runner) + wander["cadence"].next() - cadence) / 2.0
            cadence = cadence if is_moving and leg.kind != "ride" else 0.0
            wish = _heart_rate_bpm(leg, speed, (ahead - height) / 5.0 * 100, truth.seconds)
            heart += (min(wish, runner.max_heart_rate_bpm - 2) + wander["heart"].next() - heart) / 35.0
            distance += moved
    return truth


def _cadence_spm(leg: Leg, speed_mps: float, runner: Runner) -> float:
    if leg.kind == "walk":
        return 112.0 + 20.0 * (speed_mps - 1.45)
    if leg.kind == "ride":
        return 0.0
    base = runner.baseline_cadence_spm + runner.cadence_slope_spm_per_mps * (speed_mps - runner.baseline_speed_mps)
    return base * (leg.cadence_ratio or runner.cadence_ratio)


def _heart_rate_bpm(leg: Leg, speed_mps: float, grade_pct: float, t_s: int) -> float:
    """Return where the heart is heading: 30 beats a metre a second, 5 a percent of climb, 3.5 of drift in half an hour."""
    if leg.kind in {"stand", "pause"}:
        return 95.0
    if leg.kind == "ride":
        return 128.0
    return 56.0 + 30.0 * speed_mps + 5.0 * max(0.0, grade_pct) + 3.5 * t_s / 1800
