-- The files behind some sessions.
select distinct runner_id, content_sha256
from recording
where session_id in (select unnest($session_ids))
order by all
