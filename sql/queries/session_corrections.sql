-- The corrections that hold for one session, whichever of its copies was named.
select distinct correction.*
from correction
inner join recording
    on recording.recording_id in (correction.recording_id, correction.other_recording_id)
where recording.session_id = $session_id
order by correction.entry_utc, correction.entry_id
