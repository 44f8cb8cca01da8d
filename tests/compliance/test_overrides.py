"""A clinician sets a finding aside: it no longer counts, it stays visible with name and reason, and it can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flows import work
from support.command import gaitkeeper
from support.scenario import CLINICIAN, Outing, ScenarioLog, at, bouts, jog

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-03-20 18:00"
STRIDES = ("pickup_count", "pickup_max_duration_s")
REASON = "four were agreed by telephone"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScenarioLog, Outing]:
    """A log in S1 with six strides on the last day: two findings outside the plan."""
    log = ScenarioLog(tmp_path_factory.mktemp("overrides"))
    log.stage("S1", "2026-02-01")
    for day in ("2026-03-10", "2026-03-12", "2026-03-14", "2026-03-17"):
        log.feels(log.run(f"{day} 07:30", jog(1600)))
    run = log.run("2026-03-19 07:30", jog(800), *bouts(6, 20, 4.348, [jog(75)]))
    log.feels(run, 0, 1, 0, 0)
    log.arrive(NOW)
    return log, run


@pytest.fixture
def log(prepared: tuple[ScenarioLog, Outing], tmp_path: Path) -> ScenarioLog:
    return prepared[0].copy(tmp_path)


@pytest.fixture
def run(prepared: tuple[ScenarioLog, Outing]) -> Outing:
    return prepared[1]


def seen(log: ScenarioLog, run: Outing) -> dict[str, Any]:
    """Return what somebody sees: flagged facts, the verdict, and the overrides that stand beside findings."""
    flagged, verdict, aside = log.judge(NOW).ask(
        "select fact from flagged order by fact",
        f"select verdict from session where session_id = '{run.recording_id}'",
        "select fact, outcome, overridden_by, override_reason from finding where overridden_by is not null order by fact",
    )
    return {"flagged": [row["fact"] for row in flagged], "verdict": verdict[0]["verdict"], "aside": aside}


def test_without_an_override_both_findings_are_flagged(log: ScenarioLog, run: Outing) -> None:
    """What the other tests start from."""
    assert {"flagged": [*STRIDES], "verdict": "outside_plan", "aside": []} == seen(log, run)


def test_an_override_takes_a_finding_out_of_the_flagged_ones_and_leaves_it_in_sight(
    log: ScenarioLog, run: Outing
) -> None:
    """It stays among the findings with its outcome, who set it aside, and why."""
    log.set_aside(run, "pickup_count", REASON)
    expected = [
        {"fact": "pickup_count", "outcome": "outside_plan", "overridden_by": CLINICIAN, "override_reason": REASON}
    ]
    assert {"flagged": ["pickup_max_duration_s"], "verdict": "outside_plan", "aside": expected} == seen(log, run)


def test_with_every_finding_set_aside_the_run_is_judged_by_the_rest(log: ScenarioLog, run: Outing) -> None:
    """The verdict is the worst finding that counts: strides and a run more a week are two new things, a note."""
    for fact in STRIDES:
        log.set_aside(run, fact, REASON)
    found = seen(log, run)
    assert ([], "note") == (found["flagged"], found["verdict"])


def test_an_override_can_be_taken_back_and_given_again(log: ScenarioLog, run: Outing) -> None:
    """Nothing is overwritten: three entries, and the last word holds."""
    for fact in STRIDES:
        log.set_aside(run, fact, REASON)
    log.count_again(run, "pickup_count")
    assert ["pickup_count"] == seen(log, run)["flagged"]
    log.set_aside(run, "pickup_count", "agreed after all")
    found = seen(log, run)
    assert ([], "agreed after all") == (found["flagged"], found["aside"][0]["override_reason"])


def test_an_override_is_of_one_run_and_one_fact(log: ScenarioLog, run: Outing) -> None:
    """The same strides on another day are flagged again."""
    for fact in STRIDES:
        log.set_aside(run, fact, REASON)
    log.run("2026-03-20 07:30", jog(400), *bouts(6, 20, 4.348, [jog(75)]))
    log.arrive(NOW)
    assert {*STRIDES, "rest_days_before"} == set(seen(log, run)["flagged"])


def test_an_override_of_a_red_flag_lets_the_rest_of_the_page_speak_again(log: ScenarioLog, run: Outing) -> None:
    """A red flag stands alone; set aside with a reason, it no longer silences what else was found."""
    said = {"session_id": run.recording_id, "moment": "after", "red_flags": ["limp_persisting"]}
    log.say("symptom", "me", at("2026-03-19 20:00"), **said)
    assert ["red_flag_count"] == seen(log, run)["flagged"]
    log.set_aside(run, "red_flag_count", "seen in the clinic on 20 March: a blister")
    assert [*STRIDES] == seen(log, run)["flagged"]


def test_an_override_is_of_the_journal_and_outlives_a_rebuild(log: ScenarioLog, run: Outing) -> None:
    """The warehouse is disposable."""
    log.set_aside(run, "pickup_count", REASON)
    before = seen(log, run)
    work.rebuild(log.home, at(NOW))
    assert before == seen(log, run)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("pickup_count", "--by", CLINICIAN), "--reason"),
        (("pickup_count", "--by", CLINICIAN, "--reason", "  "), "--reason"),
        (("ascent_of_man", "--by", CLINICIAN, "--reason", REASON), "no finding on 'ascent_of_man'"),
    ],
)
def test_an_override_without_a_reason_or_of_nothing_is_refused(
    log: ScenarioLog, run: Outing, arguments: tuple[str, ...], says: str
) -> None:
    """Exit status 2, a sentence, and not a line written."""
    before = log.home.journal_file.read_bytes()
    answer = gaitkeeper("--home", log.home.path, "stage", "override", run.recording_id, *arguments)
    assert 2 == answer.status
    assert says in answer.err
    assert before == log.home.journal_file.read_bytes()


def test_the_command_sets_aside_and_counts_again(log: ScenarioLog, run: Outing) -> None:
    """`stage override`, seen by `session` and `flagged`."""
    home = ("--home", log.home.path)
    for fact in STRIDES:
        assert (
            0
            == gaitkeeper(
                *home, "stage", "override", run.recording_id, fact, "--by", CLINICIAN, "--reason", REASON
            ).status
        )
    assert 0 == gaitkeeper(*home, "flagged", "--as-of", "2026-03-20").status
    shown = gaitkeeper(*home, "session", run.recording_id, "--as-of", "2026-03-20")
    assert (0, 2) == (shown.status, shown.out.count(f"[set aside by {CLINICIAN}: {REASON}]"))
    assert (
        0
        == gaitkeeper(*home, "stage", "override", run.recording_id, "pickup_count", "--by", CLINICIAN, "--undo").status
    )
    assert 1 == gaitkeeper(*home, "flagged", "--as-of", "2026-03-20").status
