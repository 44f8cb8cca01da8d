"""What a FIT file says is what comes out: channels in our units, sessions, laps, events, the device."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from connectors.fit import decode_fit
from pipeline.errors import NotAnActivity, NoTimestamps, UnreadableFile
from pipeline.model import Device, DeviceTotals, Issue, Lap, Split, TimerEvent, WorkoutStep
from support.fit_file import (
    Activity,
    DeveloperField,
    FitDevice,
    FitLap,
    FitOptions,
    FitSplit,
    FitStep,
    FitWriter,
    chain,
    fit_activity,
    fit_file,
    fit_other,
)
from support.fit_profile import Field

START_UTC = datetime(2026, 3, 3, 6, 30, tzinfo=UTC)
T_S = np.arange(60.0)


def columns(**more):
    return {"distance_m": 3.0 * T_S, "cadence_strides_per_min": np.full(60, 84.5), **more}


def only(content):
    (recording,) = decode_fit(content).recordings
    return recording


def issues(recording, kind):
    return [(one.name, one.count) for one in recording.issues if one.kind == kind]


def test_every_channel_arrives_in_its_unit():
    """Semicircles become degrees, millimetres metres, strides of one leg steps of both."""
    recording = only(
        fit_activity(
            START_UTC,
            columns(
                latitude_deg=np.full(60, 47.5),
                longitude_deg=np.full(60, -122.25),
                altitude_m=np.full(60, 431.2),
                speed_mps=np.full(60, 3.0),
                heart_rate_bpm=np.full(60, 142.0),
                power_w=np.full(60, 250.0),
                temperature_degc=np.full(60, -5.0),
                stance_time_ms=np.full(60, 241.5),
                vertical_oscillation_mm=np.full(60, 81.5),
                step_length_mm=np.full(60, 1065.0),
            ),
        )
    )
    first = {name: getattr(recording.samples, name)[0] for name in ("latitude_deg", "longitude_deg")}
    assert {"latitude_deg": 47.5, "longitude_deg": -122.25} == pytest.approx(first, abs=1e-7)
    expected = {
        "altitude_m": 431.2,
        "distance_m": 3.0,
        "speed_mps": 3.0,
        "cadence_spm": 169.0,
        "heart_rate_bpm": 142.0,
        "power_w": 250.0,
        "temperature_degc": -5.0,
        "ground_contact_ms": 241.5,
        "vertical_oscillation_m": 0.0815,
        "step_length_m": 1.065,
    }
    assert expected == pytest.approx({name: getattr(recording.samples, name)[1] for name in expected}, abs=1e-9)
    assert (60, 0.0, 59.0) == (len(recording.samples), recording.samples.t_s[0], recording.samples.t_s[-1])
    assert (START_UTC, "fit", "running", "generic") == (
        recording.start_utc,
        recording.format,
        recording.sport,
        recording.sub_sport,
    )
    assert () == recording.issues


def test_what_was_not_recorded_is_nan():
    """Invalid values of the format and channels that no record has are NaN, never a number."""
    heart_rate = np.full(60, 150.0)
    heart_rate[7] = np.nan
    recording = only(fit_activity(START_UTC, columns(heart_rate_bpm=heart_rate)))
    assert [7] == np.flatnonzero(np.isnan(recording.samples.heart_rate_bpm)).tolist()
    assert not recording.samples.has("power_w")
    assert not recording.samples.has("latitude_deg")


@pytest.mark.parametrize(
    ("sport", "sub_sport", "expected"),
    [
        ("running", "treadmill", 169.0),
        ("walking", "generic", 169.0),
        ("hiking", "generic", 169.0),
        ("fitness_equipment", "treadmill", 169.0),
        ("generic", "trail", 169.0),
        ("cycling", "road", None),
        ("swimming", "generic", None),
        ("generic", "generic", None),
    ],
)
def test_cadence_is_doubled_on_foot_and_left_out_elsewhere(sport, sub_sport, expected):
    """85 a minute is a leg as well as a crank: only the sport tells."""
    recording = only(fit_activity(START_UTC, columns(), sport=sport, sub_sport=sub_sport))
    found = recording.samples.cadence_spm[3] if recording.samples.has("cadence_spm") else None
    assert expected == found


def test_cadence_of_a_vague_sport_is_kept_where_the_watch_measured_steps():
    """Ground contact is measured on foot only; without such evidence the file says why cadence is missing."""
    with_steps = only(fit_activity(START_UTC, columns(stance_time_ms=np.full(60, 240.0)), sport="generic"))
    assert 169.0 == with_steps.samples.cadence_spm[0]
    without = only(fit_activity(START_UTC, columns(), sport="generic"))
    assert [("cadence", 60)] == issues(without, "cadence_meaning")


def test_activity_type_tells_what_a_vague_sport_does_not():
    """`record.activity_type` 1 is running, 2 is cycling."""
    for kind, expected in ((1, True), (2, False)):
        writer = FitWriter()
        writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
        for second in range(5):
            at = START_UTC + timedelta(seconds=second)
            writer.write("record", timestamp=at, cadence=85, activity_type=kind)
        assert expected == only(writer.to_bytes()).samples.has("cadence_spm")


def test_enhanced_fields_win():
    """Where plain and enhanced altitude differ, the enhanced one counts; the plain one fills its gaps."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    for second, enhanced in enumerate([120.0, None]):
        at = START_UTC + timedelta(seconds=second)
        writer.write("record", timestamp=at, altitude=100.0, enhanced_altitude=enhanced, speed=2.0, enhanced_speed=3.0)
    samples = only(writer.to_bytes()).samples
    assert [120.0, 100.0] == samples.altitude_m.tolist()
    assert [3.0, 3.0] == samples.speed_mps.tolist()


def test_laps_events_splits_and_workout_steps():
    """What the device closed, started and stopped is placed on the recording's own clock."""
    events = [(0.0, "start"), (20.0, "stop"), (30.0, "start"), (59.0, "stop_all")]
    laps = [
        FitLap(
            0.0, 30.0, "manual", {"intensity": "warmup", "wkt_step_index": 0, "total_strides": 40, "sport": "running"}
        ),
        FitLap(30.0, 59.0, "session_end", {"intensity": "recovery", "wkt_step_index": 1}),
    ]
    recording = only(
        fit_activity(
            START_UTC,
            columns(),
            events=events,
            laps=laps,
            splits=[FitSplit(0.0, 20.0, "rwd_run"), FitSplit(20.0, 30.0, "rwd_stand"), FitSplit(30.0, 59.0, 99)],
            workout=[
                FitStep("time", 600_000, "warmup", "Easy"),
                FitStep("distance", 100_000, "active"),
                FitStep("repeat_until_steps_cmplt", 0, target_value=4),
            ],
        )
    )
    assert (
        TimerEvent(0.0, is_start=True),
        TimerEvent(20.0, is_start=False),
        TimerEvent(30.0, is_start=True),
        TimerEvent(59.0, is_start=False),
    ) == recording.timer_events
    assert (
        Lap(0.0, 30.0, 20.0, 90.0, "manual", "warmup", 0, 80),
        Lap(30.0, 29.0, 29.0, 87.0, "session_end", "recovery", 1, None),
    ) == recording.laps
    assert (Split(0.0, 20.0, "run"), Split(20.0, 10.0, "stand"), Split(30.0, 29.0, "99")) == recording.splits
    assert (
        WorkoutStep(0, "Easy", "warmup", "time", 600.0, None, None),
        WorkoutStep(1, None, "active", "distance", None, 1000.0, None),
        WorkoutStep(2, None, "active", "repeat_until_steps_cmplt", None, None, 4),
    ) == recording.workout_steps


def test_device_totals_stand_beside_ours():
    """Strides of the session are doubled to steps, its cadence too."""
    totals = {
        "total_distance": 177.0,
        "total_ascent": 12,
        "total_descent": 9,
        "total_strides": 83,
        "avg_running_cadence": 84,
        "avg_fractional_cadence": 0.5,
        "avg_heart_rate": 141,
    }
    expected = DeviceTotals(177.0, 59.0, 59.0, 12.0, 9.0, 166, 169.0, 141.0)
    assert expected == only(fit_activity(START_UTC, columns(), totals=totals)).totals
    cycling = only(fit_activity(START_UTC, columns(), sport="cycling", totals=totals)).totals
    assert replace(expected, step_count=None, mean_cadence_spm=None) == cycling


def test_no_strides_over_a_distance_are_not_known():
    """A device that writes 0 strides for a kilometre did not count them: that is None, not 0."""
    totals = {"total_strides": 0, "avg_running_cadence": 0, "total_distance": 1000.0}
    found = only(fit_activity(START_UTC, {"distance_m": 3 * T_S}, totals=totals)).totals
    assert (None, None) == (found.step_count, found.mean_cadence_spm)


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (FitDevice(), Device("garmin", "fr935", "Garmin fr935", "1234567890", lists_barometer=True)),
        (FitDevice(product=3291, sensors=(0,)), Device("garmin", "fenix6x", "Garmin fenix6x", "1234567890", False)),
        (FitDevice(product=65001, sensors=()), Device("garmin", "65001", "Garmin 65001", "1234567890", None)),
        (
            FitDevice("coros", 802, None, None, "COROS PACE 2"),
            Device("coros", "802", "COROS PACE 2", None, None),
        ),
        (FitDevice("suunto", 67, 5, None, "Vertical"), Device("suunto", "67", "Suunto Vertical", "5", None)),
    ],
)
def test_device_is_named_and_its_barometer_known(device, expected):
    """The profile's words, newer products too; the barometer is listed, or not among those listed, or nothing is."""
    assert expected == only(fit_activity(START_UTC, columns(), device=device)).device


@pytest.mark.parametrize(
    ("local_offset_s", "expected"),
    [(7200, 7200), (-12_600, -12_600), (20_701, 20_700), (0, None), (None, None), (86_400, None), (1100, None)],
)
def test_offset_is_taken_where_it_can_be_one(local_offset_s, expected):
    """Multiples of 15 min within 14 h; 0 is what devices write that don't know."""
    assert expected == only(fit_activity(START_UTC, columns(), local_offset_s=local_offset_s)).utc_offset_s


def test_multisport_file_gives_a_recording_for_each_session():
    """Swim, transition and run of one file keep their own records, laps, events and distance."""
    legs = [
        Activity(START_UTC, {"distance_m": 1.0 * T_S}, sport="swimming", events=[(0.0, "start")]),
        Activity(
            START_UTC + timedelta(seconds=60), {"distance_m": 59 + 0 * T_S}, sport="transition", events=[(0, "marker")]
        ),
        Activity(START_UTC + timedelta(seconds=120), {"distance_m": 59 + 3 * T_S}, events=[(59.0, "stop_all")]),
    ]
    found = decode_fit(fit_file(legs)).recordings
    assert [("swimming", 0), ("transition", 1), ("running", 2)] == [(one.sport, one.index) for one in found]
    assert [leg.start_utc for leg in legs] == [one.start_utc for one in found]
    assert [60, 60, 60] == [len(one.samples) for one in found]
    assert [59.0, 0.0, 177.0] == [one.samples.distance_m[-1] for one in found]
    assert [1, 1, 1] == [len(one.laps) for one in found]
    assert [(TimerEvent(0.0, is_start=True),), (), (TimerEvent(59.0, is_start=False),)] == [
        one.timer_events for one in found
    ]


def test_stop_at_the_next_session_s_start_belongs_to_the_session_that_it_ends():
    """One second holds the end of one session and the start of the next."""
    first = Activity(START_UTC, {"distance_m": T_S}, sport="cycling", events=[(0.0, "start"), (60.0, "stop_all")])
    second = Activity(START_UTC + timedelta(seconds=60), {"distance_m": T_S})
    bike, run = decode_fit(fit_file([first, second])).recordings
    assert (TimerEvent(0.0, is_start=True), TimerEvent(60.0, is_start=False)) == bike.timer_events
    assert (TimerEvent(0.0, is_start=True), TimerEvent(59.0, is_start=False)) == run.timer_events


def test_session_written_twice_counts_once():
    """Some devices write a session again when its totals change: the later one holds."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("record", timestamp=START_UTC, distance=0.0)
    for distance in (100.0, 200.0):
        writer.write("session", timestamp=START_UTC, start_time=START_UTC, sport="running", total_distance=distance)
    recording = only(writer.to_bytes())
    assert 200.0 == recording.totals.distance_m
    assert [("session", 1)] == issues(recording, "repeated_session")


def test_a_session_over_all_others_takes_none_of_their_records():
    """Some apps write a "multisport" session around the legs."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    for second in range(20):
        writer.write("record", timestamp=START_UTC + timedelta(seconds=second), heart_rate=140)
    for start_s, sport in ((0, "multisport"), (0, "cycling"), (10, "running")):
        writer.write("session", start_time=START_UTC + timedelta(seconds=start_s), sport=sport)
    found = decode_fit(writer.to_bytes()).recordings
    assert [("cycling", 10), ("running", 10)] == [(one.sport, len(one.samples)) for one in found]


def test_two_sports_without_a_session_name_none():
    """A triathlon cut off before its sessions were written: nothing says which record is which."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("sport", sport="swimming")
    writer.write("record", timestamp=START_UTC, cadence=85)
    writer.write("sport", sport="running")
    recording = only(writer.to_bytes())
    assert (None, False) == (recording.sport, recording.samples.has("cadence_spm"))


def test_session_without_records_is_a_recording():
    """A manual treadmill entry holds totals only; it is not lost."""
    recording = only(
        fit_activity(START_UTC, {"distance_m": []}, totals={"total_distance": 5000.0}, sub_sport="treadmill")
    )
    assert (0, 5000.0, START_UTC) == (len(recording.samples), recording.totals.distance_m, recording.start_utc)


def test_records_without_session_are_one_recording():
    """A device that stopped early wrote no session: the sport message still names the sport."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("sport", sport="running", sub_sport="trail")
    for second in range(10):
        writer.write("record", timestamp=START_UTC + timedelta(seconds=second), cadence=85)
    recording = only(writer.to_bytes())
    assert ("running", "trail", 10, 170.0) == (
        recording.sport,
        recording.sub_sport,
        len(recording.samples),
        recording.samples.cadence_spm[0],
    )
    assert [("session", 1)] == issues(recording, "no_session")


def test_chained_files_follow_one_another():
    """Two FIT files in one: both are decoded, their recordings counted on."""
    second = fit_activity(START_UTC + timedelta(days=1), columns(), sport="cycling")
    found = decode_fit(chain(fit_activity(START_UTC, columns()), second))
    assert [("running", 0, 60), ("cycling", 1, 60)] == [(r.sport, r.index, len(r.samples)) for r in found.recordings]
    assert (True, None) == (found.crc_ok, found.damage)


def test_chained_part_of_another_kind_is_told():
    """A workout behind the activity is left out, and said so."""
    recording = only(chain(fit_activity(START_UTC, columns()), fit_other("workout")))
    assert [("workout", 1)] == issues(recording, "other_part")


def test_developer_fields_never_replace_native_ones():
    """A foot pod's "heart_rate" is left out by name; the watch's own counts."""
    own = DeveloperField(0, "heart_rate", "uint8", "bpm", native_field=3)
    recording = only(
        fit_activity(START_UTC, columns(heart_rate_bpm=np.full(60, 140.0)), developer={own: np.full(60, 99.0)})
    )
    assert 140.0 == recording.samples.heart_rate_bpm[0]
    assert [("heart_rate", 60)] == issues(recording, "developer_field")


def test_unmapped_fields_are_told_once_by_name():
    """A field that nobody knows is an issue with its count; one that we leave out by name is not."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    for second in range(3):
        at = START_UTC + timedelta(seconds=second)
        writer.write("record", timestamp=at, raw={Field(199, "uint8"): 7, Field(31, "uint8"): 3})
    assert [("record.field_199", 3)] == issues(only(writer.to_bytes()), "unmapped_field")


@pytest.mark.parametrize("kind", ["workout", "settings", "course", "monitoring_b"])
def test_other_kinds_of_fit_are_no_activities(kind):
    """The sentence names what it is."""
    with pytest.raises(NotAnActivity, match=kind.replace("_", " ")):
        decode_fit(fit_other(kind))


def test_records_without_any_date_are_refused():
    """Times below 0x10000000 count from switching on: no day, no recording."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    for second in range(5):
        writer.write("record", timestamp=second, heart_rate=140)
    with pytest.raises(NoTimestamps):
        decode_fit(writer.to_bytes())


def test_activity_without_anything_in_it():
    """A file_id alone is no activity."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    with pytest.raises(NotAnActivity, match="without a session and without records"):
        decode_fit(writer.to_bytes())


@pytest.mark.parametrize("content", [b"", b"not a fit file at all, only text", b"\x0e\x10", bytes(4000)])
def test_what_is_no_fit_file_is_refused_with_its_place(content):
    """Empty files, text named .fit, zeros: a sentence and byte 0."""
    with pytest.raises(UnreadableFile) as caught:
        decode_fit(content)
    assert 0 == caught.value.offset_bytes


def test_both_engines_agree_on_a_file_of_everything():
    """fitparse alone reads the same recordings from the same bytes."""
    content = fit_file(
        [
            Activity(START_UTC, columns(altitude_m=400 + T_S / 5), splits=[FitSplit(0.0, 20.0, "rwd_walk")]),
            Activity(START_UTC + timedelta(minutes=5), columns(), sport="cycling"),
        ],
        local_offset_s=3600,
        workout=[FitStep("time", 600_000)],
        options=FitOptions(enhanced="both", sparse=True),
    )
    ours, theirs = decode_fit(content), decode_fit(content, engine="fitparse")
    assert ["fitparse", "fitparse"] == [one.decoder.split()[0] for one in theirs.recordings]
    assert ["fit_records+fitparse"] * 2 == [one.decoder.split()[0] for one in ours.recordings]
    for one, other in zip(ours.recordings, theirs.recordings, strict=True):
        assert repr(replace(other, decoder="", samples=None)) == repr(replace(one, decoder="", samples=None))
        for name in one.samples.__slots__:
            np.testing.assert_array_equal(getattr(other.samples, name), getattr(one.samples, name), name)


def test_unclosed_and_trailing_are_told_as_issues():
    """A crashed device leaves a data size of 0: read to the end; bytes behind the end are left out."""
    crashed = decode_fit(fit_activity(START_UTC, columns(), options=FitOptions(data_size=0, crc=-1)))
    assert (None, None, 60) == (crashed.crc_ok, crashed.damage, len(crashed.recordings[0].samples))
    assert Issue("unclosed_file", "data_size", 1, "the device stopped before it closed the file") in (
        crashed.recordings[0].issues
    )
    trailing = decode_fit(fit_activity(START_UTC, columns(), options=FitOptions(trailing=b"\0" * 37)))
    assert (True, None) == (trailing.crc_ok, trailing.damage)
    assert [("file", 37)] == issues(trailing.recordings[0], "trailing_bytes")
