-- The limits that one runner's stage of today sets, in the order of the protocol file.
select stage_limit.*, definition.unit, format_value(stage_limit.limit_value, definition.unit) as limit_text
from stage_today as stage
inner join stage_limit
    on stage_limit.protocol_version = stage.protocol_version
    and stage_limit.stage_id = stage.stage_id
left join fact_definition as definition on definition.fact = stage_limit.fact
where stage.runner_id = $runner_id
order by limit_position
