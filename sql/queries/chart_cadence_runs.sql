-- The runs of one runner that have minutes of flat, steady running, with their middle and their matched cadence, in order.
select
    run.session_id,
    run.session_date,
    count(*) as minute_count,
    median(minute.speed_mps) as speed_mps,
    median(minute.cadence_spm) as cadence_spm,
    any_value(matched."value") as cadence_ratio,
    any_value(judged.may_reach_clinician) as may_reach_clinician
from run_session as run
inner join cadence_minute as minute on minute.session_id = run.session_id
inner join "session" as judged on judged.session_id = run.session_id
left join matched_cadence as matched on matched.session_id = run.session_id
where run.runner_id = $runner_id
group by run.session_id, run.session_date, run.start_utc
order by run.start_utc, run.session_id
