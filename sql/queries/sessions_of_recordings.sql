-- The stored sessions that some recordings belong to or lead.
select distinct measured.session_id, measured.runner_id, measured.session_date, measured.start_utc
from measured_session as measured
left join recording on recording.session_id = measured.session_id
where recording.recording_id in (select unnest($recording_ids))
    or measured.session_id in (select unnest($recording_ids))
order by measured.session_id
