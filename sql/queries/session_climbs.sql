-- The climbs and descents of one session.
select * from climb where session_id = $session_id order by start_s
