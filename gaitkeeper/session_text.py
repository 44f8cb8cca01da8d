"""One session as text: what was found, what it was, what is not known, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.reports import format as fmt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Rows = "Sequence[Mapping[str, Any]]"


def session_lines(session: Mapping[str, Any], parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Yield the lines of one session.

    Args:
        session: a row of `session`.
        parts: its rows of findings, facts, recordings, surges, climbs and zones.
    """
    day = session["session_date"]
    yield f"Session {session['session_id']}, {fmt.day(day)} {day.year}, {session['sport']}"
    yield f"  Stage {session['stage_id'] or 'not set'}; verdict: {fmt.OUTCOME_WORDS[session['verdict']]}"
    yield (
        f"  {fmt.distance(session['distance_m'])}, moving {fmt.duration(session['moving_s'])}, "
        f"running {fmt.duration(session['run_s'])} at {fmt.pace(session['mean_run_speed_mps'])}, "
        f"{fmt.cadence(session['mean_run_cadence_spm'])}, ascent {fmt.metres(session['ascent_m'])} "
        f"({session['altitude_source']} altitude)"
    )
    yield from _corrections(parts)
    yield ""
    yield "Findings, worst first"
    for row in _findings(parts["findings"]):
        aside = f" [set aside by {row['overridden_by']}: {row['override_reason']}]" if row["overridden_by"] else ""
        yield f"  {fmt.OUTCOME_WORDS[row['outcome']]}: {row['message']}{aside}"
    if not parts["findings"]:
        yield "  none: this session is not a run, or too short to be judged"
    yield from _bouts(parts)
    yield ""
    yield "Facts"
    yield from fmt.table(
        ["Fact", "Value", "Unit", "Detail"], [_fact(row) for row in parts["facts"] if row["status"] == "ok"]
    )
    unknown = [row for row in parts["facts"] if row["status"] != "ok"]
    if unknown:
        yield ""
        yield "Not known"
        yield from (f"  {row['fact']}: {row['status'].replace('_', ' ')}, {row['detail']}" for row in unknown)
    yield ""
    yield "Recordings"
    for row in parts["recordings"]:
        speaks = "speaks for the session" if row["is_primary"] else "a further copy"
        damage = f"; damaged: {row['damage']}" if row["damage"] else ""
        yield f"  {row['file_name']} ({row['device_name'] or 'unknown device'}, {row['decoder']}): {speaks}{damage}"
        lent = [field["field"] for field in parts["fields"] if field["recording_id"] == row["recording_id"]]
        if lent and not row["is_primary"]:
            yield f"    lends {', '.join(lent)}"


def _findings(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the findings to be told: where a red flag stands, it stands alone."""
    red = [row for row in rows if row["outcome"] == "contact_clinician" and row["overridden_by"] is None]
    return red or rows


def _corrections(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    for row in parts["corrections"]:
        value = "" if row["correction_value"] is None else f" {row['correction_value']}"
        reason = "" if row["reason"] is None else f" ({row['reason']})"
        yield f"  Corrected by {row['said_by']}: {row['correction']}{value}{reason}; undo {row['entry_id']}"


def _fact(row: Mapping[str, Any]) -> list[str]:
    value = fmt.MISSING if row["value"] is None else f"{row['value']:.2f}".rstrip("0").rstrip(".")
    return [row["fact"], value, row["unit"] or "", row["detail"] or ""]


def _bouts(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    if parts["surges"]:
        yield ""
        yield "Faster bouts"
        for row in parts["surges"]:
            kind = "stride (pick-up)" if row["kind"] == "pickup" else row["kind"]
            possible = "possibly a " if row["is_possible_only"] else ""
            stretch = f"at {fmt.duration(row['start_s'])} for {row['duration_s']:.0f} s at {fmt.pace(row['speed_mps'])}"
            yield f"  {stretch}: {possible}{kind}"
    if parts["climbs"]:
        yield ""
        yield "Climbs and descents"
        for row in parts["climbs"]:
            where = f"at {fmt.duration(row['start_s'])} {row['direction']} {row['gain_m']:.0f} m"
            length = f"{row['distance_m']:.0f} m in {fmt.duration(row['duration_s'])}"
            yield f"  {where} over {length}, mean {row['mean_grade_pct']:.1f} %"
