-- One row per run and fact of its place among the hard ones, in full local days between; hard is a run with strides,
-- intervals, tempo or hard blocks. A run that is not hard itself has nothing to be too near to.
with told as (
    select
        *,
        pickup_count > 0 as has_pickups,
        coalesce(pickup_count > 0, false)
        or coalesce(interval_count > 0, false)
        or coalesce(tempo_s > 0, false)
        or coalesce(hard_s > 0, false) as is_hard,
        pickup_count is null and interval_count is null and tempo_s is null as is_unknown
    from run_effort
),

placed as (
    select
        *,
        max(session_date) filter (is_hard) over before as hard_date_before,
        max(session_date) filter (has_pickups) over before as pickup_date_before,
        bool_or(is_hard) over earlier_that_day as is_hard_earlier_that_day
    from told
    window
        before as (
            partition by runner_id order by session_date
            range between unbounded preceding and interval 1 day preceding
        ),
        earlier_that_day as (
            partition by runner_id, session_date order by start_utc, session_id
            rows between unbounded preceding and 1 preceding
        )
)

select
    runner_id,
    session_id,
    unnest(['days_between_hard_sessions', 'rest_days_after_pickups', 'tempo_on_hills_count']) as fact,
    unnest([
        case
            when not is_hard then null
            when is_hard_earlier_that_day then 0
            else cast(date_diff('day', hard_date_before, session_date) - 1 as double)
        end,
        cast(date_diff('day', pickup_date_before, session_date) - 1 as double),
        case
            when tempo_s = 0 then 0
            when tempo_s > 0 and uphill_3pct_s is not null then if(uphill_3pct_s >= 60, 1, 0)
        end
    ]) as "value",
    unnest([
        if(is_unknown, 'not_assessable', 'ok'),
        'ok',
        if(tempo_s is null or (tempo_s > 0 and uphill_3pct_s is null), 'not_assessable', 'ok')
    ]) as status,
    unnest([
        case
            when is_unknown then 'it can''t be told whether this run was a hard one'
            when not is_hard then 'not a hard run'
            when hard_date_before is null and not coalesce(is_hard_earlier_that_day, false) then 'no hard run before this one'
        end,
        if(pickup_date_before is null, 'no run with strides before this one', null),
        case
            when tempo_s is null then 'the tempo running is not known'
            when tempo_s > 0 and uphill_3pct_s is null then 'the hills are not known'
        end
    ]) as detail
from placed
