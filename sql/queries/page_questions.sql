-- The pairs of recordings of some runners of which a person has to say whether they are the same run; those that somebody
-- settled since the last sync are left out.
select
    question.*,
    one.session_id,
    other.session_id as other_session_id,
    one.device_name,
    other.device_name as other_device_name,
    other.start_utc as other_start_utc,
    measured.session_date,
    measured.utc_offset_s,
    measured.distance_m,
    measured.elapsed_s,
    measured.may_reach_clinician,
    twin.distance_m as other_distance_m,
    twin.elapsed_s as other_elapsed_s,
    twin.may_reach_clinician as other_may_reach_clinician
from duplicate_question as question
anti join correction as settled
    on settled.correction in ('same', 'different')
    and least(settled.recording_id, settled.other_recording_id)
    = least(question.recording_id, question.other_recording_id)
    and greatest(settled.recording_id, settled.other_recording_id)
    = greatest(question.recording_id, question.other_recording_id)
inner join recording as one on one.recording_id = question.recording_id
inner join recording as other on other.recording_id = question.other_recording_id
inner join "session" as measured on measured.session_id = one.session_id
inner join "session" as twin on twin.session_id = other.session_id
where list_contains($runner_ids, question.runner_id)
order by question.start_utc desc, question.recording_id, question.other_recording_id
