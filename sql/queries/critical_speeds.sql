-- The critical speed that the log itself tells for some sessions.
select session_id, critical_speed_mps
from critical_speed_estimate
where session_id in (select unnest($session_ids))
