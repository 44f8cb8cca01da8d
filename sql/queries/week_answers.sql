-- What was said of the hip at each moment of the runs of one runner's week.
select answer.session_id, answer.moment, answer.pain_0_10
from moment_answer as answer
inner join run_session as run on run.session_id = answer.session_id
where run.runner_id = $runner_id
    and run.session_date >= $week_start_date
    and run.session_date < $week_start_date + interval 7 days
order by answer.session_id, answer.moment
