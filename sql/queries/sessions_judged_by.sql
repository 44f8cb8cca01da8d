-- The sessions that the verdicts on some local days rest on: their own, those of the 60 days before, and of each runner
-- what a fact may reach back to beyond them: the newest session and run before, the newest hard run and the newest one
-- with strides; and the newest session and run of all, which say how far the log reaches. The farthest bounded look back
-- is 40 days (`changed_variables`: the weeks that end in the 34 days before).
with asked as (
    select * from measured_session where $runner_id is null or runner_id = $runner_id
),

effort as (
    select fact.session_id, bool_or(fact.fact = 'pickup_count') as has_pickups
    from measured_fact as fact
    where fact.fact in ('pickup_count', 'interval_count', 'tempo_s', 'hard_s') and fact."value" > 0
    group by fact.session_id
),

earlier as (
    select asked.runner_id, asked.session_date, run.session_id is not null as is_run, effort.has_pickups
    from asked
    left join run_session as run on run.session_id = asked.session_id
    left join effort on effort.session_id = run.session_id
    where asked.session_date < $from_date - interval 60 days
),

reached as (
    select
        runner_id,
        unnest([
            max(session_date),
            max(session_date) filter (is_run),
            max(session_date) filter (has_pickups is not null),
            max(session_date) filter (has_pickups)
        ]) as session_date
    from earlier
    group by runner_id
    union
    select asked.runner_id, unnest([max(asked.session_date), max(run.session_date)]) as session_date
    from asked
    left join run_session as run on run.session_id = asked.session_id
    group by asked.runner_id
)

select asked.*
from asked
where asked.session_date between $from_date - interval 60 days and $last_date
union
select asked.*
from asked
semi join reached on reached.runner_id = asked.runner_id and reached.session_date = asked.session_date
