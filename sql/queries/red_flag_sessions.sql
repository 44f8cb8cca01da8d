-- The red flags that stand today, by session: what the immediate check compares with what it saw before.
select runner_id, session_id, fact, observed
from flagged
where outcome = 'contact_clinician' and session_date >= $since_date
order by runner_id, session_id, fact
