-- What could not be read, newest first.
select * from quarantine where $runner_id is null or runner_id = $runner_id order by first_seen_utc desc, file_name
