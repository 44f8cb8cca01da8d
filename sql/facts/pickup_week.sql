-- One row per run: sessions with strides (pick-ups) in the seven local days that end with it.
with told as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        fact."value" as pickup_count,
        fact.status,
        fact.detail
    from run_session as run
    left join measured_fact as fact
        on fact.session_id = run.session_id and fact.fact = 'pickup_count'
),

counted as (
    select
        *,
        count(*) filter (pickup_count > 0) over seven_days as pickup_sessions_7d,
        count(*) filter (pickup_count is null) over seven_days as unknown_sessions_7d
    from told
    window seven_days as (
        partition by runner_id order by session_date range between interval 6 days preceding and current row
    )
)

select
    runner_id,
    session_id,
    'pickup_sessions_7d' as fact,
    if(unknown_sessions_7d = 0, cast(pickup_sessions_7d as double), null) as "value",
    if(unknown_sessions_7d = 0, 'ok', 'not_assessable') as status,
    if(
        unknown_sessions_7d = 0, null, unknown_sessions_7d || ' run(s) of these seven days can''t be searched for strides'
    ) as detail
from counted
