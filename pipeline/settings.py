"""The home: the one folder that holds a log, and its `config.toml`.

config.toml        what people edit: time zone, protocol, sources
protocols/         the clinician's copies of a protocol
archive/           every byte that ever arrived, by its SHA-256 (truth)
journal/           what people said, what arrived, what was run: append-only lines (truth)
samples/           one-second samples in Parquet (made again by `rebuild`)
warehouse/         the writer's DuckDB file (made again by `rebuild`)
gaitkeeper.duckdb  the published snapshot that everybody reads (made again by `rebuild`)
reports/           what was written for people
outbox/            what waits to be sent
sources/           what a source has to remember: limits, cool-downs, cursors
secrets/           tokens, passwords, accounts (never in a backup unless asked)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.config import CONFIG_TEMPLATE, Config, check_zone, read_config
from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from datetime import date, datetime

BUNDLED_PROTOCOL: Final = "return_to_run_hip"

#: A home holds health data: only its owner may read it.
PRIVATE_FOLDER_MODE: Final = 0o700
PRIVATE_FILE_MODE: Final = 0o600


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
    def view_file(self) -> Path:
        return self.journal_folder / "view.jsonl"

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
    def outbox_folder(self) -> Path:
        return self.path / "outbox"

    @property
    def source_folder(self) -> Path:
        return self.path / "sources"

    @property
    def secret_folder(self) -> Path:
        return self.path / "secrets"

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
        check_zone(time_zone, "--time-zone")
        try:
            for folder in (
                self.path,
                self.protocol_folder,
                self.archive_folder,
                self.journal_folder,
                self.sample_folder,
                self.warehouse_folder,
                self.report_folder,
                self.outbox_folder,
                self.source_folder,
                self.secret_folder,
            ):
                folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
            for file in (self.journal_file, self.received_file, self.sync_run_file, self.view_file):
                file.touch(mode=PRIVATE_FILE_MODE, exist_ok=True)
            if not self.config_file.exists():
                self.config_file.write_text(CONFIG_TEMPLATE.format(time_zone=time_zone, protocol=protocol), "utf-8")
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
        return read_config(self.config_file, self.path)


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
