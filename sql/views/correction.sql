-- One row per correction that holds: the last word of its kind about its target, those taken back left out.
with said as (
    select
        entry_id,
        entry_utc,
        runner_id,
        said_by,
        json_extract_string(data, '$.correction') as correction,
        json_extract_string(data, '$.recording_id') as recording_id,
        json_extract_string(data, '$.other_recording_id') as other_recording_id,
        json_extract_string(data, '$.value') as correction_value,
        json_extract_string(data, '$.reason') as reason,
        json_extract_string(data, '$.undone_entry_id') as undone_entry_id
    from journal_entry
    where entry_kind = 'correction'
)

select said.* exclude (undone_entry_id)
from said
anti join said as undo on undo.undone_entry_id = said.entry_id
where said.correction <> 'undo'
qualify row_number() over (
    partition by
        least(said.recording_id, coalesce(said.other_recording_id, said.recording_id)),
        greatest(said.recording_id, coalesce(said.other_recording_id, said.recording_id)),
        if(said.correction in ('same', 'different'), 'pair', said.correction)
    order by said.entry_utc desc, said.entry_id desc
) = 1
