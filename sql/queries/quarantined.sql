-- What could not be read, newest first; a file that came half and then whole under the same name is no longer among it.
with whole as (
    select distinct runner_id, source, source_ref, session_id
    from recording
    where damage is null
),

mended as (
    select distinct broken.runner_id, broken.source, broken.source_ref, broken.content_sha256
    from quarantine as broken
    inner join whole using (runner_id, source, source_ref)
    left join recording as part
        on part.runner_id = broken.runner_id and part.content_sha256 = broken.content_sha256
    -- the half was the same run, or too little to tell
    where part.session_id is null or part.session_id = whole.session_id
)

select quarantine.*
from quarantine
anti join mended
    on mended.runner_id = quarantine.runner_id
    and mended.source = quarantine.source
    and mended.source_ref = quarantine.source_ref
    and mended.content_sha256 is not distinct from quarantine.content_sha256
where $runner_id is null or quarantine.runner_id = $runner_id
order by quarantine.first_seen_utc desc, quarantine.file_name
