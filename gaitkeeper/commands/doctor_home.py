"""What `gaitkeeper doctor` says of the home itself: room, modes, encryption, the clock, and what waits to be sent."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pipeline.disk import disk_encryption, open_to_others
from pipeline.errors import GaitkeeperError
from pipeline.lines import read_lines
from pipeline.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.settings import Home

Row = dict[str, Any]

#: A night's import of a full watch needs some tens of megabytes; below this much free space something fails soon.
LOW_DISK_BYTES: Final = 500_000_000

#: A file system can be full of files while it has room for bytes; a night makes a few hundred at most.
LOW_DISK_FILES: Final = 1000

#: Clocks are set right by seconds all the time; an hour is a wrong zone, a year an empty battery.
_CLOCK_SLACK: Final = timedelta(minutes=5)

#: A message that waits for longer is told: a server that is down for a night is not.
_WAITING_TOLD: Final = timedelta(hours=24)

#: So many are named, the others counted.
_NAMED: Final = 3


def _row(check: str, state: str, message: str, what_to_do: str | None = None) -> Row:
    return {"check": check, "state": state, "message": message, "what_to_do": what_to_do}


def home_rows(home: Home, now_utc: datetime | None) -> Iterator[Row]:
    """Yield what is to be said of the home.

    Args:
        home: the home.
        now_utc: the instant; None leaves the clock out (somebody asks as of another day).
    """
    yield from _room(home)
    yield from _modes(home)
    yield _encryption(home)
    if now_utc is not None:
        yield from _clock(home, now_utc)
    yield from _delivery(home, now_utc or datetime.now(UTC))


def _room(home: Home) -> Iterator[Row]:
    locked = [
        path
        for path in (home.path, home.archive_folder, home.journal_folder, home.warehouse_folder, home.sample_folder)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK)
    ]
    locked += [
        path
        for path in (home.journal_file, home.received_file, home.sync_run_file)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK)
    ]
    if locked:
        yield _row(
            "disk",
            "wrong",
            f"{_few(locked)} can't be written: the disk is read-only, or the files belong to somebody else; "
            "nothing new can be kept",
            f"mend it: mount it for writing, or chown -R $USER {home.path}",
        )
    free_bytes = shutil.disk_usage(home.path).free
    if free_bytes < LOW_DISK_BYTES:
        yield _row("disk", "look", f"{free_bytes / 1e6:.0f} MB are free", "make room before the next sync")
    else:
        yield _row("disk", "fine", f"{free_bytes / 1e9:.1f} GB are free")
    counts = os.statvfs(home.path)
    if counts.f_files and counts.f_favail < LOW_DISK_FILES:
        yield _row("disk", "look", f"room for {counts.f_favail} more files only", "remove files before the next sync")


def _modes(home: Home) -> Iterator[Row]:
    kept = (home.secret_folder, home.journal_folder, home.archive_folder, home.outbox_folder, home.config_file)
    others = [home.path] if home.path.stat().st_mode & 0o077 else []
    others += [path for part in kept if part.exists() for path in open_to_others(part)]
    if others:
        yield _row(
            "disk",
            "look",
            f"others may read {_few(others)}: a home holds health data",
            f"chmod -R go= {home.path}",
        )


def _few(paths: list[Any]) -> str:
    named = ", ".join(str(path) for path in paths[:_NAMED])
    return named if len(paths) <= _NAMED else f"{named} and {len(paths) - _NAMED} more"


def _encryption(home: Home) -> Row:
    found = disk_encryption(home.path)
    if found.seen == "encrypted":
        return _row("encryption", "fine", f"the disk below the home is {found.message}")
    if found.seen == "not_seen":
        return _row(
            "encryption",
            "look",
            found.message,
            "put the home on an encrypted disk (LUKS, fscrypt, FileVault): who takes the machine reads what is on it",
        )
    return _row(
        "encryption",
        "look",
        f"whether the disk below the home is encrypted can't be told: {found.message}",
        "look it up for this machine; a home holds health data and where people live",
    )


def _clock(home: Home, now_utc: datetime) -> Iterator[Row]:
    newest = max(
        (
            datetime.fromisoformat(line[key])
            for file, key in (
                (home.received_file, "received_utc"),
                (home.sync_run_file, "ended_utc"),
                (home.journal_file, "entry_utc"),
            )
            for line in read_lines(file)
            if isinstance(line.get(key), str)
        ),
        default=now_utc,
    )
    if newest > now_utc + _CLOCK_SLACK:
        yield _row(
            "clock",
            "look",
            f"the clock says {now_utc:%Y-%m-%d %H:%M} UTC, and the newest entry is of {newest:%Y-%m-%d %H:%M} UTC: "
            "the clock was wrong then, or is now; nothing is lost",
            "set it by the network (timedatectl set-ntp true); days and answers are judged by it",
        )


def _delivery(home: Home, now_utc: datetime) -> Iterator[Row]:
    try:
        config = home.config()
    except GaitkeeperError:  # told already
        return
    outbox = Outbox(home)
    if not config.deliveries and not home.outbox_folder.is_dir():
        return
    for path in outbox.damaged():
        yield _row("delivery", "look", f"{path} can't be read; it is never sent", "remove it")
    for message, progress in outbox.messages():
        name = f"{message.what} to the {message.to} of {message.runner_id} by {message.by}"
        if progress.state == "failed":
            yield _row("delivery", "wrong", f"{name} was refused: {progress.reason}", "gaitkeeper deliver --again")
        elif progress.state != "sent" and now_utc - message.created_utc > _WAITING_TOLD:
            since = f"{message.created_utc:%Y-%m-%d %H:%M} UTC"
            yield _row("delivery", "look", f"{name} waits since {since}: {progress.reason}", "gaitkeeper deliver")
    yield from _password(home)


def _password(home: Home) -> Iterator[Row]:
    from flows.mail import mail_password

    config = home.config()
    if config.mail is None or config.mail.user is None or not any(one.by == "email" for one in config.deliveries):
        return
    try:
        is_kept = mail_password(home).read() is not None
    except GaitkeeperError as error:
        yield _row("delivery", "wrong", str(error), "gaitkeeper connect mail")
        return
    if not is_kept:
        message = f"the password of {config.mail.host} isn't here: no e-mail can be sent"
        yield _row("delivery", "wrong", message, "gaitkeeper connect mail")
