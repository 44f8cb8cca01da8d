-- The protocols that were adopted for each runner, by their first day; the last word about a day holds.
select
    runner_id,
    cast(json_extract_string(data, '$.from_date') as date) as from_date,
    json_extract_string(data, '$.protocol_text') as protocol_text
from journal_entry
where entry_kind = 'protocol'
qualify
    row_number() over (
        partition by runner_id, json_extract_string(data, '$.from_date') order by entry_utc desc, entry_id desc
    ) = 1
order by runner_id, from_date
