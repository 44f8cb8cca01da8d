-- Stored recordings of one runner whose recorded minutes touch a span, some by name, and those of the same sessions.
select
    recording_id,
    session_id,
    content_sha256,
    file_format,
    sample_count,
    has_barometer,
    has_cadence,
    recorded_minutes
from recording
where runner_id = $runner_id
    and (
        (len(recorded_minutes) > 0 and recorded_minutes[1] <= $last_minute and recorded_minutes[-1] >= $first_minute)
        or recording_id in (select unnest($recording_ids))
        or session_id in (
            select named.session_id from recording as named where named.recording_id in (select unnest($recording_ids))
        )
    )
order by recording_id
