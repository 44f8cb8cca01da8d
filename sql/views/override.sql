-- One row per finding that a clinician set aside, with the reason; the last word about a session and fact holds.
select
    recording.session_id,
    json_extract_string(entry.data, '$.fact') as fact,
    entry.said_by as overridden_by,
    json_extract_string(entry.data, '$.reason') as override_reason,
    entry.entry_utc,
    entry.entry_id
from journal_entry as entry
inner join recording on recording.recording_id = json_extract_string(entry.data, '$.recording_id')
where entry.entry_kind = 'override'
qualify
    row_number() over (
        partition by recording.session_id, json_extract_string(entry.data, '$.fact')
        order by entry.entry_utc desc, entry.entry_id desc
    ) = 1
    and json_extract_string(entry.data, '$.is_undone') is distinct from 'true'
