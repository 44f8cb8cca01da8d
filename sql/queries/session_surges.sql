-- The bouts of one session.
select * from surge where session_id = $session_id order by start_s
