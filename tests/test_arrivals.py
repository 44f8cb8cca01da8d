"""What stands of all that arrived: edits supersede, deletions withdraw, nothing is ever lost from the archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Fetched, SourceStatus
from connectors.folder import FolderSource
from flows.report import write_reports
from flows.upstream import since_of, withdraw_missing
from flows.work import import_source, rebuild
from gaitkeeper.commands.demo import example_folder
from gaitkeeper.commands.home import make_home
from pipeline.archive import Archive, Received
from pipeline.arrivals import Arrivals
from pipeline.errors import NeedsAttention, SkipRecording, TryAgainLater
from pipeline.lines import append_lines
from pipeline.model import RefKey
from pipeline.settings import Home, local_today
from pipeline.warehouse.connection import reading, rows

NOW_UTC = datetime(2026, 4, 12, 18, 0, tzinfo=UTC)
RUNS = sorted((example_folder() / "watch").glob("*.fit"))


def received(**changed: object) -> Received:
    fields = {
        "runner_id": "me", "source": "garmin", "source_ref": "1", "file_name": "1.fit", "content_sha256": "aa",
        "size_bytes": 3, "received_utc": NOW_UTC, "version": "v1",
    }  # fmt: skip
    return Received(**{**fields, **changed})


def standing(*lines: Received) -> list[tuple[str, str | None, str | None]]:
    return [(one.source_ref, one.content_sha256, one.refusal) for one in Arrivals.of(lines).standing]


class TestTheList:
    def test_a_file_that_was_written_down_twice_counts_once(self):
        """A crash after the list and before the warehouse: the first instant is kept."""
        first = received(version=None)
        later = received(version=None, received_utc=NOW_UTC + timedelta(days=1))
        assert [first] == Arrivals.of([first, later]).standing

    @pytest.mark.parametrize("is_file_first", [True, False])
    def test_the_same_bytes_from_a_folder_and_an_account_stand_once_as_they_came_first(self, is_file_first):
        """Else a rebuild would give the recording another source than the night did, and with it another sharing rule."""
        file, account = received(version=None, source="folder", source_ref="a.fit"), received()
        lines = [file, account] if is_file_first else [account, file]
        assert lines[:1] == Arrivals.of(lines).standing
        gone = received(is_withdrawn=True)
        assert [file] == Arrivals.of([*lines, gone]).standing
        assert set() == Arrivals.of([*lines, gone]).superseded

    def test_the_same_bytes_of_two_runners_stand_for_each(self):
        lines = [received(), received(runner_id="you", source="folder", version=None)]
        assert lines == sorted(Arrivals.of(lines).standing, key=lines.index)

    def test_both_contents_of_one_path_stand(self):
        """A folder's file has no identity but its content: last.fit is another run every day."""
        assert [("1", "aa", None), ("1", "bb", None)] == standing(
            received(version=None), received(version=None, content_sha256="bb")
        )

    def test_the_last_version_of_an_activity_stands(self):
        """The old bytes are superseded, not gone."""
        lines = [received(), received(version="v2", content_sha256="bb")]
        assert [("1", "bb", None)] == standing(*lines)
        assert {("me", "aa")} == Arrivals.of(lines).superseded

    def test_an_edit_that_was_taken_back_brings_the_old_bytes_back(self):
        """Lines count in their order, not by their content."""
        lines = [received(), received(version="v2", content_sha256="bb"), received(version="v3")]
        assert [("1", "aa", None)] == standing(*lines)
        assert {("me", "bb")} == Arrivals.of(lines).superseded

    def test_a_clock_that_jumped_back_changes_no_order(self):
        """The later line wins whatever its instant says."""
        early = NOW_UTC - timedelta(days=400)
        assert [("1", "bb", None)] == standing(
            received(), received(version="v2", content_sha256="bb", received_utc=early)
        )

    def test_a_deleted_activity_no_longer_stands(self):
        """Its content is superseded, unless another thing holds the same bytes."""
        gone = received(is_withdrawn=True)
        assert {("me", "aa")} == Arrivals.of([received(), gone]).superseded
        kept = Arrivals.of([received(), received(source="folder", version=None, source_ref="a.fit"), gone])
        assert set() == kept.superseded
        assert [gone] == kept.withdrawn

    def test_a_refused_edit_leaves_the_old_version_standing(self):
        """And the refusal is told until a later version answers it."""
        refused = received(version="v2", content_sha256=None, refusal="cut short")
        assert [("1", None, "cut short"), ("1", "aa", None)] == standing(received(), refused)
        assert [("1", "bb", None)] == standing(received(), refused, received(version="v3", content_sha256="bb"))

    def test_only_the_very_version_is_known(self):
        """What was edited, refused or deleted is asked for again."""
        arrivals = Arrivals.of([received(), received(source_ref="2"), received(source_ref="2", is_withdrawn=True)])
        asked = [("1", "v1"), ("1", "v2"), ("1", None), ("2", "v1"), ("3", "v1")]
        assert [True, False, False, False, False] == [arrivals.knows("me", "garmin", *one) for one in asked]


class Account:
    """An account of a few activities that people edit and delete, and that fails as it is told."""

    name = "garmin"

    def __init__(self, **activities: bytes) -> None:
        self.held = {key: (content, "v1") for key, content in activities.items()}
        self.fetched: list[str] = []
        self.fails_at: dict[str, Exception] = {}

    @classmethod
    def open(cls, setup):
        raise AssertionError(setup)

    def status(self) -> SourceStatus:
        return SourceStatus(is_linked=True, message="a test's account")

    def refs(self, since):
        del since
        return iter([RefKey("garmin", key, f"{key}.fit", None, version) for key, (_, version) in self.held.items()])

    def fetch(self, ref):
        if ref.ref in self.fails_at:
            raise self.fails_at[ref.ref]
        self.fetched.append(ref.ref)
        return Fetched(self.held[ref.ref][0], ref.file_name, ref.ref, None)


@pytest.fixture
def home(tmp_path) -> Home:
    fresh = Home(tmp_path / "home")
    make_home(fresh, "me", "Europe/Madrid")
    return fresh


def run(number: int) -> bytes:
    return RUNS[number].read_bytes()


def found(home: Home, query: str) -> list[tuple[object, ...]]:
    with reading(home, NOW_UTC, local_today(NOW_UTC, "UTC")) as connection:
        return [tuple(row.values()) for row in rows(connection, query)]


def sessions(home: Home) -> list[tuple[object, ...]]:
    return found(home, "select session_date::varchar, round(distance_m) from measured_session order by all")


class TestAnAccount:
    def test_a_known_version_is_not_fetched_again(self, home):
        """The second night asks for the list alone."""
        account = Account(a=run(0), b=run(1))
        import_source(home, "me", account, NOW_UTC)
        again = import_source(home, "me", account, NOW_UTC)
        assert (["a", "b"], 2, 0) == (account.fetched, again.duplicate_count, again.new_count)

    def test_an_edited_activity_supersedes_the_one_before(self, home):
        """One session, of the new bytes; the old ones stay in the archive; a rebuild says the same."""
        account = Account(a=run(0), b=run(1))
        import_source(home, "me", account, NOW_UTC)
        account.held["a"] = (run(2), "v2")
        outcome = import_source(home, "me", account, NOW_UTC)
        after = sessions(home)
        assert (1, 2) == (outcome.new_count, len(after))
        assert [("a", "v2"), ("b", "v1")] == sorted((key, version) for key, (_, version) in account.held.items())
        assert run(0) == Archive(home).get(Archive(home).received()[0].content_sha256)
        rebuild(home, NOW_UTC)
        assert after == sessions(home)

    def test_a_new_word_without_new_bytes_is_not_asked_for_every_night(self, home):
        """A changed title makes a new version; the file is the same."""
        account = Account(a=run(0))
        import_source(home, "me", account, NOW_UTC)
        account.held["a"] = (run(0), "v2")
        import_source(home, "me", account, NOW_UTC)
        import_source(home, "me", account, NOW_UTC)
        assert (["a", "a"], 1) == (account.fetched, len(sessions(home)))

    def test_the_written_week_does_not_go_on_telling_of_a_deleted_run(self, home):
        """The newest week had one run, and has none: its file is written again, and says what was deleted."""
        account = Account(a=run(0), b=run(-1))
        import_source(home, "me", account, NOW_UTC)
        (week,) = [path for path in write_reports(home, NOW_UTC) if path.name.startswith("week-")]
        assert "1 run," in week.read_text("utf-8")
        del account.held["b"]
        import_source(home, "me", account, NOW_UTC)
        weeks = [path for path in write_reports(home, NOW_UTC) if path.name.startswith("week-")]
        assert (2, week) == (len(weeks), weeks[-1])
        assert "No run in this week." in week.read_text("utf-8")
        assert "b.fit was deleted from garmin" in week.read_text("utf-8")

    def test_a_deleted_activity_is_withdrawn_and_told(self, home):
        """Its session is gone, the relation says which it was, also after a rebuild."""
        account = Account(a=run(0), b=run(1))
        import_source(home, "me", account, NOW_UTC)
        kept = found(home, "select session_date::varchar from measured_session order by start_utc")[1:]
        del account.held["a"]
        outcome = import_source(home, "me", account, NOW_UTC)
        told = "select source, source_ref, session_date::varchar, withdrawn_utc from withdrawal"
        before = found(home, told)
        assert (1, kept) == (outcome.withdrawn_count, [row[:1] for row in sessions(home)])
        assert [("garmin", "a")] == [row[:2] for row in before]
        assert None is not before[0][2]
        rebuild(home, NOW_UTC)
        assert (before, kept) == (found(home, told), [row[:1] for row in sessions(home)])

    def test_an_activity_that_comes_back_counts_again(self, home):
        """Deleted by mistake and put back: no longer told as gone."""
        account = Account(a=run(0), b=run(1))
        import_source(home, "me", account, NOW_UTC)
        before = sessions(home)
        held = account.held.pop("a")
        import_source(home, "me", account, NOW_UTC)
        account.held["a"] = held
        import_source(home, "me", account, NOW_UTC)
        assert (before, []) == (sessions(home), found(home, "from withdrawal"))

    def test_the_files_copy_of_a_deleted_activity_stays(self, home):
        """The runner deleted it from the account; the file in the folder still says that it was run."""
        account, archive = Account(a=run(0), b=run(1)), Archive(home)
        import_source(home, "me", account, NOW_UTC)
        before = sessions(home)
        archive.note([received(source="folder", source_ref="a.fit", content_sha256=archive.put(run(0)), version=None)])
        del account.held["a"]
        import_source(home, "me", account, NOW_UTC)
        assert before == sessions(home)

    def test_a_file_that_came_after_the_accounts_copy_stays_when_that_is_deleted(self, home, tmp_path):
        """The same bytes count once, and are remembered twice; from then on they are the folder's."""
        account, folder = Account(a=run(0), b=run(1)), tmp_path / "watch"
        folder.mkdir()
        (folder / "a.fit").write_bytes(run(0))
        import_source(home, "me", account, NOW_UTC)
        assert 1 == import_source(home, "me", FolderSource(folder), NOW_UTC).duplicate_count
        written = len(Archive(home).received())
        import_source(home, "me", FolderSource(folder), NOW_UTC)
        assert written == len(Archive(home).received())  # no line more a night
        before = sessions(home)
        del account.held["a"]
        import_source(home, "me", account, NOW_UTC)
        sources = found(home, "select source from recording order by source")
        assert (before, [("folder",), ("garmin",)]) == (sessions(home), sources)
        rebuild(home, NOW_UTC)
        assert (before, sources) == (sessions(home), found(home, "select source from recording order by source"))

    def test_many_that_are_gone_at_once_are_asked_about_first(self, home):
        """An empty list is rather a fault than a wish: nothing is taken out until somebody says so."""
        account = Account(**{f"a{number}": run(number) for number in range(7)})
        import_source(home, "me", account, NOW_UTC)
        before = sessions(home)
        account.held.clear()
        outcome = import_source(home, "me", account, NOW_UTC)
        assert "--accept-deletions" in outcome.message
        assert before == sessions(home)
        confirmed = withdraw_missing(home, "me", "garmin", [], NOW_UTC, is_confirmed=True)
        assert (7, []) == (confirmed.withdrawn_count, sessions(home))

    @pytest.mark.parametrize(
        "failure", [TryAgainLater("garmin", "busy"), NeedsAttention("The link was taken back. Link it again.")]
    )
    def test_what_came_before_a_failure_is_kept(self, home, failure):
        """And the next night asks for the rest alone."""
        account = Account(a=run(0), b=run(1), c=run(2))
        account.fails_at["b"] = failure
        with pytest.raises(type(failure)):
            import_source(home, "me", account, NOW_UTC)
        assert 1 == len(sessions(home))
        account.fails_at.clear()
        import_source(home, "me", account, NOW_UTC)
        assert (["a", "b", "c"], 3) == (account.fetched, len(sessions(home)))

    def test_one_that_cannot_be_had_is_told_until_it_can(self, home):
        """In the quarantine with its reason, and asked for again each night."""
        account = Account(a=run(0), b=run(1))
        account.fails_at["a"] = SkipRecording("its download is empty")
        import_source(home, "me", account, NOW_UTC)
        reasons = "select source_ref, reason from quarantine"
        assert [("a", "its download is empty")] == found(home, reasons)
        account.fails_at.clear()
        import_source(home, "me", account, NOW_UTC)
        assert ([], 2) == (found(home, reasons), len(sessions(home)))


class TestSince:
    """How far back a night looks."""

    def noted(self, home: Home, days_ago: int, state: str, *, is_whole: bool) -> None:
        when = (NOW_UTC - timedelta(days=days_ago)).isoformat()
        line = {"runner_id": "me", "source": "strava", "state": state, "started_utc": when, "is_whole": is_whole}
        append_lines(home.sync_run_file, [line])

    def test_the_first_night_lists_everything(self, home):
        assert since_of(home, "me", "strava", NOW_UTC) is None

    def test_a_night_goes_on_from_the_last_success(self, home):
        """What failed since then is listed again."""
        self.noted(home, 3, "success", is_whole=True)
        self.noted(home, 2, "success", is_whole=False)
        self.noted(home, 1, "failed", is_whole=False)
        assert NOW_UTC - timedelta(days=2) == since_of(home, "me", "strava", NOW_UTC)

    def test_once_a_week_everything_is_listed(self, home):
        """Else a deletion would never be seen."""
        self.noted(home, 7, "success", is_whole=True)
        self.noted(home, 1, "success", is_whole=False)
        assert since_of(home, "me", "strava", NOW_UTC) is None

    def test_a_clock_that_jumped_back_lists_everything(self, home):
        """A success in the future says nothing about tonight."""
        self.noted(home, -2, "success", is_whole=True)
        assert since_of(home, "me", "strava", NOW_UTC) is None
