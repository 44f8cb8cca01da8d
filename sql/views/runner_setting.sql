-- One row per setting of a runner and the days on which it holds: the first one said holds for all days before it too.
with said as (
    select
        runner_id,
        json_extract_string(data, '$.setting') as setting,
        json_extract_string(data, '$.value') as setting_value,
        try_cast(json_extract_string(data, '$.from_date') as date) as from_date,
        said_by,
        entry_utc,
        entry_id
    from journal_entry
    where entry_kind = 'runner' and json_extract_string(data, '$.setting') is not null
        -- a number that is none was edited by hand
        and (
            not regexp_matches(json_extract_string(data, '$.setting'), '_(mps|bpm|spm)$')
            or try_cast(json_extract_string(data, '$.value') as double) is not null
        )
),

latest_of_day as (
    select *
    from said
    where from_date is not null
    qualify row_number() over (partition by runner_id, setting, from_date order by entry_utc desc, entry_id desc) = 1
)

select
    runner_id,
    setting,
    setting_value,
    case
        when lag(from_date) over every_setting is null then date '0001-01-01' else from_date
    end as valid_from_date,
    coalesce(lead(from_date) over every_setting, date '9999-12-31') as valid_before_date,
    said_by,
    entry_utc
from latest_of_day
window every_setting as (partition by runner_id, setting order by from_date)
