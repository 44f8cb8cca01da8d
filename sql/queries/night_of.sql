-- What one night gave: its rows of `sync_run`, by runner and source.
select runner_id, source, state, seen_count, new_count, duplicate_count, quarantined_count, message
from sync_run
where started_utc = $started_utc
order by runner_id, source
