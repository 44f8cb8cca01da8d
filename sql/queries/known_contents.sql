-- What one runner's log holds already: contents by their SHA-256, and refusals by where and why.
select distinct content_sha256, null as source_ref, null as reason
from recording
where runner_id = $runner_id
union
select distinct content_sha256, source_ref, reason
from quarantine
where runner_id = $runner_id
