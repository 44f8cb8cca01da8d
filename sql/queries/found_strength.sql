-- Recorded sessions of one runner that look like strength or mobility work, newest first, with the kind of rehab work
-- that this would be, and whether the runner confirmed them.
select
    measured.session_id,
    measured.session_date,
    measured.sport,
    measured.sub_sport,
    measured.title,
    coalesce(measured.timer_s, measured.elapsed_s) as duration_s,
    if(measured.sub_sport in ('flexibility_training', 'yoga', 'pilates'), 'mobility', 'strength') as kind,
    coalesce(bool_or(rehab.session_id is not null), false) as is_confirmed
from measured_session as measured
anti join excluded_session as excluded on excluded.session_id = measured.session_id
left join rehab on rehab.session_id = measured.session_id
where measured.runner_id = $runner_id
    and not measured.is_run
    and (
        measured.sport in ('training', 'fitness_equipment')
        or measured.sub_sport in ('strength_training', 'flexibility_training', 'yoga', 'pilates')
    )
    and ($since_date is null or measured.session_date >= $since_date)
group by all
order by measured.session_date desc, measured.session_id
