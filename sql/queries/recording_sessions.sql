-- Which session each recording belongs to, and what ranks it among copies: those that may be one of several copies, since
-- they share minutes with another, were named in a correction, or don't lead a session of their own; and their leaders.
with named as (
    select recording_id from overlap
    union
    select other_recording_id from overlap
    union
    select unnest($recording_ids)
    union
    select recording_id from recording where recording_id <> session_id
    union
    select session_id from recording where recording_id <> session_id
)

select
    recording_id,
    session_id,
    content_sha256,
    file_format,
    sample_count,
    has_barometer,
    has_cadence,
    cast([] as integer[]) as recorded_minutes
from recording
semi join named using (recording_id)
order by recording_id
