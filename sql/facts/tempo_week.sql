-- One row per run and fact of tempo and interval running in the seven local days that end with it.
with told as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        run.distance_m,
        tempo."value" as tempo_s,
        coalesce(bout.tempo_m, 0) as tempo_m,
        coalesce(bout.interval_m, 0) as interval_m
    from run_session as run
    left join measured_fact as tempo on tempo.session_id = run.session_id and tempo.fact = 'tempo_s'
    left join (
        select
            session_id,
            sum(distance_m) filter (kind = 'tempo') as tempo_m,
            sum(distance_m) filter (kind = 'interval') as interval_m
        from surge
        where not is_possible_only
        group by session_id
    ) as bout on bout.session_id = run.session_id
),

counted as (
    select
        *,
        count(*) filter (tempo_s > 0) over seven_days as tempo_sessions_7d,
        count(*) filter (tempo_s is null or distance_m is null) over seven_days as unknown_sessions_7d,
        sum(tempo_m) over seven_days as week_tempo_m,
        sum(interval_m) over seven_days as week_interval_m,
        sum(distance_m) over seven_days as week_m
    from told
    window seven_days as (
        partition by runner_id order by session_date range between interval 6 days preceding and current row
    )
)

select
    runner_id,
    session_id,
    unnest(['tempo_sessions_7d', 'tempo_week_share_ratio', 'interval_week_share_ratio']) as fact,
    if(
        unknown_sessions_7d = 0,
        unnest([cast(tempo_sessions_7d as double), week_tempo_m / week_m, week_interval_m / week_m]),
        null
    ) as "value",
    if(unknown_sessions_7d = 0, 'ok', 'not_assessable') as status,
    if(
        unknown_sessions_7d = 0, null, unknown_sessions_7d || ' run(s) of these seven days have no known tempo share'
    ) as detail
from counted
