-- The stored recordings of some archived contents.
select recording_id, runner_id, content_sha256
from recording
where content_sha256 in (select unnest($content_sha256s))
order by recording_id
