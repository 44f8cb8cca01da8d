"""What is due to be told: the week that is over, flagged sessions, red flags, silence; each once to each recipient."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from flows.clinician import clinician_report
from flows.report import iso_week, load_week
from flows.work import refresh
from pipeline.compliance.judge import judge_once, lay_protocols_over
from pipeline.entries import contact_sentence
from pipeline.errors import GaitkeeperError
from pipeline.lines import read_lines
from pipeline.outbox import Attachment, Message, Outbox
from pipeline.reports import notices
from pipeline.reports.flagged import render_flagged
from pipeline.reports.format import plural
from pipeline.reports.mail import render_mail
from pipeline.reports.weekly import PAGE_COLUMNS, render_week
from pipeline.settings import local_today
from pipeline.warehouse.catalog import sql_files
from pipeline.warehouse.connection import OutdatedWarehouse, ask, reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pipeline.config import DeliveryConfig, NightConfig
    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

#: How far back flagged sessions and red flags are told: as far as a report covers. A home that begins to deliver
#: doesn't begin with years of history, and a session that was uploaded a week late is still told.
TOLD_DAYS: Final = 14

#: A week that ends within so many hours of the weekly time counts as over: "Sun 20:00" means the week that ends then.
_NEARLY_OVER: Final = timedelta(hours=12)

#: For HTML, where lines wrap by themselves.
_NO_WRAPPING: Final = 10_000

#: What rests on the findings, and so has to be judged first.
_JUDGED: Final = ("week", "flagged")


@dataclass(frozen=True, slots=True)
class Draft:
    """One message that is due, and what the sharing rule keeps out of it."""

    message: Message
    left_out: tuple[str, ...] = ()  #: one sentence a source
    is_withheld: bool = False  #: nothing is left to be told: it does not go


@dataclass(slots=True)
class Due:
    """What is due, and what could not be made of it: one report that fails must not hold up a red flag."""

    drafts: list[Draft] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """The words of one message."""

    subject: str
    text: str
    key: str
    items: tuple[str, ...] = ()
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    left_out: tuple[str, ...] = ()
    is_withheld: bool = False


def target_of(delivery: DeliveryConfig) -> str:
    """Return a short name of whom a delivery reaches: what is told to one address was not told to another."""
    text = f"{delivery.to}|{delivery.by}|{delivery.address or ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def message_of(told: Told, runner_id: str, what: str, delivery: DeliveryConfig, now_utc: datetime) -> Message:
    """Return the message that one delivery makes of some words."""
    target = target_of(delivery)
    return Message(
        key=f"{told.key}:{target}",
        runner_id=runner_id,
        what=what,
        to=delivery.to,
        by=delivery.by,
        address=delivery.address,
        subject=told.subject,
        text=told.text,
        html=told.html or render_mail(told.subject, told.text),
        attachments=told.attachments,
        created_utc=now_utc,
        items=tuple(f"{item}:{target}" for item in told.items),
    )


def told_items(home: Home) -> set[str]:
    """Return all that was told or waits to be: keys of messages and what they hold."""
    items = Outbox(home).items()
    for line in read_lines(home.journal_file):
        if line["kind"] == "told":
            items.update(line["data"].get("items", ()))
    return items


def due_drafts(home: Home, now_utc: datetime, what: Collection[str]) -> Due:
    """Return what is due and was not told yet; nothing is written.

    Raises:
        NeedsAttention: the config can't be followed.
    """
    due = Due()
    deliveries = [one for one in home.config().deliveries if set(one.what) & set(what)]
    if not deliveries or not home.published_file.exists():
        return due
    wanted = {name for one in deliveries for name in one.what if name in what}
    try:
        with _log(home, now_utc, judge=bool(wanted & set(_JUDGED))) as connection:
            collector = _Collector(home, connection, now_utc, due)
            for row in ask(connection, "runners"):
                for delivery in deliveries:
                    if delivery.runner_id in (None, row["runner_id"]):
                        collector.collect(row["runner_id"], delivery, wanted)
    except GaitkeeperError as error:
        due.problems.append(str(error))
    return due


@contextmanager
def _log(home: Home, now_utc: datetime, *, judge: bool) -> Iterator[Connection]:
    """Open the published log; one that another version of the program published is brought up to date first."""
    today = local_today(now_utc, home.config().time_zone)
    try:
        with reading(home, now_utc, today):
            pass
    except OutdatedWarehouse:
        refresh(home, now_utc)
    with reading(home, now_utc, today) as connection:
        lay_protocols_over(connection, home)
        if judge:
            judge_once(connection)
        yield connection


def week_that_is_over(night: NightConfig, time_zone: str, now_utc: datetime) -> str:
    """Return the ISO week that the last weekly time was for; whoever was switched off then catches up with it."""
    zone = ZoneInfo(time_zone)
    today = now_utc.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - night.weekly_day) % 7)
    instant = datetime.combine(day, night.weekly_at, zone)
    if instant > now_utc:
        instant = datetime.combine(day - timedelta(days=7), night.weekly_at, zone)
    counted = (instant.replace(tzinfo=None) + _NEARLY_OVER).date()
    return iso_week(counted - timedelta(days=counted.weekday() + 1))


class _Collector:
    """Makes the words of each deliverable once a runner and role, however many recipients there are."""

    def __init__(self, home: Home, connection: Connection, now_utc: datetime, due: Due) -> None:
        self._home = home
        self._connection = connection
        self._now_utc = now_utc
        self._today = local_today(now_utc, home.config().time_zone)
        self._known = told_items(home)
        self._due = due

    def collect(self, runner_id: str, delivery: DeliveryConfig, wanted: Collection[str]) -> None:
        """Add what one delivery owes to its recipient."""
        for what in delivery.what:
            if what in wanted:
                try:
                    self._add(runner_id, what, delivery)
                except Exception as error:  # noqa: BLE001 - told, and the others go on
                    self._problem(f"{what} of {runner_id}", error)

    def _problem(self, name: str, error: Exception) -> None:
        self._due.problems.append(
            f"{name}: {error}"
            if isinstance(error, GaitkeeperError)
            else f"{name} could not be made ({type(error).__name__}: {error}); please report this."
        )

    def _add(self, runner_id: str, what: str, delivery: DeliveryConfig) -> None:
        target = target_of(delivery)
        told = {
            "week": self._week,
            "flagged": self._flagged,
            "red_flag": self._red_flag,
            "silence": self._silence,
        }[what](runner_id, delivery.to, target)
        if told is None or f"{told.key}:{target}" in self._known:
            return
        message = message_of(told, runner_id, what, delivery, self._now_utc)
        if not told.is_withheld:
            self._known.update((message.key, *message.items))  # two blocks that say the same are one
        self._due.drafts.append(Draft(message, told.left_out, told.is_withheld))

    def _is_new(self, item: str, target: str) -> bool:
        return f"{item}:{target}" not in self._known

    def _week(self, runner_id: str, to: str, target: str) -> Told | None:
        config = self._home.config()
        name = week_that_is_over(config.night, config.time_zone, self._now_utc)
        key = f"week:{runner_id}:{name}"
        week = load_week(self._connection, runner_id, name) if self._is_new(key, target) else None
        if week is None:
            return None
        withheld = [row for row in week.sessions if to == "clinician" and not row["may_reach_clinician"]]
        left_out = notices.left_out_sentences(withheld)
        shown = notices.week_without(week, {row["session_id"] for row in withheld})
        text, wide = ("\n".join([render_week(shown, width), *left_out]) for width in (PAGE_COLUMNS, _NO_WRAPPING))
        subject = f"Week {name}, {runner_id}"
        is_withheld = bool(withheld) and not shown.sessions
        return Told(subject, text, key, html=render_mail(subject, wide), left_out=left_out, is_withheld=is_withheld)

    def _flagged(self, runner_id: str, to: str, target: str) -> Told | None:
        since = self._today - timedelta(days=TOLD_DAYS - 1)
        findings = ask(self._connection, "flagged_since", {"runner_id": runner_id, "since_date": since})
        ids = sorted({row["session_id"] for row in findings})
        sessions = {row["session_id"]: row for row in ask(self._connection, "sessions_by_id", {"session_ids": ids})}
        withheld = [row for row in sessions.values() if to == "clinician" and not row["may_reach_clinician"]]
        hidden = {row["session_id"] for row in withheld}
        items = {
            session_id: item
            for session_id in ids
            if session_id not in hidden and self._is_new(item := _flagged_item(session_id, findings), target)
        }
        left_out = notices.left_out_sentences(withheld)
        if not items:
            return (
                Told("Flagged sessions", "", "flagged:none", left_out=left_out, is_withheld=True) if left_out else None
            )
        subject = f"{plural(len(items), 'session')} to look at, {runner_id}"
        shown = render_flagged([row for row in findings if row["session_id"] in items], sessions)
        told = Told(
            subject,
            "\n".join([shown, *left_out]),
            f"flagged:{runner_id}:{_digest(sorted(items.values()))}",
            tuple(items.values()),
            left_out=left_out,
        )
        return self._with_report(runner_id, told) if to == "clinician" else told

    def _with_report(self, runner_id: str, told: Told) -> Told:
        """Put the clinician's report in place of the bare list; it leaves out what may not be shown by itself."""
        try:
            files = clinician_report(self._home, runner_id, self._now_utc)
        except Exception as error:  # noqa: BLE001 - the list goes out without it
            self._problem(f"the clinician's report of {runner_id}", error)
            return told
        name = f"gaitkeeper-{runner_id}-{self._today}.pdf"
        return replace(told, text=files.text, attachments=(Attachment(name, "application/pdf", files.pdf),))

    def _red_flag(self, runner_id: str, to: str, target: str) -> Told | None:
        since_utc = self._now_utc - timedelta(days=TOLD_DAYS)
        asked = {"runner_id": runner_id, "since_utc": since_utc}
        entries = [
            row
            for row in ask(self._connection, "red_flag_entries", asked)
            if self._is_new(f"red_flag:{row['entry_id']}", target)
        ]
        if not entries:
            return None
        items = tuple(f"red_flag:{row['entry_id']}" for row in entries)
        text = notices.red_flag_text(runner_id, entries, contact_sentence(self._connection, runner_id), to)
        return Told(f"Please read today: what {runner_id} reported", text, f"red_flags:{_digest(items)}", items)

    def _silence(self, runner_id: str, _to: str, target: str) -> Told | None:
        if not any(file.name == "silence" for file in sql_files("views")):
            return None
        found = {
            f"silence:{runner_id}:{row['source']}:{row['kind']}:{row['since_utc']}": row
            for row in ask(self._connection, "silences", {"runner_id": runner_id})
        }
        new = {item: row for item, row in found.items() if self._is_new(item, target)}
        if not new:
            return None
        text = notices.silence_text(list(new.values()))
        return Told(f"Not heard of for a while, {runner_id}", text, f"silences:{_digest(sorted(new))}", tuple(new))


def _flagged_item(session_id: str, findings: Sequence[dict[str, Any]]) -> str:
    """Return what was found in one session, as one thing to be told: the same is told once."""
    found = sorted(f"{row['fact']}|{row['outcome']}" for row in findings if row["session_id"] == session_id)
    return f"flagged:{session_id}:{_digest(found)}"


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
