-- The weekly summary of one runner.
select *
from week_summary
where runner_id = $runner_id and ($iso_week is null or iso_week = $iso_week)
order by week_start_date
