"""GPX: every point, none wrong, whatever the exporter."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from connectors.gpx import decode_gpx
from pipeline.errors import NotAnActivity, NoTimestamps, SkipRecording, UnreadableFile
from pipeline.model import TimerEvent
from support.gpx_file import START, at, gpx_point, gpx_run, gpx_text, gpx_track

#: gpxpy wants a place in every point.
GPXPY_CANT = {"hugovk__invalid-lon-lat-missing.gpx"}


def only(text: str | bytes):
    decoded = decode_gpx(text.encode() if isinstance(text, str) else text)
    (recording,) = decoded.recordings
    return recording


def kinds(recording):
    return [(issue.kind, issue.name, issue.count) for issue in recording.issues]


def test_a_run_keeps_every_recorded_number():
    recording = only(gpx_text(gpx_track([gpx_point(t, ele=100 + t, hr=140 + t, cad=80, atemp=12) for t in range(20)])))
    samples = recording.samples
    assert (START, None, "running", None) == (
        recording.start_utc,
        recording.utc_offset_s,
        recording.sport,
        recording.sub_sport,
    )
    assert list(range(20)) == samples.t_s.tolist()
    assert [100.0 + t for t in range(20)] == samples.altitude_m.tolist()
    assert [140.0 + t for t in range(20)] == samples.heart_rate_bpm.tolist()
    assert [160.0] * 20 == samples.cadence_spm.tolist()
    assert [12.0] * 20 == samples.temperature_degc.tolist()
    assert pytest.approx(10 + 19 * 3 / 111_195, abs=1e-7) == samples.latitude_deg[-1]
    assert [20.0] * 20 == samples.longitude_deg.tolist()
    assert not samples.has("distance_m")
    assert ("Garmin Connect", "garmin") == (recording.device.name, recording.device.manufacturer)
    assert "Morning Run" == recording.title


def test_missing_is_not_zero():
    samples = only(gpx_text(gpx_track([gpx_point(0, hr=140), gpx_point(1, ele=None), gpx_point(2, hr=142)]))).samples
    assert [140.0, None, 142.0] == [None if math.isnan(v) else v for v in samples.heart_rate_bpm]
    assert [100.0, None, 100.0] == [None if math.isnan(v) else v for v in samples.altitude_m]


@pytest.mark.parametrize(
    "extension",
    [
        "<gpxdata:hr>151</gpxdata:hr><gpxdata:cadence>81</gpxdata:cadence>",
        "<hr>151</hr><cad>81</cad>",
        "<ns3:TrackPointExtension><ns3:hr>151</ns3:hr><ns3:cad>81</ns3:cad></ns3:TrackPointExtension>",
        "<gpxtpx:TrackPointExtension><gpxtpx:hr> 151 </gpxtpx:hr><gpxtpx:cad>81.0</gpxtpx:cad></gpxtpx:TrackPointExtension>",
        "<a:HeartRate><![CDATA[151]]></a:HeartRate><a:RunCadence>81</a:RunCadence>",
    ],
)
def test_heart_rate_and_cadence_are_found_under_every_prefix_declared_or_not(extension):
    samples = only(gpx_text(gpx_track([gpx_point(t, extensions=extension) for t in range(12)]))).samples
    assert ([151.0] * 12, [162.0] * 12) == (samples.heart_rate_bpm.tolist(), samples.cadence_spm.tolist())


def test_power_speed_and_accumulated_distance_are_taken_where_given():
    points = [
        gpx_point(t, extensions=f"<power>{200 + t}</power><distance>{3 * t}</distance>", speed=3.1) for t in range(5)
    ]
    samples = only(gpx_text(gpx_track(points))).samples
    assert [200.0 + t for t in range(5)] == samples.power_w.tolist()
    assert [3.0 * t for t in range(5)] == samples.distance_m.tolist()
    assert [3.1] * 5 == samples.speed_mps.tolist()


def test_a_distance_that_is_a_step_length_is_no_distance():
    points = [gpx_point(t, extensions=f"<distance>{3 + t % 2}</distance>") for t in range(20)]
    recording = only(gpx_text(gpx_track(points)))
    assert not recording.samples.has("distance_m")
    assert ("ignored_channel", "distance_m", 20) in kinds(recording)


class TestCadence:
    def test_one_leg_is_doubled(self):
        recording = only(gpx_run(30, cad=85))
        assert [170.0] * 30 == recording.samples.cadence_spm.tolist()
        assert ("cadence_meaning", "cadence_spm", 30) in kinds(recording)

    def test_steps_of_both_feet_stay(self):
        assert [172.0] * 30 == only(gpx_run(30, cad=172)).samples.cadence_spm.tolist()

    def test_steps_of_a_walk_stay_too(self):
        points = [gpx_point(t / 2.5).replace(at(t / 2.5), at(t)) for t in range(30)]  # 1.2 m/s
        points = [point.replace("</time>", "</time><extensions><cad>112</cad></extensions>") for point in points]
        assert [112.0] * 30 == only(gpx_text(gpx_track(points, kind="walking"))).samples.cadence_spm.tolist()

    def test_the_invalid_marker_is_no_cadence(self):
        points = [gpx_point(t, cad=255 if t == 5 else 85) for t in range(20)]
        assert 19 == np.isfinite(only(gpx_text(gpx_track(points))).samples.cadence_spm).sum()

    def test_a_crank_is_not_a_foot(self):
        recording = only(gpx_text(gpx_track([gpx_point(t, cad=85) for t in range(20)], kind="cycling")))
        assert not recording.samples.has("cadence_spm")
        assert ("ignored_channel", "cadence", 20) in kinds(recording)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("running", ("running", None)),
        ("Running", ("running", None)),
        ("9", ("running", None)),
        ("Run", ("running", None)),
        ("TrailRun", ("running", "trail")),
        ("trail_running", ("running", "trail")),
        ("treadmill_running", ("running", "treadmill")),
        ("VirtualRun", ("running", "virtual_activity")),
        ("10", ("walking", None)),
        ("hiking", ("hiking", None)),
        ("1", ("cycling", None)),
        ("Ride", ("cycling", None)),
        ("16", ("swimming", None)),
        ("Other", (None, None)),
    ],
)
def test_sports_become_words_of_the_fit_profile(text, expected):
    recording = only(gpx_text(gpx_track([gpx_point(0), gpx_point(1)], kind=text)))
    assert expected == (recording.sport, recording.sub_sport)
    assert [] == kinds(recording)


def test_an_unknown_sport_is_told_not_guessed():
    recording = only(gpx_text(gpx_track([gpx_point(0)], kind="Laufen")))
    assert None is recording.sport
    assert ("unknown_sport", "type", 1) in kinds(recording)


class TestTimes:
    def test_an_offset_is_kept_and_the_instant_is_right(self):
        local = (START + timedelta(hours=2)).replace(tzinfo=None).isoformat()
        recording = only(gpx_text(gpx_track([gpx_point(t, time=f"{local[:-2]}{t:02}+02:00") for t in range(5)])))
        assert (START, 7200) == (recording.start_utc, recording.utc_offset_s)

    def test_a_time_without_zone_is_utc_and_told(self):
        recording = only(gpx_text(gpx_track([gpx_point(t, time=at(t).rstrip("Z")) for t in range(5)])))
        assert START == recording.start_utc
        assert ("time_without_zone", "time", 5) in kinds(recording)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2024-03-02T06:30:00.2073437Z", START + timedelta(microseconds=207343)),
            ("2024-03-02T06:30:00,5Z", START + timedelta(seconds=0.5)),
            ("2024-03-02 06:30:00Z", START),
            ("2024-3-2T6:30:00Z", START),
            ("\n 2024-03-02T06:30:00Z ", START),
            ("2024-03-02T08:30:00+0200", START),
            ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_a_time_in_any_iso_dress_is_read(self, text, expected):
        assert expected == only(gpx_text(gpx_track([gpx_point(0, time=text)]))).start_utc

    @pytest.mark.parametrize(
        "text", ["yesterday", "2024-13-45T00:00:00Z", "2024-03-02", "0001-01-01T00:00:00+14:00", "9" * 400]
    )
    def test_a_time_that_is_none_costs_its_point_only(self, text):
        recording = only(gpx_text(gpx_track([gpx_point(0), gpx_point(1, time=text), gpx_point(2)])))
        assert [0.0, 2.0] == recording.samples.t_s.tolist()

    def test_unordered_times_are_sorted_and_repeated_ones_merged(self):
        points = [gpx_point(0, hr=140), gpx_point(2, hr=142), gpx_point(1, hr=141), gpx_point(2, ele=None)]
        recording = only(gpx_text(gpx_track(points)))
        assert [0.0, 1.0, 2.0] == recording.samples.t_s.tolist()
        assert [140.0, 141.0, 142.0] == recording.samples.heart_rate_bpm.tolist()
        assert [("records_out_of_order", "time", 1), ("repeated_times", "time", 1)] == kinds(recording)

    def test_a_clock_that_was_not_set_yet_does_not_make_a_run_of_years(self):
        points = [gpx_point(0, time="2019-01-01T00:00:00Z"), *(gpx_point(t) for t in range(60))]
        recording = only(gpx_text(gpx_track(points)))
        assert (START, 59.0) == (recording.start_utc, recording.samples.t_s[-1])
        assert ("stray_times", "time", 1) in kinds(recording)


def test_values_that_cant_be_are_blanked_and_told():
    points = [
        gpx_point(0, hr=0),
        gpx_point(1, hr=255),
        gpx_point(2, ele=99999, hr=150),
        gpx_point(3, hr="nan"),
        gpx_point(4, hr="x"),
    ]
    recording = only(gpx_text(gpx_track(points)))
    assert [150.0] == recording.samples.heart_rate_bpm[np.isfinite(recording.samples.heart_rate_bpm)].tolist()
    assert 4 == np.isfinite(recording.samples.altitude_m).sum()
    assert {("out_of_range", "heart_rate_bpm", 2), ("out_of_range", "altitude_m", 1)} <= set(kinds(recording))
    assert ("unreadable_value", "heart_rate_bpm", 1) in kinds(recording)


def test_no_fix_at_0_0_is_no_place():
    points = [gpx_point(0).replace('lat="10.0000000" lon="20.0000000"', 'lat="0.0" lon="0.0"'), gpx_point(1)]
    samples = only(gpx_text(gpx_track(points))).samples
    assert ([True, False], [True, False]) == (
        np.isnan(samples.latitude_deg).tolist(),
        np.isnan(samples.longitude_deg).tolist(),
    )


def test_a_decimal_comma_is_a_number():
    assert 10.5 == only(gpx_text(gpx_track([gpx_point(0).replace("10.0000000", "10,5")]))).samples.latitude_deg[0]


def test_a_point_without_a_place_keeps_its_pulse():
    point = gpx_point(1, hr=150).replace('lat="10.0000270" lon="20.0000000"', "")
    samples = only(gpx_text(gpx_track([gpx_point(0), point]))).samples
    assert (150.0, True) == (samples.heart_rate_bpm[1], math.isnan(samples.latitude_deg[1]))


def test_a_field_that_nobody_knows_is_told_once():
    points = [gpx_point(t, extensions="<x:hydration>3</x:hydration>") for t in range(7)]
    assert [("unmapped_field", "x:hydration", 7)] == kinds(only(gpx_text(gpx_track(points))))


class TestTracks:
    def test_a_new_segment_is_a_stopped_timer(self):
        track = gpx_track([gpx_point(t) for t in range(10)], [], [gpx_point(t) for t in range(40, 50)])
        recording = only(gpx_text(track))
        assert (TimerEvent(9.0, is_start=False), TimerEvent(40.0, is_start=True)) == recording.timer_events
        assert 20 == len(recording.samples)

    def test_tracks_that_follow_each_other_are_laps_of_one_recording(self):
        tracks = [gpx_track([gpx_point(t) for t in range(a, a + 60)]) for a in (0, 60, 300)]
        recording = only(gpx_text(*tracks))
        assert [(0.0, 60.0), (60.0, 240.0), (300.0, 59.0)] == [(lap.start_s, lap.elapsed_s) for lap in recording.laps]
        assert (TimerEvent(119.0, is_start=False), TimerEvent(300.0, is_start=True)) == recording.timer_events

    def test_tracks_apart_or_of_another_sport_are_recordings_of_their_own(self):
        run = gpx_track([gpx_point(t) for t in range(10)], name="Run")
        ride = gpx_track([gpx_point(t) for t in range(10, 20)], kind="cycling", name="Ride")
        later = gpx_track([gpx_point(t) for t in range(9000, 9010)], kind="cycling", name="Later")
        recordings = decode_gpx(gpx_text(run, ride, later).encode()).recordings
        expected = [(0, "running", "Run", 10), (1, "cycling", "Ride", 10), (2, "cycling", "Later", 10)]
        assert expected == [(r.index, r.sport, r.title, len(r.samples)) for r in recordings]

    def test_two_people_side_by_side_are_not_merged(self):
        tracks = [gpx_track([gpx_point(t) for t in range(10)]) for _ in range(2)]
        assert [10, 10] == [len(r.samples) for r in decode_gpx(gpx_text(*tracks).encode()).recordings]


class TestNothingRecorded:
    @pytest.mark.parametrize(
        ("text", "error", "words"),
        [
            (gpx_text(gpx_track([gpx_point(0, time=None), gpx_point(1, time=None)])), NoTimestamps, "2 track points"),
            (gpx_text("<rte><rtept lat='1' lon='2'/><rtept lat='1' lon='2'/></rte>"), NoTimestamps, "route of 2"),
            (gpx_text("<wpt lat='1' lon='2'><time>2024-01-01T00:00:00Z</time></wpt>"), NoTimestamps, "1 waypoints"),
            (gpx_text(gpx_track([])), NotAnActivity, "without a single track point"),
            (gpx_text(), NotAnActivity, "without a single track point"),
            (gpx_run(9).replace("<trkpt", "<trkpt><", 1), UnreadableFile, "no track point"),
        ],
    )
    def test_it_says_why(self, text, error, words):
        with pytest.raises(error, match=words):
            decode_gpx(text.encode())


class TestEntities:
    LAUGHS = (
        '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
        + "]>"
    )

    @pytest.mark.parametrize(
        "prologue",
        [
            LAUGHS,
            '<!DOCTYPE gpx [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE gpx [<!ENTITY % more SYSTEM "http://example.invalid/x.dtd"> %more;]>',
        ],
    )
    def test_they_are_refused_before_they_are_followed(self, prologue):
        body = gpx_run(5).partition("?>")[2].replace("Morning Run", "&j;")
        with pytest.raises(UnreadableFile, match="entities"):
            decode_gpx((prologue + body).encode())

    def test_a_document_type_without_entities_is_harmless(self):
        body = gpx_run(5).partition("?>")[2]
        document = '<!DOCTYPE gpx SYSTEM "http://example.invalid/gpx.dtd">' + body
        assert 5 == len(only(document).samples)


class TestEncodings:
    @pytest.mark.parametrize(
        "encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252", "utf-8", "utf-8-sig"]
    )
    def test_a_document_in_the_encoding_that_it_declares(self, encoding):
        declared = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(encoding, encoding)
        text = gpx_text(gpx_track([gpx_point(t) for t in range(5)], name="Läufe"), encoding=declared)
        recording = only(text.encode(encoding))
        assert (5, "Läufe") == (len(recording.samples), recording.title)

    def test_latin_1_under_the_name_of_utf_8(self):
        recording = only(gpx_text(gpx_track([gpx_point(t) for t in range(5)], name="Läufe am Fluß")).encode("latin-1"))
        assert (5, "Läufe am Fluß") == (len(recording.samples), recording.title)
        assert ("wrong_encoding", "document", 1) in kinds(recording)

    @pytest.mark.parametrize("declared", ["UTF-16", "gb2312", "klingon"])
    def test_utf_8_under_another_name(self, declared):
        recording = only(gpx_text(gpx_track([gpx_point(t) for t in range(5)], name="Läufe"), encoding=declared))
        assert (5, "Läufe") == (len(recording.samples), recording.title)

    def test_white_space_before_the_declaration(self):
        assert 5 == len(only("\r\n  " + gpx_run(5)).samples)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [("Tom & Jerry", "Tom   Jerry"), ("Run&nbsp;1", "Run nbsp;1"), ("a\x01b &amp; c", "a b & c")],
    )
    def test_what_xml_forbids_in_a_name_costs_no_point(self, name, expected):
        recording = only(gpx_text(gpx_track([gpx_point(t) for t in range(5)], name=name)))
        assert (5, expected) == (len(recording.samples), recording.title)
        assert ("forbidden_characters", "document", 1) in kinds(recording)

    def test_a_forbidden_character_in_a_number_makes_it_unreadable_not_wrong(self):
        recording = only(gpx_text(gpx_track([gpx_point(0, hr=140), gpx_point(1, hr="1\x0042"), gpx_point(2, hr=142)])))
        assert [140.0, None, 142.0] == [None if math.isnan(v) else v for v in recording.samples.heart_rate_bpm]

    def test_bytes_behind_the_end_are_told_not_damage(self):
        decoded = decode_gpx(gpx_run(5).encode() + b"\0\0\0\0")
        assert None is decoded.damage
        assert ("trailing_bytes", "document", 4) in kinds(decoded.recordings[0])


class TestDamage:
    WHOLE = gpx_text(
        gpx_track([gpx_point(t, hr=140 + t % 30, cad=80 + t % 9) for t in range(300)], name="Run")
    ).encode()

    @pytest.mark.parametrize("share", [(n + 0.5) / 40 for n in range(40)])
    def test_every_point_before_a_cut_is_kept_and_none_is_wrong(self, share):
        cut = int(len(self.WHOLE) * share)
        whole_points = self.WHOLE[:cut].count(b"</trkpt>")
        whole = only(self.WHOLE).samples
        if not whole_points:
            with pytest.raises(UnreadableFile):
                decode_gpx(self.WHOLE[:cut])
            return
        decoded = decode_gpx(self.WHOLE[:cut])
        (recording,) = decoded.recordings
        assert (whole_points, whole_points) == (len(recording.samples), decoded.damage.salvaged_samples)
        assert cut - 400 < decoded.damage.offset_bytes <= cut
        for name in ("t_s", "latitude_deg", "altitude_m", "heart_rate_bpm"):
            assert getattr(whole, name)[:whole_points].tolist() == getattr(recording.samples, name).tolist()
        assert ("running", "Run", "Garmin Connect") == (recording.sport, recording.title, recording.device.name)

    @pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
    def test_a_cut_keeps_what_is_before_it_in_any_encoding(self, encoding):
        content = gpx_text(gpx_track([gpx_point(t) for t in range(50)]), encoding=encoding).encode(encoding)
        decoded = decode_gpx(content[: len(content) * 3 // 4])
        assert 30 < decoded.damage.salvaged_samples < 40

    def test_a_broken_character_in_the_middle_ends_it_there_with_the_byte(self):
        at_byte = self.WHOLE.index(b"<trkpt", len(self.WHOLE) // 2)
        decoded = decode_gpx(self.WHOLE[:at_byte] + b"\x00<<" + self.WHOLE[at_byte:])
        assert at_byte <= decoded.damage.offset_bytes <= at_byte + 2
        assert self.WHOLE[:at_byte].count(b"</trkpt>") == decoded.damage.salvaged_samples

    def test_flipped_bits_never_escape_as_anything_but_our_errors(self):
        rng = np.random.default_rng(7)
        content = self.WHOLE[:20_000]
        outcomes = set()
        for _ in range(300):
            flipped = bytearray(content)
            flipped[rng.integers(len(content))] ^= 1 << rng.integers(8)
            try:
                decoded = decode_gpx(bytes(flipped))
            except SkipRecording as error:
                outcomes.add(type(error))
            else:
                for recording in decoded.recordings:
                    assert (np.diff(recording.samples.t_s) > 0).all()
                outcomes.add("read")
        assert "read" in outcomes


class TestHostile:
    def test_deep_nesting_is_refused(self):
        with pytest.raises(UnreadableFile, match="nested"):
            decode_gpx(b"<gpx>" + b"<a>" * 100_000)

    def test_deep_nesting_inside_a_point_is_refused(self):
        with pytest.raises(UnreadableFile, match="nested"):
            decode_gpx(gpx_run(2).partition("</trkpt>")[0].encode() + b"<a>" * 100_000)

    def test_markup_in_names_stays_text(self):
        name = "&lt;/trk&gt;&lt;b&gt; &quot; xmlns=&quot;x&quot; &amp;"
        assert '</trk><b> " xmlns="x" &' == only(gpx_text(gpx_track([gpx_point(0)], name=name))).title

    def test_an_endless_name_is_cut(self):
        assert 500 == len(only(gpx_text(gpx_track([gpx_point(0)], name="x" * 100_000))).title)


@pytest.mark.corpus
def test_expat_and_gpxpy_agree_on_every_real_file(corpus):
    """Positions, elevations and times of both engines are equal in each file that gpxpy can read."""
    compared = 0
    for path in sorted((corpus / "gpx").glob("*.gpx")):
        content = path.read_bytes()
        try:
            ours = decode_gpx(content)
        except SkipRecording:
            with pytest.raises(SkipRecording):
                decode_gpx(content, engine="gpxpy")
            continue
        if path.name in GPXPY_CANT:
            continue
        theirs = decode_gpx(content, engine="gpxpy")
        assert len(theirs.recordings) == len(ours.recordings), path.name
        for one, other in zip(ours.recordings, theirs.recordings, strict=True):
            assert other.start_utc == one.start_utc, path.name
            for name in one.samples.__slots__:
                if name == "speed_mps" and not other.samples.has(name):
                    continue  # gpxpy drops a bare speed in GPX 1.1
                theirs_column, our_column = getattr(other.samples, name), getattr(one.samples, name)
                np.testing.assert_array_equal(theirs_column, our_column, f"{path.name} {name}")
            compared += len(one.samples)
    assert compared > 10_000
