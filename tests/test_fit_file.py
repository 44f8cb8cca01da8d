"""The FIT writer of the tests writes what two decoders, made by others, read back."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime, timedelta

import fitdecode
import fitparse
import fitparse.profile
import fitparse.utils
import numpy as np
import pytest

from support.damage import bit_flips, closed_after_cut, truncations, with_right_crc
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
    fit_crc,
    fit_file,
    fit_other,
    fit_seconds,
    smart_recording,
)
from support.fit_profile import BASE_TYPES, MESSAGES
from support.fit_profile import Field as ProfileField
from support.fit_words import EVENTS, FILE_TYPES, LAP_TRIGGERS, MANUFACTURERS, SPORTS, SUB_SPORTS

START_UTC = datetime(2026, 3, 29, 5, 30, tzinfo=UTC)
T_S = np.arange(120.0)
COLUMNS = {
    "latitude_deg": 42.12 + 1e-5 * T_S,
    "longitude_deg": np.full(120, -5.02),
    "altitude_m": 752.0 + np.round(T_S * 0.2, 1),
    "distance_m": 2.75 * T_S,
    "speed_mps": np.full(120, 2.75),
    "heart_rate_bpm": np.where(T_S < 60, np.nan, 140.0),
    "cadence_strides_per_min": np.full(120, 85.5),
    "stance_time_ms": np.full(120, 260.5),
    "vertical_oscillation_mm": np.full(120, 82.4),
    "step_length_mm": np.full(120, 965.0),
    "power_w": np.full(120, 230.0),
    "temperature_degc": np.full(120, -3.0),
}
#: Column -> field as fitparse names it, and the factor back.
READ_AS = {
    "latitude_deg": ("position_lat", 180 / 2**31),
    "longitude_deg": ("position_long", 180 / 2**31),
    "distance_m": ("distance", 1),
    "heart_rate_bpm": ("heart_rate", 1),
    "stance_time_ms": ("stance_time", 1),
    "vertical_oscillation_mm": ("vertical_oscillation", 1),
    "step_length_mm": ("step_length", 1),
    "power_w": ("power", 1),
    "temperature_degc": ("temperature", 1),
}
#: Half a step of the coarsest field is 0.05 (tenths of millimetres and milliseconds).
ROUNDING = 0.051


def read_fitparse(data: bytes) -> dict[str, list[dict[str, object]]]:
    """Return message name -> its messages as field -> value."""
    out: dict[str, list[dict[str, object]]] = {}
    for message in fitparse.FitFile(io.BytesIO(data)).get_messages():
        out.setdefault(message.name, []).append(message.get_values())
    return out


def read_fitdecode(data: bytes) -> dict[str, list[dict[str, object]]]:
    """Return the same from the other decoder."""
    out: dict[str, list[dict[str, object]]] = {}
    with fitdecode.FitReader(io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                values = {field.name: field.value for field in frame.fields if field.value is not None}
                out.setdefault(frame.name, []).append(values)
    return out


def column(messages: list[dict[str, object]], name: str) -> np.ndarray:
    return np.array([np.nan if message.get(name) is None else message[name] for message in messages], float)


READERS = pytest.mark.parametrize("read", [read_fitparse, read_fitdecode], ids=["fitparse", "fitdecode"])
VARIANTS = pytest.mark.parametrize(
    "options",
    [
        FitOptions(),
        FitOptions(byte_order=">"),
        FitOptions(header_bytes=12, enhanced=False),
        FitOptions(header_crc=False, enhanced="both"),
        FitOptions(compressed=True),
        FitOptions(byte_order=">", compressed=True, sparse=True),
        FitOptions(sparse=True, fractional_cadence=False),
    ],
    ids=["plain", "big-endian", "12-byte header", "no header CRC", "compressed", "big-endian sparse", "sparse"],
)


@pytest.mark.parametrize("decoder", [fitparse.profile, fitdecode.profile], ids=["fitparse", "fitdecode"])
def test_profile_table_agrees_with_the_decoders(decoder):
    """Every message and field number, scale and offset of ours is the one in the decoders' profiles, where they know it."""
    known = 0
    for name, message in MESSAGES.items():
        theirs = decoder.MESSAGE_TYPES.get(message.number)
        if theirs is None:
            assert name == "split", f"{name} is only missing in the older profile"
            continue
        assert theirs.name == name
        fields = theirs.fields.values() if isinstance(theirs.fields, dict) else theirs.fields
        by_number = {field.def_num: field for field in fields}
        for field_name, field in message.fields.items():
            if field.number not in by_number:
                continue
            their = by_number[field.number]
            names = {their.name, *(subfield.name for subfield in their.subfields or ())}
            assert field_name in names
            assert (field.scale, field.offset) == ((their.scale or 1), (their.offset or 0)), field_name
            if field.base_type != "enum":
                assert BASE_TYPES[field.base_type].code == their.base_type.identifier, field_name
            known += 1
    assert known > 120


@pytest.mark.parametrize("decoder", [fitparse.profile, fitdecode.profile], ids=["fitparse", "fitdecode"])
def test_words_agree_with_the_decoders(decoder):
    """The words that stand for numbers stand for the same ones as theirs."""
    ours = {
        "file": FILE_TYPES,
        "sport": SPORTS,
        "sub_sport": SUB_SPORTS,
        "event": EVENTS,
        "lap_trigger": LAP_TRIGGERS,
        "manufacturer": MANUFACTURERS,
    }
    for name, words in ours.items():
        field_type = decoder.FIELD_TYPES[name]
        theirs = field_type.values if hasattr(field_type, "values") else field_type.enum
        for word, number in words.items():
            if number in theirs:
                assert word == theirs[number]


@READERS
@VARIANTS
def test_columns_come_back(read, options):
    """What goes in as columns comes out of both decoders, in every way of writing it down."""
    data = fit_activity(START_UTC, COLUMNS, options=options)
    records = read(data)["record"]
    assert len(T_S) == len(records)
    for name, (field, factor) in READ_AS.items():
        np.testing.assert_allclose(COLUMNS[name], column(records, field) * factor, atol=ROUNDING, err_msg=name)
    if options.fractional_cadence:
        cadence = column(records, "cadence") + column(records, "fractional_cadence")
        np.testing.assert_allclose(COLUMNS["cadence_strides_per_min"], cadence)
    else:
        np.testing.assert_allclose(np.full(120, 86.0), column(records, "cadence"))
    if options.enhanced:
        np.testing.assert_allclose(COLUMNS["altitude_m"], column(records, "enhanced_altitude"), atol=0.1001)
        np.testing.assert_allclose(COLUMNS["speed_mps"], column(records, "enhanced_speed"))
    if options.enhanced is not True:
        np.testing.assert_allclose(COLUMNS["altitude_m"], column(records, "altitude"), atol=0.1001)
    times = [record["timestamp"].replace(tzinfo=UTC) for record in records]
    assert [START_UTC + timedelta(seconds=t_s) for t_s in T_S] == times


@READERS
def test_totals_leave_the_pause_out(read):
    """Elapsed time counts the pause, timer time doesn't; given totals are written, others aren't there."""
    events = [(0.0, "start"), (30.0, "stop_all"), (50.0, "start"), (119.0, "stop_all")]
    data = fit_activity(START_UTC, COLUMNS, events=events, totals={"total_strides": 171}, local_offset_s=7200)
    messages = read(data)
    (session,) = messages["session"]
    assert (session["total_elapsed_time"], session["total_timer_time"]) == (119.0, 99.0)
    assert session["total_distance"] == 327.25
    assert session["total_strides"] == 171
    assert not {"total_ascent", "avg_running_cadence"} & set(session)
    assert [event["event_type"] for event in messages["event"]] == ["start", "stop_all", "start", "stop_all"]
    (activity,) = messages["activity"]
    local = activity["local_timestamp"].replace(tzinfo=UTC) - activity["timestamp"].replace(tzinfo=UTC)
    assert timedelta(hours=2) == local


@READERS
def test_several_sessions_share_one_file(read):
    """A multisport file holds its sessions in order, with the laps counted through."""
    first = Activity(START_UTC, {"distance_m": 6 * T_S}, sport="cycling", laps=[FitLap(0, 60), FitLap(60, 119)])
    second = Activity(START_UTC + timedelta(seconds=150), {"distance_m": 3 * T_S}, sport="running", sub_sport="trail")
    messages = read(fit_file([first, second]))
    assert [(session["sport"], session["first_lap_index"], session["num_laps"]) for session in messages["session"]] == [
        ("cycling", 0, 2),
        ("running", 2, 1),
    ]
    assert [lap["message_index"] for lap in messages["lap"]] == [0, 1, 2]
    assert [lap["total_distance"] for lap in messages["lap"]] == [360.0, 354.0, 357.0]
    assert len(messages["record"]) == 240
    assert messages["activity"][0]["num_sessions"] == 2


@READERS
def test_developer_fields_are_described_and_read(read):
    """Developer fields come back under the name that the file itself gives them."""
    power = DeveloperField(0, "Power", "uint16", "Watts", native_field=7)
    leg = DeveloperField(1, "Leg Spring", "float32", "KN/m", developer_index=1)
    data = fit_activity(START_UTC, {"distance_m": 3 * T_S}, developer={power: 200 + T_S, leg: np.full(120, 9.5)})
    records = read(data)["record"]
    np.testing.assert_array_equal(200 + T_S, column(records, "Power"))
    np.testing.assert_array_equal(np.full(120, 9.5), column(records, "Leg Spring"))


def test_device_lists_its_barometer():
    """Local sensors stand in device_info with source_type 5; a device can list none."""
    with_barometer = read_fitparse(fit_activity(START_UTC, COLUMNS))["device_info"]
    assert [(one.get("device_type") or 0, one["source_type"]) for one in with_barometer] == [(0, "local"), (4, "local")]
    silent = FitDevice(manufacturer="coros", product=802, sensors=None, product_name="COROS PACE 3")
    messages = read_fitparse(fit_activity(START_UTC, COLUMNS, device=silent))
    assert "device_info" not in messages
    assert messages["file_id"][0]["product_name"] == "COROS PACE 3"


def test_splits_and_workout_steps():
    """Split messages (which the older profile doesn't know) and workout steps come back."""
    splits = [FitSplit(0, 60, "rwd_run"), FitSplit(60, 119, "rwd_walk")]
    steps = [FitStep("time", 600_000, "warmup"), FitStep("repeat_until_steps_cmplt", 0, target_value=6)]
    messages = read_fitdecode(fit_activity(START_UTC, COLUMNS, splits=splits, workout=steps))
    assert [(split["split_type"], split["total_elapsed_time"]) for split in messages["split"]] == [
        ("rwd_run", 60.0),
        ("rwd_walk", 59.0),
    ]
    assert [step["intensity"] for step in messages["workout_step"]] == ["warmup", "active"]
    assert messages["workout_step"][0]["duration_time"] == 600.0
    assert messages["workout_step"][1]["repeat_steps"] == 6


@pytest.mark.parametrize("kind", ["workout", "settings", "course"])
def test_files_that_are_no_activity(kind):
    """Other kinds of file say so in their file_id and hold no session."""
    messages = read_fitparse(fit_other(kind))
    assert kind == messages["file_id"][0]["type"]
    assert "session" not in messages


def test_sizes_and_checksums_can_be_wrong():
    """A crashed device's data size of 0, a wrong CRC, none, and trailing bytes are written as asked."""
    whole = fit_activity(START_UTC, COLUMNS)
    assert fit_crc(whole) == 0  # a CRC over data and its CRC is 0
    crashed = fit_activity(START_UTC, COLUMNS, options=FitOptions(data_size=0))
    assert crashed[4:8] == b"\0\0\0\0"
    assert len(whole) == len(crashed)
    assert whole[:-2] == fit_activity(START_UTC, COLUMNS, options=FitOptions(crc=-1))
    assert fit_activity(START_UTC, COLUMNS, options=FitOptions(crc=0x1234))[-2:] == b"\x34\x12"
    assert whole + b"rest" == fit_activity(START_UTC, COLUMNS, options=FitOptions(trailing=b"rest"))
    with pytest.raises(fitparse.utils.FitCRCError):
        fitparse.FitFile(io.BytesIO(fit_activity(START_UTC, COLUMNS, options=FitOptions(crc=0x1234)))).parse()


def test_chained_files_are_read_one_after_another():
    """Two files in one are two runs of messages."""
    data = chain(fit_activity(START_UTC, COLUMNS), fit_activity(START_UTC + timedelta(hours=1), COLUMNS))
    assert len(read_fitdecode(data)["session"]) == 2


@READERS
def test_messages_by_hand(read):
    """Unknown messages, fields outside the table and redefined local types are written as they are given."""
    writer = FitWriter()
    writer.write("file_id", local=0, type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("record", local=0, timestamp=START_UTC, heart_rate=120)
    writer.write(65_280, local=0, raw={ProfileField(1, "uint16"): 7})
    writer.write("record", local=0, timestamp=START_UTC + timedelta(seconds=1), heart_rate=None)
    writer.write("record", timestamp=START_UTC, raw={ProfileField(5, "uint32"): 12_345})
    messages = read(writer.to_bytes())
    assert [record.get("heart_rate") for record in messages["record"]] == [120, None, None]
    assert messages["record"][2]["distance"] == 123.45
    assert sum(len(group) for group in messages.values()) == 5


def test_a_repeated_message_needs_one_definition():
    """A definition stays in force until its local type is given away."""
    writer = FitWriter()
    writer.write("record", timestamp=START_UTC, heart_rate=120)
    before = len(writer)
    writer.write("record", timestamp=START_UTC, heart_rate=121)
    assert len(writer) - before == 6


def test_fit_time():
    """FIT time starts on the last day of 1989."""
    assert fit_seconds(datetime(1989, 12, 31, tzinfo=UTC)) == 0
    assert fit_seconds(datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)) == 1_000_000_000


def test_smart_recording_keeps_the_ends():
    """The first and the last row stay, and one in about every five seconds between."""
    assert smart_recording(np.arange(14.0)).tolist() == [0, 5, 10, 13]


def test_truncations_reach_from_nothing_to_one_byte_short():
    """Cuts are spread over the whole file."""
    cuts = list(truncations(b"0123456789", 4))
    assert cuts == [(0, b""), (3, b"012"), (6, b"012345"), (9, b"012345678")]


def test_bit_flips_change_one_bit_and_repeat():
    """Each flip changes one bit at the place it names; the same seed gives the same flips."""
    data = bytes(64)
    flips = list(bit_flips(data, 20, seed=3, first=14, last=62))
    for place, broken in flips:
        assert 14 <= place < 62
        assert sum(byte.bit_count() for byte in broken) == 1
        assert broken[place]
    assert flips == list(bit_flips(data, 20, seed=3, first=14, last=62))
    assert flips != list(bit_flips(data, 20, seed=4, first=14, last=62))


def test_checksums_made_to_fit_pass_for_whole():
    """With its checksums made right, a damaged or cut file looks whole to a decoder that trusts them."""
    whole = fit_activity(START_UTC, COLUMNS)
    _, broken = next(bit_flips(whole, 1, seed=1, first=14, last=len(whole) - 2))
    assert fit_crc(broken) != 0
    assert fit_crc(with_right_crc(broken)) == 0
    assert with_right_crc(b"short") == b"short"
    cut = closed_after_cut(whole, 800)
    assert fit_crc(cut) == 0
    assert len(cut) == 800 + 2
    assert int.from_bytes(cut[4:8], "little") == 800 - 14


def test_compressed_times_roll_over():
    """Gaps under 32 s keep compressed headers right across the five-bit border; longer ones get a whole timestamp."""
    t_s = np.array([0.0, 1, 30, 31, 33, 64, 65, 100, 101, 131])
    data = fit_activity(START_UTC, {"distance_m": 3 * t_s}, t_s=t_s, options=FitOptions(compressed=True))
    for read in (read_fitparse, read_fitdecode):
        times = [record["timestamp"].replace(tzinfo=UTC) for record in read(data)["record"]]
        assert [START_UTC + timedelta(seconds=t) for t in t_s] == times
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
