-- One row per symptom entry and moment; a later entry for the same session and moment takes its place in the
-- facts. `red_flags` is NULL where nobody asked, empty where the answer was none.
select
    entry.runner_id,
    coalesce(recording.session_id, json_extract_string(entry.data, '$.session_id')) as session_id,
    entry.entry_utc,
    json_extract_string(entry.data, '$.moment') as moment,
    try_cast(json_extract_string(entry.data, '$.pain_0_10') as integer) as pain_0_10,
    json_extract_string(entry.data, '$.side') as side,
    json_extract_string(entry.data, '$.place') as place,
    json_extract_string(entry.data, '$.phase') as phase,
    60 * try_cast(json_extract_string(entry.data, '$.onset_minute') as double) as onset_s,
    try_cast(json_extract(entry.data, '$.red_flags') as varchar[]) as red_flags,
    entry.entry_id,
    entry.said_by
from journal_entry as entry
left join recording
    on recording.recording_id = json_extract_string(entry.data, '$.session_id')
where entry.entry_kind = 'symptom'
