-- The local day of one runner's newest run, and the one that "today" means.
select (select max(session_date) from run_session where runner_id = $runner_id) as last_run_date, as_of_date
from as_of
