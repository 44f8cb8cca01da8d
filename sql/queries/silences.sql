-- What has fallen silent, for one runner or all.
select runner_id, source, kind, since_utc, message
from silence
where $runner_id is null or runner_id = $runner_id
order by runner_id, since_utc, kind, source
