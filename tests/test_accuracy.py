"""The accuracy that was reached stays reached: a target that is met today may not be lost.

`MET` is today's state, committed: a line goes in when `make accuracy` shows its target met, and out only with a reason
in CHANGELOG.md. Where a target is still missed there is no line yet.
"""

from pathlib import Path

import pytest

from benchmarks import accuracy, on_corpus, on_synthetic
from benchmarks.table import Case, Row, each, error_row, misses

MET_ON_CORPUS = frozenset(
    {
        "distance, FIT | corpus",
        "timer time | corpus",
        "ascent, barometer, ≥50 m | corpus",
        "ascent, inside max(10 m, 10 %) | corpus",
        "descent, barometer, ≥50 m | corpus",
        "ascent, 1 s thinned to smart | corpus",
        "steps from cadence, continuous runs | corpus",
        "fastest 30 s at 6 m/s or less | corpus",
        "duplicates: natural pairs merged wrongly | corpus",
        "duplicates: twins of two formats found | corpus",
        "duplicates found (simulated) | corpus runs",
        "duplicates: others merged (simulated) | corpus runs",
    }
)

MET_ON_SYNTHETIC = frozenset(
    {
        "distance, FIT | synthetic",
        "timer time | synthetic",
        "steps from cadence, walks and stops in it | synthetic",
        "distance, GPX | synthetic, 1.5 m of noise",
        "run/walk/still, s | synthetic, 1s",
        "still found, s | synthetic, 1s",
        "run/walk/still, s | synthetic, smart",
        "fastest 30 s at 6 m/s or less | synthetic, leaps of GPS",
        "ascent, hilly | synthetic",
        "descent, hilly | synthetic",
        "ascent, 1 s thinned to smart | synthetic",
        "max 100 m grade, up and down | synthetic",
        "longest climb | synthetic",
        "hill exposure ≥3 %, recall, s | synthetic",
        "hill exposure ≥3 %, precision, s | synthetic",
        "grade, SD on even slopes | synthetic",
        "hills on the flat, 0.3 m of noise | synthetic",
        "max 100 m grade on the flat | synthetic",
        "ascent, same route again (CV) | synthetic",
        "hill exposure ≥4 %, same route again (CV) | synthetic",
        "strides, recall | synthetic, critical speed known",
        "strides, precision | synthetic, critical speed known",
        "strides, sessions that hold none | synthetic, flat, critical speed known",
        "strides, sessions that hold none | synthetic, trail, critical speed known",
        "strides, recall | synthetic, no thresholds",
        "strides, precision | synthetic, no thresholds",
        "strides, sessions that hold none | synthetic, flat, no thresholds",
        "strides, sessions that hold none | synthetic, trail, no thresholds",
        "local day and offset | synthetic",
        "duplicates found (simulated) | synthetic",
        "duplicates: others merged (simulated) | synthetic",
        "cadence at matched speed | synthetic log",
        "cadence at matched speed, refused without a baseline | synthetic log",
        "easy runs without a bout of tempo, hard or strides | synthetic log, easy, no threshold set",
        "critical speed from maximal efforts | synthetic log",
    }
)

DOCUMENT = Path(__file__).parents[1] / "docs" / "accuracy.md"


def lost(rows: list[Row], met: frozenset[str]) -> dict[str, str]:
    """Return what was met and is no more: row -> what it reaches now."""
    now = {row.key: row for row in rows}
    return {
        key: f"{now[key].reached}, target {now[key].target}" if key in now else "no longer measured"
        for key in sorted(met)
        if key not in now or not now[key].is_met
    }


@pytest.mark.slow
def test_no_target_that_was_met_on_synthetic_runs_is_lost():
    """Distance, time, steps, gait, hills, strides, days and duplicates against a known truth."""
    assert {} == lost(on_synthetic.measure().rows, MET_ON_SYNTHETIC)


@pytest.mark.slow
@pytest.mark.corpus
def test_no_target_that_was_met_on_real_files_is_lost(corpus):
    """The same against the totals that devices wrote."""
    assert {} == lost(on_corpus.measure(corpus).rows, MET_ON_CORPUS)


def test_the_published_table_claims_no_more_than_is_held_here():
    """Every line of docs/accuracy.md that says "yes" is a line of `MET`: a test stands behind it."""
    cells = [line.strip("| ").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    claimed = {f"{line[0]} | {line[1]}" for line in cells if line[-1] == "yes"}
    assert claimed
    assert set() == claimed - (MET_ON_CORPUS | MET_ON_SYNTHETIC)


def test_a_missed_target_is_said_and_its_case_is_listed_with_figures():
    """Nothing is taken out to meet a target, and a reason of the file's own stands beside the miss."""
    cases = [Case("a.fit", 0.05, "1000.5 m, device 1000 m"), Case("b.fit", -2.0, "980 m, device 1000 m", reason="why")]
    row = error_row("distance", "corpus", cases, "%", each(0.1, "%"))
    assert "MISSED" == row.met
    assert ["distance | corpus | b.fit: -2.00 % (980 m, device 1000 m) [why]"] == misses([row])


def test_a_lost_target_is_found():
    """Missed now, or not measured any more."""
    row = error_row("distance", "corpus", [Case("a.fit", 2.0)], "%", each(0.1, "%"))
    met = frozenset({"distance | corpus", "steps | corpus"})
    assert {"distance | corpus": "max 2.00 %, target each ≤0.1 %", "steps | corpus": "no longer measured"} == lost(
        [row], met
    )


def test_the_document_tells_what_is_missed_and_what_was_left_out():
    """Markdown: a summary, the table, the misses, the rest."""
    result = accuracy.Result(
        [error_row("distance", "corpus", [Case("a.fit", 2.0, "980 m")], "%", each(0.1, "%"))], ["b.fit: damaged"]
    )
    text = accuracy.as_document(result)
    assert "0 of 1 targets met, 1 missed" in text
    assert "| distance | corpus | 1 | 2.00 % | 2.00 % | 2.00 % | max 2.00 % | each ≤0.1 % | MISSED |" in text
    assert "* distance · corpus · a.fit: +2.00 % (980 m)" in text
    assert "* b.fit: damaged" in text
