-- One row per piece of planned rehab work and the days on which it holds; it always ends. A later word about the same
-- exercise takes over from its own first day; stopping is a plan of none. `exercise` is "any" for whatever of its kind.
with said as (
    select
        runner_id,
        json_extract_string(data, '$.kind') as kind,
        json_extract_string(data, '$.exercise') as exercise,
        trim(regexp_replace(lower(json_extract_string(data, '$.exercise')), '[^\pL\pN]+', ' ', 'g')) as exercise_key,
        try_cast(json_extract_string(data, '$.per_week_count') as integer) as per_week_count,
        try_cast(json_extract_string(data, '$.from_date') as date) as from_date,
        try_cast(json_extract_string(data, '$.until_date') as date) as until_date,
        said_by,
        entry_utc,
        entry_id
    from journal_entry
    where entry_kind = 'rehab_plan'
),

latest_of_day as (
    select *
    from said
    where from_date is not null and until_date is not null and per_week_count is not null
    qualify
        row_number() over (
            partition by runner_id, kind, exercise_key, from_date order by entry_utc desc, entry_id desc
        ) = 1
),

spanned as (
    select
        *,
        least(
            cast(until_date + interval 1 day as date),
            coalesce(lead(from_date) over (partition by runner_id, kind, exercise_key order by from_date), date '9999-12-31')
        ) as valid_before_date
    from latest_of_day
)

select
    runner_id,
    kind,
    exercise,
    exercise_key,
    per_week_count,
    from_date as valid_from_date,
    valid_before_date,
    said_by,
    entry_utc
from spanned
where per_week_count > 0 and valid_before_date > from_date
