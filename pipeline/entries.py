"""Journal entries that rest on the log, as commands and pages alike write them: checked here, written by the caller.

What is allowed to be said is in `pipeline.answers` and `pipeline.rehab`; here it is held against the sessions, findings
and protocols that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.answers import AnsweredSession, check_time, symptom_data
from pipeline.compliance.judge import home_protocol, protocol_periods
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry
from pipeline.rehab import check_rehab_day, read_exercise
from pipeline.warehouse.connection import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from pipeline.answers import Symptom
    from pipeline.compliance.protocol import Protocol, Stage
    from pipeline.journal import Entry
    from pipeline.settings import Home
    from pipeline.warehouse.connection import Connection

#: What is kept of each criterion with a stage decision.
_CRITERION: tuple[str, ...] = ("decision", "fact", "observed", "bound", "limit_value", "criterion_state")


# --------------------------------------------------------------------------------------------------------------------
# The hip's answer, and the work beside the runs


def answered_session(row: Mapping[str, Any]) -> AnsweredSession:
    """Return what an answer is held against, from a row of the query `sessions_to_answer`."""
    return AnsweredSession(
        row["session_id"], row["session_date"], row["start_utc"], row["utc_offset_s"], row["elapsed_s"]
    )


def symptom_entries(
    connection: Connection,
    runner_id: str,
    session_id: str,
    symptoms: Sequence[Symptom],
    *,
    by: str,
    now_utc: datetime,
) -> tuple[AnsweredSession, list[Entry]]:
    """Return the session and one entry for each symptom that was said about it now.

    Raises:
        BadAnswer: something can't be known yet.
        NeedsAttention: a later answer for the same moment is there already, or the runner has no such session.
    """
    key = {"runner_id": runner_id, "session_id": session_id}
    found = ask(connection, "sessions_to_answer", key)
    if not found:
        raise NeedsAttention(f"{runner_id} has no session {session_id!r}. Nothing was recorded.")
    session = answered_session(found[0])
    before = ask(connection, "symptoms_of_runner", key)
    for symptom in symptoms:
        check_time(symptom, session, now_utc, now_utc)
        _refuse_older(symptom, before, now_utc)
    return session, [
        new_entry("symptom", runner_id, symptom_data(symptom, session_id), by=by, now_utc=now_utc)
        for symptom in symptoms
    ]


def _refuse_older(symptom: Symptom, before: Sequence[Mapping[str, Any]], now_utc: datetime) -> None:
    """Refuse to "correct" an answer from before it was given: the later instant would win, silently."""
    newer = [row["entry_utc"] for row in before if row["moment"] == symptom.moment and row["entry_utc"] > now_utc]
    if newer:
        raise NeedsAttention(
            f"An answer for this moment was given at {max(newer):%Y-%m-%d %H:%M} UTC, after the one you enter. "
            "Leave --as-of out to correct it. Nothing was recorded."
        )


def contact_sentence(connection: Connection, runner_id: str) -> str:
    """Return what stands alone on the page of a red flag: whom to contact, and that nobody is watching."""
    settings = ask(connection, "runner_settings", {"runner_id": runner_id})
    contact = [row["setting_value"] for row in settings if row["setting"] == "contact"]
    whom = contact[-1] if contact else "your clinician or urgent care"
    return f"Stop running and contact {whom} now. This program is not watched by anybody in real time."


def rehab_entry(
    runner_id: str,
    kind: str,
    exercise: object,
    *,
    day: date,
    today: date,
    by: str,
    now_utc: datetime,
    amounts: Mapping[str, float | None],
) -> Entry:
    """Return the entry of work that was done; `amounts` are sets, reps, load_kg, duration_s.

    Raises:
        BadAnswer: the day has not come, or there is no name of an exercise.
    """
    check_rehab_day(day, today)
    data = {"rehab_date": day.isoformat(), "kind": kind, "exercise": read_exercise(exercise), **amounts}
    return new_entry("rehab", runner_id, data, by=by, now_utc=now_utc)


# --------------------------------------------------------------------------------------------------------------------
# The clinician's decisions


def stage_entry(
    connection: Connection | None,
    home: Home,
    runner_id: str,
    stage_id: str,
    *,
    set_by: str,
    reason: str | None,
    from_date: date,
    now_utc: datetime,
) -> tuple[Entry, Stage]:
    """Return the entry of a stage decision and the stage; the criteria go with it as they stood.

    Args:
        connection: a reader, judged once; None where nothing was published yet.
        home: the home, for its protocol.
        runner_id: about whom.
        stage_id: the stage, in any case of letters.
        set_by: who decides.
        reason: why, where it is said.
        from_date: first local day of the stage.
        now_utc: when it is said.

    Raises:
        NeedsAttention: the protocol of that day has no such stage, or nobody decides.
    """
    protocol, basis = _decided_on(connection, home, runner_id, from_date)
    stages = {stage.stage_id.lower(): stage for stage in protocol.stages}
    stage = stages.get(stage_id.lower())
    if stage is None:
        known = ", ".join(other.stage_id for other in stages.values())
        raise NeedsAttention(f"{stage_id!r} is no stage of the protocol that holds on {from_date} ({known}).")
    if not set_by.strip():
        raise NeedsAttention("Say who decides: --by NAME.")
    data = {
        "stage_id": stage.stage_id,
        "from_date": from_date.isoformat(),
        "reason": reason,
        "protocol_version": protocol.version,
        **basis,
    }
    return new_entry("stage", runner_id, data, by=set_by.strip(), now_utc=now_utc), stage


def protocol_on(connection: Connection, home: Home, runner_id: str, day: date) -> Protocol:
    """Return the protocol that judges a runner on a day.

    Raises:
        NeedsAttention: none does: the last day that a calendar has is in no period.
    """
    for period in protocol_periods(connection, home):
        if period.runner_id == runner_id and period.valid_from_date <= day < period.valid_before_date:
            return period.protocol
    raise NeedsAttention(f"No protocol judges {runner_id} on {day}: name another day. Nothing was recorded.")


def _decided_on(
    connection: Connection | None, home: Home, runner_id: str, day: date
) -> tuple[Protocol, dict[str, Any]]:
    """Return the protocol that judges a runner on a day, and what was known when the decision was made.

    The criteria go into the journal with the decision: who decided, when, under which protocol, on which facts.
    """
    if connection is None:
        return home_protocol(home), {}
    criteria = ask(connection, "stage_criteria", {"runner_id": runner_id})
    advance = [row["criterion_state"] for row in criteria if row["decision"] == "advance"]
    summary = f"{advance.count('met')} of {len(advance)} met, {advance.count('unknown')} unknown" if advance else None
    basis = {"criteria_then": summary, "criteria": [{name: row[name] for name in _CRITERION} for row in criteria]}
    return protocol_on(connection, home, runner_id, day), basis


def override_entry(
    connection: Connection,
    runner_id: str,
    session_id: str,
    fact: str,
    *,
    said_by: str,
    reason: str | None,
    undo: bool,
    now_utc: datetime,
) -> Entry:
    """Return the entry that sets a finding of a session aside, or takes that back.

    Raises:
        NeedsAttention: there is no such finding, no reason, or nobody decides.
    """
    if not undo and not (reason or "").strip():
        raise NeedsAttention("Say why the finding is set aside: --reason TEXT. Nothing was recorded.")
    if not said_by.strip():
        raise NeedsAttention("Say who decides: --by NAME. Nothing was recorded.")
    found = {row["fact"] for row in ask(connection, "session_findings", {"session_id": session_id})}
    if fact not in found:
        raise NeedsAttention(
            f"The session {session_id} has no finding on {fact!r} ({', '.join(sorted(found)) or 'none'})."
        )
    data = {"recording_id": session_id, "fact": fact, "reason": reason, "is_undone": True if undo else None}
    return new_entry("override", runner_id, data, by=said_by.strip(), now_utc=now_utc)


def pair_entry(
    runner_id: str,
    correction: str,
    recording_ids: Sequence[str],
    *,
    reason: str | None,
    by: str,
    now_utc: datetime,
) -> Entry:
    """Return the entry that two recordings are of the `same` or of `different` sessions.

    Raises:
        NeedsAttention: it is one recording twice.
    """
    low, high = sorted(recording_ids)
    if low == high:
        raise NeedsAttention("Name two different recordings.")
    data = {"correction": correction, "recording_id": low, "other_recording_id": high, "reason": reason}
    return new_entry("correction", runner_id, data, by=by, now_utc=now_utc)
