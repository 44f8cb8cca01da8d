-- The first and the last local day of some sessions.
select min(session_date) as from_date, max(session_date) as last_date
from measured_session
where session_id in (select unnest($session_ids))
