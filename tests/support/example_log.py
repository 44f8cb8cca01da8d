"""The example log: eight weeks of one synthetic runner, planned here and written by `data/make_example.py`.

Each session says what it is there to show. Europe/Madrid puts its clocks forward on Sunday 29 March 2026, inside week 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from support.course import Leg, Route, Runner, Truth, live_through, straight
from support.fit_file import FitDevice, fit_file
from support.sensors import phone_points, watch_activity

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE: Final = ZoneInfo("Europe/Madrid")
SEED: Final = 20260216
WATCH: Final = FitDevice(manufacturer="garmin", product=2691, serial_number=1234567890)  # fr935: has a barometer
PHONE_DELAY_S: Final = 40  #: the phone of the twice-recorded run was started later

#: 2 km round a field: two rises of 2.6 m at under 1 %, so 2.6 m a kilometre.
FIELD: Final = Route(
    (
        (0.0, 0.0, 752.0),
        (300.0, 0.0, 754.6),
        (600.0, 0.0, 752.0),
        (620.0, 0.0, 752.0),
        (620.0, 380.0, 752.0),
        (320.0, 380.0, 754.6),
        (20.0, 380.0, 752.0),
        (0.0, 380.0, 752.0),
    ),
    is_loop=True,
)
#: 700 m flat, 600 m at 5 %, then three rises of 170 m at 4 %; there and back.
HILL: Final = straight(752.0, (700, 0.0), (600, 30.0), (100, 0.0), *[(170, 7.0), (30, 0.0), (170, -7.0), (30, 0.0)] * 3)
#: A treadmill stays where it is.
TREADMILL: Final = straight(752.0, (1000, 0.0))

WARM_UP: Final = Leg("walk", 180, 1.45)
COOL_DOWN: Final = Leg("walk", 120, 1.40)


@dataclass(frozen=True)
class Session:
    """One session of the plan."""

    start: str  #: local time, as the runner's clock shows it
    title: str
    about: str  #: what it is there to show
    legs: tuple[Leg, ...]
    recorder: Literal["watch", "phone", "both"] = "watch"
    route: Route = FIELD
    sport: str = "running"
    sub_sport: str = "generic"
    is_smart: bool = True  #: smart recording: a row in 2 to 7 seconds
    kept_share: float = 1.0  #: of the file's bytes; less: the watch died while writing
    cadence_ratio: float = 1.06  #: to the runner's baseline at the same speed

    @property
    def start_utc(self) -> datetime:
        """Return the aware start."""
        return datetime.fromisoformat(self.start).replace(tzinfo=ZONE).astimezone(UTC)

    @property
    def end_utc(self) -> datetime:
        """Return the aware end."""
        return self.start_utc + timedelta(seconds=sum(leg.duration_s for leg in self.legs))

    def truth(self) -> Truth:
        """Return what really happened; every session has a seed of its own."""
        runner = Runner(cadence_ratio=self.cadence_ratio)
        return live_through(list(self.legs), self.route, seed=self.seed, runner=runner)

    @property
    def seed(self) -> int:
        """Return the seed: sessions can be added without changing the others."""
        return SEED + int(self.start_utc.timestamp())


def run(minutes: float, speed_mps: float = 2.70) -> Leg:
    """Return easy running."""
    return Leg("run", round(60 * minutes), speed_mps)


def run_walk(times: int, run_min: int, walk_min: int) -> tuple[Leg, ...]:
    """Return a step of the walk/run ladder."""
    return (WARM_UP, *(run(run_min, 2.60), Leg("walk", 60 * walk_min, 1.45)) * times)


def strides(count: int, speed_mps: float, seconds: int, recovery_s: int) -> tuple[Leg, ...]:
    """Return short accelerations with easy running between."""
    return (Leg("run", seconds, speed_mps), Leg("run", recovery_s, 2.60)) * count


SESSIONS: Final = (
    # S0, weeks 8 and 9: the walk/run ladder
    Session(
        "2026-02-16 07:40", "Run-walk 4 x 4:00", "S0: the ladder's 2/4 step", run_walk(4, 4, 2), cadence_ratio=1.03
    ),
    Session("2026-02-18 07:35", "Run-walk 4 x 4:00", "S0: the same step again", run_walk(4, 4, 2), cadence_ratio=1.03),
    Session("2026-02-21 09:10", "Run-walk 5 x 4:00", "S0: the 1/4 step", run_walk(5, 4, 1), cadence_ratio=1.04),
    Session("2026-02-24 07:40", "Run-walk 5 x 4:00", "S0: the same step again", run_walk(5, 4, 1), cadence_ratio=1.04),
    Session(
        "2026-02-26 07:30", "Easy run", "S0: first run without walking", (WARM_UP, run(24, 2.65)), cadence_ratio=1.05
    ),
    Session("2026-02-28 09:15", "Easy run", "S0: the same again", (WARM_UP, run(25, 2.65)), cadence_ratio=1.05),
    # S1, weeks 10 to 13: conversational running only
    Session("2026-03-02 07:40", "Easy run", "S1: within plan", (WARM_UP, run(25.5, 2.68)), cadence_ratio=1.05),
    Session(
        "2026-03-04 07:35",
        "Easy run",
        "S1: within plan; the timer stops at a traffic light for 48 s, and runs on through another stop of 25 s",
        (WARM_UP, run(12), Leg("pause", 48), run(9), Leg("stand", 25), run(5)),
    ),
    Session(
        "2026-03-07 09:20",
        "Easy run by phone",
        "S1: no cadence, and GPS altitude that says nothing of hills",
        (WARM_UP, run(27.5)),
        recorder="phone",
    ),
    Session(
        "2026-03-10 07:30",
        "Easy run with strides",
        "S1: six strides of 20 s at 3:50/km, which this stage doesn't allow",
        (WARM_UP, run(11), *strides(6, 4.35, 20, 85), run(5)),
        is_smart=False,
    ),
    Session(
        "2026-03-12 18:30",
        "Treadmill",
        "S1: indoors; no place, no grade",
        (WARM_UP, run(27, 2.65)),
        route=TREADMILL,
        sub_sport="treadmill",
    ),
    Session("2026-03-14 09:05", "Easy run by phone", "S1: phone only", (WARM_UP, run(28)), recorder="phone"),
    Session(
        "2026-03-15 10:30",
        "Bike ride",
        "no run: it is shown and left out of every limit",
        (Leg("ride", 2700, 6.4),),
        sport="cycling",
        sub_sport="road",
    ),
    Session(
        "2026-03-16 07:40",
        "Easy run, watch and phone",
        "S1: recorded twice; the phone was started 40 s later",
        (WARM_UP, run(29.5)),
        recorder="both",
    ),
    Session(
        "2026-03-18 07:30",
        "Hills",
        "S1: a climb of four minutes at 5 % and three rises of 4 %, which this stage doesn't allow",
        (WARM_UP, run(2.7), run(4.2, 2.40), run(20.5, 2.60), run(4.2)),
        route=HILL,
        is_smart=False,
    ),
    Session("2026-03-21 09:10", "Easy run by phone", "S1: phone only", (WARM_UP, run(30)), recorder="phone"),
    Session(
        "2026-03-23 00:20",
        "Easy run after a late shift",
        "S1: on Monday of week 13 by the runner's clock, on Sunday of week 12 by UTC",
        (WARM_UP, run(24)),
    ),
    Session("2026-03-25 07:35", "Easy run", "S1: within plan, over 30 min without walking", (WARM_UP, run(31))),
    Session(
        "2026-03-27 07:30",
        "Easy run, watch died",
        "S1: a file cut short: what comes before the cut is kept and marked",
        (WARM_UP, run(32)),
        kept_share=0.62,
    ),
    Session(
        "2026-03-29 08:15",
        "Easy run",
        "S1: on the morning on which the clocks go forward",
        (WARM_UP, run(30.5, 2.72), COOL_DOWN),
        cadence_ratio=1.065,
    ),
    # S2, weeks 14 and 15: easy running and strides
    Session("2026-03-31 07:40", "Easy run", "S2: within plan", (WARM_UP, run(31)), cadence_ratio=1.065),
    Session(
        "2026-04-02 07:30",
        "Easy run with strides",
        "S2: four strides of 20 s at 4:20/km: within plan",
        (WARM_UP, run(15), *strides(4, 3.85, 20, 90), run(7)),
        is_smart=False,
        cadence_ratio=1.065,
    ),
    Session("2026-04-04 09:15", "Easy run by phone", "S2: phone only", (WARM_UP, run(31)), recorder="phone"),
    Session(
        "2026-04-06 09:30",
        "Easy run with strides",
        "S2: six strides of 20 s at 4:20/km: within plan",
        (WARM_UP, run(10.5), *strides(6, 3.85, 20, 90), run(3)),
        is_smart=False,
        cadence_ratio=1.065,
    ),
    Session("2026-04-08 07:35", "Easy run", "S2: within plan", (WARM_UP, run(26)), cadence_ratio=1.07),
    Session(
        "2026-04-10 07:30",
        "Easy run, fast finish",
        "S2: the last six minutes at 4:50/km: tempo, which this stage doesn't allow",
        (WARM_UP, run(19.5), run(6, 3.45), COOL_DOWN),
        cadence_ratio=1.065,
    ),
    Session(
        "2026-04-12 09:20",
        "Easy run",
        "S2: within plan; the next morning's answer is still due",
        (WARM_UP, run(28)),
        cadence_ratio=1.07,
    ),
)


def files() -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every file of watch and phone."""
    for session in SESSIONS:
        truth = session.truth()
        name = datetime.fromisoformat(session.start).strftime("%Y-%m-%d-%H-%M")
        if session.recorder != "phone":
            data = watch_file(session, truth)
            yield f"watch/{name}.fit", data[: round(len(data) * session.kept_share)]
        if session.recorder != "watch":
            delay_s = PHONE_DELAY_S if session.recorder == "both" else 0
            yield f"phone/{name}.gpx", phone_file(session, truth, delay_s).encode()


def watch_file(session: Session, truth: Truth) -> bytes:
    """Return the watch's file."""
    activity = watch_activity(
        truth,
        session.start_utc,
        seed=session.seed + 1,
        is_smart=session.is_smart,
        sport=session.sport,
        sub_sport=session.sub_sport,
    )
    offset = session.end_utc.astimezone(ZONE).utcoffset() or timedelta()
    return fit_file([activity], device=WATCH, local_offset_s=round(offset.total_seconds()))


def phone_file(session: Session, truth: Truth, delay_s: int) -> str:
    """Return the phone's file: places and GPS altitudes."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="Example phone recorder" xmlns="http://www.topografix.com/GPX/1/1">',
        f" <trk><name>{escape(session.title)}</name><type>running</type><trkseg>",
    ]
    for t_s, latitude_deg, longitude_deg, altitude_m in phone_points(truth, seed=session.seed + 2, first=delay_s):
        time = (session.start_utc + timedelta(seconds=t_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(
            f'<trkpt lat="{latitude_deg:.6f}" lon="{longitude_deg:.6f}">'
            f"<ele>{altitude_m:.1f}</ele><time>{time}</time></trkpt>"
        )
    return "\n".join([*lines, " </trkseg></trk>", "</gpx>", ""])
