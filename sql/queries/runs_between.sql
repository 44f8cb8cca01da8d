-- The runs of one runner in a span of local days, the last one included.
select session_id, session_date
from run_session
where runner_id = $runner_id and session_date between $first_date and $last_date
order by session_date, session_id
