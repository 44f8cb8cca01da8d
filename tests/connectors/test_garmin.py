"""A Garmin account as a source, over real sockets: once in plain HTTP, and with the library where it is installed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.decode import decode
from connectors.garmin import OVERLAP, PAGE_LINES, PAUSE_S, GarminSource, why_not_here
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.model import RefKey
from support.garmin_home import NOW, WEBS, Given, Linked, needs_library
from support.garmin_server import DOWNLOAD, LIST, GarminServer, original
from support.garmin_summary import SUMMARY
from support.gpx_file import gpx_run, tcx_run
from support.small_log import as_fit
from support.synthetic_run import SyntheticRun, easy

FIT = as_fit(SyntheticRun((easy(60),)))
GPX = gpx_run(5).encode()


@pytest.fixture(params=WEBS)
def linked(request):
    with GarminServer() as server:
        yield Linked(server, request.param)


@needs_library
def test_all_of_this_holds_with_the_library_too():
    """Where it is installed, every test above and below runs a second time with it."""
    assert ("plain", "library") == WEBS


class TestListing:
    def test_every_activity_is_listed_once_in_the_order_of_ids(self, linked):
        """The list comes newest first, in pages; refs come in a stable order."""
        ids = [linked.server.add(FIT) for _ in range(5)]
        linked.server.page_cap = 2
        refs = linked.refs()
        assert [str(one) for one in ids] == [ref.ref for ref in refs]
        assert refs == linked.refs()
        assert RefKey("garmin", str(ids[0]), f"{ids[0]}.fit", None, refs[0].version) == refs[0]

    def test_more_than_a_page_is_read_whole(self, linked):
        for number in range(PAGE_LINES + 30):
            linked.server.add(None, activityId=1000 + number)
        assert PAGE_LINES + 30 == len(linked.refs())

    def test_an_account_without_activities_lists_nothing(self, linked):
        assert [] == linked.refs()
        assert 1 == linked.server.count(LIST)

    def test_one_activity_takes_one_request(self, linked):
        linked.server.add(FIT)
        assert 1 == len(linked.refs())
        assert 1 == linked.server.count(LIST)

    def test_since_asks_for_the_days_before_it_too(self, linked):
        """A watch that was not synchronised for weeks brings old runs: the list can only be cut by the run's day."""
        old = linked.server.add(FIT, startTimeLocal="2026-01-01 08:00:00")
        late = linked.server.add(FIT, startTimeLocal="2026-03-25 08:00:00")
        assert [str(late)] == [ref.ref for ref in linked.refs(NOW - timedelta(days=1))]
        assert (NOW - timedelta(days=1) - OVERLAP).date().isoformat() == linked.server.asked[-1][2]["startDate"]
        assert [str(old), str(late)] == [ref.ref for ref in linked.refs()]
        assert "startDate" not in linked.server.asked[-1][2]

    @pytest.mark.parametrize(
        "edit",
        [
            {"activityType": {"typeId": 18, "typeKey": "treadmill_running"}},
            {"distance": 3100.0},
            {"startTimeGMT": "2026-04-10 06:00:01"},
            {"directWorkoutRpe": 60},
            {"elapsedDuration": 1011.0},
        ],
    )
    def test_an_edit_shows_in_the_version_without_a_fetch(self, linked, edit):
        linked.server.add(FIT)
        (before,) = linked.refs()
        linked.server.activities[0] |= edit
        (after,) = linked.refs()
        assert before.ref == after.ref
        assert before.version != after.version
        assert 0 == linked.server.count(DOWNLOAD)

    def test_likes_and_names_are_no_edit(self, linked):
        """The original holds neither: a new name would fetch the same bytes again."""
        linked.server.add(FIT)
        (before,) = linked.refs()
        linked.server.activities[0] |= {"activityName": "Tempo!", "numberOfActivityLikes": 12, "privacy": None}
        assert [before] == linked.refs()

    def test_the_legs_of_a_multisport_activity_are_in_their_parents_file(self, linked):
        parent = linked.server.add(FIT, parent=True)
        linked.server.add(FIT, parentId=parent)
        orphan = linked.server.add(FIT, parentId=999)
        assert [str(parent), str(orphan)] == [ref.ref for ref in linked.refs()]

    def test_what_is_added_while_it_is_read_costs_nothing(self, linked):
        """The list grows at its front and shifts: without a look at the seam a line would be read twice or never."""
        linked.server.page_cap = 2
        for _ in range(5):
            linked.server.add(FIT)
        linked.server.on_list = lambda: linked.server.add(FIT) if linked.server.count(LIST) == 2 else None
        assert 6 == len(linked.refs())

    def test_what_is_deleted_while_it_is_read_hides_nothing(self, linked):
        linked.server.page_cap = 2
        ids = [linked.server.add(FIT) for _ in range(5)]
        linked.server.on_list = lambda: linked.server.activities.pop(0) if linked.server.count(LIST) == 2 else None
        assert [str(one) for one in ids[:-1]] == [ref.ref for ref in linked.refs()]

    def test_a_list_that_never_stands_still_is_left_to_the_next_night(self, linked):
        linked.server.page_cap = 2
        for _ in range(4):
            linked.server.add(FIT)
        linked.server.on_list = lambda: linked.server.add(FIT)
        with pytest.raises(TryAgainLater, match="changes while it is read"):
            linked.refs()

    def test_a_server_that_ignores_where_we_are_is_not_read_for_ever(self, linked):
        for _ in range(3):
            linked.server.add(FIT)
        linked.server.on_list = lambda: linked.server.asked[-1][2].update(start="0")
        with pytest.raises(TryAgainLater, match="changes while it is read"):
            linked.refs()

    def test_requests_are_made_at_a_walking_pace(self, linked):
        linked.server.page_cap = 2
        for _ in range(3):
            linked.server.add(FIT)
        refs = linked.refs()
        linked.source.fetch(refs[0])
        assert {PAUSE_S} == set(linked.given.slept_s)
        assert len(linked.server.asked) - 1 <= len(linked.given.slept_s)

    def test_every_field_of_the_real_list_is_read_or_left_out_by_name(self, linked):
        linked.server.add(FIT)
        linked.refs()
        assert [] == linked.given.memory.values["unmapped_fields"]

    def test_a_new_field_is_told_once_and_hurts_nothing(self, linked, monkeypatch):
        monkeypatch.setattr("connectors.garmin.why_not_here", lambda: None)
        linked.server.add(FIT, painRating=3)
        linked.server.add(FIT, painRating=2)
        assert 2 == len(linked.refs())
        assert ["painRating"] == linked.given.memory.values["unmapped_fields"]
        assert linked.source.status().message.endswith("fields of Garmin's list that nobody here reads: painRating")

    @pytest.mark.parametrize("fault", ["wrong JSON", "torn JSON", "page"])
    def test_an_answer_that_is_no_list_is_left_to_the_next_night(self, linked, fault):
        linked.server.add(FIT)
        linked.server.dial(LIST, fault)
        with pytest.raises(
            TryAgainLater, match=r"not the one that this version of garminconnect knows.*update the library"
        ):
            linked.refs()
        assert 1 == len(linked.refs())

    @pytest.mark.parametrize(
        "line", [{}, {"activityId": None}, {"activityId": "../x"}, {"activityId": True}, "text", None]
    )
    def test_a_line_without_an_id_is_no_answer(self, linked, line):
        """Nothing of what a server says may become part of an address."""
        linked.server.activities = [{**SUMMARY, "activityId": None, **line} if isinstance(line, dict) else line]
        linked.server.is_list_plain = True
        with pytest.raises(TryAgainLater):
            linked.refs()


class TestFetching:
    def fetched(self, linked, content, **fields):
        linked.server.add(None, **{"manualActivity": False, **fields})
        (ref,) = linked.refs()
        linked.server.originals[int(ref.ref)] = content
        return linked.source.fetch(ref)

    def test_the_original_comes_out_of_its_zip(self, linked):
        linked.server.add(FIT)
        (ref,) = linked.refs()
        found = linked.source.fetch(ref)
        assert (FIT, f"{ref.ref}_ACTIVITY.fit", ref.ref, None) == (
            found.content,
            found.file_name,
            found.source_ref,
            found.modified_utc,
        )
        assert 1 == len(decode(found.content, found.file_name).recordings)

    @pytest.mark.parametrize(("name", "content"), [("a.gpx", GPX), ("a.tcx", tcx_run(5).encode())])
    def test_an_original_may_be_another_kind(self, linked, name, content):
        """What was uploaded as GPX or TCX is kept so (moderation/garmin-connect-export#3)."""
        found = self.fetched(linked, original({name: content}))
        assert (content, name) == (found.content, found.file_name)

    def test_an_original_that_is_not_packed_is_taken_as_it_is(self, linked):
        assert FIT == self.fetched(linked, FIT).content

    def test_several_fit_files_become_one_of_several_parts(self, linked):
        other = as_fit(SyntheticRun((easy(90),), start_utc=NOW))
        found = self.fetched(linked, original({"2.fit": other, "1.fit": FIT, "readme.txt": b"x"}))
        assert [60, 90] == [round(one.samples.t_s[-1]) for one in decode(found.content, found.file_name).recordings]

    def test_several_others_are_told_by_name(self, linked):
        with pytest.raises(SkipRecording, match="holds 2 gpx files"):
            self.fetched(linked, original({"1.gpx": GPX, "2.gpx": GPX}))

    def test_an_original_without_an_activity_is_told(self, linked):
        with pytest.raises(SkipRecording, match=r"no activity file but a\.gcx"):
            self.fetched(linked, original({"a.gcx": b"golf"}))

    @pytest.mark.parametrize("content", [b"", original({})])
    def test_an_activity_entered_by_hand_has_no_original(self, linked, content):
        with pytest.raises(SkipRecording, match="entered by hand"):
            self.fetched(linked, content)

    def test_what_the_list_says_was_entered_by_hand_is_never_asked_for(self, linked):
        """Hundreds of treadmill runs would be asked for every week, a second each, and six in a row look like a block."""
        for _ in range(6):
            linked.server.add(None)
        refs = linked.refs()
        for ref in refs:
            with pytest.raises(SkipRecording, match="entered by hand"):
                linked.source.fetch(ref)
        assert (6, 0) == (len(refs), linked.server.count(DOWNLOAD))

    def test_one_that_was_deleted_meanwhile_is_skipped(self, linked):
        linked.server.add(None, manualActivity=False)
        (ref,) = linked.refs()
        with pytest.raises(SkipRecording, match=r"no longer has it \(HTTP 404\)"):
            linked.source.fetch(ref)

    @pytest.mark.parametrize("spoil", [lambda zipped: zipped[:-30], lambda zipped: zipped[: len(zipped) // 2]])
    def test_a_cut_original_never_becomes_a_session(self, linked, spoil):
        """Half a file is asked for again, not kept."""
        with pytest.raises(TryAgainLater, match="came incomplete"):
            self.fetched(linked, spoil(original({"1.fit": FIT})))

    def test_an_answer_cut_on_the_wire_is_asked_for_again(self, linked):
        linked.server.add(FIT)
        (ref,) = linked.refs()
        linked.server.dial(DOWNLOAD, "cut", "hang up")
        assert FIT == linked.source.fetch(ref).content

    def test_a_bomb_is_refused(self, linked):
        with pytest.raises(SkipRecording, match="refused"):
            self.fetched(linked, original({"1.fit": bytes(20 * 2**20)}))

    def test_a_login_page_in_its_place_is_no_file(self, linked):
        linked.server.add(FIT)
        (ref,) = linked.refs()
        linked.server.dial(DOWNLOAD, "page")
        with pytest.raises(TryAgainLater, match="a web page in place of the original"):
            linked.source.fetch(ref)

    def test_one_original_that_is_withheld_is_skipped(self, linked):
        """Garmin refuses single broken originals with 403 (moderation/garmin-connect-export#5)."""
        linked.server.add(FIT)
        (ref,) = linked.refs()
        linked.server.dial(DOWNLOAD, "403")
        with pytest.raises(SkipRecording, match=r"does not hand it over \(HTTP 403\)"):
            linked.source.fetch(ref)
        assert FIT == linked.source.fetch(ref).content

    def test_originals_that_are_all_withheld_are_a_block(self, linked):
        for _ in range(6):
            linked.server.add(FIT)
        refs = linked.refs()
        linked.server.dial(DOWNLOAD, *["403"] * 6)
        source = linked.source
        for ref in refs[:4]:
            with pytest.raises(SkipRecording):
                source.fetch(ref)
        with pytest.raises(TryAgainLater, match="turned this one away"):
            source.fetch(refs[4])

    @pytest.mark.parametrize("text", ["", "0", "1/../2", "٣", "a", "1?x", "-1"])
    def test_what_is_no_id_is_never_asked_for(self, linked, text):
        with pytest.raises(SkipRecording, match="no activity of a Garmin account"):
            linked.source.fetch(RefKey("garmin", text, "x"))
        assert [] == linked.server.asked


class TestStatus:
    def test_it_tells_whom_it_is_linked_to_and_asks_nobody(self, linked, monkeypatch):
        monkeypatch.setattr("connectors.garmin.why_not_here", lambda: None)
        status = linked.source.status()
        assert (True, "linked to runner", None) == (status.is_linked, status.message, status.free_again_utc)
        assert [] == linked.server.asked

    def test_without_a_link_it_says_how_to_get_one(self, monkeypatch):
        monkeypatch.setattr("connectors.garmin.why_not_here", lambda: None)
        status = GarminSource(Given().setup()).status()
        assert (False, "Run `gaitkeeper connect garmin`.") == (status.is_linked, status.what_to_do)

    def test_without_the_library_it_names_the_python_and_the_file_ways(self, monkeypatch):
        monkeypatch.setattr("connectors.garmin.find_spec", lambda _: None)
        source = GarminSource.open(Given().setup())
        assert "Python 3.12" in source.status().what_to_do
        with pytest.raises(NeedsAttention, match=r"Python 3\.12 or newer.*`gaitkeeper import`"):
            source.refs(None)
        assert "gaitkeeper[garmin]" in why_not_here()
