-- The sessions that the verdicts on some local days rest on: their own, those of the 60 days before, and of each runner
-- what a fact may reach back to beyond them: the newest session and run before, the newest hard run and the newest one
-- with strides; and the newest session and run of all, which say how far the log reaches. The farthest bounded look back
-- is 40 days (`changed_variables`: the weeks that end in the 34 days before).
with effort as (
    select session_id, bool_or(fact = 'pickup_count') as has_pickups
    from measured_fact
    where fact in ('pickup_count', 'interval_count', 'tempo_s', 'hard_s') and "value" > 0
    group by session_id
),

asked as (
    select
        measured.session_id,
        measured.runner_id,
        measured.session_date,
        run.session_id is not null as counts,
        counts and effort.session_id is not null as is_hard,
        counts and coalesce(effort.has_pickups, false) as has_pickups,
        measured.session_date < $from_date - interval 60 days as is_earlier
    from measured_session as measured
    left join run_session as run on run.session_id = measured.session_id
    left join effort on effort.session_id = measured.session_id
    where $runner_id is null or measured.runner_id = $runner_id
),

reached as (
    select
        runner_id,
        [
            max(session_date),
            max(session_date) filter (counts),
            max(session_date) filter (is_earlier),
            max(session_date) filter (is_earlier and counts),
            max(session_date) filter (is_earlier and is_hard),
            max(session_date) filter (is_earlier and has_pickups)
        ] as session_dates
    from asked
    group by runner_id
)

select measured.*
from measured_session as measured
inner join reached on reached.runner_id = measured.runner_id
where measured.session_date between $from_date - interval 60 days and $last_date
    or list_contains(reached.session_dates, measured.session_date)
