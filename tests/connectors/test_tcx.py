"""TCX: laps, pauses, both kinds of cadence, and every point before a cut."""

from __future__ import annotations

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring

from connectors.tcx import decode_tcx
from pipeline.errors import NotAnActivity, NoTimestamps, SkipRecording, UnreadableFile
from pipeline.model import DeviceTotals, TimerEvent
from support.gpx_file import START, at, tcx_activity, tcx_lap, tcx_point, tcx_run, tcx_text

EMPTY = '<?xml version="1.0"?><TrainingCenterDatabase>{}</TrainingCenterDatabase>'


def only(text: str | bytes):
    (recording,) = decode_tcx(text.encode() if isinstance(text, str) else text).recordings
    return recording


def points(first: int, end: int, **point):
    return [tcx_point(t, **point) for t in range(first, end)]


def kinds(recording):
    return [(issue.kind, issue.name, issue.count) for issue in recording.issues]


def test_a_run_keeps_every_recorded_number():
    recording = only(tcx_run(20, heart_rate=150, RunCadence=85, Speed=3.0, Watts=210))
    samples = recording.samples
    assert (START, "running", None) == (recording.start_utc, recording.sport, recording.sub_sport)
    assert [float(t) for t in range(20)] == samples.t_s.tolist()
    assert [3.0 * t for t in range(20)] == samples.distance_m.tolist()
    assert [170.0] * 20 == samples.cadence_spm.tolist()
    assert [150.0] * 20 == samples.heart_rate_bpm.tolist()
    assert [210.0] * 20 == samples.power_w.tolist()
    assert [3.0] * 20 == samples.speed_mps.tolist()
    assert [100.0] * 20 == samples.altitude_m.tolist()
    assert [20.0] * 20 == samples.longitude_deg.tolist()


def test_the_cadence_of_a_polar_run_is_taken_from_the_bikes_element():
    samples = only(tcx_run(20, extra="<Cadence>84</Cadence><SensorState>Present</SensorState>")).samples
    assert [168.0] * 20 == samples.cadence_spm.tolist()


def test_the_run_cadence_wins_over_the_bikes():
    assert [168.0] * 20 == only(tcx_run(20, extra="<Cadence>61</Cadence>", RunCadence=84)).samples.cadence_spm.tolist()


def test_a_crank_is_not_a_foot():
    lap = tcx_lap(0, 20, points(0, 20, extra="<Cadence>84</Cadence>"), lx="<ns3:Steps>28</ns3:Steps>")
    recording = only(tcx_text(tcx_activity(lap, sport="Biking")))
    assert ("cycling", False, None) == (
        recording.sport,
        recording.samples.has("cadence_spm"),
        recording.totals.step_count,
    )
    assert ("ignored_channel", "cadence", 20) in kinds(recording)


@pytest.mark.parametrize(
    ("text", "expected"), [("Running", "running"), ("Biking", "cycling"), ("Other", None), ("Hiking", "hiking")]
)
def test_sports_become_words_of_the_fit_profile(text, expected):
    assert expected == only(tcx_text(tcx_activity(tcx_lap(0, 5, points(0, 5)), sport=text))).sport


class TestLaps:
    def test_they_keep_what_the_device_says(self):
        first = tcx_lap(0, 60, points(0, 60), distance_m=180.5)
        rest = "<Intensity>Resting</Intensity><TriggerMethod>Location</TriggerMethod>"
        second = tcx_lap(60, 30, points(60, 90), words=rest, distance_m=60)
        laps = only(tcx_text(tcx_activity(first, second))).laps
        assert [(0.0, 60.0, 60.0, 180.5, "manual", "active"), (60.0, 29.0, 30.0, 60.0, "position_lap", "rest")] == [
            (lap.start_s, lap.elapsed_s, lap.timer_s, lap.distance_m, lap.trigger, lap.intensity) for lap in laps
        ]

    def test_totals_are_their_sums_and_steps_are_of_both_feet(self):
        lx = "<ns3:AvgRunCadence>{}</ns3:AvgRunCadence><ns3:Steps>{}</ns3:Steps>"
        pulse = "<AverageHeartRateBpm><Value>{}</Value></AverageHeartRateBpm>"
        first = tcx_lap(0, 60, points(0, 60), lx=lx.format(80, 160), words=pulse.format(140))
        second = tcx_lap(60, 30, points(60, 90), lx=lx.format(86, 86), words=pulse.format(155))
        expected = DeviceTotals(
            distance_m=270.0, timer_s=90.0, step_count=246, mean_cadence_spm=164.0, mean_heart_rate_bpm=145.0
        )
        assert expected == only(tcx_text(tcx_activity(first, second))).totals

    def test_a_total_of_which_a_lap_lacks_its_part_is_none(self):
        first = tcx_lap(0, 60, points(0, 60), lx="<ns3:Steps>160</ns3:Steps>")
        totals = only(tcx_text(tcx_activity(first, tcx_lap(60, 30, points(60, 90))))).totals
        assert (None, 90.0) == (totals.step_count, totals.timer_s)

    def test_a_start_from_a_clock_that_was_not_set_is_not_believed(self):
        lap = tcx_lap(0, 60, points(5, 60), start="1989-12-31T00:08:05.000Z")
        recording = only(tcx_text(tcx_activity(lap)))
        assert (at(5), 0.0) == (recording.start_utc.isoformat().replace("+00:00", "Z"), recording.laps[0].start_s)

    def test_the_timer_starts_before_the_first_fix(self):
        recording = only(tcx_text(tcx_activity(tcx_lap(0, 60, points(12, 60)))))
        assert (START, 12.0) == (recording.start_utc, recording.samples.t_s[0])


class TestPauses:
    def test_a_new_track_in_a_lap_is_a_stopped_timer(self):
        recording = only(tcx_text(tcx_activity(tcx_lap(0, 60, points(0, 30), points(100, 130)))))
        assert (TimerEvent(29.0, is_start=False), TimerEvent(100.0, is_start=True)) == recording.timer_events

    def test_gaps_that_add_up_to_what_the_laps_timer_leaves_out_are_pauses(self):
        track = [*points(0, 60), *points(160, 200), *points(245, 300)]
        recording = only(tcx_text(tcx_activity(tcx_lap(0, 300 - 144, track))))
        expected = [(59.0, False), (160.0, True), (199.0, False), (245.0, True)]
        assert expected == [(event.t_s, event.is_start) for event in recording.timer_events]
        assert ("pauses_found", "timer", 2) in kinds(recording)

    def test_a_pause_between_two_laps_belongs_to_the_first(self):
        laps = [tcx_lap(0, 60, points(0, 60)), tcx_lap(180, 60, points(180, 240))]
        events = only(tcx_text(tcx_activity(*laps))).timer_events
        assert [(59.0, False), (180.0, True)] == [(event.t_s, event.is_start) for event in events]

    def test_a_tunnel_is_not_a_pause(self):
        track = [*points(0, 60), *points(160, 200)]
        assert () == only(tcx_text(tcx_activity(tcx_lap(0, 199, track)))).timer_events

    def test_a_timer_that_no_gap_explains_is_left_alone(self):
        assert () == only(tcx_text(tcx_activity(tcx_lap(0, 100, points(0, 200))))).timer_events


def test_a_multisport_session_is_a_recording_for_each_sport():
    run, ride = (
        tcx_activity(tcx_lap(0, 30, points(0, 30))),
        tcx_activity(tcx_lap(60, 30, points(60, 90)), sport="Biking"),
    )
    session = f"<MultiSportSession><Id>{at(0)}</Id><FirstSport>{run}</FirstSport><NextSport>{ride}</NextSport></MultiSportSession>"
    recordings = decode_tcx(tcx_text(session).encode()).recordings
    assert [(0, "running", 30), (1, "cycling", 30)] == [(r.index, r.sport, len(r.samples)) for r in recordings]
    assert recordings[1].samples.t_s[0] == 0


def test_the_device_and_the_notes_are_kept():
    creator = '<Creator xsi:type="Device_t"><Name>Forerunner 935</Name><UnitId>395</UnitId><ProductID>2691</ProductID></Creator>'
    recording = only(
        tcx_text(tcx_activity(tcx_lap(0, 5, points(0, 5)), rest=f"<Notes>\n Easy one \nhip fine</Notes>{creator}"))
    )
    device = recording.device
    assert ("garmin", "2691", "Forerunner 935", "395") == (
        device.manufacturer,
        device.product,
        device.name,
        device.serial,
    )
    assert "Easy one" == recording.title


def test_a_run_entered_by_hand_has_totals_and_no_samples():
    recording = only(tcx_text(tcx_activity(tcx_lap(0, 1800, distance_m=5000))))
    assert (0, START, 1800.0, 5000.0) == (
        len(recording.samples),
        recording.start_utc,
        recording.totals.timer_s,
        recording.totals.distance_m,
    )


def test_a_point_without_a_place_keeps_its_pulse():
    point = tcx_point(1, heart_rate=150).replace("<Position>", "<!--").replace("</Position>", "-->")
    samples = only(tcx_text(tcx_activity(tcx_lap(0, 3, [tcx_point(0), point])))).samples
    assert (150.0, True) == (samples.heart_rate_bpm[1], bool(np.isnan(samples.latitude_deg[1])))


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (EMPTY.format("<Courses><Course><Track/></Course></Courses>"), NotAnActivity, "courses"),
        (EMPTY.format("<Workouts><Workout/></Workouts>"), NotAnActivity, "workout plans"),
        (EMPTY.format(""), NotAnActivity, "without a single activity"),
        (tcx_text(tcx_activity(tcx_lap(0, 5, [tcx_point(0, time=None)], start="?"))), NoTimestamps, "1 trackpoints"),
        (tcx_run(5)[:300], UnreadableFile, "no trackpoint"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + tcx_run(5).partition("?>")[2], UnreadableFile, "entities"),
        ("<TrainingCenterDatabase><Activities>" + "<a>" * 100_000, UnreadableFile, "nested"),
    ],
)
def test_what_is_no_recording_says_why(text, error, words):
    with pytest.raises(error, match=words):
        decode_tcx(text.encode())


class TestDamage:
    WHOLE = tcx_run(300, heart_rate=150, RunCadence=85).encode()

    @pytest.mark.parametrize("share", [(n + 0.5) / 40 for n in range(40)])
    def test_every_point_before_a_cut_is_kept_and_none_is_wrong(self, share):
        cut = int(len(self.WHOLE) * share)
        count = self.WHOLE[:cut].count(b"</Trackpoint>")
        if not count:
            with pytest.raises(UnreadableFile):
                decode_tcx(self.WHOLE[:cut])
            return
        decoded = decode_tcx(self.WHOLE[:cut])
        samples, whole = decoded.recordings[0].samples, only(self.WHOLE).samples
        assert (count, count) == (len(samples), decoded.damage.salvaged_samples)
        assert whole.t_s[:count].tolist() == samples.t_s.tolist()
        assert whole.distance_m[:count].tolist() == samples.distance_m.tolist()

    def test_the_totals_of_a_cut_file_are_not_believed(self):
        assert DeviceTotals() == decode_tcx(self.WHOLE[:20_000]).recordings[0].totals

    def test_flipped_bits_never_escape_as_anything_but_our_errors(self):
        rng = np.random.default_rng(11)
        content = self.WHOLE[:20_000]
        read_count = 0
        for _ in range(300):
            flipped = bytearray(content)
            flipped[rng.integers(len(content))] ^= 1 << rng.integers(8)
            try:
                decoded = decode_tcx(bytes(flipped))
            except SkipRecording:
                continue
            read_count += 1
            assert all((np.diff(recording.samples.t_s) > 0).all() for recording in decoded.recordings)
        assert read_count > 100


@pytest.mark.corpus
def test_a_tree_parser_finds_the_same_points_in_every_real_file(corpus):
    """Heart rate, place and distance of every trackpoint, by time, as defusedxml's tree has them."""
    compared = 0
    for path in sorted((corpus / "tcx").glob("*.tcx")):
        try:
            recordings = decode_tcx(path.read_bytes()).recordings
        except SkipRecording:
            continue
        expected = {}
        for point in fromstring(path.read_bytes()).findall(".//{*}Trackpoint"):
            values = {element.tag.rpartition("}")[2]: element.text for element in point.iter()}
            expected.setdefault(values["Time"], {}).update(values)
        samples = recordings[0].samples
        assert len(expected) == len(samples), path.name
        for channel, name in (
            ("heart_rate_bpm", "Value"),
            ("latitude_deg", "LatitudeDegrees"),
            ("distance_m", "DistanceMeters"),
        ):
            column = [float(values.get(name, "nan")) for values in expected.values()]
            np.testing.assert_array_equal(column, getattr(samples, channel), f"{path.name} {channel}")
        compared += len(samples)
    assert compared > 5_000
