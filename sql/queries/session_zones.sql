-- The pace zones of one session.
select * from zone_time where session_id = $session_id order by grade_adjusted, zone
