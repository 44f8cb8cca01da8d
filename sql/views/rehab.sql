-- One row per rehab entry.
select
    runner_id,
    try_cast(json_extract_string(data, '$.rehab_date') as date) as rehab_date,
    json_extract_string(data, '$.kind') as kind,
    json_extract_string(data, '$.exercise') as exercise,
    try_cast(json_extract_string(data, '$.sets') as integer) as sets,
    try_cast(json_extract_string(data, '$.reps') as integer) as reps,
    try_cast(json_extract_string(data, '$.load_kg') as double) as load_kg,
    try_cast(json_extract_string(data, '$.duration_s') as double) as duration_s,
    entry_utc
from journal_entry
where entry_kind = 'rehab' and try_cast(json_extract_string(data, '$.rehab_date') as date) is not null
