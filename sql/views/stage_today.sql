-- One row per runner: the stage today, since when, and the protocol that it is judged by.
select
    stage.runner_id,
    stage.stage_id,
    stage.set_by,
    stage.set_on_date,
    period.protocol_version,
    protocol_stage.stage_name,
    protocol_stage.stage_position,
    as_of.as_of_date
from stage_on_date as stage
inner join as_of on as_of.as_of_date = stage.stage_date
left join protocol_period as period
    on period.runner_id = stage.runner_id
    and as_of.as_of_date >= period.valid_from_date
    and as_of.as_of_date < period.valid_before_date
left join protocol_stage
    on protocol_stage.protocol_version = period.protocol_version
    and protocol_stage.stage_id = stage.stage_id
