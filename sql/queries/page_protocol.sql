-- Every limit of the protocol that judges one runner today, stage by stage, in the order of the file.
select
    stage.stage_id,
    stage.stage_name,
    stage.stage_position,
    stage_limit.* exclude (protocol_version, stage_id),
    format_value(stage_limit.limit_value, definition.unit) as limit_text,
    definition.meaning
from protocol_period as period
cross join as_of
inner join protocol_stage as stage on stage.protocol_version = period.protocol_version
inner join stage_limit
    on stage_limit.protocol_version = stage.protocol_version and stage_limit.stage_id = stage.stage_id
left join fact_definition as definition on definition.fact = stage_limit.fact
where period.runner_id = $runner_id
    and as_of.as_of_date >= period.valid_from_date
    and as_of.as_of_date < period.valid_before_date
order by stage.stage_position, stage_limit.limit_position
