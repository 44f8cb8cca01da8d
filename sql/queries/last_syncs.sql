-- The last sync of every source.
select * from sync_run
qualify row_number() over (partition by runner_id, source order by started_utc desc) = 1
order by runner_id, source
