-- One row per runner: the stage today, and what is known of the log.
select
    runner.runner_id,
    as_of.as_of_date,
    stage.stage_id,
    stage.stage_name,
    stage.set_by,
    stage.set_on_date,
    stage.protocol_version,
    (select max(session_date) from run_session where runner_id = runner.runner_id) as last_run_date,
    (select count(*) from run_session where runner_id = runner.runner_id) as run_count,
    (
        select count(distinct session_id) from flagged where runner_id = runner.runner_id
        and session_date > as_of.as_of_date - interval 7 days and session_date <= as_of.as_of_date
    ) as flagged_7d_count,
    (
        select count(distinct session_id) from finding where runner_id = runner.runner_id
        and session_date > as_of.as_of_date - interval 7 days and session_date <= as_of.as_of_date
        and outcome in ('not_assessable', 'pending')
    ) as unknown_7d_count,
    (
        select max(ended_utc) from sync_run where runner_id = runner.runner_id and state <> 'failed'
    ) as last_sync_utc
from runner
cross join as_of
left join stage_today as stage on stage.runner_id = runner.runner_id
where $runner_id is null or runner.runner_id = $runner_id
order by runner.runner_id
