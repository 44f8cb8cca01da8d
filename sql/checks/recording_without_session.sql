-- stop: a recording whose session is not there
select recording.recording_id
from recording
anti join measured_session on measured_session.session_id = recording.session_id
