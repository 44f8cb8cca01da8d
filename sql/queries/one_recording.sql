-- One recording with where it came from.
select * from recording where recording_id = $recording_id
