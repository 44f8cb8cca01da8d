-- Rehab entries of one runner, newest first.
select *
from rehab
where runner_id = $runner_id and ($since_date is null or rehab_date >= $since_date)
order by rehab_date desc, entry_id desc
