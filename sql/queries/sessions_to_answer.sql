-- The sessions of one runner that an answer may be about.
select session_id, session_date, start_utc, utc_offset_s, elapsed_s, is_run
from measured_session
where runner_id = $runner_id
order by start_utc, session_id
