-- The scores of one runner, newest first.
select *
from prom
where runner_id = $runner_id
order by prom_date desc, instrument, subscale
