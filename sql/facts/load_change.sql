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
        ) as week_so_far_m,
        count(*) filter (distance_m is null) over (
            partition by runner_id, date_trunc('week', session_date) order by start_utc, session_id
        ) as unknown_so_far_count
    from run_session
),

week as (
    select
        runner_id,
        week_start_date,
        sum(distance_m) as week_m,
        count(*) filter (distance_m is null) as unknown_count
    from measured
    group by runner_id, week_start_date
),

compared as (
    select
        measured.*,
        if(measured.unknown_so_far_count = 0, measured.week_so_far_m, null) as week_known_m,
        if(week_before.unknown_count = 0, week_before.week_m, null) as week_before_m,
        measured.unknown_so_far_count + coalesce(week_before.unknown_count, 0) as unknown_count
    from measured
    left join week as week_before
        on week_before.runner_id = measured.runner_id
        and week_before.week_start_date = measured.week_start_date - interval 7 days
)

select
    runner_id,
    session_id,
    unnest(['distance_to_longest_30d_ratio', 'week_distance_change_ratio']) as fact,
    unnest([distance_m / longest_30d_m, week_known_m / week_before_m - 1]) as "value",
    unnest([
        if(distance_m / longest_30d_m is null, 'not_assessable', 'ok'),
        if(week_known_m / week_before_m is null, 'not_assessable', 'ok')
    ]) as status,
    unnest([
        case
            when distance_m is null then 'no distance was recorded'
            when longest_30d_m is null then 'no run with a distance in the 30 days before'
        end,
        case
            when unknown_count > 0 then unknown_count || ' run(s) of this week or the one before have no distance'
            when week_before_m is null then 'no run in the week before'
        end
    ]) as detail
from compared
