"""The home: the one folder that holds a log, and its `config.toml`.

config.toml        what people edit: time zone, protocol, sources
protocols/         the clinician's copies of a protocol
archive/           every byte that ever arrived, by its SHA-256 (truth)
journal/           what people said, what arrived, what was run: append-only lines (truth)
samples/           one-second samples in Parquet (made again by `rebuild`)
warehouse/         the writer's DuckDB file (made again by `rebuild`)
gaitkeeper.duckdb  the published snapshot that everybody reads (made again by `rebuild`)
reports/           what was written for people
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import BadConfig, NeedsAttention

if TYPE_CHECKING:
    from datetime import date, datetime

DEFAULT_RUNNER: Final = "me"
BUNDLED_PROTOCOL: Final = "return_to_run_hip"

#: A home holds health data: only its owner may read it.
PRIVATE_FOLDER_MODE: Final = 0o700
PRIVATE_FILE_MODE: Final = 0o600

_CONFIG_TEMPLATE: Final = """\
# Gaitkeeper: what people edit. Everything else in this folder is kept by the program.

# Where a run has neither a place nor an offset of its own (a treadmill), and for the nightly schedule.
time_zone = "{time_zone}"

# The stage limits: the name of a bundled protocol, or a file in protocols/ beside this one.
protocol = "{protocol}"

# Where `gaitkeeper sync` looks every night, one block a source:
# [[source]]
# kind = "folder"
# path = "/home/me/Garmin"
# runner = "me"
"""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One `[[source]]` block of config.toml."""

    kind: str
    path: Path
    runner_id: str


@dataclass(frozen=True, slots=True)
class Config:
    """What config.toml says, checked."""

    time_zone: str
    protocol: str
    sources: tuple[SourceConfig, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """The paths inside one home. Pure names: nothing is touched until a method says so."""

    path: Path

    @property
    def config_file(self) -> Path:
        return self.path / "config.toml"

    @property
    def protocol_folder(self) -> Path:
        return self.path / "protocols"

    @property
    def archive_folder(self) -> Path:
        return self.path / "archive"

    @property
    def journal_folder(self) -> Path:
        return self.path / "journal"

    @property
    def journal_file(self) -> Path:
        return self.journal_folder / "journal.jsonl"

    @property
    def received_file(self) -> Path:
        return self.journal_folder / "received.jsonl"

    @property
    def sync_run_file(self) -> Path:
        return self.journal_folder / "sync_run.jsonl"

    @property
    def sample_folder(self) -> Path:
        return self.path / "samples"

    @property
    def warehouse_folder(self) -> Path:
        return self.path / "warehouse"

    @property
    def writer_file(self) -> Path:
        return self.warehouse_folder / "writer.duckdb"

    @property
    def published_file(self) -> Path:
        return self.path / "gaitkeeper.duckdb"

    @property
    def report_folder(self) -> Path:
        return self.path / "reports"

    @property
    def prefect_folder(self) -> Path:
        return self.path / "prefect"

    def exists(self) -> bool:
        """Return whether somebody made a home here."""
        return self.config_file.is_file()

    def create(self, *, time_zone: str, protocol: str = BUNDLED_PROTOCOL) -> None:
        """Make the folders, the empty truth files and config.toml; whatever is there already stays as it is.

        Raises:
            NeedsAttention: the folder can't be written, or the time zone is unknown.
        """
        _check_zone(time_zone, "--time-zone")
        try:
            for folder in (
                self.path,
                self.protocol_folder,
                self.archive_folder,
                self.journal_folder,
                self.sample_folder,
                self.warehouse_folder,
                self.report_folder,
            ):
                folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
            for file in (self.journal_file, self.received_file, self.sync_run_file):
                file.touch(mode=PRIVATE_FILE_MODE, exist_ok=True)
            if not self.config_file.exists():
                self.config_file.write_text(_CONFIG_TEMPLATE.format(time_zone=time_zone, protocol=protocol), "utf-8")
                self.config_file.chmod(PRIVATE_FILE_MODE)
        except OSError as error:
            raise NeedsAttention(
                f"{self.path} can't be made a home: {error.strerror}. Choose another folder with --home."
            ) from error

    def require(self) -> None:
        """Raise NeedsAttention where there is no home yet."""
        if not self.exists():
            raise NeedsAttention(f"There is no Gaitkeeper home in {self.path}. Run `gaitkeeper init` first.")

    def config(self) -> Config:
        """Read config.toml strictly.

        Raises:
            NeedsAttention: there is no home, or the file can't be followed (BadConfig names the key).
        """
        self.require()
        try:
            raw = tomllib.loads(self.config_file.read_text("utf-8"))
        except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or a number of 5,000 digits
            raise NeedsAttention(f"{self.config_file} is not valid TOML: {error}. Mend that line.") from error
        except OSError as error:
            raise NeedsAttention(f"{self.config_file} can't be read: {error.strerror}.") from error
        return self._parsed(raw)

    def _parsed(self, raw: dict[str, Any]) -> Config:
        file = str(self.config_file)
        time_zone = _text(raw, "time_zone", file)
        _check_zone(time_zone, f"{file}: time_zone")
        protocol = _text(raw, "protocol", file)
        sources = raw.pop("source", [])
        if not isinstance(sources, list):
            raise BadConfig(file, "source", sources, "blocks that start with [[source]]")
        if raw:
            key = min(raw)
            raise BadConfig(file, key, raw[key], "one of time_zone, protocol, source")
        return Config(time_zone, protocol, tuple(self._source(block) for block in sources))

    def _source(self, block: object) -> SourceConfig:
        file = str(self.config_file)
        if not isinstance(block, dict):
            raise BadConfig(file, "source", block, "blocks that start with [[source]]")
        kind = _text(block, "kind", file)
        if kind != "folder":
            raise BadConfig(file, "source.kind", kind, '"folder"')
        path = self.path / Path(_text(block, "path", file)).expanduser()
        runner_id = _text(block, "runner", file, default=DEFAULT_RUNNER)
        if block:
            key = min(block)
            raise BadConfig(file, f"source.{key}", block[key], "one of kind, path, runner")
        return SourceConfig(kind, path, runner_id)


def _text(raw: dict[str, Any], key: str, file: str, default: str | None = None) -> str:
    value = raw.pop(key, default)
    if not isinstance(value, str) or not value.strip():
        raise BadConfig(file, key, value, "a text in quotes")
    return value


def _check_zone(name: str, where: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NeedsAttention(f"{where}: {name!r} is no time zone. Use an IANA name such as Europe/Berlin.") from error


def machine_time_zone() -> str:
    """Return the IANA name of this machine's zone, "UTC" where it doesn't tell."""
    named = os.environ.get("TZ", "").lstrip(":")
    candidates = [named] if named else []
    link = Path("/etc/localtime")
    if link.is_symlink():
        candidates.append(str(link.resolve()).rpartition("zoneinfo/")[2])
    for candidate in candidates:
        try:
            ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        return candidate
    return "UTC"


def local_today(now_utc: datetime, time_zone: str) -> date:
    """Return the local day of an instant in a home's zone."""
    return now_utc.astimezone(ZoneInfo(time_zone)).date()
