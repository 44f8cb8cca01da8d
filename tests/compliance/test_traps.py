"""The 26 traps of EVIDENCE section 8: each has a test here, by its number, or names the test elsewhere that springs it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from connectors.decode import decode
from pipeline.compliance.judge import bring_protocols, known_facts
from pipeline.compliance.protocol import _BUNDLED, Protocol, bundled_names, load_protocol
from pipeline.model import Thresholds
from support.command import gaitkeeper
from support.diary import judged, read_diary
from support.scenario import ScenarioLog, bouts, cadence_spm, jog, walk
from support.small_log import as_fit
from support.sql_case import Bench, open_bench
from support.synthetic_run import RUNNER, SyntheticRun, easy, facts_of, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
HIP: Final = load_protocol(_BUNDLED / "return_to_run_hip.toml", known_facts())

#: Traps whose test lies where its subject is: number -> file and test.
ELSEWHERE: Final = {
    12: ("tests/compliance/test_scenarios.py", "the_same_evening"),
    15: ("tests/compliance/test_criteria.py", "test_a_stage_changes_by_nothing_but_a_clinicians_word"),
    16: ("tests/compliance/test_criteria.py", "test_a_watch_alone_meets_nothing_that_the_hip_has_to_say"),
    21: ("tests/compliance/test_scenarios.py", "first_run_after_five_weeks"),
    22: ("tests/sql/cases/run_spacing/the_night_of_the_clock_change_is_one_day/expect.csv", ""),
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


def test_every_trap_has_its_test() -> None:
    """Twenty-six numbers, and each is here or names a test that is there."""
    here = {int(number) for number in re.findall(r"def test_trap_(\d\d)_", Path(__file__).read_text("utf-8"))}
    assert set(range(1, 27)) == here | ELSEWHERE.keys()
    for name, test in ELSEWHERE.values():
        assert test in (ROOT / name).read_text("utf-8"), name


def test_trap_01_a_mean_pace_hides_no_strides() -> None:
    """6 x 20 s at 3:50/km inside an average under the ceiling."""
    values = values_of(SyntheticRun((jog(1200), *bouts(6, 20, 4.348, [jog(90)]))))
    assert values["mean_run_speed_mps"] < RUNNER.ceiling_mps
    assert 6 == values["pickup_count"]


def test_trap_02_cadence_is_compared_at_the_same_speed(bench: Bench) -> None:
    """Scenario 12: 172 steps/min at 3.356 m/s look like +5.5 % against 163 of all runs, and are +1.8 % at that speed."""
    with bench.case("2026-03-10T12:00:00+00:00") as case:
        spoken = {"cadence_baseline_spm": 164, "cadence_baseline_speed_mps": 2.8, "cadence_slope_spm_per_mps": 9}
        case.say(
            [
                {"kind": "runner", "setting": name, "value": value, "from_date": "2026-01-01"}
                for name, value in spoken.items()
            ]
        )
        case.put("measured_session", [{"session_id": "s", "session_date": "2026-03-03", "run_s": 900}])
        minutes = [{"session_id": "s", "start_s": 60 * i, "speed_mps": 3.356, "cadence_spm": 172} for i in range(12)]
        case.put("cadence_minute", minutes)
        found = case.ask("from matched_cadence")[0]
    assert 0.018 == pytest.approx(found["value"], abs=0.001)
    assert 0.055 == pytest.approx(172 / 163 - 1, abs=0.001)


def test_trap_03_the_formats_unit_tells_strides_from_steps_and_no_guess_below_120() -> None:
    """A run at 82.5 strides is 165 steps, and a walk at 56 strides is 112: never 56, never 224."""
    run = SyntheticRun((jog(300, ratio=165 / cadence_spm(2.70, 0.0) - 1), walk(300)))
    cadence = decode(as_fit(run), "run.fit").recordings[0].samples.cadence_spm
    assert (165, 112) == (pytest.approx(cadence[100], abs=0.6), pytest.approx(cadence[500], abs=0.6))


def test_trap_04_nobody_is_held_to_180_steps_a_minute() -> None:
    """A cadence limit is a share of the runner's own baseline; a limit in steps a minute does not exist."""
    units = known_facts().of_runs
    for protocol in every_protocol():
        assert "steps/min" not in {units[limit.fact] for limit in protocol.limits}


def test_trap_05_cadence_proves_nothing_about_valgus_or_load() -> None:
    """No fact, limit or criterion is about either; words on pages name them only to say that they can't be seen."""
    named = [text for text in every_text() if re.search(r"valgus|pelvic|hip load", text, re.IGNORECASE)]
    assert [] == [text for text in named if "cannot see hip or pelvic motion" not in text]


def test_trap_06_ground_contact_and_oscillation_judge_nobody() -> None:
    """They may be shown; no limit names them, and balance isn't even kept."""
    for protocol in every_protocol():
        named = {limit.fact for limit in protocol.limits} | {criterion.fact for criterion in protocol.criteria}
        assert [] == [fact for fact in named if re.search(r"ground_contact|oscillation|balance", fact)]
    assert [] == [fact for fact in known_facts().of_runs if "balance" in fact]


HILLS: Final = ("ascent_m", "ascent_m_per_km", "max_grade_up_100m_pct", "max_grade_down_100m_pct", "longest_climb_s")


def test_trap_07_gps_altitude_makes_no_hills() -> None:
    """With GPS altitude the hills are not assessable, whatever the file says."""
    facts = facts_of(SyntheticRun((jog(1200, 2.7, 6.0),), has_barometer=False))
    assert {"not_assessable"} == {facts[name].status for name in HILLS}


@pytest.mark.parametrize("seed", range(4))
def test_trap_07_a_flat_run_with_a_barometer_is_inside_every_hill_limit(seed: int) -> None:
    """AMMANN16: up to 4 m of false ascent a kilometre; the strictest stage must not blame a runner for it."""
    values = values_of(SyntheticRun((jog(1800),), altitude_noise_m=0.3, seed=seed))
    limits = {limit.fact: limit.limit_value for limit in HIP.limits if limit.stage_id == "S0" and limit.fact in HILLS}
    assert {*HILLS} == limits.keys()
    assert [] == [name for name, most in limits.items() if values[name] > most]


def test_trap_08_grade_adjusted_pace_is_no_speed_limit() -> None:
    """Scenario 19: 6:50/km up 5 % is 5:10/km on the flat by effort; by speed it is slow, and no fact says otherwise."""
    values = values_of(SyntheticRun((easy(400, 2.4), *[easy(120, 2.44, 165, 5.0), easy(120, 2.44, 165, -5.0)] * 6)))
    assert [0, 0, 0, 0] == [values[name] for name in ("over_ceiling_s", "tempo_s", "interval_count", "pickup_count")]
    assert [] == [limit.fact for limit in HIP.limits if "adjusted" in limit.fact]


def test_trap_09_hills_come_after_tempo_and_downhill_counts_as_well() -> None:
    """The limits never fall from stage to stage, 4 % and more come with S4a, and what is limited up is limited down."""
    order = [stage.stage_id for stage in HIP.stages]
    up, down = (
        {x.stage_id: x.limit_value for x in HIP.limits if x.fact == f"max_grade_{way}_100m_pct"}
        for way in ("up", "down")
    )
    assert up.keys() == down.keys()
    for limits in (up, down):
        told = [limits[stage] for stage in order if stage in limits]
        assert sorted(told) == told
    assert [True, True, True, True, False] == [up[stage] <= 4 for stage in ("S0", "S1", "S2", "S3", "S4a")]


def test_trap_10_no_acute_chronic_ratio_and_no_score_is_kept() -> None:
    """FRANDSEN25: the ratio shows the wrong way round. Nothing is called so, in any fact, relation or protocol."""
    names = [*known_facts().of_runs, *known_facts().of_today, *(path.stem for path in (ROOT / "sql").rglob("*.sql"))]
    assert [] == [name for name in names if re.search(r"acwr|acute|chronic|risk|score|strain|readiness", name)]


def test_trap_11_a_missing_answer_is_not_a_quiet_hip(bench: Bench) -> None:
    """No entry: not known, for every answer; never 0 and never within plan."""
    expected, found = judged(bench, """
        Sun 1 Mar  stage S1 by Dr B
        Tue 3 Mar  run 28:00  4.7 km
        now Fri 6 Mar 18:00
        -> pain_during: not_assessable on Tue 3 Mar
        -> pain_after_rise: not_assessable on Tue 3 Mar
        -> pain_next_morning_rise: not_assessable on Tue 3 Mar
        -> red_flag_count: not_assessable on Tue 3 Mar
        -> verdict: not_assessable on Tue 3 Mar
    """)  # fmt: skip
    assert expected == found


def test_trap_13_a_hip_is_held_at_two_of_ten_and_bone_tolerates_none() -> None:
    """The tendon's five is the ceiling of the hip, not its limit; the protocol for bone has no band at all."""
    pain = {(x.outcome, x.limit_value) for x in HIP.limits if x.fact == "pain_during"}
    assert {("hold", 2.0), ("contact_clinician", 5.0)} == pain
    bone = load_protocol(_BUNDLED / "walk_run_bone.toml", known_facts())
    assert {("contact_clinician", 0.0)} == {(x.outcome, x.limit_value) for x in bone.limits if x.fact == "pain_during"}


@pytest.mark.parametrize("flag", ["night_or_rest_pain", "pain_each_footfall_increasing", "limp_persisting"])
def test_trap_14_one_red_flag_is_enough_and_nothing_averages_it_away(bench: Bench, flag: str) -> None:
    """Pain 0 and eight answers of "no" don't outweigh one "yes"."""
    expected, found = judged(bench, f"""
        Sun 1 Mar  stage S1 by Dr B
        Tue 3 Mar  run 28:00  4.7 km
                   pain before 0, during 0, after 0, morning 0; red flag {flag}
        now Fri 6 Mar 18:00
        -> red_flag_count: contact_clinician on Tue 3 Mar
        -> verdict: contact_clinician on Tue 3 Mar
    """)  # fmt: skip
    assert expected == found


def test_trap_14_pain_with_the_foot_on_the_ground_is_told_apart_from_pain_at_knee_lift(bench: Bench) -> None:
    """It is atypical for an impinging hip: a fact of its own, with the pain that was felt there."""
    diary = read_diary("""
        Sun 1 Mar  stage S1 by Dr B
        Tue 3 Mar  run 28:00  4.7 km
                   pain before 0
        now Fri 6 Mar 18:00
    """)
    for phase, pain in (("foot_on_ground", 2.0), ("knee_lift", 0.0), ("both", 2.0), ("unsure", None)):
        said = {
            "kind": "symptom",
            "session_id": "s000",
            "moment": "during",
            "pain_0_10": 2,
            "phase": phase,
            "entry_utc": "2026-03-03T20:00:00+00:00",
        }
        with bench.case(diary.now_utc) as case:
            case.say([{"kind": "runner"}, *diary.entries, said])
            bring_protocols(bench.connection, bench.home)
            case.put("measured_session", diary.runs)
            assert pain == case.ask("from symptom_answer where fact = 'foot_on_ground_pain'")[0]["value"]


def test_trap_17_surgical_cut_offs_are_not_used_and_noise_is_no_improvement(bench: Bench) -> None:
    """iHOT-12: 63 and not 59.5; UWRI has a smallest detectable change, and it is smaller than what matters."""
    with bench.case("2026-03-10T12:00:00+00:00") as case:
        known = {row["instrument"]: row for row in case.ask("from prom_meaning")}
    assert "59.5" not in "".join(row["meaning"] for row in known.values())
    assert "PASS 63" in known["iHOT-12"]["meaning"]
    assert known["UWRI"]["mdc"] < known["UWRI"]["mcid"]
    assert known["HAGOS"]["mdc"] > 30


def test_trap_18_the_cadence_target_is_retired_with_the_early_stages() -> None:
    """A short-term change (SEED1): no limit on it from S4b on, so nobody is reminded for ever."""
    asked = {limit.stage_id for limit in HIP.limits if limit.fact == "matched_cadence_ratio"}
    assert {"S4b", "S4c"}.isdisjoint(asked)
    assert {"note"} == {limit.outcome for limit in HIP.limits if limit.fact == "matched_cadence_ratio"}


def test_trap_19_no_muscle_is_called_weak_or_tight() -> None:
    """Nothing that a person reads infers a body from a run."""
    assert [] == [
        text
        for text in every_text()
        if re.search(r"\bweak|\btight\b|\bimbalance", text, re.IGNORECASE)
        and "weak_leg" not in text
        and text != "a numb or weak leg, saddle or bladder change"  # what a runner reports, in the clinician's words
    ]


def test_trap_20_a_heart_that_beats_faster_is_no_faster_run() -> None:
    """A raised cadence raises the heart rate: the ceiling is one of speed, and no limit names the heart."""
    calm, quick = (values_of(SyntheticRun((jog(1200),), heart_rate_bpm=bpm)) for bpm in (135.0, 178.0))
    assert calm["over_ceiling_s"] == quick["over_ceiling_s"] == 0
    for protocol in every_protocol():
        assert [] == [limit.fact for limit in protocol.limits if re.search("heart|hr_|bpm", limit.fact)]


def test_trap_23_nothing_that_a_person_reads_alarms_or_promises() -> None:
    """Never "safe", "ready", a risk score, a diagnosis, an order to advance: in no text of any page, finding or protocol."""
    assert [] == [text for text in every_text() if is_alarm(text)]


def test_trap_23_the_check_of_words_sees_what_it_has_to_see() -> None:
    """A check that can't fail is none."""
    bad = (
        "It is safe to run.",
        "You are ready for S2",
        "risk score 7",
        "your hip is overloaded",
        "diagnosis: FAI",
        "Advance to stage 2",
    )
    good = ("already there", "It does not diagnose", "the diagnosis in the clinician's own words", "at most 10.0 m/km")
    assert [True] * len(bad) == [is_alarm(text) for text in bad]
    assert [False] * len(good) == [is_alarm(text) for text in good]


def test_trap_23_the_pages_of_a_bad_week_neither_alarm_nor_promise(tmp_path: Path) -> None:
    """Every command's page about red flags, holds and breaches; and the red flag's run carries no other advice."""
    log = ScenarioLog(tmp_path)
    log.stage("S1", "2026-02-01")
    for day in ("2026-03-10", "2026-03-12", "2026-03-14"):
        log.feels(log.run(f"{day} 07:30", jog(1600)))
    hold = log.run("2026-03-16 07:30", jog(1600, 3.2))
    log.feels(hold, 0, 3, 3, 3)
    flag = log.run("2026-03-17 07:30", jog(800), *bouts(6, 20, 4.348, [jog(75)]))
    log.feels(flag, 1, 7, 6, 4, red_flags=("limp_persisting",))
    log.arrive("2026-03-18 18:00")
    pages = {
        words: gaitkeeper("--home", log.home.path, *words.split(), "--as-of", "2026-03-18").out
        for words in ("week", "flagged", "status", f"session {flag.recording_id}", f"session {hold.recording_id}")
    }
    pages["protocol show"] = gaitkeeper("--home", log.home.path, "protocol", "show").out
    for words, page in pages.items():
        assert len(page) > 100, words
        assert [] == [line for line in page.splitlines() if is_alarm(line)], words
    about_flag = pages["flagged"].split(flag.recording_id)[1].split("## ")[0]
    assert "CONTACT YOUR CLINICIAN" in about_flag
    assert [] == [word for word in ("outside plan", "hold**", "Strides") if word in about_flag]


def test_trap_24_nothing_claims_to_be_a_medical_device_or_billable() -> None:
    """Data days may be counted; what they are worth to whom is nobody's business here."""
    texts = [*every_text(), (ROOT / "README.md").read_text("utf-8")]
    assert [] == [text for text in texts if re.search(r"billable|9897[57]|9898\d|\bRTM\b|\bCPT\b|FDA", text)]


def test_trap_25_stages_are_data_and_no_program_text_knows_one() -> None:
    """Two protocols with other stages, other numbers of them; no statement of Python or SQL names one."""
    assert [7, 2] == [
        len(load_protocol(_BUNDLED / f"{name}.toml", known_facts()).stages)
        for name in ("return_to_run_hip", "walk_run_bone")
    ]
    named = re.compile(r"""["']S[0-4][abc]?["']""")
    statements = [path.read_text("utf-8") for path in (ROOT / "sql").rglob("*.sql")]
    assert [] == [text for text in [*statements, *strings_of("pipeline"), *strings_of("flows")] if named.search(text)]
    assert [] == [text for text in strings_of("pipeline", "flows") if re.fullmatch(r"S[0-4][abc]?", text)]


def test_trap_26_the_ceilings_source_stands_beside_every_verdict_that_rests_on_it() -> None:
    """A missed threshold moves everything: its source is told, and near it nothing is called a breach."""
    definitions = {definition.name: definition for definition in all_facts()}
    assert definitions["over_ceiling_s"].error_abs > 0
    unknown = facts_of(SyntheticRun((jog(1200),)), Thresholds())
    assert "not_assessable" == unknown["over_ceiling_s"].status
    columns = (ROOT / "sql" / "tables" / "measured_session.sql").read_text("utf-8")
    assert "ceiling_source" in columns


# --- What people read ----------------------------------------------------------------------------------------------

ALARM: Final = re.compile(
    r"\bsafe(ly|ty)?\b|\bready\b|risk score|overload|\badvance to\b|\bdanger|\bemergency\b|\bdiagnos", re.IGNORECASE
)
#: Words about a diagnosis that claim none.
NO_CLAIM: Final = re.compile(
    r"does not diagnose|diagnosis[_-]text|the diagnosis in the clinician's own words|History, diagnosis, surgery locks|"
    r"^DiagnosticReport$",  # FHIR's name of a resource
    re.IGNORECASE,
)


def is_alarm(text: str) -> bool:
    """Return whether a text promises, alarms, diagnoses or gives an order."""
    return bool(ALARM.search(NO_CLAIM.sub("", text)))


def every_protocol() -> list[Protocol]:
    return [load_protocol(_BUNDLED / f"{name}.toml", known_facts()) for name in bundled_names()]


def all_facts() -> list:
    from pipeline.compliance.judge import run_facts
    from pipeline.warehouse.catalog import history_facts

    return [definition for definition, _ in (*run_facts(), *history_facts("today"))]


def every_text() -> list[str]:
    """Return what the program may say: its own strings, the meanings of facts, the words of protocols and messages."""
    said = [*strings_of("gaitkeeper", "flows", "pipeline/reports", "pipeline/compliance")]
    said += [definition.meaning for definition in all_facts()]
    said += [
        text
        for protocol in every_protocol()
        for x in (*protocol.limits, *protocol.criteria)
        for text in (x.sentence, x.source)
    ]
    said += [stage.name for protocol in every_protocol() for stage in protocol.stages]
    said += re.findall(
        r"'((?:[^']|'')*)'", "\n".join(path.read_text("utf-8") for path in (ROOT / "sql").rglob("*.sql"))
    )
    return said


def strings_of(*folders: str) -> list[str]:
    """Return every string of some packages, but the docstrings of modules and of what is no command."""
    found: list[str] = []
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            quiet = {
                id(node.body[0].value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Module | ast.ClassDef) and node.body and isinstance(node.body[0], ast.Expr)
            }
            found += [
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet
            ]
    return found
