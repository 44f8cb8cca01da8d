-- What one runner has planned today and later, the first to begin first.
select plan.*
from rehab_plan as plan
cross join as_of
where plan.runner_id = $runner_id and plan.valid_before_date > as_of.as_of_date
order by plan.valid_from_date, plan.kind, plan.exercise
