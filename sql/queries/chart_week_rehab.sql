-- The rehab entries of one runner between two days.
select rehab_date, kind, exercise
from rehab
where runner_id = $runner_id and rehab_date >= $first_date and rehab_date < $before_date
order by rehab_date, entry_id
