-- What the intake holds of one runner.
select *
from intake
where runner_id = $runner_id
order by item, item_value
