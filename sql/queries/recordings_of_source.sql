-- One source's recordings of one runner: when the activity began, and on which local day.
select recording.source_ref, recording.start_utc, measured.session_date
from recording
inner join measured_session as measured on measured.session_id = recording.session_id
where recording.runner_id = $runner_id and recording.source = $source
