-- The pairs of recordings of which a person has to say whether they are the same run.
select * from duplicate_question order by start_utc, recording_id, other_recording_id
