"""The home and its config.toml: private, strict, and told in sentences."""

from __future__ import annotations

import pytest

from pipeline.config import Config, SourceConfig
from pipeline.errors import BadConfig, NeedsAttention
from pipeline.settings import Home, local_today, machine_time_zone

GOOD = 'time_zone = "Europe/Berlin"\nprotocol = "return_to_run_hip"\n'


def with_config(home: Home, text: str) -> Home:
    home.config_file.write_text(text, "utf-8")
    return home


def test_a_new_home_is_private_and_has_its_files(tmp_path):
    """Folders for the owner alone, and lists of truth that exist though they are empty."""
    home = Home(tmp_path / "deep" / "home")
    home.create(time_zone="Europe/Berlin")
    assert 0o700 == home.path.stat().st_mode & 0o777
    assert [0o600] * 4 == [
        file.stat().st_mode & 0o777
        for file in (home.journal_file, home.received_file, home.sync_run_file, home.config_file)
    ]
    assert Config("Europe/Berlin", "return_to_run_hip", ()) == home.config()


def test_making_it_again_changes_nothing(home):
    """`init` twice is `init` once."""
    with_config(home, GOOD)
    home.journal_file.write_text("said\n")
    home.create(time_zone="Asia/Tokyo")
    assert ("Europe/Berlin", "said\n") == (home.config().time_zone, home.journal_file.read_text())


def test_an_unknown_zone_makes_no_home(tmp_path):
    """Nothing is left behind."""
    with pytest.raises(NeedsAttention, match="'Mars' is no time zone"):
        Home(tmp_path / "home").create(time_zone="Mars")
    assert not (tmp_path / "home").exists()


def test_sources_are_read_with_paths_from_the_home(home, tmp_path):
    """A relative path is below the home, ~ is the user's; the runner has a default."""
    config = with_config(
        home,
        GOOD + '[[source]]\nkind = "folder"\npath = "inbox"\n[[source]]\nkind = "folder"\npath = "/x"\nrunner = "b"\n',
    ).config()
    assert (
        SourceConfig("folder", home.path / "inbox", "me", may_reach_clinician=True),
        SourceConfig("folder", home.path / "/x", "b", may_reach_clinician=True),
    ) == config.sources


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('protocol = "x"', "time_zone"),
        ('time_zone = 1\nprotocol = "x"', "time_zone"),
        ('time_zone = "UTC"', "protocol"),
        ('time_zone = "UTC"\nprotocol = " "', "protocol"),
        (GOOD + "colour = 1", "colour"),
        (GOOD + 'source = "x"', "source"),
        (GOOD + '[[source]]\npath = "x"', "source.kind"),
        (GOOD + '[[source]]\nkind = "folder"', "source.path"),
        (GOOD + '[[source]]\nkind = "ftp"\npath = "x"', "source.kind"),
        (GOOD + '[[source]]\nkind = "folder"\npath = "x"\npaths = 1', "source.paths"),
        (GOOD + '[[source]]\nkind = "strava"\npath = "x"', "source.path"),
        (GOOD + '[[source]]\nkind = "strava"\nclinician = 1', "source.clinician"),
        (GOOD + '[night]\nat = "25:00"', "night.at"),
        (GOOD + '[night]\nweekly = "Monday"', "night.weekly"),
        (GOOD + "[night]\nred_flag_minutes = true", "night.red_flag_minutes"),
        (GOOD + "night = 1", "night"),
        (GOOD + '[[delivery]]\nwhat = "week"', "delivery.what"),
        (GOOD + '[[delivery]]\nwhat = ["month"]', "delivery.what"),
        (GOOD + '[[delivery]]\nwhat = ["week"]\nto = "boss"', "delivery.to"),
        (GOOD + '[[delivery]]\nwhat = ["week"]\nto = "runner"\nby = "email"', "delivery.address"),
        (
            GOOD + '[[delivery]]\nwhat = ["week"]\nto = "runner"\nby = "email"\naddress = "a@b.c, d@e.f"',
            "delivery.address",
        ),
        (GOOD + '[[delivery]]\nwhat = ["week"]\nto = "runner"\nby = "email"\naddress = "a@b.c"', "mail"),
        (
            GOOD + '[[delivery]]\nwhat = ["week"]\nto = "runner"\nby = "webhook"\naddress = "http://x.org"',
            "delivery.address",
        ),
        (GOOD + '[[delivery]]\nwhat = ["week"]\nto = "runner"\nby = "stdout"\naddress = "x"', "delivery.address"),
        (GOOD + '[mail]\nhost = "x.org"\nsecurity = "none"\nsender = "a@b.c"', "mail.security"),
        (GOOD + '[mail]\nhost = "x.org"', "mail.sender"),
        (GOOD + "[web]\nport = 0", "web.port"),
    ],
)
def test_a_config_with_a_mistake_names_the_key(home, text, key):
    """File, key, what stands there, what would be right."""
    with pytest.raises(BadConfig) as told:
        with_config(home, text).config()
    assert (str(home.config_file), key) == (told.value.path, told.value.key)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    "text", ["time_zone = UTC", "\x00", "[[source]", "a = 1\na = 2"], ids=["quotes", "zero", "bracket", "twice"]
)
def test_a_config_that_is_no_toml_is_told(home, text):
    """With the line."""
    with pytest.raises(NeedsAttention, match="not valid TOML"):
        with_config(home, text).config()


@pytest.mark.parametrize(
    "text", [GOOD + "source = [1]", GOOD + 'source = ["x"]', "x = " + "[" * 50_000, "x = 1" + "0" * 10_000]
)
def test_odd_toml_is_told_too(home, text):
    """Whatever stands there, only a sentence comes out."""
    with pytest.raises(NeedsAttention):
        with_config(home, text).config()


def test_without_a_home_every_question_says_how_to_make_one(tmp_path):
    """`require` and `config` alike."""
    for ask in (Home(tmp_path / "none").require, Home(tmp_path / "none").config):
        with pytest.raises(NeedsAttention, match="gaitkeeper init"):
            ask()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", ":America/New_York"])
def test_the_machines_zone_is_read_from_tz(monkeypatch, zone):
    """TZ wins over /etc/localtime."""
    monkeypatch.setenv("TZ", zone)
    assert zone.lstrip(":") == machine_time_zone()


def test_a_tz_that_is_no_zone_is_passed_over(monkeypatch):
    """POSIX rules such as CET-1CEST have no name in the zone table that we could store."""
    monkeypatch.setenv("TZ", "XYZ-1ABC")
    assert machine_time_zone()


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-03-28"), ("Europe/Berlin", "2026-03-29"), ("America/New_York", "2026-03-28")]
)
def test_today_is_the_homes_day(zone, day):
    """Half an hour before midnight in UTC, in the night in which Berlin's clocks go forward."""
    from datetime import UTC, datetime

    assert day == local_today(datetime(2026, 3, 28, 23, 30, tzinfo=UTC), zone).isoformat()


def test_what_stravas_api_gives_stays_with_the_runner_unless_the_home_says_otherwise(home):
    """Strava's agreement lets it be shown to the athlete alone; a file of the same run is the runner's own."""
    config = with_config(home, GOOD + '[[source]]\nkind = "strava"\n[[source]]\nkind = "garmin"\nclinician = false\n')
    assert [False, False] == [source.may_reach_clinician for source in config.config().sources]


def test_the_example_of_every_block_can_be_followed(home):
    """The comments of a new config.toml are true: without their marks they are read as they stand."""
    text = home.config_file.read_text("utf-8")
    lines = [
        line[2:] if line.startswith("# ") and ("=" in line or line[2] == "[") else line for line in text.splitlines()
    ]
    config = with_config(home, "\n".join(lines)).config()
    assert (1, 1, "starttls") == (len(config.sources), len(config.deliveries), config.mail.security)
    assert ("04:15", 0, "06:30") == (
        f"{config.night.at:%H:%M}",
        config.night.weekly_day,
        f"{config.night.weekly_at:%H:%M}",
    )
