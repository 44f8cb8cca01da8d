-- stop: a fact that one session has twice
select session_id, fact
from measured_fact
group by session_id, fact
having count(*) > 1
