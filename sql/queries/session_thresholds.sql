-- Every session with the digest of the thresholds it was derived with.
select runner_id, session_id, session_date, threshold_digest
from measured_session
order by runner_id, start_utc, session_id
