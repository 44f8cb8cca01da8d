-- stop: a session that no recording leads
select measured_session.session_id
from measured_session
anti join recording on recording.recording_id = measured_session.session_id and recording.is_primary
