-- The facts of the sessions of some local days, history and answers among them.
select fact.*
from session_fact as fact
semi join (
    select session_id from measured_session where session_date between $from_date and $last_date
) as asked on asked.session_id = fact.session_id
