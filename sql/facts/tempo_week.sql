-- One row per run and fact of tempo and interval running in the seven local days that end with it.
with bout as (
    select
        session_id,
        sum(distance_m) filter (kind = 'tempo') as tempo_m,
        sum(distance_m) filter (kind = 'interval') as interval_m
    from surge
    where not is_possible_only
    group by session_id
),

told as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        run.distance_m,
        run.tempo_s,
        run.interval_count,
        coalesce(bout.tempo_m, 0) as tempo_m,
        coalesce(bout.interval_m, 0) as interval_m
    from run_effort as run
    left join bout on bout.session_id = run.session_id
),

counted as (
    select
        *,
        count(*) filter (tempo_s > 0) over seven_days as tempo_sessions_7d,
        count(*) filter (interval_count > 0) over seven_days as interval_sessions_7d,
        count(*) filter (tempo_s is null or distance_m is null) over seven_days as unknown_tempo_7d,
        count(*) filter (interval_count is null or distance_m is null) over seven_days as unknown_interval_7d,
        sum(tempo_m) over seven_days as week_tempo_m,
        sum(interval_m) over seven_days as week_interval_m,
        sum(distance_m) over seven_days as week_m
    from told
    window seven_days as (
        partition by runner_id order by session_date range between interval 6 days preceding and current row
    )
),

long_form as (
    select
        runner_id,
        session_id,
        unnest([
            {fact: 'tempo_sessions_7d', told: tempo_sessions_7d, unknown_7d: unknown_tempo_7d, what: 'tempo'},
            {fact: 'tempo_week_share_ratio', told: week_tempo_m / week_m, unknown_7d: unknown_tempo_7d, what: 'tempo'},
            {fact: 'interval_sessions_7d', told: interval_sessions_7d, unknown_7d: unknown_interval_7d, what: 'intervals'},
            {
                fact: 'interval_week_share_ratio',
                told: week_interval_m / week_m,
                unknown_7d: unknown_interval_7d,
                what: 'intervals'
            }
        ]) as entry
    from counted
)

select
    runner_id,
    session_id,
    entry.fact as fact,
    if(entry.unknown_7d = 0, cast(entry.told as double), null) as "value",
    if(entry.unknown_7d = 0, 'ok', 'not_assessable') as status,
    if(entry.unknown_7d = 0, null, 'the ' || entry.what || ' of ' || entry.unknown_7d || ' run(s) of these seven days can''t be told')
        as detail
from long_form
