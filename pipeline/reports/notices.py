"""Short texts that are told at once: a red flag, a silence; and what is said of sessions that may not be shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pipeline.reports import format as fmt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipeline.reports.weekly import Week

#: What a week's totals are made of: sums over every session, so that they would show what may not be shown.
_TOTALS: Final = (
    "run_s", "run_distance_m", "ascent_m", "step_count", "stride_cycle_count", "pickup_count", "tempo_s",
    "mean_run_cadence_spm", "matched_cadence_ratio",
)  # fmt: skip

_MOMENTS: Final = {
    "before": "before the run",
    "during": "during the run",
    "after": "after the run",
    "next_morning": "the next morning",
}


def red_flag_text(runner_id: str, entries: Sequence[Mapping[str, Any]], contact_sentence: str, to: str) -> str:
    """Return what the runner reported, with nothing besides.

    Args:
        runner_id: the runner.
        entries: rows of the query `red_flag_entries`.
        contact_sentence: what the runner is told to do.
        to: runner, clinician.
    """
    first = contact_sentence if to == "runner" else f"The runner {runner_id} was told: {contact_sentence}"
    return "\n".join([first, "", f"What {runner_id} reported:", *map(_reported, entries)]) + "\n"


def _reported(entry: Mapping[str, Any]) -> str:
    day = entry["session_date"]
    where = "a run that is not in the log" if day is None else f"the run of {fmt.day(day)} {day.year}"
    moment = _MOMENTS.get(entry["moment"], "at a time that was not said")
    flags = ", ".join(flag.replace("_", " ") for flag in entry["red_flags"])
    return f"  {flags} ({where}, {moment}; entered {entry['entry_utc']:%Y-%m-%d %H:%M} UTC)"


def silence_text(silences: Sequence[Mapping[str, Any]]) -> str:
    """Return what was not heard of.

    Args:
        silences: rows of `silence`.
    """
    lines = [f"  {row['message']} (since {row['since_utc']:%Y-%m-%d %H:%M} UTC)" for row in silences]
    return "\n".join(["What has not been heard of for a while:", *lines, "", "`gaitkeeper doctor` says more."]) + "\n"


def left_out_sentences(withheld: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return one sentence a source whose sessions are left out of what goes to a clinician.

    Args:
        withheld: rows of `session`.
    """
    counts = Counter(str(row.get("source") or "an unknown source") for row in withheld)
    return tuple(
        f"{fmt.plural(count, 'session')} from {_source_name(source)} {'is' if count == 1 else 'are'} left out: "
        + ("Strava's terms." if source == "strava" else "config.toml doesn't let them reach a clinician.")
        for source, count in sorted(counts.items())
    )


def _source_name(source: str) -> str:
    return source.capitalize() if source in ("strava", "garmin") else source


def week_without(week: Week, hidden: Collection[str]) -> Week:
    """Return a week without some sessions, and without what they are part of: totals, limits of the week, "no session".

    What was deleted at its source goes, too: it tells of a session that may not be shown.
    """
    if not hidden:
        return week
    sessions = [row for row in week.sessions if row["session_id"] not in hidden]
    runs = [row for row in sessions if row["is_run"] and not row["is_excluded"]]
    return replace(
        week,
        summary={**week.summary, **dict.fromkeys(_TOTALS), "run_count": len(runs)},
        sessions=sessions,
        findings=[row for row in week.findings if row["session_id"] not in hidden],
        answers=[row for row in week.answers if row["session_id"] not in hidden],
        last_run_date=None,
        as_of_date=date.min,  # a day without a session that may be shown is no day without a session
        limits=(),
        withdrawals=(),
    )
