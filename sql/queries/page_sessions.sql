-- The newest sessions of one runner that count, the newest first.
select *
from "session"
where runner_id = $runner_id and not is_excluded
order by start_utc desc, session_id
limit $session_count
