-- What was found in one runner's week, worst first within each session.
select *
from finding
where runner_id = $runner_id
    and session_date >= $week_start_date
    and session_date < $week_start_date + interval 7 days
    and outcome <> 'within_plan'
order by session_date, session_id, outcome_rank(outcome), fact, bound desc, limit_value
