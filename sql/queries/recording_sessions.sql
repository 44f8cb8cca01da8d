-- Which session each recording belongs to, and what ranks it among copies.
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
order by recording_id
