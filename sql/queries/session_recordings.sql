-- The copies of one session, the one that speaks for it first.
select * exclude (recorded_minutes) from recording where session_id = $session_id order by is_primary desc, recording_id
