"""The column reader on the forms that record streams take: byte orders, packed fields, times in headers, bad times."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from connectors.fit import decode_fit
from support.fit_file import FitOptions, FitWriter, chain, fit_activity, smart_recording
from support.fit_profile import Field

START_UTC = datetime(2026, 3, 3, 6, 30, tzinfo=UTC)


def at(second):
    return START_UTC + timedelta(seconds=second)


def activity(**how):
    t_s = np.arange(300.0)
    columns = {
        "latitude_deg": 47.0 + t_s / 1e5,
        "longitude_deg": 8.0 - t_s / 1e5,
        "altitude_m": np.round(400 + np.sin(t_s / 30) * 20, 1),
        "distance_m": 3.0 * t_s,
        "speed_mps": np.where(t_s % 50 == 7, np.nan, 3.0),
        "cadence_strides_per_min": 80 + t_s % 9,
        "heart_rate_bpm": 120 + t_s % 60,
        "temperature_degc": -3.0 + 0 * t_s,
    }
    return fit_activity(START_UTC, columns, options=FitOptions(**how))


def records(write):
    """Return the recording of a file whose records `write(writer)` writes."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    write(writer)
    writer.write("session", timestamp=at(60), start_time=START_UTC, sport="running", total_elapsed_time=60)
    content = writer.to_bytes()
    (recording,) = decode_fit(content).recordings
    return recording


def samples_of(content, engine="columns"):
    (recording,) = decode_fit(content, engine=engine).recordings
    return recording.samples


def assert_same_samples(expected, actual):
    for name in expected.__slots__:
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name), name)


def issues(recording, kind):
    return [(one.name, one.count) for one in recording.issues if one.kind == kind]


@pytest.mark.parametrize(
    "how",
    [
        {"byte_order": ">"},
        {"header_bytes": 12},
        {"header_crc": False},
        {"compressed": True},
        {"compressed": True, "byte_order": ">"},
        {"sparse": True},
        {"sparse": True, "compressed": True},
        {"data_size": 0, "crc": -1},
        {"data_size": 0},
        {"trailing": b"\xff" * 100},
        {"enhanced": False},
        {"enhanced": "both"},
    ],
    ids=str,
)
def test_the_same_run_written_otherwise_gives_the_same_samples(how):
    """Byte order, header form, times in headers, records of several definitions: only the writing differs."""
    assert_same_samples(samples_of(activity()), samples_of(activity(**how)))


@pytest.mark.parametrize(
    "how", [{"compressed": True}, {"sparse": True}, {"byte_order": ">"}, {"enhanced": "both"}], ids=str
)
def test_fitparse_reads_the_same_samples(how):
    """The whole-fitparse engine agrees, value by value."""
    content = activity(**how)
    assert_same_samples(samples_of(content, "fitparse"), samples_of(content))


def test_smart_recording_keeps_its_gaps():
    """Nothing is interpolated: the instants are those that were written."""
    t_s = np.arange(120.0)
    kept = smart_recording(t_s, every_s=7)
    samples = samples_of(fit_activity(START_UTC, {"distance_m": 3 * t_s[kept]}, t_s=t_s[kept]))
    assert t_s[kept].tolist() == samples.t_s.tolist()


def test_compressed_time_of_an_event_counts_on_from_the_records():
    """fitparse sees no records; the time in an event's header byte is written out for it."""

    def write(writer):
        for second in range(40):
            writer.write("record", timestamp=at(second), heart_rate=140, local=0)
        writer.write("event", timestamp=at(45), compressed=True, local=1, event="timer", event_type="stop")
        writer.write("event", timestamp=at(75), compressed=True, local=1, event="timer", event_type="start")
        writer.write("event", timestamp=at(80), local=2, event="timer", event_type="stop_all")

    recording = records(write)
    assert [(45.0, False), (75.0, True), (80.0, False)] == [(one.t_s, one.is_start) for one in recording.timer_events]


def test_packed_speed_and_distance_unroll():
    """12 bits of distance roll over every 256 m; the sum goes on."""
    steps_m = np.full(200, 3.25)
    distance_m = np.cumsum(steps_m)

    def write(writer):
        for second, metres in enumerate(distance_m):
            packed = int(3.25 * 100) | (int(metres * 16) & 0xFFF) << 12
            values = list(packed.to_bytes(3, "little"))
            writer.write("record", timestamp=at(second), compressed_speed_distance=values)

    samples = records(write).samples
    assert distance_m.tolist() == samples.distance_m.tolist()
    assert {3.25} == set(samples.speed_mps.tolist())


def test_packed_distance_that_is_invalid_is_nan():
    """Three bytes of 0xFF say nothing; the distance goes on behind them."""

    def write(writer):
        for second, value in enumerate([16 << 12, 0xFFFFFF, 48 << 12]):
            packed = list(value.to_bytes(3, "little"))
            writer.write("record", timestamp=at(second), compressed_speed_distance=packed)

    samples = records(write).samples
    np.testing.assert_array_equal(samples.distance_m, [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(samples.speed_mps, [0.0, np.nan, 0.0])


def test_plain_distance_wins_over_the_packed_one():
    """A record with both tells its distance twice; the plain field is the better one."""

    def write(writer):
        packed = list((320 | 800 << 12).to_bytes(3, "little"))
        writer.write("record", timestamp=at(0), distance=51.0, compressed_speed_distance=packed)

    samples = records(write).samples
    assert ([51.0], [3.2]) == (samples.distance_m.tolist(), samples.speed_mps.tolist())


def test_fractions_of_cadence_count():
    """cadence256 stands in where cadence is missing."""

    def write(writer):
        writer.write("record", timestamp=at(0), cadence=85, fractional_cadence=0.5)
        writer.write("record", timestamp=at(1), cadence=85)
        writer.write("record", timestamp=at(2), cadence256=85.25)

    assert [171.0, 170.0, 170.5] == records(write).samples.cadence_spm.tolist()


def test_repeated_times_are_merged():
    """Some devices write a second's channels in several records; nothing of them is lost."""

    def write(writer):
        for second in range(3):
            writer.write("record", timestamp=at(second), distance=3.0 * second)
            writer.write("record", timestamp=at(second), heart_rate=140 + second)

    recording = records(write)
    assert [0.0, 1.0, 2.0] == recording.samples.t_s.tolist()
    assert [140.0, 141.0, 142.0] == recording.samples.heart_rate_bpm.tolist()
    assert [0.0, 3.0, 6.0] == recording.samples.distance_m.tolist()
    assert [("time", 3)] == issues(recording, "repeated_times")


def test_records_out_of_order_are_sorted():
    """Times come back increasing, the values with them."""

    def write(writer):
        for second in (0, 2, 1, 3):
            writer.write("record", timestamp=at(second), heart_rate=140 + second)

    recording = records(write)
    assert [0.0, 1.0, 2.0, 3.0] == recording.samples.t_s.tolist()
    assert [140.0, 141.0, 142.0, 143.0] == recording.samples.heart_rate_bpm.tolist()
    assert [("time", 1)] == issues(recording, "records_out_of_order")


def test_records_without_a_time_are_dropped_and_told():
    """A record that says no time can't be placed."""

    def write(writer):
        writer.write("record", timestamp=at(0), heart_rate=140)
        writer.write("record", timestamp=None, heart_rate=141)
        writer.write("record", heart_rate=142)

    recording = records(write)
    assert [0.0] == recording.samples.t_s.tolist()
    assert [("time", 2)] == issues(recording, "points_without_time")


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [(500, "time_without_date"), (at(-9 * 365 * 86_400), "implausible_time"), (at(40_000), "implausible_time")],
)
def test_a_jump_of_the_clock_makes_no_giant_recording(wrong, kind):
    """Seconds since switching on, years off, or one lone record hours off: left out and told."""

    def write(writer):
        for second in range(30):
            writer.write("record", timestamp=wrong if second == 10 else at(second), heart_rate=140)

    recording = records(write)
    assert (29, 29.0) == (len(recording.samples), recording.samples.t_s[-1])
    assert [("timestamp", 1)] == issues(recording, kind)


@pytest.mark.parametrize(
    ("field", "value", "channel"),
    [
        ("position_lat", 1.2e9, "latitude_deg"),
        ("enhanced_altitude", 12_000.0, "altitude_m"),
        ("heart_rate", 254, "heart_rate_bpm"),
        ("cadence", 200, "cadence_spm"),
        ("enhanced_speed", 20.0, "speed_mps"),
        ("distance", 4e7, "distance_m"),
        ("power", 40_000, "power_w"),
        ("stance_time", 3.0, "ground_contact_ms"),
        ("step_length", 6000.0, "step_length_m"),
    ],
)
def test_what_no_runner_can_do_is_left_out(field, value, channel):
    """Every channel has a physical range; outside it is NaN, and counted."""

    def write(writer):
        for second in range(3):
            writer.write("record", timestamp=at(second), temperature=20, **{field: value, "position_long": 1e8})

    recording = records(write)
    assert not recording.samples.has(channel)
    assert [(channel, 3)] == issues(recording, "out_of_range")


def test_speed_of_a_rider_is_kept():
    """20 m/s is downhill on a bicycle; only on foot it can't be."""
    content = fit_activity(START_UTC, {"speed_mps": np.full(30, 20.0)}, sport="cycling")
    assert 20.0 == samples_of(content).speed_mps[0]


def test_first_value_of_a_field_that_is_listed_twice_wins():
    """Some devices list a field twice in one definition; the second fills what the first leaves open."""

    def write(writer):
        for second, values in enumerate([(140, 99), (None, 99)]):
            first, then = (Field(3, "uint8"), Field(3, "uint8z"))
            writer.write("record", timestamp=at(second), raw=dict(zip((first, then), values, strict=True)))

    assert [140.0, 99.0] == records(write).samples.heart_rate_bpm.tolist()


def test_first_of_several_values_counts_and_misfits_are_told():
    """An array where one number is expected gives its first; a size that fits no number gives none."""

    def write(writer):
        writer.write(
            "record",
            timestamp=at(0),
            raw={Field(3, "uint8"): [141, 99], Field(7, "uint16"): b"\x01", Field(5, "uint32"): 900},
        )

    recording = records(write)
    assert ([141.0], [9.0]) == (recording.samples.heart_rate_bpm.tolist(), recording.samples.distance_m.tolist())
    assert not recording.samples.has("power_w")
    assert [("record.power", 1)] == issues(recording, "unusable_field")


def test_base_types_are_read_as_the_definition_says():
    """Wider types, floats and signed numbers where the profile has others: the file's own definition holds."""

    def write(writer):
        wide = {Field(3, "uint16"): 150, Field(5, "float64"): 1234.5, Field(13, "sint16"): -4, Field(7, "sint32"): 260}
        writer.write("record", timestamp=at(0), raw=wide)
        missing = {
            Field(3, "uint16"): None,
            Field(5, "float64"): None,
            Field(13, "sint16"): None,
            Field(7, "sint32"): None,
        }
        writer.write("record", timestamp=at(1), raw=missing)

    samples = records(write).samples
    np.testing.assert_array_equal(samples.heart_rate_bpm, [150.0, np.nan])
    np.testing.assert_array_equal(samples.distance_m, [12.345, np.nan])
    np.testing.assert_array_equal(samples.temperature_degc, [-4.0, np.nan])
    np.testing.assert_array_equal(samples.power_w, [260.0, np.nan])


def test_misaligned_fields_of_other_messages_do_not_stop_fitparse():
    """COROS writes an event's data with one byte of a four-byte type; fitparse alone gives up on it."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="coros", time_created=START_UTC)
    for second in range(5):
        writer.write("record", timestamp=at(second), heart_rate=140)
    misfit = {Field(25, "uint16"): b"\x01", Field(253, "uint32"): 1_141_000_000}
    writer.write("lap", raw=misfit, start_time=START_UTC, total_elapsed_time=5.0)
    writer.write("session", raw={Field(22, "uint16"): b"\x05"}, start_time=START_UTC, sport="running")
    decoded = decode_fit(writer.to_bytes())
    assert (None, "running", 5) == (
        decoded.damage,
        decoded.recordings[0].sport,
        len(decoded.recordings[0].samples),
    )


def test_local_message_types_change_their_meaning():
    """One local type stands for records, then for heart beats, then for records of another form."""

    def write(writer):
        writer.write("record", timestamp=at(0), heart_rate=140, local=3)
        writer.write("hrv", time=0.5, local=3)
        writer.write("record", timestamp=at(1), distance=3.0, heart_rate=141, local=3)
        writer.write("record", timestamp=at(2), heart_rate=142, local=3)

    samples = records(write).samples
    assert [140.0, 141.0, 142.0] == samples.heart_rate_bpm.tolist()


def test_developer_fields_of_one_file_do_not_leak_into_the_next():
    """fitparse keeps them in a module; each file starts afresh, chained or not."""
    plain = activity()
    before = samples_of(plain)
    decode_fit(chain(plain, plain))
    assert_same_samples(before, samples_of(plain))


def test_a_position_needs_both_numbers():
    """A latitude alone is no place."""

    def write(writer):
        writer.write("record", timestamp=at(0), position_lat=5e8, position_long=None)
        writer.write("record", timestamp=at(1), position_lat=5e8, position_long=1e8)

    samples = records(write).samples
    assert [True, False] == np.isnan(samples.latitude_deg).tolist()
