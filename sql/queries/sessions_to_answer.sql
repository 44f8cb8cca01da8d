-- The sessions of one runner that an answer may be about, or the one that is named.
select session_id, session_date, start_utc, utc_offset_s, elapsed_s
from measured_session
where runner_id = $runner_id and ($session_id is null or session_id = $session_id)
order by start_utc, session_id
