-- One row per session that a person took out of the training, with the reason.
select recording.session_id, min(correction.reason) as reason, min(correction.entry_id) as entry_id
from correction
inner join recording on recording.recording_id = correction.recording_id
where correction.correction = 'exclude'
group by recording.session_id
