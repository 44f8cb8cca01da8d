-- The steady minutes of one runner in a span of local days, one row a run.
select
    run.session_id,
    run.session_date,
    list(minute.speed_mps order by minute.start_s) as speeds_mps,
    list(minute.cadence_spm order by minute.start_s) as cadences_spm
from run_session as run
inner join cadence_minute as minute on minute.session_id = run.session_id
where run.runner_id = $runner_id and run.session_date between $first_date and $last_date
group by run.session_id, run.session_date
order by run.session_date, run.session_id
