-- Every session with its verdict: what a rebuild is compared by.
select session_id, runner_id, session_date, verdict
from session
where is_run
order by session_date, session_id
