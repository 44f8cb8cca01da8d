"""`config.toml`, read strictly: what people edit, checked key by key; a mistake is told with the file and the key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import BadConfig, NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT_RUNNER: Final = "me"

SourceName = Literal["folder", "strava", "garmin"]
SOURCE_KINDS: Final = ("folder", "strava", "garmin")

#: What a clinician may be shown by default. Strava's agreement of November 2024 lets data of its API be shown to the
#: athlete alone (FAILURES.md); files are the runner's own, and Garmin's terms say nothing against it.
MAY_REACH_CLINICIAN: Final = {"folder": True, "garmin": True, "strava": False}

#: What can be delivered: the runner's week, the flagged sessions, a red flag at once, and the silence of a source.
DELIVERABLES: Final = ("week", "flagged", "red_flag", "silence")
CHANNELS: Final = ("file", "stdout", "email", "webhook")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

CONFIG_TEMPLATE: Final = """\
# Gaitkeeper: what people edit. Everything else in this folder is kept by the program.

# Where a run has neither a place nor an offset of its own (a treadmill), and for the nightly schedule.
time_zone = "{time_zone}"

# The stage limits: the name of a bundled protocol, or a file in protocols/ beside this one.
protocol = "{protocol}"

# Where `gaitkeeper sync` looks every night, one block a source:
# [[source]]
# kind = "folder"            # or "strava", "garmin": first `gaitkeeper connect strava`
# path = "/home/me/Garmin"   # a folder, a mounted watch, an export archive; not for accounts
# runner = "me"
# clinician = true           # may what it gives reach a clinician? Default: folder and garmin yes, strava no

# When `gaitkeeper serve` works, in this time zone:
# [night]
# at = "04:15"
# weekly = "Mon 06:30"
# red_flag_minutes = 15

# What goes where, one block a recipient (`gaitkeeper deliver --dry-run` shows it):
# [[delivery]]
# what = ["week"]            # week, flagged, red_flag, silence
# to = "runner"              # runner, clinician
# by = "email"               # file, stdout, email, webhook
# address = "me@example.org" # an address, a URL, a folder
# runner = "me"              # left out: every runner

# The mail server; the password goes in with `gaitkeeper connect mail`:
# [mail]
# host = "mail.example.org"
# port = 587
# security = "starttls"      # starttls, tls, none (none for a server on this machine only)
# user = "gaitkeeper"
# sender = "gaitkeeper@example.org"
"""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One `[[source]]` block."""

    kind: str
    path: Path | None  #: of a folder; None for an account
    runner_id: str
    may_reach_clinician: bool = True

    @property
    def name(self) -> str:
        """Return what it is called in `sync_run` and in front of people."""
        return self.kind if self.path is None else f"{self.kind}:{self.path.name}"


@dataclass(frozen=True, slots=True)
class NightConfig:
    """`[night]`: when `gaitkeeper serve` works, in the home's time zone."""

    at: time = time(4, 15)  #: a quarter past four: no zone on earth skips or repeats that hour for daylight saving
    weekly_day: int = 0  #: 0 is Monday
    weekly_at: time = time(6, 30)
    red_flag_minutes: int = 15


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """One `[[delivery]]` block: what goes to whom, and how."""

    what: tuple[str, ...]
    to: str  #: runner, clinician
    by: str  #: a name of CHANNELS
    address: str | None  #: an e-mail address, a URL, a folder; None for stdout, and for the home's own reports folder
    runner_id: str | None  #: None: every runner


@dataclass(frozen=True, slots=True)
class MailConfig:
    """`[mail]`: the server that takes e-mail; its password lies in the home's secrets, never here."""

    host: str
    port: int
    security: str  #: starttls, tls, none
    user: str | None
    sender: str


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`[web]`: where the pages are served."""

    host: str = "127.0.0.1"
    port: int = 8642
    public_url: str | None = None  #: the address that people type, where a proxy stands before it


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """`[storage]`: where the raw archive lies, if not in the home (see deploy/)."""

    archive: str | None = None  #: a URL such as s3://bucket/gaitkeeper, or file:///mnt/share/gaitkeeper


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """`[cluster]`: the Dask cluster that decodes and derives (see deploy/)."""

    scheduler: str | None = None  #: its address, tcp://host:8786; None: this machine alone


@dataclass(frozen=True, slots=True)
class Config:
    """What config.toml says, checked."""

    time_zone: str
    protocol: str
    sources: tuple[SourceConfig, ...] = ()
    night: NightConfig = field(default_factory=NightConfig)
    deliveries: tuple[DeliveryConfig, ...] = ()
    mail: MailConfig | None = None
    web: WebConfig = field(default_factory=WebConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)
    cluster: ClusterConfig = field(default_factory=ClusterConfig)


def read_config(file: Path, home: Path) -> Config:
    """Read config.toml; relative paths are below the home.

    Raises:
        NeedsAttention: it can't be read or is no TOML; BadConfig: a key can't be followed.
    """
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or a number of 5,000 digits
        raise NeedsAttention(f"{file} is not valid TOML: {error}. Mend that line.") from error
    except OSError as error:
        raise NeedsAttention(f"{file} can't be read: {error.strerror}.") from error
    return _config(Block(str(file), "", raw), home)


def check_zone(name: str, where: str) -> None:
    """Raise NeedsAttention where this is no IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NeedsAttention(f"{where}: {name!r} is no time zone. Use an IANA name such as Europe/Berlin.") from error


@dataclass(slots=True)
class Block:
    """One table of the file: keys are taken out one by one, and what is left over is a mistake."""

    file: str
    name: str  #: "source" for [[source]]; "" for the file itself
    raw: dict[str, Any]
    taken: list[str] = field(default_factory=list)

    def refuse(self, key: str, found: object, expected: str) -> BadConfig:
        """Return the error that names the file and the key."""
        return BadConfig(self.file, f"{self.name}.{key}" if self.name else key, found, expected)

    def take(self, key: str) -> object:
        """Take out one value; None where it is not there."""
        self.taken.append(key)
        return self.raw.pop(key, None)

    def text(self, key: str, default: str | None = None) -> str:
        """Take out a text that is not empty."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, value, "a text in quotes")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Take out a text; None where it is not there."""
        if key in self.raw:
            return self.text(key)
        self.taken.append(key)
        return None

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Take out one of some words."""
        value = self.text(key, default)
        if value not in choices:
            raise self.refuse(key, value, _listed(choices))
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        """Take out true or false."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.refuse(key, value, "true or false")
        return value

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """Take out a whole number."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.refuse(key, value, f"a whole number from {low} to {high}")
        return value

    def blocks(self, key: str) -> Iterator[Block]:
        """Take out the blocks of one name."""
        expected = f"blocks that start with [[{key}]]"
        value = self.take(key)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.refuse(key, value, expected)
        for raw in value:
            if not isinstance(raw, dict):
                raise self.refuse(key, raw, expected)
            yield Block(self.file, key, raw)

    def block(self, key: str) -> Block | None:
        """Take out one block; None where it is not there."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.refuse(key, value, f"one block that starts with [{key}]")
        return Block(self.file, key, value)

    def done(self) -> None:
        """Raise BadConfig where something is left over."""
        if self.raw:
            key = min(self.raw)
            raise self.refuse(key, self.raw[key], f"one of {', '.join(self.taken)}")


def _config(top: Block, home: Path) -> Config:
    time_zone = top.text("time_zone")
    check_zone(time_zone, f"{top.file}: time_zone")
    protocol = top.text("protocol")
    sources = tuple(_source(block, home) for block in top.blocks("source"))
    night = _night(top.block("night"))
    deliveries = tuple(_delivery(block, home) for block in top.blocks("delivery"))
    mail = _mail(top.block("mail"))
    web = _web(top.block("web"))
    storage = _storage(top.block("storage"))
    cluster = _cluster(top.block("cluster"))
    top.done()
    if mail is None and any(one.by == "email" for one in deliveries):
        raise top.refuse("mail", None, "a [mail] block, since a [[delivery]] goes by email")
    return Config(time_zone, protocol, sources, night, deliveries, mail, web, storage, cluster)


def _source(block: Block, home: Path) -> SourceConfig:
    kind = block.choice("kind", SOURCE_KINDS)
    path = home / Path(block.text("path")).expanduser() if kind == "folder" else None
    runner_id = block.text("runner", DEFAULT_RUNNER)
    may_reach_clinician = block.boolean("clinician", default=MAY_REACH_CLINICIAN[kind])
    block.done()
    return SourceConfig(kind, path, runner_id, may_reach_clinician)


def _night(block: Block | None) -> NightConfig:
    if block is None:
        return NightConfig()
    default = NightConfig()
    at = _clock(block, "at", block.text("at", f"{default.at:%H:%M}"))
    weekly = block.text("weekly", f"{WEEKDAYS[default.weekly_day]} {default.weekly_at:%H:%M}")
    day, _, clock = weekly.partition(" ")
    if day not in WEEKDAYS:
        raise block.refuse("weekly", weekly, 'a weekday and a time, such as "Mon 06:30"')
    weekly_at = _clock(block, "weekly", clock)
    red_flag_minutes = block.integer("red_flag_minutes", default.red_flag_minutes, 1, 1440)
    block.done()
    return NightConfig(at, WEEKDAYS.index(day), weekly_at, red_flag_minutes)


def _clock(block: Block, key: str, text: str) -> time:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        raise block.refuse(key, text, 'a time of day such as "04:15"')
    return time(int(found[1]), int(found[2]))


def _delivery(block: Block, home: Path) -> DeliveryConfig:
    what = block.take("what")
    if not isinstance(what, list) or not what or not all(one in DELIVERABLES for one in what):
        raise block.refuse("what", what, f"a list of {', '.join(DELIVERABLES)}")
    to = block.choice("to", ("runner", "clinician"))
    by = block.choice("by", CHANNELS)
    address = block.text_or_none("address")
    runner_id = block.text_or_none("runner")
    block.done()
    return DeliveryConfig(tuple(dict.fromkeys(what)), to, by, _address(block, by, address, home), runner_id)


def _address(block: Block, by: str, address: str | None, home: Path) -> str | None:
    if by == "email" and (address is None or not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", address)):
        raise block.refuse("address", address, "one e-mail address")
    if by == "webhook":
        parts = urlsplit(address or "")
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
            raise block.refuse("address", address, "an https:// address (http:// for this machine only)")
    if by == "stdout" and address is not None:
        raise block.refuse("address", address, "nothing: standard output has no address")
    if by == "file" and address is not None:
        return str(home / Path(address).expanduser())
    return address


def _mail(block: Block | None) -> MailConfig | None:
    if block is None:
        return None
    host = block.text("host")
    security = block.choice("security", ("starttls", "tls", "none"), "starttls")
    port = block.integer("port", {"starttls": 587, "tls": 465, "none": 25}[security], 1, 65535)
    user = block.text_or_none("user")
    if security == "none" and host not in ("localhost", "127.0.0.1", "::1"):
        raise block.refuse("security", security, '"starttls" or "tls": only a server on this machine goes without')
    sender = block.text("sender")
    block.done()
    return MailConfig(host, port, security, user, sender)


def _web(block: Block | None) -> WebConfig:
    if block is None:
        return WebConfig()
    host = block.text("host", "127.0.0.1")
    port = block.integer("port", 8642, 1, 65535)
    public_url = block.text_or_none("public_url")
    block.done()
    return WebConfig(host, port, public_url)


def _storage(block: Block | None) -> StorageConfig:
    if block is None:
        return StorageConfig()
    archive = block.text("archive")
    if not re.match(r"[a-z][a-z0-9+.-]*://.", archive):
        raise block.refuse(
            "archive", archive, 'a URL such as "s3://bucket/gaitkeeper" or "file:///mnt/share/gaitkeeper"'
        )
    block.done()
    return StorageConfig(archive.rstrip("/"))


def _cluster(block: Block | None) -> ClusterConfig:
    if block is None:
        return ClusterConfig()
    scheduler = block.text("scheduler")
    if not re.fullmatch(r"(tcp|tls)://[^/\s]+:\d+", scheduler):
        raise block.refuse("scheduler", scheduler, 'the address of a Dask scheduler such as "tcp://10.0.0.5:8786"')
    block.done()
    return ClusterConfig(scheduler)


def _listed(words: Sequence[str]) -> str:
    return " or ".join(f'"{word}"' for word in words)
