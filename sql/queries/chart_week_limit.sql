-- The longest that one run may last in the stage that one week of one runner ends with; NULL where nothing says so.
select min(stage_limit.limit_value) as limit_run_s, min(as_of.as_of_date) as as_of_date
from as_of
left join protocol_period as period
    on period.runner_id = $runner_id
    and least(as_of.as_of_date, $last_date::date) >= period.valid_from_date
    and least(as_of.as_of_date, $last_date::date) < period.valid_before_date
left join stage_limit
    on stage_limit.protocol_version = period.protocol_version
    and stage_limit.stage_id = $stage_id
    and stage_limit.fact = 'run_s'
    and stage_limit.bound = 'max'
