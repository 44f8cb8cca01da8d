-- How many sessions the log holds.
select count(*) as session_count from measured_session
