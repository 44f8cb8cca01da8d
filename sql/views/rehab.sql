-- One row per rehab entry, those taken back left out. `session_id` names the recorded strength session that the runner
-- confirmed, where there is one.
with said as (
    select
        entry.*,
        json_extract_string(entry.data, '$.undone_entry_id') as undone_entry_id
    from journal_entry as entry
    where entry.entry_kind = 'rehab'
)

select
    said.runner_id,
    try_cast(json_extract_string(said.data, '$.rehab_date') as date) as rehab_date,
    json_extract_string(said.data, '$.kind') as kind,
    json_extract_string(said.data, '$.exercise') as exercise,
    try_cast(json_extract_string(said.data, '$.sets') as integer) as sets,
    try_cast(json_extract_string(said.data, '$.reps') as integer) as reps,
    try_cast(json_extract_string(said.data, '$.load_kg') as double) as load_kg,
    try_cast(json_extract_string(said.data, '$.duration_s') as double) as duration_s,
    coalesce(recording.session_id, json_extract_string(said.data, '$.session_id')) as session_id,
    said.entry_utc,
    said.entry_id,
    said.said_by
from said
anti join said as undo on undo.undone_entry_id = said.entry_id and undo.runner_id = said.runner_id
left join recording on recording.recording_id = json_extract_string(said.data, '$.session_id')
where said.undone_entry_id is null and rehab_date is not null
