-- The red flags that stand for some sessions, with the moment that they were said for.
select session_id, moment, unnest(red_flags) as red_flag
from moment_answer
where session_id in (select unnest($session_ids)) and len(red_flags) > 0
order by session_id, moment, red_flag
