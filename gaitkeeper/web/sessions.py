"""Who is logged in, and how often somebody may try: random tokens, kept as digests on the server, that end."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from pipeline.errors import NeedsAttention
from pipeline.kept import KeptFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaitkeeper.web.accounts import Account
    from pipeline.settings import Home

_DAY_S: Final = 86_400.0

#: Seconds without a page, and seconds in all, after which somebody logs in anew. A runner's phone is the runner's own
#: and asks every morning; a clinician's desk is shared and shows many people.
IDLE_S: Final = {"runner": 14 * _DAY_S, "clinician": 3_600.0}
WHOLE_S: Final = {"runner": 90 * _DAY_S, "clinician": 12 * 3_600.0}

#: Seconds after which it is written down when the open sessions were last seen: a restart takes no more off their idle
#: time than this, and not every page waits for a file.
SAVED_EVERY_S: Final = 600.0

#: Failed tries within WINDOW_S after which the door stays shut: for one account from one address, for one account from
#: anywhere, and for one address with whatever names. The middle one is high: no stranger shall lock somebody out.
WINDOW_S: Final = 900.0
TRIES: Final = {"pair": 5, "account": 50, "address": 30}
MAX_COUNTED: Final = 10_000


@dataclass(slots=True)
class _Session:
    name: str
    account_stamp: str
    role: str
    begun_s: float
    seen_s: float


class Sessions:
    """The open sessions of one home. They outlive a restart, as digests: the file opens no door."""

    def __init__(self, home: Home, clock_s: Callable[[], float]) -> None:
        self._file = KeptFile(home.secret_folder / "web_sessions.json")
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._open = _kept(self._file)
        self._saved_s = clock_s()

    def begin(self, account: Account, old_token: str | None) -> str:
        """Return a new token for an account; the token that the browser had before opens nothing any more."""
        token = secrets.token_urlsafe(32)
        now_s = self._clock_s()
        with self._lock:
            if old_token is not None:
                self._open.pop(_digest(old_token), None)
            self._open = {digest: one for digest, one in self._open.items() if _is_alive(one, now_s)}
            self._open[_digest(token)] = _Session(account.name, account.stamp, account.role, now_s, now_s)
            self._save()
        return token

    def account_of(self, token: str | None, accounts: dict[str, Account]) -> Account | None:
        """Return whose token this is; None where it ended, or its account was changed or removed since."""
        if not token:
            return None
        now_s = self._clock_s()
        with self._lock:
            session = self._open.get(_digest(token))
            account = None if session is None else accounts.get(session.name)
            if session is None or account is None:
                return None
            if not _is_alive(session, now_s) or session.account_stamp != account.stamp:
                return None
            session.seen_s = now_s
            if now_s - self._saved_s > SAVED_EVERY_S:
                self._save()
        return account

    def end(self, token: str | None) -> None:
        """Log out."""
        if token:
            with self._lock:
                self._open.pop(_digest(token), None)
                self._save()

    def _save(self) -> None:
        self._file.write({"sessions": {digest: asdict(one) for digest, one in self._open.items()}})
        self._saved_s = self._clock_s()


def _kept(file: KeptFile) -> dict[str, _Session]:
    """Return the sessions that were open when the file was written; a damaged one opens no door, and closes none."""
    try:
        sessions = (file.read() or {}).get("sessions", {})
        return {digest: _Session(**values) for digest, values in sessions.items()}
    except (NeedsAttention, AttributeError, TypeError):
        return {}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _is_alive(session: _Session, now_s: float) -> bool:
    is_fresh = now_s - session.seen_s <= IDLE_S.get(session.role, 0.0)
    return is_fresh and now_s - session.begun_s <= WHOLE_S.get(session.role, 0.0)


class Throttle:
    """Counts failed tries to log in, each before its password is looked at, so that many at once count, too."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._tries: dict[tuple[str, ...], list[float]] = {}

    def try_now(self, name: str, address: str) -> float:
        """Count a try; return 0, or the seconds to wait where there were too many."""
        now_s = self._clock_s()
        with self._lock:
            self._forget_old(now_s)
            waits = [self._wait_s(key, now_s) for key in _keys(name, address)]
            if max(waits) > 0:
                return max(waits)
            for key in _keys(name, address):
                self._tries.setdefault(key, []).append(now_s)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failed tries of this account from this address, and count this one nowhere."""
        with self._lock:
            pair, *others = _keys(name, address)
            self._tries.pop(pair, None)
            for key in others:
                if self._tries.get(key):
                    self._tries[key].pop()

    def _wait_s(self, key: tuple[str, ...], now_s: float) -> float:
        tries = self._tries.get(key, [])
        allowed = TRIES[key[0]]
        return 0.0 if len(tries) < allowed else max(0.0, tries[-allowed] + WINDOW_S - now_s)

    def _forget_old(self, now_s: float) -> None:
        recent = {key: [at for at in tries if now_s - at < WINDOW_S] for key, tries in self._tries.items()}
        self._tries = {key: tries for key, tries in list(recent.items())[-MAX_COUNTED:] if tries}


def _keys(name: str, address: str) -> tuple[tuple[str, ...], ...]:
    known = name.lower()[:100]
    return ("pair", known, address), ("account", known), ("address", address)
