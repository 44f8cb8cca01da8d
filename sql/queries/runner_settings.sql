-- What was said about one runner, and the days on which it holds.
select *
from runner_setting
where runner_id = $runner_id
order by setting, valid_from_date
