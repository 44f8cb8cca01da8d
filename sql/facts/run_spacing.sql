-- One row per run and fact of its place among the others, in local days: rest before it, runs in seven days.
with spaced as (
    select
        runner_id,
        session_id,
        session_date,
        date_diff(
            'day',
            lag(session_date) over (partition by runner_id order by start_utc, session_id),
            session_date
        ) as days_since_previous_run,
        count(*) over (
            partition by runner_id order by session_date
            range between interval 6 days preceding and current row
        ) as runs_7d
    from run_session
)

select
    runner_id,
    session_id,
    unnest(['days_since_previous_run', 'rest_days_before', 'runs_7d']) as fact,
    unnest([
        cast(days_since_previous_run as double),
        -- greatest() passes over NULL: without the guard a first run would have 0 days of rest
        if(days_since_previous_run is null, null, cast(greatest(days_since_previous_run - 1, 0) as double)),
        cast(runs_7d as double)
    ]) as "value",
    unnest([
        if(days_since_previous_run is null, 'not_assessable', 'ok'),
        if(days_since_previous_run is null, 'not_assessable', 'ok'),
        'ok'
    ]) as status,
    unnest([
        if(days_since_previous_run is null, 'this is the first run of the log', null),
        if(days_since_previous_run is null, 'this is the first run of the log', null),
        null
    ]) as detail
from spaced
