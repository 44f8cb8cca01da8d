-- The sessions of one runner's week, in the order of time.
select *
from "session"
where runner_id = $runner_id
    and session_date >= $week_start_date
    and session_date < $week_start_date + interval 7 days
order by start_utc, session_id
