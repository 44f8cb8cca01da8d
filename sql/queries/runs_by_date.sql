-- The runs of one runner by their local day.
select session_date, session_id, start_utc
from run_session
where runner_id = $runner_id
order by start_utc, session_id
