-- Every stage decision of one runner, also those that a later one replaced, in the order in which they were made.
select
    runner_id,
    json_extract_string(data, '$.stage_id') as stage_id,
    try_cast(json_extract_string(data, '$.from_date') as date) as from_date,
    said_by as set_by,
    entry_utc,
    json_extract_string(data, '$.reason') as reason,
    json_extract_string(data, '$.protocol_version') as protocol_version,
    json_extract_string(data, '$.criteria_then') as criteria_then
from journal_entry
where entry_kind = 'stage' and ($runner_id is null or runner_id = $runner_id)
order by runner_id, entry_utc, entry_id
