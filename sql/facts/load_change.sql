-- One row per run and fact of growth: its distance against the longest run of the 30 days before, and the distance of
-- its ISO week so far against the whole week before. Calendar weeks, since a rolling week holds three runs on one day
-- and four on the next for a runner who runs every other day.
with measured as (
    select
        runner_id,
        session_id,
        distance_m,
        cast(date_trunc('week', session_date) as date) as week_start_date,
        max(distance_m) over (
            partition by runner_id order by session_date
            range between interval 30 days preceding and interval 1 day preceding
        ) as longest_30d_m,
        sum(distance_m) over (
            partition by runner_id, date_trunc('week', session_date) order by start_utc, session_id
        ) as week_so_far_m
    from run_session
),

week as (
    select runner_id, week_start_date, sum(distance_m) as week_m
    from measured
    group by runner_id, week_start_date
),

compared as (
    select measured.*, week_before.week_m as week_before_m
    from measured
    left join week as week_before
        on week_before.runner_id = measured.runner_id
        and week_before.week_start_date = measured.week_start_date - interval 7 days
)

select
    runner_id,
    session_id,
    unnest(['distance_to_longest_30d_ratio', 'week_distance_change_ratio']) as fact,
    unnest([distance_m / longest_30d_m, week_so_far_m / week_before_m - 1]) as "value",
    unnest([
        if(distance_m / longest_30d_m is null, 'not_assessable', 'ok'),
        if(week_so_far_m / week_before_m is null, 'not_assessable', 'ok')
    ]) as status,
    unnest([
        case
            when distance_m is null then 'no distance was recorded'
            when longest_30d_m is null then 'no run with a distance in the 30 days before'
        end,
        case
            when week_so_far_m is null then 'no distance was recorded'
            when week_before_m is null then 'no run with a distance in the week before'
        end
    ]) as detail
from compared
