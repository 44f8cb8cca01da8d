-- What was found on some local days.
select * from finding where session_date between $from_date and $last_date
