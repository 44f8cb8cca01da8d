-- The rehab work of one runner in a span of local days by kind and exercise: on how many days, and the last of them.
select kind, exercise, count(distinct rehab_date) as day_count, max(rehab_date) as last_date
from rehab
where runner_id = $runner_id and rehab_date between $since_date and $until_date
group by kind, exercise
order by kind, day_count desc, exercise
