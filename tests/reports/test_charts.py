"""What every chart holds: valid, small, the same bytes each time, nothing fetched, text stays text, missing stays missing."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from flows import charts as loaded
from pipeline.reports.charts import (
    PAGE_WIDTH_PX,
    PHONE_WIDTH_PX,
    PRINT_WIDTH_PX,
    Chart,
    block_chart,
    cadence_chart,
    session_chart,
    theme,
    week_chart,
)
from support import chart_rows as made
from support.example_home import open_home

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'x' ]]> עברית 🏃"

#: Every kind of chart from rows made by hand, each with as much on it as it can have.
FULL = {
    "session": lambda width: session_chart(
        made.session_rows(
            samples=[*made.bins(50), *made.bins(40, piece=1, start_s=360)],
            session=made.session(timer_s=540.0),
            surges=[made.surge(100), made.surge(200, "interval", is_possible_only=True)],
            climbs=[made.climb(30), made.climb(400, 9.0, "down")],
            findings=[
                made.finding("over_ceiling_s", 100, 160, "Time above the ceiling: 60 s, at most 30 s in S1; outside the plan set by X."),
                made.finding("longest_climb_s", 30, 90, "Longest climb: 60 s, at most 30 s in S1."),
                made.finding("matched_cadence_ratio", 0, 600, "Cadence: +1 %, at least +5 % in S1.", outcome="note"),
            ],
        ),
        width,
    ),
    "week": lambda width: week_chart(made.week_rows(), width),
    "block": lambda width: block_chart(made.block_rows(), width),
    "cadence": lambda width: cadence_chart(made.cadence_rows(), width),
}  # fmt: skip


_PICTURES: dict[str, str] = {}


def drawn_once(chart: Chart) -> str:
    """Return a chart's picture, drawn once however many questions are asked of it."""
    if chart.digest not in _PICTURES:
        _PICTURES[chart.digest] = chart.svg()
    return _PICTURES[chart.digest]


def texts(chart: Chart) -> list[str]:
    """Return every text of the picture, as a reader sees it."""
    return [node.text or "" for node in ET.fromstring(drawn_once(chart)).iter() if node.tag.endswith(("text", "tspan"))]


def said(chart: Chart) -> str:
    return " ".join(texts(chart))


def points(chart: Chart) -> dict[str, int]:
    return {name: len(rows) for name, rows in chart.spec["datasets"].items()}


@pytest.fixture(scope="module")
def example(example_home):
    """Every chart of the example log, by name."""
    with open_home(example_home) as connection:
        ids = [row[0] for row in connection.execute("select session_id from session order by session_id").fetchall()]
        weeks = [row[0] for row in connection.execute("select iso_week from week_summary order by 1").fetchall()]
        drawn = {one: session_chart(loaded.session_chart_of(connection, one)) for one in ids}
        drawn |= {one: week_chart(loaded.week_chart_of(connection, "example", one)) for one in weeks}
        drawn["block"] = block_chart(loaded.block_chart_of(connection, "example"))
        drawn["cadence"] = cadence_chart(loaded.cadence_chart_of(connection, "example"))
    return drawn


@pytest.mark.parametrize("width_px", [320, PRINT_WIDTH_PX])
@pytest.mark.parametrize("kind", FULL)
def test_a_chart_is_exactly_as_wide_as_asked(kind, width_px):
    """Pages and paper leave just that room."""
    root = ET.fromstring(drawn_once(FULL[kind](width_px)))
    assert str(width_px) == root.get("width")


@pytest.mark.parametrize("kind", FULL)
def test_a_spec_follows_the_schema_of_vega_lite(kind):
    """Altair checks it against the schema it carries; a misspelt property would be dropped silently by the renderer."""
    chart = FULL[kind](PAGE_WIDTH_PX)
    assert chart.spec["vconcat"] == chart.altair().to_dict()["vconcat"]


@pytest.mark.parametrize("kind", FULL)
def test_the_same_data_give_the_same_bytes(kind):
    """No clock, no chance, no counter of earlier charts."""
    first, again = FULL[kind](PAGE_WIDTH_PX), FULL[kind](PAGE_WIDTH_PX)
    assert first.spec_text() == again.spec_text()
    assert first.digest == again.digest
    assert first.svg() == again.svg()
    assert first.digest != FULL[kind](PHONE_WIDTH_PX).digest


@pytest.mark.parametrize("kind", FULL)
def test_a_picture_needs_nothing_from_anywhere(kind):
    """It stands in an e-mail, in a report and on a page without a network."""
    page = FULL[kind](PAGE_WIDTH_PX).html()
    addresses = set(re.findall(r"\w+://[^\s\"'<>)]+", page))
    assert {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"} >= addresses
    assert not re.search(r"<(script|image|link|iframe|foreignObject|use)\b", page)


@pytest.mark.parametrize("kind", FULL)
def test_a_chart_says_itself_in_one_sentence(kind):
    """Who doesn't see it hears what is on it."""
    chart = FULL[kind](PAGE_WIDTH_PX)
    root = ET.fromstring(drawn_once(chart))
    assert ("img", chart.description) == (root.get("role"), root.get("aria-label"))
    assert re.fullmatch(r"[^\n]{20,}\.", chart.description)
    assert not [node for node in root.iter() if node is not root and node.get("aria-label")]


@pytest.mark.parametrize("kind", FULL)
def test_two_charts_on_one_page_share_no_id(kind):
    """A clip path of one would cut the other."""
    ids = [re.findall(r'id="([^"]+)"', drawn_once(FULL[kind](width))) for width in (PHONE_WIDTH_PX, PAGE_WIDTH_PX)]
    assert set() == set(ids[0]) & set(ids[1])


def test_a_png_has_as_many_dots_as_asked():
    """Twice as many as CSS pixels unless told otherwise."""
    import io

    from PIL import Image

    chart = FULL["week"](PHONE_WIDTH_PX)
    assert 2 * PHONE_WIDTH_PX == Image.open(io.BytesIO(chart.png())).width
    assert PHONE_WIDTH_PX == Image.open(io.BytesIO(chart.png(1))).width


def test_every_session_week_and_block_of_the_example_draws(example):
    """Watch and phone, indoors, paused, a bike ride, a week without an answer; every third, which has one of each."""
    for chart in list(example.values())[::3]:
        picture = chart.svg()
        assert str(PAGE_WIDTH_PX) == ET.fromstring(picture).get("width")
        assert not re.search(r"\b(NaN|undefined|null)\b", picture)


def test_a_spec_stays_small(example):
    """At most 600 points a panel, and less than a photograph in bytes."""
    assert max(max(points(chart).values(), default=0) for chart in example.values()) <= 600
    assert max(len(chart.spec_text()) for chart in example.values()) < 100_000


def test_ten_hours_are_no_larger_than_one(example_home):
    """Bins grow with the session; their number doesn't."""
    with open_home(example_home) as connection:
        longest = connection.execute("select arg_max(session_id, elapsed_s) from session").fetchone()[0]
        found = loaded.session_chart_of(connection, longest)
    assert 250 <= len(found.samples) <= loaded.BIN_COUNT + 2


def test_names_stay_text():
    """What people typed is never markup: in the picture, in a page, or inside a script element."""
    charts = [
        week_chart(
            made.week_rows(sessions=[made.session(is_run=False, sport=HOSTILE, verdict=None)], stage_id=HOSTILE)
        ),
        block_chart(made.block_rows(stages=[made.stage("S1", date(2026, 3, 2), date(2026, 3, 29), HOSTILE)])),
        session_chart(made.session_rows(findings=[made.finding("run_s", 0, 60, HOSTILE, overridden_by=HOSTILE)])),
        session_chart(made.session_rows(surges=[made.surge(10, HOSTILE)])),
    ]
    for chart in charts:
        assert "alert(1)" in said(chart).replace(" ", "")
        assert "<script" not in chart.html(HOSTILE)
        assert "<" not in chart.spec_text()
        assert chart.spec == json.loads(chart.spec_text())


# ------------------------------------------------------------------------------------------------ one session


def test_what_was_not_recorded_is_said():
    """A missing channel is a sentence, not a line at 0."""
    gone = {"cadence_spm": None, "low_cadence_spm": None, "high_cadence_spm": None, "heart_rate_bpm": None}
    chart = session_chart(made.session_rows(samples=made.bins(**gone)))
    assert 2 == texts(chart).count("Not recorded.")
    assert "cadence not recorded; heart rate not recorded" in chart.description
    assert not any({"c", "h", "b0"} & row.keys() for row in chart.spec["datasets"]["samples"])


@pytest.mark.parametrize(
    ("source", "is_indoor", "words"),
    [
        ("gps", False, "from GPS: too coarse for hills"),
        ("none", True, "Not recorded (indoors): hills can't be told."),
        ("none", False, "Not recorded (no barometer): hills can't be told."),
    ],
)
def test_altitude_that_cannot_tell_hills_says_so(source, is_indoor, words):
    """GPS altitude is drawn thin and named, never filled with climbs; indoors there is none."""
    altitude = {} if source == "gps" else {"altitude_m": None}
    chart = session_chart(
        made.session_rows(
            session=made.session(altitude_source=source, is_indoor=is_indoor), samples=made.bins(**altitude)
        )
    )
    assert words in said(chart)
    assert "Altitude (m): hills not assessable" in texts(chart)
    assert "hills not assessable" in chart.description


def test_a_pause_is_a_pause():
    """A hole that the timer explains is named as one with its length, and no line crosses it."""
    samples = [*made.bins(50), *made.bins(40, piece=1, start_s=360)]
    chart = session_chart(made.session_rows(samples=samples, session=made.session(timer_s=540.0)))
    assert "paused 1:00" in texts(chart)
    assert [{"t"}] == [row.keys() for row in chart.spec["datasets"]["samples"] if "v" not in row]


def test_a_hole_without_a_pause_was_not_recorded():
    """The timer ran: the seconds are missing, and nobody says they were a rest."""
    chart = session_chart(made.session_rows(samples=[*made.bins(50), *made.bins(40, piece=1, start_s=360)]))
    assert "not recorded 1:00" in texts(chart)
    assert not any("paused" in text for text in texts(chart))


def test_an_hour_in_a_cafe_does_not_squeeze_the_run():
    """A long pause is folded; its length is written on it, and times after it are right."""
    samples = [*made.bins(50), *made.bins(50, piece=1, start_s=3900)]
    chart = session_chart(made.session_rows(samples=samples, session=made.session(elapsed_s=4200.0, timer_s=600.0)))
    last = max(row["t"] for row in chart.spec["datasets"]["samples"])
    assert "paused 1:00:00" in texts(chart)
    assert last < 700
    assert "1:10:00" in texts(chart)


def test_findings_have_a_letter_their_limit_and_their_panel():
    """A reader finds the stretch, and the limit in words, without the report beside it."""
    chart = FULL["session"](PAGE_WIDTH_PX)
    lines = said(chart)
    assert "C: Time above the ceiling: 60 s, at most 30 s in S1 (outside plan)" in lines
    assert "set by X" not in lines
    marked = {
        panel["title"].partition(" ")[0]: [
            row["w"]
            for one in panel["layer"]
            for row in one["data"].get("values", [])
            if row.get("w") in ("A", "B", "C")
        ]
        for panel in chart.spec["vconcat"]
        if "layer" in panel
    }
    assert {"C"} == set(marked["Pace"])
    assert {"B"} == set(marked["Altitude"])
    assert {"A"} == set(marked["Cadence"])


def test_a_finding_that_was_set_aside_says_by_whom():
    """It stays to be seen, as does the decision."""
    chart = session_chart(
        made.session_rows(findings=[made.finding("run_s", 0, 60, "Too long.", overridden_by="Dr Example")])
    )
    assert "(set aside by Dr Example)" in said(chart)


def test_stretches_beyond_what_can_be_told_apart_are_counted():
    """Nothing is dropped silently."""
    many = [made.finding("run_s", place * 30, place * 30 + 20, f"Limit {place}.") for place in range(12)]
    chart = session_chart(made.session_rows(findings=many))
    assert "4 more stretches are not marked." in said(chart)
    assert "(outside plan)" in said(chart)


def test_surges_are_numbered_by_kind_and_the_uncertain_are_hollow():
    """Shape says the kind, a number which one, a hollow shape that a sensor was missing."""
    surges = [*(made.surge(100 * place) for place in range(3)), made.surge(400, "tempo", is_possible_only=True)]
    chart = session_chart(made.session_rows(surges=surges))
    assert "1 to 3: stride (pick-up)" in said(chart)
    assert "4: tempo (possible, hollow: cadence or barometer is missing)" in said(chart)
    assert {"1", "2", "3", "4"} <= set(texts(chart))
    assert "3 x stride (pick-up); 1 x tempo" in chart.description


def test_paces_stand_on_the_axis_and_faster_is_higher():
    """Round minutes a kilometre; the ceiling and critical speed by name and pace."""
    chart = session_chart(made.session_rows())
    assert {"6:00", "5:00", "ceiling 5:45", "critical speed 4:44"} <= set(texts(chart))
    heights = {
        node.text: float(re.search(r"translate\(-6,([\d.]+)", node.get("transform"))[1])
        for node in ET.fromstring(drawn_once(chart)).iter()
        if node.text in ("5:00", "6:00") and "translate(-6," in node.get("transform")  # at the left, not times below
    }
    assert heights["5:00"] < heights["6:00"]


def test_an_estimated_critical_speed_is_said_to_be_one():
    """A threshold that the log guessed is not the clinician's."""
    chart = session_chart(made.session_rows(session=made.session(critical_speed_source="estimated from 120 days: ...")))
    assert "critical speed 4:44 (estimated)" in texts(chart)


def test_without_thresholds_and_baseline_there_are_no_lines():
    """Nothing is invented where nothing was set."""
    bare = made.session(ceiling_mps=None, critical_speed_mps=None, critical_speed_source=None)
    chart = session_chart(made.session_rows(session=bare, baseline=None))
    assert not any(text.startswith(("ceiling", "critical")) for text in texts(chart))
    assert "No baseline of the cadence" in said(chart)
    assert not any("b0" in row for row in chart.spec["datasets"]["samples"])


def test_the_band_follows_the_speed():
    """The baseline is held against the cadence at the speed of the moment, not at another."""
    samples = [*made.bins(50), *made.bins(50, start_s=300, run_speed_mps=3.7)]
    rows = session_chart(made.session_rows(samples=samples)).spec["datasets"]["samples"]
    assert pytest.approx(1.05 * (164 + 9 * (2.7 - 2.8)), abs=0.1) == rows[1]["b0"]
    assert pytest.approx(1.10 * (164 + 9 * (3.7 - 2.8)), abs=0.1) == rows[-1]["b1"]


def test_a_watch_left_on_for_weeks_has_its_times():
    """A million seconds is a label like another, not "undefined"."""
    samples = made.bins(300, width_s=8000)
    chart = session_chart(made.session_rows(samples=samples, session=made.session(elapsed_s=2.4e6, timer_s=2.4e6)))
    assert "480:00:00" in texts(chart)
    assert "undefined" not in said(chart)


@pytest.mark.parametrize(
    "changed",
    [
        {"samples": made.bins(1, width_s=1), "session": made.session(elapsed_s=1.0, timer_s=1.0)},
        {"samples": made.bins(speed_mps=0.0, low_speed_mps=0.0, high_speed_mps=0.0)},
        {"samples": made.bins(speed_mps=None, low_speed_mps=None, high_speed_mps=None, run_speed_mps=None)},
        {"surges": [made.surge(6.0 * place) for place in range(99)]},
        {"climbs": [made.climb(6.0 * place, 12.0) for place in range(99)]},
        {"samples": [row for place in range(60) for row in made.bins(2, piece=place, start_s=60 * place)], "session": made.session(elapsed_s=3600.0)},
        {"session": made.session(elapsed_s=None, timer_s=None)},
        {"climbs": [made.climb(5000)]},
    ],
    ids=["one second", "standing", "no speed", "99 surges", "99 climbs", "60 pauses", "no totals", "a climb past the end"],
)  # fmt: skip
def test_odd_sessions_draw(changed):
    """Whatever was recorded, the page that shows it stands, as wide as it is asked to be."""
    root = ET.fromstring(session_chart(made.session_rows(**changed), 320).svg())
    assert 320 <= float(root.get("width")) <= 332


def test_steeper_is_darker_and_up_is_told_from_down():
    """Grey print keeps the order of steepness; an arrow says which way, and words what a colour means."""
    chart = session_chart(made.session_rows(climbs=[made.climb(30, 3.0), made.climb(200, 9.0, "down")]))
    assert {"up 2 to 4 %", "down 8 % and more", "3 %", "9 %"} <= set(texts(chart))
    for ramp in (theme.UP_RAMP, theme.DOWN_RAMP):
        greys = [luminance(colour) for colour in ramp]
        assert greys == sorted(greys, reverse=True)
        assert min(a - b for a, b in pairwise(greys)) > 0.05


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_are_readable_on_white():
    """4.5 : 1 for every colour that words have (WCAG 2.2, 1.4.3)."""
    for colour in (theme.INK, theme.SOFT, theme.BLUE, theme.VERMILION, theme.GREEN):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("kind", FULL)
def test_no_word_of_a_chart_is_a_colour(kind):
    """In grey print nobody finds "the blue band"."""
    words = set(re.findall(r"[a-z]+", said(FULL[kind](PAGE_WIDTH_PX)).lower()))
    assert len(words) > 5
    assert set() == words & {"blue", "orange", "red", "green", "yellow", "brown", "purple"}


def test_every_verdict_has_a_shape_of_its_own():
    """Nobody has to tell colours apart."""
    looks = [(shape, is_filled) for shape, is_filled, _ in theme.VERDICT_MARKS.values()]
    assert len(looks) == len(set(looks))
    assert 4 == len({shape for _, shape in theme.MOMENTS.values()})


# ------------------------------------------------------------------------------------------------ the week


def test_a_week_says_every_day_what_it_was():
    """Run, rest, another sport, still to come: none of them is a gap."""
    days = [
        made.session(),
        made.session(session_date=date(2026, 3, 4), is_run=False, sport="cycling", verdict=None),
        made.session(session_date=date(2026, 3, 5), run_s=None, moving_s=None, verdict="not_assessable"),
    ]
    chart = week_chart(made.week_rows(sessions=days, as_of_date=date(2026, 3, 6)))
    words = texts(chart)
    assert 2 == words.count("rest")
    assert 2 == words.count("to come")
    assert {"no run", "cycling", "10:00", "at most 50 min of running a run in S1"} <= set(words)
    assert "time not known" in said(chart)
    assert "within plan" in said(chart)


def test_an_answer_that_is_missing_is_hollow_and_one_that_is_0_is_0():
    """The two look different, and one that is not due yet is neither."""
    sessions = [
        made.session(pain_before=0, pain_during=None, pain_after=None, pain_next_morning=None),
        made.session(
            session_date=date(2026, 3, 4),
            pain_before=0,
            pain_during=0,
            pain_after=0,
            pain_next_morning=None,
            is_pending=True,
        ),
    ]
    chart = week_chart(made.week_rows(sessions=sessions, rehab=[]))
    words = texts(chart)
    assert 4 == words.count("0") - 1  # the axis has one
    assert 1 == words.count("due")
    hollow = [
        row
        for panel in chart.spec["vconcat"]
        for one in panel["layer"]
        for row in one["data"].get("values", [])
        if row.get("f") == "#ffffff"
    ]
    assert 3 == len(hollow)
    assert "pain during it not said" in chart.description


def test_two_runs_of_one_day_stand_on_each_other_with_the_worse_verdict():
    """A day is one column; the worst of it counts."""
    sessions = [made.session(), made.session(session_id="bbb", verdict="hold", run_s=1200.0)]
    chart = week_chart(made.week_rows(sessions=sessions))
    assert {"30:00", "hold"} <= set(texts(chart))
    assert "within" not in texts(chart)


def test_a_week_without_a_limit_or_a_run_draws():
    """Stages without a limit on running time, weeks without anything."""
    words = texts(week_chart(made.week_rows(limit_run_s=None, sessions=[], rehab=[], stage_id=None)))
    assert 7 == words.count("rest")
    assert "none entered" in words
    assert not any("at most" in word for word in words)


# ------------------------------------------------------------------------------------------------ the block


def rows_of(chart: Chart, title: str) -> list[dict]:
    panel = next(one for one in chart.spec["vconcat"] if str(one.get("title", "")).startswith(title))
    return [row for one in panel["layer"] for row in one["data"].get("values", [])]


def test_missing_answers_of_a_block_have_no_number():
    """They are drawn below the 0, hollow, and counted in the title."""
    runs = [made.session(pain_during=3), made.session(session_date=date(2026, 3, 9), pain_during=None)]
    chart = block_chart(made.block_rows(runs=runs))
    assert "Pain during, 0–10 (1 of 2 answered)" in texts(chart)
    drawn = [row for row in rows_of(chart, "Pain during") if "x" in row]
    assert [3, 3] == [row["y"] for row in drawn if "y" in row]  # its stem and its mark
    assert [7.5] == [row["x"] for row in drawn if "y" not in row]
    assert "Hollow, below 0: not answered. A missing answer is not a 0." in said(chart)


def test_an_answer_that_is_not_due_is_not_counted_as_missing():
    """The morning after hasn't come."""
    chart = block_chart(made.block_rows(weeks=1, runs=[made.session(pain_next_morning=None, is_pending=True)]))
    assert "Pain next morning, 0–10 (0 of 0 answered)" in texts(chart)
    assert "due" in texts(chart)


def test_stages_are_bands_with_names():
    """A narrow band has the short name, a day without a stage is named as that."""
    first = date(2026, 3, 2)
    stages = [
        made.stage(None, first, first + timedelta(days=6), None),
        made.stage("S1", first + timedelta(days=7), first + timedelta(days=27)),
    ]
    chart = block_chart(made.block_rows(stages=stages))
    assert {"no stage", "S1, conversational running"} <= set(texts(chart))


def test_a_week_whose_distance_is_unknown_is_not_a_week_without_running():
    """One has a question mark, the other says none."""
    weeks = [made.week(0), made.week(1, run_count=2, run_distance_m=None), made.week(2, 0, None)]
    words = texts(block_chart(replace(made.block_rows(weeks=3), weeks=weeks)))
    assert {"?", "none", "1"} <= set(words)


@pytest.mark.parametrize(
    ("weeks", "width_px"), [(1, PHONE_WIDTH_PX), (26, PHONE_WIDTH_PX), (60, PRINT_WIDTH_PX), (500, PHONE_WIDTH_PX)]
)
def test_blocks_of_any_length_draw(weeks, width_px):
    """From the first week to years; what is cut says so, and the spec stays small."""
    chart = block_chart(made.block_rows(weeks=weeks), width_px)
    root = ET.fromstring(drawn_once(chart))
    assert width_px <= float(root.get("width")) <= width_px + 20
    assert len(chart.spec_text()) < 80_000
    assert ("The newest 104 of 500 weeks." in said(chart)) == (weeks == 500)


def test_a_long_block_shows_the_worst_answer_of_each_week():
    """A bad day among good ones is not averaged away."""
    runs = [
        made.session(session_date=date(2026, 3, 2) + timedelta(days=day), pain_during=7 if day == 9 else 0)
        for day in range(60)
    ]
    chart = block_chart(made.block_rows(weeks=30, runs=runs))
    assert 7 in [row.get("y") for row in rows_of(chart, "Pain during")]
    assert "Each mark is the worst answer of a week." in said(chart)


# ------------------------------------------------------------------------------------------------ cadence


def test_each_run_says_how_many_minutes_it_rests_on():
    """Twelve minutes and thirty are not the same evidence."""
    chart = cadence_chart(made.cadence_rows())
    assert "5: Mon 9 Mar, 20 minutes, 177 at 6:05/km, +6.0 % against its baseline" in said(chart)
    assert "Baseline: 164 at 5:57/km, set." in said(chart)
    assert "Band: baseline +5 % to +10 %, as the stage of today has it." in said(chart)


def test_cadence_without_a_baseline_says_so():
    """No line is drawn that nobody set and nothing supports."""
    chart = cadence_chart(made.cadence_rows(runs=1, baseline=None))
    assert "No baseline: none was set, and the log doesn't hold enough steady minutes for one." in said(chart)
    assert "baseline" not in texts(chart)


def test_thousands_of_minutes_become_hundreds_of_dots():
    """Every n-th, the same ones each time."""
    minutes = [{"session_id": "0", "speed_mps": 2.5 + place % 50 / 100, "cadence_spm": 170.0} for place in range(5000)]
    assert len(cadence_chart(made.cadence_rows(minutes=minutes)).spec_text()) < 40_000


# ------------------------------------------------------------------------------------------------ what may be shown


@pytest.fixture
def withheld_log(example_home):
    """The example log, in which the phone's runs came by an account that may not be shown to a clinician."""
    with open_home(example_home) as connection:
        connection.execute(
            'create temporary table "session" as select * replace (source_file.is_shown as may_reach_clinician) from "session" '
            "inner join (select recording_id as session_id, file_name not like '%.gpx' as is_shown from recording) as source_file "
            "using (session_id)"
        )
        yield connection


def test_a_clinicians_charts_leave_out_and_count_what_is_withheld(withheld_log):
    """Neither a bar, nor a mark, nor the sum of a week tells what may not be told."""
    every = loaded.block_chart_of(withheld_log, "example")
    shown = loaded.block_chart_of(withheld_log, "example", is_for_clinician=True)
    hidden = len(every.runs) - len(shown.runs)
    assert hidden == len(shown.withheld) > 0
    assert sum(week["run_count"] for week in shown.weeks) == sum(week["run_count"] for week in every.weeks) - hidden
    assert sum(week["run_distance_m"] or 0 for week in shown.weeks) < sum(
        week["run_distance_m"] or 0 for week in every.weeks
    )
    assert f"{hidden} runs are left out" in block_chart(shown).description
    assert f"{hidden} runs are left out" in said(block_chart(shown))
    session_id = shown.withheld[0]["session_id"]
    assert loaded.session_chart_of(withheld_log, session_id, is_for_clinician=True) is None
    assert loaded.session_chart_of(withheld_log, session_id) is not None


def test_a_clinicians_week_says_withheld_and_not_rest(withheld_log):
    """A day that may not be shown was not a day off."""
    shown = loaded.week_chart_of(withheld_log, "example", "2026-W11", is_for_clinician=True)
    chart = week_chart(shown)
    assert "withheld" in texts(chart)
    assert "1 run is left out: the terms of their source don't let a clinician see them." in said(chart)


def test_nothing_to_draw_is_none(example_home):
    """An unknown session, week or runner is no exception."""
    with open_home(example_home) as connection:
        assert loaded.session_chart_of(connection, "nobody") is None
        assert loaded.week_chart_of(connection, "example", "2020-W01") is None
        assert loaded.block_chart_of(connection, "nobody") is None
        assert loaded.cadence_chart_of(connection, "nobody") is None


def test_a_red_flag_stands_alone(example_home):
    """Beside a red flag no other stretch asks for attention."""
    with open_home(example_home) as connection:
        session_id = connection.execute(
            "select any_value(session_id) from finding where start_s is not null"
        ).fetchone()[0]
        before = loaded.session_chart_of(connection, session_id).findings
        connection.execute(
            "create temporary table finding as from finding union all by name select runner_id, session_id, 'red_flag_count' as fact, "
            "'contact_clinician' as outcome from \"session\" where session_id = ?", [session_id]
        )  # fmt: skip
        after = loaded.session_chart_of(connection, session_id).findings
    assert before
    assert [] == after
