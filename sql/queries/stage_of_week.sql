-- Who set the stage that one week of one runner ends with, and when.
select protocol_stage.stage_name, stage.set_by, stage.set_on_date
from stage_on_date as stage
left join protocol_period as period
    on period.runner_id = stage.runner_id
    and stage.stage_date >= period.valid_from_date
    and stage.stage_date < period.valid_before_date
left join protocol_stage
    on protocol_stage.protocol_version = period.protocol_version
    and protocol_stage.stage_id = stage.stage_id
where stage.runner_id = $runner_id
    and stage.stage_id = $stage_id
    and stage.stage_date >= $week_start_date
    and stage.stage_date < $week_start_date + interval 7 days
order by stage.stage_date desc
limit 1
