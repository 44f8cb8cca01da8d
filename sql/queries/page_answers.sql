-- The last word on each moment of some sessions of one runner.
select *
from moment_answer
where runner_id = $runner_id and session_id in (select unnest($session_ids))
order by session_id, list_position(['before', 'during', 'after', 'next_morning'], moment)
