-- One row per stage decision of a clinician that holds on some day: the last word for its first day.
select
    runner_id,
    json_extract_string(data, '$.stage_id') as stage_id,
    try_cast(json_extract_string(data, '$.from_date') as date) as from_date,
    said_by as set_by,
    entry_utc,
    json_extract_string(data, '$.reason') as reason
from journal_entry
where entry_kind = 'stage' and try_cast(json_extract_string(data, '$.from_date') as date) is not null
qualify row_number() over (partition by runner_id, from_date order by entry_utc desc, entry_id desc) = 1
