-- The facts of the sessions that some verdicts rest on.
select fact.*
from measured_fact as fact
semi join measured_session as known on known.session_id = fact.session_id
