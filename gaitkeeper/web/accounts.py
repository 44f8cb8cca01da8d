"""Who may look at what: accounts in `secrets/accounts.json`, their passwords as Argon2 hashes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import NeedsAttention
from pipeline.kept import KeptFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.settings import Home

Role = Literal["runner", "clinician"]
ROLES: Final = ("runner", "clinician")

#: Names are typed on phones and stand in the list of views.
NAME_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,59}"

#: NIST SP 800-63B asks for 8 where a password stands alone; health data gets two more. Nobody types more than 1,000.
PASSWORD_CHARS: Final = (10, 1000)

#: argon2-cffi's own defaults are RFC 9106's low-memory profile (64 MiB, 3 rounds).
_HASHER: Final = PasswordHasher()

#: Each check takes 64 MiB: a crowd at the door waits outside.
_AT_ONCE: Final = threading.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Account:
    """One person who may log in."""

    name: str
    role: Role
    runner_ids: tuple[str, ...]
    full_name: str  #: stands with what they decide
    password_hash: str

    @property
    def stamp(self) -> str:
        """Return what tells this account from one that was changed since: its open sessions end then."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class AccountBook:
    """The accounts of one home, read again when the file changes."""

    def __init__(self, home: Home) -> None:
        self._file = KeptFile(home.secret_folder / "accounts.json")
        self._read: tuple[object, dict[str, Account]] = (None, {})

    def all(self) -> dict[str, Account]:
        """Return the accounts by their name.

        Raises:
            NeedsAttention: the file is damaged: nobody gets in rather than everybody.
        """
        stamp = _stamp(self._file.path)
        if self._read[0] != stamp:
            raw = (self._file.read() or {}).get("accounts", {})
            self._read = (stamp, {name: self._account(name, values) for name, values in raw.items()})
        return self._read[1]

    def _account(self, name: str, values: dict[str, Any]) -> Account:
        try:
            role, runner_ids = values["role"], tuple(values["runner_ids"])
            if role not in ROLES:
                raise NeedsAttention(f"{self._file.path}: the account {name!r} has no role. Remove and add it again.")
            return Account(name, role, runner_ids, str(values["full_name"]), str(values["password_hash"]))
        except (KeyError, TypeError) as error:
            raise NeedsAttention(f"{self._file.path}: the account {name!r} is damaged. Add it again.") from error

    def add(self, name: str, role: Role, runner_ids: Sequence[str], full_name: str, password: str) -> Account:
        """Write an account, in place of one of the same name.

        Raises:
            NeedsAttention: the name or the password can't be taken, or no runner is named.
        """
        if not re.fullmatch(NAME_PATTERN, name):
            raise NeedsAttention(f"The account's name {name!r} may have letters, digits and . _ @ - only, at most 60.")
        if not runner_ids:
            raise NeedsAttention("Say whom the account may see: --runner ID, once for each runner.")
        if role == "runner" and len(runner_ids) != 1:
            raise NeedsAttention("A runner's account is for one runner: name one --runner.")
        low, high = PASSWORD_CHARS
        if not low <= len(password) <= high:
            raise NeedsAttention(f"A password has {low} to {high} letters. Nothing was written.")
        account = Account(name, role, tuple(dict.fromkeys(runner_ids)), full_name or name, _HASHER.hash(password))
        self._write({**self.all(), name: account})
        return account

    def remove(self, name: str) -> None:
        """Take an account out; its open sessions end with it.

        Raises:
            NeedsAttention: there is none of that name.
        """
        accounts = dict(self.all())
        if name not in accounts:
            known = ", ".join(accounts) or "none"
            raise NeedsAttention(f"There is no account {name!r} (there are: {known}).")
        del accounts[name]
        self._write(accounts)

    def _write(self, accounts: dict[str, Account]) -> None:
        rows = {
            name: {key: value for key, value in asdict(account).items() if key != "name"}
            for name, account in accounts.items()
        }
        self._file.write({"accounts": rows})

    def with_password(self, name: str, password: str) -> Account | None:
        """Return the account that this name and password open; it takes as long where there is no such account."""
        account = self.all().get(name)
        with _AT_ONCE:
            is_right = _fits(_nobody() if account is None else account.password_hash, password)
        return account if is_right else None


def _fits(password_hash: str, password: str) -> bool:
    if len(password) > PASSWORD_CHARS[1]:
        return False
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


_NOBODY: list[str] = []


def _nobody() -> str:
    """Return a hash that no password opens: checked where an account isn't there, so that the answer takes as long."""
    if not _NOBODY:
        import secrets

        _NOBODY.append(_HASHER.hash(secrets.token_hex(32)))
    return _NOBODY[0]


def _stamp(path: Path) -> object:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return "none"
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
