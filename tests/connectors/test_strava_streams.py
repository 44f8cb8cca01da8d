"""A stored Strava activity becomes a recording: every field read, left out by name, or told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from connectors.decode import decode
from connectors.sniff import kind_of
from connectors.strava_document import document, version_of
from connectors.strava_fields import IGNORED, READ, STREAMS, VOLATILE
from connectors.strava_streams import decode_strava
from pipeline.errors import UnreadableFile
from pipeline.places import zone_at
from pipeline.transforms import derive
from support.strava_activity import by_hand, strava_run
from support.synthetic_run import RUNNER, START, Pause, SyntheticRun, easy, strides, walk


def stored(activity) -> bytes:
    """What the archive keeps of it, its streams dressed as Strava dresses them."""
    streams = {
        name: {"data": data, "series_type": "distance", "original_size": len(data), "resolution": "high"}
        for name, data in activity.streams.items()
    }
    return document(activity.detail, streams)


def read(activity):
    (recording,) = decode(stored(activity), "x.json").recordings
    return recording


def kinds(recording) -> list[tuple[str, str]]:
    return [(issue.kind, issue.name) for issue in recording.issues if issue.kind != "cadence_meaning"]


class TestAChannel:
    RUN = SyntheticRun((easy(300), *strides(4), easy(300)))

    def test_each_comes_out_as_it_went_in(self):
        """Whole seconds and Strava's roundings are all that is lost."""
        before, after = self.RUN.recording().samples, read(strava_run(1, self.RUN)).samples
        assert before.t_s.tolist() == after.t_s.tolist()
        for name, within in {
            "latitude_deg": 1e-6,
            "longitude_deg": 1e-6,
            "altitude_m": 0.05,
            "distance_m": 0.05,
            "speed_mps": 0.001,
            "heart_rate_bpm": 0.0,
            "cadence_spm": 1.0,
        }.items():
            np.testing.assert_allclose(getattr(after, name), getattr(before, name), atol=within + 1e-9, err_msg=name)

    def test_cadence_of_one_leg_becomes_steps(self):
        """METRICS, traps: Strava's streams are one leg."""
        recording = read(strava_run(1, SyntheticRun((easy(300, cadence_spm=164.0),))))
        assert {164.0} == set(recording.samples.cadence_spm.tolist())
        assert 164.0 == recording.totals.mean_cadence_spm

    def test_cadence_that_counts_steps_already_is_not_doubled(self):
        """FAILURES, "Steps doubled when sources mix": some uploads hold both feet."""
        activity = strava_run(1, SyntheticRun((easy(300, cadence_spm=164.0),)), average_cadence=164.0)
        activity.streams["cadence"] = [164] * len(activity.streams["cadence"])
        recording = read(activity)
        assert {164.0} == set(recording.samples.cadence_spm.tolist())
        assert 164.0 == recording.totals.mean_cadence_spm

    def test_a_ride_has_no_steps(self):
        recording = read(strava_run(1, sport_type="Ride", type="Ride"))
        assert not recording.samples.has("cadence_spm")
        assert None is recording.totals.mean_cadence_spm
        assert ("ignored_channel", "cadence") in kinds(recording)

    @pytest.mark.parametrize(("device_watts", "expected"), [(True, True), (False, False), (None, False)])
    def test_power_that_nobody_measured_is_left_out(self, device_watts, expected):
        activity = strava_run(1, device_watts=device_watts)
        activity.streams["watts"] = [250] * len(activity.streams["time"])
        assert expected == read(activity).samples.has("power_w")

    def test_a_value_that_is_missing_or_cant_be_is_not_a_number(self):
        activity = strava_run(1)
        activity.streams["heartrate"][:3] = [None, 0, 999]
        activity.streams["latlng"][0] = None
        activity.streams["altitude"][1] = "high"
        samples = read(activity).samples
        assert np.isnan(samples.heart_rate_bpm[:3]).all()
        assert np.isnan([samples.latitude_deg[0], samples.longitude_deg[0], samples.altitude_m[1]]).all()
        assert 140.0 == samples.heart_rate_bpm[3]

    def test_a_stream_of_another_length_is_left_out_and_told(self):
        activity = strava_run(1)
        activity.streams["heartrate"] = activity.streams["heartrate"][:-1]
        recording = read(activity)
        assert not recording.samples.has("heart_rate_bpm")
        assert recording.samples.has("cadence_spm")
        assert ("message_fault", "streams.heartrate") in kinds(recording)

    def test_streams_without_times_are_no_samples(self):
        activity = strava_run(1)
        del activity.streams["time"]
        recording = read(activity)
        assert 0 == len(recording.samples)
        assert ("points_without_time", "streams") in kinds(recording)

    def test_a_stream_that_was_thinned_out_is_told(self):
        activity = strava_run(1)
        content = json.loads(stored(activity))
        content["streams"]["time"]["original_size"] = 5000
        assert ("reduced_stream", "streams.time") in kinds(decode_strava(json.dumps(content).encode()).recordings[0])


class TestTime:
    def test_the_start_is_the_utc_one(self):
        """`start_date_local` ends in Z and is no UTC: stravalib hands it on as such."""
        recording = read(strava_run(1, offset_s=7200))
        assert (START, 7200) == (recording.start_utc, recording.utc_offset_s)

    def test_the_local_day_is_the_runners(self):
        """FAILURES, "UTC next day breaks matching": a late run in New York is of that day."""
        late = SyntheticRun((easy(600),), start_utc=datetime(2026, 3, 5, 3, 30, tzinfo=UTC), has_positions=False)
        session = derive(read(strava_run(1, late, offset_s=-18_000)), RUNNER, zone_at)
        assert ("2026-03-04", -18_000) == (session.session_date, session.utc_offset_s)

    def test_without_an_offset_the_local_start_tells_it(self):
        assert 3600 == read(strava_run(1, utc_offset=None)).utc_offset_s

    def test_two_offsets_that_disagree_are_told(self):
        recording = read(strava_run(1, utc_offset=7200.0))
        assert 7200 == recording.utc_offset_s
        assert ("offset_disagrees", "utc_offset") in kinds(recording)

    def test_a_pause_is_no_timer_time(self):
        """Strava's moving time tells which hole in the records was a pause."""
        run = SyntheticRun((easy(600),), pauses=(Pause(300, 240),))
        activity = strava_run(1, run)
        before = run.recording().samples.t_s
        assert 240 < np.diff(before).max()
        measures = derive(read(activity), RUNNER, zone_at).measures
        assert 840.0 == pytest.approx(measures.elapsed_s, abs=2)
        assert 600.0 == pytest.approx(measures.timer_s, abs=3)

    def test_laps_start_where_they_start(self):
        laps = read(strava_run(1, SyntheticRun((easy(600),)))).laps
        assert [(0.0, 300.0), (300.0, 300.0)] == [(lap.start_s, lap.elapsed_s) for lap in laps]
        assert [840.0, 840.0] == pytest.approx([lap.distance_m for lap in laps], abs=1)

    @pytest.mark.parametrize("start", [None, "", "yesterday", "0001-01-01T00:00:00Z", 5])
    def test_without_a_start_it_is_refused(self, start):
        with pytest.raises(UnreadableFile, match="start_date"):
            read(strava_run(1, start_date=start))


class TestSport:
    @pytest.mark.parametrize(
        ("word", "trainer", "expected"),
        [
            ("Run", False, ("running", None)),
            ("TrailRun", False, ("running", "trail")),
            ("VirtualRun", True, ("running", "virtual_activity")),
            ("Run", True, ("running", "treadmill")),
            ("Walk", True, ("walking", "indoor_walking")),
            ("EMountainBikeRide", False, ("e_biking", "e_bike_mountain")),
            ("WeightTraining", False, ("training", "strength_training")),
            ("Workout", False, (None, None)),
        ],
    )
    def test_a_known_word_is_the_profiles(self, word, trainer, expected):
        recording = read(strava_run(1, sport_type=word, trainer=trainer))
        assert expected == (recording.sport, recording.sub_sport)
        assert "unknown_sport" not in dict(kinds(recording))

    def test_a_sport_of_next_year_survives_as_itself(self):
        """stravalib makes "Workout" of it, which could then pass for a run."""
        recording = read(strava_run(1, sport_type="ParaRunning2", type="Workout"))
        assert "para_running2" == recording.sport
        assert ("unknown_sport", "sport_type") in kinds(recording)
        assert not derive(recording, RUNNER, zone_at).is_run

    def test_every_sport_that_stravalib_knows_is_understood(self):
        from connectors.strava_client import _client_class
        from connectors.strava_fields import sport_words

        _client_class()
        from stravalib.strava_model import SportType

        words = SportType.model_json_schema()["enum"]
        assert 50 < len(words)
        assert [] == [word for word in words if not sport_words(word, is_trainer=False)[2]]

    def test_a_treadmill_is_indoors(self):
        belt = SyntheticRun((easy(900),), has_positions=False, has_altitude=False)
        session = derive(read(strava_run(1, belt, trainer=True)), RUNNER, zone_at)
        assert (True, True) == (session.is_run, session.is_indoor)


class TestWords:
    def test_description_and_private_note_are_the_note(self):
        recording = read(
            strava_run(1, name="Hills", description=" pain 2/10 ", private_note="left", perceived_exertion=6)
        )
        assert ("Hills", "pain 2/10\n\nleft", 6.0) == (
            recording.title,
            recording.note,
            recording.perceived_exertion_0_10,
        )

    @pytest.mark.parametrize("value", [None, "", "  ", 5])
    def test_nothing_written_is_no_note(self, value):
        assert None is read(strava_run(1, description=value, private_note=value)).note

    def test_what_could_harm_a_terminal_or_a_database_is_taken_out(self):
        recording = read(strava_run(1, name="a\x1b[2Jb\0c\ud800", description="<script>\u202e</script>\r\n\tok"))
        assert "a [2Jb c?" == recording.title
        assert "<script>" in recording.note  # text; a page escapes it
        assert "\r" not in recording.note

    def test_an_endless_note_is_cut(self):
        assert 10_000 == len(read(strava_run(1, description="x" * 100_000)).note)


class TestTypedIn:
    MANUAL = by_hand(1, datetime(2026, 3, 8, 9, 0, tzinfo=UTC), 1800, 5000.0)

    def test_it_is_a_session_with_totals_only(self):
        """FAILURES, "Manual activity without streams"."""
        recording = read(self.MANUAL)
        measures = derive(recording, RUNNER, zone_at).measures
        assert (0, 5000.0, 1800.0) == (len(recording.samples), recording.totals.distance_m, recording.totals.elapsed_s)
        assert (1800.0, 1800.0) == (measures.elapsed_s, measures.timer_s)
        assert (None, None, None) == (measures.distance_m, measures.run_s, measures.step_count)

    def test_what_strava_fills_with_zeros_is_not_known(self):
        assert None is read(self.MANUAL).totals.ascent_m
        assert None is read(self.MANUAL).totals.mean_heart_rate_bpm


class TestFields:
    def test_the_fixture_leaves_nothing_unmapped(self):
        assert [] == kinds(read(strava_run(1)))

    def test_a_new_field_is_told_once_and_costs_nothing(self):
        """Strictness: read, left out by name with the reason, or told."""
        activity = strava_run(1, mood_ring="blue")
        for lap in activity.detail["laps"]:
            lap["hydration"] = 1
        activity.streams["lactate"] = [1] * 61
        recording = read(activity)
        assert [
            ("unmapped_field", "streams.lactate"),
            ("unmapped_field", "mood_ring"),
            ("unmapped_field", "laps.hydration"),
        ] == kinds(recording)
        assert 61 == len(recording.samples)

    def test_no_field_is_on_two_lists_and_each_has_a_reason(self):
        assert set() == READ & VOLATILE.keys() | READ & IGNORED.keys() | VOLATILE.keys() & IGNORED.keys()
        assert all({**VOLATILE, **IGNORED}.values())
        assert 11 == len(STREAMS)

    def test_every_field_that_stravalib_knows_is_on_a_list(self):
        """The library's models follow Strava's reference: what they hold is handled or left out by name."""
        from connectors.strava_client import _client_class

        _client_class()
        from stravalib.model import DetailedActivity

        known = set(DetailedActivity.model_fields) - {"bound_client"}
        assert set() == known - READ - VOLATILE.keys() - IGNORED.keys()


class TestTheDocument:
    def test_it_is_known_by_its_content(self):
        content = stored(strava_run(1))
        assert ("strava", "strava") == (kind_of(content), kind_of(b"\n " + content))
        assert None is kind_of(b'{"activity": {"id": 1}, "_format": "another/1"}')

    def test_what_changes_by_itself_does_not_change_it(self):
        """Kudos, comments, the shoes' mileage, a place on a leader board, the order of keys."""
        one = strava_run(1)
        other = strava_run(1, kudos_count=99, comment_count=4, pr_count=2, suffer_score=80, embed_token="f" * 16)
        other.detail["gear"]["distance"] = 999_999
        other.detail = dict(reversed(other.detail.items()))
        assert stored(one) == stored(other)
        assert version_of(one.summary) == version_of(other.summary)

    @pytest.mark.parametrize(
        "edit", [{"name": "Hills"}, {"sport_type": "Walk"}, {"distance": 1.0}, {"elapsed_time": 9}, {"trainer": True}]
    )
    def test_an_edit_changes_both(self, edit):
        one, other = strava_run(1), strava_run(1, **edit)
        assert stored(one) != stored(other)
        assert version_of(one.summary) != version_of(other.summary)

    def test_a_field_that_strava_adds_makes_no_activity_look_edited(self):
        assert version_of(strava_run(1).summary) == version_of(strava_run(1, mood_ring="blue").summary)

    @pytest.mark.parametrize("share", [n / 40 for n in range(40)])
    def test_a_cut_one_is_refused(self, share):
        content = stored(strava_run(1))
        with pytest.raises(UnreadableFile):
            decode_strava(content[: int(len(content) * share)])

    @pytest.mark.parametrize(
        "content",
        [
            b"[]",
            b"{}",
            b"\xff\xfe",
            b"1" * 5000,
            b"[" * 100_000,
            b'{"_format":"gaitkeeper.strava/1"}',
            b'{"_format":"gaitkeeper.strava/1","activity":[],"streams":{}}',
            b'{"_format":"gaitkeeper.strava/9","activity":{"start_date":"2026-03-04T17:30:00Z"},"streams":{}}',
        ],
    )
    def test_another_form_is_refused(self, content):
        with pytest.raises(UnreadableFile):
            decode_strava(content)

    def test_wild_values_never_escape_as_anything_but_our_errors(self):
        """Any field may hold anything: a recording or a refusal comes of it."""
        rng = np.random.default_rng(6)
        wild = [None, True, -1, 10**400, 1e308, float("nan"), "x", [], {}, [[1]], [None], {"data": 1}, {"data": [{}]}]
        outcomes = set()
        for _ in range(400):
            activity = json.loads(stored(strava_run(1, SyntheticRun((easy(10),)))))
            place = activity[("activity", "streams")[rng.integers(2)]]
            place[sorted(place)[rng.integers(len(place))]] = wild[rng.integers(len(wild))]
            try:
                decoded = decode_strava(json.dumps(activity).encode())
            except UnreadableFile:
                outcomes.add("refused")
            else:
                outcomes.add("read")
                derive(decoded.recordings[0], RUNNER, zone_at)
        assert {"read", "refused"} == outcomes


def test_a_run_of_strava_and_its_file_give_the_same_facts():
    """The same run from both: distance, time, steps and climbing agree within Strava's roundings."""
    run = SyntheticRun((easy(600), walk(120), easy(600, grade_pct=4.0), easy(300)))
    ours = derive(run.recording(), RUNNER, zone_at).measures
    theirs = derive(read(strava_run(1, run)), RUNNER, zone_at).measures
    assert ours.distance_m == pytest.approx(theirs.distance_m, rel=0.001)
    assert ours.timer_s == pytest.approx(theirs.timer_s, abs=1)
    assert ours.run_s == pytest.approx(theirs.run_s, abs=6)
    assert ours.step_count == pytest.approx(theirs.step_count, rel=0.01)
    assert ours.ascent_m == pytest.approx(theirs.ascent_m, rel=0.03, abs=1)
    assert timedelta(0) == run.start_utc - START
