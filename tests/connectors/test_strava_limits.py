"""The gate: what has been used is known across processes, and no request goes past a limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import SourceSetup
from connectors.strava_limits import MARGIN_S, MAX_WAIT_S_A_DAY, Gate, Usage
from pipeline.errors import TryAgainLater
from support.strava_home import InMemory
from support.strava_server import Clock

#: 02:15:00, a quarter of an hour's first second.
NOON = datetime(2026, 4, 12, 12, 0, tzinfo=UTC)


def headers(read: str, overall: str = "1,1", date: str | None = None) -> dict[str, str]:
    told = {
        "X-RateLimit-Limit": "200,2000",
        "X-RateLimit-Usage": overall,
        "X-ReadRateLimit-Limit": "100,1000",
        "X-ReadRateLimit-Usage": read,
    }
    return told | ({"Date": date} if date else {})


class Bench:
    """A gate with a clock that passes when it is told to."""

    def __init__(self) -> None:
        self.clock, self.memory, self.shared = Clock(NOON), InMemory(), None

    def gate(self, runner_id: str = "me", client_id: int = 4711) -> Gate:
        """As the next process would make it."""
        secrets = InMemory({"client_id": client_id})
        return Gate(SourceSetup(runner_id, None, secrets, self.memory, self.clock.now, self.clock.sleep, self.shared))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_limits_of_a_new_application_hold_before_any_answer(bench):
    """100 reads in a quarter of an hour, and the 101st waits for its end."""
    for _ in range(100):
        bench.gate().enter()
    assert [] == bench.clock.slept
    bench.gate().enter()
    assert [900 + MARGIN_S] == bench.clock.slept


def test_what_the_headers_say_goes_before_our_own_count(bench):
    """Another program of the same application used 99."""
    bench.gate().enter()
    bench.gate().leave(headers("99,500"), 200)
    bench.gate().enter()
    assert [] == bench.clock.slept
    bench.gate().enter()
    assert 1 == len(bench.clock.slept)


def test_the_overall_limit_counts_too(bench):
    bench.gate().leave(headers("1,1", overall="200,300"), 200)
    bench.gate().enter()
    assert [900 + MARGIN_S] == bench.clock.slept


def test_a_used_up_day_is_left_to_the_next(bench):
    bench.gate().leave(headers("1,1000"), 200)
    with pytest.raises(TryAgainLater, match="day's 1000") as caught:
        bench.gate().enter()
    assert 12 * 3600 + MARGIN_S == caught.value.retry_after_s
    assert NOON + timedelta(hours=12, seconds=MARGIN_S) == bench.gate().free_again_utc()
    bench.clock.now_utc += timedelta(hours=12, seconds=1)
    assert None is bench.gate().free_again_utc()
    bench.gate().enter()
    assert [] == bench.clock.slept


def test_waiting_is_bounded_by_the_day(bench):
    """Half an hour of waiting, then it is left to the next night, however often it is asked."""
    for _ in range(300):
        bench.gate().enter()
    with pytest.raises(TryAgainLater, match="quarter of an hour"):
        bench.gate().enter()
    assert sum(bench.clock.slept) <= MAX_WAIT_S_A_DAY
    slept = len(bench.clock.slept)
    for _ in range(5):
        with pytest.raises(TryAgainLater):
            bench.gate().enter()
    assert slept == len(bench.clock.slept)
    bench.clock.now_utc += timedelta(days=1)
    bench.gate().enter()


def test_a_request_is_counted_before_it_is_sent(bench):
    """A process that is killed between sending and answer has used one."""
    bench.gate().enter()
    assert 1 == bench.memory.values["limits of 4711"]["meters"]["read"]["quarter_count"]


def test_runners_with_one_application_share_its_limit(bench):
    """Strava counts by application: what one runner's night used is not there for the next one's."""
    bench.shared = InMemory()
    for number in range(100):
        bench.memory = InMemory()  # each has a memory of his own
        bench.gate("anna" if number % 2 else "ben").enter()
    assert 0 < bench.gate("anna").wait_s()
    assert 0 == bench.gate("cleo", client_id=4712).wait_s()


def test_the_rest_of_the_memory_is_kept(bench):
    bench.memory.write({"backlog": 7})
    bench.gate().enter()
    assert 7 == bench.memory.values["backlog"]


class TestARefusal:
    def test_with_headers_it_is_known_which_limit(self, bench):
        bench.gate().leave(headers("101,400"), 429)
        assert 900 + MARGIN_S == bench.gate().wait_s()

    def test_without_any_it_ends_the_quarter_of_an_hour(self, bench):
        bench.clock.now_utc += timedelta(seconds=300)
        bench.gate().leave({}, 429)
        assert 600 + MARGIN_S == bench.gate().wait_s()
        bench.clock.now_utc += timedelta(seconds=603)
        assert 0 == bench.gate().wait_s()

    def test_it_may_say_how_long_itself(self, bench):
        bench.gate().leave({"Retry-After": "60"}, 429)
        assert 60 == bench.gate().wait_s()


class TestTheClock:
    def test_a_window_ends_by_stravas_clock(self, bench):
        """Ours is seven minutes fast: at our 12:00 it is 11:53 there, and the quarter of an hour has seven left."""
        bench.gate().leave(headers("100,100", date="Sun, 12 Apr 2026 11:53:00 GMT"), 200)
        assert 420 + MARGIN_S == bench.gate().wait_s()

    def test_a_clock_that_goes_back_frees_nothing(self, bench):
        bench.gate().leave(headers("100,100"), 200)
        bench.clock.now_utc -= timedelta(hours=1)
        assert 0 < bench.gate().wait_s()

    def test_a_clock_that_was_years_ahead_does_not_lock_us_out(self, bench):
        bench.gate().leave(headers("100,1000"), 200)
        bench.clock.now_utc -= timedelta(days=700)
        assert 0 == bench.gate().wait_s()


@pytest.mark.parametrize(
    "broken",
    [
        {"X-RateLimit-Limit": "200", "X-RateLimit-Usage": "1"},
        {"X-RateLimit-Limit": "a,b", "X-RateLimit-Usage": "1,2"},
        {"X-RateLimit-Limit": "200,2000"},
        {"Date": "yesterday"},
        {"X-RateLimit-Limit": "-1,-1", "X-RateLimit-Usage": "0,0"},
    ],
)
def test_headers_that_cant_be_read_change_nothing(bench, broken):
    bench.gate().leave(broken, 200)
    assert Usage().meters == Usage.of((bench.memory.values or {}).get("limits of 4711", {})).meters


@pytest.mark.parametrize("kept", [{}, {"at_s": "x"}, {"meters": []}, {"meters": {"read": {"day_count": 1}}}])
def test_a_memory_that_cant_be_read_starts_anew(kept):
    assert Usage() == Usage.of(kept)
