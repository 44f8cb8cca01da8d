-- Which copy gave each recorded channel of one session.
select field.field, field.recording_id, recording.file_name
from session_field as field
inner join recording on recording.recording_id = field.recording_id
where field.session_id = $session_id
order by field.field
