-- One row per thing that the intake holds of a runner, the last word on it; what was taken back is left out, and "none"
-- of the higher concerns gives way to any that is there.
with said as (
    select
        runner_id,
        json_extract_string(data, '$.item') as item,
        json_extract_string(data, '$.value') as item_value,
        coalesce(try_cast(json_extract_string(data, '$.is_withdrawn') as boolean), false) as is_withdrawn,
        said_by,
        entry_utc,
        entry_id
    from journal_entry
    where entry_kind = 'intake'
),

latest as (
    select *
    from said
    where item is not null and (item_value is not null or is_withdrawn)
    qualify
        row_number() over (
            partition by runner_id, item, if(item = 'higher_concern', item_value, null)
            order by entry_utc desc, entry_id desc
        ) = 1
)

select runner_id, item, item_value, said_by, entry_utc, entry_id
from latest
where not is_withdrawn
qualify
    item <> 'higher_concern'
    or item_value <> 'none'
    or count(*) filter (item_value <> 'none') over (partition by runner_id, item) = 0
