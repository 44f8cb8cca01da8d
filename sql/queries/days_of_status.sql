-- Per runner: how many runs the whole log holds and the newest of them, and from which local day on the status of today
-- has to be judged: from the first day of the stage, or from some days ago where that is earlier.
with known_runner as (
    select distinct runner_id
    from journal_entry
    where entry_kind = 'runner' and ($runner_id is null or runner_id = $runner_id)
),

run as (
    select runner_id, count(*) as run_count, max(session_date) as last_run_date
    from run_session
    group by runner_id
),

stage as (
    select decision.runner_id, max(decision.from_date) as set_on_date
    from stage_decision as decision
    inner join as_of on as_of.as_of_date >= decision.from_date
    group by decision.runner_id
)

select
    known_runner.runner_id,
    coalesce(run.run_count, 0) as run_count,
    run.last_run_date,
    least(cast(as_of.as_of_date - to_days($day_count) as date), stage.set_on_date) as from_date
from known_runner
cross join as_of
left join run on run.runner_id = known_runner.runner_id
left join stage on stage.runner_id = known_runner.runner_id
