"""What changes re-judges what it touches, at once, and the result equals judging everything anew."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from flows import work
from pipeline.compliance.protocol import _BUNDLED
from support.scenario import RUNNER_ID, Outing, ScenarioLog, at, bouts, jog, outing, walk

if TYPE_CHECKING:
    from collections.abc import Callable

BUNDLED: Final = (_BUNDLED / "return_to_run_hip.toml").read_text("utf-8")
#: The same with 1,000 s of running at most in S1.
STRICT: Final = BUNDLED.replace("max = { S0 = 1800, S1 = 3000", "max = { S0 = 1800, S1 = 1000").replace(
    'version = "1"', 'version = "strict"'
)
#: The same without any limit on pain during a run but the upper one.
LENIENT: Final = BUNDLED.replace("max = { S0 = 2, S1 = 2,", "max = { S0 = 5, S1 = 5,").replace(
    'version = "1"', 'version = "lenient"'
)
NOW: Final = "2026-03-15 18:00"
DAYS: Final = ("2026-03-03", "2026-03-05", "2026-03-07", "2026-03-10")

#: Four runs of 17 to 22 minutes: easy, longer, with strides, with a walk.
RUNS: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    (f"{DAYS[0]} 07:30", (jog(1100),)),
    (f"{DAYS[1]} 07:30", (jog(1320),)),
    (f"{DAYS[2]} 07:30", (jog(400), *bouts(4, 20, 4.3, [jog(75)]), jog(200))),
    (f"{DAYS[3]} 07:30", (jog(500), walk(120), jog(600, 2.70, 3.5))),
)


def runs() -> list[Outing]:
    return [outing(start, parts) for start, parts in RUNS]


def judgement(log: ScenarioLog) -> dict[str, list[str]]:
    """Return everything that was judged, as sorted texts; all other views are made of these."""
    relations = ("finding", "stage_criterion_status")
    statements = [
        *(f"from {name}" for name in relations),
        'select session_id, stage_id, verdict, is_excluded from "session"',
    ]
    found = log.judge(NOW).ask(*statements)
    return {name: sorted(map(_told, rows)) for name, rows in zip((*relations, "session"), found, strict=True)}


def _told(row: dict[str, Any]) -> str:
    """Sums of doubles depend on the order of their parts in the last digit."""
    return str({key: float(f"{value:.10g}") if isinstance(value, float) else value for key, value in row.items()})


def anew(log: ScenarioLog, path: Path, arrived: list[Outing]) -> ScenarioLog:
    """Return a fresh home that holds the same journal and the same files, judged in one go."""
    fresh = ScenarioLog(path)
    shutil.copyfile(log.home.journal_file, fresh.home.journal_file)
    for run in arrived:
        fresh._waiting.append(run)
    fresh.arrive(NOW)
    return fresh


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> ScenarioLog:
    log = ScenarioLog(tmp_path_factory.mktemp("rejudge"))
    log.stage("S1", "2026-03-01")
    log._waiting.extend(runs())
    log.arrive(NOW)
    return log


@pytest.fixture
def log(prepared: ScenarioLog, tmp_path: Path) -> ScenarioLog:
    return prepared.copy(tmp_path)


def running_time(log: ScenarioLog) -> list[tuple[str, str, str]]:
    """Return (day, outcome, version of the protocol) of the limit on running time."""
    rows = log.judge(NOW).rows(
        "select session_date, outcome, protocol_version from finding where fact = 'run_s' order by session_date"
    )
    return [(str(row["session_date"]), row["outcome"], row["protocol_version"].split(" ")[1]) for row in rows]


def test_a_protocol_adopted_from_a_day_judges_that_day_and_later_ones_only(log: ScenarioLog) -> None:
    """Past days stay as they were judged, under the version that held then; seen at once, without a night."""
    log.adopt(STRICT, DAYS[1])
    expected = [
        (DAYS[0], "within_plan", "1"),
        (DAYS[1], "outside_plan", "strict"),
        (DAYS[2], "within_plan", "strict"),
        (DAYS[3], "outside_plan", "strict"),
    ]
    assert expected == running_time(log)
    work.refresh(log.home, at(NOW))
    assert expected == running_time(log)


def test_the_past_is_judged_again_where_the_clinician_asks_for_it(log: ScenarioLog) -> None:
    """A protocol adopted from the first day on judges all days; the one of the config holds for none."""
    log.adopt(STRICT, "2026-01-01")
    assert {"strict"} == {version for _, _, version in running_time(log)}


def test_of_two_protocols_adopted_for_one_day_the_last_word_holds(log: ScenarioLog) -> None:
    """Adopted, and adopted again: the first one never comes back."""
    log.adopt(STRICT, DAYS[1])
    log.adopt(BUNDLED.replace('version = "1"', 'version = "2"'), DAYS[1])
    assert ["1", "2", "2", "2"] == [version for _, _, version in running_time(log)]


def test_a_changed_protocol_file_judges_every_day_at_once(log: ScenarioLog) -> None:
    """The home's own file goes before the bundled one, and holds where nothing was adopted."""
    assert {"within_plan"} == {outcome for _, outcome, _ in running_time(log)}
    (log.home.protocol_folder / "return_to_run_hip.toml").write_text(STRICT)
    assert ["outside_plan", "outside_plan", "within_plan", "outside_plan"] == [
        outcome for _, outcome, _ in running_time(log)
    ]


def test_a_symptom_changes_the_verdict_at_once_and_touches_its_own_run_only(log: ScenarioLog) -> None:
    """No import, no night: the next look sees it."""
    before = {row["session_id"]: row["verdict"] for row in log.judge(NOW).rows("from session")}
    hurt = runs()[0]
    log.feels(hurt, 0, 4, 0, 0)
    after = {row["session_id"]: row["verdict"] for row in log.judge(NOW).rows("from session")}
    assert {**before, hurt.recording_id: "hold"} == after


def test_a_stage_that_is_set_for_the_past_judges_the_past(log: ScenarioLog) -> None:
    """S2 from the day of the strides on: they are no longer too early."""
    flagged = "select distinct fact from flagged order by fact"
    assert "pickup_count" in [row["fact"] for row in log.judge(NOW).rows(flagged)]
    log.stage("S2", DAYS[2])
    assert "pickup_count" not in [row["fact"] for row in log.judge(NOW).rows(flagged)]


# --- The property --------------------------------------------------------------------------------------------------

_run = st.integers(0, len(RUNS) - 1)
_day = st.sampled_from(DAYS)
STEPS: Final = st.one_of(
    st.tuples(
        st.just("feels"),
        _run,
        st.tuples(*[st.none() | st.integers(0, 7)] * 4),
        st.sampled_from([None, (), ("limp_persisting",)]),
    ),
    st.tuples(st.just("stage"), st.sampled_from(["S0", "S1", "S2", "S3"]), _day),
    st.tuples(st.just("adopt"), st.sampled_from([STRICT, LENIENT, BUNDLED]), _day),
    st.tuples(st.just("set_aside"), _run, st.sampled_from(["pickup_count", "run_s", "pain_during", "stage"])),
    st.tuples(st.just("exclude"), _run),
    st.tuples(st.just("ceiling"), st.sampled_from(["2.6", "2.897", "3.2"]), _day),
    st.tuples(st.just("rehab"), _day),
)


def follow(log: ScenarioLog, step: tuple[Any, ...]) -> None:
    """Say one thing, as its command does: what changes a derivation is derived anew, the rest isn't."""
    what, *words = step
    if what == "feels":
        log.feels(runs()[words[0]], *words[1], red_flags=words[2])
    elif what == "exclude":
        log.say(
            "correction", RUNNER_ID, correction="exclude", recording_id=runs()[words[0]].recording_id, reason="not mine"
        )
    elif what == "ceiling":
        log.say("runner", RUNNER_ID, setting="ceiling_mps", value=words[0], from_date=words[1])
    else:
        acts: dict[str, Callable[..., Any]] = {
            "stage": log.stage,
            "adopt": log.adopt,
            "set_aside": lambda run, fact: log.set_aside(runs()[run], fact, "agreed"),
            "rehab": lambda day: log.rehab("strength", "split squat", day),
        }
        acts[what](*words)
    if what in {"exclude", "ceiling"}:
        work.refresh(log.home, at(NOW))


@settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(order=st.permutations(range(len(RUNS))), words=st.lists(STEPS, min_size=2, max_size=7), cut=st.integers(0, 4))
def test_whatever_is_said_and_whenever_it_arrives_the_log_is_judged_as_if_anew(
    order: list[int], words: list[Any], cut: int
) -> None:
    """Runs in any order, in two parts, with words between and after: the same as all of it at once in a fresh home."""
    everything = runs()
    with TemporaryDirectory() as folder:
        log = ScenarioLog(Path(folder) / "bit-by-bit")
        parts = [order[:cut], order[cut:]]
        for part, said in zip(parts, (words[: len(words) // 2], words[len(words) // 2 :]), strict=True):
            if part:
                log._waiting.extend(everything[place] for place in part)
                log.arrive(NOW)
            for step in said:
                follow(log, step)
            log.judge(NOW).rows("from flagged")  # somebody looks in between: it must leave nothing behind
        assert judgement(anew(log, Path(folder) / "anew", everything)) == judgement(log)
