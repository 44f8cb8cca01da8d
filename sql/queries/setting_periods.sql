-- Every setting of every runner with the days on which it holds.
select runner_id, setting, setting_value, valid_from_date, valid_before_date
from runner_setting
order by runner_id, setting, valid_from_date
