"""Damaged FIT files: what lies before the damage is kept, what is wrong is told, and nothing else escapes."""

import contextlib
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from connectors.fit import decode_fit
from pipeline.errors import SkipRecording, UnreadableFile
from pipeline.units import STEPS_PER_STRIDE
from support.damage import bit_flips, closed_after_cut, truncations, with_right_crc
from support.fit_file import FitLap, FitOptions, FitWriter, chain, fit_activity

START_UTC = datetime(2026, 3, 3, 6, 30, tzinfo=UTC)
#: Far above what any file of the tests takes (15 ms), far below a hang.
PATIENCE_S = 5.0
CUTS, FLIPS = 50, 100


def run(seconds=900, **how):
    t_s = np.arange(float(seconds))
    columns = {
        "latitude_deg": 47.0 + t_s / 1e5,
        "longitude_deg": 8.0 + t_s / 1e5,
        "altitude_m": np.round(400 + t_s / 10, 1),
        "distance_m": 3.0 * t_s,
        "heart_rate_bpm": 120 + t_s % 60,
        "cadence_strides_per_min": np.full(seconds, 85.0),
        "stance_time_ms": np.full(seconds, 240.0),
    }
    return fit_activity(START_UTC, columns, laps=[FitLap(0.0, 300.0), FitLap(300.0, 899.0)], options=FitOptions(**how))


def decoded(content):
    """Return what comes out, None for one of our errors; fail where it takes too long."""
    began = time.perf_counter()
    found = None
    with contextlib.suppress(SkipRecording):
        found = decode_fit(content)
    assert time.perf_counter() - began < PATIENCE_S
    return found


def utc_s(recording):
    return recording.start_utc.timestamp() + recording.samples.t_s


def assert_is_prefix(whole, cut):
    """Every record before the cut is there, with the values that the whole file has."""
    count = len(cut.samples)
    np.testing.assert_array_equal(utc_s(whole)[:count], utc_s(cut))
    for name in ("latitude_deg", "longitude_deg", "altitude_m", "distance_m", "heart_rate_bpm", "power_w"):
        expected, actual = getattr(whole.samples, name)[:count], getattr(cut.samples, name)
        np.testing.assert_array_equal(actual, expected, name)


def test_a_cut_file_keeps_every_record_before_the_cut():
    """50 places: the records are those of the whole file, as many as fit before the cut."""
    content = run()
    (whole,) = decode_fit(content).recordings
    one_record = 25  # bytes; fewer than a record are missing between the last one kept and the cut
    counts = []
    for length, cut in truncations(content, CUTS):
        found = decoded(cut)
        if found is None:
            assert length < 600  # the header, the devices and the first record
            continue
        assert found.damage is not None
        assert found.crc_ok is False
        assert 0 <= length - found.damage.offset_bytes <= 2 * one_record
        assert found.damage.salvaged_samples == len(found.recordings[0].samples)
        assert_is_prefix(whole, found.recordings[0])
        counts.append(found.damage.salvaged_samples)
    assert sorted(counts) == counts
    assert 900 == counts[-1]
    assert len(counts) > CUTS * 0.9


def test_a_run_without_any_word_of_its_sport_still_knows_its_steps():
    """Ground contact is measured on foot only: the cadence of what is left can be told, the sport is not invented."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("record", timestamp=START_UTC, cadence=85, stance_time=240.0)
    found = decode_fit(writer.to_bytes(crc=-1)).recordings[0]
    assert (None, 85.0 * STEPS_PER_STRIDE) == (found.sport, found.samples.cadence_spm[0])


def test_a_cut_that_was_closed_afterwards_is_an_unfinished_file():
    """A tool that "repairs" the header hides the cut; the torn message still tells, or the missing session does."""
    content = run()
    for length, _ in truncations(content, CUTS):
        if length < 600:
            continue
        found = decoded(closed_after_cut(content, length))
        kinds = {issue.kind for issue in found.recordings[0].issues}
        assert found.damage is not None or "no_session" in kinds or length > len(content) - 100


def test_no_flipped_bit_goes_unnoticed():
    """100 bits over a file: an error of ours, or a wrong checksum and damage; never silence."""
    for place, broken in bit_flips(run(), FLIPS, seed=20260303):
        found = decoded(broken)
        if found is not None:
            assert found.crc_ok is False, place
            assert found.damage is not None, place


@pytest.mark.parametrize("how", [{}, {"byte_order": ">"}, {"compressed": True}, {"sparse": True}], ids=str)
def test_flipped_bits_under_a_right_checksum_do_no_harm(how):
    """The checksum can't tell here: whatever comes out is finite, inside its range and in the order of time."""
    for place, broken in bit_flips(run(**how), FLIPS, seed=7):
        found = decoded(with_right_crc(broken))
        for recording in () if found is None else found.recordings:
            samples = recording.samples
            assert (np.diff(samples.t_s) > 0).all(), place
            assert not len(samples) or (samples.t_s[0] >= 0 and samples.t_s[-1] < 86_400 * 30), place
            assert np.nanmax(samples.heart_rate_bpm, initial=0.0) <= 250.0, place
            assert np.nanmax(np.abs(samples.latitude_deg), initial=0.0) <= 90.0, place


def test_flipped_bits_of_a_chained_file_are_noticed_in_every_part():
    """A damaged header of the second part must not make it trailing bytes."""
    first, second = run(300), run(200)
    for place, broken in bit_flips(chain(first, second), FLIPS, seed=3, first=len(first), last=len(first) + 14):
        found = decoded(broken)
        assert found is not None
        assert found.damage is not None, place
        assert len(found.recordings[0].samples) == 300


def test_a_wrong_checksum_alone_keeps_everything():
    """The values may be wrong, but they are there."""
    found = decode_fit(run(crc=0x1234))
    assert (False, 900) == (found.crc_ok, found.damage.salvaged_samples)
    assert "checksum" in found.damage.reason
    assert 900 == len(found.recordings[0].samples)


def test_a_missing_checksum_is_a_cut():
    """Two bytes are missing; all records are there."""
    content = run(crc=-1)
    found = decode_fit(content)
    assert (False, len(content), 900) == (found.crc_ok, found.damage.offset_bytes, found.damage.salvaged_samples)


def test_a_wrong_size_under_a_right_checksum_is_no_damage():
    """Some tools write a size that is too large, and sum over it: the file is whole."""
    content = run()
    too_large = with_right_crc(content[:4] + (len(content)).to_bytes(4, "little") + content[8:])
    found = decode_fit(too_large)
    assert (True, None, 900) == (found.crc_ok, found.damage, len(found.recordings[0].samples))


def test_an_undefined_message_ends_the_reading_there():
    """The place is the byte of the message that nothing defines."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC, local=0)
    writer.write("record", timestamp=START_UTC, heart_rate=140, local=1)
    place = 14 + len(writer)
    writer.append(b"\x09" + bytes(20))
    found = decode_fit(writer.to_bytes())
    assert (place, 1) == (found.damage.offset_bytes, found.damage.salvaged_samples)
    assert "never defined" in found.damage.reason


def test_damage_before_anything_useful_is_an_error_with_its_place():
    """Nothing to salvage: the file is refused, and says where."""
    content = run()
    for length in (14, 60, 100):
        with pytest.raises(UnreadableFile, match="cut off") as caught:
            decode_fit(content[:length])
        assert 14 <= caught.value.offset_bytes <= length


def test_messages_that_fitparse_gives_up_on_cost_nothing_else():
    """A developer field without its application stops fitparse; the session is read all the same, and it is told."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("field_description", developer_data_index=9, field_definition_number=0, fit_base_type_id=2)
    writer.write("record", timestamp=START_UTC, heart_rate=140)
    writer.write("session", timestamp=START_UTC, start_time=START_UTC, sport="running", total_distance=10.0)
    found = decode_fit(writer.to_bytes())
    assert ("running", 10.0, 1) == (
        found.recordings[0].sport,
        found.recordings[0].totals.distance_m,
        found.damage.salvaged_samples,
    )
    assert (True, None) == (found.crc_ok, found.damage.offset_bytes)
    assert ["message_fault"] == [one.kind for one in found.recordings[0].issues if one.kind == "message_fault"]


def test_millions_of_empty_messages_take_bounded_time_and_memory():
    """A definition without fields makes every byte a message: none of them is kept."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("record", timestamp=START_UTC, heart_rate=140, local=1)
    writer.append(bytes([0x42, 0, 0, 20, 0, 0]) + b"\x02" * 3_000_000)
    assert 1 == len(decoded(writer.to_bytes()).recordings[0].samples)


def test_thousands_of_messages_of_a_kind_are_bounded():
    """A crafted file of laps must not take minutes."""
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", time_created=START_UTC)
    writer.write("record", timestamp=START_UTC, heart_rate=140, local=1)
    for _ in range(300):
        writer.write("session", start_time=START_UTC, sport="running", local=2)
    assert 1 == len(decoded(writer.to_bytes()).recordings)


@pytest.mark.corpus
def test_real_files_cut_at_50_places_keep_their_records(corpus):
    """Records before the cut are those of the whole file."""
    for name in ("roznet__activity_1378220136.fit", "wader__activity.fit", "jimmykane__suunto-weight.fit"):
        content = (corpus / "fit" / name).read_bytes()
        (whole,) = decode_fit(content).recordings
        for length, cut in truncations(content, CUTS):
            found = decoded(cut)
            if found is None:
                assert length < 0.1 * len(content), name
                continue
            assert found.damage is not None
            assert_is_prefix(whole, found.recordings[0])


@pytest.mark.corpus
def test_500_flipped_bits_of_real_files_are_noticed(corpus):
    """Five files, 100 bits each: never another exception, never silence."""
    names = (
        "roznet__activity_1378220136.fit",
        "roznet__activity_234979239.fit",
        "muktihari__chained_Activity_activity_poolswim.fit",
        "jimmykane__suunto-weight.fit",
        "muktihari__activity_multisport.fit",
    )
    for name in names:
        for place, broken in bit_flips((corpus / "fit" / name).read_bytes(), FLIPS, seed=1):
            found = decoded(broken)
            assert found is None or (found.damage is not None and found.crc_ok is False), (name, place)
            decoded(with_right_crc(broken))
