"""A Strava account as a source: the listing, one activity, and what `doctor` is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.decode import decode
from connectors.strava import LATER, OVERLAP
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.model import RefKey
from support.strava_activity import by_hand, strava_run
from support.strava_home import linked_strava
from support.synthetic_run import SyntheticRun, easy


def run_at(activity_id: int, start_utc: datetime, **said):
    return strava_run(activity_id, SyntheticRun((easy(60),), start_utc=start_utc), **said)


def days_ago(linked, days: float) -> datetime:
    return (linked.strava.clock.now() - timedelta(days=days)).replace(microsecond=0)


@pytest.fixture
def linked():
    with linked_strava() as found:
        yield found


def ids(refs) -> list[str]:
    return [ref.ref for ref in refs]


class TestTheListing:
    def test_everything_is_listed_once_whatever_the_size_of_a_page(self, linked):
        """Strava's pages may be shorter than asked for without being the last."""
        linked.strava.add(*(run_at(1000 + n, days_ago(linked, n)) for n in range(23)))
        for linked.strava.page_size in (200, 23, 7, 1):
            assert [str(1000 + n) for n in range(23)] == ids(linked.open().refs(None))

    def test_two_that_started_in_the_same_second_are_both_listed(self, linked):
        """A watch and a phone, at the border of two pages."""
        start = days_ago(linked, 3)
        linked.strava.add(*(run_at(1000 + n, start) for n in range(3)), run_at(2000, days_ago(linked, 4)))
        linked.strava.page_size = 3
        assert ["1000", "1001", "1002", "2000"] == ids(linked.open().refs(None))

    def test_one_that_is_deleted_while_we_page_hides_no_other(self, linked):
        """By number of page, the first of the next page would move up into the one that was read: gone, it seems."""
        linked.strava.add(*(run_at(1000 + n, days_ago(linked, n)) for n in range(9)))
        linked.strava.page_size = 3
        answer, asked = linked.strava.answer, []

        def deleting(method, path, *rest):
            asked.append(path)
            if len(asked) == 2:
                del linked.strava.activities[1000]
            return answer(method, path, *rest)

        linked.strava.answer = deleting
        assert {str(1001 + n) for n in range(8)} <= set(ids(linked.open().refs(None)))

    def test_since_reaches_back_a_month(self, linked):
        """A watch is synced late, a title set right later: FAILURES, "Edits not followed"."""
        linked.strava.add(*(run_at(1000 + n, days_ago(linked, 10 * n)) for n in range(9)))
        since = linked.strava.clock.now() - timedelta(days=1)
        assert OVERLAP == timedelta(days=30)
        assert ["1000", "1001", "1002", "1003"] == ids(linked.open().refs(since))
        assert 1 == linked.strava.count()

    def test_no_activity_is_no_error(self, linked):
        assert [] == list(linked.open().refs(None))

    def test_a_ref_has_the_local_day_in_its_name(self, linked):
        late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
        linked.strava.add(run_at(1000, late))
        (ref,) = linked.open().refs(None)
        assert ("strava", "strava-2026-03-05-1000.json", None) == (ref.source, ref.file_name, ref.size_bytes)

    @pytest.mark.parametrize(
        "body", [{}, [1], [{"id": None}], [{"id": "../x"}], [{"id": 5}], [{"id": 5, "start_date": "x"}]]
    )
    def test_a_list_that_is_none_is_for_later(self, linked, body):
        linked.strava._listed = lambda query, scope: body
        with pytest.raises(TryAgainLater):
            list(linked.open().refs(None))


class TestVersions:
    def test_the_same_activity_has_the_same_version(self, linked):
        linked.strava.add(run_at(1000, days_ago(linked, 5)))
        assert list(linked.open().refs(None)) == list(linked.open().refs(None))

    @pytest.mark.parametrize("edit", [{"name": "Hills"}, {"sport_type": "TrailRun"}, {"trainer": True}])
    def test_an_edit_is_seen_in_the_listing(self, linked, edit):
        linked.strava.add(run_at(1000, days_ago(linked, 5)))
        (before,) = linked.open().refs(None)
        linked.strava.activities[1000].detail.update(edit)
        (after,) = linked.open().refs(None)
        assert before.version != after.version

    def test_kudos_are_no_edit(self, linked):
        linked.strava.add(run_at(1000, days_ago(linked, 5)))
        (before,) = linked.open().refs(None)
        linked.strava.activities[1000].detail.update(kudos_count=50, comment_count=2, pr_count=1)
        (after,) = linked.open().refs(None)
        assert before == after

    def test_each_is_looked_at_once_more_two_days_later(self, linked):
        """The listing says nothing of a note, and "pain 2/10" is written the next morning."""
        linked.strava.add(run_at(1000, days_ago(linked, 0)))
        versions = []
        for _ in range(6):
            (ref,) = linked.open().refs(None)
            versions.append(ref.version)
            linked.strava.clock.now_utc += timedelta(days=1)
        assert LATER == timedelta(days=2)
        assert [versions[0]] * 2 + [f"{versions[0]}+"] * 4 == versions


class TestOneActivity:
    def test_detail_and_streams_are_one_document(self, linked):
        linked.strava.add(run_at(1000, days_ago(linked, 5), description="pain 2/10"))
        source = linked.open()
        (ref,) = source.refs(None)
        fetched = source.fetch(ref)
        (recording,) = decode(fetched.content, fetched.file_name).recordings
        assert ("strava_streams", 61, "pain 2/10") == (recording.format, len(recording.samples), recording.note)
        assert fetched.content == linked.open().fetch(ref).content

    def test_one_that_was_typed_in_costs_one_request(self, linked):
        linked.strava.add(by_hand(1000, days_ago(linked, 5), 1800, 5000.0))
        source = linked.open()
        (ref,) = source.refs(None)
        before = linked.strava.count()
        (recording,) = decode(source.fetch(ref).content, "x").recordings
        assert (0, 5000.0) == (len(recording.samples), recording.totals.distance_m)
        assert 1 == linked.strava.count() - before

    def test_one_without_streams_has_totals(self, linked):
        """Strava answers 404 for the streams of weights, or of a rowing machine."""
        activity = run_at(1000, days_ago(linked, 5), sport_type="WeightTraining")
        activity.streams.clear()
        linked.strava.add(activity)
        source = linked.open()
        (recording,) = decode(source.fetch(next(source.refs(None))).content, "x").recordings
        assert ("training", 0) == (recording.sport, len(recording.samples))

    def test_one_that_is_gone_is_skipped(self, linked):
        with pytest.raises(SkipRecording, match="gone from Strava"):
            linked.open().fetch(RefKey("strava", "999", "x"))

    def test_one_that_is_refused_is_skipped(self, linked):
        linked.strava.add(run_at(1000, days_ago(linked, 5)))
        linked.strava.fail("403", "/api/v3/activities/1000")
        with pytest.raises(SkipRecording, match="403"):
            linked.open().fetch(RefKey("strava", "1000", "x"))

    def test_another_activity_than_asked_for_is_not_taken(self, linked):
        linked.strava.add(run_at(1000, days_ago(linked, 5)))
        linked.strava.activities[2000] = linked.strava.activities[1000]
        with pytest.raises(TryAgainLater, match="another activity"):
            linked.open().fetch(RefKey("strava", "2000", "x"))

    @pytest.mark.parametrize("ref", ["", "0", "-1", "1/../2", "1?x=1", "x" * 99, "9" * 30, "\uff11\uff12\uff13"])
    def test_what_is_no_number_is_not_asked_for(self, linked, ref):
        with pytest.raises(SkipRecording):
            linked.open().fetch(RefKey("strava", ref, "x"))
        assert 0 == linked.strava.count()


class TestStatus:
    def test_not_linked_says_what_to_do(self, linked):
        linked.secrets.values = None
        status = linked.open().status()
        assert (False, "run `gaitkeeper connect strava`") == (status.is_linked, status.what_to_do)
        with pytest.raises(NeedsAttention, match="gaitkeeper connect strava"):
            list(linked.open().refs(None))

    def test_linked_says_to_whom_and_asks_nobody(self, linked):
        status = linked.open().status()
        assert (True, "linked to Ida Fictional (90210001)", None) == (
            status.is_linked,
            status.message,
            status.what_to_do,
        )
        assert [] == linked.strava.requests

    def test_damaged_tokens_are_told(self, linked):
        def damaged():
            raise NeedsAttention("strava-me.json is damaged.")

        linked.secrets.read = damaged
        status = linked.open().status()
        assert (False, "strava-me.json is damaged.") == (status.is_linked, status.message)

    def test_a_box_that_was_not_ticked_is_told(self):
        with linked_strava("read,activity:read") as linked:
            linked.strava.add(run_at(1, days_ago(linked, 1)), run_at(2, days_ago(linked, 2), visibility="only_me"))
            assert ["1"] == ids(linked.open().refs(None))
            status = linked.open().status()
        assert "not ticked" in status.message
        assert "tick it" in status.what_to_do

    def test_what_is_left_and_until_when(self):
        """Between two nights: so many are still to come, and Strava may be asked again then."""
        with linked_strava(quarter=(200, 100), day=(2000, 8)) as linked:
            linked.strava.add(*(run_at(1000 + n, days_ago(linked, n)) for n in range(10)))
            source = linked.open()
            refs = list(source.refs(None))
            assert 10 == linked.open().status().backlog_count
            done = fetch_all(source, refs)
            status = linked.open().status()
            assert (2, 8) == (done, status.backlog_count)
            assert "2026-04-13 00:00" == f"{status.free_again_utc:%Y-%m-%d %H:%M}"
            assert "next nights" in status.what_to_do
            for _ in range(5):
                linked.strava.clock.now_utc += timedelta(days=1)
                fetch_all(linked.open(), refs[-linked.open().status().backlog_count or 10 :])
            assert (0, None) == (linked.open().status().backlog_count, linked.open().status().what_to_do)
            assert 0 == linked.strava.past_limit

    def test_a_trouble_is_told_until_it_is_over(self, linked):
        linked.strava.fail("inactive")
        with pytest.raises(NeedsAttention):
            list(linked.open().refs(None))
        status = linked.open().status()
        assert "linked to Ida Fictional (90210001), but turned away at the last try" == status.message
        assert "subscription" in status.what_to_do
        assert list(linked.open().refs(None)) == []
        assert ("linked to Ida Fictional (90210001)", None) == (
            linked.open().status().message,
            linked.open().status().what_to_do,
        )

    def test_a_limit_that_stands_against_us_says_that_there_is_nothing_to_do(self, linked):
        """Refused before anything was listed: no backlog is known, and doctor still says what to do."""
        linked.strava.fail("429 bare", times=9)
        with pytest.raises(TryAgainLater):
            list(linked.open().refs(None))
        status = linked.open().status()
        assert (None, "nothing: the next nights bring it in") == (status.backlog_count, status.what_to_do)
        assert status.free_again_utc is not None


def fetch_all(source, refs) -> int:
    """Fetch until Strava asks us to wait; return how many came."""
    for done, ref in enumerate(refs):
        try:
            source.fetch(ref)
        except TryAgainLater:
            return done
    return len(refs)
