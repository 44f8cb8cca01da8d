-- One row per run: how many things are new or more than ever in the 28 days before, within the seven days that end with
-- it: a longer run (by more than 5 %), more runs a week, strides, tempo, intervals, hills. One at a time is the rule.
with week as (
    select
        run.*,
        max(distance_m) over seven_days as longest_7d_m,
        max(distance_m) over before as longest_before_m,
        count(*) over seven_days as runs_7d,
        coalesce(max(pickup_count) over seven_days > 0, false) and coalesce(max(pickup_count) over before, 0) = 0 as is_new_pickup,
        coalesce(max(tempo_s) over seven_days > 0, false) and coalesce(max(tempo_s) over before, 0) = 0 as is_new_tempo,
        coalesce(max(interval_count) over seven_days > 0, false) and coalesce(max(interval_count) over before, 0) = 0
            as is_new_interval,
        coalesce(max(uphill_3pct_s) over seven_days >= 60, false) and coalesce(max(uphill_3pct_s) over before, 0) < 60
            as is_new_hill,
        count(*) over before as runs_before
    from run_effort as run
    window
        seven_days as (
            partition by runner_id order by session_date range between interval 6 days preceding and current row
        ),
        before as (
            partition by runner_id order by session_date
            range between interval 34 days preceding and interval 7 days preceding
        )
),

compared as (
    select
        runner_id,
        session_id,
        runs_before,
        list_filter(
            [
                if(longest_7d_m > 1.05 * longest_before_m, 'a longer run', null),
                if(runs_7d > max(runs_7d) over before, 'more runs a week', null),
                if(is_new_pickup, 'strides', null),
                if(is_new_tempo, 'tempo', null),
                if(is_new_interval, 'intervals', null),
                if(is_new_hill, 'hills', null)
            ],
            lambda what: what is not null
        ) as what_changed
    from week
    window before as (
        partition by runner_id order by session_date
        range between interval 34 days preceding and interval 7 days preceding
    )
)

select
    runner_id,
    session_id,
    'changed_variables_7d' as fact,
    if(runs_before > 0, cast(len(what_changed) as double), null) as "value",
    if(runs_before > 0, 'ok', 'not_assessable') as status,
    case
        when runs_before = 0 then 'no run in the four weeks before these seven days to compare with'
        else nullif(array_to_string(what_changed, ', '), '')
    end as detail
from compared
